"""The part of Mailpit's API: what arrived at all servers, the latest first."""
import api
from api import deliver

MESSAGE = """From: =?utf-8?Q?J=C3=BCrgen?= <me@sender.test>
To: You <a@x.test>
Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=
Message-ID: <1@sender.test>
Date: Thu, 01 Jan 2026 00:00:00 +0000
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=x

--x
Content-Type: text/plain

hello
--x
Content-Type: text/html

<b>hello</b>
--x
Content-Type: application/pdf
Content-Disposition: attachment; filename="a.pdf"

abc
--x--""".replace("\n", "\r\n")


class Mailpit(api.Case):
    def test_list_message_delete(self):
        self.assertEqual(self.api.get("/api/v1/messages").json()["total"], 0)
        self.problem(self.api.get("/api/v1/message/latest"), 404, "no message latest")
        one, other = self.api.make(), self.api.make()
        deliver(self.port(one), "a@x.test", content=MESSAGE)
        deliver(self.port(other), "blind@x.test")
        listed = self.api.get("/api/v1/messages").json()
        self.assertEqual((listed["total"], listed["messages_count"], listed["start"]), (2, 2, 0))
        latest, first = listed["messages"]
        self.assertEqual((first["ID"], latest["ID"]), (one["id"] + ".1-1", other["id"] + ".1-1"))
        self.assertEqual(first["From"], {"Name": "Jürgen", "Address": "me@sender.test"})
        self.assertEqual((first["Subject"], first["MessageID"]), ("Grüße", "1@sender.test"))
        self.assertEqual((first["Attachments"], first["Snippet"].strip()), (1, "hello"))
        self.assertEqual(latest["Bcc"], [{"Name": "", "Address": "blind@x.test"}])
        message = self.api.get("/api/v1/message/" + first["ID"]).json()
        self.assertEqual((message["Text"].strip(), message["HTML"].strip()), ("hello", "<b>hello</b>"))
        self.assertEqual([part["FileName"] for part in message["Attachments"]], ["a.pdf"])
        self.assertEqual((message["ReturnPath"], message["Date"]), ("me@sender.test", "2026-01-01T00:00:00Z"))
        self.assertEqual(self.api.get("/api/v1/message/latest").json()["ID"], latest["ID"])
        self.assertEqual([one["ID"] for one in self.api.get("/api/v1/messages?start=1&limit=5").json()["messages"]],
                         [first["ID"]])
        self.problem(self.api.get("/api/v1/messages?start=x"), 422, "`start` x")
        answer = self.api.request("DELETE", "/api/v1/messages", {"IDs": [first["ID"], "9.9-9"]})
        self.assertEqual((answer.status, answer.body), (200, b"ok"))
        self.assertEqual([one["ID"] for one in self.api.get("/api/v1/messages").json()["messages"]], [latest["ID"]])
        self.problem(self.api.request("DELETE", "/api/v1/messages", {"ids": []}), 422, "unknown key `ids`")
        self.api.request("DELETE", "/api/v1/messages")
        self.assertEqual(self.api.get("/api/v1/messages").json()["total"], 0)
        self.problem(self.api.get("/api/v1/message/" + first["ID"]), 404, "no message")
