#!/usr/bin/env python3
"""Postfix with its own queue sends to one server, to three with a common store, and to three of which one is killed in mid-run:
whole families of scenarios, and what is judged of each.

The three have one name. Postfix takes one of its addresses at random for each try, as it does with hosts of one preference.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.request

import yaml

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "senders"))
sys.dont_write_bytecode = True

import namespaces  # noqa: E402 (needs the path)
from fetch_peer import SKIPPED, Unavailable, fetch  # noqa: E402
from redis_server import RedisServer  # noqa: E402
from served import Served, program  # noqa: E402

FAMILIES = ("policy", "limits", "disk", "mailbox")
SCALE = 1800
DEADLINE_SECONDS = 240
FIRST_PORT = 2600
SHARED_PORT = 2599  # where notifications go, too
# As RFC 5321 section 4.5.4.1 asks for, at this time scale. One session for each try: with more of them Postfix asks the next
# address of the same host at once for what the first has deferred, and three addresses would not be tried as one is.
SETTINGS = {"minimal_backoff_time": "4s", "maximal_backoff_time": "9s", "maximal_queue_lifetime": "240s", "bounce_queue_lifetime": "240s",
            "queue_run_delay": "1s", "smtp_mx_session_limit": "1", "smtp_dns_support_level": "disabled", "smtp_host_lookup": "native",
            "smtp_connection_cache_on_demand": "no"}
# With --sender-server the judge knows that notifications come back; these families send nothing there.
DECLARED = ("--role", "queueing", "--queue-lifetime", "5d", "--scaled-timeouts", "--shared-port", SHARED_PORT, "--sender-server", "127.0.0.1:9")
# How many sessions Postfix opens at once rests on the moment.
BY_CHANCE = ("concurrency-drops",)


class Messages:
    """What `tempfail test` would hand over: as the HTTP API composes it."""

    def __enter__(self):
        self.served = Served("healthy", options=("--http", "0"))
        self.served.__enter__()
        return self

    def __exit__(self, *trouble):
        self.served.__exit__(*trouble)

    def _post(self, path, body=None):
        url = json.loads(self.served.ready_file.read_text())["http"]["url"]
        request = urllib.request.Request(url + path, json.dumps(body or {}).encode(), {"Content-Type": "application/json"}, method="POST")
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=DEADLINE_SECONDS) as answer:
            return json.load(answer)

    def of(self, path):
        test = yaml.safe_load(path.read_text()).get("test") or {}
        server = self._post("/v1/servers", {"scenario": path.stem})["id"]
        return [self._post(f"/v1/servers/{server}/compose") for _ in range(test.get("runs", 1) * test.get("messages", 1))]


class Group:
    """Servers of one run, and a Postfix of their own."""

    def __init__(self, name, addresses, redis, files, messages):
        self.name, self.addresses, self.redis, self.files, self.messages = name, addresses, redis, files, messages
        self.servers, self.killed, self.trouble, self.unfinished = [], None, None, ""

    def start(self):
        for address in self.addresses:
            server = Served(*(path.stem for path in self.files), port=FIRST_PORT, options=(
                "--bind", address, "--time-scale", SCALE, "--store", self.redis.address, "--store-run", self.name,
                "--journal", "store", *DECLARED))
            server.__enter__()
            self.servers.append(server)

    def kill_one(self):
        self.killed = self.servers[1]
        os.kill(self.killed.process_id(), signal.SIGKILL)

    def accepted(self):
        return sum(event["event"] == "accepted" for event in self.redis.journal(self.name))

    def send(self, kill_after=None):
        """All messages; `kill_after`: once so many are accepted, one of the servers is killed."""
        from postfix.server import Postfix
        ports = {scenario: port for scenario, (_, port) in self.servers[0].ports.items()}
        with tempfile.NamedTemporaryFile("w", prefix="transport-") as routes:
            for scenario, port in {**ports, "sender": SHARED_PORT}.items():
                routes.write(f"{scenario}.test smtp:[{self.name}.mx.test]:{port}\n")
            routes.flush()
            os.chmod(routes.name, 0o644)
            with Postfix(None, {**SETTINGS, "transport_maps": f"texthash:{routes.name}"}, relay_notifications=True,
                         peer=fetch("postfix")) as postfix:
                for one in self.messages:
                    postfix.submit(one["sender"], one["recipients"], one["content"].replace("\r\n", "\n").encode())
                if kill_after is not None:
                    if not postfix.wait_for(lambda: self.accepted() >= kill_after, DEADLINE_SECONDS):
                        raise AssertionError(f"only {self.accepted()} messages were accepted")
                    self.kill_one()
                if not postfix.wait_until_done(DEADLINE_SECONDS):
                    self.unfinished = postfix.queue_listing()

    def send_beside(self, **how):
        def work():
            try:
                self.send(**how)
            except BaseException as trouble:  # pylint: disable=broad-except # it is raised where the thread is waited for
                self.trouble = trouble
        thread = threading.Thread(target=work)
        thread.start()
        return thread

    def judge(self):
        for server in self.servers:
            if server is not self.killed:
                server.stop()
        for key in self.redis.keys():  # of the one that was killed: it would run out in ten seconds
            if key.startswith(f"tempfail:{self.name}:node:"):
                self.redis.ask("DEL", key)
        done = subprocess.run([program(), "judge", "--from", self.redis.address, "--store-run", self.name, "--json"], capture_output=True,
                              text=True, timeout=DEADLINE_SECONDS, check=False)
        return {case["scenario"]: case for case in json.loads(done.stdout)["cases"]}

    def stop(self):
        for server in self.servers:
            server.stop()


class ThreeServersTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        files = sorted(path for family in FAMILIES for path in (CHECKOUT / "scenarios" / family).glob("*.yaml"))
        with Messages() as composer:
            messages = [message for path in files for message in composer.of(path)]
        redis = RedisServer()
        redis.__enter__()
        cls.addClassCleanup(redis.__exit__)
        cls.groups = [Group(name, addresses, redis, files, messages) for name, addresses in GROUPS.items()]
        for group in cls.groups:
            cls.addClassCleanup(group.stop)
            group.start()
        begin = time.monotonic()
        threads = [group.send_beside(kill_after=len(files) // 2 if group.name == "killed" else None) for group in cls.groups]
        for thread in threads:
            thread.join()
        cls.seconds = time.monotonic() - begin
        for group in cls.groups:
            if group.trouble:
                raise group.trouble
        cls.cases = {group.name: group.judge() for group in cls.groups}
        cls.report()

    @classmethod
    def report(cls):
        one, killed = cls.faults("one"), cls.faults("killed")
        print(f"{len(one)} scenarios, {len(cls.groups[0].messages)} messages in {cls.seconds:.0f} s; with one server killed: "
              f"{sum(killed[name] == one[name] for name in one)} judged as with one server, "
              f"{sum(cls.cases['killed'][name]['answer'] == 'undecided' for name in one)} undecided")
        for name, three in cls.faults("three").items():
            if three != one[name]:
                print(f"{name}: one {one[name]}, three {three}")

    @classmethod
    def faults(cls, group):
        """Of each scenario the rules that are broken or undecided."""
        return {scenario: {one["rule"]: one["outcome"] for one in case["findings"]
                           if one["outcome"] in ("fail", "undecided") and one["rule"] not in BY_CHANCE}
                for scenario, case in cls.cases[group].items()}

    def test_all_is_delivered_or_returned(self):
        for group in self.groups:
            self.assertEqual(group.unfinished, "", group.name)

    def test_the_scenarios_took_effect(self):
        met = [name for name, case in self.cases["one"].items() if case["met"]]
        self.assertGreater(len(met), len(self.cases["one"]) * 9 / 10, met)

    def test_three_are_judged_as_one(self):
        self.assertEqual(self.faults("three"), self.faults("one"))

    def test_three_of_which_one_is_killed_are_judged_as_one_or_not_at_all(self):
        one, killed = self.faults("one"), self.faults("killed")
        self.assertEqual(one.keys(), killed.keys())
        for name, found in killed.items():
            with self.subTest(scenario=name):
                broken = {rule for rule, outcome in found.items() if outcome == "fail"}
                self.assertLessEqual(broken, set(one[name]))
                self.assertLessEqual(set(one[name]), set(found))
        self.assertTrue(any(killed[name] == one[name] for name in one), "some were over by then")


GROUPS = {"one": ["127.0.1.1"], "three": ["127.0.2.1", "127.0.2.2", "127.0.2.3"], "killed": ["127.0.3.1", "127.0.3.2", "127.0.3.3"]}


def name_hosts():
    """Their names, for all programs in this namespace."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tempfail-hosts-"))
    lines = ["127.0.0.1 localhost"] + [f"{address} {name}.mx.test" for name, addresses in GROUPS.items() for address in addresses]
    (folder / "hosts").write_text("\n".join(lines) + "\n")
    subprocess.run(["mount", "--bind", folder / "hosts", "/etc/hosts"], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    shutil.rmtree(folder)  # what is mounted stays


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("can't run here: Postfix starts as root only")
        sys.exit(SKIPPED)
    try:
        fetch("postfix")
    except Unavailable as reason:
        print(f"can't run here: {reason}")
        sys.exit(SKIPPED)
    namespaces.enter(as_root=True)
    name_hosts()
    unittest.main(verbosity=2)
