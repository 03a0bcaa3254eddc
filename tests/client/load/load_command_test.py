#!/usr/bin/env python3
"""`tempfail-send load` as a user meets it: where to, the report, JSON, exit codes, the bar on a terminal."""
import json
import os
import pathlib
import pty
import socket
import subprocess
import sys
import threading

SENDER = pathlib.Path(os.environ["TEMPFAIL_BIN"]) / "tempfail-send"


class Server:
    """Says yes to everything, or `refusal` to RCPT."""

    def __init__(self, refusal=None):
        self.refusal = refusal
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            peer, _ = self.listener.accept()
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer):
        lines = peer.makefile("rb")
        peer.sendall(b"220 mx\r\n")
        for line in lines:
            word = line[:4].upper()
            if word == b"DATA":
                peer.sendall(b"354 go\r\n")
                while lines.readline() not in (b".\r\n", b""):
                    pass
                peer.sendall(b"250 ok\r\n")
            elif word == b"RCPT" and self.refusal:
                peer.sendall(self.refusal)
            elif word == b"QUIT":
                peer.sendall(b"221 bye\r\n")
                peer.close()
                return
            else:
                peer.sendall(b"250 ok\r\n")


def load(*arguments):
    return subprocess.run([SENDER, "load", *map(str, arguments)], capture_output=True, text=True, timeout=120)


def main():
    server = Server()
    for where in ([f"127.0.0.1:{server.port}"], ["--host", "127.0.0.1", "--port", server.port]):
        done = load(*where, "--messages", 30, "--sessions", 3)
        assert done.returncode == 0, done
        assert done.stdout.startswith("30 of 30 messages delivered in "), done.stdout
        assert "p99.9" in done.stdout and not done.stderr, done
    done = load(f"127.0.0.1:{server.port}", "--messages", 20, "--messages-per-session", 0, "--size", "4KB", "--json")
    figures = json.loads(done.stdout)
    assert figures["delivered"] == 20 and figures["failed"] == 0, figures
    assert figures["bytes_sent"] > 20 * 4000, figures
    assert figures["latency_microseconds"]["p50"] <= figures["latency_microseconds"]["max"], figures

    refusing = Server(b"452 4.2.2 full\r\n")
    done = load(f"127.0.0.1:{refusing.port}", "--messages", 5)
    assert done.returncode == 69 and "5 x 452 4.2.2" in done.stdout, done
    for wrong in ("127.0.0.1:0", "127.0.0.1:x", "127.0.0.1:70000"):
        assert load(wrong).returncode == 64, wrong

    # On a terminal a bar moves; the report is still whole.
    leader, follower = pty.openpty()
    running = subprocess.Popen([SENDER, "load", f"127.0.0.1:{server.port}", "--messages", "30", "--rate", "50"],
                               stdout=subprocess.PIPE, stderr=follower, text=True)
    os.close(follower)
    report = running.stdout.read()
    assert running.wait(120) == 0, report
    shown = os.read(leader, 65536).decode()
    assert "[" in shown and "%" in shown and "/s" in shown, shown
    assert "30 of 30" in report, report
    print("ok")


if __name__ == "__main__":
    sys.exit(main())
