#!/usr/bin/env python3
"""The walk runner is walked: it passes a server that does what is written, and catches every way of not doing it."""
import json
import socket
import struct
import sys
import threading
import time
import unittest
from unittest import mock

import walk


class Scripted:
    """A server that plays a list for each connection: bytes to send, a count of lines to read first, or an end."""

    def __init__(self, *script):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()
        self.controls = []
        self.played = threading.Event()
        self.advanced = threading.Event()
        self.received = 0
        threading.Thread(target=self._serve, args=(script,), daemon=True).start()

    def _serve(self, script):
        with self.listener:
            connection, _ = self.listener.accept()
        try:
            self._play(connection, script)
        except OSError:
            pass  # the walker was done first
        finally:
            self.played.set()
            connection.close()

    def _play(self, connection, script):
        reader = connection.makefile("rb")
        for act in script:
            if isinstance(act, int):
                for _ in range(act):
                    reader.readline()
            elif isinstance(act, float):
                time.sleep(act)  # what follows comes later: a lower bound
            elif act == "read-all":
                self._read_all(connection)
            elif act == "FIN":
                connection.shutdown(socket.SHUT_WR)
            elif act == "RST":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                reader.close()
                connection.close()
                return
            else:
                connection.sendall(act)
        self.played.set()
        reader.read()

    def _read_all(self, connection):
        """Reads nothing until time has passed, then everything up to a line with a dot."""
        self.advanced.wait(60)
        tail = b""
        while tail != b"\n.\r\n":
            data = connection.recv(65536)
            self.received += len(data)
            tail = (tail + data)[-4:]

    def barrier(self):
        self.played.wait(20)

    def advance(self, duration):
        self.controls.append(duration)
        self.advanced.set()

    def control(self, line):
        self.controls.append(line)
        return json.dumps({"endpoints": [{"port": 1, "open": 5}, {"port": self.address[1], "open": self.open}]})

    open = 1  # sessions, as the server's status has it


GREETED = (b"220 here\r\n", 1, b"250-here\r\n250 SIZE 10\r\n")


class Unplugged(Scripted):
    """A port that nobody listens on, or whose accept queue is full until `advance`."""

    def __init__(self, full):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.address = self.listener.getsockname()
        self.filler = socket.socket()
        if full:
            self.listener.listen(0)
            self.filler.connect(self.address)

    def advance(self, _):
        self.listener.accept()[0].close()
        self.filler.close()

    def barrier(self):
        pass

    def close(self):
        self.listener.close()
        self.filler.close()


