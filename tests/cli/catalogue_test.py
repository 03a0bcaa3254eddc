"""list, show, check, explain: the catalogue from outside."""
import json
import pathlib
import re
import unittest

import program
from program import run

CATALOGUE = pathlib.Path(__file__).resolve().parents[2] / "scenarios"
OWN = """summary: A server of our own
status: [4.3.1, 452]
sources: [RFC 5321 section 4.2.3]
server:
  rules:
    - on: mail
      times: 1
      reply: 452 4.3.1 Not now
sender:
  must: [retry, {delivered: once}]
  should: [{first-retry: 30m..4h}]
"""


class List(program.Case):
    def test_reads_like_a_table_of_contents(self):
        text = self.ok("list")
        self.assertRegex(text, r"(?m)^\S.*  disk/\*$")
        self.assertRegex(text, r"(?m)^  disk-full +4\.3\.1 ")
        self.assertRegex(text, r"\n\d+ scenarios in \d+ families")
        for scenario in json.loads(self.ok("list", "--json")):  # a program reads lines: none is broken
            self.assertRegex(text, rf"(?m)^  {scenario['name']} .*  {re.escape(scenario['summary'])}$")

    def test_json_names_and_families_agree(self):
        scenarios = json.loads(self.ok("list", "--json"))
        self.assertEqual([s["name"] for s in scenarios], self.ok("list", "--names").split())
        families = self.ok("list", "--families").split()
        self.assertEqual(families, list(dict.fromkeys(s["family"] for s in scenarios)))
        for scenario in scenarios:
            self.assertEqual(scenario["id"], scenario["family"] + "/" + scenario["name"])
            for key in ("summary", "statuses", "sources", "sender", "test", "file"):
                self.assertIn(key, scenario)
            self.assertTrue(scenario["summary"])

    def test_family_and_status_narrow_it_down(self):
        disk = json.loads(self.ok("list", "--family", "disk", "--json"))
        self.assertTrue(disk)
        self.assertEqual({s["family"] for s in disk}, {"disk"})
        for code in ("4.3.1", "431", "4.3", "4.3.x"):
            names = self.ok("list", "--status", code, "--names").split()
            self.assertIn("disk-full", names, code)
            self.assertNotIn("healthy", names, code)
        self.assertIn("no family is called discs", self.fails(2, "list", "--family", "discs"))
        self.assertIn("9.9.9", self.fails(2, "list", "--status", "9.9.9"))

    def test_search_reads_names_families_codes_sources_and_texts(self):
        for word, found in (("GREYLIST", "greylisted-after-data"), ("mailbox-busy", "mailbox-busy-one-of-three"),
                            ("4.7.28", "gmail-rate-limited"), ("RFC 7505", "null-mx"), ("close_notify", "closed-without-close-notify"),
                            ("decoy", "mx-points-nowhere"), ("notifications to the author", "ret-hdrs")):
            names = self.ok("list", "--search", word, "--names").split()
            self.assertIn(found, names, word)
            self.assertNotIn("healthy", names, word)
        both = self.ok("list", "--search", "greylist", "--search", "postgrey", "--names").split()
        self.assertEqual(both, ["greylisted-by-postgrey"])
        self.assertIn("no scenario contains xyzzy; tempfail list shows them all", self.fails(2, "list", "--search", "xyzzy"))

    def test_own_scenarios_are_added(self):
        where = self.scenario_files(my_own=OWN)
        own = json.loads(self.ok("list", "--scenarios", where, "--family", "own", "--json"))
        self.assertEqual([s["name"] for s in own], ["my-own"])
        self.assertEqual(own[0]["statuses"], ["4.3.1", "452"])
        self.assertEqual(own[0]["sender"], [{"name": "retry", "level": "must"},
                                            {"name": "delivered", "level": "must", "value": "once"},
                                            {"name": "first-retry", "level": "should", "value": "30m..4h"}])

    def test_rules(self):
        rules = json.loads(self.ok("list", "--rules", "--json"))
        self.assertIn("retry", [rule["id"] for rule in rules])
        text = self.ok("list", "--rules")
        for rule in rules:
            self.assertIn(rule["level"], ("must", "should"))
            self.assertIn(rule["keyword"], ("must", "must-not", "should", "should-not", "may", "stated", "practice"))
            self.assertTrue(rule["requirement"] and rule["source"])
            self.assertIn(rule["id"], text)
        no_retry = next(rule for rule in rules if rule["id"] == "no-retry")
        self.assertEqual((no_retry["keyword"], no_retry["level"]), ("should-not", "must"))
        self.assertIn("Source: " + no_retry["source"] + " (it says SHOULD NOT).", text)
        self.assertIn(no_retry["reason"].split(":")[0], " ".join(text.split()))


