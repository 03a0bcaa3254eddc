#!/usr/bin/env python3
"""What the journal says of connections that a closed port refused: nobody was, or it can't be known.

The kernel counts for a whole network, so the test has one of its own: it starts itself again inside.
"""
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import unittest

from served import Served


def inside():
    return os.environ.get("TEMPFAIL_TEST_NETWORK") == "own"


@unittest.skipUnless(inside(), "in a network of its own")
class Refused(unittest.TestCase):
    def told(self, tries):
        """The journal's `listen` events of a port that refuses for fifty minutes, in which somebody tries so often."""
        with tempfile.TemporaryDirectory() as folder:
            journal = pathlib.Path(folder) / "journal.jsonl"
            with Served("connection-refused", options=("--clock", "manual", "--journal", journal)) as served:
                place = served.ports["connection-refused"]
                for _ in range(tries):
                    with self.assertRaises(ConnectionRefusedError):
                        socket.create_connection(place, timeout=60)
                served.control("advance 1h")
                with socket.create_connection(place, timeout=60) as client:
                    self.assertEqual(client.recv(3), b"220")
            events = [json.loads(line) for line in journal.read_text().splitlines()]
        return [event for event in events if event["event"] == "listen"]

    def test_nobody_was_refused(self):
        refused, accepted = self.told(0)
        self.assertEqual((refused["answer"], accepted["answer"]), ("refused", "accepted"))
        self.assertNotIn("counted", refused)
        self.assertIs(accepted["counted"], True)

    def test_of_two_that_refuse_neither_is_taken_for_a_stranger(self):
        with tempfile.TemporaryDirectory() as folder:
            journal = pathlib.Path(folder) / "journal.jsonl"
            with Served("connection-refused", "server-is-back", options=("--clock", "manual", "--journal", journal)) as served:
                served.control("advance 2h")
            events = [json.loads(line) for line in journal.read_text().splitlines()]
        accepted = [event for event in events if event["event"] == "listen" and event["answer"] == "accepted"]
        self.assertEqual({event["server"]: event.get("counted") for event in accepted}, {1: True, 2: True})

    def test_somebody_was(self):
        _, accepted = self.told(1)
        self.assertNotIn("counted", accepted)
        self.assertNotIn("refused", accepted)


if __name__ == "__main__":
    if inside():
        unittest.main(verbosity=2)
    sys.exit(subprocess.run(["unshare", "--user", "--map-root-user", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh", sys.executable, __file__],
                            env={**os.environ, "TEMPFAIL_TEST_NETWORK": "own"}, timeout=500, check=False).returncode)
