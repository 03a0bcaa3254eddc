"""The lines that `serve` prints for people who watch it: what is said, where, and how much of it."""
import os
import pty
import re
import subprocess
import unittest

import program
from program import TEMPFAIL, Raw, Server


def without_colours(text):
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


class EventLines(program.Case):
    def refused(self, port):
        with Raw(port) as client:
            client.reply()
            for line in ("EHLO a.test", "MAIL FROM:<a@a.test> SIZE=900", "QUIT"):
                client.say(line)

    def served(self, *options, **more):
        """What serve printed while one message was refused: standard output, and both streams where they are one."""
        with Server(self.directory, "disk-full", "--port", "0", *options, **more) as server:
            self.refused(server.port("disk-full"))
            server.stop()
            return without_colours(server.output())

    def test_a_terminal_shows_what_is_said(self):
        said = self.on_terminal()
        self.assertIn("disk-full #1  MAIL FROM:<a@a.test> SIZE=900 -> 452 4.3.1 Insufficient system storage\r\n", said)
        self.assertLess(said.index("ready: 1 scenario"), said.index("disk-full #1"))
        self.assertNotIn("#1", self.on_terminal("--quiet"))

    def on_terminal(self, *options):
        master, slave = pty.openpty()
        with Server(self.directory, "disk-full", "--port", "0", *options, stdout=slave) as server:
            os.close(slave)
            self.refused(server.port("disk-full"))
            server.stop()
        text = b""
        try:
            while piece := os.read(master, 65536):
                text += piece
        except OSError:  # nobody has the other end any more
            pass
        os.close(master)
        return without_colours(text.decode())

    def test_where_there_is_no_terminal_it_is_asked_for(self):
        self.assertNotIn("#1", self.served())
        self.assertIn("disk-full #1  MAIL FROM:<a@a.test> SIZE=900 -> 452", self.served("-v"))

    def test_json_stays_json(self):
        with subprocess.Popen([TEMPFAIL, "serve", "disk-full", "--port", "0", "--json", "-v"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True) as serve:
            port = int(re.search(r'"port":(\d+)', serve.stdout.readline())[1])
            self.refused(port)
            serve.terminate()
            out, err = serve.communicate(timeout=program.DEADLINE)
        self.assertEqual(out.count("\n"), 1)
        self.assertIn("MAIL FROM:<a@a.test> SIZE=900 -> 452", err)

    def test_a_flood_is_cut_and_counted(self):
        """Of many events at once some are counted and not shown; how many depends on the machine's speed, their sum does not."""
        sessions, commands = 40, 20
        with Server(self.directory, "healthy", "--port", "0", "-v") as server:
            for _ in range(sessions):
                with Raw(server.port("healthy")) as client:
                    client.socket.sendall(b"EHLO a.test\r\n" + b"NOOP\r\n" * commands + b"QUIT\r\n")
                    while client.reply():
                        pass
            program.wait_until(lambda: server.output().count("QUIT"), "the first lines")
            server.stop()
            said = server.output()
        counted = sum(int(number) for number in re.findall(r"\((\d+) events? not shown\)", said))
        shown = len(re.findall(r"#\d+ ", said))
        # Connection, greeting, EHLO, the commands, QUIT, and the end of each.
        self.assertLessEqual(shown + counted, sessions * (commands + 5))
        self.assertGreater(shown, 100)

    def test_quiet_and_verbose_exclude_each_other(self):
        self.assertIn("--quiet", self.fails(2, "serve", "healthy", "-q", "-v"))


if __name__ == "__main__":
    unittest.main()
