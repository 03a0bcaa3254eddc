"""Walks inside TLS: on a port that speaks TLS from the first byte every connection of a walk begins with a handshake, and
what a walk says in clear text is held against what comes out of TLS.

`connect` shakes hands at once. A server that falls silent or ends before that has not got as far as TLS: silence, FIN and
RST are seen on the bare connection then, and a handshake under way is gone on with before anything else is read or sent.
FIN stands for the way in which TLS is to end: close_notify and then FIN, or FIN alone.
"""
import socket

import walk_network
from rawclient import CLOSE_NOTIFY, FIN, TRUNCATED
from tls_socket import HandshakeFailed, TlsSocket, client_context
from walk import Walker

BEFORE_TLS = {"0 bytes, FIN": b"", "0 bytes, RST": ConnectionResetError()}


class TlsFromTheStart(TlsSocket):
    """A socket for rawclient.Connection. `is_up` says whether the handshake is done."""

    def __init__(self, plain, context, barrier):
        super().__init__(plain, context)
        self.is_up = False
        self._end_before_tls = None
        self._shake_hands(barrier)

    def fileno(self):
        return self.plain.fileno()

    def getsockopt(self, *arguments):
        return self.plain.getsockopt(*arguments)

    def _shake_hands(self, is_silent=None):
        if self._end_before_tls is not None or self.is_up:
            return
        try:
            self.handshake(is_silent)
            self.is_up = True
        except HandshakeFailed as failure:
            if failure.outcome in BEFORE_TLS:
                self._end_before_tls = BEFORE_TLS[failure.outcome]
            elif not failure.outcome.endswith("silence"):
                raise walk_network.Failed(f"the handshake: {failure.outcome}") from failure
            elif is_silent is None:
                raise BlockingIOError() if self.plain.gettimeout() == 0 else socket.timeout()

    def recv(self, size):
        self._shake_hands()
        if isinstance(self._end_before_tls, Exception):
            raise self._end_before_tls
        return super().recv(size) if self.is_up else self._end_before_tls

    def sendall(self, data):
        self._shake_hands()
        if self.is_up:
            super().sendall(data)
        else:
            self.plain.sendall(data)  # the client's hello has left before it


class WalkerInsideTls(Walker):
    """`notified`: whether TLS has to end with close_notify."""

    def __init__(self, served, address, notified):
        super().__init__(served, address)
        self.notified = notified
        self.context = client_context(served.authority)

    def _opened(self, connection):
        connection.socket = TlsFromTheStart(connection.socket, self.context, self.served.barrier)
        self._log("--", connection.socket.version() or "no handshake yet")

    def _sees_end(self, *expected):
        secured = self._connection.socket
        if FIN in expected and secured.is_up:
            super()._sees_end(CLOSE_NOTIFY if self.notified else TRUNCATED)
            if self.notified and not secured.ends_with_fin():
                raise walk_network.Failed("behind close_notify there is no FIN")
        else:
            super()._sees_end(*(how for how in expected if how != CLOSE_NOTIFY))
