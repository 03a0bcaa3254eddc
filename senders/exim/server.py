"""A private Exim, used exactly like the private Postfix of postfix/server.py. Needs root, as Exim itself does."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from tempfail_sender import accounts  # noqa: E402 (needs the path)
from tempfail_sender.mta import Delivery, Mta, has_fast_clock  # noqa: E402
from tempfail_sender.unpack import Unavailable, find  # noqa: E402

# A retry rule a message goes through in seconds, and time-outs to match. One second is the shortest Exim knows.
SHRUNK = {
    "retry": "* * F,60s,1s",
    "queue_run": "1s",
    "smtp": {"connect_timeout": "3s", "command_timeout": "5s", "data_timeout": "5s", "final_timeout": "5s"},
    "main": {},
}

_CONFIGURATION = """\
primary_hostname = mail.sender.test
qualify_domain = sender.test
exim_path = {program}
spool_directory = {folder}/spool
log_file_path = {folder}/log/%s
pid_file_path = {folder}/exim.pid
local_interfaces = {host}
daemon_smtp_ports = {port}
log_selector = +smtp_confirmation +received_recipients +deliver_time
write_rejectlog = no
keep_environment = *
add_environment =
# Deliveries run as Exim's own user: it may then start itself again with this file.
deliver_drop_privilege = true
queue_only = false
ignore_bounce_errors_after = 0s
timeout_frozen_after = 60s
tls_advertise_hosts =
host_lookup =
dns_retry = 0
acl_not_smtp = accept
acl_smtp_rcpt = accept
smtp_receive_timeout = 1m
untrusted_set_sender = *
trusted_users = root
{main}
begin routers
notifications:
  driver = accept
  domains = {local_domains}
  transport = notifications
  unseen = {relay_notifications}
{route}
begin transports
notifications:
  driver = appendfile
  directory = {folder}/notifications
  maildir_format
  user = Debian-exim
  group = Debian-exim
remote_smtp:
  driver = smtp
{port_of_relay}  hosts_try_fastopen = :
{smtp}
begin authenticators
{authenticators}
begin retry
{retry}
"""

_RELAY = """\
relay:
  driver = manualroute
  route_list = * {host}
  host_find_failed = defer
  self = send
  transport = remote_smtp
"""

# As in the configuration that Exim comes with.
_BY_MX = """\
dnslookup:
  driver = dnslookup
  transport = remote_smtp
  ignore_target_hosts = <; 0.0.0.0 ; 127.0.0.0/8 ; ::1
  no_more
"""


class Exim(Mta):
    """`settings`: {"retry": rule, "queue_run": "1s", "authority": file, "authenticators": text, "smtp": {…}, "main": {…}}, the
    last two with options of the transport and of the main section."""
    package = "exim"
    server = "exim4"

    def command(self):
        queue_run = self.settings.get("queue_run", SHRUNK["queue_run"])
        return [self.peer.program("exim4"), "-C", self._file, "-bdf", f"-q{queue_run}"]

    def is_up(self):
        return "daemon started" in self.log()

    def submit(self, sender, recipients, message, requests=None):
        """Its sendmail knows no requests."""
        self.run("exim4", "-C", self._file, "-i", "-odb", "-f", sender, "--", *recipients, input=message)

    def flush(self):
        """Asks for one try of everything now, whatever the schedule says."""
        self.run("exim4", "-C", self._file, "-qff")

    def queue_is_empty(self):
        return not any((self.folder / "spool" / "input").rglob("*-[HD]"))

    def queue_listing(self):
        return self.run("exim4", "-C", self._file, "-bp", stdout=subprocess.PIPE, text=True).stdout

    def log(self):
        path = self.folder / "log" / "main"
        return path.read_text(errors="replace") if path.exists() else ""

    def deliveries(self, recipient=None):
        found = []
        for line in self.log().splitlines():
            match = re.match(r"\S+ \S+ (\S+) (=>|->|==|\*\*) (\S+?):? (.*)$", line)
            # Not a try: mail to ourselves, and a queue run that found it too early.
            if not match or "R=notifications" in line or "retry time not reached" in line:
                continue
            # Where it sends to another address than it was given (its own, or A-labels), the given one comes after it.
            given = re.match(r"<(\S+)>", match[4])
            address = given[1] if given else match[3]
            if recipient not in (None, address):
                continue
            status = {"==": "deferred", "**": "bounced"}.get(match[2], "sent")
            said = re.search(r"\b[245]\d\d[ -](\d\.\d{1,3}\.\d{1,3})", match[4])
            found.append(Delivery(match[1], address, status, said[1] if said else "", match[4]))
        return found

    @property
    def _file(self):
        return self.folder / "exim.conf"

    def configure(self):
        for name in ("spool", "log", "notifications"):
            (self.folder / name).mkdir()
            os.chown(self.folder / name, self.accounts.user("Debian-exim"), self.accounts.group("Debian-exim"))
        authority = self.settings.get("authority")
        if authority:  # Exim reads it as its own user, who may not be let into the folder where it lies
            shutil.copy(authority, self.folder / "authority.pem")
        shrunk = {"main": {}, "smtp": {}} if has_fast_clock() else SHRUNK
        main = {**shrunk["main"], **self.settings.get("main", {})}
        smtp = {**shrunk["smtp"], **self.settings.get("smtp", {})}
        if authority:
            smtp["tls_verify_certificates"] = self.folder / "authority.pem"
        self._file.write_text(_CONFIGURATION.format(
            folder=self.folder, program=self.peer.program("exim4"), host=self.receive_on[0], port=self.receive_on[1],
            route=_RELAY.format(host=self.relay[0]) if self.relay else _BY_MX,
            port_of_relay=f"  port = {self.relay[1]}\n  allow_localhost\n" if self.relay else "", local_domains=" : ".join(self.local_domains),
            relay_notifications="true" if self.relay_notifications else "false",
            main="".join(f"{name} = {value}\n" for name, value in main.items()),
            smtp="".join(f"  {name} = {value}\n" for name, value in smtp.items()),
            authenticators=self.settings.get("authenticators", ""),
            retry=self.settings.get("retry", SHRUNK["retry"])))


def main(word):
    """`there`: whether it can be had; `version`: what it calls itself."""
    try:
        peer = find(Exim.package, Exim.server)
    except Unavailable as reason:
        sys.exit(str(reason))
    if word == "version":
        with tempfile.TemporaryDirectory() as folder:
            said = subprocess.run([peer.program("exim4"), "-C", "/dev/null", "-bV"], stdout=subprocess.PIPE, text=True,
                                  env=accounts.of(peer).environment(peer, folder), stderr=subprocess.DEVNULL).stdout
        print(" ".join(said.replace(" version", "").split()[:2]))


if __name__ == "__main__":
    main(sys.argv[1])
