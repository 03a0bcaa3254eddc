#!/usr/bin/env python3
"""Mail that a scenario's host sends on: back to the sender's own server, and between two hosts until it has come too far.

A little server of our own plays the sender's: it keeps what it is given, and answers as each test says.

usage: forwarding_test.py   runs `tempfail` from $TEMPFAIL_BIN
"""
import json
import os
import pathlib
import queue
import re
import smtplib
import socketserver
import subprocess
import tempfile
import threading
import unittest

TEMPFAIL = os.path.join(os.environ["TEMPFAIL_BIN"], "tempfail")
DEADLINE = 60
MESSAGE = b"Received: from origin by first; Sun, 22 Nov 2026 00:00:00 +0000\r\nMessage-ID: <1@sender.test>\r\n" \
          b"Subject: round and round\r\n\r\n.a dot\r\n"
SENDER, RECIPIENT = "sender@sender.test", "anyone@loop.test"


class OwnServer(socketserver.ThreadingTCPServer):
    """Takes mail; `answer(content)` is its reply to each message. What came is in `mail`: (sender, recipients, content)."""
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, answer):
        super().__init__(("127.0.0.1", 0), Dialogue)
        self.answer, self.mail = answer, queue.Queue()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]

    def next(self):
        return self.mail.get(timeout=DEADLINE)


