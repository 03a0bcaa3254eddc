"""`tempfail serve --mix`: what recipients are told, what is counted, and how the mix changes while it runs."""
import json
import pathlib
import smtplib
import sys

import program
from api import Api
from program import Server

ROOT = pathlib.Path(__file__).resolve().parents[2]
MIX = """\
domains:
  "*.gateway.test":
    healthy: rest
    greylisted: 20
    no-such-user: 10
  "full.test":
    mailbox-full: 100
  "*":
    healthy: 100
"""
USERS = 60


def answers(port, domain, users=range(USERS), deliver=True):
    """What each user's RCPT is answered: user number -> code. Each has a transaction; those accepted get a message."""
    told = {}
    with smtplib.SMTP("127.0.0.1", port, local_hostname="client.test", timeout=program.DEADLINE) as client:
        client.ehlo()
        for user in users:
            client.mail("me@sender.test")
            told[user] = client.rcpt(f"user{user}@{domain}")[0]
            if told[user] == 250 and deliver:
                code, text = client.data(f"Message-ID: <{user}@{domain}>\r\nSubject: x\r\n\r\ntext\r\n")
                assert code == 250, text
            else:
                client.rset()
    return told


def count(told, code):
    return sum(1 for one in told.values() if one == code)


class Mix(program.Case):
    def setUp(self):
        super().setUp()
        self.file = self.directory / "a mix.yaml"
        self.file.write_text(MIX)

    def serve(self, *arguments):
        server = Server(self.directory, "--mix", self.file, "--port", "0", *arguments)
        server.__enter__()
        self.addCleanup(lambda: server.__exit__(sys.exc_info()[0]))
        self.port = server.ready["common"]["port"]
        return server

    def shares(self, mix, domain):
        return {one["scenario"]: one for one in next(d for d in mix["domains"] if d["domain"] == domain)["shares"]}

    def test_answers_and_counts(self):
        server = self.serve("--http", "0", "--clock", "manual")
        self.assertEqual(server.ready["mix"],
                         {"file": str(self.file), "domains": ["*.gateway.test", "full.test", "*"],
                          "scenarios": ["healthy", "greylisted", "no-such-user", "mailbox-full"]})
        self.assertEqual((server.ready["endpoints"], server.ready["common"]["scenario"]), ([], "*"))
        api = Api(server.ready["http"]["url"])
        told = answers(self.port, "mx.gateway.test")
        greylisted, unknown, accepted = (count(told, code) for code in (451, 550, 250))
        self.assertEqual(greylisted + unknown + accepted, USERS)
        self.assertTrue(greylisted > 0 and unknown > 0 and accepted > 0, told)
        self.assertEqual(answers(self.port, "full.test", range(3)), {0: 452, 1: 452, 2: 452})
        self.assertEqual(answers(self.port, "elsewhere.test", range(3)), {0: 250, 1: 250, 2: 250})

        # A retry meets the same scenario, and the state that the first try has left.
        self.assertEqual(answers(self.port, "MX.Gateway.test", deliver=False), told)
        self.assertEqual(api.post("/v1/servers/main/advance", {"by": "6m"}).status, 200)
        later = answers(self.port, "mx.gateway.test")
        self.assertEqual({user for user in told if told[user] == 550}, {user for user in later if later[user] == 550})
        self.assertEqual(count(later, 250), accepted + greylisted)

        mix = api.get("/v1/mix").json()
        self.assertEqual((mix["changes"], mix["former"], mix["yaml"]), (0, [], MIX))
        shares = self.shares(mix, "*.gateway.test")
        self.assertEqual({name: one["percent"] for name, one in shares.items()},
                         {"healthy": 70, "greylisted": 20, "no-such-user": 10})
        self.assertEqual(shares["healthy"]["answers"],
                         {"rcpt": {"accepted": 3 * accepted, "deferred": 0, "rejected": 0},
                          "message": {"accepted": 2 * accepted, "deferred": 0, "rejected": 0}})
        self.assertEqual(shares["greylisted"]["answers"],
                         {"rcpt": {"accepted": greylisted, "deferred": 2 * greylisted, "rejected": 0},
                          "message": {"accepted": greylisted, "deferred": 0, "rejected": 0}})
        self.assertEqual(shares["no-such-user"]["answers"]["rcpt"], {"accepted": 0, "deferred": 0, "rejected": 3 * unknown})
        metrics = api.get("/metrics").body.decode()
        for labels, value in ((("*.gateway.test", "greylisted", "rcpt", "deferred"), 2 * greylisted),
                              (("*.gateway.test", "no-such-user", "rcpt", "rejected"), 3 * unknown),
                              (("full.test", "mailbox-full", "rcpt", "deferred"), 3),
                              (("*", "healthy", "message", "accepted"), 3)):
            line = 'tempfail_mix_answers_total{{domain="{}",scenario="{}",stage="{}",answer="{}"}} {}\n'
            self.assertIn(line.format(*labels, value), metrics)
        self.assertIn("tempfail_mix_changes_total 0\n", metrics)

    def test_another_scenario_in_a_transaction_is_split_off(self):
        server = self.serve("--http", "0")
        told = answers(self.port, "mx.gateway.test", deliver=False)
        accepted = next(user for user in told if told[user] == 250)
        greylisted = next(user for user in told if told[user] == 451)
        with smtplib.SMTP("127.0.0.1", self.port, timeout=program.DEADLINE) as client:
            client.ehlo()
            client.mail("me@sender.test")
            self.assertEqual(client.rcpt(f"user{accepted}@mx.gateway.test")[0], 250)
            self.assertEqual(client.rcpt(f"user{greylisted}@mx.gateway.test")[0], 452)
            self.assertEqual(client.rcpt("user@elsewhere.test")[0], 452)  # a domain of its own
        mix = Api(server.ready["http"]["url"]).get("/v1/mix").json()
        self.assertEqual(self.shares(mix, "*.gateway.test")["greylisted"]["answers"]["rcpt"]["split"], 1)
        self.assertEqual(self.shares(mix, "*")["healthy"]["answers"]["rcpt"], {"accepted": 0, "deferred": 0, "rejected": 0, "split": 1})

    def test_changed_over_the_api(self):
        server = self.serve("--http", "0", "--journal", self.directory / "journal.jsonl", "--clock", "manual")
        api = Api(server.ready["http"]["url"])
        put = lambda text, kind="application/yaml": api.request("PUT", "/v1/mix", text, {"Content-Type": kind})
        told = answers(self.port, "mx.gateway.test", deliver=False)
        self.assertEqual(answers(self.port, "elsewhere.test", range(1)), {0: 250})
        with program.Raw(self.port) as under_way:
            under_way.reply()
            under_way.say("EHLO client.test")
            under_way.say("MAIL FROM:<me@sender.test>")
            accepted = next(user for user in told if told[user] == 250)
            self.assertEqual(under_way.say(f"RCPT TO:<user{accepted}@mx.gateway.test>")[:3], "250")

            wrong = put("domains:\n  \"*\": {helthy: 99, greylisted: rest, disk-full: 2}\n")
            self.assertEqual((wrong.status, wrong.type()), (422, "application/problem+json"))
            self.assertEqual([(one["line"], one["column"], one["what"]) for one in wrong.json()["mistakes"]],
                             [(2, 3, "the shares of `*` add up to 101"),
                              (2, 9, "no scenario is called `helthy`; did you mean `healthy`?")])
            self.assertEqual(put("{}", "application/json").status, 415)
            self.assertEqual(answers(self.port, "mx.gateway.test", deliver=False), told)  # nothing has changed

            changed = put("domains: {\"*.gateway.test\": {healthy: 0, greylisted: 20, no-such-user: 80}, \"*\": {disk-full-at-mail: 100}}")
            self.assertEqual((changed.status, changed.json()["changes"]), (200, 1), changed.body)
            self.assertEqual(under_way.say("DATA")[:3], "354")  # goes on as it began
            self.assertEqual(under_way.say("Subject: x\r\n\r\ntext\r\n.")[:3], "250")

        now = answers(self.port, "mx.gateway.test", deliver=False)
        for user, code in told.items():  # those that were greylisted still are, all others have moved
            self.assertEqual(now[user], 451 if code == 451 else 550)
        self.assertEqual(answers(self.port, "full.test", range(1)), {0: 452})
        self.assertEqual(api.post("/v1/servers/main/advance", {"by": "6m"}).status, 200)
        self.assertEqual(count(answers(self.port, "mx.gateway.test", deliver=False), 250), count(told, 451))
        mix = api.get("/v1/mix").json()
        self.assertEqual([(one["domain"], one["scenario"], one["answers"]["message"]["accepted"]) for one in mix["former"]],
                         [("*", "healthy", 1)])  # nothing was sent to full.test before
        self.assertEqual(self.shares(mix, "*.gateway.test")["healthy"]["answers"]["message"]["accepted"], 1)
        self.assertEqual(api.get("/v1/mix", Accept="application/yaml").body.decode(), mix["yaml"])
        self.assertIn("disk-full-at-mail", api.get("/v1/servers/main").json()["scenarios"])
        self.assertEqual(api.post("/v1/servers/main/reset", {"scenario": "disk-full-at-mail"}).status, 204)
        server.stop()
        notes = [one["text"] for one in map(json.loads, (self.directory / "journal.jsonl").read_text().splitlines())
                 if one["event"] == "note"]
        self.assertEqual(notes, ["mix: *.gateway.test: healthy 70 %, greylisted 20 %, no-such-user 10 %; "
                                 "full.test: mailbox-full 100 %; *: healthy 100 %",
                                 "mix: *.gateway.test: healthy 0 %, greylisted 20 %, no-such-user 80 %; *: disk-full-at-mail 100 %"])

    def test_a_scenario_of_ones_own_changes(self):
        server = self.serve("--http", "0")
        api = Api(server.ready["http"]["url"])
        yaml = {"Content-Type": "application/yaml"}
        for code in (450, 451):
            scenario = ("summary: Later\nserver: {rules: [{on: rcpt, reply: %d 4.2.1 Later}]}\nsender: {must: [retry]}\n" % code)
            self.assertLess(api.request("PUT", "/v1/scenarios/later", scenario, yaml).status, 300)
            self.assertEqual(api.request("PUT", "/v1/mix", "domains: {\"*\": {later: 100}}", yaml).status, 200)
            self.assertEqual(answers(self.port, "a.test", range(1)), {0: code})

    def test_what_changes_leave_behind_has_a_limit(self):
        server = self.serve("--http", "0")
        api = Api(server.ready["http"]["url"])
        shares = "{healthy: rest, greylisted: 1, no-such-user: 1, mailbox-full: 1, blocklisted: 1}"
        for change in range(1, 30):
            domains = "".join(f"  d{number}-{change}.test: {shares}\n" for number in range(199))
            answer = api.request("PUT", "/v1/mix", f"domains:\n{domains}  \"*\": {shares}\n", {"Content-Type": "application/yaml"})
            if answer.status != 200:
                break
        self.assertEqual(answer.status, 503, answer.body[:300])
        self.assertIn("the mix has changed too often", answer.json()["detail"])
        self.assertEqual(change, 21)  # 20 of 995 new ones each, and those of before
        self.assertEqual(api.get("/v1/mix").json()["domains"][0]["domain"], "d0-20.test")
        self.assertEqual(set(answers(self.port, "d7-20.test", range(40), deliver=False).values()) - {250, 451, 452, 550, 554}, set())

    def test_changed_by_control(self):
        socket = self.directory / "control"
        server = self.serve("--http", "0", "--control", socket)
        self.assertEqual(answers(self.port, "full.test", range(1)), {0: 452})
        other = self.directory / "another mix.yaml"
        for place, what, code in (([socket], "no-such-user", 550), (["--url", server.ready["http"]["url"]], "greylisted", 451)):
            other.write_text("domains: {\"*\": {%s: 100}}\n" % what)
            mix = json.loads(self.ok("control", *place, "mix", other.name, cwd=self.directory))
            self.assertEqual(mix["domains"][0]["shares"][0]["scenario"], what)
            self.assertEqual(json.loads(self.ok("control", *place, "mix"))["domains"], mix["domains"])
            self.assertEqual(answers(self.port, "full.test", range(1)), {0: code})
            other.write_text("domains: {\"*\": {healthy: 99, %s: 2}}\n" % what)
            self.assertIn(":1:11: the shares of `*` add up to 101", self.fails(2, "control", *place, "mix", other))
            self.assertIn("nowhere.yaml", self.fails(2, "control", *place, "mix", self.directory / "nowhere.yaml"))

    def test_where_no_mix_is_served(self):
        with Server(self.directory, "healthy", "--port", "0", "--http", "0", "--control", self.directory / "c") as server:
            api = Api(server.ready["http"]["url"])
            self.assertIsNone(server.ready["mix"])
            self.assertEqual(api.get("/v1/mix").status, 404)
            self.assertEqual(api.request("PUT", "/v1/mix", MIX, {"Content-Type": "application/yaml"}).status, 404)
            self.assertNotIn("mix", api.get("/metrics").body.decode())
            self.assertIn("no mix is served; allowed: tempfail serve --mix FILE",
                          self.fails(2, "control", self.directory / "c", "mix"))

    def test_starttls_that_the_port_does_not_offer(self):
        needs_tls = "summary: x\nserver: {tls: starttls, rules: [{on: rcpt, when: {tls: yes}, reply: 450 4.2.1 Later}]}\nsender: {must: [retry]}\n"
        scenarios = self.scenario_files(inside_tls=needs_tls)
        other = self.directory / "other.yaml"
        other.write_text("domains: {\"*\": {inside-tls: 100}}\n")
        server = self.serve("--control", self.directory / "c", "--http", "0", "--scenarios", scenarios)
        put = Api(server.ready["http"]["url"]).request("PUT", "/v1/mix", other.read_text(), {"Content-Type": "application/yaml"})
        self.assertEqual(put.status, 409)
        self.assertIn("the scenario inside-tls needs STARTTLS, which the port of the mix does not offer; allowed: "
                      "tempfail serve --mix FILE --starttls", self.fails(2, "control", self.directory / "c", "mix", other))
        server.stop()
        self.serve("--control", self.directory / "c", "--scenarios", scenarios, "--starttls")
        self.ok("control", self.directory / "c", "mix", other)

    def test_what_it_prints(self):
        server = self.serve("--seed", "7")
        self.assertRegex(server.output(), r"(?m)^127\.0\.0\.1:%d +\* +a mix: " % self.port)
        self.assertRegex(server.output(), r"(?m)^ +\*\.gateway\.test: healthy 70 %, greylisted 20 %, no-such-user 10 %$")
        self.assertIn("ready: 4 scenarios in a mix for 3 domains", server.output())

    def test_the_same_seed_draws_the_same(self):
        told = []
        for seed in ("7", "7", "8"):
            with Server(self.directory, "--mix", self.file, "--port", "0", "--seed", seed) as server:
                told.append(answers(server.ready["common"]["port"], "mx.gateway.test", deliver=False))
        self.assertEqual(told[0], told[1])
        self.assertNotEqual(told[0], told[2])

    def test_wrong_usage(self):
        for more, what in ((["healthy"], "SCENARIO"), (["--shared-port", "0"], "--shared-port"), (["--dns", "0"], "--dns")):
            self.assertIn("--mix serves the scenarios of its file on one port (--port), without " + what,
                          self.fails(2, "serve", "--mix", self.file, "--port", "0", *more))
        self.assertIn("nowhere.yaml", self.fails(2, "serve", "--mix", "nowhere.yaml"))
        self.file.write_text("domains:\n  \"*\": {helthy: 50, disk-full: 49}\n")
        self.assertIn(f"{self.file}:2:3: the shares of `*` add up to 99; allowed: 100 in all, or `rest` for one of them "
                      "(and 1 more: tempfail check --mix shows them)", self.fails(2, "serve", "--mix", self.file))

    def test_check(self):
        examples = sorted((ROOT / "examples" / "mixes").glob("*.yaml"))
        self.assertGreaterEqual(len(examples), 2)
        self.assertEqual(self.ok("check", "--mix", *examples).count(": ok\n"), len(examples))
        self.file.write_text("domains: {\"*\": {healthy: 100, mine: 1}}\n")
        checked = program.run("check", "--mix", self.file, "--json")
        self.assertEqual((checked.returncode, len(json.loads(checked.stdout)[0]["mistakes"])), (1, 2))
        scenarios = self.scenario_files(mine="summary: x\nsender: {must: [{delivered: once}]}\n")
        checked = program.run("check", "--mix", self.file, "--scenarios", scenarios)
        self.assertEqual((checked.returncode, checked.stdout.count("add up to 101")), (1, 1))
        self.assertIn("--scenarios needs --mix", self.fails(2, "check", scenarios, "--scenarios", scenarios))

    def test_the_journal_is_judged(self):
        """A sender that retries each recipient by itself passes; one that gives up does not."""
        for gives_up in (False, True):
            journal = self.directory / f"journal-{gives_up}.jsonl"
            with Server(self.directory, "--mix", self.file, "--port", "0", "--journal", journal, "--clock", "manual",
                        "--control", self.directory / "c") as server:
                port = server.ready["common"]["port"]
                told = answers(port, "mx.gateway.test")
                deferred = [user for user in told if told[user] == 451]
                self.ok("control", self.directory / "c", "advance", "30m")
                if not gives_up:
                    self.assertEqual(count(answers(port, "mx.gateway.test", deferred), 250), len(deferred))
                self.ok("control", self.directory / "c", "advance", "6h")
            judged = program.run("judge", "--json", journal)
            cases = {one["scenario"]: one for one in json.loads(judged.stdout)["cases"]}
            self.assertEqual(set(cases), {"healthy", "greylisted", "no-such-user"}, judged.stdout)
            self.assertEqual(cases["greylisted"]["answer"], "fail" if gives_up else "ok", cases["greylisted"]["why"])
            self.assertNotIn("fail", {cases[name]["answer"] for name in ("healthy", "no-such-user")})

