"""Servers by request: made, steered, closed; each with a port, a clock and a state of its own."""
import json
import socket

import api
from api import deliver
from program import DEADLINE, Raw, wait_until

MINE = """summary: Refuses whoever is called nobody
server:
  rules:
    - on: rcpt
      when: {recipient: "nobody@*"}
      reply: 550 5.1.1 No such user
sender:
  must: [retry]
"""
WRONG = """summary: Has two mistakes
server:
  rules:
    - onn: rcpt
      reply: 250 2.0.0 Ok
      times: often
sender:
  must: [retry]
"""
GREYLIST = """summary: Come back in five minutes
server:
  greylist: {delay: 5m, window: 1d, lifetime: 1d}
  rules:
    - on: rcpt
      when: {greylist: early}
      reply: 451 4.7.1 Greylisted
sender:
  must: [retry]
"""
QUEUE = """summary: An operator stops the queue
server:
  queue: {}
  rules:
    - on: mail
      when: {queue: stopped}
      reply: 432 4.3.2 Stopped
sender:
  must: [retry]
"""
SLOW = """summary: Says hello after half a minute
server:
  rules:
    - on: greeting
      delay: 30s
sender:
  must: [retry]
"""
YAML = {"Content-Type": "application/yaml"}


class Service(api.Case):
    def test_ready_healthy_version(self):
        for path in ("/readyz", "/healthz"):
            self.assertEqual((self.api.get(path).status, self.api.get(path).body), (200, b"ok\n"))
        version = self.api.get("/v1/version").json()
        self.assertEqual(version["version"], self.ok("--version").split()[1])
        self.assertEqual(version["version"], self.server.ready["version"])

    def test_ready_line_names_the_api(self):
        wait_until(lambda: "ready: 0 scenarios" in self.server.output(), "ready line")
        self.assertIn("API at " + self.server.ready["http"]["url"], self.server.output())

    def test_unknown_paths_and_methods(self):
        self.problem(self.api.get("/v2"), 404, "nothing at /v2")
        self.problem(self.api.get("/v1/servers/1/none"), 404, "nothing at")
        answer = self.api.request("PATCH", "/v1/servers")
        self.problem(answer, 405, "PATCH is not a method", "POST, GET")
        self.assertEqual(answer.headers["Allow"], "POST, GET")
        self.problem(self.api.get("/v1/%zz"), 400, "is not a valid path")

    def test_head_is_get_without_a_body(self):
        answer = self.api.request("HEAD", "/v1/version")
        self.assertEqual((answer.status, answer.body), (200, b""))
        self.assertEqual(int(answer.headers["Content-Length"]), len(self.api.get("/v1/version").body))

    def test_metrics_count(self):
        made = self.api.make()
        self.assertTrue(deliver(self.port(made)).startswith("250"))
        self.api.get("/v1/servers/none")
        answer = self.api.get("/metrics")
        self.assertTrue(answer.headers["Content-Type"].startswith("text/plain; version=0.0.4"))
        figures = dict(line.split() for line in answer.body.decode().splitlines() if not line.startswith("#"))
        self.assertEqual(figures["tempfail_servers"], "1")
        self.assertEqual(figures["tempfail_messages_accepted_total"], "1")
        self.assertEqual(figures["tempfail_http_requests_refused_total"], "1")
        self.api.request("DELETE", "/v1/servers/" + made["id"])
        figures = self.api.get("/metrics").body.decode()
        self.assertIn("\ntempfail_servers 0\n", figures)
        self.assertIn("\ntempfail_servers_deleted_total 1\n", figures)


