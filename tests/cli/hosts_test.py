#!/usr/bin/env python3
"""The families about several hosts and about routes: right senders pass, unusual ones too, and wrong ones fail for what is wrong with them."""
import json
import sys
import unittest

import dnsclient
import program
import served

SENDER = [sys.executable, str(program.HERE / "hosts_sender.py")]
HOUR_A_SECOND = 3600
SLOW = 600                          # where the sender's time-outs count
PATIENT = "605"                     # ten minutes, and a little
WAITS = {"isolation", "late-reply"}

# scenario: what a right sender of these tests is told of it. Nobody else's notifications come here, so it says what it has lost
# with its exit status.
ALL = ["preference", "equal-preference", "first-refuses", "first-is-silent", "first-421", "first-554-greeting",
       "first-451-at-rcpt", "first-550-at-rcpt", "reply-lost-then-second", "one-host-two-addresses",
       "all-dead-then-back", "dead-host-remembered", "mail-refusal-not-cached", "isolation", "mx-is-a-cname", "one-copy",
       "three-domains-one-broken", "two-domains-one-host", "late-reply",
       "mx-is-self", "mx-is-self-as-backup", "mx-is-loopback", "null-sender-refused", "notification-refused",
       "return-path-does-not-exist", "user-not-local-551", "will-forward-251"]

# how, scenario: what its findings fail, and words of the first of them
WRONG = {
    ("worst-first", "preference"): (["in-order"], "the sender contacted mx30.preference.test although nothing had failed at mx10"),
    ("first-of-equals", "equal-preference"): (["spread"], "mx2.equal-preference.test got none of 40 connections"),
    ("stops-at-first,gives-up", "first-refuses"): (["delivered", "tries"], "never"),
    ("stops-at-first,gives-up", "first-is-silent"): (["delivered", "tries"], "never"),
    ("stops-at-first,gives-up", "first-421"): (["delivered"], "never"),
    ("says-both", "first-554-greeting"): (["true-notification"], "is reported as failed, but was accepted"),
    ("stops-at-first,gives-up", "first-451-at-rcpt"): (["delivered"], "never"),
    ("goes-on", "first-550-at-rcpt"): (["no-retry", "delivered", "untouched"], " after the 550 to RCPT"),
    ("every-host", "reply-lost-then-second"): (["no-duplicate"], "3 times although"),
    ("one-address,gives-up", "one-host-two-addresses"): (["delivered", "tries"], "never"),
    ("hammers,forgets", "all-dead-then-back"): (["pause", "first-retry"], "without a pause"),
    ("stops-at-first", "all-dead-then-back"): (["hosts-per-try"], "ended after 1 host"),
    ("forgets", "dead-host-remembered"): (["dead-host-remembered"], "connections to a dead host in"),
    ("caches-mail", "mail-refusal-not-cached"): (["tries"], "(1 too few)"),
    ("in-a-row", "isolation"): (["not-delayed-by"], "waited for mx.silent.isolation.test"),
    ("claims,251-is-none", "will-forward-251"): (["delivered"], "never"),
    ("every-host", "mx-is-a-cname"): (["no-duplicate", "delivered"], "times"),
    ("each-alone", "one-copy"): (["one-copy"], "10 copies for 10 recipients"),
    ("gives-up", "three-domains-one-broken"): (["delivered"], "never"),
    ("each-alone", "two-domains-one-host"): (["one-copy"], "2 copies for 2 recipients"),
    ("keeps-connection", "late-reply"): (["replies-in-step"], "while the reply to that was still missing"),
    ("implicit", "mx-is-self"): (["untouched", "delivered"], "the sender contacted mx-is-self.test"),
    ("knows-itself-not", "mx-is-self-as-backup"): (["untouched", "delivered-by"], "the sender contacted mx30.mx-is-self-as-backup.test"),
    ("implicit", "mx-is-loopback"): (["untouched", "delivered"], "the sender contacted mx-is-loopback.test"),
    ("reports-reports", "null-sender-refused"): (["no-report-about-reports", "syntax"], "a notification was sent to <>"),
    ("reports-reports", "notification-refused"): (["no-report-about-reports"], "was rejected (5xx), and another one came"),
    ("asks-nobody", "return-path-does-not-exist"): (["asked"], "the sender did not look up nowhere.return-path-does-not-exist.test"),
    ("follows-551", "user-not-local-551"): (["recipients", "untouched"], "there.user-not-local-551.test, which is not a recipient"),
}
# They have what it gives up in a queue of their own, and nobody whom their exit status could tell.
QUEUEING = {"gives-up", "one-address,gives-up", "stops-at-first,gives-up", "claims,251-is-none", "caches-mail",
            "forgets"}


