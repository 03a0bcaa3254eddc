"""Haraka as the sender of a case, in a private folder. `-o outbound.NAME=VALUE` and `-o tls.NAME=VALUE` are lines of outbound.ini and
of the section [outbound] of tls.ini; `-o route=host` sends to the case's host in a lab too, where MX records are looked up else."""
import os
import pathlib
import shutil
import smtplib
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from tempfail_sender import queueing  # noqa: E402 (needs the path)
from tempfail_sender.mta import Mta  # noqa: E402
from tempfail_sender.unpack import Peer  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
INTERVALS = "30m,1h,2h,4h*29"  # as RFC 5321 section 4.5.4.1 asks for: five days


class Haraka(Mta):
    """`settings`: {"outbound": lines of outbound.ini, "tls": lines of tls.ini, "environment": of its process}"""
    package = "haraka"
    needs_root = False

    def find_peer(self):
        return Peer("/")

    def configure(self):
        program = pathlib.Path(os.environ["TEMPFAIL_SENDER_CACHE"]) / "node_modules" / "Haraka"
        shutil.copytree(program / "config", self.folder / "config")
        for name in ("plugins", "queue"):
            (self.folder / name).mkdir()
        shutil.copy(HERE / "case.js", self.folder / "plugins")
        for name, text in {"plugins": "case\n", "me": "mail.sender.test\n", "smtp.ini": "listen=%s:%d\n" % self.receive_on,
                           "outbound.ini": self.settings["outbound"], "tls.ini": self.settings["tls"]}.items():
            (self.folder / "config" / name).write_text(text)
        self.environment.update(self.settings["environment"])
        self._command = ["node", str(program / "bin" / "haraka"), "-c", str(self.folder)]

    def command(self):
        return self._command

    def is_up(self):
        try:
            with socket.create_connection(self.receive_on, 1):
                return True
        except OSError:
            return False

    def submit(self, sender, recipients, message, requests=None):
        """It has no sendmail: mail comes to it by SMTP."""
        options = [] if "".join([sender, *recipients]).isascii() else ["SMTPUTF8"]
        try:
            with smtplib.SMTP("127.0.0.1", self.receive_on[1], "localhost", 60) as client:
                client.sendmail(sender, recipients, message.replace(b"\n", b"\r\n"), options)
        except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused, smtplib.SMTPNotSupportedError) as refusal:
            raise queueing.NotSupported(f"Haraka does not take it: {refusal}") from refusal

    def queue_is_empty(self):
        return not any((self.folder / "queue").iterdir())

    def queue_listing(self):
        return "".join(f"{path.name}\n" for path in sorted((self.folder / "queue").iterdir()))


def make(job, settings):
    relay, receive_on = (job.host, job.port), None
    if queueing.in_a_lab(job):
        receive_on = queueing.place_in_a_lab(job)
        relay = relay if settings.get("route") == "host" else None
    outbound = {"temp_fail_intervals": INTERVALS, "enable_tls": str(job.tls != "none").lower(), "local_mx_ok": "true",
                "connect_timeout": job.timeout_seconds}
    tls = {"rejectUnauthorized": str(job.verified).lower()}
    if job.verified:
        tls["force_tls_hosts[]"] = job.host
    told = {prefix: {name.partition(".")[2]: value for name, value in settings.items() if name.startswith(prefix + ".")}
            for prefix in ("outbound", "tls")}
    environment = {"TEMPFAIL_RELAY": "%s %d" % relay} if relay else {}
    if job.verified:
        environment["NODE_EXTRA_CA_CERTS"] = job.ca
    return Haraka(relay, {"outbound": _lines({**outbound, **told["outbound"]}), "environment": environment,
                          "tls": "[outbound]\n" + _lines({**tls, **told["tls"]})}, receive_on=receive_on)


def _lines(values):
    return "".join(f"{name}={value}\n" for name, value in values.items())


if __name__ == "__main__":
    queueing.main(make)