class Scenarios(api.Case):
    def test_catalogue(self):
        names = [one["name"] for one in self.api.get("/v1/scenarios").json()["scenarios"]]
        self.assertEqual(names, [one["name"] for one in json.loads(self.ok("list", "--json"))])
        scenario = self.api.get("/v1/scenarios/disk-full").json()
        self.assertEqual(scenario["family"], "disk")
        yaml = self.api.get("/v1/scenarios/disk-full", Accept="application/yaml")
        self.assertEqual(yaml.type(), "application/yaml")
        self.assertEqual(yaml.body.decode(), scenario["yaml"])
        self.problem(self.api.get("/v1/scenarios/disk-ful"), 404, "did you mean disk-full")

    def test_a_scenario_is_put_in_and_served(self):
        answer = self.api.request("PUT", "/v1/scenarios/mine", MINE, YAML)
        self.assertEqual(answer.status, 201, answer.body)
        self.assertEqual(answer.json()["yaml"], MINE)
        port = self.port(self.api.make("mine"))
        self.assertTrue(deliver(port, "nobody@x.test").startswith("550 5.1.1"))
        self.assertTrue(deliver(port, "anybody@x.test").startswith("250"))
        again = self.api.request("PUT", "/v1/scenarios/mine", MINE.replace("550 5.1.1", "553 5.1.3"), YAML)
        self.assertEqual(again.status, 200)
        self.assertTrue(deliver(port, "nobody@x.test").startswith("550"))  # the server is as it was made
        self.assertTrue(deliver(self.port(self.api.make("mine")), "nobody@x.test").startswith("553 5.1.3"))
        self.assertEqual(self.api.get("/v1/scenarios").json()["scenarios"][-1]["name"], "mine")

    def test_mistakes_have_a_place(self):
        answer = self.api.request("PUT", "/v1/scenarios/wrong", WRONG, YAML)
        mistakes = self.problem(answer, 422, "wrong.yaml:4:7")["mistakes"]
        self.assertEqual([(one["line"], one["column"]) for one in mistakes[:1]], [(4, 7)])
        self.assertIn("onn", mistakes[0]["what"])
        self.assertIn("on", mistakes[0]["allowed"])
        self.problem(self.api.get("/v1/scenarios/wrong"), 404, "no scenario wrong")
        self.problem(self.api.request("PUT", "/v1/scenarios/Not%20valid", MINE, YAML), 422, "is not a valid scenario name",
                     "lower-case")


