"""tempfail log: the dialogues of a journal, whole and while it grows."""
import subprocess
import threading
import unittest

import program
from program import DEADLINE, TEMPFAIL, Raw, Server


class Log(program.Case):
    def journal(self, *dialogues):
        """The journal of a server of `no-such-user` that heard these lines, a session for each list."""
        path = self.directory / "run.jsonl"
        with Server(self.directory, "no-such-user", "healthy", "--port", "0", "--journal", path) as server:
            for name, lines in dialogues:
                client = Raw(server.port(name))
                client.reply()
                for line in lines:
                    client.say(line)
                client.socket.close()
        return path

    def test_a_dialogue_is_printed_line_by_line(self):
        text = self.ok("log", self.journal(("no-such-user", ["EHLO me", "MAIL FROM:<a@b>", "RCPT TO:<c@d>", "QUIT"])))
        lines = [line.strip() for line in text.splitlines()]
        self.assertEqual(lines[0], "session 1: no-such-user")
        said = [line.split("  ", 1)[1] for line in lines[1:]]
        self.assertTrue(said[0].strip().startswith("connected from 127.0.0.1 to port "), said)
        for wanted in ("-> EHLO me", "-> MAIL FROM:<a@b>", "-> RCPT TO:<c@d>", "-> QUIT"):
            self.assertIn(wanted, said)
        refused = said.index("-> RCPT TO:<c@d>")
        self.assertRegex(said[refused + 1], r"^<- 550 5\.1\.1 ")
        self.assertEqual(said[-1].strip(), "closed after QUIT")
        self.assertNotIn("\x1b", text)

    def test_sessions_and_scenarios_are_picked(self):
        path = self.journal(("no-such-user", ["QUIT"]), ("healthy", ["QUIT"]), ("healthy", ["NOOP", "QUIT"]))
        headings = [line for line in self.ok("log", path).splitlines() if line.startswith("session")]
        self.assertEqual(len(headings), 3, headings)
        headings = [line for line in self.ok("log", path, "--scenario", "healthy").splitlines() if line.startswith("session")]
        self.assertEqual(len(headings), 2, headings)
        self.assertTrue(all(line.endswith(": healthy") for line in headings), headings)
        number = headings[1].split()[1].rstrip(":")
        text = self.ok("log", path, "--session", number)
        self.assertIn("-> NOOP", text)
        self.assertEqual(text.count("session "), 1)

    def test_what_is_not_there_is_said(self):
        path = self.journal(("healthy", ["QUIT"]))
        result = program.run("log", path, "--session", "99")
        self.assertEqual((result.returncode, result.stdout), (0, ""))
        self.assertIn("has no such session", result.stderr)
        self.assertIn("No such file", self.fails(3, "log", self.directory / "none.jsonl"))
        other = self.directory / "other.jsonl"
        other.write_text('{"event":"run","format":99}\n')
        self.assertIn("other.jsonl", self.fails(2, "log", other))
        other.write_text("import smtplib\n")
        self.assertIn("other.jsonl: not a journal", self.fails(2, "log", other))

    def test_control_characters_do_not_reach_the_terminal(self):
        text = self.ok("log", self.journal(("healthy", ["NOOP \x1b[2J\x07", "QUIT"])))
        self.assertIn("-> NOOP \\x1b[2J\\x07", text)

    def test_follow_prints_while_the_journal_grows_and_ends_with_it(self):
        path = self.directory / "run.jsonl"
        seen = threading.Event()
        with Server(self.directory, "healthy", "--port", "0", "--journal", path) as server:
            client = Raw(server.port("healthy"))
            client.reply()
            client.say("EHLO first")
            follower = subprocess.Popen([TEMPFAIL, "log", "--follow", path], stdout=subprocess.PIPE, text=True)
            self.addCleanup(follower.stdout.close)
            lines = []

            def read():
                for line in follower.stdout:
                    lines.append(line.rstrip("\n"))
                    if "-> NOOP later" in line:
                        seen.set()

            reader = threading.Thread(target=read)
            reader.start()
            client.say("NOOP later")
            self.assertTrue(seen.wait(DEADLINE), lines)
            client.say("QUIT")
            client.socket.close()
        self.assertEqual(follower.wait(DEADLINE), 0)
        reader.join(DEADLINE)
        self.assertTrue(all(line.startswith("[1] ") for line in lines), lines)
        self.assertIn("closed after QUIT", lines[-1])


if __name__ == "__main__":
    unittest.main()
