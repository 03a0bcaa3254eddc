"""swaks, the Swiss army knife for SMTP: one try, told by its transcript."""
import re

from senders import DELIVERED, TRANSIENT, by_reply, run

TLS = {"none": [], "opportunistic": ["--tls-optional"], "required": ["--tls"]}


def send(job):
    command = ["swaks", "--server", job.host, "--port", job.port, "--from", job.sender,
               "--to", ",".join(job.recipients), "--data", f"@{job.message}", "--helo", "swaks.sender.test", "--timeout", f"{job.timeout_seconds}s",
               "--hide-informational", "--suppress-data", *(["--tls-on-connect"] if job.implicit else TLS[job.tls])]
    if job.ca_file:
        command += ["--tls-verify", "--tls-ca-path", job.ca_file]
    if job.credentials:
        command += ["--auth", "PLAIN,LOGIN", "--auth-user", job.credentials[0], "--auth-password", job.credentials[1]]
    code, transcript = run(command, job)
    refusals = re.findall(r"^<[*~]{2} +([45]\d\d)", transcript, re.M)
    if code == 0:
        return DELIVERED
    return by_reply(int(refusals[-1])) if refusals else TRANSIENT
