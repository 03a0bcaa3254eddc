#!/usr/bin/env python3
"""--dns: what `serve` and `test` make of it, and what they say without it."""
import json
import pathlib
import socket
import sys
import unittest

import program

MX_SENDER = [sys.executable, str(program.HERE / "mx_sender.py")]


# scenario: how a little sender is wrong there, and the rule that finds it. Those that only a lab can show are in
# tests/lab/senders_by_mx_test.py.
WRONG = {
    "mx-servfail": ("falls-back", "untouched"),
    "mx-no-answer": ("falls-back", "untouched"),
    "mx-refused": ("bounces", "delivered"),
    "domain-does-not-exist": ("claims", "reports-failure"),
    "no-mx": ("no-implicit", "delivered"),
    "no-mx-no-address": ("claims", "reports-failure"),
    "null-mx": ("ignores-null", "untouched"),
    "mx-points-nowhere": ("domain-after-all", "untouched"),
    "one-mx-points-nowhere": ("stops-at-first", "delivered"),
    "mx-host-servfail": ("host-bounces", "delivered"),
    "all-mx-hosts-servfail": ("host-bounces", "delivered"),
    "domain-is-a-cname": ("no-cname", "delivered"),
    "cname-loop": ("claims", "reports-failure"),
    "mx-is-an-address": ("domain-after-all", "untouched"),
    "search-list-trap": ("searches", "delivered"),
    "truncated": ("no-tcp", "delivered"),
    "truncated-no-tcp": ("no-tcp", "untouched"),
    "mx-moves": ("caches-mx", "delivered"),
    "idn-domain": ("raw-name", "asked"),
}


