"""The page that `tempfail test` leaves: what it says of a case, and that the commands on it are true."""
import html
import json
import os
import re
import subprocess
import sys
import unittest

import program
from program import SENDER, TEMPFAIL, run


class Report(program.Case):
    def page(self, *arguments):
        self.result = run("test", *arguments, "--report-dir", "report", "--", *SENDER, "claim", cwd=self.directory)
        return (self.directory / "report" / "index.html").read_text()

    def case(self, page, identity):
        begin = page.index(f'id="{identity}"')
        end = page.find(' class="case ', begin)
        return page[begin:end if end > 0 else None]

    def commands(self, text):
        return [html.unescape(found) for found in re.findall(r'<div class="command"><code>(.*?)</code>', text, re.S)]

    def test_a_case_says_what_happened(self):
        shown = self.case(self.page("disk-full", "healthy", "--time-scale", "3600"), "disk/disk-full")
        self.assertIn("<h3>What the server did, and what is expected</h3>", shown)
        self.assertIn("</b>: 1 try, not delivered", shown)
        self.assertIn('<circle class="transient"', shown)
        self.assertIn('<rect class="window"', shown)
        self.assertIn("← 452 4.3.1 ", shown)
        self.assertIn("→ mail FROM:&lt;sender@sender.test&gt;", shown)
        self.assertIn("did not retry", shown)

    def test_the_command_of_a_case_runs_that_case_again(self):
        page = self.page("disk-full", "no-such-user", "--time-scale", "3600", "--strict", "--seed", "9", "--jobs", "2")
        whole = self.commands(page)[0]
        self.assertTrue(whole.startswith("tempfail test disk-full no-such-user "), whole)
        (again,) = self.commands(self.case(page, "disk/disk-full"))
        self.assertTrue(again.startswith("tempfail test disk-full "), again)
        self.assertIn("--strict", again.split())
        self.assertNotIn("--report-dir", again)
        self.assertIn(sys.executable, again)
        environment = {**os.environ, "PATH": os.path.dirname(os.path.abspath(TEMPFAIL)) + ":" + os.environ["PATH"]}
        repeated = subprocess.run(again, shell=True, cwd=self.directory, env=environment, capture_output=True, text=True, timeout=300)
        self.assertEqual(repeated.returncode, self.result.returncode, repeated.stdout + repeated.stderr)
        report = json.loads((self.directory / "tempfail-report" / "report.json").read_text())
        self.assertEqual([case["scenario"] for case in report["cases"]], ["disk-full"])
        self.assertEqual((report["seed"], report["strict"], report["time_scale"]), (9, True, 3600))

    def test_links_lead_to_files_that_are_there(self):
        page = self.page("disk-full", "--time-scale", "3600")
        links = re.findall(r'<a href="([^"]*)"', page)
        self.assertEqual([link.rpartition("/")[2] for link in links], ["journal.jsonl", "output.txt", "message.eml"])
        for link in links:
            self.assertTrue((self.directory / "report" / link).is_file(), link)


if __name__ == "__main__":
    unittest.main()
