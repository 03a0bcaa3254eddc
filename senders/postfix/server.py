"""A private Postfix: own configuration, queue, log and processes in one folder; nothing of the system's is touched.

    with Postfix(("127.0.0.1", port), {"minimal_backoff_time": "2s"}) as postfix:
        postfix.submit("me@sender.test", ["anyone@disk-full.test"], message)
        postfix.wait_until_done(deadline_seconds=60)
        postfix.deliveries()     # every try
        postfix.notifications()  # what came back to the sender

Needs root, as Postfix itself does.
"""
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from tempfail_sender import accounts  # noqa: E402 (needs the path)
from tempfail_sender.mta import Delivery, Mta, has_fast_clock  # noqa: E402
from tempfail_sender.unpack import Unavailable, find  # noqa: E402

# A day of retrying takes seconds. One second is the shortest Postfix knows.
SHRUNK = {
    "minimal_backoff_time": "1s",
    "maximal_backoff_time": "4s",
    "queue_run_delay": "1s",
    "transport_retry_time": "1s",
    "maximal_queue_lifetime": "60s",
    "bounce_queue_lifetime": "60s",
    "smtp_connect_timeout": "3s",
    "smtp_helo_timeout": "5s",
    "smtp_starttls_timeout": "5s",
    "smtp_xforward_timeout": "5s",
    "smtp_mail_timeout": "5s",
    "smtp_rcpt_timeout": "5s",
    "smtp_data_init_timeout": "5s",
    "smtp_data_xfer_timeout": "5s",
    "smtp_data_done_timeout": "5s",
    "smtp_rset_timeout": "3s",
    "smtp_quit_timeout": "3s",
}