class Dns(program.Case):
    def answers(self, how, *scenarios, options=()):
        """{scenario: answer} of a sender that behaves so."""
        report = self.directory / "report.json"
        run = program.run("test", *scenarios, "--dns", "0", "--port", "0", "--time-scale", "3600",
                          "--report-dir", self.directory / "reports", "--json-report", report, *options,
                          "--", *MX_SENDER, how)
        self.assertIn(run.returncode, (0, 1, 4), run.stderr)
        self.cases = json.loads(report.read_text())["cases"]
        return {case["scenario"]: case["answer"] for case in self.cases}

    def test_a_decoy_that_was_gone_to_is_told(self):
        self.assertEqual(self.answers("falls-back", "mx-servfail"), {"mx-servfail": "fail"})
        failed = {finding["rule"]: finding for finding in self.cases[0]["findings"] if finding["outcome"] == "fail"}
        self.assertIn("the sender contacted mx-servfail.test", failed["untouched"]["actual"])
        self.assertEqual(self.answers("right", "mx-servfail"), {"mx-servfail": "ok"})
        kept = {finding["rule"]: finding["outcome"] for finding in self.cases[0]["findings"]}
        self.assertEqual(kept["untouched"], "pass")

    def test_a_sender_that_looks_up_mx_reaches_every_kind_of_scenario_by_its_domain(self):
        names = ["healthy", "no-mx", "one-mx-points-nowhere", "mx-host-servfail", "all-mx-hosts-servfail",
                 "domain-is-a-cname", "truncated", "mx-servfail", "truncated-no-tcp", "mx-moves", "idn-domain"]
        self.assertEqual(self.answers("right", *names), {name: "ok" for name in names})

    def test_wrong_ones_fail_where_they_are_wrong(self):
        # One that queues has nobody to give a message back to; one that claims claims it to somebody.
        asked = {}
        for scenario, (how, _) in WRONG.items():
            asked.setdefault(how, []).append(scenario)
        for how, scenarios in asked.items():
            role = "one-shot" if how == "claims" else "queueing"
            self.answers(how, *scenarios, options=("--role", role, "--strict", "--jobs", "6"))
            for case in self.cases:
                with self.subTest(case["scenario"], how=how):
                    failed = [finding["rule"] for finding in case["findings"] if finding["outcome"] == "fail"]
                    self.assertIn(WRONG[case["scenario"]][1], failed, case)
                    self.assertNotEqual(case["answer"], "ok")

    def test_every_scenario_of_the_family_has_a_wrong_sender(self):
        listed = json.loads(program.run("list", "--json", "dns").stdout)
        self.assertEqual(set(WRONG), {each["name"] for each in listed if not each["needs_lab"]})

    def test_wrong_ones_fail_with_a_domain_beyond_ascii(self):
        for how, rule, said in (("raw-name", "asked", "the sender did not look up xn--bcher-kva.idn-domain.test"),
                                ("u-label", "eight-bit-command", ""),
                                ("no-idn", "connects", "")):
            with self.subTest(how):
                self.assertEqual(self.answers(how, "idn-domain", options=("--role", "queueing", "--strict")), {"idn-domain": "fail"})
                failed = {finding["rule"]: finding["actual"] for finding in self.cases[0]["findings"] if finding["outcome"] == "fail"}
                self.assertIn(rule, failed)
                self.assertIn(said, failed[rule])

    def test_who_has_no_smtputf8_need_not_know_such_a_domain(self):
        self.assertEqual(self.answers("no-idn", "idn-domain", options=("--without", "smtputf8")), {"idn-domain": "not-applicable"})

    def test_the_message_for_such_a_domain_is_ascii(self):
        dump = self.directory / "dump"
        program.run("test", "idn-domain", "--dns", "0", "--port", "0", "--report-dir", self.directory / "reports", "--",
                    "sh", "-c", f"cp {{message}} {dump}; cp {{handover}} {dump}.json")
        task = json.loads(pathlib.Path(f"{dump}.json").read_text())
        self.assertEqual(task["recipients"], ["recipient-1@bücher.idn-domain.test"])
        self.assertIn("SMTPUTF8", task["parameters"])
        self.assertIn(b"recipient-1@xn--bcher-kva.idn-domain.test", dump.read_bytes())
        self.assertTrue(dump.read_bytes().isascii())

    def test_what_does_not_exist_is_given_up_and_nobody_need_come(self):
        for name in ("domain-does-not-exist", "null-mx", "no-mx-no-address", "mx-points-nowhere"):
            with self.subTest(name):
                self.assertIn(self.answers("right", name)[name], ("ok", "ok-but", "undecided"))

    def test_a_sender_that_never_asks_has_not_come(self):
        report = self.directory / "report.json"
        program.run("test", "null-mx", "--dns", "0", "--port", "0", "--report-dir", self.directory / "reports",
                    "--json-report", report, "--", "true")
        case = json.loads(report.read_text())["cases"][0]
        self.assertEqual((case["answer"], case["findings"][0]["rule"]), ("fail", "connects"))

    def test_without_it_those_about_names_are_left_out_in_so_many_words(self):
        run = program.run("test", "null-mx", "healthy", "--report-dir", self.directory / "reports",
                          "--", *program.SENDER, "once")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("left out, because a client that connects to a fixed address and port can't reach them "
                      "(--dns serves their names): null-mx\n", run.stderr)
        run = program.run("test", "null-mx", "--report-dir", self.directory / "reports", "--", "true")
        self.assertEqual(run.returncode, 2)
        self.assertIn("no scenario is left to run; left out, because a client", run.stderr)
        run = program.run("serve", "null-mx", "--port", "0")
        self.assertEqual(run.returncode, 2)

    def test_of_a_sender_that_looks_up_no_mx_they_are_not_applicable(self):
        report = self.directory / "report.json"
        run = program.run("test", "null-mx", "mx-servfail", "--without", "mx", "--report-dir",
                          self.directory / "reports", "--json-report", report, "--", "false")
        self.assertEqual(run.returncode, 4, run.stderr)  # nothing was judged
        cases = json.loads(report.read_text())["cases"]
        self.assertEqual({case["scenario"]: case["answer"] for case in cases},
                         {"null-mx": "not-applicable", "mx-servfail": "not-applicable"})
        self.assertIn("--without mx", run.stdout)

    def test_the_command_is_told_where_the_name_server_is(self):
        dump = self.directory / "dump"
        program.run("test", "healthy", "--dns", "0", "--port", "0", "--report-dir", self.directory / "reports", "--",
                    "sh", "-c", f"echo '{{dns}}' \"$TEMPFAIL_DNS\" {{host}} >{dump}; cp {{handover}} {dump}.json")
        first, second, host = dump.read_text().split()
        self.assertEqual(first, second)
        address, _, port = first.rpartition(":")
        self.assertEqual(address, "127.0.0.1")
        self.assertGreater(int(port), 0)
        self.assertEqual(host, "127.16.1.1")
        self.assertEqual(json.loads(pathlib.Path(f"{dump}.json").read_text())["dns"], first)
        program.run("test", "healthy", "--report-dir", self.directory / "reports", "--",
                    "sh", "-c", f"echo \"[$TEMPFAIL_DNS]\" >{dump}; cp {{handover}} {dump}.json")
        self.assertEqual(dump.read_text(), "[]\n")
        self.assertIsNone(json.loads(pathlib.Path(f"{dump}.json").read_text())["dns"])

    def test_places_that_make_no_sense_are_refused(self):
        for place in ("x", "70000", "127.0.0.1", "0.0.0.0:53", "[::]:53", "::1:53", "example.com:53", ":53"):
            with self.subTest(place):
                run = program.run("serve", "healthy", "--dns", place)
                self.assertEqual(run.returncode, 2, run.stderr)
                self.assertIn("--dns " + place, run.stderr)
                self.assertIn("allowed: 53, 127.0.0.1:53, [::1]:53", run.stderr)
        run = program.run("serve", "healthy", "--dns", "0", "--bind", "::1")
        self.assertEqual(run.returncode, 2)
        self.assertIn("--bind ::1", run.stderr)
        run = program.run("test", "healthy", "--port", "25", "--", "true")
        self.assertEqual(run.returncode, 2)
        self.assertIn("needs --dns", run.stderr)

    def test_a_port_that_somebody_has_on_one_host_s_address(self):
        with socket.create_server(("127.16.2.1", 0)) as taken:
            port = taken.getsockname()[1]
            run = program.run("serve", "healthy", "disk-full", "--dns", "0", "--port", port)
            self.assertEqual(run.returncode, 3, run.stderr)
            self.assertIn(f"port {port} on 127.16.2.1", run.stderr)

    def test_the_table_has_every_host_and_the_name_server(self):
        run = program.run("show", "null-mx")
        self.assertIn("serve it with --dns", run.stdout)
        self.assertIn("tempfail serve null-mx --dns", run.stdout)
        listed = {each["name"]: each for each in json.loads(program.run("list", "--json").stdout)}
        self.assertTrue(listed["null-mx"]["needs_names"])
        self.assertFalse(listed["disk-full"]["needs_names"])
        self.assertEqual(listed["mx-servfail"]["hosts"], [{"name": "mx.mx-servfail.test", "decoy": False},
                                                          {"name": "mx-servfail.test", "decoy": True}])


if __name__ == "__main__":
    unittest.main()
