#!/usr/bin/env python3
"""Compares what a message costs `tempfail serve` where a mix chooses its scenario, where its recipient's name does (the
shared port), and where the scenario has the port to itself.

The three servers have the same load in turns, kept-open sessions that pipeline, and write a journal. A figure is the
processor time of the server per message, the median of the rounds; a ratio the median of those within each round. Each
message has a recipient of its own: the mix draws one of two shares, the shared port finds the name. All are accepted.

    mix_bench.py            TEMPFAIL_BIN says where the program is
    mix_bench.py --brief    a few hundred messages: shows that it works
"""
import argparse
import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile

from smtp_bench import cpu_seconds, compare_servers

# The bench's recipients are in none of the first domains.
MIX = """\
domains:
  "gmail.test": {healthy: 90, disk-full: 10}
  "*.gateway.test": {healthy: 90, disk-full: 10}
  "yahoo.test": {healthy: 90, disk-full: 10}
  "*": {healthy: 90, will-forward-251: 10}
"""
SESSIONS = 20
BODY = b"Subject: bench\r\nMessage-ID: <%d@bench.test>\r\n\r\n" + b"x" * 70 + b"\r\n.\r\n"


class Served:
    """A `tempfail serve`, and sessions that stay open."""

    def __init__(self, name, folder, arguments, recipient):
        self.name, self.recipient = name, recipient
        ready = folder / f"{name}.json"
        program = pathlib.Path(os.environ.get("TEMPFAIL_BIN", "build/release/bin")) / "tempfail"
        self.process = subprocess.Popen([program, "serve", *arguments, "--journal", folder / f"{name}.jsonl", "--ready-file",
                                         ready], stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if line.startswith("ready"):
                break
        else:
            raise SystemExit(f"{name} did not start")
        said = json.loads(ready.read_text())
        self.port = (said["common"] or said["endpoints"][0])["port"]
        self.clients = [self.open() for _ in range(SESSIONS)]

    def open(self):
        client = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        file = client.makefile("rb")
        file.readline()
        client.sendall(b"EHLO bench.test\r\n")
        while file.readline()[3:4] == b"-":
            pass
        return client, file

    def stop(self):
        for client, file in self.clients:
            file.close()
            client.close()
        self.process.terminate()
        self.process.wait()


def expect(file, code):
    line = file.readline()
    while line[3:4] == b"-":
        line = file.readline()
    if line[:1] != code:
        raise SystemExit(f"an unexpected reply: {line!r}")


def measure(server, messages):
    """Microseconds of processor time per message."""
    before = cpu_seconds(server.process.pid)
    for number in range(0, messages, SESSIONS):
        for index, (client, _) in enumerate(server.clients):
            client.sendall(b"MAIL FROM:<sender@bench.test>\r\nRCPT TO:<" + server.recipient % (number + index) +
                           b">\r\nDATA\r\n")
        for index, (client, file) in enumerate(server.clients):
            for code in (b"2", b"2", b"3"):
                expect(file, code)
            client.sendall(BODY % (number + index))
        for _, file in server.clients:
            expect(file, b"2")
    return (cpu_seconds(server.process.pid) - before) / messages * 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--brief", action="store_true")
    parser.add_argument("--messages", type=int, default=10_000, help="of a round")
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    if arguments.brief:
        arguments.messages, arguments.rounds = 200, 1
    with tempfile.TemporaryDirectory(prefix="tempfail-bench-") as name:
        folder = pathlib.Path(name)
        mix = folder / "mix.yaml"
        mix.write_text(MIX)
        servers = []
        try:
            servers.append(Served("tempfail", folder, ["--mix", mix, "--port", "0"], b"user%d@shop.test"))
            servers.append(Served("shared", folder, ["healthy", "will-forward-251", "disk-full", "--port", "0",
                                                     "--shared-port", "0"], b"user%d@healthy.test"))
            servers.append(Served("own", folder, ["healthy", "--port", "0"], b"user%d@shop.test"))
            costs, ratios = compare_servers(servers, arguments.rounds, lambda one: measure(one, arguments.messages))
        finally:
            for server in servers:
                server.stop()
    print("server CPU per message in microseconds")
    for server, word in (("tempfail", "mix"), ("shared", "shared port"), ("own", "port of its own")):
        print(f"{word:<16} {costs[server]:8.1f}   the mix is {ratios[server]:.2f} times that")
    return 0


if __name__ == "__main__":
    sys.exit(main())
