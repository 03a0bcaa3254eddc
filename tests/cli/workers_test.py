#!/usr/bin/env python3
"""`tempfail serve --workers`: several processes on the same ports, one state, one journal, one end."""
import collections
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import unittest

import program
from redis_server import RedisServer
from store_scenarios import Client, write_scenarios

ENOUGH = 40  # connections: that all of them come to one of two workers has a chance of one in 2^39


class Workers:
    """`with Workers("greylisted") as served:` serves by two workers; knows their ports, and ends the first process."""

    def __init__(self, *arguments, workers=2, environment=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tempfail-workers-"))
        self.journal = self.folder / "journal.jsonl"
        self.output = self.folder / "output"
        self.ready_file = self.folder / "ready.json"
        self._command = [program.TEMPFAIL, "serve", *map(str, arguments), "--workers", str(workers), "--ready-file",
                         self.ready_file, "--journal", self.journal, "--port", "0"]
        self._environment = {**os.environ, "TMPDIR": str(self.folder), **(environment or {})}

    def __enter__(self):
        with open(self.output, "wb") as output:
            self.process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=output,
                                            stderr=subprocess.STDOUT, env=self._environment)
        try:
            program.wait_until(lambda: self.ready_file.exists() or self.process.poll() is not None, "it is ready")
            self.ready = json.loads(self.ready_file.read_text())
        except BaseException:
            self.__exit__()
            raise
        self.ports = {one["scenario"]: (one["address"], one["port"]) for one in self.ready["endpoints"]}
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stdin.close()
        for pid in self.descendants():  # a test that waits for their end has said so before
            program.wait_until(lambda pid=pid: not program.is_running(pid), "a worker ends with its parent")
        shutil.rmtree(self.folder, ignore_errors=True)

    def descendants(self):
        return self.ready["workers"] if hasattr(self, "ready") else []

    def stop(self, number=signal.SIGTERM):
        """Ends it; the exit status, and all that was printed."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self):
        self.process.wait(program.DEADLINE)
        return self.process.returncode, self.output.read_text()

    def events(self, kind):
        lines = [json.loads(line) for line in self.journal.read_text().splitlines()]
        return [line for line in lines if line["event"] == kind]

    def redis(self):
        """The process of the store that was started for them."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        [pid] = set(map(int, children)) - set(self.ready["workers"])
        return pid


class WorkersTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tempfail-workers-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        write_scenarios(self.folder)

    def workers(self, *arguments, **options):
        served = Workers(*arguments, "--scenarios", self.folder, **options)
        served.__enter__()
        self.addCleanup(served.__exit__)
        return served