class Made(api.Case):
    def test_each_has_its_own_port_state_and_journal(self):
        self.api.request("PUT", "/v1/scenarios/greylist-5m", GREYLIST, YAML)
        one, other = (self.api.make("greylist-5m", clock="manual") for _ in range(2))
        self.assertNotEqual(self.port(one), self.port(other))
        self.assertTrue(deliver(self.port(one)).startswith("451"))
        now = self.api.post(f"/v1/servers/{one['id']}/advance", {"by": "5m"})
        self.assertEqual(now.json(), {"now": "5m", "now_us": 300_000_000})
        self.assertTrue(deliver(self.port(one)).startswith("250"))
        self.assertTrue(deliver(self.port(other)).startswith("451"))
        kinds = [[json.loads(line)["event"] for line in self.api.get(f"/v1/servers/{made['id']}/journal").body.splitlines()]
                 for made in (one, other)]
        self.assertEqual([kind.count("connect") for kind in kinds], [2, 1])
        self.assertEqual([kind.count("advance") for kind in kinds], [1, 0])

    def test_list_show_delete(self):
        made = self.api.make("disk-full", seed=7, time_scale=60, role="queueing", lease="1h")
        self.assertEqual(made["scenarios"], ["disk-full"])
        self.assertEqual((made["seed"], made["time_scale"], made["clock"]), (7, 60, "real"))
        self.assertEqual(made["lease"]["seconds"], 3600)
        path = "/v1/servers/" + made["id"]
        self.assertEqual([one["id"] for one in self.api.get("/v1/servers").json()["servers"]], [made["id"]])
        self.assertEqual(self.api.get(path).json()["endpoints"], made["endpoints"])
        with Raw(self.port(made)) as client:
            client.reply()
            self.assertEqual(self.api.get(path).json()["open"], 1)
            self.assertEqual(self.api.request("DELETE", path).status, 204)
            self.assertTrue(client.reply().startswith("421 "))
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", self.port(made)), timeout=DEADLINE)
        self.problem(self.api.get(path), 404, "there is no server")
        self.problem(self.api.request("DELETE", path), 404, "there is no server")
        self.assertEqual(self.api.get("/v1/servers").json()["servers"], [])

    def test_location_is_its_path(self):
        answer = self.api.post("/v1/servers", {"scenario": "healthy"})
        self.assertEqual(answer.headers["Location"], "/v1/servers/" + answer.json()["id"])
        self.assertEqual(self.api.get(answer.headers["Location"]).status, 200)

    def test_what_makes_no_sense(self):
        for body, status, part, allowed in (
                ({}, 422, "`scenario` is missing", None),
                ({"scenario": "none-such"}, 404, "no scenario none-such", None),
                ({"scenario": "healthy", "clok": "real"}, 422, "unknown key `clok`", "clock"),
                ({"scenario": "healthy", "clock": "stopped"}, 422, "`clock` stopped", "real, manual"),
                ({"scenario": "healthy", "clock": "manual", "time_scale": 2}, 422, "has no time scale", None),
                ({"scenario": "healthy", "time_scale": 0}, 422, "not a valid time scale", "above 0"),
                ({"scenario": "healthy", "time_scale": "fast"}, 422, "`time_scale` is not a number", None),
                ({"scenario": "healthy", "seed": -1}, 422, "`seed` is not a whole number", None),
                ({"scenario": "healthy", "lease": "10ms"}, 422, "not a valid lease", "1s to 1d"),
                ({"scenario": "healthy", "lease": "25h"}, 422, "not a valid lease", None),
                ({"scenario": "healthy", "lease": "soon"}, 422, "not a valid duration", "90s"),
                ({"scenario": "healthy", "tls_policy": "some"}, 422, "`tls_policy` some", "verified"),
                ({"scenario": "healthy", "role": "mta"}, 422, "`role` mta", "one-shot"),
                ({"scenario": "healthy", "without": ["wings"]}, 422, "`without` wings", "dsn"),
                ({"scenario": "healthy", "tls": "implicit", "tls_policy": "none"}, 422, "can't be combined", None),
                ({"scenario": "mx-servfail"}, 409, "needs DNS names or several hosts", None),
                ({"scenario": "starttls-refused", "tls": "implicit"}, 409, "is about STARTTLS", None),
                ([], 422, "not a JSON object", None)):
            with self.subTest(body=body):
                self.problem(self.api.post("/v1/servers", body), status, part, allowed)
        broken = self.api.request("POST", "/v1/servers", "{", {"Content-Type": "application/json"})
        self.problem(broken, 400, "not valid JSON: byte 2")
        self.assertEqual(self.api.get("/v1/servers").json()["servers"], [])

    def test_a_lease_that_runs_out_closes_the_server(self):
        made = self.api.make(lease="1s")
        kept = self.api.make(lease="1h")
        wait_until(lambda: len(self.api.get("/v1/servers").json()["servers"]) == 1, "the lease ran out")
        self.problem(self.api.get("/v1/servers/" + made["id"]), 404, "no server")
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", self.port(made)), timeout=DEADLINE)
        self.assertEqual(self.api.get("/v1/servers/" + kept["id"]).status, 200)
        self.assertIn("\ntempfail_servers_expired_total 1\n", self.api.get("/metrics").body.decode())

    def test_who_waits_holds_the_lease(self):
        made = self.api.make(lease="1s")
        answer = self.api.get(f"/v1/servers/{made['id']}/messages?min=1&wait=3s")
        self.assertEqual(answer.json(), {"complete": False, "count": 0, "messages": []})
        self.assertEqual(self.api.get("/v1/servers/" + made["id"]).status, 200)

    def test_tls_of_a_server_can_be_verified(self):
        made = self.api.make(tls="starttls", tls_policy="verified")
        self.assertIn("BEGIN CERTIFICATE", made["ca"])
        self.assertFalse(made["endpoints"][0]["tls"])
        with Raw(self.port(made)) as client:
            client.reply()
            self.assertIn("STARTTLS", client.say("EHLO client.test"))
        self.assertTrue(self.api.make(tls="implicit")["endpoints"][0]["tls"])
        self.assertIsNone(self.api.make()["ca"])


