"""nullmailer as the sender of a case: a queue that hands everything to one other server. `-o NAME=VALUE` is a file of /etc/nullmailer
(pausetime, maxpause, sendtimeout, queuelifetime, helohost)."""
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from tempfail_sender import own_files, queueing  # noqa: E402 (needs the path)
from tempfail_sender.mta import Mta  # noqa: E402

CONFIGURATION = pathlib.Path("/etc/nullmailer")
SPOOL = pathlib.Path("/var/spool/nullmailer")
TLS = {"none": [], "required": ["--starttls", "--insecure"], "verified": ["--starttls"]}


class Nullmailer(Mta):
    """`settings`: the files of /etc/nullmailer."""
    package = "nullmailer"
    server = "nullmailer-send"
    own_users = []

    def configure(self):
        own_files.owned(CONFIGURATION, "root")
        for name in ("queue", "tmp", "failed"):
            own_files.owned(SPOOL / name, "mail", "mail", 0o700)
        own_files.owned(SPOOL, "mail", "mail")
        os.mkfifo(SPOOL / "trigger", 0o600)
        pathlib.Path("/etc/mailname").write_text("mail.sender.test\n")
        for name, value in self.settings.items():
            (CONFIGURATION / name).write_text(f"{value}\n")

    def command(self):
        return [self.peer.program("nullmailer-send")]

    def is_up(self):
        return "Rescanning queue" in self.log()

    def submit(self, sender, recipients, message, requests=None):
        """By the program that takes an envelope and a message, as its sendmail does."""
        envelope = "".join(f"{line}\n" for line in (sender, *recipients, ""))
        self.run("nullmailer-queue", input=envelope.encode() + message)

    def queue_is_empty(self):
        return not any(any((SPOOL / name).iterdir()) for name in ("queue", "tmp"))

    def queue_listing(self):
        return self.run("mailq", stdout=subprocess.PIPE, text=True).stdout


def make(job, settings):
    remote = [job.host, "smtp", f"--port={job.port}", *(["--ssl", *TLS[job.tls][1:]] if job.implicit else TLS[job.tls])]
    if job.verified:
        remote.append(f"--x509cafile={job.ca}")
    if job.user:
        remote += [f"--user={job.user}", f"--pass={job.password}"]
    return Nullmailer((job.host, job.port), {
        "remotes": " ".join(remote),
        "helohost": "mail.sender.test",
        "pausetime": queueing.real_seconds(queueing.FIRST, job),
        "maxpause": queueing.real_seconds(queueing.LONGEST, job),
        "sendtimeout": job.timeout_seconds,
        "queuelifetime": queueing.real_seconds(queueing.lifetime_seconds(), job),
        **settings})


if __name__ == "__main__":
    queueing.main(make)
