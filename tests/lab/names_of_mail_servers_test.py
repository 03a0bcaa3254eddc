"""Postfix and Exim in the lab as they are: no host is told them, so they look one up by MX and go to port 25. Through all scenarios
that are about names, or that only a lab can show, and what is judged of them is what their own logs say.

    names_of_mail_servers_test.py postfix|exim REPORTS

Their schedules are set to the time scale, and nothing else is: where their mail goes is their own doing.
"""
import json
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "peers"))

import sealed  # noqa: E402
from cases import Run  # noqa: E402 (needs the path)

NAME, REPORTS = "postfix", None
LIFETIME_HOURS = 6

# Nobody connects there, and so nothing shows when it is over: these are watched for so long, and not for days.
NOBODY_CONNECTS = ["mx-is-an-address", "mx-points-nowhere", "search-list-trap", "cname-loop"]

# What they get wrong, by server: scenario -> reason. Each fails the test when it is judged otherwise.
FINDINGS = {"postfix": {}, "exim": {"mx-is-self": "it freezes the message, and tells the sender when it has been frozen for too long, days later"}}


def scenarios():
    """{name: family}. A scenario that runs its command several times at once takes a sender that has no port of its own."""
    listed = json.loads(subprocess.run([sealed.TEMPFAIL, "list", "--json"], check=True, capture_output=True, timeout=60).stdout)
    return {each["name"]: each["family"] for each in listed
            if (each["needs_names"] or each["needs_lab"]) and each["test"]["runs"] == 1}


class MailServer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        names = scenarios()
        options = ["--lab", "--queue-lifetime", f"{LIFETIME_HOURS}h"]
        cls.run_ = Run(REPORTS, [*(name for name in names if name not in NOBODY_CONNECTS), "no-such-user"], NAME, jobs=8,
                       options=options)
        quiet = Run(f"{REPORTS}-quiet", NOBODY_CONNECTS, NAME, jobs=4, options=[*options, "--watch-time", f"{2 * LIFETIME_HOURS}h"])
        cls.run_.cases.update(quiet.cases)
        # A kernel without IPv6 has some left out, and tempfail says so.
        cls.names = {name: family for name, family in names.items() if name in cls.run_.cases}
        assert len(cls.names) >= 20, cls.run_.text

    def test_judged_as_they_are(self):
        for name in self.names:
            case = self.run_[name]
            failed = {rule: finding["actual"] for rule, finding in case.findings.items() if finding["outcome"] == "fail"}
            print(f"  {case.answer:10} {name:28} {'; '.join(f'{rule}: {actual}' for rule, actual in failed.items())}", flush=True)
            with self.subTest(name):
                wanted = ("fail",) if name in FINDINGS[NAME] else ("ok", "ok-but")
                self.assertIn(case.answer, wanted, f"{failed}\n{case.why}\n{case.output}")

    def test_each_has_asked_for_the_domain(self):
        for name in self.names:
            with self.subTest(name):
                asked = [event["name"] for event in self.run_[name].events if event["event"] == "query" and "server" in event]
                self.assertTrue(asked)

    def test_the_log_agrees_with_what_was_accepted(self):
        for name in [name for name, family in self.names.items() if family in ("dns", "network")]:
            case = self.run_[name]
            with self.subTest(name):
                sent = [one for one in case.records[NAME]["tries"] if one["status"] == "sent"]
                self.assertEqual(len(sent), len([one for one in case.accepted() if not is_notification(case, one)]))

    def test_notifications_reach_the_senders_own_domain(self):
        case = self.run_["no-such-user"]
        self.assertIn(case.answer, ("ok", "ok-but"), case.output)
        self.assertEqual(case.outcome("notified"), "pass")
        servers = {event["server"]: event["hosts"][0]["name"] for event in case.events if event["event"] == "server"}
        senders = {servers[event["server"]]: event["line"].split()[1] for event in case.exchanges("mail")}
        self.assertEqual(senders, {"mx.no-such-user.test": "FROM:<sender@sender.test>", "mx.sender.test": "FROM:<>"})


def is_notification(case, accepted):
    """Whether it came in a session at the sender's own MX."""
    servers = {event["server"]: event["hosts"][0]["name"] for event in case.events if event["event"] == "server"}
    return servers[accepted["server"]] == "mx.sender.test"


if __name__ == "__main__":
    NAME, REPORTS = sys.argv[1:3]
    sealed.need_mail_server(NAME)
    sys.argv = sys.argv[:1]
    sealed.main()
