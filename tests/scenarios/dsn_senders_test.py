#!/usr/bin/env python3
"""The family dsn, end to end: a little sender that is right passes all of it, some that are unusual do, and those that are
wrong fail where they are (notifying_sender.py).

usage: dsn_senders_test.py   runs `tempfail` from $TEMPFAIL_BIN
"""
import concurrent.futures
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

from served import program

HERE = pathlib.Path(__file__).resolve().parent
SCALE = 3600

# scenario, fault, the rule that fails, and what it says
WRONG = [
    ("passed-on", "passes-nothing", "passes-on", "RET=HDRS was left out"),
    ("passed-on", "changes-envid", "passes-on", "ENVID=order+17=a became"),
    ("passed-on", "changes-orcpt", "passes-on", "became ORCPT=rfc822;RECIPIENT-1@PASSED-ON.TEST"),
    ("not-offered", "sends-anyway", "extensions", "an extension that the server had not announced"),
    ("not-offered", "keeps-quiet-of-success", "notified", "no notification arrived"),
    ("never", "ignores-notify", "notified", "1 notification arrived"),
    ("failed", "silent", "notified", "no notification arrived"),
    ("failed", "from-somebody", "notified", "instead of <>"),
    ("failed", "no-reporting-mta", "notification-form", "Reporting-MTA is missing"),
    ("failed", "no-final", "notification-form", "Final-Recipient is missing"),
    ("failed", "no-status", "notification-form", "no Status"),
    ("failed", "bad-action", "notification-form", "`bounced` is not a valid Action"),
    ("failed", "mixed", "notification-form", "multipart/mixed"),
    ("failed", "will-retry-for-ever", "notification-form", "Will-Retry-Until"),
    ("failed", "asks-for-more", "notification-form", "NOTIFY=FAILURE"),
    ("failed", "wrong-status", "true-notification", "5.7.28 is not the server's"),
    ("failed", "wrong-status", "notified", "5.7.28 is not one of 5.1.1"),
    ("failed", "temporary-status", "true-notification", "4.1.1 is temporary, but the server rejected the message: 550"),
    ("one-of-three-failed", "temporary-status", "true-notification", "is temporary, but the server rejected"),
    ("healthy", "plain-after-success", "true-notification", "all recipients had accepted"),
    ("failed", "foreign-reply", "true-notification", "the reply 554, which no server sent"),
    ("failed", "twice", "failed-is-final", "after one that reported failed"),
    ("one-of-three-failed", "names-all", "true-notification", "is reported as failed, but was accepted"),
    ("delayed", "says-failed-early", "failed-is-final", "after a notification had reported its failure"),
    ("delayed", "says-delayed-late", "true-notification", "is reported as delayed, but was accepted"),
    ("delayed", "confirms", "success-on-request", "says relayed of recipient-1@delayed.test, and NOTIFY was not given"),
    ("gave-up", "silent", "notified", "no notification arrived"),
    ("delayed", "gives-up-early", "gives-up", "too early"),
    ("disk-full", "gives-up-early", "gives-up", "too early"),
    ("gave-up", "gives-up-early", "gives-up", "too early"),
    ("never-connected", "wrong-status", "notified", "5.7.28 is not one of 4.4.1"),
    ("never-connected", "gives-up-early", "gives-up", "too early"),
    ("never-connected", "silent", "notified", "no notification arrived"),
    ("always-dropped", "wrong-status", "notified", "5.7.28 is not one of 4.4.2"),
    ("name-server-dead", "wrong-status", "notified", "5.7.28 is not one of 4.4.3"),
    ("name-server-dead", "names-a-server", "true-notification", "no server was involved"),
    ("ret-hdrs", "returns-all", "returned-content", "RET=HDRS allows only its header"),
    ("ret-hdrs", "body-in-text", "returned-content", "RET=HDRS allows only its header"),
    ("no-orcpt", "makes-up-original", "original-recipient", "somebody@elsewhere.test, which the sender made up"),
    ("utf8", "raw-utf8", "notification-form", "message/global-delivery-status"),
    ("requiretls-redacted", "returns-all", "returned-content", "REQUIRETLS allows only its header"),
    ("requiretls-redacted", "sends-unprotected", "delivered", "once"),
    ("to-the-last-hop", "to-the-first-hop", "notified", "no notification arrived"),
]


