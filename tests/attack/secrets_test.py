#!/usr/bin/env python3
"""Passwords and tokens, said to a server in forty ways: none of them is in any file that the program writes."""
import base64
import hashlib
import unittest

import attack
from attack import Peer, program

HELLO = b"EHLO client.test\r\n"
NOISE = b"NONSENSE\r\n" * 101  # one more than a session may have wrong

# Where: h the healthy server (no AUTH), a one with AUTH, s one that is silent after MAIL, t one with STARTTLS.
# {T} is the secret; each way has one of its own.
WAYS = [
    ("cut inside the command", "h", HELLO + b"AUTH PLAIN {T}"),
    ("cut inside the command, AUTH offered", "a", HELLO + b"AUTH PLAIN {T}"),
    ("cut inside the answer", "h", HELLO + b"AUTH PLAIN\r\n{T}"),
    ("cut inside the answer, AUTH offered", "a", HELLO + b"AUTH PLAIN\r\n{T}"),
    ("cut inside the password", "a", HELLO + b"AUTH LOGIN\r\ndXNlcg==\r\n{T}"),
    ("never read", "s", HELLO + b"MAIL FROM:<a@b.test>\r\nAUTH PLAIN {T}\r\n"),
    ("never read, in lines", "s", HELLO + b"MAIL FROM:<a@b.test>\r\nAUTH LOGIN\r\n{T}\r\n{T}\r\n"),
    ("refused, sent all the same", "h", HELLO + b"AUTH LOGIN\r\n{T}\r\n{T}\r\nQUIT\r\n"),
    ("refused, initial response", "h", HELLO + b"AUTH PLAIN {T}\r\nQUIT\r\n"),
    ("refused, then the answer", "h", HELLO + b"AUTH PLAIN\r\n{T}\r\nQUIT\r\n"),
    ("a mechanism that is not offered", "a", HELLO + b"AUTH XOAUTH2\r\n{T}\r\n\r\n{T}\r\nQUIT\r\n"),
    ("the same, initial response", "a", HELLO + b"AUTH XOAUTH2 {T}\r\nQUIT\r\n"),
    ("an unknown mechanism", "a", HELLO + b"AUTH X-OWN {T}\r\n{T}\r\nQUIT\r\n"),
    ("a leading blank", "a", HELLO + b" AUTH PLAIN {T}\r\nQUIT\r\n"),
    ("no blank", "a", HELLO + b"AUTHPLAIN {T}\r\n{T}\r\nQUIT\r\n"),
    ("NUL for a blank", "a", HELLO + b"AUTH PLAIN\0{T}\r\nQUIT\r\n"),
    ("NUL before it", "a", HELLO + b"\0AUTH PLAIN {T}\r\nQUIT\r\n"),
    ("small letters and blanks", "a", HELLO + b"aUtH   pLaIn   {T}\r\nQUIT\r\n"),
    ("tabs", "a", HELLO + b"AUTH\tPLAIN\t{T}\r\nQUIT\r\n"),
    ("before EHLO", "a", b"AUTH PLAIN {T}\r\n{T}\r\nQUIT\r\n"),
    ("no mechanism", "a", HELLO + b"AUTH {T}\r\nQUIT\r\n"),
    ("failed, and said again", "a", HELLO + b"AUTH PLAIN {T}\r\n{T}\r\nQUIT\r\n"),
    ("not base64", "a", HELLO + b"AUTH PLAIN !{T}!\r\n{T}\r\nQUIT\r\n"),
    ("cancelled, and said all the same", "a", HELLO + b"AUTH LOGIN\r\n*\r\n{T}\r\nQUIT\r\n"),
    ("once too often", "a", HELLO + b"AUTH LOGIN\r\ndXNlcg==\r\n{T}\r\n{T}\r\nQUIT\r\n"),
    ("over-long", "a", HELLO + b"AUTH PLAIN " + b"{T}" * 400 + b"\r\nQUIT\r\n"),
    ("over-long answer after a refusal", "h", HELLO + b"AUTH PLAIN\r\n" + b"{T}" * 400 + b"\r\nQUIT\r\n"),
    ("bare LF", "h", b"EHLO client.test\nAUTH LOGIN\n{T}\n{T}\nQUIT\n"),
    ("bare CR", "h", b"EHLO client.test\rAUTH PLAIN {T}\rMAIL FROM:<a@b.test>\r"),
    ("after QUIT", "h", HELLO + b"QUIT\r\nAUTH PLAIN {T}\r\n{T}\r\n"),
    ("after 421", "h", HELLO + NOISE + b"AUTH LOGIN\r\n{T}\r\n{T}\r\nAUTH PLAIN {T}\r\n"),
    ("another protocol's word", "h", HELLO + b"AUTHENTICATE PLAIN {T}\r\nQUIT\r\n"),
    ("with an equals sign", "h", HELLO + b"AUTH=PLAIN {T}\r\nQUIT\r\n"),
    ("HTTP", "h", b"POST / HTTP/1.1\r\nAuthorization: Basic {T}\r\nCookie: id={T}\r\n\r\n"),
    ("POP3", "h", b"USER joe\r\nPASS {T}\r\nQUIT\r\n"),
    ("IMAP", "h", b"a1 LOGIN joe {T}\r\nQUIT\r\n"),
    ("mistyped", "h", HELLO + b"AUHT PLAIN {T}\r\n{T}\r\nQUIT\r\n"),
    ("during a mail transaction", "a", HELLO + b"MAIL FROM:<a@b.test>\r\nAUTH PLAIN {T}\r\n{T}\r\nQUIT\r\n"),
    ("behind what telnet says", "h", HELLO + b"\xff\xfb\x01AUTH PLAIN {T}\r\nQUIT\r\n"),
    ("an argument of another command", "h", HELLO + b"NOOP AUTH PLAIN {T}\r\nQUIT\r\n"),
    ("pipelined after STARTTLS", "t", HELLO + b"STARTTLS\r\nAUTH PLAIN {T}\r\n{T}\r\n"),
    ("good base64 of a good user", "a", HELLO + b"AUTH PLAIN {B}\r\nQUIT\r\n"),
]

