#!/usr/bin/env python3
"""Three servers and one store, each in a network namespace of its own: servers are cut off from the store and come back, one is
killed, the store is killed and started again, all while messages come.

    partition_test.py [--rounds N] [--seed N] [--first N]    `--first`: the number of the first round, to have one of them again
"""
import argparse
import json
import os
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
import unittest

import namespaces
import program
from redis_server import RedisServer
from served import Served
from store_scenarios import SCENARIOS, accepted_in, deliver, findings, write_scenarios

NODES = (0, 1, 2)
SENDERS = 4
MESSAGES = 8  # of each
MORE_SCENARIOS = {"gap": SCENARIOS["first-deferred"], "rejected": "- {on: rcpt, reply: 550 5.1.1 No such user}"}
UNTOUCHED = ("first-deferred", "rejected", "late")
BROKEN = ("late",)  # of these; the message is not over, so that rules which are kept so far are not known to be kept
TOUCHED = ("healthy", "gap")
ARGUMENTS = argparse.Namespace(rounds=3, seed=4, first=0)


class Network:
    """The test's own namespace is the clients'. Each server has one cable to it, and one to the store."""

    def __init__(self):
        self.store = namespaces.Namespace()
        self.nodes = [namespaces.Namespace() for _ in NODES]
        clients = namespaces.Namespace.own()
        clients.ip("link", "set", "lo", "up")
        for number, node in enumerate(self.nodes):
            namespaces.cable(clients, f"10.1.{number}.1", node, f"10.1.{number}.2", f"mail{number}")
            namespaces.cable(self.store, f"10.2.{number}.1", node, f"10.2.{number}.2", f"store{number}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for namespace in (self.store, *self.nodes):
            namespace.__exit__()

    def address(self, number):
        return f"10.1.{number}.2"

    def store_address(self, number):
        return f"redis://10.2.{number}.1:6379"

    def cut(self, number, kind):
        """`answers`: the store hears the server, and the server hears nothing. Else nothing passes at all."""
        if kind == "answers":
            self.store.ip("route", "replace", "blackhole", f"10.2.{number}.2/32")
        else:
            self.store.ip("link", "set", f"store{number}", "down")

    def heal_all(self):
        for number in NODES:
            self.store.ip("route", "replace", "blackhole", f"10.2.{number}.2/32")
            self.store.ip("route", "del", "blackhole", f"10.2.{number}.2/32")
            self.store.ip("link", "set", f"store{number}", "up")


class Node(Served):
    """A server, and what it says about its store."""

    def has_lost_the_store(self):
        said = self.output.read_text(errors="replace")
        return said.count("store lost: ") > said.count("store found again")

    def kill(self):
        os.kill(self.process_id(), signal.SIGKILL)
        self._process.wait()


class Traffic:
    """Senders that go on with the next server until a message is accepted."""

    def __init__(self, nodes, rng):
        self.nodes = nodes
        self.told = []  # Message-IDs that were answered with 250
        self._counts = threading.Condition()
        self._deadline = time.monotonic() + 2 * program.DEADLINE
        starts = [rng.randrange(len(nodes)) for _ in range(SENDERS)]
        self._threads = [threading.Thread(target=self._send, args=(number, start)) for number, start in enumerate(starts)]
        for thread in self._threads:
            thread.start()

    def _send(self, number, place):
        for message in range(MESSAGES):
            self.send_one(f"{number}-{message}@x", place)
            place += 1

    def send_one(self, message_id, place):
        while not deliver(self.nodes[place % len(self.nodes)].ports["healthy"], message_id).startswith("250"):
            if time.monotonic() > self._deadline:
                return
            place += 1
        with self._counts:
            self.told.append(message_id)
            self._counts.notify_all()

    def wait_for(self, count):
        """Until so many are accepted, or all that will be."""
        with self._counts:
            if not self._counts.wait_for(lambda: len(self.told) >= count, 2 * program.DEADLINE):
                raise AssertionError(f"only {len(self.told)} of {count} messages were accepted")

    def join(self):
        self.wait_for(SENDERS * MESSAGES)
        for thread in self._threads:
            thread.join()


def of_untouched(cases):
    """What must not depend on what happens later."""
    def fixed(name):
        answer, found = findings(cases[name])
        return answer, [one for one in found if one[1] == "fail"] if name in BROKEN else found
    return {name: fixed(name) for name in UNTOUCHED}


class PartitionTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="tempfail-partition-test-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        write_scenarios(cls.folder, {**SCENARIOS, **MORE_SCENARIOS})
        cls.network = cls.enter(Network())
        options = ["--port", "6379", "--bind", "0.0.0.0", "--protected-mode", "no", "--save", "", "--appendonly", "yes", "--appendfsync", "always"]
        cls.redis = cls.enter(RedisServer(options=options, prefix=cls.network.store.prefix))

    @classmethod
    def enter(cls, manager):
        result = manager.__enter__()
        cls.addClassCleanup(manager.__exit__, None, None, None)
        return result

    def serve(self, number, run):
        node = Node(*UNTOUCHED, *TOUCHED, prefix=self.network.nodes[number].prefix,
                    options=("--scenarios", self.folder, "--bind", self.network.address(number), "--store", self.network.store_address(number),
                             "--store-run", run, "--journal", "store"))
        node.__enter__()
        self.addCleanup(node.stop)
        return node

    def judge(self, run):
        done = program.run("judge", "--from", self.redis.address, "--store-run", run, "--scenarios", self.folder, "--json")
        self.assertIn(done.returncode, (0, 1, 4), done.stderr)
        return {case["scenario"]: case for case in json.loads(done.stdout)["cases"]}

    def send_untouched(self, nodes, rng):
        """All of it is over before anything happens: delivered, rejected, or broken already."""
        def at_any(scenario, message_id):
            return deliver(rng.choice(nodes).ports[scenario], message_id)[:3]
        self.assertEqual([at_any("first-deferred", "1@deferred") for _ in range(2)], ["450", "250"])
        self.assertEqual(at_any("rejected", "1@rejected"), "550")
        self.assertEqual([at_any("late", "1@late") for _ in range(5)], ["451"] * 5)

    def test_a_store_that_some_servers_do_not_reach(self):
        nodes = [self.serve(0, "one")]
        self.send_untouched(nodes, random.Random(0))
        nodes[0].stop()
        reference = of_untouched(self.judge("one"))
        self.assertEqual(reference["late"][0], "fail")
        seen = {}
        for number in range(ARGUMENTS.first, ARGUMENTS.first + ARGUMENTS.rounds):
            rng = random.Random(f"{ARGUMENTS.seed}/{number}")
            with self.subTest(seed=ARGUMENTS.seed, round=number):
                for word in self.play(f"round-{number}", rng, reference):
                    seen[word] = seen.get(word, 0) + 1
        print(f"{ARGUMENTS.rounds} rounds:", ", ".join(f"{count} {word}" for word, count in sorted(seen.items())))

    def play(self, run, rng, reference):
        """A round; in words what came of it."""
        nodes = [self.serve(number, run) for number in NODES]
        self.send_untouched(nodes, rng)
        for number, node in enumerate(nodes):  # so that each is known to have lived longer
            self.assertTrue(deliver(node.ports["healthy"], f"first-{number}@x").startswith("250"))
        cut_off, killed, other = rng.sample(NODES, len(NODES))
        kind = rng.choice(("link", "answers", "blink"))
        events = [lambda: self.cut(cut_off, kind, traffic)]
        if rng.random() < 0.5:
            events.append(nodes[killed].kill)
        else:
            killed = None
        if rng.random() < 0.5:
            events.append(self.restart_store)
        rng.shuffle(events)
        self.assertEqual(deliver(nodes[other].ports["gap"], "1@gap")[:3], "450")
        traffic = Traffic(nodes, rng)
        try:
            for count, event in zip(sorted(rng.randrange(SENDERS * MESSAGES * 3 // 4) for _ in events), events):
                traffic.wait_for(count)
                event()
            if kind != "blink":
                program.wait_until(nodes[cut_off].has_lost_the_store, "it has noticed that it does not reach the store")
                # A retry that falls into it, and is the last one.
                self.assertEqual(deliver(nodes[cut_off].ports["gap"], "1@gap")[:3], "421")
        finally:
            self.network.heal_all()
        traffic.join()
        alive = [node for number, node in enumerate(nodes) if number != killed]
        for number, node in enumerate(alive):
            traffic.nodes = [node]
            traffic.send_one(f"last-{number}@x", 0)
        self.assertEqual(len(traffic.told), SENDERS * MESSAGES + len(alive))
        for node in alive:
            node.stop()
        for key in self.redis.keys():  # those that stopped have given theirs back: the others' have run out in ten seconds
            if key.startswith(f"tempfail:{run}:node:"):
                self.redis.ask("DEL", key)
        words = [f"cut ({kind})"] + ["server killed"] * (killed is not None) + ["store killed"] * (self.restart_store in events)
        return words + self.check(run, traffic.told, kind, reference)

    def cut(self, number, kind, traffic):
        """A server does not reach the store from here on; `blink`: until somewhere a message is accepted, which may be too short a
        time to be noticed."""
        self.network.cut(number, kind)
        if kind == "blink":
            traffic.wait_for(min(len(traffic.told) + 1, SENDERS * MESSAGES))
            self.network.heal_all()

    def restart_store(self):
        self.redis.stop()
        self.redis.start()

    def check(self, run, told, kind, reference):
        lost = set(told) - set(accepted_in(self.redis.journal(run)))
        self.assertEqual(lost, set(), "accepted, and not in the journal")
        cases = self.judge(run)
        self.assertEqual(of_untouched(cases), reference)
        for name in TOUCHED:
            broken = [one for one in cases[name]["findings"] if one["outcome"] == "fail"]
            self.assertEqual(broken, [], name)
        if kind != "blink":
            [retry] = [one for one in cases["gap"]["findings"] if one["rule"] == "retry"]
            self.assertEqual((cases["gap"]["answer"], retry["outcome"]), ("undecided", "undecided"), retry)
        return [f"healthy {cases['healthy']['answer']}", f"gap {cases['gap']['answer']}"]


if __name__ == "__main__":
    namespaces.enter()
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=ARGUMENTS.rounds)
    parser.add_argument("--seed", type=int, default=ARGUMENTS.seed)
    parser.add_argument("--first", type=int, default=ARGUMENTS.first)
    ARGUMENTS = parser.parse_args()
    unittest.main(argv=sys.argv[:1], verbosity=2)
