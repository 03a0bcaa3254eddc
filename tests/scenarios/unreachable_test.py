#!/usr/bin/env python3
"""Hosts and networks that can't be reached: real senders and the judge, in a network namespace of their own.

No server can make its own host unreachable; routing can. The namespace has 192.0.2.1 on its loopback, and a rule
of routing that stands before it says what a connection attempt meets, until the test takes the rule away.
"""
import errno
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

ADDRESS = "192.0.2.1"
SCALE = 3600
DEADLINE_SECONDS = 120
ROOT = pathlib.Path(__file__).resolve().parents[2]
RETRYING = ROOT / "tests" / "peers" / "retrying.py"
DRIVER = ROOT / "senders" / "smtplib" / "send.py"
BIN = pathlib.Path(os.environ["TEMPFAIL_BIN"])

# How it is made, and what connect() says of it.
KINDS = {
    "host": (("route", "add", "unreachable", ADDRESS, "table", "100"), errno.EHOSTUNREACH),
    "network": (("rule", "add", "pref", "9", "to", ADDRESS, "unreachable"), errno.ENETUNREACH),
    "prohibited": (("route", "add", "prohibit", ADDRESS, "table", "100"), errno.EACCES),
}
SENDERS = {
    "smtplib": [sys.executable, RETRYING, "smtplib"],
    "swaks": [sys.executable, RETRYING, "swaks"],
    "curl": [sys.executable, RETRYING, "curl"],
    "tempfail-send": [BIN / "tempfail-send", "send", "--time-scale", "{time_scale}", "--host", "{host}", "--port", "{port}",
                      "--from", "{sender}", "--to", "{recipient}", "--log", "{message}"],
}


def ip(*words):
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout


class Outage:
    """`with Outage(kind):` attempts to connect to the address fail."""

    def __init__(self, kind):
        self.command, self.errno = KINDS[kind]

    def __enter__(self):
        ip("rule", "add", "pref", "10", "to", ADDRESS, "lookup", "100")
        ip(*self.command)
        return self

    def __exit__(self, *_):
        for preference in ("9", "10"):
            subprocess.run(["ip", "rule", "del", "pref", preference], capture_output=True)
        subprocess.run(["ip", "route", "flush", "table", "100"], capture_output=True)


class Unreachable(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="tempfail-unreachable-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def connect_error(self):
        with socket.socket() as attempt:
            return attempt.connect_ex((ADDRESS, 9))

    def start(self, sender):
        command = [BIN / "tempfail", "test", "healthy", "--bind", ADDRESS, "--time-scale", SCALE, "--report-dir", self.folder,
                   "--timeout", DEADLINE_SECONDS, "--", *sender]
        return subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)

    def output(self):
        try:
            return (self.folder / "cases/healthy/output.txt").read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def wait_for_failure(self, run):
        """The sender has said something of its first try."""
        end = time.monotonic() + DEADLINE_SECONDS
        while not re.search(r'^try 1: exit code [1-9]|"event":"try-ended"', self.output(), re.M):
            self.assertIsNone(run.poll(), self.output())
            self.assertLess(time.monotonic(), end, self.output())
            time.sleep(0.01)  # and looks again

    def judged(self, run):
        text = run.communicate(timeout=DEADLINE_SECONDS)[0]
        case = json.loads((self.folder / "report.json").read_text())["cases"][0]
        journal = (self.folder / case["journal"]).read_text().splitlines()
        connections = [event for event in map(json.loads, journal) if event["event"] == "connect"]
        return case, connections, text + self.output()

    def test_what_connect_says(self):
        for kind in KINDS:
            with self.subTest(kind=kind), Outage(kind) as outage:
                self.assertEqual(self.connect_error(), outage.errno)
        self.assertEqual(self.connect_error(), errno.ECONNREFUSED, "the address is there again")

    def comes_back(self, name, kind):
        with Outage(kind):
            run = self.start(SENDERS[name])
            self.wait_for_failure(run)
        case, connections, text = self.judged(run)
        self.assertIn(case["answer"], ("ok", "ok-but"), text)
        self.assertEqual(len(connections), 1, "what can't be reached sees no try\n" + text)

    def test_bare_sender_gives_up(self):
        with Outage("host"):
            run = self.start([sys.executable, DRIVER])
            case, connections, text = self.judged(run)
        self.assertEqual(case["answer"], "fail", text)
        self.assertIn("no connection came", case["why"])
        self.assertIn("No route to host", case["why"] + text)
        self.assertEqual(connections, [])


for sender in SENDERS:
    for kind in ("host", "network"):
        setattr(Unreachable, f"test_{sender.replace('-', '_')}_tries_an_unreachable_{kind}_again",
                lambda self, sender=sender, kind=kind: self.comes_back(sender, kind))


def enter_namespace():
    """Starts this program again in a network namespace; 77 where none can be made."""
    ready = ("ip link set lo up && ip addr add 192.0.2.1/32 dev lo && ip rule add pref 100 lookup local && "
             "ip rule del pref 0 && exec \"$@\"")
    inside = ["unshare", "-Urn", "sh", "-c", ready, "sh"]
    probe = subprocess.run([*inside, "true"], capture_output=True, text=True)
    if probe.returncode != 0:
        print(f"skipped: no network namespace with routes of its own can be made here: {probe.stderr.strip()}")
        sys.exit(77)
    os.environ["TEMPFAIL_UNREACHABLE_INSIDE"] = "1"
    os.execvp(inside[0], [*inside, sys.executable, __file__])


if __name__ == "__main__":
    if os.environ.get("TEMPFAIL_UNREACHABLE_INSIDE") != "1":
        enter_namespace()
    for missing in [name for name in ("swaks", "curl") if not shutil.which(name)]:
        print(f"skipped for {missing}, which is not installed")
        for kind in ("host", "network"):
            delattr(Unreachable, f"test_{missing}_tries_an_unreachable_{kind}_again")
    unittest.main(argv=sys.argv[:1], verbosity=2)
