"""A private Postfix: own configuration, queue, log and processes in one folder; nothing of the system's is touched.

    with Postfix(relay=("127.0.0.1", port), settings={"minimal_backoff_time": "1s"}) as postfix:
        postfix.submit("sender@sender.test", ["anyone@disk-full.test"], message)
        postfix.wait_until_done(deadline_seconds=60)
        for line in postfix.deliveries(): …
        postfix.notifications()

Mail to the sender's domain (bounces, delay warnings) is delivered into a folder, so that it can be counted.
All else goes to the relay. Needs root, as Postfix itself does; Unavailable says so.
"""
import ctypes
import dataclasses
import email
import email.policy
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

import accounts
from fetch_peer import Unavailable, fetch

SENDER_DOMAIN = "sender.test"

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
    "smtp_tls_handshake_timeout": "5s",
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
virtual_mailbox_domains = {local_domains}
virtual_mailbox_base = {folder}/notifications
virtual_mailbox_maps = static:maildir/
virtual_minimum_uid = 1
virtual_uid_maps = static:{receiver}
virtual_gid_maps = static:{receiver}
relayhost = {relay}
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtp_tls_security_level =
smtp_tls_loglevel = 1
notify_classes =
smtpd_relay_restrictions = permit_mynetworks, reject
address_verify_map =
smtp_tls_session_cache_database =
lmtp_tls_session_cache_database =
default_database_type = texthash
"""

_MASTER = """\
{smtpd}pickup    unix  n       -       n       1       1       pickup
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

# name: (owner, group, mode)
_QUEUE_FOLDERS = {
    "pid": (0, 0, 0o755),
    "private": (accounts.POSTFIX, 0, 0o700),
    "public": (accounts.POSTFIX, accounts.POSTDROP, 0o2710),
    "maildrop": (accounts.POSTFIX, accounts.POSTDROP, 0o1730),
    **{name: (accounts.POSTFIX, 0, 0o700) for name in
       ("incoming", "active", "bounce", "defer", "deferred", "flush", "hold", "saved", "corrupt", "trace")},
}


@dataclasses.dataclass
class Delivery:
    """One line of the log: what became of one try for one recipient."""
    time: str
    queue_id: str
    recipient: str
    status: str   # sent, deferred, bounced, expired
    dsn: str
    text: str


class Postfix:
    """The instance. `relay` is where all mail but the notifications goes; `receive_on` opens an smtpd there."""

    def __init__(self, relay, settings=None, local_domains=(SENDER_DOMAIN,), receive_on=None, keep=None):
        if os.geteuid() != 0:
            raise Unavailable("Postfix starts as root only")
        self.peer = fetch("postfix")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="postfix-"))
        self.keep = keep
        os.chmod(self.folder, 0o755)
        self.environment = {**accounts.environment(self.peer, self.folder), "MAIL_CONFIG": str(self.folder / "etc")}
        self._master = None
        self._write_configuration(relay, {**SHRUNK, **(settings or {})}, local_domains, receive_on)

    # --- life

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def start(self):
        self._master = subprocess.Popen(
            [self.peer.program("master"), "-c", self.folder / "etc"], env=self.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=_end_with_parent)
        self._wait_for(lambda: "daemon started" in self.log(), 60, "Postfix to start")
        return self

    def stop(self):
        """Ends it by its pid and removes its folder (unless `keep` names where the log shall go)."""
        if self._master and self._master.poll() is None:
            self._master.send_signal(signal.SIGTERM)
            try:
                self._master.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self._master.pid, signal.SIGKILL)
                self._master.wait()
        if self.keep:
            shutil.copy(self.folder / "log", self.keep)
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- work

    def submit(self, sender, recipients, message):
        """Hands a message (bytes) to Postfix's sendmail."""
        subprocess.run([self.peer.program("sendmail"), "-C", self.folder / "etc", "-i", "-f", sender, "--", *recipients],
                       input=message, env=self.environment, check=True, timeout=120)

    def flush(self):
        """Asks for one try of everything now, whatever the schedule says."""
        subprocess.run([self.peer.program("postqueue"), "-c", self.folder / "etc", "-f"],
                       env=self.environment, check=True, timeout=120)

    def queue_is_empty(self):
        folders = ("maildrop", "incoming", "active", "deferred", "bounce", "defer")
        return not any(path.is_file() for name in folders for path in (self.folder / "queue" / name).rglob("*"))

    def wait_until_done(self, deadline_seconds):
        """Until nothing is left to deliver; False when that took too long."""
        return self._wait_for(self._stays_empty, deadline_seconds, None)

    def _stays_empty(self):
        # A notification enters the queue a moment after the message that it speaks of has left it.
        if not self.queue_is_empty():
            return False
        time.sleep(0.3)
        return self.queue_is_empty()

    # --- what happened

    def log(self):
        try:
            return (self.folder / "log").read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def deliveries(self, recipient=None):
        found = []
        for line in self.log().splitlines():
            match = re.search(r"^(.{15}) .* postfix/(?:smtp|relay|error|qmgr|virtual)\[\d+\]: (\w+): (?:to=<([^>]*)>.*)"
                              r"dsn=([\d.]+), status=(\w+) \((.*)\)", line)
            if match and recipient in (None, match[3]):
                found.append(Delivery(match[1], match[2], match[3], match[5], match[4], match[6]))
        return found

    def notifications(self):
        """The bounces and warnings that came back, as parsed messages, oldest first."""
        files = sorted((self.folder / "notifications" / "maildir").glob("new/*"), key=lambda path: path.stat().st_mtime)
        return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in files]

    def _wait_for(self, condition, seconds, what):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                if what is None:
                    return False
                raise TimeoutError(f"waited {seconds} s for {what}; log:\n{self.log()[-4000:]}")
            if self._master.poll() is not None:
                raise RuntimeError(f"Postfix ended by itself ({self._master.returncode}); log:\n{self.log()[-4000:]}")
            time.sleep(0.05)
        return True

    # --- making it

    def _write_configuration(self, relay, settings, local_domains, receive_on):
        folder, root = self.folder, self.peer.root
        for name, owner in (("etc", 0), ("queue", 0), ("data", accounts.POSTFIX), ("notifications", accounts.RECEIVER)):
            (folder / name).mkdir(mode=0o755)
            os.chown(folder / name, owner, -1)
        for name, (owner, group, mode) in _QUEUE_FOLDERS.items():
            path = folder / "queue" / name
            path.mkdir()
            os.chown(path, owner, group)
            os.chmod(path, mode)
        main = _MAIN.format(folder=folder, root=root, passed_on=" ".join(accounts.PASSED_ON),
                            local_domains=" ".join(local_domains), receiver=accounts.RECEIVER,
                            relay="[%s]:%d" % relay if relay else "")
        main += "".join(f"{name} = {value}\n" for name, value in settings.items())
        (folder / "etc" / "main.cf").write_text(main)
        smtpd = f"{receive_on[0]}:{receive_on[1]} inet n - n - - smtpd\n" if receive_on else ""
        (folder / "etc" / "master.cf").write_text(_MASTER.format(smtpd=smtpd))
        for table in root.glob("etc/postfix/dynamicmaps.cf"):
            shutil.copy(table, folder / "etc")


def _end_with_parent():
    """The master gets SIGTERM when the process that started it is gone."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)
