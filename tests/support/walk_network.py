"""The verbs of a walk that are about connections, below SMTP: how they begin, how they end, what the kernel says."""
import errno
import json
import re
import time

import tcpinfo
from rawclient import DEADLINE_SECONDS, Connection, Pending

CONTENT_LINE = b"x" * 70 + b"\r\n"


class WrongWalk(Exception):
    """The file says something this language does not know."""


class Failed(Exception):
    """The server did something else than the walk says."""


def seconds_of(text):
    match = re.fullmatch(r"(\d+)(ms|s)", text)
    if not match:
        raise WrongWalk(f"no time such as 200ms or 2s: {text}")
    return int(match[1]) * {"ms": 0.001, "s": 1.0}[match[2]]


class NetworkVerbs:
    """For walk.Walker, which has `connections`, `step`, `address`, `served` and `_log`."""

    def _connect(self, argument):
        how = re.fullmatch(r"(?:from (\S+))?\s*(?:fails: (\w+)|(unanswered)(?: for (\w+))?)?", argument.strip())
        if not how:
            raise WrongWalk(f"connect [from ADDRESS] [fails: ERRNO | unanswered [for TIME]], not {argument}")
        source, failure, unanswered, seconds = how.groups()
        if self.step.connection in self.connections:
            self.connections.pop(self.step.connection).close()
        if failure:
            self._connect_fails(source, failure)
        elif unanswered:
            self._connect_unanswered(source, seconds_of(seconds or "100ms"))
        else:
            self.connections[self.step.connection] = Connection(*self.address, source=source)
            self._log("--", f"connected to port {self.address[1]}")
            self._opened(self._connection)

    def _connect_fails(self, source, name):
        wanted = getattr(errno, name, None)
        if wanted is None:
            raise WrongWalk(f"no errno: {name}")
        pending = Pending(*self.address, source=source)
        try:
            outcome = pending.outcome(30)
        finally:
            pending.close()
        self._log("--", f"connect: {errno.errorcode.get(outcome, outcome)}")
        if outcome != wanted:
            raise Failed(f"connect: {errno.errorcode.get(outcome, outcome or 'connected')}")

    def _connect_unanswered(self, source, seconds):
        pending = Pending(*self.address, source=source)
        self.connections[self.step.connection] = pending
        outcome = pending.outcome(seconds)
        if outcome is not None:
            raise Failed(f"connect: {errno.errorcode.get(outcome, 'connected')}")
        if not pending.is_unanswered():
            raise Failed("the kernel does not wait for the answer to a SYN")
        self._log("--", f"no answer to the SYN in {seconds} s")

    def _connected(self, _):
        pending = self._connection
        if not isinstance(pending, Pending):
            raise WrongWalk("`connected` comes behind `connect unanswered`")
        outcome = pending.outcome(60)
        if outcome != 0:
            raise Failed(f"connect: {errno.errorcode.get(outcome, 'still no answer')}")
        if pending.retransmits() < 1:
            raise Failed("the first SYN had an answer")
        self.connections[self.step.connection] = Connection.of(pending)
        self._log("--", f"connected, after the SYN was sent {pending.retransmits() + 1} times")
        self._opened(self._connection)

    def _opened(self, connection):
        """For a walker that does more than TCP before SMTP begins."""

    def _zero_window(self, _):
        sent, missing = self._connection.fill(CONTENT_LINE)
        self.rest[self.step.connection] = missing
        self._log("C:", f"({sent} bytes; the window is closed)")

    def _fin(self, _):
        self._ends("FIN", "close_notify")

    def _rst(self, _):
        self._ends("RST")

    def _half_fin(self, _):
        self._sees_end("FIN", "close_notify")

    def _listens(self, _):
        end = time.monotonic() + DEADLINE_SECONDS
        while tcpinfo.unacknowledged(self._connection.socket) and time.monotonic() < end:
            time.sleep(0.001)  # looks again: no event tells of an acknowledgement
        self.served.barrier()
        state, left = tcpinfo.state(self._connection.socket), tcpinfo.unacknowledged(self._connection.socket)
        self._log("--", f"TCP state {state}, {left} bytes not acknowledged")
        if state != tcpinfo.CLOSE_WAIT:
            raise Failed(f"the connection is in TCP state {state}, not in CLOSE_WAIT ({tcpinfo.CLOSE_WAIT})")
        if left:
            raise Failed(f"{left} bytes are not acknowledged")
        endpoints = json.loads(self.served.control("status"))["endpoints"]
        if not any(each["port"] == self.address[1] and each["open"] for each in endpoints):
            raise Failed("the server has ended the session")

    def _ends(self, *expected):
        self._sees_end(*expected)
        self.connections.pop(self.step.connection).close()

    def _sees_end(self, *expected):
        rest, how = self._connection.read_end()
        self._log("S:", f"{rest!r} ({how})" if rest else f"({how})")
        if rest:
            raise Failed(f"before the end the server said: {rest!r}")
        if how not in expected:
            raise Failed(f"the connection ended with {how}")

    def _silence(self, argument):
        self.served.barrier()
        if argument and self._connection.arrives_within(seconds_of(argument.removeprefix("for "))):
            raise Failed(f"not silent: {self._connection.arrived()!r} {self._connection.ended() or ''}")
        how = self._connection.ended()
        if self._connection.unread or how:
            raise Failed(f"not silent: {self._connection.unread!r} {how or ''}")
        self._log("--", f"silence {argument}".rstrip())