class Dialogue(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        self.say("220 own.sender.test")
        sender, recipients = "", []
        while line := self.rfile.readline().decode().rstrip("\r\n"):
            verb = line[:4].upper()
            if verb == "MAIL":
                sender, recipients = re.search("<(.*?)>", line)[1], []
            if verb == "RCPT":
                recipients.append(re.search("<(.*?)>", line)[1])
            if verb == "DATA":
                self.say("354 Go")
                content = b""
                while (part := self.rfile.readline()) not in (b".\r\n", b""):
                    content += part.removeprefix(b".")
                reply = self.server.answer(content) if sender else "250 Ok"
                self.say(reply)
                self.server.mail.put((sender, recipients, content))
                continue
            self.say("221 Bye" if verb == "QUIT" else "250 Ok")
            if verb == "QUIT":
                return


def hops(content):
    return len(re.findall(rb"^Received:", content.partition(b"\r\n\r\n")[0], re.M))


class Served:
    """`tempfail serve` of one scenario."""

    def __init__(self, scenario, *options):
        self.folder = tempfile.TemporaryDirectory()
        self.journal = pathlib.Path(self.folder.name) / "journal"
        ready = pathlib.Path(self.folder.name) / "ready"
        self.process = subprocess.Popen(
            [TEMPFAIL, "serve", scenario, "--port", "0", "--ready-file", str(ready), "--journal", str(self.journal),
             "--time-scale", "600", "--json", *options], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        self.port = json.loads(line)["endpoints"][0]["port"]

    def __enter__(self):
        return self

    def __exit__(self, trouble, *_):
        self.process.terminate()
        self.process.communicate(timeout=DEADLINE)
        self.folder.cleanup()
        if not trouble and self.process.returncode != 0:
            raise AssertionError(f"serve ended with {self.process.returncode}")

    def send(self, content=MESSAGE, sender=SENDER):
        with smtplib.SMTP("127.0.0.1", self.port, timeout=DEADLINE) as client:
            client.sendmail(sender, [RECIPIENT], content)

    def forwarded(self, count):
        """The first `count` events of kind "forwarded"."""
        pause = threading.Event()
        for _ in range(DEADLINE * 20):
            events = [json.loads(line) for line in self.journal.read_text().splitlines() if '"forwarded"' in line]
            if len(events) >= count:
                return events[:count]
            pause.wait(0.05)
        raise AssertionError(f"only {len(events)} of {count} messages were sent on: {events}")


class Forwarding(unittest.TestCase):
    def own_server(self, answer):
        server = OwnServer(answer)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server

    def test_message_comes_back_with_one_more_received_field(self):
        own = self.own_server(lambda content: "250 Ok")
        with Served("mail-loop", "--sender-server", str(own.port)) as served:
            served.send()
            sender, recipients, content = own.next()
            self.assertEqual((sender, recipients), (SENDER, [RECIPIENT]))
            self.assertEqual(hops(content), 2)
            self.assertRegex(content, rb"^Received: from \S+ \(\[127\.0\.0\.1\]\)\r\n\tby mx\.tempfail\.test with ESMTP id 1;")
            self.assertTrue(content.endswith(MESSAGE), content)
            event = served.forwarded(1)[0]
            self.assertEqual((event["to"], event["code"], event["received_fields"], event["message_id"]),
                             ("sender", 250, 2, "1@sender.test"))

    def test_refusal_is_reported_to_the_sender(self):
        own = self.own_server(lambda content: "554 5.4.6 Too many hops")
        with Served("mail-loop", "--sender-server", f"127.0.0.1:{own.port}") as served:
            served.send()
            own.next()
            sender, recipients, report = own.next()
            self.assertEqual((sender, recipients), ("", [SENDER]))
            for part in (b"Status: 5.4.6\r\n", b"Action: failed\r\n", b"Message-ID: <1@sender.test>\r\n",
                         b"Final-Recipient: rfc822; " + RECIPIENT.encode()):
                self.assertIn(part, report)
            self.assertEqual([event["to"] for event in served.forwarded(2)], ["sender", "notification"])

    def test_who_is_put_off_comes_again(self):
        answers = iter(["451 4.3.0 Later", "250 Ok"])
        own = self.own_server(lambda content: next(answers))
        with Served("mail-loop", "--sender-server", str(own.port)) as served:
            served.send()
            self.assertEqual(own.next(), own.next())
            self.assertEqual([event["code"] for event in served.forwarded(2)], [451, 250])

    def test_loop_that_nobody_stops_is_stopped_by_the_server(self):
        own = self.own_server(lambda content: "250 Ok")
        with Served("mail-loop", "--sender-server", str(own.port)) as served:
            content, rounds = MESSAGE, 0
            while True:
                try:
                    served.send(content)
                except smtplib.SMTPDataError as refused:
                    self.assertEqual(refused.smtp_code, 554)
                    self.assertTrue(refused.smtp_error.startswith(b"5.4.6"), refused)
                    break
                rounds += 1
                content = b"Received: from own\r\n" + own.next()[2]
            self.assertEqual(hops(content), 101)
            self.assertEqual(rounds, 50)

    def test_nothing_is_sent_without_an_address(self):
        with Served("mail-loop") as served:
            served.send()
            event = served.forwarded(1)[0]
            self.assertNotIn("address", event)
            self.assertIn("--sender-server is not given", event["reply"])

    def test_notifications_are_not_sent_on(self):
        own = self.own_server(lambda content: "250 Ok")
        with Served("mail-loop", "--sender-server", str(own.port)) as served:
            served.send(sender="")
            served.send(MESSAGE.replace(b"<1@", b"<2@"))
            self.assertIn(b"<2@sender.test>", own.next()[2])

    def test_two_hosts_pass_it_to_each_other_until_it_has_come_too_far(self):
        own = self.own_server(lambda content: "250 Ok")
        with Served("mail-loop-between-hosts", "--sender-server", str(own.port)) as served:
            served.send()
            sender, recipients, report = own.next()
            self.assertEqual((sender, recipients), ("", [SENDER]))
            self.assertIn(b"Status: 5.4.6\r\n", report)
            self.assertEqual(hops(report.partition(b"text/rfc822-headers")[2].lstrip()), 101)
            events = served.forwarded(101)
            self.assertEqual([event["to"] for event in events], ["next-host"] * 100 + ["notification"])
            self.assertEqual([event["code"] for event in events], [250] * 99 + [554, 250])
            self.assertEqual([event["received_fields"] for event in events[:100]], list(range(2, 102)))
            judged = subprocess.run([TEMPFAIL, "judge", "--json", served.journal], stdin=subprocess.DEVNULL, capture_output=True,
                                    text=True, timeout=DEADLINE)
            self.assertEqual([case["scenario"] for case in json.loads(judged.stdout)["cases"]], ["mail-loop-between-hosts"],
                             judged.stderr)  # the two are part of it

    def test_the_judge_sees_who_stopped_it(self):
        for limit, watch, passes in ((6, "6h", True), (1000, "20h", False)):
            own = self.own_server(lambda content: "554 5.4.6 Too many hops" if hops(content) > limit else "250 Ok")
            with tempfile.TemporaryDirectory() as folder:
                relay = threading.Thread(target=self.send_on, args=(own, pathlib.Path(folder)), daemon=True)
                relay.start()
                done = subprocess.run(
                    [TEMPFAIL, "test", "mail-loop", "--sender-server", str(own.port), "--time-scale", "3600", "--json",
                     "--queue", "--watch-time", watch, "--report-dir", folder + "/report", "--", "sh", "-c",
                     f"echo $TEMPFAIL_PORT > {folder}/port.new && mv {folder}/port.new {folder}/port"],
                    stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE * 3)
                finding = next(f for f in json.loads(done.stdout)["cases"][0]["findings"] if f["rule"] == "stops-loop")
            relay.join(DEADLINE)
            self.assertEqual(finding["outcome"] == "pass", passes, finding)
            self.assertIn("refused the message after it had arrived" if passes else "until the server stopped the loop", finding["actual"])
            self.assertEqual(done.returncode, 0 if passes else 1, done.stdout + done.stderr)

    def send_on(self, own, folder):
        """The sender's own server as a relay: what it takes it sends on to where the message came from."""
        pause = threading.Event()
        while not (folder / "port").exists():
            pause.wait(0.02)
        port, content = int((folder / "port").read_text()), MESSAGE
        for _ in range(200):
            try:
                with smtplib.SMTP("127.0.0.1", port, timeout=DEADLINE) as client:
                    client.sendmail(SENDER, [RECIPIENT], content)
            except smtplib.SMTPException:
                return
            sender, _, content = own.next()
            content = b"Received: from own\r\n" + content
            if own.answer(content[len(b"Received: from own\r\n"):])[0] == "5" or not sender:
                return


if __name__ == "__main__":
    unittest.main()
