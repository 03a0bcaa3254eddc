"""swaks, the Swiss army knife for SMTP: one try, told by its transcript."""
import re
import sys

from tempfail_sender import DELIVERED, TEMPORARY, Job, by_reply, run

TLS = {"none": [], "opportunistic": ["--tls-optional"], "required": ["--tls"], "verified": ["--tls"]}

job = Job.of_this_run()
command = ["swaks", "--server", job.host, "--port", job.port, "--from", job.sender or "<>", "--to", ",".join(job.recipients),
           "--data", f"@{job.message}", "--helo", "swaks.sender.test", "--timeout", f"{job.timeout_seconds}s",
           "--hide-informational", "--suppress-data", *(["--tls-on-connect"] if job.implicit else TLS[job.tls])]
if job.verified:
    command += ["--tls-verify", "--tls-ca-path", job.ca]
if job.user:
    command += ["--auth", "PLAIN,LOGIN", "--auth-user", job.user, "--auth-password", job.password]
code, transcript = run(command, job)
if code == 0:
    sys.exit(DELIVERED)
refusals = re.findall(r"^<[*~]{2} +([45]\d\d)", transcript, re.M)
sys.exit(by_reply(int(refusals[-1])) if refusals else TEMPORARY)
