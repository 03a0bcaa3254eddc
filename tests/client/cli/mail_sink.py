"""An SMTP server for tests of the whole sender: keeps what it accepts, answers as a test tells it, and can stop a
session at any step until the test lets it go on. Shares nothing with the programs under test."""

import collections
import socket
import threading

STAGES = ("connect", "ehlo", "mail", "rcpt", "data", "content", "dot", "accepted", "quit")


class Sink:
    """`answer(stage, argument)` may give a reply other than the usual one; None: the usual one.

    A message counts as accepted once the reply to its final dot has been handed to the system, or would have been:
    the stage "dot" comes before it is counted, "accepted" after it was counted and before the reply."""

    def __init__(self, answer=lambda stage, argument: None):
        self.answer = answer
        self.accepted = collections.Counter()  # (X-Id of the message, recipient) -> times
        self.messages = []  # (sender, recipients, content)
        self.lock = threading.Lock()
        self.hold_at = None  # a stage, and how many of them go by before
        self.held = threading.Event()
        self.release = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def hold(self, stage, after):
        """The session that comes to `stage` after `after` others did stops there; `held` says so."""
        with self.lock:
            self.held.clear()
            self.release.clear()
            self.hold_at = [stage, after]

    def let_go(self):
        with self.lock:
            self.hold_at = None
        self.release.set()

    def _reached(self, stage):
        with self.lock:
            if self.hold_at is None or self.hold_at[0] != stage:
                return
            self.hold_at[1] -= 1
            if self.hold_at[1] >= 0:
                return
            self.hold_at = None
        self.held.set()
        self.release.wait(120)

    def _serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._session, args=(connection,), daemon=True).start()

    def _session(self, connection):
        try:
            with connection, connection.makefile("rb") as lines:
                self._talk(connection, lines)
        except OSError:
            pass  # the sender was killed: that is what the tests do

    def _talk(self, connection, lines):
        def say(stage, usual, argument=""):
            text = self.answer(stage, argument) or usual
            connection.sendall(text.encode() + b"\r\n")
            return text[0]

        self._reached("connect")
        say("connect", "220 sink.test ready")
        sender, recipients = None, []
        while True:
            line = lines.readline()
            if not line:
                return
            text = line.decode().rstrip("\r\n")
            verb = text.upper()
            if verb.startswith(("EHLO", "HELO")):
                self._reached("ehlo")
                say("ehlo", "250-sink.test\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES")
            elif verb.startswith("MAIL"):
                self._reached("mail")
                sender = text[text.index("<") + 1 : text.index(">")]
                recipients = []
                say("mail", "250 2.1.0 ok", sender)
            elif verb.startswith("RCPT"):
                self._reached("rcpt")
                address = text[text.index("<") + 1 : text.index(">")]
                if say("rcpt", "250 2.1.5 ok", address) == "2":
                    recipients.append(address)
            elif verb.startswith("DATA"):
                self._reached("data")
                if not recipients:
                    connection.sendall(b"503 5.5.1 no recipients\r\n")
                    continue
                say("data", "354 go ahead")
                if not self._content(connection, lines, sender, recipients):
                    return
            elif verb.startswith("QUIT"):
                self._reached("quit")
                connection.sendall(b"221 2.0.0 bye\r\n")
                return
            else:
                connection.sendall(b"250 2.0.0 ok\r\n")

    def _content(self, connection, lines, sender, recipients):
        content = b""
        while True:
            line = lines.readline()
            if not line:
                return False
            if not content:
                self._reached("content")
            if line == b".\r\n":
                break
            content += line[1:] if line.startswith(b".") else line
        self._reached("dot")
        reply = self.answer("dot", sender) or "250 2.0.0 taken"
        if reply[0] == "2":
            identity = ""
            for header in content.split(b"\r\n\r\n")[0].split(b"\r\n"):
                if header.startswith(b"X-Id: "):
                    identity = header[6:].decode()
            with self.lock:
                self.messages.append((sender, list(recipients), content))
                for recipient in recipients:
                    self.accepted[(identity, recipient)] += 1
            self._reached("accepted")
        connection.sendall(reply.encode() + b"\r\n")
        return True
