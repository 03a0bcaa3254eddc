"""msmtp, the sendmail replacement without a queue: one try, told by its log."""
import re
import sys

from tempfail_sender import DELIVERED, TEMPORARY, Job, by_reply, run

job = Job.of_this_run()
command = ["msmtp", f"--host={job.host}", f"--port={job.port}", f"--from={job.sender}", "--domain=msmtp.sender.test",
           f"--timeout={job.timeout_seconds}", "--debug", "--logfile=-"]
if job.user:
    command += ["--auth=plain", f"--user={job.user}", f"--passwordeval=echo {job.password}"]
else:
    command += ["--auth=off"]
if job.tls == "none":  # it knows no opportunistic TLS: on or off
    command += ["--tls=off"]
else:
    command += ["--tls=on", f"--tls-starttls={'off' if job.implicit else 'on'}"]
    command += [f"--tls-trust-file={job.ca}"] if job.verified else ["--tls-certcheck=off"]
with open(job.message, "rb") as message:
    code, transcript = run([*command, "--", *job.recipients], job, stdin=message)
if code == 0:
    sys.exit(DELIVERED)
status = re.search(r"smtpstatus=(\d+)", transcript)
sys.exit(by_reply(int(status[1])) if status else TEMPORARY)
