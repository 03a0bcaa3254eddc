"""curl's smtp:// : one try, told by its verbose output."""
import re
import sys

from tempfail_sender import DELIVERED, TEMPORARY, Job, by_reply, run

TLS = {"none": [], "opportunistic": ["--ssl"], "required": ["--ssl-reqd"], "verified": ["--ssl-reqd"]}

job = Job.of_this_run()
scheme = "smtps" if job.implicit else "smtp"
command = ["curl", "--silent", "--show-error", "--verbose", "--url", f"{scheme}://{job.host}:{job.port}/curl.sender.test",
           "--mail-from", job.sender, "--upload-file", job.message, "--connect-timeout", job.timeout_seconds,
           "--max-time", 4 * job.timeout_seconds, *TLS[job.tls]]
for recipient in job.recipients:
    command += ["--mail-rcpt", recipient]
if job.user:
    command += ["--user", f"{job.user}:{job.password}"]
command += ["--cacert", job.ca] if job.verified else ["--insecure"]
code, transcript = run(command, job)
if code == 0:
    sys.exit(DELIVERED)
refusals = re.findall(r"^< ([45]\d\d)", transcript, re.M)
sys.exit(by_reply(int(refusals[-1])) if refusals else TEMPORARY)
