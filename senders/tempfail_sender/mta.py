"""What mail servers have in common: a process of their own, a private folder, mail that came back."""
import ctypes
import dataclasses
import email
import email.policy
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from . import accounts, own_files
from .unpack import Peer, Unavailable, find

LIBFAKETIME = "/usr/$LIB/faketime/libfaketime.so.1"
SENDER_DOMAIN = "sender.test"


@dataclasses.dataclass
class Delivery:
    """What became of one try for one recipient, as the server's own log has it."""
    queue_id: str
    recipient: str
    status: str   # sent, deferred, bounced
    dsn: str      # enhanced status code; empty when the log has none
    text: str


class Mta:
    """A mail server in a private folder. Subclasses write its configuration and read its log.

    `relay` (host, port) is where all mail goes but that to `local_domains`, which is kept for notifications();
    with `relay_notifications` it goes to the relay too. None: all mail goes where the MX records of its domain lead.
    """
    package = ""  # "postfix"
    server = ""   # the program that stays: "master"
    needs_root = True
    own_users = None  # not None: its paths are compiled in, and it changes to these users (own_files.py)

    def __init__(self, relay, settings=None, local_domains=(SENDER_DOMAIN,), receive_on=None,
                 relay_notifications=False, peer=None):
        if self.needs_root and os.geteuid() != 0:
            raise Unavailable(f"{self.package} starts as root only")
        self.peer = peer or self.find_peer()
        if self.own_users is not None:
            own_files.enter(self.peer, self.own_users)
            self.peer = Peer("/")
        self.relay = relay
        self.settings = settings or {}
        self.local_domains = local_domains
        self.relay_notifications = relay_notifications
        self.receive_on = receive_on or ("127.0.0.1", free_port())
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"{self.package}-"))
        self.folder.chmod(0o755)
        self.accounts = accounts.of(self.peer)
        self.environment = with_clock(self.accounts.environment(self.peer, self.folder))
        self._process = None
        self._pidfd = None

    # --- for the subclass

    def find_peer(self):
        return find(self.package, self.server)

    def command(self):
        """The server's command line; it stays in the foreground."""
        raise NotImplementedError

    def configure(self):
        """Writes everything the server needs into self.folder."""
        raise NotImplementedError

    def is_up(self):
        raise NotImplementedError

    def queue_is_empty(self):
        raise NotImplementedError

    def queue_listing(self):
        """What is in the queue, as its own program lists it."""
        raise NotImplementedError

    def log(self):
        """What it writes on its output; most have a log of their own."""
        return (self.folder / "output").read_text(errors="replace")

    def deliveries(self, recipient=None):
        """Every try, in order; of one recipient, or of all. Nothing where its log does not tell."""
        return []

    # --- life

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def start(self):
        self.configure()
        with open(self.folder / "output", "wb") as output:
            self._process = subprocess.Popen(
                self.command(), env=self.environment, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=_end_with_parent)
        if not self.wait_for(self.is_up, 60):
            raise TimeoutError(f"{self.package} did not start; log:\n{self.log()[-4000:]}")
        return self

    def stop(self):
        """Ends it by its process group and removes its folder."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(8)
            except subprocess.TimeoutExpired:
                pass
        if self._process:
            # What it had started and not yet ended itself.
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def pidfd(self):
        """A descriptor that is readable when the server has ended."""
        if self._pidfd is None:
            self._pidfd = os.pidfd_open(self._process.pid)
        return self._pidfd

    # --- work

    def run(self, program, *arguments, **options):
        """Runs one of its own programs."""
        return subprocess.run([self.peer.program(program), *arguments], env=self.environment, check=True, timeout=120,
                              **options)

    def submit(self, sender, recipients, message, requests=None):
        """Hands a message (bytes, lines end in LF) to its sendmail; `requests` of RFC 3461, {"NOTIFY": "NEVER"}."""
        raise NotImplementedError

    def is_receiving(self):
        """Whether somebody is connected to its port: what comes is not in the queue yet."""
        port, established = f":{self.receive_on[1]:04X}", "01"
        for table in ("/proc/net/tcp", "/proc/net/tcp6"):
            try:
                rows = [line.split() for line in pathlib.Path(table).read_text().splitlines()[1:]]
            except FileNotFoundError:  # a kernel without IPv6
                continue
            if any(row[1].endswith(port) and row[3] == established for row in rows):
                return True
        return False

    def wait_until_done(self, deadline_seconds):
        """Until nothing is left to deliver; False when that took too long."""
        return self.wait_for(self.queue_is_empty, deadline_seconds)

    def wait_for(self, condition, seconds):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                return False
            try:
                self._process.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
            raise RuntimeError(f"{self.package} ended by itself ({self._process.returncode}); "
                               f"log:\n{self.log()[-4000:]}")
        return True

    def notifications(self):
        """The bounces and delay warnings that came back, as parsed messages, oldest first."""
        files = sorted((self.folder / "notifications").glob("**/new/*"), key=lambda path: path.stat().st_mtime)
        return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in files]


def status_of(notification):
    """[(Action, Status, Final-Recipient)] of an RFC 3464 notification."""
    found = []
    for part in notification.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        for fields in part.get_payload():
            if "Status" in fields:
                recipient = fields.get("Final-Recipient", "").split(";")[-1].strip()
                found.append((fields.get("Action", ""), fields["Status"], recipient))
    return found


def has_fast_clock():
    """Its schedule and its time-outs are those it comes with, then: nothing is shortened."""
    return bool(os.environ.get("TEMPFAIL_CLOCK"))


class Accelerator:
    """A clock for a server whose schedule is compiled into it (libfaketime): it runs as always until the server is up, so that
    its processes have the time that they give each other, and then as fast as the case's."""
    FILE = "run/clock"

    def __init__(self, time_scale):
        clock = re.search(r"^FAKETIME=.*x([\d.]+)$", os.environ.get("TEMPFAIL_CLOCK", ""), re.M)
        self._rate = float(clock[1]) if clock else time_scale

    def environment(self, given):
        kept = {name: value for name, value in given.items() if not name.startswith("FAKETIME")}
        return {**kept, "LD_PRELOAD": LIBFAKETIME, "FAKETIME_TIMESTAMP_FILE": f"/{self.FILE}", "FAKETIME_NO_CACHE": "1"}

    def run(self, roots, fast):
        """`roots`: where the server's processes have their root folder."""
        for root in roots:
            file = pathlib.Path(root) / self.FILE
            file.parent.mkdir(mode=0o755, exist_ok=True)
            file.write_text(f"+0 x{self._rate:g}\n" if fast else "+0\n")


def with_clock(environment):
    """The environment of a server whose clock is as fast as TEMPFAIL_CLOCK says; what it preloads already stays."""
    clock = dict(line.partition("=")[::2] for line in os.environ.get("TEMPFAIL_CLOCK", "").splitlines())
    preloaded = [each["LD_PRELOAD"] for each in (environment, clock) if each.get("LD_PRELOAD")]
    return {**environment, **clock, **({"LD_PRELOAD": ":".join(preloaded)} if preloaded else {})}


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def _end_with_parent():
    """The server gets SIGTERM when the process that started it is gone."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)
