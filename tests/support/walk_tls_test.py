#!/usr/bin/env python3
"""The TLS steps of a walk, and walks inside TLS, are walked: they pass a server that does what is written, and catch one that does not."""
import pathlib
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import unittest

import walk
from walk_inside_tls import WalkerInsideTls


class Scripted:
    """An implicit-TLS server that does one thing with its connection, on a thread of its own."""

    implicit = True

    def __init__(self, authority, act):
        self.authority = authority
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()
        self.done = threading.Event()
        threading.Thread(target=self._serve, args=(act,), daemon=True).start()

    def _serve(self, act):
        with self.listener:
            connection, _ = self.listener.accept()
        try:
            connection.recv(65536, socket.MSG_PEEK)  # the client's hello is there
            act(connection, self)
        except OSError:
            pass  # the walker was done first
        finally:
            self.done.set()
            connection.close()

    patience = 20.0

    def barrier(self):
        self.done.wait(self.patience)


def plain(data, reset=False):
    """Answers the client's hello with these bytes, and ends."""
    def act(connection, server):
        connection.sendall(data)
        if reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            connection.recv(65536)
            connection.shutdown(socket.SHUT_WR)
            server.done.set()
            connection.recv(65536)
    return act


def silent(connection, server):
    server.done.set()
    while connection.recv(65536):
        pass


def speaks(context, notify=True):
    """Shakes hands, says one line, and ends with close_notify or without."""
    def act(connection, server):
        tls = context.wrap_socket(connection, server_side=True)
        tls.sendall(b"220 here\r\n")
        server.done.set()
        if notify:
            tls.settimeout(0)
            try:
                tls.unwrap()  # says close_notify, and would wait for the client's
            except ssl.SSLError:
                pass
        tls.shutdown(socket.SHUT_WR)
    return act


def speaks_on(context, notify, heard):
    """As speaks(), and what the client says behind the end is kept."""
    def act(connection, server):
        tls = context.wrap_socket(connection.dup(), server_side=True)
        server.patience = 20.0  # the walk ends when it is heard
        tls.sendall(b"220 here\r\n")
        if notify:
            tls.settimeout(0)
            try:
                tls.unwrap()
            except ssl.SSLError:
                pass
            tls.settimeout(20)
        connection.shutdown(socket.SHUT_WR)
        heard.append(tls.recv(100))
        tls.close()
    return act


class WalkTlsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.key = pathlib.Path(folder.name) / "key.pem"
        cls.certificate = cls.key.with_name("certificate.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                        "/CN=mx.tempfail.test", "-addext", "subjectAltName=DNS:mx.tempfail.test", "-days", "2", "-keyout",
                        cls.key, "-out", cls.certificate], check=True, capture_output=True)
        cls.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        cls.context.load_cert_chain(cls.certificate, cls.key)

    def play(self, text, act):
        server = Scripted(self.certificate, act)
        walker = walk.Walker(server, server.address)
        for part in walk.parse("== part\nuntil-tls\n" + text, "x.walk"):
            walker.walk(part, "x.walk")

    def fails(self, pattern, text, act):
        with self.assertRaisesRegex(walk.Failed, pattern):
            self.play(text, act)

    def test_handshake(self):
        self.play("handshake -> TLSv1.3\nS: 220 here", speaks(self.context))
        self.play("handshake verify max=1.2 -> TLSv1.2\nS: 220 here", speaks(self.context))
        self.fails("handshake: TLSv1.2", "handshake max=1.2 -> TLSv1.3", speaks(self.context))
        self.fails("handshake: TLSv1.3", "handshake -> fatal alert 40, FIN", speaks(self.context))

    def test_certificate(self):
        self.fails("certificate refused: 62", "handshake verify name=other.test -> TLSv1.3", speaks(self.context))

    def test_alert(self):
        alert = b"\x15\x03\x03\x00\x02\x02\x28"
        self.play("handshake -> fatal alert 40, FIN", plain(alert))
        self.fails("fatal alert 40, FIN", "handshake -> fatal alert 70, FIN", plain(alert))
        # OpenSSL passes over a warning.
        self.fails("7 bytes, FIN", "handshake -> fatal alert 40, FIN", plain(alert[:5] + b"\x01" + alert[6:]))

    def test_bytes_and_end(self):
        hello = b"\x16\x03\x03\x00\x40" + b"x" * 5
        self.play("handshake -> 10 bytes, FIN", plain(hello))
        self.fails("10 bytes, FIN", "handshake -> 10 bytes, RST", plain(hello))
        self.play("handshake -> 0 bytes, RST", plain(b"", reset=True))
        self.fails("0 bytes, RST", "handshake -> 0 bytes, FIN", plain(b"", reset=True))
        self.play("handshake -> no TLS: b'hello', FIN", plain(b"hello"))

    def test_silence(self):
        self.play("handshake -> 0 bytes, silence\ndrop", silent)
        self.fails("10 bytes, FIN", "handshake -> 10 bytes, silence", plain(b"\x16\x03\x03\x00\x40" + b"x" * 5))

    def test_close_notify(self):
        self.play("handshake -> TLSv1.3\nS: 220 here\nclose-notify", speaks(self.context))
        self.play("handshake -> TLSv1.3\nS: 220 here\nno-close-notify", speaks(self.context, notify=False))
        self.fails("ended with", "handshake -> TLSv1.3\nS: 220 here\nno-close-notify", speaks(self.context))
        self.fails("ended with", "handshake -> TLSv1.3\nS: 220 here\nclose-notify", speaks(self.context, notify=False))

    def inside(self, text, act, notified=True):
        server = Scripted(self.certificate, act)
        server.patience = 0.05  # a handshake that is not done by then is gone on with
        walker = WalkerInsideTls(server, server.address, notified)
        for part in walk.parse("== part\nconnect\n" + text, "x.walk"):
            walker.walk(part, "x.walk")

    def not_inside(self, pattern, *arguments):
        with self.assertRaisesRegex(walk.Failed, pattern):
            self.inside(*arguments)

    def test_inside_tls_an_end_is_with_close_notify_or_without(self):
        self.inside("S: 220 here\nFIN", speaks(self.context))
        self.inside("S: 220 here\nFIN", speaks(self.context, notify=False), False)
        self.not_inside("ended with FIN inside TLS without", "S: 220 here\nFIN", speaks(self.context, notify=False))
        self.not_inside("ended with close_notify", "S: 220 here\nFIN", speaks(self.context), False)
        self.not_inside("ended with close_notify", "S: 220 here\nRST", speaks(self.context))
        self.not_inside("said: 220 here", "S: 220 there", speaks(self.context))

    def test_inside_tls_a_client_goes_on_behind_the_servers_end(self):
        for notified in (True, False):
            heard = []
            self.inside("S: 220 here\nhalf-FIN\nC: still here", speaks_on(self.context, notified, heard), notified)
            self.assertEqual(heard, [b"still here\r\n"])

    def test_inside_tls_what_ends_before_the_handshake_is_no_tls(self):
        fin, rst = plain(b""), plain(b"", reset=True)
        self.inside("FIN", fin)
        self.inside("RST", rst)
        self.not_inside("ended with RST", "FIN", rst)
        self.not_inside("ended with FIN", "RST", fin)
        self.not_inside("the handshake: no TLS: b'220 h", "S: 220 here", plain(b"220 here\r\n"))

    def test_inside_tls_silence(self):
        self.inside("silence\ndrop", silent)
        self.not_inside("not silent: b'220 here", "silence for 20s", speaks(self.context))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
