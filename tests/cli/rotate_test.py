"""`serve`'s journal in several files, and the messages that it keeps: nothing is lost, and nothing stays longer than it should."""
import json
import os
import pathlib
import pty
import signal
import stat
import threading
import unittest

import program
from program import Raw, Server, run, wait_until


class Rotation(program.Case):
    def setUp(self):
        super().setUp()
        self.journal = self.directory / "run.jsonl"
        self.sent = 0

    def send(self, port, count, recipient=None):
        for _ in range(count):
            self.sent += 1
            with Raw(port) as client:
                client.reply()
                client.say("EHLO client.test")
                client.send(recipient or f"someone-{self.sent}@rcpt.test")
                client.say("QUIT")

    def files(self):
        """All parts, in the order in which they were written."""
        aside = sorted(self.directory.glob("run.jsonl.*"), key=lambda path: int(path.suffix[1:]))
        return [*aside, self.journal]

    def own_events(self, file):
        return [event for event in map(json.loads, file.read_text().splitlines()) if not event.get("again")]

    def check_nothing_is_lost(self):
        numbers = [event["seq"] for file in self.files() for event in self.own_events(file)]
        self.assertEqual(numbers, list(range(1, len(numbers) + 1)))

    def test_by_size(self):
        with Server(self.directory, "healthy", "--port", "0", "--shared-port", "0", "--journal", self.journal,
                    "--journal-rotate", "10KB") as server:
            self.send(server.port("healthy"), 60)
            self.assertEqual(server.stop(), 0)
        files = self.files()
        self.assertGreater(len(files), 3)
        self.check_nothing_is_lost()
        for file in files[1:]:
            first = json.loads(file.read_text().splitlines()[0])
            self.assertEqual((first["event"], first["again"], first["seq"]), ("run", True, 1))
            self.assertIn(b'"event":"server"', file.read_bytes())
        whole = json.loads(run("judge", "--json", *reversed(files)).stdout)
        [case] = whole["cases"]
        self.assertEqual((case["scenario"], case["tries"], case["delivered"]), ("healthy", 60, 60), case["why"])
        for file in files[:-1]:  # each by itself: what it has of whole sessions; the last may have none
            alone = run("judge", "--json", file)
            self.assertEqual(alone.stderr, "")
            said = json.loads(alone.stdout)["cases"][0]
            self.assertGreater(said["tries"], 3)
            # What was under way when the part ended is undecided; nothing is wrong.
            self.assertEqual([f["rule"] for f in said["findings"] if f["outcome"] == "fail"], [])

    def test_hangup_opens_it_again_while_mail_comes(self):
        with Server(self.directory, "healthy", "--port", "0", "--shared-port", "0", "--journal", self.journal) as server:
            port = server.port("healthy")
            done = threading.Event()
            sent = []

            def talk():
                while not done.is_set():
                    self.send(port, 1)
                    sent.append(1)

            talkers = [threading.Thread(target=talk) for _ in range(3)]
            for talker in talkers:
                talker.start()
            for number in range(1, 6):
                target = len(sent) + 5
                wait_until(lambda: len(sent) >= target, "mail comes")
                self.journal.rename(self.directory / f"run.jsonl.{number}")
                server.process.send_signal(signal.SIGHUP)
                wait_until(self.journal.exists, "a new journal")
            done.set()
            for talker in talkers:
                talker.join()
            self.assertEqual(server.stop(), 0)
        self.check_nothing_is_lost()
        self.assertEqual(len(self.files()), 6)
        [case] = json.loads(run("judge", "--json", *self.files()).stdout)["cases"]
        self.assertEqual(case["tries"], len(sent))

    def test_one_who_follows_reads_on_in_the_next_file(self):
        with Server(self.directory, "healthy", "--port", "0", "--shared-port", "0", "--journal", self.journal) as server:
            log = open(self.directory / "log.txt", "w+")
            self.addCleanup(log.close)
            follower = program.subprocess.Popen([program.TEMPFAIL, "log", "--follow", str(self.journal)], stdout=log,
                                                stdin=program.subprocess.DEVNULL)
            self.addCleanup(follower.kill)
            said = lambda: pathlib.Path(log.name).read_text()  # noqa: E731
            self.send(server.port("healthy"), 1, "first@rcpt.test")
            wait_until(lambda: "first@rcpt.test" in said(), "the first")
            self.journal.rename(self.directory / "run.jsonl.1")
            server.process.send_signal(signal.SIGHUP)
            wait_until(self.journal.exists, "a new journal")
            self.send(server.port("healthy"), 1, "second@rcpt.test")
            wait_until(lambda: "second@rcpt.test" in said(), "the second")
            self.assertEqual(server.stop(), 0)
            self.assertEqual(follower.wait(program.DEADLINE), 0)
            self.assertEqual(said().count("first@rcpt.test"), 1)

    def test_without_a_journal_hangup_stops_it(self):
        with Server(self.directory, "healthy", "--port", "0", "--shared-port", "0") as server:
            self.assertEqual(server.stop(signal.SIGHUP), 0)

    def test_a_terminal_that_is_gone_stops_it(self):
        master, slave = pty.openpty()
        with Server(self.directory, "healthy", "--port", "0", "--shared-port", "0", "--journal", self.journal,
                    stdout=slave) as server:
            os.close(slave)
            os.close(master)
            self.assertIn(server.stop(signal.SIGHUP), (0, 3))  # 3: its last words could not be written
        self.assertEqual(self.own_events(self.journal)[-1]["event"], "end")

    def test_wrong_usage(self):
        for arguments, part in ((["--journal-rotate", "10MB"], "--journal-rotate needs --journal"),
                                (["--journal", self.journal, "--journal-rotate", "big"], "--journal-rotate big is not a valid size"),
                                (["--journal", self.journal, "--journal-rotate", "10"], "--journal-rotate 10 is not a valid size"),
                                (["--journal", "/dev/null", "--journal-rotate", "10MB"], "/dev/null is not a regular file"),
                                (["--keep-age", "1h"], "--keep-age and --keep-size need --keep"),
                                (["--keep", "x", "--keep-age", "0s"], "--keep-age 0s is not a valid duration"),
                                (["--keep", "x", "--keep-size", "all"], "--keep-size all is not a valid size")):
            self.assertIn(part, self.fails(2, "serve", "healthy", "--port", "0", *arguments, cwd=self.directory))
        self.assertFalse(self.journal.exists())


