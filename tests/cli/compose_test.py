#!/usr/bin/env python3
"""examples/three-servers/compose.yaml: its commands and health checks, as they are there, each service in a network namespace
with its own address. The servers have no privilege. A sender finds the three by the name server of mail.zone."""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import yaml

import namespaces
import program
from zone_server import ZoneServer

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "examples" / "three-servers"
NAME_SERVER = "192.0.2.2"
ADDRESSES = {"store": "192.0.2.1", "server-1": "192.0.2.11", "server-2": "192.0.2.12", "server-3": "192.0.2.13"}
TIME_SCALE = "3600"
MESSAGES = 30  # that one of three servers gets none of them has a chance of one in 60,000; the seed is fixed
SENDER = pathlib.Path(program.TEMPFAIL).with_name("tempfail-send")
PROGRAMS = {"/usr/bin/tempfail": program.TEMPFAIL}  # in the image
WITHOUT_PRIVILEGE = ["setpriv", "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all", "--"]


class Service:
    """What the file says of one service, in a namespace that is plugged into the bridge of the test."""

    def __init__(self, name, said, folder):
        self.name, self.said = name, said
        self.output = folder / f"{name}.txt"
        self.process = None
        self.namespace = namespaces.Namespace()
        own = namespaces.Namespace.own()
        own.ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", str(self.namespace.pid))
        own.ip("link", "set", name, "master", "mail", "up")
        self.namespace.ip("address", "add", f"{ADDRESSES[name]}/24", "dev", "eth0")
        self.namespace.ip("link", "set", "eth0", "up")

    def command(self):
        command = list(self.said["command"])
        if self.name == "store":
            return command
        # The protocol time is the test's.
        return [*WITHOUT_PRIVILEGE, program.TEMPFAIL, *command, "--time-scale", TIME_SCALE]

    def start(self):
        for key, value in self.said.get("sysctls", {}).items():
            path = "/proc/sys/" + key.replace(".", "/")
            subprocess.run([*self.namespace.prefix, "sh", "-c", 'echo "$0" > "$1"', value, path], check=True)
        with open(self.output, "wb") as output:
            self.process = subprocess.Popen([*self.namespace.prefix, *map(str, self.command())], stdin=subprocess.DEVNULL,
                                            stdout=output, stderr=subprocess.STDOUT, cwd=self.output.parent)

    def is_healthy(self):
        if self.process.poll() is not None:
            raise AssertionError(f"{self.name} has ended:\n{self.output.read_text()}")
        kind, *words = self.said["healthcheck"]["test"]
        assert kind == "CMD", kind
        words = [PROGRAMS.get(word, word) for word in words]
        return subprocess.run([*self.namespace.prefix, *words], capture_output=True, check=False,
                              timeout=program.DEADLINE).returncode == 0

    def stop(self):
        """Its exit status."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
        status = self.process.wait(program.DEADLINE) if self.process else 0
        self.process = None
        return status

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.namespace.__exit__()


class ComposeTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tempfail-compose-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.file = yaml.safe_load((FOLDER / "compose.yaml").read_text())
        own = namespaces.Namespace.own()
        own.ip("link", "set", "lo", "up")
        own.ip("link", "add", "mail", "type", "bridge")
        own.ip("link", "set", "mail", "up")
        own.ip("address", "add", f"{NAME_SERVER}/24", "dev", "mail")
        self.services = {}
        for name, said in self.file["services"].items():
            self.services[name] = Service(name, said, self.folder)
            self.addCleanup(self.services[name].end)

    def start(self):
        """In the order in which the file has them depend on each other."""
        self.assertEqual(self.services.keys(), ADDRESSES.keys())
        waiting = dict(self.services)
        while waiting:
            for name, service in list(waiting.items()):
                conditions = service.said.get("depends_on", {})
                if conditions.keys() & waiting.keys():
                    continue
                self.assertEqual({one["condition"] for one in conditions.values()} - {"service_healthy"}, set())
                for other in conditions:
                    program.wait_until(self.services[other].is_healthy, f"{other} is healthy")
                service.start()
                del waiting[name]
        for name, service in self.services.items():
            program.wait_until(service.is_healthy, f"{name} is healthy")

    def send(self, recipients):
        """Puts a message for each into a queue, and delivers all."""
        queue = self.folder / "queue"
        for number, recipient in enumerate(recipients):
            text = f"From: a@sender.test\nSubject: x\nMessage-ID: <{number}@sender.test>\nDate: Thu, 1 Jan 2026 00:00:00 +0000\n\nx\n"
            subprocess.run([SENDER, "enqueue", "--queue", queue, "--from", "a@sender.test", "--to", recipient], input=text, text=True,
                           check=True, capture_output=True)
        with ZoneServer(FOLDER / "mail.zone", NAME_SERVER, 53) as names:
            done = subprocess.run([SENDER, "run", "--queue", queue, "--resolver", NAME_SERVER, "--time-scale", TIME_SCALE, "--seed", "1",
                                   "--messages-per-connection", "1", "--no-notifications"], capture_output=True, text=True,
                                  timeout=4 * program.DEADLINE, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return names.asked

    def test_what_the_file_starts_is_one_server_to_a_sender_and_to_the_judge(self):
        for name in ("server-1", "server-2", "server-3"):
            said = self.file["services"][name]
            self.assertEqual((said["hostname"], said["networks"]["mail"]["aliases"]), (name, ["mx.tempfail.test"]))
            self.assertEqual((said["cap_drop"], said["read_only"]), (["ALL"], True))
        self.start()
        asked = self.send([f"joe{number}@greylisted.tempfail.test" for number in range(MESSAGES)] + ["joe@no-such-user.tempfail.test"])
        self.assertIn(("MX", "greylisted.tempfail.test"), asked)
        self.assertIn(("A", "mx.tempfail.test"), asked)
        events = self.journal()
        accepted = [event["node"] for event in events if event["event"] == "accepted"]
        self.assertEqual((len(accepted), len(set(accepted))), (MESSAGES, 3), "each has accepted some")
        codes = [event["code"] for event in events if event["event"] == "exchange"]
        self.assertGreaterEqual(codes.count(451), MESSAGES, "each message was deferred")
        self.assertEqual(codes.count(550), 1)
        for name in ("server-1", "server-2", "server-3"):
            self.assertEqual(self.services[name].stop(), 0, name)
        judged = subprocess.run([program.TEMPFAIL, "judge", "--from", "redis://store:6379", "--store-run", "monday", "--json"],
                                capture_output=True, text=True, timeout=program.DEADLINE, check=False)
        cases = {case["scenario"]: case for case in json.loads(judged.stdout)["cases"] if case["met"]}
        outcomes = {name: {finding["rule"]: finding["outcome"] for finding in case["findings"]} for name, case in cases.items()}
        self.assertEqual((outcomes["greylisted"]["retry"], outcomes["greylisted"]["no-duplicate"]), ("pass", "pass"))
        # To try the next address at once is no fault; how soon after the first that was rests on the moment.
        self.assertIn(cases["greylisted"]["answer"], ("ok", "ok-but"))
        self.assertEqual(outcomes["no-such-user"]["no-retry"], "pass")

    def journal(self):
        """Of all servers, as it is in the store."""
        store = self.services["store"].namespace.prefix
        said = subprocess.run([*store, "redis-cli", "--json", "XRANGE", "tempfail:monday:journal", "-", "+"], capture_output=True,
                              text=True, check=True).stdout
        lines = [dict(zip(fields[::2], fields[1::2]))["lines"] for _, fields in json.loads(said)]
        return [json.loads(line) for text in lines for line in text.splitlines()]


def name_services():
    """As Docker's name server does; for all programs in this namespace."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tempfail-hosts-"))
    lines = ["127.0.0.1 localhost"] + [f"{address} {name}" for name, address in ADDRESSES.items()]
    (folder / "hosts").write_text("\n".join(lines) + "\n")
    subprocess.run(["mount", "--bind", folder / "hosts", "/etc/hosts"], check=True)
    shutil.rmtree(folder)  # what is mounted stays


if __name__ == "__main__":
    namespaces.enter()
    if not shutil.which("setpriv") or not shutil.which("redis-cli"):
        print("skipped: setpriv or redis-cli is not installed")
        sys.exit(namespaces.SKIPPED)
    name_services()
    unittest.main(verbosity=2)
