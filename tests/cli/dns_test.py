#!/usr/bin/env python3
"""--dns: what `serve` and `test` make of it, and what they say without it."""
import json
import pathlib
import socket
import sys
import unittest

import program

MX_SENDER = [sys.executable, str(program.HERE / "mx_sender.py")]


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
        self.assertIn("mx-servfail.test was contacted", failed["untouched"]["actual"])
        self.assertEqual(self.answers("right", "mx-servfail"), {"mx-servfail": "ok"})
        kept = {finding["rule"]: finding["outcome"] for finding in self.cases[0]["findings"]}
        self.assertEqual(kept["untouched"], "pass")

    def test_a_sender_that_looks_up_mx_reaches_every_kind_of_scenario_by_its_domain(self):
        names = ["healthy", "no-mx", "one-mx-points-nowhere", "mx-host-servfail", "all-mx-hosts-servfail",
                 "domain-is-a-cname", "truncated", "mx-servfail", "truncated-no-tcp", "mx-moves"]
        self.assertEqual(self.answers("right", *names), {name: "ok" for name in names})

    def test_wrong_ones_fail_where_they_are_wrong(self):
        # One that queues has nobody to give a message back to.
        def answers(how, *scenarios):
            return self.answers(how, *scenarios, options=("--role", "queueing"))
        self.assertEqual(answers("bounces", "mx-servfail", "no-mx"), {"mx-servfail": "fail", "no-mx": "ok"})
        self.assertEqual(answers("stops-at-first", "one-mx-points-nowhere"), {"one-mx-points-nowhere": "fail"})
        self.assertEqual(answers("no-tcp", "truncated"), {"truncated": "fail"})
        self.assertEqual(answers("ignores-null", "null-mx"), {"null-mx": "fail"})

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
        self.assertIn("no scenario is left: because a client", run.stderr)
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
