#!/usr/bin/env python3
"""A sender that keeps its connection for the next message (Python's smtplib), at servers that fail at the second one.

The fault is met on the first connection, at its second MAIL; what comes then decides. One that sends the second message again
passes, one that loses it fails, and so does one that sends both again.
"""
import email.message
import json
import pathlib
import smtplib
import subprocess
import sys
import tempfile
import time
import unittest

from served import Served, program

SCALE = 1200
FAULTS = {"closed": "close", "reset": "reset", "silent": "stall", "half-closed": "half-close"}
PATIENCE_SECONDS = 2.0  # with a server that is silent; more than the RFC's five minutes at this scale


def message(number):
    made = email.message.EmailMessage()
    # A sender of its own, so that the judge knows whose the MAIL without an answer was.
    made["From"], made["To"] = f"sender-{number}@sender.test", f"recipient-{number}@example.test"
    made["Message-ID"] = f"<kept-{number}@sender.test>"
    made["Subject"] = f"Message {number}"
    made.set_content("On a connection that is kept.\n")
    return made


def send_in_one_session(address, messages):
    """Those that did not get through, in the order in which they were to be sent."""
    left = list(messages)
    try:
        session = smtplib.SMTP(*address, timeout=PATIENCE_SECONDS)
    except (smtplib.SMTPException, OSError):
        return left
    try:
        while left:
            session.send_message(left[0])
            left.pop(0)
        session.quit()
    except (smtplib.SMTPException, OSError):
        session.close()
    return left


class KeptConnection(unittest.TestCase):
    def meets(self, fault, again):
        """Sends two messages in a session, then what `again` makes of those that are left; the case as it was judged."""
        name = f"{fault}-on-second-message"
        with tempfile.TemporaryDirectory(prefix="tempfail-kept-") as folder:
            journal = pathlib.Path(folder) / "journal.jsonl"
            with Served(name, options=["--time-scale", str(SCALE), "--journal", journal]) as served:
                messages = [message(1), message(2)]
                left = send_in_one_session(served.ports[name], messages)
                self.assertEqual(left, messages[1:], "the first message gets through, the second one does not")
                rest = again(left, messages)
                if rest:
                    time.sleep(35 * 60 / SCALE)  # the sender's interval: a lower bound
                    self.assertEqual(send_in_one_session(served.ports[name], rest), [])
                else:
                    time.sleep(61 * 60 / SCALE)  # less than an hour would say nothing: a lower bound
            judged = subprocess.run([program(), "judge", journal, "--json"], capture_output=True, text=True, timeout=60)
            events = [json.loads(line) for line in journal.read_text().splitlines()]
        return json.loads(judged.stdout)["cases"][0], events, judged.returncode

    def check_met(self, fault, events):
        """On one connection: a message accepted, then MAIL again, and there the fault."""
        first = [event for event in events if event.get("session") == 1]
        self.assertEqual([event["event"] for event in first].count("accepted"), 1)
        mails = [event for event in first if event["event"] == "exchange" and event["stage"] == "mail"]
        self.assertEqual([mail.get("did") for mail in mails], [None, FAULTS[fault]])
        self.assertGreater(first.index(mails[1]), [event["event"] for event in first].index("accepted"))

    def check_sent_again(self, fault):
        case, events, code = self.meets(fault, lambda left, _: left)
        self.check_met(fault, events)
        self.assertIn(case["answer"], ("ok", "ok-but"), case["findings"])
        self.assertEqual(code, 0)
        self.assertEqual([event["event"] for event in events].count("accepted"), 2)

    def check_lost(self, fault):
        case, events, code = self.meets(fault, lambda left, _: [])
        self.check_met(fault, events)
        self.assertEqual((case["answer"], code), ("fail", 1))
        self.assertEqual(self.broken(case), {"delivered"})

    def check_both_again(self, fault):
        case, events, code = self.meets(fault, lambda _, messages: messages)
        self.check_met(fault, events)
        self.assertEqual((case["answer"], code), ("fail", 1))
        self.assertIn("no-duplicate", self.broken(case))

    def broken(self, case):
        return {finding["rule"] for finding in case["findings"]
                if finding["outcome"] == "fail" and finding["level"] == "must"}


for fault in FAULTS:
    for how in ("sent_again", "lost", "both_again"):
        setattr(KeptConnection, f"test_{fault.replace('-', '_')}_{how}",
                lambda self, fault=fault, how=how: getattr(self, f"check_{how}")(fault))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