class KeptMail(program.Case):
    def setUp(self):
        super().setUp()
        self.mail = self.directory / "mail"

    def serve(self, *arguments):
        return Server(self.directory, "healthy", "--port", "0", "--shared-port", "0", "--keep", self.mail, *arguments)

    def names(self):
        return sorted(path.name for path in self.mail.glob("*.eml")) if self.mail.exists() else []

    def send(self, port):
        with Raw(port) as client:
            client.reply()
            client.say("EHLO client.test")
            self.assertTrue(client.send().startswith("250"))

    def test_each_goes_when_it_has_its_age(self):
        with self.serve("--keep-age", "1s") as server:
            foreign = self.directory / "mail/of-an-earlier-run.eml"
            self.send(server.port("healthy"))
            self.assertEqual(self.names(), ["healthy-1-1.eml"])
            self.assertEqual(stat.S_IMODE((self.mail / "healthy-1-1.eml").stat().st_mode), 0o600)
            foreign.write_text("stays")
            wait_until(lambda: self.names() == ["of-an-earlier-run.eml"], "the message is deleted")
            self.send(server.port("healthy"))
            wait_until(lambda: self.names() == ["of-an-earlier-run.eml"], "so is the next")

    def test_the_oldest_makes_room(self):
        with self.serve("--keep-size", "1000") as server:
            for _ in range(60):
                self.send(server.port("healthy"))
            kept = self.names()
            self.assertIn("healthy-60-1.eml", kept)
            self.assertNotIn("healthy-1-1.eml", kept)
            self.assertLessEqual(sum(path.stat().st_size for path in self.mail.iterdir()), 1000)

    def test_what_was_kept_stays_at_the_end(self):
        with self.serve("--keep-age", "10h") as server:
            self.send(server.port("healthy"))
            self.assertEqual(server.stop(), 0)
        self.assertEqual(self.names(), ["healthy-1-1.eml"])


if __name__ == "__main__":
    unittest.main()
