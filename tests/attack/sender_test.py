#!/usr/bin/env python3
"""tempfail-send with odd input: messages without end, servers and policies that draw on terminals, clocks set back."""
import json
import os
import re
import resource
import sqlite3
import subprocess
import sys
import threading
import unittest

import attack
from attack import program

sys.path.insert(0, str(program.HERE.parent / "client" / "cli"))
from mail_sink import Sink  # noqa: E402 (its folder is known only now)

SEND = program.TEMPFAIL + "-send"
CONTROLS = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]")
MEGABYTE = 1 << 20


def send(*arguments, **options):
    return subprocess.run([SEND, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=program.DEADLINE, **options)


class Sender(program.Case):
    def endless(self, piece, *arguments):
        """A command whose standard input never ends: its exit code, and how many bytes it had been given."""
        process = subprocess.Popen([SEND, *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE,
                                   preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS,
                                                                         (1000 * MEGABYTE, 1000 * MEGABYTE)))
        given = []

        def give():
            try:
                while True:
                    given.append(os.write(process.stdin.fileno(), piece))
            except BrokenPipeError:
                process.stdin.close()
        giver = threading.Thread(target=give)
        giver.start()
        errors = process.stderr.read()
        process.stderr.close()
        code = process.wait(program.DEADLINE)
        giver.join()
        return code, sum(given), errors

    def test_a_message_without_end_is_refused_at_the_limit(self):
        queue = self.directory / "queue"
        for piece, how in ((b"x" * 70 + b"\n", ["enqueue", "--queue", queue, "--from", "a@b.test", "--to", "c@d.test"]),
                           (b"x" * 70 + b"\n", ["-f", "a@b.test", "c@d.test"])):
            with self.subTest(how[0]):
                code, given, errors = self.endless(piece * 500, *how)
                self.assertEqual(code, 65, errors)
                self.assertIn(b"larger than 256 MB", errors)
                self.assertLess(given, 258 * MEGABYTE)

    def test_a_server_draws_on_no_terminal(self):
        evil = "450 4.2.0 \x1b]0;PWNED\x07 \x9b31m \xff"

        def answer(stage, _):
            return evil if stage == "rcpt" else None
        sink = Sink(answer)
        for more in (["--trace"], [], ["--json"], ["--trace", "--log"]):
            run = send("send", "--host", "127.0.0.1", "--port", sink.port, "--from", "a@b.test", "--to", "c@d.test",
                       "--once", *more, input=b"Subject: x\n\nx\n")
            output = run.stdout + run.stderr
            self.assertIn(b"PWNED", output, more)
            self.assertIsNone(CONTROLS.search(output), f"{more}: {output!r}")
            output.decode()  # it is UTF-8

    def test_a_policy_draws_on_no_terminal(self):
        policy = self.directory / "policy.yaml"
        policy.write_bytes(b'rules: [{name: "a\\e]0;P\\a\\x9b", why: "\\e[31m", first: 1m, factor: 2, longest: 4h}]\n')
        for more in ([], ["--json"]):
            run = send("policy", "show", "--policy", policy, *more)
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertIsNone(CONTROLS.search(run.stdout), run.stdout)
        policy.write_bytes(b'rules: [{name: a, why: "\xff", first: 1m, factor: 2, longest: 4h}]\n')
        run = send("policy", "show", "--json", "--policy", policy)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertTrue(json.loads(run.stdout)["rules"])
        policy.write_bytes(b'rules: [{name: a, when: "\x1b[31m", frist: "\xc2\x9b"}]\n')
        run = send("policy", "show", "--policy", policy)
        self.assertNotEqual(run.returncode, 0)
        self.assertIsNone(CONTROLS.search(run.stderr), run.stderr)

    def test_a_clock_that_was_set_back_leaves_no_mail_waiting_for_it(self):
        queue = self.directory / "queue"
        run = send("enqueue", "--queue", queue, "--from", "a@b.test", "--to", "c@d.test", input=b"Subject: x\n\nx\n")
        self.assertEqual(run.returncode, 0, run.stderr)
        # As if the clock had been ten days ahead when that was taken in.
        ten_days = 10 * 86400 * 10 ** 6
        with sqlite3.connect(queue / "queue.db") as database:
            database.execute("UPDATE messages SET accepted = accepted + ?", (ten_days,))
            database.execute("UPDATE recipients SET next_try = next_try + ?", (ten_days,))
        database.close()
        listed = send("queue", "list", "--queue", queue).stdout.decode().splitlines()
        self.assertRegex(listed[1], r"^1 +\d+[mu]?s +waiting")
        self.assertNotIn("-", listed[1].split("waiting")[0])
        sink = Sink()
        run = send("run", "--queue", queue, "--host", "127.0.0.1", "--port", sink.port)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(sum(sink.accepted.values()), 1)


if __name__ == "__main__":
    attack.program.main()
