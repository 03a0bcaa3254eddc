"""Postfix and Exim in the lab as they are: no host is told them, so they look one up by MX and go to port 25. Through all scenarios
about names, several hosts, routes and notifications, and those that only a lab can show; what is judged of them is what their own
logs say.

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

# What they get wrong, by server: scenario -> reason. Each fails the test when it is judged otherwise.
FINDINGS = {"postfix": {},
            "exim": {"mx-is-self": "it freezes the message, and tells the sender when it has been frozen for too long, days later",
                     "idn-domain": "its Received field names the recipient in UTF-8, and goes to a server without SMTPUTF8 (RFC 6531 section 3.2)",
                     "utf8": "its notification has UTF-8 in it, and is sent with neither SMTPUTF8 nor BODY=8BITMIME"}}

# What they do not meet, by server: scenario -> reason.
OWN_LIMIT = "it counts the Received fields itself, and returns the message before it connects"
NOT_MET = {"postfix": {}, "exim": {"hop-count-exceeded": OWN_LIMIT, "hop-count-exceeded-temporary": OWN_LIMIT}}

# What they can't be asked for, by server: their sendmail has no word for it.
NO_REQUEST = {"postfix": {"requiretls-redacted", "to-the-last-hop"},
              "exim": {"passed-on", "not-offered", "never", "ret-hdrs", "requiretls-redacted"}}

FAMILIES = ("dns", "hosts", "routing", "dsn")


def scenarios():
    """{name: the scenario}. One that runs its command several times at once takes a sender that has no port of its own."""
    listed = json.loads(subprocess.run([sealed.TEMPFAIL, "list", "--json"], check=True, capture_output=True, timeout=60).stdout)
    return {each["name"]: each for each in listed
            if (each["family"] in FAMILIES or each["needs_names"] or each["needs_lab"]) and each["test"]["runs"] == 1}


class MailServer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        names = scenarios()
        options = ["--lab", "--queue-lifetime", f"{LIFETIME_HOURS}h", "--sender-server", "25"]
        cls.run_ = Run(REPORTS, [*names, "no-such-user"], NAME, jobs=8,
                       options=options)
        # A kernel without IPv6 has some left out, and tempfail says so.
        cls.names = {name: scenario for name, scenario in names.items() if name in cls.run_.cases}
        assert len(cls.names) >= 60, cls.run_.text

    def test_judged_as_they_are(self):
        for name in self.names:
            case = self.run_[name]
            failed = {rule: finding["actual"] for rule, finding in case.findings.items() if finding["outcome"] == "fail"}
            print(f"  {case.answer:10} {name:28} {'; '.join(f'{rule}: {actual}' for rule, actual in failed.items())}", flush=True)
            with self.subTest(name):
                wanted = next((answer for answer, names in (("fail", FINDINGS), ("not-met", NOT_MET), ("not-applicable", NO_REQUEST))
                               if name in names[NAME]), "ok")
                answer = "ok" if case.answer == "ok-but" else case.answer
                self.assertEqual(answer, wanted, f"{failed}\n{case.why}\n{case.output}")

    def test_each_has_asked_for_the_domain(self):
        for name in [name for name, scenario in self.names.items() if scenario["needs_names"]]:
            with self.subTest(name):
                asked = [event["name"] for event in self.run_[name].events if event["event"] == "query" and "server" in event]
                self.assertTrue(asked)

    def test_the_log_agrees_with_what_was_accepted(self):
        for name in [name for name, scenario in self.names.items() if scenario["family"] in ("dns", "network")]:
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
