#!/usr/bin/env python3
"""Several `tempfail serve --store` that share one state, seen by clients of plain sockets; and the loss of the store."""
import json
import os
import pathlib
import shutil
import signal
import tempfile
import threading
import unittest

import program
import rawclient
from redis_server import RedisServer
from served import Served
from store_scenarios import Client, write_scenarios


class StoreTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tempfail-store-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        write_scenarios(self.folder)
        self.redis = RedisServer()
        self.enterContext(self.redis)

    def enterContext(self, manager):  # Python 3.11 has it
        result = manager.__enter__()
        self.addCleanup(manager.__exit__, None, None, None)
        return result

    def serve(self, *scenarios, name="main"):
        journal = self.folder / f"{name}.jsonl"
        served = self.enterContext(Served(*scenarios, options=(
            "--scenarios", self.folder, "--store", self.redis.address, "--store-run", "test", "--journal", journal)))
        served.journal = journal
        return served

    def pair(self, scenario):
        one, other = self.serve(scenario, name="one"), self.serve(scenario, name="other")
        return lambda: Client(*one.ports[scenario]), lambda: Client(*other.ports[scenario])

    def events(self, served, kind):
        lines = [json.loads(line) for line in served.journal.read_text().splitlines()]
        return [line for line in lines if line["event"] == kind]


class SharedStateTest(StoreTest):
    def test_a_rule_counts_tries_at_both(self):
        one, other = self.pair("first-deferred")
        for connect, wanted in ((one, "450"), (other, "250"), (one, "250")):
            client = connect()
            self.assertEqual(client.begin(), "250")
            self.assertEqual(client.rcpt(), wanted)
            client.quit()

    def test_a_connection_is_counted_by_itself(self):
        for connect in self.pair("once-each"):
            client = connect()
            client.begin()
            self.assertEqual([client.rcpt(), client.rcpt()], ["450", "250"])
            client.quit()

    def test_a_triplet_is_known_at_both(self):
        one, other = self.pair("early")

        def answer(connect):
            client = connect()
            client.begin()
            code = client.rcpt()
            client.quit()
            return code
        self.assertEqual(answer(one), "451")
        program.wait_until(lambda: answer(other) == "250", "the triplet has passed at the other server")
        self.assertEqual(answer(one), "250")

    def test_a_triplet_is_early_at_both(self):
        one, other = self.pair("late")
        for connect in (one, other):
            client = connect()
            client.begin()
            self.assertEqual(client.rcpt(), "451")
            client.quit()

    def test_connections_are_counted_at_both(self):
        one, other = self.pair("one-at-a-time")
        first = one()
        self.assertTrue(first.reply().startswith("220"))
        second = other()
        self.assertEqual(second.reply(), "421 4.7.0 Too many")
        self.assertEqual(second.read_end(), (b"", rawclient.FIN))
        second.close()
        first.quit()

        def accepted():  # its end reaches the store a moment after the client has seen it
            client = other()
            greeting = client.reply()
            client.close()
            return greeting.startswith("220")
        program.wait_until(accepted, "the first session's end is known at the other server")

    def test_a_mailbox_fills_at_both(self):
        one, other = self.pair("small-box")
        client = one()
        client.begin()
        self.assertEqual(client.rcpt(), "250")
        self.assertTrue(client.message(size=300).startswith("250"))
        client.quit()
        client = other()
        client.begin()
        self.assertEqual(client.rcpt(), "452")
        self.assertEqual(client.rcpt("another@box.test"), "250")
        client.quit()

    def test_a_rate_is_drawn_at_both(self):
        one, other = self.pair("one-an-hour")
        client = one()
        self.assertEqual(client.begin(), "250")
        client.quit()
        client = other()
        self.assertEqual(client.begin(), "450")
        client.quit()

    def test_pipelined_sessions_keep_their_order(self):
        served = self.serve("first-deferred", "late")
        failures = []

        def talk(number):
            try:
                for scenario in ("first-deferred", "late"):
                    client = Client(*served.ports[scenario])
                    client.reply()
                    client.ask("EHLO client.test")
                    lines = []
                    for i in range(10):
                        lines += [f"MAIL FROM:<{number}@sender.test>"] + [f"RCPT TO:<{i}@box.test>"] * 3 + ["RSET"]
                    client.send("".join(line + "\r\n" for line in lines).encode())
                    codes = [client.reply()[:3] for _ in lines]
                    refusal = "450" if scenario == "first-deferred" else "451"
                    wanted = ["250", refusal] + (["250"] * 2 if scenario == "first-deferred" else [refusal] * 2) + ["250"]
                    if codes != wanted * 10:
                        failures.append((number, scenario, codes))
                    client.quit()
            except Exception as trouble:  # pylint: disable=broad-except
                failures.append((number, repr(trouble)))
        threads = [threading.Thread(target=talk, args=(number,)) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])

    def test_a_reset_is_everybodys(self):
        one, other = self.serve("first-deferred", name="one"), self.serve("first-deferred", name="other")
        for served, wanted in ((one, "450"), (other, "250")):
            client = Client(*served.ports["first-deferred"])
            client.begin()
            self.assertEqual(client.rcpt(), wanted)
            client.quit()
        other.control("reset first-deferred")
        client = Client(*other.ports["first-deferred"])
        client.begin()
        self.assertEqual(client.rcpt(), "450")
        client.quit()

    def test_keys_have_the_runs_name(self):
        one, _ = self.pair("first-deferred")
        client = one()
        client.begin()
        client.rcpt()
        keys = self.redis.keys()
        self.assertTrue(keys)
        self.assertEqual([key for key in keys if not key.startswith("tempfail:test:")], [])
        client.quit()


