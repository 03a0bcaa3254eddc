"""What arrived: tries and messages, waited for, and the journal as it grows."""
import json
import socket
import threading

import api
from api import deliver
from program import DEADLINE, Raw

NOTIFICATION = """From: <MAILER-DAEMON@mx.test>
To: <me@sender.test>
Subject: Delivery failed
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

It could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.sender.test

Final-Recipient: rfc822; someone@example.test
Action: failed
Status: 4.4.7
Diagnostic-Code: smtp; 452 4.3.1 Insufficient system storage

--b--""".replace("\n", "\r\n")


class Later:
    """A request in a thread of its own, whose answer is asked for later."""

    def __init__(self, ask):
        self.answer = None
        self.thread = threading.Thread(target=self._run, args=(ask,))
        self.thread.start()

    def _run(self, ask):
        self.answer = ask()

    def result(self):
        self.thread.join(DEADLINE)
        assert self.answer is not None, "no answer by the deadline"
        return self.answer


class Messages(api.Case):
    def test_list_and_content(self):
        made = self.api.make()
        path = f"/v1/servers/{made['id']}/messages"
        deliver(self.port(made), "a@x.test", content="Message-ID: <1@x>\r\nSubject: one\r\n\r\n..dot")
        deliver(self.port(made), "b@x.test", sender="other@sender.test")
        listed = self.api.get(path).json()
        self.assertEqual((listed["complete"], listed["count"]), (True, 2))
        first, second = listed["messages"]
        self.assertEqual(first["id"], "1-1")
        self.assertEqual((first["sender"], first["recipients"]), ("me@sender.test", ["a@x.test"]))
        self.assertEqual((first["message_id"], second["message_id"]), ("1@x", None))
        message = self.api.get(f"{path}/{first['id']}")
        self.assertEqual(message.type(), "message/rfc822")
        self.assertEqual(message.body, b"Message-ID: <1@x>\r\nSubject: one\r\n\r\n.dot\r\n")
        self.assertEqual(first["size"], len(message.body))
        details = self.api.get(f"{path}/{first['id']}", Accept="application/json").json()
        self.assertIsNone(details["notification"])
        for query, count in (("recipient=A@x.test", 1), ("recipient=c@x.test", 0), ("sender=other%40sender.test", 1),
                             ("sender=me@sender.test&recipient=b@x.test", 0)):
            self.assertEqual(self.api.get(f"{path}?{query}").json()["count"], count, query)
        self.problem(self.api.get(path + "/9-9"), 404, "no message 9-9")
        self.assertEqual(self.api.request("DELETE", path).status, 204)
        self.assertEqual(self.api.get(path).json()["count"], 0)
        self.problem(self.api.request("DELETE", "/v1/servers/99/messages"), 404, "no server")

    def test_notification_is_decoded(self):
        made = self.api.make()
        deliver(self.port(made), "me@sender.test", sender="", content=NOTIFICATION)
        path = f"/v1/servers/{made['id']}/messages/1-1"
        notification = self.api.get(path, Accept="application/json").json()["notification"]
        self.assertEqual(notification["reporting_mta"], "dns; mail.sender.test")
        report = notification["reports"][0]
        self.assertEqual((report["recipient"], report["action"], report["status"]),
                         ("someone@example.test", "failed", "4.4.7"))
        self.assertIsNone(report["remote_mta"])

    def test_waiting_ends_with_the_message(self):
        made = self.api.make()
        path = f"/v1/servers/{made['id']}/messages"
        waiting = Later(lambda: self.api.get(path + "?min=2&wait=60s"))
        for _ in range(2):
            deliver(self.port(made))
        answer = waiting.result().json()
        self.assertEqual((answer["complete"], answer["count"]), (True, 2))

    def test_waiting_ends_when_the_time_is_up(self):
        made = self.api.make()
        deliver(self.port(made))
        answer = self.api.get(f"/v1/servers/{made['id']}/messages?min=2&wait=10ms").json()
        self.assertEqual((answer["complete"], answer["count"]), (False, 1))

    def test_waiting_ends_with_the_server(self):
        made = self.api.make()
        path = "/v1/servers/" + made["id"]
        waiting = Later(lambda: self.api.get(path + "/messages?wait=60s"))
        other = Later(lambda: self.api.get(path + "/tries?wait=60s"))
        self.api.post(path + "/mark", {"label": "x"})
        self.api.request("DELETE", path)
        for answer in (waiting.result(), other.result()):
            self.assertEqual(answer.status, 404)  # it was closed, or was not there any more

    def test_since_a_mark(self):
        made = self.api.make()
        path = "/v1/servers/" + made["id"]
        deliver(self.port(made), "a@x.test")
        self.api.post(path + "/mark", {"label": "here"})
        self.assertEqual(self.api.get(path + "/messages?since=here").json()["count"], 0)
        self.assertEqual(self.api.get(path + "/tries?since=here").json()["count"], 0)
        deliver(self.port(made), "b@x.test")
        listed = self.api.get(path + "/messages?since=here").json()["messages"]
        self.assertEqual([one["recipients"] for one in listed], [["b@x.test"]])
        tries = self.api.get(path + "/tries?since=here").json()["tries"]
        self.assertEqual([one["recipient"] for one in tries], ["b@x.test"])
        self.problem(self.api.get(path + "/messages?since=there"), 404, "no mark there")

    def test_what_makes_no_sense(self):
        made = self.api.make()
        for what in ("messages", "tries"):
            path = f"/v1/servers/{made['id']}/{what}"
            for query, part in (("wait=2m", "not a valid waiting time"), ("wait=soon", "`wait` soon"),
                                ("min=-1", "`min` -1 is not a whole number"), ("max=1", "unknown key `max`")):
                self.problem(self.api.get(f"{path}?{query}"), 422, part)
            self.problem(self.api.get(f"/v1/servers/99/{what}"), 404, "no server")

    def test_a_client_that_leaves_waits_no_more(self):
        made = self.api.make(lease="1s")
        with socket.create_connection((self.api.address.hostname, self.api.address.port)) as client:
            client.sendall(f"GET /v1/servers/{made['id']}/messages?wait=60s HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            self.assertEqual(self.api.get("/v1/servers").status, 200)
        # Its lease runs out only because nobody is left who waits.
        api.program.wait_until(lambda: self.api.get("/v1/servers").json()["servers"] == [], "the lease ran out")


class Tries(api.Case):
    def test_each_try_is_seen(self):
        made = self.api.make("disk-full", clock="manual")
        path = "/v1/servers/" + made["id"]
        waiting = Later(lambda: self.api.get(path + "/tries?min=2&wait=60s"))
        self.assertTrue(deliver(self.port(made), "a@disk-full.test").startswith("452"))
        self.api.post(path + "/advance", {"by": "4h"})
        self.assertTrue(deliver(self.port(made), "a@disk-full.test").startswith("250"))
        answer = waiting.result().json()
        self.assertEqual(answer["count"], 2)
        first, second = answer["tries"]
        self.assertEqual((first["result"], first["code"], first["stage"]), ("transient", 452, "message"))
        self.assertIn("4.3.1", first["reply"])
        self.assertEqual((second["result"], second["code"], second["recipient"]), ("accepted", 250, "a@disk-full.test"))
        self.assertEqual(second["begin_us"], 4 * 3600 * 1_000_000)
        self.assertIsNone(first["handover"])
        self.assertEqual(self.api.get(path + "/tries?recipient=A@disk-full.test").json()["count"], 2)

    def test_an_unfinished_try_is_none(self):
        made = self.api.make()
        path = f"/v1/servers/{made['id']}/tries"
        with Raw(self.port(made)) as client:
            client.reply()
            client.say("EHLO client.test")
            client.say("MAIL FROM:<a@sender.test>")
            self.assertEqual(self.api.get(path).json()["tries"], [])
            client.say("RCPT TO:<b@x.test>")
            client.say("DATA")
            client.say("Subject: x\r\n\r\ntext\r\n.")
            self.assertEqual([one["result"] for one in self.api.get(path).json()["tries"]], ["accepted"])


class Events:
    """A stream of server-sent events, read one at a time."""

    def __init__(self, case, path, last=None):
        self.socket = socket.create_connection((case.api.address.hostname, case.api.address.port), timeout=DEADLINE)
        position = f"Last-Event-ID: {last}\r\n" if last is not None else ""
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n{position}\r\n".encode())
        self.file = self.socket.makefile("r", encoding="utf-8", newline="\n")
        self.status = self.file.readline().split()[1]
        self.headers = "".join(iter(self.file.readline, "\r\n"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def next(self):
        """(id, event); nothing at the end. Comments are passed over."""
        fields = {}
        for line in self.file:
            if line == "\n" and fields:
                return int(fields["id"]), json.loads(fields["data"])
            if not line.startswith(":") and line != "\n":
                name, _, value = line.rstrip("\n").partition(": ")
                fields[name] = value
        return None


class Journal(api.Case):
    def test_lines_from_a_position_on(self):
        made = self.api.make()
        path = f"/v1/servers/{made['id']}/journal"
        deliver(self.port(made))
        answer = self.api.get(path)
        self.assertEqual(answer.type(), "application/x-ndjson")
        events = [json.loads(line) for line in answer.body.splitlines()]
        self.assertEqual([one["seq"] for one in events], list(range(1, len(events) + 1)))
        self.assertEqual((events[0]["event"], events[1]["event"]), ("run", "server"))
        self.assertEqual(int(answer.headers["Tempfail-Position"]), len(events))
        rest = self.api.get(f"{path}?after=3")
        self.assertEqual(rest.body.splitlines(), answer.body.splitlines()[3:])
        none = self.api.get(f"{path}?after={len(events)}&wait=10ms")
        self.assertEqual((none.status, none.body), (200, b""))
        waiting = Later(lambda: self.api.get(f"{path}?after={len(events)}&wait=60s"))
        self.api.post(f"/v1/servers/{made['id']}/mark", {"label": "new"})
        self.assertEqual(json.loads(waiting.result().body)["label"], "new")
        self.problem(self.api.get(path + "?after=x"), 422, "`after` x is not a whole number")
        self.problem(self.api.get("/v1/servers/99/journal"), 404, "no server")

    def test_a_saved_journal_is_judged_like_any_other(self):
        made = self.api.make()
        deliver(self.port(made))
        file = self.directory / "journal.jsonl"
        file.write_bytes(self.api.get(f"/v1/servers/{made['id']}/journal").body)
        self.assertIn("healthy", self.ok("judge", file))

    def test_stream_goes_on_where_it_was_left(self):
        made = self.api.make()
        path = "/v1/servers/" + made["id"]
        with Events(self, path + "/journal") as stream:
            self.assertEqual(stream.status, "200")
            self.assertIn("Content-Type: text/event-stream\r\n", stream.headers)
            self.assertEqual([stream.next()[1]["event"] for _ in range(2)], ["run", "server"])
            self.api.post(path + "/mark", {"label": "one"})
            last, event = stream.next()
            self.assertEqual((event["label"], event["seq"]), ("one", last))
        self.api.post(path + "/mark", {"label": "two"})
        with Events(self, path + "/journal", last) as stream:
            self.assertEqual(stream.next()[1]["label"], "two")
            self.api.request("DELETE", path)
            while (event := stream.next()) is not None:
                self.assertEqual(event[1]["event"], "closed")
