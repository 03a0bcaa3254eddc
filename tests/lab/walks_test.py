#!/usr/bin/env python3
"""Walks (tests/support/walk.py) of the scenarios that only a lab can show: by a raw client inside of one, a lab for each part.

Time can't be moved there. It passes at a scale, and `advance` waits.
"""
import json
import os
import pathlib
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))

import dnsclient  # noqa: E402 (needs the path)
import sealed  # noqa: E402
import walk  # noqa: E402
from walk_network import Failed  # noqa: E402

WALKS = HERE.parent / "scenarios"
SCALE = 600


class Inside:
    """The lab as a walker wants it, from what its ready file says."""

    implicit = False

    def __init__(self, ready):
        self.began = time.monotonic()
        self.hosts = {}
        for endpoint in ready["endpoints"]:
            self.hosts.setdefault(endpoint["host"], (endpoint["address"], endpoint["port"]))
        self.dns = (ready["name_server"], 53)

    def barrier(self):
        """The server has one thread: it can't answer here without having looked at what lay on its sockets before."""
        for _ in range(3):
            dnsclient.Client(self.dns).ask("sender.test", "MX")

    def advance(self, duration):
        time.sleep(seconds_of(duration) / SCALE)  # protocol time passes: a lower bound


def seconds_of(duration):
    return float(duration[:-1]) * {"s": 1, "m": 60, "h": 3600}[duration[-1]]


def walk_part(path, number, ready):
    path = pathlib.Path(path)
    inside = Inside(json.loads(pathlib.Path(ready).read_text()))
    part = walk.parse(path.read_text(), path)[int(number)]
    try:
        walk.Walker(inside, next(iter(inside.hosts.values()))).walk(part, path)
    except Failed as failure:
        print(failure)
        return 1
    return 0


class Walks(sealed.Case):
    def scenarios(self):
        listed = json.loads(self.program.run("list", "--json").stdout)
        return [scenario for scenario in listed if scenario["needs_lab"]]

    def test_each_as_it_is_written(self):
        scenarios = self.scenarios()
        self.assertGreaterEqual({scenario["id"] for scenario in scenarios},
                                {"dns/no-mx-ipv6-only", "hosts/ipv6-dead", "network/host-unreachable",
                                 "network/network-unreachable"})
        for scenario in scenarios:
            path = WALKS / (scenario["id"] + ".walk")
            for number, part in enumerate(walk.parse(path.read_text(), path)):
                with self.subTest(scenario["id"], part=part.title):
                    ready = self.path("ready.json")
                    done = self.program.run("lab", "-q", "--scenario", scenario["name"], "--time-scale", SCALE, "--ready-file",
                                            ready, "--", sys.executable, __file__, "--inside", path, number, ready)
                    self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_walk_that_is_not_so_fails(self):
        path = self.path("wrong.walk")
        path.write_text("== It is reached\nconnect fails: ECONNREFUSED\n")
        ready = self.path("ready.json")
        done = self.program.run("lab", "-q", "--scenario", "host-unreachable", "--ready-file", ready, "--", sys.executable,
                                __file__, "--inside", path, 0, ready)
        self.assertEqual(done.returncode, 1)
        self.assertIn("EHOSTUNREACH", done.stdout)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        sys.exit(walk_part(*sys.argv[2:]))
    if not os.path.exists("/proc/net/if_inet6"):
        print("skipped: the kernel has no IPv6")
        sys.exit(sealed.SKIPPED)
    sealed.main()
