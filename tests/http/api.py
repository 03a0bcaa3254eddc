"""A client of the HTTP API that remembers which answers it has seen, by the paths of the API's description."""
import http.client
import json
import re
import sys
import unittest
import urllib.parse

import program
from program import DEADLINE, Server

SEEN = set()  # (method, path of the description, status)


class Answer:
    def __init__(self, response, body):
        self.status = response.status
        self.headers = response.headers
        self.body = body

    def json(self):
        return json.loads(self.body)

    def type(self):
        return self.headers.get_content_type()


class Api:
    """One `serve --http`. Each request has a connection of its own, unless `connection` is given."""

    def __init__(self, url, token=None):
        self.address = urllib.parse.urlsplit(url)
        self.token = token
        self.paths = None

    def connect(self):
        return http.client.HTTPConnection(self.address.hostname, self.address.port, timeout=DEADLINE)

    def request(self, method, target, body=None, headers=None, connection=None):
        headers = dict(headers or {})
        if self.token:
            headers.setdefault("Authorization", "Bearer " + self.token)
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        own = connection or self.connect()
        try:
            own.request(method, target, body=body.encode() if isinstance(body, str) else body, headers=headers)
            response = own.getresponse()
            answer = Answer(response, response.read())
        finally:
            if not connection:
                own.close()
        self.note(method, target, answer)
        return answer

    def note(self, method, target, answer):
        if self.paths is None:
            self.paths = {}  # what is asked for next is noted, too
            self.paths = self.request("GET", "/v1/openapi.json").json()["paths"]
            SEEN.add(("get", "/v1/openapi.json", 200))
        path = described_path(target, self.paths)
        if path:
            SEEN.add((method.lower(), path, answer.status))

    def get(self, target, **headers):
        return self.request("GET", target, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def post(self, target, body=None):
        return self.request("POST", target, body)

    def make(self, scenario="healthy", **wanted):
        answer = self.post("/v1/servers", {"scenario": scenario, **wanted})
        assert answer.status == 201, answer.body
        return answer.json()


def described_path(target, paths):
    path = target.split("?")[0]
    for known in paths:
        if re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", known), path):
            return known
    return None


class Case(program.Case):
    """A test with a server that has the API, and no scenarios of its own."""

    arguments = ()

    def setUp(self):
        super().setUp()
        self.server = Server(self.directory, "--http", "0", *self.arguments)
        self.server.__enter__()
        self.addCleanup(lambda: self.server.__exit__(sys.exc_info()[0]))
        self.api = Api(self.server.ready["http"]["url"], self.server.ready["http"]["token"])

    def port(self, server):
        return server["endpoints"][0]["port"]

    def problem(self, answer, status, part, allowed=None):
        """The answer is a problem of this status that says so."""
        self.assertEqual(answer.status, status, answer.body)
        self.assertEqual(answer.type(), "application/problem+json")
        problem = answer.json()
        self.assertEqual(problem["status"], status)
        self.assertIn(part, problem["detail"])
        if allowed:
            self.assertIn(allowed, problem["allowed"])
        return problem


def deliver(port, recipient="someone@example.test", sender="me@sender.test", content="Subject: x\r\n\r\ntext"):
    """One session with one message; the last reply."""
    with program.Raw(port) as client:
        client.reply()
        client.say("EHLO client.test")
        reply = client.say(f"MAIL FROM:<{sender}>")
        if reply[:1] == "2":
            reply = client.say(f"RCPT TO:<{recipient}>")
        if reply[:1] == "2":
            reply = client.say("DATA")
        if reply[:1] == "3":
            reply = client.say(content + "\r\n.")
        client.say("QUIT")
    return reply


__all__ = ["Api", "Case", "SEEN", "deliver", "unittest"]