class LossTest(StoreTest):
    def test_no_message_is_accepted_without_its_state(self):
        served = self.serve("healthy")
        client = Client(*served.ports["healthy"])
        client.begin()
        client.rcpt()
        self.redis.stop()
        self.assertEqual(client.message(), "421 4.3.2 Service not available, closing the connection")
        self.assertEqual(client.read_end(), (b"", rawclient.FIN))
        client.close()
        new = Client(*served.ports["healthy"])
        self.assertEqual(new.reply(), "421 4.3.2 Service not available, closing the connection")
        self.assertEqual(new.read_end(), (b"", rawclient.FIN))
        new.close()
        self.redis.start()

        def found():
            again = Client(*served.ports["healthy"])
            ready = again.reply().startswith("220")
            again.close()
            return ready
        program.wait_until(found, "the store is found again")
        client = Client(*served.ports["healthy"])
        client.begin()
        client.rcpt()
        self.assertTrue(client.message().startswith("250"))
        client.quit()
        program.wait_until(lambda: len(self.events(served, "store")) >= 2, "the journal has the loss and its end")
        lost, again = self.events(served, "store")
        self.assertTrue(lost["lost"] and lost["reason"], lost)
        self.assertLessEqual(lost["since_us"], lost["time_us"])
        self.assertTrue(again["restarted"], again)
        self.assertNotIn("lost", again)
        refused = [event for event in self.events(served, "exchange") if event.get("store_lost")]
        self.assertEqual([event["stage"] for event in refused][:2], ["message", "connect"])
        self.assertEqual([event["by"] for event in self.events(served, "disconnect")][:2], ["store-lost"] * 2)
        self.assertEqual(len(self.events(served, "accepted")), 1)

    def deferred(self, served, scenario, code):
        client = Client(*served.ports[scenario])
        client.begin()
        self.assertEqual(client.rcpt(), code)
        client.quit()

    def lose_a_retry(self, served, scenario):
        """A try is turned away, because the store is lost; then it is found again."""
        self.redis.stop()
        client = Client(*served.ports[scenario])
        self.assertEqual(client.reply()[:3], "421")
        client.close()
        self.redis.start()
        program.wait_until(lambda: len(self.events(served, "store")) == 2, "the journal says that the store is found")

    def verdict(self, served, rule):
        """The exit status, the answer of the case, and what was found of a rule."""
        served.stop()
        run = program.run("judge", served.journal, "--scenarios", self.folder, "--json")
        [case] = json.loads(run.stdout)["cases"]
        [finding] = [one for one in case["findings"] if one["rule"] == rule]
        return (run.returncode, case["answer"], finding["outcome"]), finding["actual"]

    def test_an_only_retry_that_fell_into_it_is_undecided(self):
        served = self.serve("first-deferred")
        self.deferred(served, "first-deferred", "450")
        self.lose_a_retry(served, "first-deferred")
        verdict, actual = self.verdict(served, "retry")
        self.assertEqual(verdict, (4, "undecided", "undecided"))
        self.assertRegex(actual, "^the store was lost from .* to .*: replies of that time")

    def test_a_retry_after_it_is_one(self):
        served = self.serve("first-deferred")
        self.deferred(served, "first-deferred", "450")
        self.lose_a_retry(served, "first-deferred")
        self.deferred(served, "first-deferred", "450")  # the store has forgotten the first try
        client = Client(*served.ports["first-deferred"])
        client.begin()
        self.assertEqual(client.rcpt(), "250")
        self.assertTrue(client.message().startswith("250"))
        client.quit()
        self.assertEqual(self.verdict(served, "retry")[0], (0, "ok", "pass"))

    def test_what_was_broken_before_it_stays_broken(self):
        served = self.serve("late")
        for _ in range(5):
            self.deferred(served, "late", "451")
        self.lose_a_retry(served, "late")
        verdict, actual = self.verdict(served, "pause")
        self.assertEqual(verdict, (1, "fail", "fail"))
        self.assertIn("the sender made 5 tries for ", actual)

    def test_who_waits_for_an_answer_is_told(self):
        served = self.serve("first-deferred")
        waits = Client(*served.ports["first-deferred"])
        waits.begin()
        leaves = Client(*served.ports["first-deferred"])
        leaves.begin()
        self.redis.freeze()
        waits.send_line("RCPT TO:<b@box.test>")
        waits.send_line("RSET")
        leaves.send_line("RCPT TO:<b@box.test>")
        leaves.close()
        self.assertEqual(waits.reply(), "421 4.3.2 Service not available, closing the connection")
        self.assertEqual(waits.read_end(), (b"", rawclient.FIN))
        waits.close()
        self.redis.thaw()

        def found():
            again = Client(*served.ports["first-deferred"])
            ready = again.reply().startswith("220")
            again.close()
            return ready
        program.wait_until(found, "the store is found again")

    def test_a_server_stops_while_the_store_does_not_answer(self):
        served = self.serve("first-deferred")
        waits = Client(*served.ports["first-deferred"])
        waits.begin()
        self.redis.freeze()
        waits.send_line("RCPT TO:<b@box.test>")
        served.stop()
        self.redis.thaw()
        self.assertTrue(waits.reply().startswith("421"))
        waits.close()


