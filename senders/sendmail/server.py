"""sendmail as the sender of a case. `-o NAME=VALUE` is an option of sendmail.cf (`-o MinQueueAge=0`), `-o route=host` sends to the
case's host in a lab too, where MX records are looked up else."""
import pathlib
import shutil
import socket
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from tempfail_sender import own_files, queueing  # noqa: E402 (needs the path)
from tempfail_sender.mta import Mta  # noqa: E402

CONFIGURATION = pathlib.Path("/etc/mail/sendmail.cf")
QUEUE = pathlib.Path("/var/spool/mqueue")
# What a delivery waits for; `connect` is shorter by default.
TIMEOUTS = ("initial", "connect", "aconnect", "iconnect", "helo", "mail", "rcpt", "datainit", "datablock", "datafinal", "rset", "quit", "misc",
            "starttls")
MACROS = """\
include(`/usr/share/sendmail/cf/m4/cf.m4')
OSTYPE(`debian')
define(`confDOMAIN_NAME', `mail.sender.test')
FEATURE(`nocanonify')
FEATURE(`promiscuous_relay')
FEATURE(`accept_unresolvable_domains')
undefine(`ALIAS_FILE')
{route}
MAILER(`local')
MAILER(`smtp')
"""
RELAY = """\
define(`SMART_HOST', `relay:[{}]')
define(`RELAY_MAILER_ARGS', `TCP $h {}')
"""


class Sendmail(Mta):
    """`settings`: {"options": of sendmail.cf, "run": seconds between queue runs}"""
    package = "sendmail"
    server = "sendmail"
    own_users = ["smmta", "smmsp"]

    def configure(self):
        for path in (QUEUE, QUEUE.with_name("mqueue-client"), "/var/lib/sendmail/host_status"):
            own_files.owned(path, "root", None, 0o700)
        # It waits a minute for the full name of a machine that has none.
        hosts = pathlib.Path("/etc/hosts")
        hosts.write_text(f"127.0.1.1 mail.sender.test {socket.gethostname()}\n{hosts.read_text()}")
        if self.relay:
            shutil.copy(CONFIGURATION.with_name("service.switch-nodns"), CONFIGURATION.with_name("service.switch"))
        route = RELAY.format(*self.relay) if self.relay else ""
        made = self.run("m4", input=MACROS.format(route=route), stdout=subprocess.PIPE, text=True).stdout
        options = {"DaemonPortOptions": "Name=MTA, Addr=%s, Port=%d, Family=inet" % self.receive_on,
                   "QueueDirectory": QUEUE, "PidFile": self.folder / "pid", **self.settings["options"]}
        kept = [line for line in made.splitlines() if line[:2] != "O " or line[2:].split("=")[0] not in options]
        CONFIGURATION.write_text("\n".join(kept) + "\n" + "".join(f"O {name}={value}\n" for name, value in options.items()))

    def command(self):
        return [self.peer.program("sendmail"), "-bD", f"-q{self.settings['run']}s", "-X", self.folder / "traffic"]

    def is_up(self):
        return (self.folder / "pid").exists()

    def submit(self, sender, recipients, message, requests=None):
        asked = requests or {}
        options = [word for option, keyword in (("-N", "NOTIFY"), ("-R", "RET"), ("-V", "ENVID")) if keyword in asked
                   for word in (option, asked[keyword].lower() if keyword != "ENVID" else asked[keyword])]
        self.run("sendmail", "-Am", "-i", "-X", self.folder / "traffic", *options, "-f", sender or "<>", "--", *recipients, input=message)

    def queue_is_empty(self):
        return not any(QUEUE.iterdir())

    def queue_listing(self):
        return self.run("sendmail", "-Am", "-bp", stdout=subprocess.PIPE, text=True).stdout

    def log(self):
        """The dialogues: its log goes to the system's."""
        path = self.folder / "traffic"
        return super().log() + (path.read_text(errors="replace") if path.exists() else "")


def make(job, settings):
    relay, receive_on = (job.host, job.port), None
    if queueing.in_a_lab(job):
        receive_on = queueing.place_in_a_lab(job)
        relay = relay if settings.pop("route", "mx") == "host" else None
    first = queueing.real_seconds(queueing.FIRST, job)
    options = {**{f"Timeout.{name}": f"{job.timeout_seconds}s" for name in TIMEOUTS},
               "Timeout.hoststatus": f"{first - 1}s",
               "Timeout.queuereturn": f"{queueing.real_seconds(queueing.lifetime_seconds(), job)}s",
               "Timeout.queuewarn": f"{queueing.real_seconds(queueing.LONGEST, job)}s",
               **({"ClientPortOptions": "Family=inet, Modifiers=S"} if job.tls == "none" else {}), **settings}
    return Sendmail(relay, {"options": options, "run": first}, receive_on=receive_on)


if __name__ == "__main__":
    queueing.main(make)