class SharedTest(WorkersTest):
    def test_they_have_one_port_one_state_and_one_journal(self):
        served = self.workers("first-deferred")
        codes = collections.Counter()
        for _ in range(ENOUGH):
            client = Client(*served.ports["first-deferred"])
            client.begin()
            codes[client.rcpt()] += 1
            if codes["250"] == 1:
                self.assertTrue(client.message().startswith("250"))
            client.quit()
        self.assertEqual(codes, {"450": 1, "250": ENOUGH - 1})
        status, output = served.stop()
        self.assertEqual(status, 0, output)
        self.assertEqual(output.splitlines()[-1], f"stopped: {ENOUGH} connections, 1 message accepted")
        self.assertEqual(output.count("ready: 1 scenario"), 1)
        self.assertEqual(output.count("ADDRESS"), 1)
        nodes = collections.Counter(event["node"] for event in served.events("connect"))
        self.assertEqual(set(nodes), {"1", "2"})
        self.assertEqual(sum(nodes.values()), ENOUGH)
        self.assertEqual(sorted(event["node"] for event in served.events("end")), ["1", "2"])
        self.assertEqual(len({event["started_unix_us"] for event in served.events("run")}), 1)

    def test_their_journal_is_judged_as_one(self):
        served = self.workers("first-deferred", "--time-scale", "3600")
        sessions = 0
        while len({event["node"] for event in served.events("connect")}) < 2 or sessions < 2:
            client = Client(*served.ports["first-deferred"])
            client.begin()
            sessions += 1
            self.assertEqual(client.rcpt(f"b{sessions}@box.test"), "450")
            client.quit()
        for number in range(1, sessions + 1):
            client = Client(*served.ports["first-deferred"])
            client.begin()
            self.assertEqual(client.rcpt(f"b{number}@box.test"), "250")
            self.assertTrue(client.message().startswith("250"))
            client.quit()
        served.stop()
        run = program.run("judge", served.journal, "--scenarios", self.folder, "--json")
        [case] = json.loads(run.stdout)["cases"]
        [retry] = [one for one in case["findings"] if one["rule"] == "retry"]
        self.assertEqual((case["answer"], retry["outcome"]), ("ok", "pass"), case)
        self.assertEqual(run.stderr, "")

    def test_a_connection_is_counted_by_itself(self):
        served = self.workers("once-each")
        for _ in range(ENOUGH):
            client = Client(*served.ports["once-each"])
            client.begin()
            self.assertEqual([client.rcpt(), client.rcpt()], ["450", "250"])
            client.quit()

    def test_they_have_one_authority(self):
        served = self.workers("healthy", "--starttls", "--tls-dir", self.folder / "tls")
        context = ssl.create_default_context(cafile=served.ready["ca"])
        while len({event["node"] for event in served.events("tls") if event.get("ok")}) < 2:
            client = Client(*served.ports["healthy"])
            client.reply()
            client.ask("EHLO client.test")
            self.assertTrue(client.ask("STARTTLS").startswith("220"))
            client.start_tls(context, "localhost")
            client.ask("EHLO client.test")
            client.quit()

    def test_each_keeps_its_messages(self):
        served = self.workers("healthy", "--keep", self.folder / "kept")
        for _ in range(ENOUGH):
            client = Client(*served.ports["healthy"])
            client.begin()
            client.rcpt()
            self.assertTrue(client.message().startswith("250"))
            client.quit()
        self.assertEqual(len(list((self.folder / "kept").glob("worker-[12]/*.eml"))), ENOUGH)

    def test_all_ports_are_shared(self):
        with RedisServer() as redis:
            served = self.workers("first-deferred", "healthy", "--shared-port", "0", "--store", redis.address)
            ports = [*served.ports.values(), (served.ready["common"]["address"], served.ready["common"]["port"])]
            for place in ports:
                nodes = set()
                while len(nodes) < 2:
                    client = Client(*place)
                    client.reply()
                    client.quit()
                    connected = [one for one in served.events("connect") if one["server_port"] == place[1]]
                    nodes = {one["node"] for one in connected}
            self.assertTrue(redis.keys())

    def test_json(self):
        served = self.workers("healthy", "--json")
        _, output = served.stop()
        ready, summary = map(json.loads, output.splitlines())
        self.assertTrue(ready["ready"])
        self.assertEqual(ready["pid"], served.process.pid)
        self.assertEqual(len(ready["workers"]), 2)
        self.assertEqual(summary, {"stopped": True, "connections": 0, "messages_accepted": 0, "reset": 0,
                                   "journal_events_lost": 0})


