#!/usr/bin/env python3
"""swaks, curl and smtplib against several scenarios: bare they give up, in a retry loop they deliver; so the verdict.

What the judge says is held against what the journal shows, so that a judge that always agrees is noticed.
"""
import pathlib
import sys
import tempfile
import unittest

from cases import Run

RETRYING = pathlib.Path(__file__).resolve().with_name("retrying.py")
CLEARS = ["disk-full", "greylisted", "queue-stopped"]
REFUSES = "no-such-user"
SENDERS = ["swaks", "curl", "smtplib"]
# An hour in three seconds: the first quarter of an hour, in which a failure must be met, lasts on a busy machine too.
SCALE = 1200


class SimpleSenders(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="tempfail-peers-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_sender(self, name, sender):
        return Run(self.folder / name, ["healthy", REFUSES, *CLEARS], sender, scale=SCALE, jobs=5)

    def check_retrying(self, name):
        run = self.run_sender(f"{name}-retrying", [sys.executable, RETRYING, name])
        for scenario in CLEARS:
            case = run[scenario]
            with self.subTest(sender=name, scenario=scenario):
                self.assertIn(case.answer, ("ok", "ok-but"), case.output)
                self.assertEqual(len(case.accepted()), 1)
                self.assertGreaterEqual(len(case.exchanges("ehlo")), 2)
        self.assertEqual(len(run["healthy"].tries()), 1)
        self.assertEqual(len(run[REFUSES].tries()), 1, "a permanent refusal is not tried again")
        self.assertIn(run[REFUSES].answer, ("ok", "ok-but"))
        self.assertEqual(run.exit_code, 0, run.text)

    def check_bare(self, name):
        run = self.run_sender(name, name)
        for scenario in CLEARS:
            case = run[scenario]
            with self.subTest(sender=name, scenario=scenario):
                # It tries once, and its exit status tells its caller so: right for a sender without a queue.
                self.assertIn(case.answer, ("ok", "ok-but"), case.output)
                self.assertEqual(case.outcome("retry"), "not-applicable")
                self.assertEqual(case.accepted(), [])
                self.assertEqual(len(case.tries()), 1)
        self.assertIn(run["healthy"].answer, ("ok", "ok-but"), run["healthy"].output)
        self.assertIn(run[REFUSES].answer, ("ok", "ok-but"), run[REFUSES].output)
        self.assertEqual(run.exit_code, 0, run.text)


for sender in SENDERS:
    setattr(SimpleSenders, f"test_{sender}_retrying", lambda self, name=sender: self.check_retrying(name))
    setattr(SimpleSenders, f"test_{sender}_bare", lambda self, name=sender: self.check_bare(name))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
