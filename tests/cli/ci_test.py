"""What `tempfail test` has for CI: a part of the scenarios, what failed last time, sources, known failures, summaries."""
import json
import re
import unittest

import program
from program import SENDER, run

FAILING = ["disk-full", "no-such-user"]


class Ci(program.Case):
    def under_test(self, *arguments, sender="claim"):
        return run("test", *arguments, "--time-scale", "36000", "--report-dir", "report", "--", *SENDER, sender, cwd=self.directory)

    def planned(self, *arguments):
        """The scenarios that would be run."""
        said = json.loads(self.ok("test", "--dry-run", "--json", *arguments, "--", "true", cwd=self.directory))
        return list(dict.fromkeys(entry["scenario"] for entry in said))

    def test_shards_have_nothing_in_common_and_are_the_whole(self):
        whole = self.planned("policy", "disk")
        parts = [self.planned("policy", "disk", "--shard", f"{part}/3") for part in (1, 2, 3)]
        self.assertEqual(sorted(name for part in parts for name in part), sorted(whole))
        self.assertLessEqual(max(map(len, parts)) - min(map(len, parts)), 1)
        self.assertEqual(self.planned("policy", "disk", "--shard", "2/3"), parts[1])
        for wrong in ("0/3", "4/3", "3", "1/", "a/b", "1/0", "-1/3"):
            self.assertIn("allowed: 1/3", self.fails(2, "test", "disk", f"--shard={wrong}", "--", "true"))
        self.assertIn("there are only 1 scenarios", self.fails(2, "test", "disk-full", "--shard", "2/2", "--", "true"))

    def test_a_source_chooses_scenarios(self):
        chosen = self.planned("--source", "RFC 7504 4")
        self.assertIn("domain-accepts-no-mail", chosen)
        for name in chosen:
            self.assertIn("RFC 7504", self.ok("show", name))
        # A section is of its own document, and 4.5 is not 4.55 nor 14.5.
        self.assertLess(len(self.planned("--source", "RFC 5321 4.5.4.1")), len(self.planned("--source", "RFC 5321 4.5.4")) + 1)
        self.assertIn("is based on RFC 7504 4.5.4.1", self.fails(2, "test", "--source", "RFC 7504 4.5.4.1", "--", "true"))
        self.assertEqual(self.planned("--source", "rfc 5321 section 4.5.3.2"), self.planned("--source", "RFC 5321 4.5.3.2"))
        self.assertGreater(len(self.planned("--source", "RFC 5321")), len(self.planned("--source", "RFC 5321 4.5.3.2")))
        self.assertIn("none of the chosen scenarios is based on RFC 1", self.fails(2, "test", "--source", "RFC 1", "--", "true"))
        self.assertIn("--source needs a text", self.fails(2, "test", "--source", " ", "--", "true"))

    def test_last_failed_runs_what_failed(self):
        self.assertIn("no report of an earlier run", self.fails(2, "test", "--last-failed", "--", "true", cwd=self.directory))
        self.assertEqual(self.under_test("healthy", *FAILING).returncode, 1)
        self.assertEqual(sorted(self.planned("--last-failed", "--report-dir", "report")), sorted(FAILING))
        self.assertEqual(self.planned("disk", "--last-failed", "--report-dir", "report"), ["disk-full"])
        self.assertEqual(self.under_test("healthy").returncode, 0)
        self.assertIn("none of the chosen scenarios failed",
                      self.fails(2, "test", "--last-failed", "--report-dir", "report", "--", "true", cwd=self.directory))
        (self.directory / "report" / "report.json").write_text("{}")
        self.assertIn("is not a report of tempfail test",
                      self.fails(2, "test", "--last-failed", "--report-dir", "report", "--", "true", cwd=self.directory))

    def test_known_failures_are_written_and_let_the_next_run_pass(self):
        known = self.directory / "known.txt"
        result = self.under_test("healthy", *FAILING, "--write-expected-failures", known)
        self.assertEqual(result.returncode, 1, result.stdout)
        lines = [line for line in known.read_text().splitlines() if not line.startswith("#")]
        self.assertTrue(all(re.match(r"[a-z-]+:[a-z-]+  # .", line) for line in lines), lines)
        self.assertEqual({line.split(":")[0] for line in lines}, set(FAILING))
        again = self.under_test("healthy", *FAILING, "--expected-failures", known)
        self.assertEqual(again.returncode, 0, again.stdout)
        self.assertIn("known: ", again.stdout)
        mended = self.under_test("disk-full", "--expected-failures", known, sender="retry")
        self.assertEqual(mended.returncode, 1, mended.stdout)
        self.assertIn("unexpected pass", mended.stdout)

    def test_families_and_patterns_of_known_failures(self):
        known = self.directory / "known.txt"
        known.write_text("disk  # the queue is not built yet\nno-such-*\n")
        result = self.under_test("healthy", *FAILING, "--expected-failures", known)
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertIn("known: the queue is not built yet", result.stdout)
        # One of several that is ok is as good as expected.
        self.assertEqual(self.under_test("disk-full", "--expected-failures", known, sender="retry").returncode, 0)
        known.write_text("disc/*\n")
        self.assertIn("known.txt:1: no scenario is called disc/*",
                      self.fails(2, "test", "--expected-failures", known, "--", "true"))

    def test_a_summary_in_markdown(self):
        summary = self.directory / "summary.md"
        self.under_test("healthy", *FAILING, "--markdown", summary)
        text = summary.read_text()
        self.assertTrue(text.startswith("### tempfail: 3 cases: 1 ok, 2 FAIL\n"), text)
        rows = [line for line in text.splitlines() if line.startswith("| **FAIL**")]
        self.assertEqual(len(rows), 2, text)
        self.assertIn("| disk/disk-full | The server said &quot;try again later&quot; (4xx), and your sender did not retry.<br>", text)
        self.assertNotIn("healthy", text)
        self.assertEqual({row.count(" | ") for row in rows}, {4})

    def test_annotations_for_github(self):
        result = self.under_test("healthy", *FAILING, "--annotations", "github")
        lines = [line for line in result.stdout.splitlines() if line.startswith("::")]
        self.assertEqual(len(lines), 2, result.stdout)
        self.assertTrue(lines[0].startswith("::error title=tempfail%3A disk/disk-full FAIL::The server said "), lines)
        self.assertIn("%0Aretry%3A ", lines[0])
        self.assertIn("allowed: github", self.fails(2, "test", "healthy", "--annotations", "gitlab", "--", "true"))


if __name__ == "__main__":
    unittest.main()
