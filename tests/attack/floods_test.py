#!/usr/bin/env python3
"""Peers that take more than their share: floods of commands, messages with very many parts, all descriptors."""
import json
import os
import resource
import socket
import subprocess
import threading
import unittest

import attack
from attack import Peer, program, resident_megabytes

TEMPFAIL = program.TEMPFAIL


class Floods(program.Case):
    def test_a_message_of_a_million_parts_stops_nobody(self):
        journal = self.directory / "journal.jsonl"
        part = b"--b\r\nContent-Type: text/plain; charset=c\r\n\r\nx\r\n"
        fields = b"X: y\r\n" * 20_001
        words = b"Subject: " + b"=?c?Q?x?= " * 10_001 + b"\r\n"
        nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i) for i in range(40_000))
        messages = [b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part * 100_000, fields + b"\r\nx\r\n",
                    words + b"\r\nx\r\n", nested]
        with program.Server(self.directory, "code-page-missing", "--port", "0", "--journal", journal) as server:
            before = resident_megabytes(server.process.pid)
            for message in messages:
                peer = Peer(server.port("code-page-missing"))
                peer.read_until(b"\n")
                peer.send(b"EHLO c\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n")
                peer.read_until(b"354 ")
                peer.send(message + b"\r\n.\r\nQUIT\r\n")
                self.assertIn(b"\r\n221 ", b"\r\n" + peer.end())
            # 4.6 MB of parts took 255 MB when all of them were looked at.
            self.assertLess(resident_megabytes(server.process.pid) - before, 100)
        events = [json.loads(line) for line in journal.read_text().splitlines()]
        self.assertEqual(sum(event["event"] == "accepted" for event in events), len(messages), "none was looked at")

    def test_commands_without_mail_come_to_an_end(self):
        journal = self.directory / "journal.jsonl"
        with program.Server(self.directory, "healthy", "--port", "0", "--journal", journal) as server:
            peer = Peer(server.port("healthy"))
            peer.read_until(b"\n")
            peer.send(b"EHLO c\r\n")
            peer.read_until(b"250 ")
            seen = []
            reader = threading.Thread(target=lambda: seen.append(peer.read_until(b"421 ")))
            reader.start()
            peer.send(b"NOOP\r\n" * 100_100)
            reader.join(program.DEADLINE)
            self.assertIn(b"421 4.7.0 Too many commands without mail", seen[0][-200:])
            peer.end()
        self.assertLess(journal.stat().st_size, 30 << 20)

    def test_the_control_socket_answers_when_all_descriptors_are_taken(self):
        control = str(self.directory / "control")
        with program.Server(self.directory, "healthy", "--port", "0", "--control", control,
                            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))) as server:
            port = server.port("healthy")
            clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(100)]
            program.wait_until(lambda: len(os.listdir(f"/proc/{server.process.pid}/fd")) >= 63, "no descriptor is left")
            for _ in range(3):
                run = subprocess.run([TEMPFAIL, "control", control, "now"], capture_output=True, text=True, timeout=30)
                self.assertEqual(run.returncode, 0, run.stderr)
            for client in clients:
                client.close()


if __name__ == "__main__":
    attack.program.main()