class Hosts(program.Case):
    def cases(self, how, scenarios, *options):
        """{scenario: its case in the report}"""
        slow = WAITS.intersection(scenarios) or "hammers" in how
        scale, patience = (SLOW, [PATIENT]) if slow else (HOUR_A_SECOND, [])
        report = self.directory / f"{how}-{scenarios[0]}.json"
        run = program.run("test", *scenarios, "--dns", "0", "--port", "0", "--time-scale", scale, "--timeout", "120",
                          "--jobs", "4", "--report-dir", self.directory / f"{how}-{scenarios[0]}", "--json-report",
                          report, *options, "--", *SENDER, how, "{handovers}", "{case_dir}", *patience)
        self.assertIn(run.returncode, (0, 1, 4), run.stderr)
        self.said = run.stdout
        cases = {case["scenario"]: case for case in json.loads(report.read_text())["cases"]}
        self.last = cases[scenarios[-1]]
        return cases

    def passes(self, how, scenarios, *options):
        for scenario, case in self.cases(how, scenarios, *options).items():
            with self.subTest(scenario, how=how):
                self.assertEqual(case["answer"], "ok", self.said)

    def test_a_right_sender_passes(self):
        self.passes("right", [name for name in ALL if name not in WAITS])
        self.passes("right", sorted(WAITS), "--scaled-timeouts")
        # As a queue that all commands share; each by itself could not know of a dead host.
        self.passes("right", ["dead-host-remembered"], "--role", "queueing")
        self.assertIn("dead-host-remembered",
                      {finding["rule"] for finding in self.last["findings"] if finding["outcome"] == "pass"})

    def test_right_but_unusual_ones_pass(self):
        self.passes("stays", ["first-421", "first-451-at-rcpt"])
        self.passes("bounces-554", ["first-554-greeting"])

    def test_wrong_ones_fail_for_what_is_wrong(self):
        for (how, scenario), (rules, words) in WRONG.items():
            with self.subTest(scenario, how=how):
                options = ["--role", "queueing"] if how in QUEUEING else []
                case = self.cases(how, [scenario], *options)[scenario]
                failed = [finding for finding in case["findings"] if finding["outcome"] == "fail"]
                self.assertLessEqual(set(rules[:1]), {finding["rule"] for finding in failed}, self.said)
                self.assertLessEqual({finding["rule"] for finding in failed}, set(rules) | {"notified"}, self.said)
                first = next(finding for finding in failed if finding["rule"] == rules[0])
                self.assertIn(words, f"{first['actual']} ({first['near_miss']})")

    def test_every_scenario_has_a_wrong_sender(self):
        self.assertEqual({scenario for _, scenario in WRONG}, set(ALL))

    def test_too_little_to_tell_is_not_met(self):
        own = self.scenario_files(
            few="summary: Two hosts, one connection\nhosts: {a: , b: }\n"
                "names: {records: ['@ MX 1 a', '@ MX 1 b']}\nmet: session\nsender: {must: [spread]}\n")
        case = self.cases("right", ["few"], "--scenarios", own)["few"]
        self.assertEqual(case["answer"], "not-met", self.said)
        self.assertIn("at least 15 are needed to show", case["why"])

    def test_names_that_are_asked_for(self):
        own = self.scenario_files(
            names="summary: The domain is asked for, and nothing below trap\nhosts: {mx: }\n"
                  "sender: {must: [{asked: '@'}, {not-asked: trap}, {delivered: once}]}\n",
            traps="summary: The MX is not to be asked for\nhosts: {mx: }\nsender: {must: [{not-asked: mx}]}\n")
        cases = self.cases("right", ["names", "traps"], "--scenarios", own)
        self.assertEqual(cases["names"]["answer"], "ok", self.said)
        self.assertEqual(cases["traps"]["answer"], "fail", self.said)
        failed = [finding["actual"] for finding in cases["traps"]["findings"] if finding["outcome"] == "fail"]
        self.assertEqual(failed, ["the sender looked up mx.traps.test"])

    def test_the_sender_s_own_host_has_the_name_that_is_said(self):
        with served.Served("mx-is-self", options=("--dns", "0", "--sender-host", "own.example.test")) as server:
            self.assertEqual(dnsclient.Client(server.dns).ask("mx-is-self.test", "MX").texts(), ["10 own.example.test"])
            self.assertEqual(dnsclient.Client(server.dns).ask("own.example.test", "A").texts(), ["127.0.0.1"])
        for name in ("a..b", "a b", ""):
            with self.subTest(name):
                self.assertIn("is not a valid host name", self.fails(2, "serve", "healthy", "--sender-host", name))


if __name__ == "__main__":
    unittest.main()