class Show(program.Case):
    def test_page_has_the_reasons_and_the_file(self):
        text = self.ok("show", "disk-full")
        for part in ("disk-full", "4.3.1", "RFC 3463", "What a correct sender does", "MUST  retry", "spool:"):
            self.assertIn(part, text)

    def test_yaml_is_the_file_and_can_be_checked(self):
        """One of each family: each command reads the whole catalogue, and a slow build takes a second for that."""
        scenarios = json.loads(self.ok("list", "--json"))
        for scenario in {each["family"]: each for each in scenarios}.values():
            file = CATALOGUE / scenario["family"] / f"{scenario['name']}.yaml"
            self.assertEqual(self.ok("show", scenario["name"], "--yaml"), file.read_text(encoding="utf-8"))
        families = sorted({CATALOGUE / each["family"] for each in scenarios})
        self.assertEqual(self.ok("check", *families).count(": ok"), len(scenarios))

    def test_json(self):
        shown = json.loads(self.ok("show", "disk/disk-full", "--json"))
        self.assertEqual(shown["name"], "disk-full")
        self.assertIn("summary:", shown["yaml"])

    def test_families_and_globs_show_all_of_theirs(self):
        names = self.ok("list", "--family", "disk", "--names").split()
        text = self.ok("show", "disk")
        for name in names:
            self.assertRegex(text, rf"(?m)^{name} - ")
        shown = json.loads(self.ok("show", "disk/*", "--json"))
        self.assertEqual([each["name"] for each in shown], names)
        one = json.loads(self.ok("show", "disk-ful*", "--json"))
        self.assertIn("disk-full", [each["name"] for each in one])
        self.assertIn("--yaml prints one file", self.fails(2, "show", "disk", "--yaml"))
        self.assertIn("no scenario matches nothing*", self.fails(2, "show", "nothing*"))


class Check(program.Case):
    def test_all_mistakes_at_once_with_their_places(self):
        where = self.scenario_files(good=OWN, wrong="summary: x\nserver:\n  rules:\n    - on: male\n      "
                                    "reply: 452 no\n  spoool: {capacity: 1}\n")
        result = run("check", where)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn("good.yaml: ok", result.stdout)
        self.assertRegex(result.stdout, r"wrong\.yaml:4:\d+: .*male.*; allowed: .*mail")
        self.assertRegex(result.stdout, r"wrong\.yaml:6:\d+: .*spoool")
        as_json = json.loads(run("check", "--json", where).stdout)
        by_name = {entry["file"].rsplit("/", 1)[1]: entry for entry in as_json}
        self.assertTrue(by_name["good.yaml"]["ok"])
        self.assertEqual([m["line"] for m in by_name["wrong.yaml"]["mistakes"]], [4, 6])

    def test_reads_of_a_directory_what_the_other_commands_read(self):
        where = self.directory / "mine"
        names = {"at-the-top": "", "in-a-family": "own", "further-down": "own/deep"}
        for name, folder in names.items():
            (where / folder).mkdir(parents=True, exist_ok=True)
            (where / folder / f"{name}.yaml").write_text(OWN)
        checked = {pathlib.Path(entry["file"]).stem for entry in json.loads(self.ok("check", "--json", where))}
        built_in = set(self.ok("list", "--names").split())
        self.assertEqual(checked, set(names))
        self.assertEqual(checked, set(self.ok("list", "--names", "--scenarios", where).split()) - built_in)
        (where / "own/deep/broken.yaml").write_text("rulez: 1\n")
        result = run("check", where)
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertIn("own/deep/broken.yaml:1:1: ", result.stdout)
        self.assertIn("own/deep/broken.yaml:1:1: ", self.fails(2, "list", "--scenarios", where))

    def test_two_files_of_one_name(self):
        where = self.directory / "mine"
        for folder in ("a", "b"):
            (where / folder).mkdir(parents=True)
            (where / folder / "twice.yaml").write_text(OWN)
        result = run("check", where)
        told = f"{where}/b/twice.yaml: twice is already in {where}/a/twice.yaml"
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertIn(told, result.stdout)
        self.assertNotIn("b/twice.yaml: ok", result.stdout)
        self.assertIn(told, self.fails(2, "serve", "twice", "--scenarios", where, "--port", "0"))

    def test_file_that_is_not_there(self):
        self.assertIn("No such file", self.fails(2, "check", self.directory / "none.yaml"))
        (self.directory / "empty").mkdir()
        self.assertIn("no scenario file is in this directory", self.fails(2, "check", self.directory / "empty"))

    def test_schema_is_json(self):
        self.assertIn("$schema", json.loads(self.ok("check", "--schema")))


