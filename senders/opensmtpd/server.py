"""OpenSMTPD as the sender of a case. Its schedule and its timeouts are compiled into it (400 seconds, 1600, 3600, …): its clock is
made fast instead. `-o "queue ttl"=1d` is a line of smtpd.conf; `-o route=host` sends to the case's host in a lab too, where MX
records are looked up else."""
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from tempfail_sender import own_files, queueing  # noqa: E402 (needs the path)
from tempfail_sender.mta import Accelerator, Delivery, Mta  # noqa: E402

CONFIGURATION = pathlib.Path("/etc/smtpd.conf")
SPOOL = pathlib.Path("/var/spool/smtpd")
AUTHORITIES = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")
ROOTS = ("/", "/var/lib/opensmtpd/empty", SPOOL)
SCHEMES = {"none": "smtp+notls", "opportunistic": "smtp", "required": "smtp+tls", "verified": "smtp+tls"}


class OpenSmtpd(Mta):
    """`settings`: {"lines": lines of smtpd.conf, "clock": Accelerator, "authority": file}"""
    package = "opensmtpd"
    server = "smtpd"
    own_users = ["opensmtpd", "opensmtpq"]

    def configure(self):
        own_files.owned("/var/lib/opensmtpd/empty", "root")
        own_files.owned(SPOOL, "root", None, 0o711)
        self.settings["clock"].run(ROOTS, fast=False)
        self.environment = self.settings["clock"].environment(self.environment)
        own_files.owned(SPOOL / "offline", "root", "opensmtpq", 0o770)
        own_files.owned(SPOOL / "purge", "opensmtpq", None, 0o700)
        own_files.with_group(self.peer.program("smtpctl"), "opensmtpq")
        pathlib.Path("/etc/mailname").write_text("mail.sender.test\n")
        if self.settings["authority"]:
            AUTHORITIES.unlink(missing_ok=True)
            own_files.owned(AUTHORITIES.parent, "root")
            AUTHORITIES.write_bytes(pathlib.Path(self.settings["authority"]).read_bytes())
        lines = ["listen on %s port %d" % self.receive_on, *self.settings["lines"], "match from any for any action \"out\""]
        CONFIGURATION.write_text("\n".join(lines) + "\n")

    def command(self):
        return [self.peer.program("smtpd"), "-d", "-v"]

    def start(self):
        super().start()
        self.settings["clock"].run(ROOTS, fast=True)
        return self

    def is_up(self):
        """Its processes know each other then."""
        return "smtpd: scanning offline queue" in self.log()

    def submit(self, sender, recipients, message, requests=None):
        """Its sendmail knows requests, and is refused them by its own server."""
        if not "".join(recipients).isascii():
            raise queueing.NotSupported("it supports no non-ASCII address")
        self.run("sendmail", "-f", sender or "<>", "--", *recipients, input=message)

    def queue_is_empty(self):
        return not any(name for folder in ("incoming", "queue", "offline", "temporary", "corrupt")
                       for _, _, names in os.walk(SPOOL / folder) for name in names)

    def queue_listing(self):
        return self.run("smtpctl", "show", "queue", stdout=subprocess.PIPE, text=True).stdout

    def deliveries(self, recipient=None):
        words = {"Ok": "sent", "TempFail": "deferred", "PermFail": "bounced"}
        found = []
        for match in re.finditer(r'mta delivery evpid=(\w+) from=<\S*> to=<(\S+?)> .*result="(\w+)" stat="(.*)"', self.log()):
            if recipient in (None, match[2]):
                status = re.match(r"\d{3} (\d\.\d+\.\d+)", match[4])
                found.append(Delivery(match[1], match[2], words[match[3]], status[1] if status else "", match[4]))
        return found


def make(job, settings):
    relay, receive_on = (job.host, job.port), None
    if queueing.in_a_lab(job):
        receive_on = queueing.place_in_a_lab(job)
        relay = relay if settings.pop("route", "mx") == "host" else None
    scheme = "smtps" if job.implicit else SCHEMES[job.tls]
    host = f" host {scheme}://{relay[0]}:{relay[1]}" if relay else ""
    tls = {"required": " tls no-verify", "verified": " tls"}.get(job.tls, "")
    lines = [f"queue ttl {round(queueing.lifetime_seconds())}s", f'action "out" relay{host}{tls} helo mail.sender.test',
             *(f"{name} {value}" for name, value in settings.items())]
    return OpenSmtpd(relay, {"lines": lines, "clock": Accelerator(job.time_scale), "authority": job.ca if job.verified else ""},
                     receive_on=receive_on)


if __name__ == "__main__":
    queueing.main(make)
