"""Postfix and Exim in the lab: they listen on port 25 of every address, and know no other port to send to.

Outside of a lab two of them can't run side by side, and none beside a server of ours on port 25.
"""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "peers"))

import sealed  # noqa: E402
from cases import Run  # noqa: E402 (needs the path)

NAME = "postfix"


class MailServer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="tempfail-lab-")
        cls.addClassCleanup(folder.cleanup)
        cls.run_ = Run(pathlib.Path(folder.name) / NAME, ["healthy", "disk-full", "no-such-user"],
                       NAME, options=["--lab", "-o", "route=host"], jobs=3)

    def case(self, name):
        case = self.run_[name]
        self.assertIn(case.answer, ("ok", "ok-but"), self.run_.text + case.output)
        for event in case.events:
            if event["event"] == "connect":
                self.assertEqual((event["client"], event["server_port"]), ("203.0.113.2", 25))
        return case, case.records[NAME]

    def test_delivers(self):
        case, record = self.case("healthy")
        self.assertEqual([one["status"] for one in record["tries"]], ["sent"])
        self.assertEqual(len(case.accepted()), 1)

    def test_retries(self):
        case, record = self.case("disk-full")
        statuses = [one["status"] for one in record["tries"]]
        self.assertEqual((statuses[0], statuses[-1], statuses.count("sent")), ("deferred", "sent", 1))
        self.assertEqual(len(case.accepted()), 1)

    def test_gives_up(self):
        case, record = self.case("no-such-user")
        self.assertEqual([one["status"] for one in record["tries"]], ["bounced"])
        self.assertEqual(case.outcome("notified"), "pass")


if __name__ == "__main__":
    NAME = sys.argv[1] if len(sys.argv) > 1 else NAME
    sealed.need_mail_server(NAME)
    sys.argv = sys.argv[:1]
    sealed.main()