_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = {root}/usr/sbin
daemon_directory = {root}/usr/lib/postfix/sbin
shlib_directory = {root}/usr/lib/postfix
meta_directory = {root}/etc/postfix
sendmail_path = {root}/usr/sbin/sendmail
mailq_path = {root}/usr/bin/mailq
newaliases_path = {root}/usr/bin/newaliases
mail_owner = postfix
setgid_group = postdrop
default_privs = nobody
import_environment = MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ LANG=C {passed_on}
export_environment = TZ MAIL_CONFIG LANG {passed_on}
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
syslog_name = postfix
myhostname = mail.sender.test
mydomain = sender.test
myorigin = sender.test
mydestination =
local_recipient_maps =
local_transport = error:no local delivery here
alias_maps =
alias_database =
inet_interfaces = 127.0.0.1
inet_protocols = all
mynetworks = 127.0.0.0/8
virtual_mailbox_domains = {kept_domains}
virtual_alias_maps = {aliases}
virtual_mailbox_base = {folder}/notifications
virtual_mailbox_maps = static:maildir/
virtual_minimum_uid = 1
virtual_uid_maps = static:{receiver}
virtual_gid_maps = static:{receiver}
{route}smtp_tls_loglevel = 1
notify_classes =
smtpd_tls_security_level = none
smtpd_relay_restrictions = permit_mynetworks, reject
address_verify_map =
smtp_tls_session_cache_database =
lmtp_tls_session_cache_database =
default_database_type = texthash
"""

_MASTER = """\
{receive_on} inet n - n     -       -       smtpd
pickup    unix  n       -       n       1       1       pickup
cleanup   unix  n       -       n       -       0       cleanup
qmgr      unix  n       -       n       1       1       qmgr
tlsmgr    unix  -       -       n       1000?   1       tlsmgr
rewrite   unix  -       -       n       -       -       trivial-rewrite
bounce    unix  -       -       n       -       0       bounce
defer     unix  -       -       n       -       0       bounce
trace     unix  -       -       n       -       0       bounce
verify    unix  -       -       n       -       1       verify
flush     unix  n       -       n       1000?   0       flush
proxymap  unix  -       -       n       -       -       proxymap
smtp      unix  -       -       n       -       -       smtp
relay     unix  -       -       n       -       -       smtp
showq     unix  n       -       n       -       -       showq
error     unix  -       -       n       -       -       error
retry     unix  -       -       n       -       -       error
discard   unix  -       -       n       -       -       discard
virtual   unix  -       n       n       -       -       virtual
anvil     unix  -       -       n       -       1       anvil
scache    unix  -       -       n       -       1       scache
postlog   unix-dgram n  -       n       -       1       postlogd
"""

# Without it Postfix does what it always does: it asks its resolver for the MX records of each domain.
_RELAY = """\
relayhost = [{host}]:{port}
smtp_dns_support_level = disabled
smtp_host_lookup = native
"""

# name: (owner, group, mode); None: root
_QUEUE_FOLDERS = {
    "pid": (None, None, 0o755),
    "private": ("postfix", None, 0o700),
    "public": ("postfix", "postdrop", 0o2710),
    "maildrop": ("postfix", "postdrop", 0o1730),
    **{name: ("postfix", None, 0o700) for name in
       ("incoming", "active", "bounce", "defer", "deferred", "flush", "hold", "saved", "corrupt", "trace")},
}


class Postfix(Mta):
    """`settings` are lines of main.cf; they go before SHRUNK."""
    package = "postfix"
    server = "master"

    def command(self):
        return [self.peer.program("master"), "-c", self.folder / "etc"]

    def is_up(self):
        return "daemon started" in self.log()

    def submit(self, sender, recipients, message, requests=None):
        asked = requests or {}
        options = [word for option, keyword in (("-N", "NOTIFY"), ("-R", "RET")) if keyword in asked
                   for word in (option, asked[keyword].lower())]
        if "ENVID" in asked:
            options += ["-V", re.sub(r"\+([0-9A-F]{2})", lambda code: chr(int(code[1], 16)), asked["ENVID"])]
        self.run("sendmail", "-C", self.folder / "etc", "-i", *options, "-f", sender, "--", *recipients, input=message)

    def flush(self):
        """Asks for one try of everything now, whatever the schedule says."""
        self.run("postqueue", "-c", self.folder / "etc", "-f")

    def queue_is_empty(self):
        # Twice, in the order messages move: one that moves while we look is seen in the second round.
        folders = 2 * ("maildrop", "incoming", "deferred", "active")
        return not any(name for folder in folders for _, _, name in os.walk(self.folder / "queue" / folder))

    def queue_listing(self):
        return self.run("postqueue", "-c", self.folder / "etc", "-p", stdout=subprocess.PIPE, text=True).stdout

    def log(self):
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def deliveries(self, recipient=None):
        found = []
        for line in self.log().splitlines():
            match = re.search(r"postfix/(?:smtp|error|qmgr)\[\d+\]: (\w+): to=<([^>]*)>.* dsn=([\d.]+), "
                              r"status=(\w+) \((.*)\)$", line)
            if match and recipient in (None, match[2]):
                found.append(Delivery(match[1], match[2], match[4], match[3], match[5]))
        return found

    def _notifications(self):
        """Mail to the local domains is kept; to be relayed too, it gets a second recipient that is kept instead."""
        if not self.relay_notifications:
            return {"kept_domains": " ".join(self.local_domains), "aliases": ""}
        table = self.folder / "etc" / "notifications"
        table.write_text("".join(f"/^(.*)@{re.escape(domain)}$/ ${{1}}@{domain}, kept@kept.invalid\n"
                                 for domain in self.local_domains))
        return {"kept_domains": "kept.invalid", "aliases": f"regexp:{table}"}

    def configure(self):
        folder, root = self.folder, self.peer.root
        self.environment["MAIL_CONFIG"] = str(folder / "etc")
        user, group = self.accounts.user, self.accounts.group
        for name, owner in (("etc", "root"), ("queue", "root"), ("data", "postfix"), ("notifications", "receiver")):
            (folder / name).mkdir()
            os.chown(folder / name, user(owner), -1)
        for name, (owner, owners, mode) in _QUEUE_FOLDERS.items():
            path = folder / "queue" / name
            path.mkdir()
            os.chown(path, user(owner or "root"), group(owners or "root"))
            path.chmod(mode)
        shrunk = {} if has_fast_clock() else SHRUNK
        main = _MAIN.format(folder=folder, root="" if self.peer.is_installed else root, passed_on=" ".join(accounts.PASSED_ON),
                            receiver=user("receiver"), **self._notifications(),
                            route=_RELAY.format(host=self.relay[0], port=self.relay[1]) if self.relay else "")
        main += "".join(f"{name} = {value}\n" for name, value in {**shrunk, **self.settings}.items())
        (folder / "etc" / "main.cf").write_text(main)
        (folder / "etc" / "master.cf").write_text(_MASTER.format(receive_on="%s:%d" % self.receive_on))


def main(word):
    """`there`: whether it can be had; `version`: what it calls itself."""
    try:
        peer = find(Postfix.package, Postfix.server)
    except Unavailable as reason:
        sys.exit(str(reason))
    if word == "version":
        said = subprocess.run([peer.program("postconf"), "-d", "-h", "mail_version"], env=peer.environment(),
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True).stdout
        print("Postfix", said.strip())


if __name__ == "__main__":
    main(sys.argv[1])
