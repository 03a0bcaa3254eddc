"""Little senders that find their way by MX, right and wrong, in a lab: the right one passes, the others fail where they are wrong."""
import json
import os
import pathlib
import shutil
import unittest

import sealed

SENDER = pathlib.Path(sealed.__file__).resolve().parents[1] / "cli" / "mx_sender.py"
NOTIFYING = SENDER.parents[1] / "scenarios" / "notifying_sender.py"
IPV6 = os.path.exists("/proc/net/if_inet6")


class Senders(sealed.Case):
    def cases(self, how, *scenarios):
        # One that queues has nobody to give a message back to.
        result = self.program.run("lab", "test", *scenarios, "--json", "--time-scale", 1200, "--role", "queueing", "--jobs", 6,
                                  "--", sealed.PYTHON, SENDER, how)
        self.assertIn(result.returncode, (0, 1), result.stderr)
        return {case["scenario"]: case for case in json.loads(result.stdout)["cases"]}

    def assert_fails(self, how, scenario, rule):
        case = self.cases(how, scenario)[scenario]
        self.assertEqual(case["answer"], "fail", case)
        self.assertIn(rule, [finding["rule"] for finding in case["findings"] if finding["outcome"] == "fail"], case)

    def test_a_right_one_passes(self):
        names = ["healthy", "mx-servfail", "no-mx", "one-mx-points-nowhere", "truncated", "mx-moves", "idn-domain", "host-unreachable",
                 "network-unreachable", "connection-refused"] + (["no-mx-ipv6-only", "ipv6-dead"] if IPV6 else [])
        cases = self.cases("right", *names)
        self.assertEqual({name: case["answer"] for name, case in cases.items()}, {name: "ok" for name in names})
        for name in set(names) - {"healthy"}:
            self.assertTrue(cases[name]["met"], name)

    def test_who_takes_a_host_that_can_not_be_reached_for_the_end_fails(self):
        for scenario in ("host-unreachable", "network-unreachable", "connection-refused"):
            with self.subTest(scenario):
                self.assert_fails("gives-up", scenario, "retry")

    def test_who_falls_back_on_the_domain_fails(self):
        self.assert_fails("falls-back", "mx-servfail", "untouched")
        self.assert_fails("ignores-null", "null-mx", "untouched")

    @unittest.skipUnless(IPV6, "the kernel has no IPv6")
    def test_who_knows_one_family_of_addresses_or_one_address_fails(self):
        self.assert_fails("a-alone", "no-mx-ipv6-only", "delivered")
        self.assert_fails("one-address", "ipv6-dead", "delivered")

    def test_tempfail_send_knows_itself_by_address(self):
        """By its own, whatever it is called there; what is worse than itself is not gone to, what is better is."""
        folder = self.path("own") / "family"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "me.yaml").write_text(
            "summary: x\nhosts: {good: , worse: {decoy: yes}}\nnames: {domain: [me.test, better.test], records: ['@ MX 10 alias', "
            "'@ MX 20 worse', 'alias A 203.0.113.2', 'better.test. MX 5 good', 'better.test. MX 10 alias']}\n"
            "sender: {must: [{delivered: never}]}\n")
        shutil.copy2(pathlib.Path(sealed.TEMPFAIL).with_name("tempfail-send"), self.program.folder)
        ended = {}
        for domain in ("me.test", "better.test"):
            done = self.program.run("lab", "-q", "--scenarios", folder.parent, "--scenario", "me", "--", self.program.folder /
                                    "tempfail-send", "send", "--from", "a@sender.test", "--to", f"b@{domain}", "--once", "--json",
                                    "--tls", "never", input="Subject: x\n\nx\n", stdin=None)
            (recipient,) = json.loads(done.stdout)
            ended[domain] = (recipient["state"], recipient["status"], recipient["host"])
        self.assertEqual(ended, {"me.test": ("failed", "5.4.6", "alias.me.test"),
                                 "better.test": ("delivered", "2.0.0", "good.me.test")})

    def test_who_gives_another_reason_for_no_route_fails(self):
        for fault, answer, failed in (("none", "ok", set()), ("wrong-status", "fail", {"notified", "true-notification"}), ("silent", "fail", {"notified"})):
            with self.subTest(fault):
                result = self.program.run("lab", "test", "no-route", "--json", "--time-scale", 3600, "--role", "queueing", "--queue-lifetime", "6h", "--",
                                          sealed.PYTHON, NOTIFYING, fault, "{handover}")
                (case,) = json.loads(result.stdout)["cases"]
                self.assertEqual(case["answer"], answer, case)
                self.assertLessEqual({finding["rule"] for finding in case["findings"] if finding["outcome"] == "fail"}, failed)

    def test_without_mx_they_are_not_run(self):
        result = self.program.run("lab", "test", "null-mx", "--json", "--without", "mx", "--", "false")
        (case,) = json.loads(result.stdout)["cases"]
        self.assertEqual(case["answer"], "not-applicable")


if __name__ == "__main__":
    sealed.main()
