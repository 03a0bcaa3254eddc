"""Servers that share a store and a journal: the API of one of them, and how long a moved clock waits for the others."""
import os
import signal
import sys

import api
import program
from api import Api
from redis_server import RedisServer


class Shared(program.Case):
    def setUp(self):
        super().setUp()
        self.redis = RedisServer().__enter__()
        self.addCleanup(self.redis.__exit__)

    def serve(self, name, *arguments):
        folder = self.directory / name
        folder.mkdir()
        server = program.Server(folder, "healthy", "--port", "0", "--http", "0", "--store", self.redis.address, *arguments)
        server.__enter__()
        self.addCleanup(lambda: server.__exit__(sys.exc_info()[0]))
        return server, Api(server.ready["http"]["url"], server.ready["http"]["token"])

    def problem(self, answer, part):
        self.assertEqual(answer.status, 409, answer.body)
        self.assertIn(part, answer.json()["detail"])

    def test_a_verdict_is_about_all_and_begins_at_no_mark(self):
        (one, first), (other, second) = self.serve("one", "--journal", "store"), self.serve("other", "--journal", "store")
        for server, text in ((one, "Message-ID: <1@x>\r\n\r\n1"), (other, "Message-ID: <2@x>\r\n\r\n2")):
            self.assertEqual(api.deliver(server.ready["endpoints"][0]["port"], content=text)[:3], "250")
        for asked in (first, second):
            dialogue = asked.get("/v1/servers/main/dialogue").body.decode()
            self.assertEqual(dialogue.count("EHLO"), 2, dialogue)
            self.assertEqual([case["answer"] for case in asked.get("/v1/servers/main/verdict").json()["cases"]], ["ok"])
            self.assertEqual(asked.post("/v1/servers/main/mark", {"label": "here"}).status, 201)
            self.assertEqual(asked.post("/v1/servers/main/handovers", {"recipients": ["a@healthy.test"]}).status, 422)
            self.assertEqual(asked.post("/v1/servers/main/compose", {}).status, 422)
            self.problem(asked.get("/v1/servers/main/verdict?since=here"), "a verdict about a whole run can't begin at a mark")

    def test_a_clock_that_others_have_not_followed(self):
        (_, moved), (late, _) = self.serve("moved", "--clock", "manual"), self.serve("late", "--clock", "manual")
        os.kill(late.process.pid, signal.SIGSTOP)
        try:
            self.problem(moved.post("/v1/servers/main/advance", {"by": "5m"}), "not all servers of the run have moved their clocks within 8 s")
        finally:
            os.kill(late.process.pid, signal.SIGCONT)
        self.assertEqual(moved.post("/v1/servers/main/advance", {"by": "5m"}).json()["now"], "10m")
