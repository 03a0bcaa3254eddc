"""What `tempfail test` prints while it runs and at the end: an estimate, what is left, whole lines, colours, names."""
import json
import os
import re
import subprocess
import unittest

import program
from program import SENDER, TEMPFAIL, run

SCALE = ["--time-scale", "36000"]


class Table(program.Case):
    def arguments(self, *names, sender="forgets", options=()):
        return ["test", *names, *SCALE, "--report-dir", str(self.directory / "report"), *options, "--", *SENDER, sender]

    def on_terminal(self, arguments):
        return program.errors_on_terminal(arguments, TERM="xterm")[1].decode()

    def test_the_names_of_the_failed_come_last(self):
        said = run(*self.arguments("disk-full", "mailbox-full", "healthy")).stdout
        end = said[said.rindex("journal"):]
        self.assertRegex(end, r"(?m)^FAIL: disk-full mailbox-full\n3 cases: 1 ok, 2 FAIL$")
        # As they stand there they can be run again.
        names = re.search(r"(?m)^FAIL: (.*)$", end)[1].split()
        self.assertEqual(json.loads(run(*self.arguments(*names, sender="retry", options=["--json"])).stdout)["result"], "ok")
        alone = run(*self.arguments("disk-full")).stdout
        self.assertNotIn("\nFAIL: ", alone)

    def test_lines_are_whole_where_a_program_reads_them(self):
        said = run(*self.arguments("disk-full", "mailbox-full")).stdout
        [line] = [line for line in said.splitlines() if re.match(r" +FAIL +disk/disk-full ", line)]
        why = json.loads((self.directory / "report/report.json").read_text())["cases"][0]["why"]
        self.assertIn(why, line)
        self.assertGreater(len(line), 100)

    def test_colours_are_forced_or_forbidden(self):
        clean = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
        for environment, coloured in (({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "0"}, False),
                                      ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False), ({"FORCE_COLOR": ""}, False)):
            said = run(*self.arguments("disk-full"), env={**clean, **environment}).stdout
            self.assertEqual("\x1b[" in said, coloured, environment)
        listed = run("list", "disk-full", env={**clean, "FORCE_COLOR": "1"}).stdout
        self.assertIn("\x1b[", listed)

    def test_an_estimate_first_and_then_what_is_left(self):
        names = ["disk-full", "mailbox-full", "no-such-user", "greylisted", "healthy", "queue-stopped"]
        first = self.on_terminal(self.arguments(*names, options=["--jobs", "1"]))
        self.assertRegex(first, r"6 scenarios, 1 at a time; each ends with its command, or after \d+s at the latest\r\n")
        self.assertRegex(first, r"4 of 6.*, about \d+s left")
        again = self.on_terminal(self.arguments(*names, options=["--jobs", "1"]))
        self.assertRegex(again, r"6 scenarios, 1 at a time; about \d+s, as the last run says\r\n")
        self.assertRegex(again, r"1 of 6.*, about \d+s left")
        # Another command may be slower, or faster.
        other = self.on_terminal(self.arguments(*names, sender="retry", options=["--jobs", "1"]))
        self.assertIn("each ends with its command", other)
        plain = run(*self.arguments(*names)).stderr
        self.assertEqual(plain, "")
        verbose = run(*self.arguments(*names, options=["-v"])).stderr
        self.assertIn("6 scenarios, ", verbose.splitlines()[0])

    def test_a_queue_is_watched_and_that_is_said(self):
        said = self.on_terminal(self.arguments("disk-full", "healthy", sender="queue", options=["--queue"]))
        self.assertRegex(said, r"2 scenarios, 2 at a time; each is watched until all results are known, for \d+s at the latest")

    def test_more_cases_run_at_a_time_where_a_queue_is_watched(self):
        cores = len(os.sched_getaffinity(0))
        for options, at_a_time in (([], cores), (["--queue"], 4 * cores), (["--queue", "--jobs", "3"], 3)):
            with subprocess.Popen([TEMPFAIL, "test", "permanent", "policy", "mailbox", "-v", *options, "--report-dir", str(self.directory / "many"), "--", "true"],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
                first = process.stderr.readline()
                process.kill()
            count, seen = map(int, re.match(r"(\d+) scenarios, (\d+) at a time", first).groups())
            self.assertEqual(seen, min(at_a_time, count), first)


if __name__ == "__main__":
    unittest.main()