AUTH = """summary: Offers AUTH, and lets one user in
server:
  auth: {users: {user: nothing-of-this}}
sender: {must: [{delivered: once}]}
"""
SILENT = """summary: Says nothing after MAIL
server:
  rules:
    - on: mail
      do: stall
sender: {must: [{delivered: once}]}
"""
TLS = """summary: Offers STARTTLS
server:
  tls: starttls
sender: {must: [{delivered: once}]}
"""


def secret_of(number):
    """Forty letters and digits that nothing else has."""
    return base64.b32encode(hashlib.sha256(b"secret %d" % number).digest()[:25])


class Secrets(program.Case):
    def plant(self, port, text, number, piece):
        secret = secret_of(number)
        good = base64.b64encode(b"\0user\0" + secret)
        peer = Peer(port)
        peer.read_until(b"\n")
        peer.send(text.replace(b"{T}", secret).replace(b"{B}", good), piece)
        peer.end()
        return [secret, secret.lower(), base64.b64encode(secret), good]

    def test_no_file_has_any_of_them(self):
        scenarios = self.scenario_files(auth=AUTH, silent=SILENT, secured=TLS)
        names = {"a": "auth", "s": "silent", "t": "secured"}
        journal = self.directory / "journal.jsonl"
        planted = {}
        with program.Server(self.directory, "healthy", *names.values(), "--port", "0", "--scenarios", scenarios,
                            "--journal", journal) as server:
            ports = {where: server.port(name) for where, name in {"h": "healthy", **names}.items()}
            for piece in (0, 1, 7):
                for number, (way, where, text) in enumerate(WAYS, len(WAYS) * piece):
                    if piece and len(text) > 2000:
                        continue
                    planted[f"{way}, pieces of {piece}"] = self.plant(ports[where], text, number, piece)
        self.assertGreater(len(planted), 100)
        self.look_for(planted, journal)

    def look_for(self, planted, journal):
        """In every file, and for pieces of them, since a file may have cut one."""
        files = [path for path in self.directory.rglob("*") if path.is_file()]
        self.assertIn(journal, files)
        text = journal.read_bytes()
        self.assertGreater(text.count(b'"AUTH '), len(WAYS), "the lines are in the journal but for the secrets")
        windows = {}
        for way, forms in planted.items():
            for form in forms:
                for at in range(len(form) - 11):
                    windows[form[at:at + 12]] = way
        for file in files:
            content = file.read_bytes()
            for at in range(len(content) - 11):
                way = windows.get(content[at:at + 12])
                self.assertIsNone(way, f"{file.name}: {way}: …{content[max(0, at - 200):at + 60]!r}")


if __name__ == "__main__":
    attack.program.main()