def family():
    listed = subprocess.run([program(), "list", "--json", "dsn"], capture_output=True, text=True, check=True, timeout=60)
    # What only a lab can show is left out.
    return sorted(scenario["name"] for scenario in json.loads(listed.stdout) if not scenario.get("needs_lab"))


def tested(scenarios, fault, *options, command=None):
    """{scenario: its case}."""
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "report.json"
        words = [program(), "test", *scenarios, "--strict", "--time-scale", SCALE, "--jobs", "16", "--timeout", "200",
                 "--dns", "0", "--port", "0", "--sender-server", "2525", "--queue-lifetime", "6h", "--role", "queueing", "--report-dir", folder,
                 "--json-report", report, *options, "--",
                 *(command or [sys.executable, HERE / "notifying_sender.py", fault, "{handover}"])]
        done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=500)
        if not report.exists():
            raise RuntimeError(f"tempfail test ended with {done.returncode}:\n{done.stdout}")
        return {case["scenario"]: case for case in json.loads(report.read_text())["cases"]}


def failures(case):
    found = {}
    for finding in case["findings"]:
        if finding["outcome"] == "fail":
            found[finding["rule"]] = f'{found.get(finding["rule"], "")}{finding["actual"]} {finding["near_miss"]}; '
    return found


class Senders(unittest.TestCase):
    def test_a_right_one_passes_all_of_the_family(self):
        names = family()
        self.assertGreater(len(names), 14)
        cases = tested(names, "none", "--require-met")
        self.assertEqual({name: case["answer"] for name, case in cases.items()}, dict.fromkeys(names, "ok"),
                         json.dumps({name: failures(case) or case["why"] for name, case in cases.items()}, indent=1))

    def test_unusual_ones_are_right(self):
        names = ["failed", "one-of-three-failed", "delayed", "gave-up", "never-connected", "always-dropped", "no-orcpt",
                 "to-the-last-hop", "ret-hdrs"]
        cases = tested(names, "general")
        self.assertEqual({name: case["answer"] for name, case in cases.items()}, dict.fromkeys(names, "ok"),
                         json.dumps({name: failures(case) for name, case in cases.items()}, indent=1))
        cases = tested(names, "plain")
        wrong = {name: failures(case) for name, case in cases.items() if failures(case)}
        self.assertEqual(list(wrong), ["failed"])  # which asks for fields, as a SHOULD
        self.assertIn("plain text, without Remote-MTA", wrong["failed"]["notified"])

    def test_wrong_ones_fail_where_they_are_wrong(self):
        asked = {}
        for scenario, fault, _, _ in WRONG:
            asked.setdefault(fault, set()).add(scenario)
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            runs = {fault: pool.submit(tested, sorted(scenarios), fault) for fault, scenarios in asked.items()}
        for scenario, fault, rule, text in WRONG:
            with self.subTest(f"{scenario}: {fault}"):
                found = failures(runs[fault].result()[scenario])
                self.assertIn(rule, found, found)
                self.assertIn(text, found[rule])

    def test_who_is_not_given_the_requests_is_not_held_to_them(self):
        names = ["passed-on", "not-offered", "never", "ret-hdrs", "requiretls-redacted"]
        one = ("import os, smtplib; e = os.environ\n"
               "with smtplib.SMTP(e['TEMPFAIL_HOST'], int(e['TEMPFAIL_PORT'])) as c:\n"
               "    c.sendmail(e['TEMPFAIL_SENDER'], e['TEMPFAIL_RECIPIENTS'].split(), b'Subject: x\\r\\n\\r\\n')")
        cases = tested(names, "", command=[sys.executable, "-c", one])
        self.assertEqual({name: case["answer"] for name, case in cases.items()}, dict.fromkeys(names, "not-applicable"))
        self.assertIn("{parameters}", cases["never"]["why"])
        cases = tested(names, "none", "--without", "dsn")
        self.assertEqual({name: case["answer"] for name, case in cases.items()}, dict.fromkeys(names, "not-applicable"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
