#!/usr/bin/env python3
"""Postfix (or Exim, by argument) with its queue against the main failures, judged, and held against its own log.

    disk-full        refused until the disk has drained, then delivered
    greylisted       refused when it comes too early, accepted later
    queue-stopped    refused until the operator starts the queue again
    no-such-user  refused for good: one try, one notification, no retry
    dsn/…            what its notifications say; requests are given to Postfix alone, whose sendmail takes them
"""
import os
import pathlib
import sys
import tempfile
import unittest

from cases import Run
from fetch_peer import SKIPPED, Unavailable, fetch

NAME = "postfix"
NOTIFICATIONS = ["failed", "one-of-three-failed", "no-orcpt", "delayed"]
REQUESTS = ["passed-on", "never", "ret-hdrs"]


class QueueingSender(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="tempfail-peers-")
        cls.addClassCleanup(folder.cleanup)
        scenarios = ["healthy", "disk-full", "greylisted", "queue-stopped", "no-such-user", *NOTIFICATIONS, *REQUESTS]
        cls.run_ = Run(pathlib.Path(folder.name) / NAME, scenarios, NAME, jobs=6)

    def case(self, name):
        case = self.run_[name]
        self.assertIn(case.answer, ("ok", "ok-but"), self.run_.text + case.output)
        return case, case.records[NAME]

    def check_delivered_later(self, name):
        case, record = self.case(name)
        statuses = [one["status"] for one in record["tries"]]
        self.assertEqual(statuses[0], "deferred")
        self.assertEqual(statuses[-1], "sent")
        self.assertEqual(statuses.count("sent"), 1)
        self.assertEqual(len(case.accepted()), 1)
        self.assertEqual(record["notifications"], [])
        return case, record

    def test_healthy(self):
        case, record = self.case("healthy")
        self.assertEqual([one["status"] for one in record["tries"]], ["sent"])
        self.assertEqual(len(case.accepted()), 1)

    def test_disk_full(self):
        _, record = self.check_delivered_later("disk-full")
        self.assertEqual(record["tries"][0]["dsn"], "4.3.1")

    def test_greylisted(self):
        case, _ = self.check_delivered_later("greylisted")
        self.assertGreaterEqual(len(case.exchanges("rcpt")), 2)

    def test_queue_stopped(self):
        _, record = self.check_delivered_later("queue-stopped")
        self.assertEqual(record["tries"][0]["dsn"], "4.3.2")

    def test_notifications_are_right(self):
        for name in NOTIFICATIONS:
            with self.subTest(name):
                case, _ = self.case(name)
                self.assertEqual(case.outcome("notification-form"), "not-applicable" if name == "delayed" else "pass")

    def test_requests_are_passed_on_or_not_asked_for(self):
        for name in REQUESTS:
            with self.subTest(name):
                case = self.run_[name]
                self.assertEqual(case.answer, "ok" if NAME == "postfix" else "not-applicable", case.why + case.output)
                if NAME == "postfix":
                    self.assertEqual(case.outcome("passes-on"), "pass")

    def test_permanent_refusal(self):
        case, record = self.case("no-such-user")
        self.assertEqual([one["status"] for one in record["tries"]], ["bounced"])
        senders = [event["line"].split()[1] for event in case.exchanges("mail")]
        self.assertEqual(senders, ["FROM:<sender@sender.test>", "FROM:<>"], "one try, then the notification")
        self.assertEqual(case.outcome("notified"), "pass")
        self.assertEqual(len(record["notifications"]), 1)
        (action, status, _recipient), = record["notifications"][0]["recipients"]
        self.assertEqual(action, "failed")
        self.assertTrue(status.startswith("5."), status)


if __name__ == "__main__":
    NAME = sys.argv[1] if len(sys.argv) > 1 else NAME
    if os.geteuid() != 0:
        print(f"can't run here: {NAME} starts as root only")
        sys.exit(SKIPPED)
    try:
        fetch(NAME)
    except Unavailable as reason:
        print(f"can't run here: {reason}")
        sys.exit(SKIPPED)
    unittest.main(argv=sys.argv[:1], verbosity=2)