class Explain(program.Case):
    def test_both_notations_say_the_same(self):
        self.assertEqual(self.ok("explain", "4.3.1"), self.ok("explain", "431"))
        text = self.ok("explain", "4.3.1")
        self.assertIn("disk-full", text)
        self.assertIn("What to do", text)

    def test_groups_classes_and_nonsense(self):
        group = json.loads(self.ok("explain", "4.4.x", "--json"))
        self.assertGreater(len(group), 2)
        self.assertTrue(all(entry["status"].startswith("4.4.") for entry in group))
        self.assertEqual(len(json.loads(self.ok("explain", "4.9.9", "--json"))), 1)
        self.assertIn("is not a status code", self.fails(2, "explain", "banana"))

    def test_every_status_of_a_built_in_scenario_is_explained_or_named_as_nobodys(self):
        shown = {status for scenario in json.loads(self.ok("list", "--json")) for status in scenario["statuses"]
                 if re.fullmatch(r"[45]\.\d+\.\d+", status)}
        self.assertGreater(len(shown), 40)
        for status in sorted(shown):
            with self.subTest(status):
                (entry,) = json.loads(self.ok("explain", status, "--json"))
                self.assertEqual(entry["code"], status)
                self.assertTrue(entry["scenarios"])
                # Providers' own: Exchange Online's for a loop, and Outlook's for a busy server.
                own = status in ("4.7.500", "5.4.14")
                self.assertEqual(entry["status"], status[0] + ".x.x" if own else status)
                self.assertEqual(entry["registered"] == "Not defined in any standard.", own)

    def test_code_without_a_page_says_whose_it_is(self):
        text = self.ok("explain", "4.7.500")
        self.assertTrue(text.startswith("4.7.500 is not defined in any standard; its class says:\n"), text)
        self.assertIn("outlook-server-busy", text)
        text = self.ok("explain", "5.7.27")
        self.assertTrue(text.startswith("5.7.27: Sender address has null MX (RFC 7505). Its class says:\n"), text)
        self.assertIn("502: Command not implemented", self.ok("explain", "502"))

    def test_names_that_are_no_codes_say_where_to_look(self):
        self.assertIn("retry is a rule of the judge: tempfail list --rules", self.fails(2, "explain", "retry"))
        self.assertIn("greylisted is a scenario: tempfail show greylisted", self.fails(2, "explain", "greylisted"))

    def test_json_has_every_field(self):
        for entry in json.loads(self.ok("explain", "--all", "--json")):
            for key in ("code", "status", "title", "meaning", "kind", "who", "why", "advice", "scenarios"):
                self.assertIn(key, entry)


if __name__ == "__main__":
    unittest.main()
