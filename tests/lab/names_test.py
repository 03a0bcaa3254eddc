"""The names of a lab, and where they lead: a raw client inside of it asks, connects, and is refused."""
import json
import os
import unittest

import sealed

MX_OF_SENDER = "198.51.100.250"
IPV6 = os.path.exists("/proc/net/if_inet6")


class Names(sealed.Case):
    def ask(self, *words, scenarios=("healthy",)):
        """The lab's answer to each question; over UDP and TCP it is the same."""
        result = {}
        for question, answers in self.program.lab("names", *words, scenarios=scenarios).items():
            self.assertEqual(answers[0], answers[1], question)
            result[question] = answers[0]
        return result

    def events(self, path, kind):
        events = [json.loads(line) for line in self.path(path).read_text().splitlines()]
        return [event for event in events if event["event"] == kind]

    def test_every_domain_leads_to_its_host_on_port_25(self):
        scenarios = ("healthy", "disk-full", "greylisted")
        answers = self.ask(*(word for name in scenarios for word in ("MX", f"{name}.test", "A", f"mx.{name}.test")),
                           scenarios=scenarios)
        for number, name in enumerate(scenarios, 1):
            self.assertEqual(answers[f"MX {name}.test"], ["noerror", f"10 mx.{name}.test"])
            self.assertEqual(answers[f"A mx.{name}.test"], ["noerror", f"192.0.2.{number}"])
            (address, greeting), = self.program.lab("mail", f"{name}.test", scenarios=scenarios)
            self.assertEqual(address, f"192.0.2.{number}")
            self.assertTrue(greeting.startswith(f"220 mx.{name}.test "), greeting)

    def test_names_of_scenarios_are_served(self):
        answers = self.ask("MX", "mx-servfail.test", "A", "mx-servfail.test", "A", "mx.mx-servfail.test", "MX", "null-mx.test",
                           "MX", "domain-is-a-cname.test", scenarios=("mx-servfail", "null-mx", "domain-is-a-cname"))
        self.assertEqual(answers, {"MX mx-servfail.test": ["servfail"], "A mx-servfail.test": ["noerror", "192.0.2.2"],
                                   "A mx.mx-servfail.test": ["noerror", "192.0.2.1"],
                                   "MX null-mx.test": ["noerror", "0 ."],
                                   "MX domain-is-a-cname.test": ["noerror", "real-domain-of-the-cname.test",
                                                                 "10 mx.domain-is-a-cname.test"]})

    def test_the_senders_own_domain(self):
        self.assertEqual(self.ask("MX", "sender.test", "A", "mail.sender.test", "A", "mx.sender.test", "A", "sender.test"),
                         {"MX sender.test": ["noerror", "10 mx.sender.test"], "A mail.sender.test": ["noerror", "203.0.113.2"],
                          "A mx.sender.test": ["noerror", MX_OF_SENDER], "A sender.test": ["noerror"]})
        (address, greeting), = self.program.lab("mail", "sender.test", scenarios=("tempfail-forever",))
        self.assertEqual(address, MX_OF_SENDER)
        self.assertTrue(greeting.startswith("220 mx.sender.test "), greeting)

    def test_what_is_not_there_does_not_exist_and_what_is_elsewhere_is_refused(self):
        self.assertEqual(self.ask("A", "absent.test", "PTR", "2.113.0.203.in-addr.arpa", "PTR", "1.2.0.192.in-addr.arpa",
                                  "PTR", "2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.f.f.f.f.8.b.d.0.1.0.0.2.ip6.arpa",
                                  "A", "example.com", "PTR", "1.1.1.1.in-addr.arpa"),
                         {"A absent.test": ["nxdomain"], "PTR 2.113.0.203.in-addr.arpa": ["nxdomain"],
                          "PTR 1.2.0.192.in-addr.arpa": ["nxdomain"],
                          "PTR 2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.f.f.f.f.8.b.d.0.1.0.0.2.ip6.arpa": ["nxdomain"],
                          "A example.com": ["refused"], "PTR 1.1.1.1.in-addr.arpa": ["refused"]})

    def test_the_systems_own_resolver_asks_it(self):
        self.assertEqual(self.program.lab("search", "mx.disk-full.test", "absent.test", scenarios=("disk-full",)),
                         {"mx.disk-full.test": "192.0.2.1", "absent.test": None})

    def test_a_scenarios_search_list_is_the_resolvers(self):
        name = "absent.search-list-trap.test"
        self.assertEqual(self.program.lab("search", name, scenarios=("search-list-trap",)), {name: "192.0.2.1"})
        self.assertEqual(self.ask("A", name, scenarios=("search-list-trap",)), {f"A {name}": ["nxdomain"]})
        self.assertIn("search trap.search-list-trap.test\n",
                      self.program.lab("look", scenarios=("search-list-trap",))["resolv_conf"])
        self.assertNotIn("search", self.program.lab("look", scenarios=("no-mx",))["resolv_conf"])

    def test_queries_are_in_the_journal(self):
        self.program.lab("names", "MX", "healthy.test", "MX", "sender.test", "A", "absent.test",
                         options=("--journal", "queries.jsonl"))
        seen = {(event["name"], event["transport"], event["answer"], event.get("met", False), "server" in event)
                for event in self.events("queries.jsonl", "query")}
        self.assertEqual(seen, {(name, over, answer, False, own)
                                for over in ("udp", "tcp")
                                for name, answer, own in (("healthy.test", "noerror", True), ("sender.test", "noerror", False),
                                                          ("absent.test", "nxdomain", False))})

    def test_a_host_for_each_name_of_the_table(self):
        result = self.program.run("lab", "--scenario", "mx-servfail", "--scenario", "disk-full", "--", "true")
        self.assertRegex(result.stderr, r"(?m)^192\.0\.2\.1:25,587 +mx\.mx-servfail\.test ")
        self.assertRegex(result.stderr, r"(?m)^192\.0\.2\.2:25,587 +mx-servfail\.test ")
        self.assertRegex(result.stderr, r"(?m)^192\.0\.2\.3:25,587 +disk-full ")
        self.assertRegex(result.stderr, r"(?m)^198\.51\.100\.250:25 +mx\.sender\.test ")
        self.assertRegex(result.stderr, r"(?m)^192\.0\.2\.53:53 +DNS ")

    def test_the_senders_own_domain_can_be_no_scenarios(self):
        folder = self.path("own") / "family"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "sender.yaml").write_text("summary: x\nserver: {listen: accepted}\nsender: {must: [retry]}\n")
        result = self.program.run("lab", "--scenarios", folder.parent, "--scenario", "sender", "--", "true")
        self.assertEqual(result.returncode, 3, result.stderr)
        self.assertIn("in a lab sender.test is the sender's own domain", result.stderr)

    def test_another_name_server_makes_no_sense(self):
        result = self.program.run("lab", "test", "healthy", "--dns", "5300", "--", "true")
        self.assertEqual(result.returncode, 2)
        self.assertIn("--dns 5300: leave it out, a lab has its own name server", result.stderr)
        self.assertEqual(self.program.run("lab", "--dns", "5300", "--", "true").returncode, 2)