class TlsTest(StoreTest):
    def serve_tls(self):
        journal = self.folder / "tls.jsonl"
        served = self.enterContext(Served("healthy", implicit=True, options=(
            "--scenarios", self.folder, "--store", self.redis.address, "--store-run", "test", "--journal", journal)))
        served.journal = journal
        return served

    def check_handshakes(self, served, count):
        program.wait_until(lambda: len(self.events(served, "disconnect")) == count, "all sessions have ended")
        handshakes = self.events(served, "tls")
        self.assertEqual([event.get("ok") for event in handshakes], [True] * count)
        for event in handshakes:
            self.assertRegex(event["cipher"], "^[A-Z0-9_-]+$")
            self.assertRegex(event["version"], "^TLSv1[.][23]$")

    def test_a_handshake_is_recorded_as_it_was(self):
        served = self.serve_tls()
        for _ in range(20):
            client = Client(*served.ports["healthy"])
            client.start_tls()
            self.assertEqual(client.begin(), "250")
            client.quit()
        self.check_handshakes(served, 20)

    def test_a_hello_that_comes_with_the_answer_of_the_store_is_heard(self):
        served = self.serve_tls()
        server = served.process_id()
        self.redis.freeze()
        client = Client(*served.ports["healthy"])
        program.wait_until(lambda: is_accepted(served.ports["healthy"][1]), "the connection is accepted")
        os.kill(server, signal.SIGSTOP)
        self.redis.thaw()
        self.redis.keys()  # which it answers after the question of the server
        shaking = threading.Thread(target=client.start_tls)
        shaking.start()
        program.wait_until(lambda: waits_unread(served.ports["healthy"][1]), "the hello has come")
        os.kill(server, signal.SIGCONT)
        shaking.join()
        self.assertEqual(client.begin(), "250")
        client.quit()
        self.check_handshakes(served, 1)


def connections_to(port):
    """The established ones, as the kernel lists them: a list of fields each."""
    lines = pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]
    return [fields for fields in map(str.split, lines) if fields[1].endswith(f":{port:04X}") and fields[3] == "01"]


def waits_unread(port):
    """Whether a connection to this port has bytes that its server has not read."""
    return any(int(fields[4].split(":")[1], 16) > 0 for fields in connections_to(port))


def is_accepted(port):
    """Whether a connection to this port is a descriptor of its server: it has no inode before."""
    return any(fields[9] != "0" for fields in connections_to(port))


class RefusedTest(StoreTest):
    def refusal(self, *options):
        run = program.run("serve", "healthy", "--port", "0", *options)
        self.assertNotEqual(run.returncode, 0)
        return run.stderr

    def test_options(self):
        self.assertIn("--store 127.0.0.1 is not the address of a store; allowed: redis://HOST:PORT",
                      self.refusal("--store", "127.0.0.1"))
        self.assertIn("--store-run needs --store", self.refusal("--store-run", "x"))
        self.assertIn("--store-run a:b is not a valid name",
                      self.refusal("--store", self.redis.address, "--store-run", "a:b"))

    def test_another_scale(self):
        self.serve("healthy")
        self.assertIn("the run test has the time scale 1; this server was given the time scale 60",
                      self.refusal("--store", self.redis.address, "--store-run", "test", "--time-scale", "60"))
        self.assertIn("the run test has another seed than 7",
                      self.refusal("--store", self.redis.address, "--store-run", "test", "--seed", "7"))

    def test_nobody_there(self):
        self.redis.stop()
        self.assertIn(f"store {self.redis.address}: ", self.refusal("--store", self.redis.address))


if __name__ == "__main__":
    unittest.main()
