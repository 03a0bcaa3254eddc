"""`tempfail report`: reports compared with each other, and those of several machines made one."""
import json
import shutil
import unittest
import xml.etree.ElementTree

import program
from program import SENDER, run

SCALE = ["--time-scale", "36000"]
NAMES = ["disk-full", "no-such-user", "healthy", "greylisted"]


class Reports(program.Case):
    def under_test(self, where, sender, *arguments, names=NAMES):
        return run("test", *names, *SCALE, "--report-dir", where, *arguments, "--", *SENDER, sender, cwd=self.directory)

    def json(self, where):
        return json.loads((self.directory / where / "report.json").read_text())


class Compare(Reports):
    def compare(self, *arguments):
        return run("report", "compare", *arguments, cwd=self.directory)

    def test_what_got_worse_and_better(self):
        self.under_test("good", "retry")
        self.under_test("bad", "forgets", names=["disk-full", "no-such-user", "healthy", "mailbox-full"])
        worse = self.compare("good", "bad", "--markdown", "changes.md")
        self.assertEqual(worse.returncode, 1, worse.stdout + worse.stderr)
        self.assertRegex(worse.stdout, r"(?m)^worse\n  disk/disk-full +ok → FAIL +newly broken: retry")
        self.assertRegex(worse.stdout, r"(?m)^new\n  mailbox/mailbox-full +FAIL")
        self.assertRegex(worse.stdout, r"(?m)^gone\n  \S+/greylisted +ok$")
        self.assertIn("1 worse, 1 new, 1 gone, 2 the same", worse.stdout)
        self.assertNotIn("\x1b", worse.stdout)
        self.assertIn("| **worse** | disk/disk-full |", (self.directory / "changes.md").read_text())
        better = self.compare("bad/report.json", "good/report.json", "--json")
        self.assertEqual(better.returncode, 0, better.stderr)
        said = json.loads(better.stdout)
        self.assertEqual((said["format"], said["worse"], said["totals"]["better"]), ("tempfail-comparison", False, 1))
        [disk] = [case for case in said["cases"] if case["scenario"] == "disk-full"]
        self.assertEqual((disk["change"], disk["old"]["result"], disk["new"]["result"]), ("better", "fail", "ok"))
        self.assertIn("retry", [rule["rule"] for rule in disk["mended"]])
        self.assertTrue(any(note.startswith("command ") for note in said["unlike"]), said["unlike"])

    def test_of_the_same_nothing_changed(self):
        self.under_test("one", "forgets")
        same = self.compare("one", "one")
        self.assertEqual(same.returncode, 0, same.stderr)
        self.assertIn("4 the same", same.stdout)
        self.assertNotIn("worse", same.stdout)

    def test_what_is_no_report(self):
        (self.directory / "text.json").write_text("{}")
        (self.directory / "empty").mkdir()
        for wrong, part in (("text.json", "text.json is not a report of tempfail"), ("empty", "empty/report.json"),
                            ("nowhere", "nowhere")):
            self.assertIn(part, self.fails(2, "report", "compare", wrong, wrong, cwd=self.directory))
        for arguments, part in ((["compare", "one"], "compare needs two reports"), (["compare"], "compare needs two reports"),
                                (["compare", "a", "b", "-o", "c"], "are options of merge"),
                                (["merge", "a"], "merge needs a directory for the report: -o DIR"),
                                (["merge", "-o", "a"], "merge needs reports"),
                                (["join", "a"], "unknown action join; allowed: compare, merge")):
            self.assertIn(part, self.fails(2, "report", *arguments, cwd=self.directory))


