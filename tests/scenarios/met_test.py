#!/usr/bin/env python3
"""Whether a sender met what a scenario is about: by a driver that does what it takes, and never by one that stays away.

usage: met_test.py   runs `tempfail` from $TEMPFAIL_BIN

Most scenarios are met by the reference sender, whose run through the catalogue asks for it (client.whole_catalogue).
Those that take a sender of another kind have their driver here. And each scenario is left alone: by who does not come,
and by who says EHLO and QUIT, where nothing goes wrong so early.
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

from rawclient import Closed, Connection
from served import Served, program

HERE = pathlib.Path(__file__).resolve().parent
POOLED = [sys.executable, HERE / "pooled.py"]

# These need several messages on a connection.
KEPT_OPEN = ["closed-on-second-message", "half-closed-on-second-message", "reset-on-second-message",
             "silent-on-second-message", "idle-connection-closed", "too-many-messages-on-connection"]

# What goes wrong comes before MAIL, so that whoever connects meets it: at these stages, or in these blocks.
EARLY = {"connect", "greeting", "ehlo", "quit", "listen", "extensions"}


def judged(journal, *scenarios):
    """{scenario: its case in the report}"""
    asked = [part for name in scenarios for part in ("--scenario", name)]
    done = subprocess.run([str(part) for part in (program(), "judge", *asked, "--json", journal)],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    if not done.stdout:
        raise RuntimeError(f"tempfail judge ended with {done.returncode}: {done.stderr}")
    return {case["scenario"]: case for case in json.loads(done.stdout)["cases"]}


def tested(scenarios, *words, folder):
    """The run's exit status and its cases."""
    report = pathlib.Path(folder) / "report.json"
    done = subprocess.run(
        [str(part) for part in (program(), "test", *scenarios, "--strict", "--require-met", "--time-scale", "400",
                                "--jobs", "6", "--timeout", "100", "--report-dir", folder, "--json-report", report, "--",
                                *words)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=400)
    if not report.exists():
        raise RuntimeError(f"tempfail test ended with {done.returncode}:\n{done.stdout}")
    return done.returncode, {case["scenario"]: case for case in json.loads(report.read_text())["cases"]}


class SeveralMessages(unittest.TestCase):
    def run_pooled(self, how, scenarios):
        with tempfile.TemporaryDirectory() as folder:
            return tested(scenarios, *POOLED, how, "{handovers}", folder=folder)

    def test_a_right_one_meets_each_and_is_right(self):
        status, cases = self.run_pooled("right", KEPT_OPEN)
        self.assertEqual({name: case["answer"] for name, case in cases.items()}, dict.fromkeys(KEPT_OPEN, "ok"),
                         json.dumps(cases, indent=1))
        self.assertEqual(status, 0)

    def test_what_is_lost_with_the_connection_is_missed(self):
        scenarios = [name for name in KEPT_OPEN if name != "idle-connection-closed"]
        status, cases = self.run_pooled("forgets", scenarios)
        self.assertEqual({name: case["answer"] for name, case in cases.items()}, dict.fromkeys(scenarios, "fail"))
        self.assertEqual(status, 1)

    def test_who_says_that_it_gave_up_is_no_loser_of_mail(self):
        _, cases = self.run_pooled("gives-up", ["closed-on-second-message"])
        self.assertEqual(cases["closed-on-second-message"]["answer"], "ok")

    def test_a_second_copy_of_the_first_message_is_seen(self):
        _, cases = self.run_pooled("resends", ["reset-on-second-message"])
        case = cases["reset-on-second-message"]
        failed = {finding["rule"] for finding in case["findings"] if finding["outcome"] == "fail"}
        self.assertEqual(case["answer"], "fail")
        self.assertIn("no-duplicate", failed)

    def test_who_sends_one_message_has_not_met_them(self):
        one = "import os, smtplib; e = os.environ\n" \
              "with smtplib.SMTP(e['TEMPFAIL_HOST'], int(e['TEMPFAIL_PORT'])) as c:\n" \
              "    c.sendmail(e['TEMPFAIL_SENDER'], e['TEMPFAIL_RECIPIENTS'].split(), open(e['TEMPFAIL_MESSAGE'],'rb').read())"
        with tempfile.TemporaryDirectory() as folder:
            status, cases = tested(KEPT_OPEN, sys.executable, "-c", one, folder=folder)
        self.assertEqual({name: case["answer"] for name, case in cases.items()}, dict.fromkeys(KEPT_OPEN, "not-met"))
        self.assertEqual(status, 4)
        self.assertIn("{handovers}", cases[KEPT_OPEN[0]]["why"])


class ByHand(unittest.TestCase):
    def test_a_queue_that_an_operator_stops(self):
        with tempfile.TemporaryDirectory() as folder:
            journal = pathlib.Path(folder) / "journal.jsonl"
            with Served("queue-stopped-by-hand", options=("--clock", "manual", "--journal", journal)) as served:
                served.control("stop-queue queue-stopped-by-hand")
                client = Connection(*served.ports["queue-stopped-by-hand"])
                talk(client, "EHLO client.test", "MAIL FROM:<a@a.test>", "QUIT")
            self.assertNotEqual(judged(journal)["queue-stopped-by-hand"]["answer"], "not-met")


def talk(client, *lines):
    """Says the lines, whatever is answered, until the server ends it."""
    try:
        read_reply(client)
        for line in lines:
            client.send_line(line)
            read_reply(client)
    except Closed:
        pass


def read_reply(client):
    while client.read_line()[3:4] == b"-":
        pass


def catalogue():
    listed = subprocess.run([program(), "list", "--json"], capture_output=True, text=True, check=True, timeout=60)
    return json.loads(listed.stdout)


class WhoStaysAway(unittest.TestCase):
    """Has met nothing, in any scenario."""

    def test_who_does_not_come(self):
        scenarios = [scenario["name"] for scenario in catalogue() if not scenario["needs_names"] and not scenario["needs_lab"]]
        with tempfile.TemporaryDirectory() as folder:
            journal = pathlib.Path(folder) / "journal.jsonl"
            with Served(options=("--clock", "manual", "--journal", journal)):
                pass
            cases = judged(journal, *scenarios)
        met = [name for name in scenarios if cases[name]["answer"] not in ("not-met", "undecided")]
        self.assertEqual(met, [])

    def test_who_says_ehlo_and_quit(self):
        scenarios = {scenario["name"]: scenario for scenario in catalogue()}
        later = [name for name, scenario in scenarios.items()
                 if not set(scenario["met_by"]) & EARLY and not scenario["needs_names"]
                 and not scenario["needs_lab"]]
        self.assertGreater(len(later), 150)
        with tempfile.TemporaryDirectory() as folder:
            journal = pathlib.Path(folder) / "journal.jsonl"
            with Served(*later, options=("--clock", "manual", "--journal", journal)) as served:
                for name in later:
                    client = Connection(*served.ports[name])
                    talk(client, "EHLO client.test", "QUIT")
                    client.close()
                served.barrier()
            cases = judged(journal, *later)
        met = [name for name in later if cases[name]["answer"] != "not-met"]
        self.assertEqual(met, [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