class Faults(sealed.Case):
    """Hosts that can't be reached. How they come back is walked (walks_test.py)."""

    def refused_in(self, scenario, *words):
        self.path(f"{scenario}.jsonl").unlink(missing_ok=True)
        self.program.lab("connect", *words, scenarios=(scenario,), options=("--journal", f"{scenario}.jsonl"))
        events = [json.loads(line) for line in self.path(f"{scenario}.jsonl").read_text().splitlines()]
        return [(event["answer"], event.get("refused", 0)) for event in events if event["event"] == "listen"]

    def test_they_say_so_and_each_try_is_counted(self):
        for scenario, error in (("host-unreachable", "EHOSTUNREACH"), ("network-unreachable", "ENETUNREACH"),
                                ("connection-refused", "ECONNREFUSED")):
            with self.subTest(scenario):
                self.assertEqual(self.program.lab("connect", "192.0.2.1", "25", scenarios=(scenario,)),
                                 {"192.0.2.1 25": error})
        words = ["192.0.2.1", "25"] * 3
        self.assertEqual(self.refused_in("host-unreachable", *words), [("host-unreachable", 0), ("host-unreachable", 3)])
        self.assertEqual(self.refused_in("connection-refused", *words), [("refused", 0), ("refused", 3)])

    def test_other_ports_of_a_host_that_is_cut_off_are_not_counted(self):
        self.assertEqual(self.refused_in("host-unreachable", "192.0.2.1", "26"), [("host-unreachable", 0)])

    def own(self, name, text):
        """A scenario of the test's own: the options with which it is found."""
        folder = self.path("own") / "family"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.yaml").write_text(f"summary: x\n{text}\nsender: {{must: [retry]}}\n")
        return ("--scenarios", folder.parent)

    def listened(self, path):
        events = [json.loads(line) for line in self.path(path).read_text().splitlines()]
        return [event for event in events if event["event"] == "listen"]

    @unittest.skipUnless(IPV6, "the kernel has no IPv6")
    def test_a_host_comes_back_and_tries_are_counted_by_window(self):
        text = "hosts: {mx: {addresses: [ipv4, ipv6], server: {listen: {answer: network-unreachable, during: 0s..30m}}}}"
        options = self.own("comes-back", text)
        for address in ("192.0.2.1", "2001:db8:1::2"):
            with self.subTest(address):
                outcomes = self.program.lab("until", "open", address, "25", scenarios=("comes-back",),
                                            options=(*options, "--time-scale", 600, "--journal", f"back-{address}"))
                self.assertEqual(outcomes, ["ENETUNREACH", "open"])
                answers = [(event["answer"], event.get("refused", 0) > 0) for event in self.listened(f"back-{address}")]
                self.assertEqual(sorted(answers), [("accepted", False), ("accepted", True), ("network-unreachable", False),
                                                   ("network-unreachable", False)])

    def test_sessions_of_a_host_that_is_cut_off_are_lost(self):
        options = self.own("cut-off", "server: {listen: {answer: host-unreachable, during: 30m..}}")
        self.assertEqual(self.program.lab("cut_off", "192.0.2.1", "25", scenarios=("cut-off",),
                                          options=(*options, "--time-scale", 600)),
                         {"greeted": True, "new": "EHOSTUNREACH", "reply": None})

    def test_outside_of_a_lab_they_are_left_out_in_so_many_words(self):
        result = self.program.run("test", "host-unreachable", "healthy", "--dry-run", "--", "true")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertNotIn("host-unreachable:", result.stdout)
        self.assertIn("left out, because no server can make its host or its network unreachable (a router can: tempfail "
                      "lab test has one): host-unreachable\n", result.stderr)
        result = self.program.run("serve", "network-unreachable", "--port", "0")
        self.assertEqual(result.returncode, 2)
        self.assertIn("no scenario is left", result.stderr)

    @unittest.skipUnless(IPV6, "the kernel has no IPv6")
    def test_hosts_with_addresses_of_ipv6(self):
        self.assertEqual(self.program.lab("names", "AAAA", "no-mx-ipv6-only.test", scenarios=("no-mx-ipv6-only",)),
                         {"AAAA no-mx-ipv6-only.test": [["noerror", "2001:db8:1::1"]] * 2})
        greeted = self.program.lab("greet", "2001:db8:1::1", "25", scenarios=("no-mx-ipv6-only",))
        self.assertTrue(greeted["2001:db8:1::1 25"].startswith("220 no-mx-ipv6-only.test "), greeted)
        self.assertEqual(self.program.lab("connect", "2001:db8:1::1", "25", "192.0.2.2", "25", scenarios=("ipv6-dead",)),
                         {"2001:db8:1::1 25": "EHOSTUNREACH", "192.0.2.2 25": "open"})


class NamesAsNobody(sealed.AsNobody, Names):
    pass


class FaultsAsNobody(sealed.AsNobody, Faults):
    pass


if __name__ == "__main__":
    sealed.main()
