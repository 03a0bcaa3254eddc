#!/usr/bin/env python3
"""test --clock: a sender that waits for half an hour, as right ones do, judged in seconds."""
import json
import pathlib
import shutil
import sys
import unittest

import program
from program import run

# It knows nothing of tempfail, and nothing of its time scale.
SENDER = """\
import smtplib, sys, time
began = time.time()
while True:
    try:
        with smtplib.SMTP(sys.argv[1], int(sys.argv[2]), timeout=300) as smtp:
            smtp.sendmail("sender@sender.test", sys.argv[4:], open(sys.argv[3], "rb").read())
        print("waited for", round(time.time() - began), "seconds")
        sys.exit(0)
    except (smtplib.SMTPException, OSError) as problem:
        print(problem, flush=True)
        time.sleep(1800)  # its own schedule: a lower bound
"""


class Clock(program.Case):
    def test_what_it_can_not_be(self):
        for word in ("fast", "fast=1", "fast=600x", "fast=1000000", "slow=2"):
            self.assertIn(f"--clock {word}: allowed: fast=600", self.fails(2, "test", "healthy", "--clock", word, "--", "true"))
        self.assertIn("--time-scale", self.fails(2, "test", "healthy", "--clock", "fast=60", "--time-scale", "60", "--", "true"))

    def test_where_faketime_is_missing(self):
        folder = self.directory / "bin"
        folder.mkdir()
        (folder / "true").symlink_to(shutil.which("true"))
        said = run("test", "healthy", "--clock", "fast=60", "--report-dir", self.directory / "report", "--", "true",
                   env={"PATH": str(folder)})
        self.assertEqual(said.returncode, 3, said.stderr)
        self.assertIn("faketime is missing; to install it: apt-get install faketime", said.stderr)


@unittest.skipUnless(shutil.which("faketime"), "faketime is not here")
class Fast(program.Case):
    def judged(self, *arguments):
        sender = self.directory / "sender.py"
        sender.write_text(SENDER)
        result = run("test", *arguments, "--clock", "fast=1800", "--role", "queueing", "--jobs", "4", "--report-dir",
                     self.directory / "report", "--", sys.executable, sender, "{host}", "{port}", "{message}", "{recipients}")
        self.assertIn(result.returncode, (0, 1), result.stdout + result.stderr)
        return json.loads((self.directory / "report/report.json").read_text())

    def output(self, scenario):
        return (self.directory / "report/cases" / scenario / "output.txt").read_text()

    def test_half_an_hour_takes_a_second(self):
        report = self.judged("greylisted", "disk-full")
        self.assertEqual(report["time_scale"], 1800)
        by_name = {case["scenario"]: case for case in report["cases"]}
        self.assertEqual(by_name["greylisted"]["answer"], "ok", by_name["greylisted"])
        waited = int(self.output("greylisted").split("waited for ")[1].split()[0])
        # Half an hour by its own clock, and the time that its connections took.
        self.assertGreaterEqual(waited, 1800)
        first_retry = next(finding for finding in by_name["greylisted"]["findings"] if finding["rule"] == "first-retry")
        self.assertEqual(first_retry["outcome"], "pass")

    def test_its_intervals_are_not_divided_for_it(self):
        self.judged("healthy")
        handover = json.loads((self.directory / "report/cases/healthy/handover.json").read_text())
        self.assertEqual(handover["time_scale"], 1)

    def test_nothing_is_left_of_it(self):
        run("test", "healthy", "--clock", "fast=60", "--report-dir", self.directory / "report", "--",
            "sh", "-c", "echo shared: $FAKETIME_SHARED; exit 89")
        names = self.output("healthy").split("shared: ")[1].split()
        self.assertEqual(len(names), 2)
        for name in names:
            self.assertFalse(list(pathlib.Path("/dev/shm").glob(f"*{name[1:]}")))


if __name__ == "__main__":
    unittest.main()