class Steered(api.Case):
    def test_advance_comes_after_what_clients_have_sent(self):
        """The client's bytes are with the kernel when the request is made: the session waits since the old moment."""
        self.assertEqual(self.api.request("PUT", "/v1/scenarios/slow", SLOW, YAML).status, 201)
        for _ in range(20):
            made = self.api.make("slow", clock="manual")
            with Raw(self.port(made)) as client:
                self.api.post(f"/v1/servers/{made['id']}/advance", {"by": "30s"})
                client.socket.setblocking(False)
                self.assertEqual(client.socket.recv(4), b"220 ")  # sent before the answer came
                client.socket.settimeout(DEADLINE)
            self.api.request("DELETE", "/v1/servers/" + made["id"])

    def test_advance_needs_a_manual_clock_and_a_duration(self):
        real, manual = self.api.make(), self.api.make(clock="manual")
        self.problem(self.api.post(f"/v1/servers/{real['id']}/advance", {"by": "1s"}), 409, "the clock is not manual", "manual")
        for body, part in (({"by": "soon"}, "`by` soon"), ({}, "`by` is missing"), ({"by": 5}, "is not a text")):
            self.problem(self.api.post(f"/v1/servers/{manual['id']}/advance", body), 422, part)
        self.problem(self.api.post("/v1/servers/99/advance", {"by": "1s"}), 404, "no server 99")

    def test_reset(self):
        self.api.request("PUT", "/v1/scenarios/greylist-5m", GREYLIST, YAML)
        made = self.api.make("greylist-5m", clock="manual")
        path = "/v1/servers/" + made["id"]
        deliver(self.port(made))
        self.api.post(path + "/advance", {"by": "5m"})
        self.assertEqual(self.api.post(path + "/reset").status, 204)
        self.assertTrue(deliver(self.port(made)).startswith("451"))
        self.assertEqual(self.api.post(path + "/reset", {"scenario": "greylist-5m"}).status, 204)
        self.problem(self.api.post(path + "/reset", {"scenario": "greylist"}), 404, "no scenario greylist is served")
        events = [json.loads(line) for line in self.api.get(path + "/journal").body.splitlines()]
        self.assertEqual([one["server"] for one in events if one["event"] == "reset"], [1, 1])

    def test_queue(self):
        self.api.request("PUT", "/v1/scenarios/stoppable", QUEUE, YAML)
        made = self.api.make("stoppable")
        path = f"/v1/servers/{made['id']}/queue"
        self.assertTrue(deliver(self.port(made)).startswith("250"))
        self.assertEqual(self.api.post(path, {"state": "stopped"}).status, 204)
        self.assertTrue(deliver(self.port(made)).startswith("432"))
        self.assertEqual(self.api.post(path, {"scenario": "stoppable", "state": "started"}).status, 204)
        self.assertTrue(deliver(self.port(made)).startswith("250"))
        self.problem(self.api.post(path, {"state": "paused"}), 422, "`state` paused", "stopped, started")
        other = self.api.make()
        self.problem(self.api.post(f"/v1/servers/{other['id']}/queue", {"state": "stopped"}), 409, "has no queue")
        self.problem(self.api.post("/v1/servers/99/queue", {"state": "stopped"}), 404, "no server")

    def test_mark(self):
        made = self.api.make()
        path = "/v1/servers/" + made["id"]
        answer = self.api.post(path + "/mark", {"label": "test 1"})
        self.assertEqual(answer.status, 201)
        events = [json.loads(line) for line in self.api.get(path + "/journal").body.splitlines()]
        self.assertEqual(events[answer.json()["position"] - 1],
                         {"seq": answer.json()["position"], "time_us": events[-1]["time_us"], "event": "mark",
                          "label": "test 1"})
        self.problem(self.api.post(path + "/mark", {"label": ""}), 422, "`label` is not a valid label")
        self.problem(self.api.post("/v1/servers/99/mark", {"label": "x"}), 404, "no server")


class Ports(api.Case):
    """A range of ports that was free a moment ago."""

    @classmethod
    def setUpClass(cls):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            base = min(probe.getsockname()[1], 65530)
        cls.first, cls.last = base, base + 2
        cls.arguments = ("--ports", f"{cls.first}-{cls.last}")

    def test_new_servers_stay_in_the_range(self):
        ports, full = [], None
        while full is None and len(ports) < 4:
            answer = self.api.post("/v1/servers", {"scenario": "healthy"})
            if answer.status == 201:
                ports.append(self.port(answer.json()))
            else:
                full = answer
        self.assertTrue(all(self.first <= port <= self.last for port in ports), ports)
        self.assertEqual(len(set(ports)), len(ports))
        self.problem(full, 503, f"no port from {self.first} to {self.last} is free")
        self.assertEqual(full.headers["Retry-After"], "1")


class WithOwnScenarios(api.Case):
    arguments = ("healthy", "disk-full", "--port", "0")

    def test_they_are_main(self):
        main = self.api.get("/v1/servers/main").json()
        self.assertEqual(main["scenarios"], ["healthy", "disk-full"])
        self.assertIsNone(main["lease"])
        self.assertEqual([one["port"] for one in main["endpoints"]],
                         [one["port"] for one in self.server.ready["endpoints"]])
        self.assertTrue(deliver(self.server.port("healthy")).startswith("250"))
        self.assertEqual(self.api.get("/v1/servers/main/messages").json()["count"], 1)
        self.problem(self.api.request("DELETE", "/v1/servers/main"), 409, "as long as the program runs")
        self.problem(self.api.post("/v1/servers/main/queue", {"state": "stopped"}), 422, "2 scenarios")
        self.api.make()
        self.assertEqual([one["id"] for one in self.api.get("/v1/servers").json()["servers"]], ["main", "1"])
