#!/usr/bin/env python3
"""A mail loop with a real Postfix: the simulated host sends back what Postfix has sent it, until Postfix counts too many
Received fields and refuses; the notification of that comes to the sender.
"""
import json
import sys
import unittest

from fetch_peer import SKIPPED, Unavailable, fetch
from served import Served

from postfix.server import Postfix
from tempfail_sender.mta import free_port, status_of

HOPS = 12
SECONDS = 120
MESSAGE = b"From: <me@sender.test>\r\nTo: <anyone@loop.test>\r\nMessage-ID: <loop@sender.test>\r\nSubject: loop\r\n\r\nround\r\n"


class Loop(unittest.TestCase):
    def test_postfix_stops_it_by_its_hop_count(self):
        own = ("127.0.0.1", free_port())
        journal = None
        with Served("mail-loop", options=("--sender-server", "%s:%d" % own, "--journal", "journal", "--time-scale", "60")) \
                as served:
            journal = served.folder / "journal"
            settings = {"hopcount_limit": str(HOPS)}
            with Postfix(served.ports["mail-loop"], settings, receive_on=own, peer=fetch("postfix")) as postfix:
                postfix.submit("me@sender.test", ["anyone@loop.test"], MESSAGE)
                self.assertTrue(postfix.wait_for(postfix.notifications, SECONDS), postfix.log())
                reports = postfix.notifications()
                log = postfix.log()
            events = [json.loads(line) for line in journal.read_text().splitlines()]
        forwarded = [event for event in events if event["event"] == "forwarded"]
        back = [event for event in forwarded if event["to"] == "sender"]
        self.assertGreaterEqual(len(back), 3, log)
        hops = [event["received_fields"] for event in back]
        self.assertEqual(hops, sorted(set(hops)), "each time round there are more")
        self.assertTrue(all(event["code"] == 250 for event in back[:-1]), back)
        print(f"{len(back)} times round, then {back[-1]['code']} {back[-1]['reply']!r}; reports: "
              f"{[status_of(report) for report in reports]}")
        self.assertEqual(len(reports), 1)
        action, status, recipient = status_of(reports[0])[0]
        self.assertEqual((action, recipient), ("failed", "anyone@loop.test"))
        self.assertTrue(status.startswith("5.4."), status)
        self.assertGreaterEqual(back[-1]["received_fields"], HOPS)


if __name__ == "__main__":
    try:
        fetch("postfix")
    except Unavailable as reason:
        print(f"can't run here: {reason}")
        sys.exit(SKIPPED)
    unittest.main(argv=sys.argv[:1], verbosity=2)
