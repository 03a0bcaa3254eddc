#!/usr/bin/env python3
"""The walk runner is walked: it passes a server that does what is written, and catches every way of not doing it."""
import socket
import struct
import sys
import threading
import unittest

import walk


class Scripted:
    """A server that plays a list for each connection: bytes to send, a count of lines to read first, or an end."""

    def __init__(self, *script):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()
        self.controls = []
        self.played = threading.Event()
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
            elif act == "FIN":
                connection.shutdown(socket.SHUT_WR)
            elif act == "RST":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                reader.close()
                return
            else:
                connection.sendall(act)
        self.played.set()
        reader.read()

    def barrier(self):
        self.played.wait(20)

    def advance(self, duration):
        self.controls.append(duration)

    def control(self, line):
        self.controls.append(line)


GREETED = (b"220 here\r\n", 1, b"250-here\r\n250 SIZE 10\r\n")


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

    def test_silence_is_broken(self):
        self.fails("not silent", "connect\nS: 220 a\nsilence", b"220 a\r\n250 b\r\n")

    def test_silence_is_no_end(self):
        self.fails("FIN", "connect\nS: 220 a\nC: x\nS: 250 b\nsilence", b"220 a\r\n", 1, b"250 b\r\n", "FIN")

    def test_read_exactly(self):
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