class WalkTest(unittest.TestCase):
    def play(self, text, *script):
        self.server = Scripted(*script)
        walker = walk.Walker(self.server, self.server.address)
        for part in walk.parse("== part\n" + text, "x.walk"):
            walker.walk(part, "x.walk")

    def fails(self, pattern, text, *script):
        with self.assertRaisesRegex(walk.Failed, pattern):
            self.play(text, *script)

    def test_dialogue_as_written(self):
        self.play("hello\nC: NOOP\nS: 250 fine\nC: QUIT\nS~ 221 .*\nFIN", *GREETED, 1, b"250 fine\r\n", 1,
                  b"221 bye\r\n", "FIN")

    def test_envelope_and_data(self):
        self.play("hello\nenvelope a@a -> b@b, c@c\ndata 1KB\nS: 452 full", *GREETED, 1, b"250 m\r\n", 1,
                  b"250 r\r\n", 1, b"250 r\r\n", 1, b"354 go\r\n", 5, b"452 full\r\n")

    def test_sessions_in_a_line(self):
        self.play("refused at rcpt x@x -> y@y: 450 later", *GREETED, 1, b"250 m\r\n", 1, b"450 later\r\n", 1,
                  b"221 bye\r\n", "FIN")
        self.play("refused at mail: 421 gone", *GREETED, 1, b"421 gone\r\n", "FIN")
        self.fails("said: 451 later", "refused at mail: 450 later", *GREETED, 1, b"451 later\r\n")
        self.fails("said: 450 no", "taken", *GREETED, 1, b"450 no\r\n")
        self.fails("said: 250 m", "refused at rcpt: 450 later", *GREETED, 1, b"250 m\r\n", 1, b"250 m\r\n")
        self.assertEqual(walk.session_of(" from 127.0.0.2 a@b -> c@d 10KB id=x"),
                         ("from 127.0.0.2", "a@b", "c@d", "10KB id=x"))

    def test_pipelined_lines_leave_in_one_segment(self):
        self.play("connect\nS: 220 here\nC+: A\nC: B\nS: 250 a\nS: 250 b", b"220 here\r\n", 2, b"250 a\r\n250 b\r\n")

    def test_wrong_text(self):
        self.fails("said: 451 x", "connect\nS: 450 x", b"451 x\r\n")

    def test_wrong_code(self):
        self.fails("said: 451 x", "connect\nS* 450", b"451 x\r\n")

    def test_wrong_code_in_a_later_line(self):
        self.fails("said: 251 x", "connect\nS* 250", b"250-x\r\n251 x\r\n")

    def test_regex_matches_the_whole_line(self):
        self.fails("said: 450 xy", "connect\nS~ 450 x", b"450 xy\r\n")

    def test_reply_nobody_asked_for(self):
        self.fails("not asked for", "connect\nS: 220 a\nC: x\nS: 250 b\nC: y", b"220 a\r\n", 1, b"250 b\r\n250 c\r\n")

    def test_unread_at_the_end(self):
        self.fails("unread b'250 b", "connect\nS: 220 a", b"220 a\r\n250 b\r\n")

    def test_bytes_before_the_end(self):
        self.fails("before the end the server said: b'421 x", "connect\nFIN", b"421 x\r\n", "FIN")

    def test_fin_is_no_rst(self):
        self.fails("ended with FIN", "connect\nRST", "FIN")

    def test_rst_is_no_fin(self):
        self.fails("ended with RST|RST", "connect\nC: x\nFIN", 1, "RST")

    def test_half_closed_by_the_server(self):
        script = b"220 a\r\n", "FIN", 1
        self.play("connect\nS: 220 a\nhalf-FIN\nC: x\nlistens", *script)
        self.fails("TCP state 7", "connect\nS: 220 a\nhalf-FIN\nC: x\nlistens", *script, "RST")
        self.fails("TCP state 1", "connect\nS: 220 a\nlistens", b"220 a\r\n")
        self.fails("ended with RST|RST", "connect\nC: x\nhalf-FIN", 1, "RST")
        with mock.patch.object(Scripted, "open", 0):
            self.fails("ended the session", "connect\nS: 220 a\nhalf-FIN\nC: x\nlistens", *script)

    def test_silence_is_broken(self):
        self.fails("not silent", "connect\nS: 220 a\nsilence", b"220 a\r\n250 b\r\n")

    def test_silence_is_no_end(self):
        self.fails("FIN", "connect\nS: 220 a\nC: x\nS: 250 b\nsilence", b"220 a\r\n", 1, b"250 b\r\n", "FIN")

    def test_silence_for_a_while(self):
        self.play("connect\nS: 220 a\nsilence for 50ms", b"220 a\r\n")
        server = Scripted(b"220 a\r\n", 0.3, b"250 b\r\n")
        server.barrier = lambda: None
        with self.assertRaisesRegex(walk.Failed, "not silent: b'250 b"):
            walker = walk.Walker(server, server.address)
            walker.walk(walk.parse("== part\nconnect\nS: 220 a\nsilence for 20s", "x.walk")[0], "x.walk")

    def no_server(self, text, full):
        server = Unplugged(full)
        self.addCleanup(server.close)
        walk.Walker(server, server.address).walk(walk.parse("== part\n" + text, "x.walk")[0], "x.walk")

    def test_refused(self):
        self.no_server("connect fails: ECONNREFUSED", full=False)
        for text in ("connect unanswered", "connect fails: EHOSTUNREACH"):
            with self.assertRaisesRegex(walk.Failed, "connect: ECONNREFUSED"):
                self.no_server(text, full=False)
        self.fails("connect: connected", "connect fails: ECONNREFUSED", b"")
        with self.assertRaises(walk.WrongWalk):
            self.no_server("connect fails: ENOTHING", full=False)

    def test_unanswered(self):
        self.no_server("connect unanswered for 200ms\nadvance 1h\nconnected", full=True)
        self.fails("connect: connected", "connect unanswered", b"")
        with self.assertRaisesRegex(walk.Failed, "ECONNREFUSED"):
            self.no_server("connect\nS: 220 a", full=False)

    def test_zero_window(self):
        self.play("connect\nzero-window\nadvance 1h\nraw \".\\r\\n\"\nS: 250 all", "read-all", b"250 all\r\n")
        self.assertEqual(self.server.received % len(walk.CONTENT_LINE), len(b".\r\n"))
        self.assertGreater(self.server.received, 64 * 1024)
        self.fails("RST", "connect\nzero-window", "RST")

    def test_read_exactly(self):
        self.play('connect\nread 3\nFIN', b"220", "FIN")
        self.fails("before the end", 'connect\nread 2\nFIN', b"220", "FIN")
        self.play('connect\nread 3 "220"\nFIN', b"220", "FIN")
        self.fails("said: b'220'", 'connect\nread 3 "250"', b"220")

    def test_controls(self):
        self.play("connect\nadvance 1h\nqueue stop", b"")
        self.assertEqual(self.server.controls[0], "1h")
        self.assertTrue(self.server.controls[1].startswith("stop-queue"))

    def test_mistakes_in_a_walk(self):
        for text in ("hello\n", "== a\nsay x\n", "== a\nFIN now\n", "== a\nadvance\n", "", "== a\n"):
            with self.assertRaises(walk.WrongWalk):
                walk.parse(text, "x.walk")

    def test_message_has_its_size(self):
        for size in (1024, 1025, 4096, 10000, 100 * 1024, *range(300, 450)):
            self.assertEqual(len(walk.message(size)), size)
            self.assertTrue(walk.message(size).endswith(b"\r\n"))
            self.assertLess(max(map(len, walk.message(size).splitlines())), 100)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
