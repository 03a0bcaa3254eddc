"""`healthy` runs first, and where it sees no connection the run stops."""
import json
import subprocess
import sys
import unittest
import xml.etree.ElementTree

import program
from program import SENDER, TEMPFAIL, run

OTHERS = ["disk-full", "no-such-user"]
SCALE = ["--time-scale", "36000"]


class FirstCase(program.Case):
    def setUp(self):
        super().setUp()
        self.reports = self.directory / "report"
        self.order = self.directory / "order"

    def under_test(self, *arguments, scenarios=("disk-full", "no-such-user", "healthy"), **options):
        return run("test", *scenarios, *SCALE, "--report-dir", self.reports, *arguments, **options)

    def report(self):
        return json.loads((self.reports / "report.json").read_text())

    def answers(self):
        return {case["scenario"]: case["answer"] for case in self.report()["cases"]}

    def logged(self, *command):
        """The command, which first writes the name of its scenario down."""
        return ["sh", "-c", f'echo "$TEMPFAIL_SCENARIO" >> {self.order}; exec "$@"', "sh", *command]

    def began(self):
        return self.order.read_text().split()

    def test_a_sender_that_connects_to_nothing_stops_the_run(self):
        script = "echo first; echo 'cannot resolve host' >&2; exit 3"
        result = self.under_test("--", *self.logged("sh", "-c", script, "{port}"))
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        self.assertEqual(self.began(), ["healthy"])
        self.assertEqual(self.answers(), {"healthy": "fail"})
        self.assertIn("the sender never connected in healthy, in which nothing fails (2 other scenarios not run; "
                      "--keep-going runs all)\n", result.stderr)
        self.assertIn("  its last output:\n    first\n    cannot resolve host\n", result.stderr)
        self.assertRegex(result.stderr, r"(?m)^  command: sh -c .* \d+$")
        self.assertNotIn("names neither", result.stderr)
        # Every report says that it is not the whole.
        remark = "the sender never connected in healthy, in which nothing fails; 2 cases were not run"
        self.assertIn(remark, result.stdout)
        report = self.report()
        self.assertEqual((report["remark"], report["not_run"], report["result"]), (remark, 2, "failed"))
        self.assertIn(remark, (self.reports / "index.html").read_text())
        suite = xml.etree.ElementTree.parse(self.reports / "junit.xml").getroot()
        self.assertIn(remark, [one.get("value") for one in suite.iter("property")])

    def test_json_stays_json_and_a_command_that_is_told_nothing_is_told_so(self):
        result = self.under_test("--json", "--", "sh", "-c", "exit 0")
        self.assertEqual(result.returncode, 1)
        self.assertEqual(json.loads(result.stdout)["not_run"], 2)
        self.assertIn("  it printed nothing\n", result.stderr)
        self.assertIn("names neither {host} nor {port}", result.stderr)

    def test_keep_going_runs_all(self):
        result = self.under_test("--keep-going", "--", *self.logged("sh", "-c", "exit 3"))
        self.assertEqual(result.returncode, 1)
        self.assertEqual(sorted(self.began()), sorted(["healthy", *OTHERS]))
        self.assertEqual(set(self.answers().values()), {"fail"})
        self.assertNotIn("the run stops here", result.stderr)
        self.assertEqual(self.report()["not_run"], 0)

    def test_a_sender_that_works_goes_on_and_healthy_was_the_first(self):
        result = self.under_test("--jobs", "3", "--", *self.logged(*SENDER, "retry"))
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual(self.began()[0], "healthy")
        self.assertEqual(self.answers(), {"healthy": "ok", "disk-full": "ok", "no-such-user": "ok"})

    def test_the_others_begin_with_the_first_connection_and_not_with_the_end_of_healthy(self):
        # In healthy the sender stays until the others have been there: it would wait for ever if they waited for it.
        waits = ('if [ "$TEMPFAIL_SCENARIO" != healthy ]; then exec "$@" retry; fi; "$@" once; '
                 f'until [ -e {self.reports}/cases/disk-full/output.txt ]; do sleep 0.05; done')
        result = self.under_test("--jobs", "2", "--", "sh", "-c", waits, "sh", *SENDER)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual(set(self.answers().values()), {"ok"})

    def test_a_sender_that_fails_but_connects_does_not_stop_the_run(self):
        script = ("import smtplib, os, sys; smtplib.SMTP(os.environ['TEMPFAIL_HOST'], "
                  "int(os.environ['TEMPFAIL_PORT'])).quit(); sys.exit(3)")
        result = self.under_test("--", *self.logged(sys.executable, "-c", script))
        self.assertEqual(sorted(self.began()), sorted(["healthy", *OTHERS]), result.stderr)
        self.assertEqual(len(self.answers()), 3)

    def test_without_healthy_nothing_stops(self):
        result = self.under_test("--", *self.logged("sh", "-c", "exit 3"), scenarios=OTHERS)
        self.assertEqual(sorted(self.began()), sorted(OTHERS))
        self.assertNotIn("the run stops here", result.stderr)

    def test_what_is_declared_or_expected_does_not_stop_the_run(self):
        result = self.under_test("--", *self.logged("sh", "-c", "exit 89"))
        self.assertEqual(result.returncode, 4, result.stdout + result.stderr)
        self.assertEqual(set(self.answers().values()), {"not-applicable"})
        known = self.directory / "known.txt"
        known.write_text("healthy  # the relay is not set up here\n")
        self.order.unlink()
        self.under_test("--expected-failures", known, "--", *self.logged("sh", "-c", "exit 3"))
        self.assertEqual(sorted(self.began()), sorted(["healthy", *OTHERS]))

    def test_a_command_that_hangs_leaves_it_undecided(self):
        result = self.under_test("--timeout", "2", "--", *self.logged("sleep", "100000"))
        self.assertEqual(result.returncode, 4, result.stdout + result.stderr)
        self.assertEqual((self.began(), self.answers()), (["healthy"], {"healthy": "undecided"}))
        self.assertIn("2 other scenarios not run", result.stderr)

    def test_what_the_command_printed_does_no_harm_to_the_terminal(self):
        result = self.under_test("--", "sh", "-c", "printf '\\033]0;title\\007 gone\\n'; exit 1", "{port}")
        self.assertIn(" gone", result.stderr)
        self.assertNotIn("\x1b", result.stderr)

    def test_an_interrupted_run_says_what_is_missing(self):
        process = subprocess.Popen([TEMPFAIL, "test", "healthy", *OTHERS, "--report-dir", str(self.reports), "--timeout",
                                    "0", "--", *self.logged("sleep", "100000")],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        program.wait_until(self.order.exists, "the first case")
        process.terminate()
        out, errors = process.communicate(timeout=program.DEADLINE)
        self.assertEqual(process.returncode, 143, errors)
        self.assertIn("the run was interrupted; 3 cases were not run", out)
        self.assertNotIn("the run stops here", errors)


if __name__ == "__main__":
    unittest.main()
