"""curl's smtp:// : one try, told by its verbose output."""
import re

from senders import DELIVERED, TRANSIENT, by_reply, run

TLS = {"none": [], "opportunistic": ["--ssl"], "required": ["--ssl-reqd"]}


def send(job):
    host = job.tls_name or job.host
    scheme = "smtps" if job.implicit else "smtp"
    command = ["curl", "--silent", "--show-error", "--verbose", "--url", f"{scheme}://{host}:{job.port}/curl.sender.test",
               "--mail-from", job.sender, "--upload-file", job.message, "--connect-timeout", job.timeout_seconds,
               "--max-time", 4 * job.timeout_seconds, *TLS[job.tls]]
    for recipient in job.recipients:
        command += ["--mail-rcpt", recipient]
    if job.tls_name:
        command += ["--resolve", f"{job.tls_name}:{job.port}:{job.host}"]
    if job.credentials:
        command += ["--user", ":".join(job.credentials)]
    command += ["--cacert", job.ca_file] if job.ca_file else ["--insecure"]
    code, transcript = run(command, job)
    if code == 0:
        return DELIVERED
    refusals = re.findall(r"^< ([45]\d\d)", transcript, re.M)
    return by_reply(int(refusals[-1])) if refusals else TRANSIENT