class Merge(Reports):
    def merge(self, *arguments):
        return run("report", "merge", *arguments, cwd=self.directory)

    def parts(self, count=2, sender="forgets"):
        for part in range(1, count + 1):
            self.under_test(f"part-{part}", sender, "--shard", f"{part}/{count}")
        return [f"part-{part}" for part in range(1, count + 1)]

    def test_parts_are_the_whole(self):
        parts = self.parts()
        whole = self.under_test("whole", "forgets")
        merged = self.merge(*parts, "-o", "merged", "--junit", "j.xml")
        self.assertEqual(merged.returncode, whole.returncode, merged.stdout + merged.stderr)
        one, other = self.json("whole"), self.json("merged")

        def facts(report):
            return {case["scenario"]: (case["result"], [finding["rule"] for finding in case["findings"]],
                                       case["server"], len(case["connections"])) for case in report["cases"]}
        self.assertEqual(facts(one), facts(other))
        self.assertEqual({**one["totals"], "seconds": 0}, {**other["totals"], "seconds": 0})
        self.assertEqual((one["result"], one["role"], other["shard"], other["missing"]),
                         (other["result"], other["role"], None, ""))
        self.assertNotIn("--shard", other["invocation"]["whole"])
        merged_folder = self.directory / "merged"
        for case in other["cases"]:
            self.assertTrue((merged_folder / case["journal"]).is_file(), case["journal"])
            self.assertTrue((merged_folder / case["output"]).is_file())
        page = (merged_folder / "index.html").read_text()
        self.assertIn("What the server did", page)
        self.assertIn("Connection 1", page)
        for file in (merged_folder / "junit.xml", self.directory / "j.xml"):
            suites = xml.etree.ElementTree.parse(file).getroot()
            self.assertEqual(len(list(suites.iter("testcase"))), len(NAMES))
        self.assertRegex(merged.stdout, r"(?m)^ *FAIL +disk/disk-full ")
        self.assertIn("Report: merged/index.html", merged.stdout)

    def test_again_into_the_same_directory(self):
        parts = self.parts()
        self.merge(*parts, "-o", "merged")
        shutil.rmtree(self.directory / "part-1/cases")  # somebody keeps the JSON alone
        for name in NAMES:  # what was there is replaced, and nothing of it is left over
            if (self.directory / "part-2/cases" / name).exists():
                (self.directory / "part-2/cases" / name / "more.txt").write_text("new")
        again = self.merge(*parts, "-o", "merged")
        self.assertEqual(again.returncode, 1, again.stderr)
        with_files = [case for case in self.json("merged")["cases"] if case["journal"]]
        self.assertEqual(len(with_files), len(self.json("part-2")["cases"]))
        for case in with_files:
            self.assertTrue((self.directory / "merged/cases" / case["scenario"] / "more.txt").exists())

    def test_what_does_not_belong_together(self):
        parts = self.parts(3)
        whole = "merged"
        self.assertIn("part 3 of 3 is missing; --incomplete", self.fails(2, "report", "merge", *parts[:2], "-o", whole, cwd=self.directory))
        self.assertFalse((self.directory / whole).exists())
        self.assertIn("is in part-1/report.json and in part-1/report.json",
                      self.fails(2, "report", "merge", "part-1", *parts, "-o", whole, cwd=self.directory))
        self.assertIn("-o part-1 is where one of the reports is",
                      self.fails(2, "report", "merge", *parts, "-o", "part-1", cwd=self.directory))
        self.under_test("other", "retry", "--shard", "3/3")
        self.assertIn("are not parts of one run: the command is",
                      self.fails(2, "report", "merge", *parts[:2], "other", "-o", whole, cwd=self.directory))
        document = self.json("part-3")
        document["format_version"] = 3
        (self.directory / "later.json").write_text(json.dumps(document))
        self.assertIn("later.json is a report of format 3",
                      self.fails(2, "report", "merge", *parts[:2], "later.json", "-o", whole, cwd=self.directory))

    def test_incomplete_says_so_and_is_not_ok(self):
        self.parts(2, sender="retry")
        result = self.merge("part-1", "-o", "merged", "--incomplete")
        self.assertEqual(result.returncode, 4, result.stdout + result.stderr)
        remark = "this is not the whole run: part 2 of 2 is missing"
        self.assertIn(remark, result.stdout)
        self.assertEqual(self.json("merged")["remark"], remark)
        self.assertIn(remark, (self.directory / "merged/index.html").read_text())

    def test_a_report_can_not_name_files_elsewhere(self):
        self.under_test("part", "retry", names=["healthy"])
        document = self.json("part")
        secret = self.directory / "secret.txt"
        secret.write_text("secret")
        document["cases"][0]["journal"] = "../secret.txt"
        document["cases"][0]["scenario"] = ".."
        (self.directory / "hostile").mkdir()
        (self.directory / "hostile/report.json").write_text(json.dumps(document))
        result = self.merge("hostile", "-o", "merged")
        self.assertIn(result.returncode, (0, 4), result.stderr)
        self.assertEqual(self.json("merged")["cases"][0]["journal"], "")
        self.assertTrue(secret.exists())
        self.assertEqual({path.name for path in (self.directory / "merged").iterdir()},
                         {"index.html", "report.json", "junit.xml"})

    def test_a_report_that_can_not_be_written(self):
        parts = self.parts()
        (self.directory / "file").write_text("")
        self.assertIn("Not a directory", self.fails(3, "report", "merge", *parts, "-o", "file/x", cwd=self.directory))


if __name__ == "__main__":
    unittest.main()
