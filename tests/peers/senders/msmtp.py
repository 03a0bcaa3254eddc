"""msmtp, the sendmail replacement without a queue: one try, told by its log."""
import re

from senders import DELIVERED, TRANSIENT, by_reply, run


def send(job):
    command = ["msmtp", f"--host={job.tls_name or job.host}", f"--port={job.port}", f"--from={job.sender}",
               "--domain=msmtp.sender.test", f"--timeout={job.timeout_seconds}", "--debug", "--logfile=-"]
    if job.credentials:
        command += ["--auth=plain", f"--user={job.credentials[0]}", f"--passwordeval=echo {job.credentials[1]}"]
    else:
        command += ["--auth=off"]
    if job.tls == "none":
        command += ["--tls=off"]
    else:  # msmtp knows no opportunistic TLS: it is on or off
        command += ["--tls=on", f"--tls-starttls={'off' if job.implicit else 'on'}"]
        command += [f"--tls-trust-file={job.ca_file}"] if job.ca_file else ["--tls-certcheck=off"]
    with open(job.message, "rb") as message:
        code, transcript = run([*command, "--", *job.recipients], job, stdin=message)
    if code == 0:
        return DELIVERED
    status = re.search(r"smtpstatus=(\d+)", transcript)
    return by_reply(int(status[1])) if status else TRANSIENT