class EndTest(WorkersTest):
    def test_sessions_are_told(self):
        served = self.workers("healthy")
        clients = [Client(*served.ports["healthy"]) for _ in range(ENOUGH)]
        for client in clients:
            client.reply()
        served.process.send_signal(signal.SIGINT)
        for client in clients:
            self.assertTrue(client.reply().startswith("421"))
            client.close()
        status, output = served.wait()
        self.assertEqual(status, 0, output)
        self.assertIn("stopping\n", output)
        self.assertFalse(served.ready_file.exists())

    def test_nothing_is_left_where_the_first_process_is_killed(self):
        served = self.workers("healthy")
        store = served.redis()
        served.process.kill()
        served.process.wait()
        for pid in [*served.ready["workers"], store]:
            program.wait_until(lambda pid=pid: not program.is_running(pid), f"process {pid} ends")

    def test_nothing_is_left_at_the_end(self):
        served = self.workers("healthy")
        store = served.redis()
        served.stop()
        self.assertFalse(any(map(program.is_running, [*served.ready["workers"], store])))
        self.assertEqual(list(served.folder.glob("tempfail-*")), [])

    def test_a_worker_that_dies_ends_all(self):
        served = self.workers("healthy")
        os.kill(served.ready["workers"][1], signal.SIGKILL)
        status, output = served.wait()
        self.assertEqual(status, 3, output)
        self.assertIn("worker 2 was ended by signal 9: all are stopped", output)

    def test_a_store_that_dies_ends_all(self):
        served = self.workers("healthy")
        os.kill(served.redis(), signal.SIGKILL)
        status, output = served.wait()
        self.assertEqual(status, 3, output)
        self.assertIn("redis-server was ended by signal 9: all are stopped", output)

    def test_the_end_of_standard_input(self):
        served = self.workers("healthy", "--until-stdin-ends")
        served.process.stdin.write(b"is ignored\n")
        served.process.stdin.close()
        status, output = served.wait()
        self.assertEqual(status, 0, output)

    def test_a_second_signal_ends_them_at_once(self):
        served = self.workers("healthy")
        client = Client(*served.ports["healthy"])
        client.reply()
        served.process.send_signal(signal.SIGTERM)
        self.assertTrue(client.reply().startswith("421"))  # and it stays, which ten seconds are waited for
        served.process.send_signal(signal.SIGTERM)
        self.assertEqual(served.process.wait(9), 0)
        client.close()

    def test_a_signal_opens_the_journal_again(self):
        served = self.workers("healthy")
        aside = served.folder / "aside.jsonl"
        served.journal.rename(aside)
        served.process.send_signal(signal.SIGHUP)
        program.wait_until(lambda: served.journal.exists() and len(served.events("run")) == 2, "both have opened it")
        for number in range(ENOUGH):
            client = Client(*served.ports["healthy"])
            client.begin()
            client.rcpt(f"b{number}@box.test")
            self.assertTrue(client.message().startswith("250"))
            client.quit()
        self.assertEqual({event["node"] for event in served.events("connect")}, {"1", "2"})
        self.assertTrue(all(event["again"] for event in served.events("run")))
        served.stop()
        run = program.run("judge", aside, served.journal, "--json")
        self.assertEqual((run.returncode, run.stderr), (0, ""), run.stdout)


class RefusedTest(WorkersTest):
    def refusal(self, *arguments, code=2, **options):
        run = program.run("serve", *arguments, "--workers", "2", **options)
        self.assertEqual(run.returncode, code, run.stderr)
        return run.stderr

    def test_what_one_process_alone_can_do(self):
        for options in (("--clock", "manual"), ("--http", "0"), ("--control", "socket"), ("--dns", "0"),
                        ("--journal", "x.jsonl", "--journal-rotate", "10MB")):
            self.assertIn(f"{options[-2]}{' manual' if options[-1] == 'manual' else ''} and --workers can't be combined",
                          self.refusal("healthy", *options))

    def test_scenarios_whose_ports_do_not_always_accept(self):
        self.assertIn("no scenario is left: with --workers", self.refusal("connection-refused", "--port", "0"))

    def test_no_redis_server(self):
        self.assertIn("--workers needs redis-server, which is not installed",
                      self.refusal("healthy", "--port", "0", code=3, env={**os.environ, "PATH": str(self.folder)}))

    def test_a_port_that_is_taken(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            self.assertIn(f"port {port}", self.refusal("healthy", "--port", port, code=3))
        other = self.workers("healthy")
        port = other.ports["healthy"][1]
        self.assertIn(f"port {port}", self.refusal("healthy", "--port", port, code=3))

    def test_numbers(self):
        for number in ("0", "65", "two"):
            self.assertEqual(program.run("serve", "healthy", "--workers", number).returncode, 2)


if __name__ == "__main__":
    unittest.main()
