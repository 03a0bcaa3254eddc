#!/usr/bin/env python3
"""Several `tempfail serve --store` that share one state, seen by clients of plain sockets; and the loss of the store."""
import json
import pathlib
import shutil
import tempfile
import threading
import unittest

import program
import rawclient
from redis_server import RedisServer
from served import Served

SCENARIOS = {
    "first-deferred": "- {on: rcpt, attempts: 1, reply: 450 4.2.0 Try again}",
    "early": "- {on: rcpt, when: {greylist: early}, reply: 451 4.7.1 Greylisted}",
    "late": "- {on: rcpt, when: {greylist: early}, reply: 451 4.7.1 Greylisted}",
    "one-at-a-time": "- {on: greeting, when: {connections: '> 1'}, reply: 421 4.7.0 Too many}",
    "small-box": "- {on: rcpt, when: {mailbox: full}, reply: 452 4.2.2 Full}",
    "one-an-hour": "- {on: mail, when: {rate: over}, reply: 450 4.7.1 Slow down}",
}
BLOCKS = {
    "early": "greylist: {delay: 200ms, window: 4h, lifetime: 1d}",
    "late": "greylist: {delay: 1d, window: 4d, lifetime: 9d}",
    "small-box": "mailboxes: {quota: 200}",
    "one-an-hour": "rate: {limit: 1 per 1h, per: client}",
}


def write_scenarios(folder):
    for name, rule in SCENARIOS.items():
        block = BLOCKS.get(name)
        text = f"summary: {name}\nstatus: [4.2.0]\nsources: [RFC 5321]\nserver:\n"
        text += (f"  {block}\n" if block else "") + f"  rules:\n    {rule}\nsender:\n  must: [retry]\n"
        (folder / "policy").mkdir(exist_ok=True)
        (folder / "policy" / f"{name}.yaml").write_text(text)


class Client(rawclient.Connection):
    """A session: what is asked, and the first line of its reply."""

    def reply(self):
        line = self.read_line()
        first = line
        while line[3:4] == b"-":
            line = self.read_line()
        return first.decode()

    def ask(self, line):
        self.send_line(line)
        return self.reply()

    def begin(self):
        """Up to MAIL; the code of its reply."""
        greeting = self.reply()
        assert greeting.startswith("220 "), greeting
        assert self.ask("EHLO client.test").startswith("250")
        return self.ask("MAIL FROM:<a@sender.test>")[:3]

    def rcpt(self, recipient="b@box.test"):
        return self.ask(f"RCPT TO:<{recipient}>")[:3]

    def message(self, size=10):
        assert self.ask("DATA").startswith("354")
        self.send(b"Subject: x\r\n\r\n" + b"x" * size + b"\r\n.\r\n")
        return self.reply()

    def quit(self):
        self.ask("QUIT")
        self.read_end()
        self.close()


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
        program.wait_until(lambda: len(self.events(served, "note")) >= 2, "the journal has the notes")
        notes = [event["text"] for event in self.events(served, "note")]
        self.assertTrue(notes[0].startswith("store lost: "), notes)
        self.assertEqual(notes[1], "store found again")
        self.assertEqual(len(self.events(served, "accepted")), 1)

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
        self.assertIn("--clock manual and --store can't be combined",
                      self.refusal("--store", self.redis.address, "--clock", "manual"))

    def test_another_scale(self):
        self.serve("healthy")
        self.assertIn("the run test has the time scale 1; this server was given 60",
                      self.refusal("--store", self.redis.address, "--store-run", "test", "--time-scale", "60"))
        self.assertIn("the run test has another seed than 7",
                      self.refusal("--store", self.redis.address, "--store-run", "test", "--seed", "7"))

    def test_nobody_there(self):
        self.redis.stop()
        self.assertIn(f"store {self.redis.address}: ", self.refusal("--store", self.redis.address))


if __name__ == "__main__":
    unittest.main()
