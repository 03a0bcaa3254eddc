#!/usr/bin/env python3
"""What one server of a run says and does for all of them: its API judges all, and its clock, moved by hand, is theirs, too."""
import json
import unittest
import urllib.error
import urllib.request

import program
import rawclient
from store_scenarios import Client, findings
from stream_test import ADDRESSES, StreamTest


def ask(served, path, body=None):
    """The answer of a server's API about its own servers."""
    ready = json.loads(served.ready_file.read_text())["http"]
    request = urllib.request.Request(f"{ready['url']}/v1/servers/main/{path}", data=None if body is None else json.dumps(body).encode(),
                                     headers={"Authorization": f"Bearer {ready['token']}", "Content-Type": "application/json"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=program.DEADLINE) as answer:
        return answer.read().decode()


class ApiTest(StreamTest):
    def test_the_api_of_each_judges_all(self):
        nodes = [self.serve("first-deferred", address=address, more=("--http", "127.0.0.1:0")) for address in ADDRESSES[:2]]
        self.assertTrue(self.deliver(nodes[0], "first-deferred", "1@x").startswith("450"))
        self.assertTrue(self.deliver(nodes[1], "first-deferred", "1@x").startswith("250"))
        for served in nodes:
            verdict = json.loads(ask(served, "verdict"))
            self.assertEqual([case["answer"] for case in verdict["cases"]], ["ok"], verdict)
            self.assertIn(("retry", "pass"), findings(verdict["cases"][0])[1])
            self.assertEqual(ask(served, "dialogue").count("EHLO"), 2)
            ask(served, "mark", {"label": "here"})
            with self.assertRaises(urllib.error.HTTPError) as refused:
                ask(served, "verdict?since=here")
            self.assertEqual(refused.exception.code, 409)
            refused.exception.close()
        self.redis.stop()
        verdict = json.loads(ask(nodes[0], "verdict"))
        self.assertEqual([case["answer"] for case in verdict["cases"]], ["error"])
        self.assertIn("the journal of the run can't be read", verdict["cases"][0]["trouble"])


class ManualClockTest(StreamTest):
    """A clock that is moved by hand is one for all servers of a run."""

    def test_it_moves_at_all_of_them(self):
        scenarios = ("first-deferred", "late")
        nodes = [self.serve(*scenarios, address=address, more=("--clock", "manual")) for address in ADDRESSES[:2]]
        self.assertTrue(self.deliver(nodes[0], "first-deferred", "1@x").startswith("450"))
        self.assertEqual(nodes[1].control("advance 20m"), "20m")
        self.assertEqual([served.control("now") for served in nodes], ["20m", "20m"])
        self.assertTrue(self.deliver(nodes[1], "first-deferred", "1@x").startswith("250"))
        nodes.append(self.serve(*scenarios, address=ADDRESSES[2], more=("--clock", "manual", "--http", "127.0.0.1:0")))
        self.assertEqual(nodes[2].control("now"), "20m")
        self.assertEqual(json.loads(ask(nodes[2], "advance", {"by": "40m"}))["now"], "1h")
        self.assertEqual([served.control("now") for served in nodes], ["1h"] * 3)
        _, cases = self.judge()
        self.assertEqual(cases["first-deferred"]["answer"], "ok")

    def test_what_it_sets_off_comes_at_all_of_them(self):
        nodes = [self.serve("healthy", address=address, more=("--clock", "manual")) for address in ADDRESSES[:2]]
        clients = [Client(*served.ports["healthy"]) for served in nodes]
        for client in clients:
            client.begin()  # and nothing more: the server's own time-out ends the session
        nodes[0].control("advance 10m")
        for client in clients:
            rest, end = client.read_end()
            self.assertTrue(rest.startswith(b"421 "), rest)
            self.assertEqual(end, rawclient.FIN)
            client.close()

    def test_others_are_refused(self):
        self.serve("late", more=("--clock", "manual"))
        refused = program.run("serve", "late", "--scenarios", self.folder, "--port", "0", "--store", self.redis.address, "--store-run", "test")
        self.assertEqual(refused.returncode, 3, refused.stderr)
        self.assertIn("the run test has a clock that is moved by hand (--clock manual); this server was given the time scale 1", refused.stderr)


if __name__ == "__main__":
    unittest.main()
