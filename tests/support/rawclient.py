"""An SMTP client of plain sockets, for tests that look at every byte: it knows lines, FIN, RST and TLS, no SMTP.

Shares nothing with the programs under test. Every wait has a deadline; what arrives and was not asked for stays
visible in `unread`.
"""
import socket
import ssl
import struct

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


class Connection:
    def __init__(self, host, port, source=None, deadline_seconds=DEADLINE_SECONDS):
        self.unread = b""
        self.socket = socket.create_connection((host, port), timeout=deadline_seconds,
                                               source_address=(source, 0) if source else None)
        # Each send is a segment of its own: what a test writes at once arrives at once.
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    # --- writing

    def send(self, data):
        """Sends all of it; raises Closed when the server has reset the connection."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as failure:
            raise Closed(RST) from failure

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
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
