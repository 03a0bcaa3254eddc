"""The name server of a server: it leads to its hosts, says what it was asked, and takes names."""
import smtplib
import socket

import api
import dnsclient
from cases_arrivals import Later
from program import DEADLINE
from resolver import Resolver


def resolver_of(made):
    return Resolver(f"{made['names']['address']}:{made['names']['port']}", wait_seconds=DEADLINE)


class Names(api.Case):
    def path(self, made, rest=""):
        return f"/v1/servers/{made['id']}{rest}"

    def queries(self, made, question=""):
        answer = self.api.get(self.path(made, "/queries" + question))
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()

    def test_names_lead_to_the_hosts_and_the_verdict_knows_the_queries(self):
        made = self.api.make("one-mx-points-nowhere", names=True, clock="manual")
        domain = "one-mx-points-nowhere.test"
        names = self.api.get(self.path(made, "/names")).json()
        self.assertEqual((names["address"], names["port"]), (made["names"]["address"], made["names"]["port"]))
        self.assertEqual(names["domains"], [domain])
        self.assertEqual(names["queries"], 0)
        self.api.post(self.path(made, "/handovers"), {"sender": "me@sender.test", "recipients": [f"you@{domain}"]})
        look_up = resolver_of(made).look_up
        self.assertEqual(sorted(look_up(domain, "MX")), [f"10 absent.{domain}", f"20 mx2.{domain}"])
        self.assertIsNone(look_up(f"absent.{domain}", "A"))
        [address] = look_up(f"mx2.{domain}", "A")
        self.assertEqual(names["hosts"], [{"name": f"mx2.{domain}", "addresses": [address]}])
        endpoint = made["endpoints"][0]
        self.assertEqual((endpoint["address"], endpoint["host"]), (address, f"mx2.{domain}"))
        with smtplib.SMTP(address, endpoint["port"], timeout=DEADLINE) as client:
            client.sendmail("me@sender.test", [f"you@{domain}"], "Subject: x\r\n\r\ntext\r\n")
        listed = self.queries(made)
        self.assertEqual([(one["name"], one["type"], one["answer"], one["scenario"]) for one in listed["queries"]],
                         [(domain, "MX", "noerror", made["scenarios"][0]),
                          (f"absent.{domain}", "A", "nxdomain", made["scenarios"][0]),
                          (f"mx2.{domain}", "A", "noerror", made["scenarios"][0])])
        self.assertTrue(all(one["answered"] and one["transport"] == "udp" for one in listed["queries"]))
        self.assertEqual(self.api.get(self.path(made, "/names")).json()["queries"], 3)
        verdict = self.api.get(self.path(made, "/verdict")).json()
        self.assertEqual(verdict["cases"][0]["answer"], "ok", verdict["cases"][0]["why"])

    def test_queries_are_waited_for_and_chosen(self):
        made = self.api.make("healthy", names=True)
        waiting = Later(lambda: self.queries(made, f"?min=2&wait={DEADLINE}s"))
        look_up = resolver_of(made).look_up
        look_up("healthy.test", "MX")
        look_up("other.test", "TXT")
        answer = waiting.result()
        self.assertEqual((answer["complete"], answer["count"]), (True, 2))
        self.assertEqual([one["scenario"] for one in answer["queries"]], ["healthy", None])
        for question, count in (("?name=HEALTHY.test.", 1), ("?type=mx", 1), ("?type=A", 0), ("?name=healthy.test&type=TXT", 0)):
            self.assertEqual(self.queries(made, question)["count"], count, question)
        self.api.post(self.path(made, "/mark"), {"label": "here"})
        self.assertEqual(self.queries(made, "?since=here")["count"], 0)
        late = self.queries(made, "?since=here&min=1&wait=10ms")
        self.assertEqual((late["complete"], late["count"]), (False, 0))
        look_up("healthy.test", "A")
        self.assertEqual(self.queries(made, f"?since=here&wait={DEADLINE}s")["count"], 1)
        self.problem(self.api.get(self.path(made, "/queries?since=nowhere")), 404, "there is no mark nowhere")
        self.problem(self.api.get(self.path(made, "/queries?recipient=a@b.test")), 422, "unknown key `recipient`", "name")

    def test_the_clock_of_the_server_moves_its_names(self):
        made = self.api.make("mx-servfail", names=True, clock="manual")
        client = dnsclient.Client((made["names"]["address"], made["names"]["port"]))
        self.assertEqual(client.ask("mx-servfail.test", "MX", "udp").rcode, "servfail")
        self.api.post(self.path(made, "/advance"), {"by": "48h"})
        self.assertEqual(client.ask("mx-servfail.test", "MX", "tcp").rcode, "noerror")
        first, last = self.queries(made)["queries"]
        self.assertEqual((first["answer"], first["met"], last["transport"]), ("servfail", True, "tcp"))
        self.assertEqual(last["time_us"], 48 * 3600 * 1_000_000)
        # As before the first contact.
        self.assertEqual(self.api.post(self.path(made, "/reset")).status, 204)
        self.assertEqual(client.ask("mx-servfail.test", "MX", "udp").rcode, "servfail")

    def test_names_are_set_and_taken_away_while_it_runs(self):
        made = self.api.make("healthy", names=True)
        look_up = resolver_of(made).look_up
        name = self.path(made, "/names/relay.example.test")
        self.assertIsNone(look_up("relay.example.test", "A"))
        for address in ("127.0.0.7", "127.0.0.8"):
            self.assertEqual(self.api.request("PUT", name, {"address": address}).status, 204)
            self.assertEqual(look_up("Relay.Example.test", "A"), [address])
        self.assertEqual(self.api.get(self.path(made, "/names")).json()["set"],
                         [{"name": "relay.example.test", "addresses": ["127.0.0.8"]}])
        self.assertEqual(self.api.request("DELETE", name).status, 204)
        self.assertIsNone(look_up("relay.example.test", "A"))
        self.problem(self.api.request("DELETE", name), 404, "no request has set the name relay.example.test")
        own = self.path(made, "/names/mail.healthy.test")
        self.problem(self.api.request("PUT", own, {"address": "127.0.0.1"}), 409, "is a name of the scenario healthy")
        for path, body, part in ((name, {"address": "::1"}, "not an address of IPv4"),
                                 (name, {"address": "localhost"}, "not an address of IPv4"),
                                 (name, {}, "`address` is missing"),
                                 (self.path(made, "/names/a..b"), {"address": "127.0.0.1"}, "not a valid name"),
                                 (self.path(made, "/names/a%20b"), {"address": "127.0.0.1"}, "not a valid name")):
            self.problem(self.api.request("PUT", path, body), 422, part)

    def test_there_is_a_limit_of_names(self):
        made = self.api.make("healthy", names=True)
        connection = self.api.connect()
        self.addCleanup(connection.close)
        for i in range(1000):
            answer = self.api.request("PUT", self.path(made, f"/names/h{i}.example.test"), {"address": "127.0.0.1"},
                                      connection=connection)
            self.assertEqual(answer.status, 204, answer.body)
        self.problem(self.api.request("PUT", self.path(made, "/names/more.example.test"), {"address": "127.0.0.1"}), 503,
                     "there are 1000 names already")

    def test_servers_side_by_side_have_name_servers_of_their_own(self):
        made = [self.api.make("healthy", names=True) for _ in range(3)]
        self.assertEqual(len({one["names"]["port"] for one in made}), 3)
        for one in made:
            [mx] = resolver_of(one).look_up("healthy.test", "MX")
            self.assertEqual(resolver_of(one).look_up(mx.split()[1], "A"), [one["endpoints"][0]["address"]])

    def test_it_goes_with_its_server(self):
        made = self.api.make("healthy", names=True)
        place = (made["names"]["address"], made["names"]["port"])
        self.assertEqual(self.api.request("DELETE", self.path(made)).status, 204)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
            again.bind(place)  # it is free
        for target in ("/names", "/queries"):
            self.problem(self.api.get(self.path(made, target)), 404, "there is no server")
        self.problem(self.api.request("PUT", self.path(made, "/names/a.test"), {"address": "127.0.0.1"}), 404,
                     "there is no server")

    def test_a_server_without_names_says_so(self):
        made = self.api.make("healthy")
        self.assertIsNone(made["names"])
        for method, target, body in (("GET", "/names", None), ("GET", "/queries", None), ("DELETE", "/names/a.test", None),
                                     ("PUT", "/names/a.test", {"address": "127.0.0.1"})):
            answer = self.api.request(method, self.path(made, target), body)
            if method == "DELETE":
                self.assertEqual(answer.status, 409)
            else:
                self.problem(answer, 409, "this server has no name server", '"names": true')
        self.problem(self.api.post("/v1/servers", {"scenario": "mx-servfail"}), 409, "needs DNS names or several hosts",
                     '"names": true')
        self.problem(self.api.post("/v1/servers", {"scenario": "healthy", "names": "yes"}), 422, "not true or false")


class NamesOfMain(api.Case):
    arguments = ("healthy", "mx-servfail", "--dns", "0", "--port", "0")

    def test_they_are_the_servers_own(self):
        main = self.api.get("/v1/servers/main").json()
        self.assertEqual(main["names"], {"address": self.server.ready["dns"]["address"],
                                         "port": self.server.ready["dns"]["port"]})
        resolver_of(main).look_up("healthy.test", "MX")
        self.assertEqual([one["scenario"] for one in self.api.get("/v1/servers/main/queries").json()["queries"]], ["healthy"])
        self.assertEqual(self.api.get("/v1/servers/main/names").json()["domains"], ["healthy.test", "mx-servfail.test"])
