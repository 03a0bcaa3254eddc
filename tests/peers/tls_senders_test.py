#!/usr/bin/env python3
"""Real senders in opportunistic, mandatory and verified TLS, through TLS that fails; the whole is in docs/matrix.md.

    tls_senders_test.py swaks curl …    only these; postfix and exim need root

What the judge says is held against what the journal shows.
"""
import os
import pathlib
import sys
import tempfile
import unittest

from cases import Run
from fetch_peer import SKIPPED, Unavailable, fetch

SCALE = 1200
RETRYING = pathlib.Path(__file__).resolve().with_name("retrying.py")
WITH_A_QUEUE = {"postfix", "exim"}
FAILS_FOR_A_WHILE, WRONG_CERTIFICATE = "handshake-reset", "certificate-expired"


class TlsSenders(unittest.TestCase):
    names = []

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="tempfail-peers-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_sender(self, name, policy, *options):
        with_a_queue = name in WITH_A_QUEUE
        sender = name if with_a_queue else [sys.executable, RETRYING, name, "--tries", 3]
        run = Run(self.folder / f"{name}-{policy}-{len(options)}", [FAILS_FOR_A_WHILE, WRONG_CERTIFICATE], sender,
                  scale=None if with_a_queue else SCALE, options=["--tls-policy", policy, *options])
        for case in run.cases.values():
            self.assertIn(case.answer, ("ok", "ok-but"), f"{name}, {policy}, {case.name}\n{run.text}{case.output}")
        return run

    def handshakes(self, case):
        return [event["ok"] for event in case.events if event["event"] == "tls" and "ok" in event]

    def test_opportunistic(self):
        for name in self.names:
            with self.subTest(sender=name):
                run = self.run_sender(name, "opportunistic")
                self.assertEqual(len(run[WRONG_CERTIFICATE].accepted()), 1)
                self.assertTrue(any(self.handshakes(run[WRONG_CERTIFICATE])))
                self.assertEqual(len(run[FAILS_FOR_A_WHILE].accepted()), 1)

    def test_required(self):
        for name in self.names:
            with self.subTest(sender=name):
                run = self.run_sender(name, "required")
                self.assertEqual(len(run[WRONG_CERTIFICATE].accepted()), 1)
                self.assertEqual(len(run[FAILS_FOR_A_WHILE].accepted()), 1)
                self.assertFalse(any(case.clear_text() for case in run.cases.values()))
                self.assertTrue(any(self.handshakes(run[FAILS_FOR_A_WHILE])))

    def test_verified(self):
        for name in self.names:
            with self.subTest(sender=name):
                run = self.run_sender(name, "verified")
                self.assertEqual(run[WRONG_CERTIFICATE].accepted(), [])
                self.assertEqual(run[WRONG_CERTIFICATE].outcome("refuses-certificate"), "pass")
                self.assertEqual(len(run[FAILS_FOR_A_WHILE].accepted()), 1, "a right certificate is believed")

    def test_on_an_implicit_port(self):
        for name in self.names:
            with self.subTest(sender=name):
                run = self.run_sender(name, "required", "--tls")
                self.assertEqual(len(run[FAILS_FOR_A_WHILE].accepted()), 1)
                for case in run.cases.values():
                    self.assertEqual(case.exchanges("starttls"), [])


if __name__ == "__main__":
    TlsSenders.names = sys.argv[1:]
    if os.geteuid() != 0 and set(TlsSenders.names) & WITH_A_QUEUE:
        print("can't run here: mail servers start as root only")
        sys.exit(SKIPPED)
    try:
        for wanted in set(TlsSenders.names) & WITH_A_QUEUE:
            fetch(wanted)
    except Unavailable as reason:
        print(f"can't run here: {reason}")
        sys.exit(SKIPPED)
    unittest.main(argv=sys.argv[:1], verbosity=2)
