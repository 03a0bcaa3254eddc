"""An SMTP client of plain sockets, for tests that look at every byte: it knows lines, FIN, RST and TLS, no SMTP.

Shares nothing with the programs under test. Every wait has a deadline; what arrives and was not asked for stays
visible in `unread`.
"""
import errno
import select
import socket
import ssl
import struct
import time

import tcpinfo

DEADLINE_SECONDS = 30.0


class Closed(Exception):
    """The server ended the connection where more was expected; `how` says in which way."""

    def __init__(self, how, rest=b""):
        super().__init__(f"{how}, after {rest!r}" if rest else how)
        self.how = how
        self.rest = rest


class TooLate(Exception):
    """Nothing arrived before the deadline."""


FIN, RST = "FIN", "RST"
CLOSE_NOTIFY = "close_notify"  # an orderly end of TLS
TRUNCATED = "FIN inside TLS without close_notify"


class Pending:
    """A connection attempt under way. An RST behind the handshake is no failure of the attempt: `was_reset`, then."""

    def __init__(self, host, port, source=None):
        self.socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        if source:
            self.socket.bind((source, 0))
        self.socket.setblocking(False)
        self.was_reset = False
        self._error = self.socket.connect_ex((host, port))

    def outcome(self, seconds):
        """0: connected; an errno; None: no answer in this time."""
        if self._error == errno.EINPROGRESS:
            if not select.select([], [self.socket], [], seconds)[1]:
                return None
            self._error = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if self._error == errno.ECONNRESET:  # in answer to a SYN it would be ECONNREFUSED
            self.was_reset, self._error = True, 0
        return self._error

    def is_unanswered(self):
        """Whether the kernel waits for the answer to its SYN."""
        return tcpinfo.state(self.socket) == tcpinfo.SYN_SENT

    def retransmits(self):
        return tcpinfo.retransmits(self.socket)

    def reset(self):
        self.socket.close()

    close = reset


class Connection:
    def __init__(self, host, port, source=None, deadline_seconds=DEADLINE_SECONDS):
        pending = Pending(host, port, source)
        outcome = pending.outcome(deadline_seconds)
        if outcome != 0:
            pending.close()
            raise TooLate("no answer to the SYN") if outcome is None else OSError(outcome, errno.errorcode[outcome])
        self._take(pending)

    @classmethod
    def of(cls, pending):
        """An attempt that has succeeded, as a connection."""
        connection = cls.__new__(cls)
        connection._take(pending)
        return connection

    def _take(self, pending):
        self.unread = b""
        self.socket = pending.socket
        self._was_reset = pending.was_reset
        self.socket.settimeout(DEADLINE_SECONDS)
        # Each send is a segment of its own: what a test writes at once arrives at once.
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    # --- writing

    def send(self, data):
        """Sends all of it; raises Closed when the server has reset the connection."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as failure:
            raise Closed(RST) from failure

    def fill(self, block):
        """Sends `block` again and again until the server's window is closed; returns how many bytes left in all, and
        what is missing of the last block. The last room, smaller than a segment, is filled when the kernel's timer says so."""
        self.socket.setblocking(False)
        sent, rest, end = 0, block, time.monotonic() + DEADLINE_SECONDS
        try:
            while time.monotonic() < end:
                if select.select([], [self.socket], [], 0.05)[1]:
                    count = self.socket.send(rest)
                    sent, rest = sent + count, rest[count:] or block
                elif tcpinfo.peer_window(self.socket) == 0:
                    return sent, rest if rest != block else b""
            raise TooLate(f"the window is still open after {sent} bytes")
        except (BrokenPipeError, ConnectionResetError) as failure:
            raise Closed(RST) from failure
        finally:
            self.socket.settimeout(DEADLINE_SECONDS)

    def arrives_within(self, seconds):
        """Whether anything, the end included, arrives in this time."""
        end = time.monotonic() + seconds
        while not self.unread and not self.ended():  # what is there may be TLS's own, and no data
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.socket], [], [], left)[0]:
                return False
        return True

    def send_line(self, text):
        self.send(text.encode() + b"\r\n")

    # --- reading

    def read_line(self):
        """The next line without its CR LF. A bare LF is no line's end."""
        while b"\r\n" not in self.unread:
            self.unread += self._receive()
        line, _, self.unread = self.unread.partition(b"\r\n")
        return line

    def read_exactly(self, count):
        while len(self.unread) < count:
            self.unread += self._receive()
        data, self.unread = self.unread[:count], self.unread[count:]
        return data

    def read_end(self):
        """What came before the end of the connection, and how it ended: FIN, RST, CLOSE_NOTIFY or TRUNCATED."""
        while True:
            try:
                self.unread += self._receive()
            except Closed as end:
                data, self.unread = self.unread, b""
                return data, end.how

    def arrived(self):
        """All that is there now, without waiting; the connection's end counts as nothing."""
        self.socket.settimeout(0)
        try:
            while True:
                self.unread += self._receive_once()
        except (BlockingIOError, ssl.SSLWantReadError, Closed):
            pass
        finally:
            self.socket.settimeout(DEADLINE_SECONDS)
        return self.unread

    def ended(self):
        """How the connection has ended by now, or None; reads what is there."""
        self.socket.settimeout(0)
        try:
            while True:
                self.unread += self._receive_once()
        except (BlockingIOError, ssl.SSLWantReadError):
            return None
        except Closed as end:
            return end.how
        finally:
            self.socket.settimeout(DEADLINE_SECONDS)

    def _receive(self):
        try:
            return self._receive_once()
        except (socket.timeout, TimeoutError) as late:
            raise TooLate(f"nothing more after {self.unread[-200:]!r}") from late
        except Closed as end:
            if self.unread and end.how != RST:
                raise Closed(end.how, self.unread) from None
            raise

    def _receive_once(self):
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError as failure:
            raise Closed(RST) from failure
        except ssl.SSLEOFError as failure:
            raise Closed(TRUNCATED) from failure
        except ssl.SSLZeroReturnError as failure:
            raise Closed(CLOSE_NOTIFY) from failure
        except ssl.SSLError as failure:  # no SSLEOFError in every version of Python
            if getattr(failure, "reason", "") == "UNEXPECTED_EOF_WHILE_READING":
                raise Closed(TRUNCATED) from failure
            raise
        if not data and self._was_reset:  # asking for the attempt's outcome has taken the error away
            raise Closed(RST)
        if not data:
            raise Closed(CLOSE_NOTIFY if isinstance(self.socket, ssl.SSLSocket) else FIN)
        return data

    # --- TLS

    def start_tls(self, context=None, server_name=None):
        """The client's side of a handshake; ssl.SSLError, OSError as Python has them."""
        self.socket = (context or any_certificate()).wrap_socket(
            self.socket, server_hostname=server_name, suppress_ragged_eofs=False)

    # --- ending

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    def close(self):
        self.socket.close()

    def reset(self):
        """Ends the connection with an RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


def any_certificate():
    """A TLS client that takes whatever certificate it is shown."""
    context = ssl.create_default_context()
    # With this option, which Python sets, an end without close_notify looks like one with it.
    context.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 1 << 7)  # the number is OpenSSL 3's
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
