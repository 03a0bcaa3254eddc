"""What was handed over, what the sender said, and the verdict."""
import base64
import json

import api
from api import deliver

CONTENT = "Message-ID: <1@sender.test>\r\nSubject: x\r\n\r\ntext\r\n"


class Verdict(api.Case):
    def made(self, scenario="disk-full", **wanted):
        self.id = self.api.make(scenario, clock="manual", **wanted)["id"]
        self.path = "/v1/servers/" + self.id
        return self.port(self.api.get(self.path).json())

    def advance(self, by):
        self.assertEqual(self.api.post(self.path + "/advance", {"by": by}).status, 200)

    def verdict(self, query=""):
        answer = self.api.get(self.path + "/verdict" + query)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()

    def retry_well(self, port, recipient="a@disk-full.test", content=CONTENT.rstrip()):
        """As a correct sender does: every half hour, until it is accepted."""
        for _ in range(20):
            if deliver(port, recipient, content=content).startswith("250"):
                return
            self.advance("30m")
        self.fail("never accepted")

    def test_a_sender_that_retries_is_ok(self):
        port = self.made(role="queueing")
        answer = self.api.post(self.path + "/handovers", {
            "sender": "me@sender.test", "recipients": ["a@disk-full.test"], "content": CONTENT})
        self.assertEqual(answer.status, 201, answer.body)
        handover = answer.json()
        self.assertEqual((handover["id"], handover["message_id"], handover["size"]), ("1", "1@sender.test", len(CONTENT)))
        self.retry_well(port)
        report = self.verdict()
        case = report["cases"][0]
        self.assertEqual((case["scenario"], case["answer"], case["guessed"]), ("disk-full", "ok", False), report)
        self.assertTrue(report["passed"])
        tries = self.api.get(self.path + "/tries").json()["tries"]
        self.assertEqual({one["handover"] for one in tries}, {"1"})
        contents = [json.loads(line) for line in self.api.get(self.path + "/journal").body.splitlines()]
        self.assertIn(handover["hash"], [one.get("hash") for one in contents if one["event"] == "content"])

    def test_without_a_handover_it_says_that_it_guesses(self):
        self.retry_well(self.made())
        self.assertTrue(self.verdict()["cases"][0]["guessed"])

    def test_the_report_is_the_judges(self):
        self.retry_well(self.made())
        file = self.directory / "journal.jsonl"
        file.write_bytes(self.api.get(self.path + "/journal").body)
        judged = json.loads(self.ok("judge", "--json", file))
        reported = self.verdict()
        for report in (judged, reported):
            for case in report["cases"]:
                case.pop("journal")  # a file there, none here
                for finding in case["findings"]:
                    finding.pop("evidence")
        self.assertEqual(reported["cases"], judged["cases"])

    def test_a_sender_that_gives_up_fails(self):
        port = self.made(role="queueing")
        self.api.post(self.path + "/handovers", {"sender": "me@sender.test", "recipients": ["a@disk-full.test"]})
        deliver(port, "a@disk-full.test")
        self.advance("2d")
        self.api.post(self.path + "/results", {"result": "permanent", "code": 452, "status": "4.3.1"})
        report = self.verdict()
        self.assertEqual(report["cases"][0]["answer"], "fail", report)
        self.assertFalse(report["passed"])

    def test_a_part_of_what_was_handed_over_fails(self):
        port = self.made()
        marks = "".join(f"tempfail-mark-1-{part}.\r\n" for part in ("begin", "attachment", "end"))
        content = base64.b64encode((CONTENT + marks).encode()).decode()
        self.api.post(self.path + "/handovers", {
            "sender": "me@sender.test", "recipients": ["a@disk-full.test"], "content_base64": content})
        self.retry_well(port, content=CONTENT + "tempfail-mark-1-begin.")
        failed = [one["rule"] for one in self.verdict()["cases"][0]["findings"] if one["outcome"] == "fail"]
        self.assertIn("content", failed)

    def test_a_verdict_can_begin_at_a_mark(self):
        """One server serves two tests; the first sender is wrong, the second right."""
        port = self.made(role="queueing")
        deliver(port, "first@disk-full.test")
        self.advance("5d")
        self.assertEqual(self.verdict()["cases"][0]["answer"], "fail")
        self.api.post(self.path + "/reset")
        self.api.post(self.path + "/mark", {"label": "second"})
        self.api.post(self.path + "/handovers", {
            "sender": "me@sender.test", "recipients": ["a@disk-full.test"], "content": CONTENT})
        self.retry_well(port)
        report = self.verdict("?since=second")
        self.assertEqual(report["cases"][0]["answer"], "ok", report)
        self.assertEqual(self.verdict()["cases"][0]["answer"], "fail")
        self.problem(self.api.get(self.path + "/verdict?since=third"), 404, "no mark third")

    def test_a_session_that_goes_on_over_a_mark_counts(self):
        port = self.made("healthy")
        with api.program.Raw(port) as client:
            client.reply()
            client.say("EHLO client.test")
            client.send("a@healthy.test")
            self.api.post(self.path + "/mark", {"label": "here"})
            self.assertTrue(client.send("b@healthy.test").startswith("250"))
            client.say("QUIT")
        case = self.verdict("?since=here")["cases"][0]
        self.assertEqual(case["answer"], "ok", case)

    def test_scenarios_by_name(self):
        self.made()
        self.assertEqual(self.verdict("?scenario=disk-full&strict=true")["strict"], True)
        self.problem(self.api.get(self.path + "/verdict?scenario=healthy"), 404, "no scenario healthy is served")
        self.problem(self.api.get(self.path + "/verdict?strict=very"), 422, "`strict` very")
        self.problem(self.api.get("/v1/servers/99/verdict"), 404, "no server")

    def test_nothing_came(self):
        self.made()
        case = self.verdict()["cases"][0]
        self.assertNotEqual(case["answer"], "ok")

    def test_handovers_that_make_no_sense(self):
        self.made()
        good = {"sender": "a@b.test", "recipients": ["c@d.test"]}
        self.assertEqual(self.api.post(self.path + "/handovers", {**good, "id": "x1"}).status, 201)
        for change, status, part in (
                ({"recipients": []}, 422, "`recipients` has 0 addresses"), ({"recipients": [""]}, 422, "is empty"),
                ({"recipients": ["<c@d.test>"]}, 422, "is not a valid envelope address"),
                ({"sender": "a b"}, 422, "`sender` a b is not a valid envelope address"), ({"id": "x1"}, 409, "a handover x1 already"),
                ({"id": "x-1"}, 422, "is not a valid id"), ({"parameters": ["NOTIFY=NEVER RET=FULL"]}, 422, "valid ESMTP parameter"),
                ({"hash": "12"}, 422, "`hash` 12 is not a hash"),
                ({"hash": "0123456789abcdef"}, 422, "`size` is missing"), ({"content": "x", "content_base64": "eA=="}, 422, "can't be combined"),
                ({"content": "x", "hash": "0123456789abcdef", "size": 3}, 422, "can't be combined"),
                ({"content_base64": "?"}, 422, "is not base64"), ({"to": ["x@y.test"]}, 422, "unknown key `to`"),
                ({"recipients": "c@d.test"}, 422, "not a list of texts")):
            with self.subTest(change=change):
                self.problem(self.api.post(self.path + "/handovers", {**good, **change}), status, part)
        self.problem(self.api.post("/v1/servers/99/handovers", good), 404, "no server")

    def test_a_message_is_composed_and_handed_over(self):
        port = self.made("one-unknown-of-three", role="one-shot")
        answer = self.api.post(self.path + "/compose")
        self.assertEqual(answer.status, 201, answer.body)
        task = answer.json()
        self.assertEqual((task["id"], task["sender"], len(task["recipients"]), task["parameters"], task["user"]),
                         ("1", "sender@sender.test", 3, [], None))
        self.assertIn("tempfail-mark-1-begin.", task["content"])
        content = task["content"].removesuffix("\r\n").replace("\r\n.", "\r\n..")
        for recipient in task["recipients"]:
            reply = deliver(port, recipient, task["sender"], content)
            result = "delivered" if reply.startswith("250") else "failed"  # of which kind is not told
            self.api.post(self.path + "/results", {"recipient": recipient, "result": result})
        case = self.verdict()["cases"][0]
        self.assertEqual((case["answer"], case["guessed"]), ("ok", False), case)
        self.assertEqual(self.api.post(self.path + "/compose", {"scenario": "one-unknown-of-three"}).json()["sender"],
                         "sender-2@sender.test")
        self.problem(self.api.post(self.path + "/compose", {"scenario": "healthy"}), 404, "no scenario healthy")
        self.problem(self.api.post("/v1/servers/99/compose"), 404, "no server")

    def test_a_failure_that_was_called_sent_is_a_lie(self):
        port = self.made("disk-full", role="one-shot")
        self.api.post(self.path + "/compose")
        deliver(port, "recipient-1@disk-full.test", "sender@sender.test")
        self.api.post(self.path + "/results", {"result": "delivered"})
        self.assertEqual(self.verdict()["cases"][0]["answer"], "fail")
        self.api.post(self.path + "/results", {"result": "failed"})
        self.assertEqual(self.verdict()["cases"][0]["answer"], "ok")

    def test_for_people(self):
        port = self.made()
        empty = self.api.get(self.path + "/dialogue")
        self.assertEqual((empty.status, empty.type(), empty.body), (200, "text/plain", b""))
        self.retry_well(port)
        text = self.api.get(self.path + "/verdict", Accept="text/plain")
        self.assertEqual(text.type(), "text/plain")
        self.assertIn("disk-full", text.body.decode().splitlines()[0])
        file = self.directory / "journal.jsonl"
        file.write_bytes(self.api.get(self.path + "/journal").body)
        self.assertEqual(self.api.get(self.path + "/dialogue").body.decode(), self.ok("log", file))
        self.problem(self.api.get("/v1/servers/99/dialogue"), 404, "no server")

    def test_results_that_make_no_sense(self):
        self.made()
        self.problem(self.api.post(self.path + "/results", {"result": "delivered"}), 422, "there are 0 handovers")
        self.api.post(self.path + "/handovers", {"sender": "a@b.test", "recipients": ["c@d.test"]})
        for body, part in (({"result": "sent"}, "`result` sent"), ({}, "`result` is missing"),
                           ({"result": "delivered", "code": 42}, "`code` 42"), ({"result": "delivered", "code": 0}, "`code`"),
                           ({"result": "permanent", "status": "3.1.1"}, "`status` 3.1.1"),
                           ({"result": "permanent", "recipient": "x@y.test"}, "does not go to x@y.test"),
                           ({"result": "permanent", "handover": "2"}, "no handover 2")):
            with self.subTest(body=body):
                self.problem(self.api.post(self.path + "/results", body), 422, part)
        for body in ({"result": "delivered", "handover": "1", "recipient": "c@d.test", "code": 250, "status": "2.0.0"},
                     {"result": "unknown"}):
            self.assertEqual(self.api.post(self.path + "/results", body).status, 204)
        self.problem(self.api.post("/v1/servers/99/results", {"result": "unknown"}), 404, "no server")
        events = [json.loads(line) for line in self.api.get(self.path + "/journal").body.splitlines()]
        results = [one for one in events if one["event"] == "result"]
        self.assertEqual([(one["handover"], one["result"], one["server"]) for one in results],
                         [("1", "delivered", 1), ("1", "unknown", 1)])
