#!/usr/bin/env python3
"""Servers that write their journals into the stream of their store, and `tempfail judge --from`: what they are judged as,
and that nothing is accepted that the stream does not have."""
import json
import os
import pathlib
import re
import shutil
import signal
import tempfile
import threading
import time
import unittest

import program
import rawclient
from redis_server import RedisServer
from served import Served
from store_proxy import StoreProxy
from store_scenarios import Client, accepted_in, deliver, findings, write_scenarios

ADDRESSES = ("127.0.0.2", "127.0.0.3", "127.0.0.4")
DEADLINE_SECONDS = 200
LOST = "421 4.3.2 Service not available, closing the connection"


class StreamTest(unittest.TestCase):
    keeps = False

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tempfail-stream-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        write_scenarios(self.folder)
        self.redis = self.enterContext(RedisServer(self.keeps))

    def enterContext(self, manager):  # Python 3.11 has it
        result = manager.__enter__()
        self.addCleanup(manager.__exit__, None, None, None)
        return result

    def serve(self, *scenarios, address="127.0.0.1", run="test", store=None, tls=False, more=()):
        served = Served(*scenarios, implicit=tls, options=("--scenarios", self.folder, "--bind", address, "--store", store or self.redis.address,
                                             "--store-run", run, "--journal", "store", *more))
        served.__enter__()
        self.addCleanup(served.stop)
        return served

    def nodes(self, *scenarios, run="test"):
        return [self.serve(*scenarios, address=address, run=run) for address in ADDRESSES]

    def judge(self, *options, run="test"):
        """The exit status, and the cases by their scenarios."""
        done = program.run("judge", "--from", self.redis.address, "--store-run", run, "--scenarios", self.folder, "--json", *options)
        self.assertIn(done.returncode, (0, 1, 4), done.stderr)
        return done.returncode, {case["scenario"]: case for case in json.loads(done.stdout)["cases"]}

    def deliver(self, served, scenario, message_id, pipelined=b""):
        return deliver(served.ports[scenario], message_id, pipelined)

    def deliver_while_the_store_is_killed(self):
        """Message-IDs of those that were answered with 250 by three nodes, which have stopped."""
        nodes = self.nodes("healthy")
        told, lock = [], threading.Lock()
        enough = [threading.Event() for _ in range(3)]

        deadline = time.monotonic() + DEADLINE_SECONDS

        def send(number):
            for message in range(10):
                message_id = f"{number}-{message}@x"
                place = number
                while not self.deliver(nodes[place % 3], "healthy", message_id).startswith("250"):
                    if time.monotonic() > deadline:
                        return
                    place += 1
                with lock:
                    told.append(message_id)
                    for i, event in enumerate(enough):
                        if len(told) > 10 * i + 3:
                            event.set()
        threads = [threading.Thread(target=send, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for event in enough:
            self.assertTrue(event.wait(program.DEADLINE))
            self.redis.stop()
            self.redis.start()
        for thread in threads:
            thread.join(program.DEADLINE)
        self.assertEqual(len(told), 40)
        self.wait_until_found(nodes)
        self.assertTrue(self.deliver(nodes[0], "healthy", "last@x").startswith("250"))
        for served in nodes:
            served.stop()
        return told + ["last@x"]

    def wait_until_found(self, nodes):
        """Until each of them has written that it has found the store."""
        program.wait_until(lambda: len({event["node"] for event in self.redis.journal("test") if event["event"] == "store" and not event.get("lost")})
                           == len(nodes), "all have found the store again")


class MergedTest(StreamTest):
    def traffic(self, nodes):
        """Tries of some messages, each at the next of the nodes."""
        turn = iter(range(10 ** 6))

        def deliver(scenario, message_id):
            # Clocks of servers differ by what the store's answer took when they began, so that tries which follow each
            # other within milliseconds may seem to have been made side by side.
            time.sleep(0.3)  # a lower bound
            return self.deliver(nodes[next(turn) % len(nodes)], scenario, message_id)
        for number in range(5):
            self.assertTrue(deliver("healthy", f"{number}@healthy").startswith("250"))
        self.assertEqual([deliver("first-deferred", "1@deferred")[:3] for _ in range(2)], ["450", "250"])
        self.assertEqual([deliver("late", "1@late")[:3] for _ in range(5)], ["451"] * 5)
        self.assertEqual(deliver("early", "1@early")[:3], "451")  # and never again

    def test_three_are_judged_as_one(self):
        scenarios = ("healthy", "first-deferred", "late", "early")
        results = []
        for run, nodes in (("one", [self.serve(*scenarios, run="one")]), ("three", self.nodes(*scenarios, run="three"))):
            self.traffic(nodes)
            for served in nodes:
                served.stop()
            results.append(self.judge(run=run))
        (one_status, one), (three_status, three) = results
        self.assertEqual(one_status, three_status)
        self.assertEqual({name: findings(case) for name, case in one.items()}, {name: findings(case) for name, case in three.items()})
        self.assertEqual({name: case["answer"] for name, case in three.items()},
                         {"healthy": "ok", "first-deferred": "ok", "late": "fail", "early": one["early"]["answer"]})
        events = self.redis.journal("three")
        self.assertEqual(len({event["node"] for event in events}), 3)
        self.assertEqual(len(accepted_in(events)), 6)
        self.assertEqual([event["event"] for event in events].count("end"), 3)

    def test_servers_that_run_are_judged_as_far_as_they_are(self):
        nodes = self.nodes("first-deferred")
        self.assertTrue(self.deliver(nodes[0], "first-deferred", "1@x").startswith("450"))
        self.assertTrue(self.deliver(nodes[1], "first-deferred", "1@x").startswith("250"))
        status, cases = self.judge()
        self.assertEqual((status, cases["first-deferred"]["answer"]), (0, "ok"))

    def test_an_acceptance_is_there_before_its_250(self):
        nodes = self.nodes("healthy")
        for number in range(12):
            message = f"{number}@healthy"
            self.assertTrue(self.deliver(nodes[number % 3], "healthy", message).startswith("250"))
            self.assertIn(message, accepted_in(self.redis.journal("test")))

    def test_the_end_of_a_session_is_there_before_its_client_sees_it(self):
        served = self.serve("healthy")
        for number in range(5):
            client = Client(*served.ports["healthy"])
            client.begin()
            client.quit()
            ends = [event for event in self.redis.journal("test") if event["event"] == "disconnect"]
            self.assertEqual(len(ends), number + 1)

    def test_pipelined_messages_keep_their_order(self):
        served = self.serve("healthy")
        client = Client(*served.ports["healthy"])
        client.begin()
        client.ask("RSET")
        count = 20
        lines = b"".join(b"MAIL FROM:<a@sender.test>\r\nRCPT TO:<b@box.test>\r\nBDAT 23 LAST\r\nMessage-ID: <%d@x>\r\n\r\n" % (100 + i)
                         for i in range(count))
        client.send(lines + b"QUIT\r\n")
        replies = [client.reply()[:3] for _ in range(3 * count + 1)]
        client.read_end()
        client.close()
        self.assertEqual(replies, ["250"] * (3 * count) + ["221"])
        self.assertEqual(accepted_in(self.redis.journal("test")), [f"{100 + i}@x" for i in range(count)])

    def test_sessions_in_tls_wait_as_well(self):
        served = self.serve("healthy", tls=True)
        for number in range(5):
            client = Client(*served.ports["healthy"])
            client.start_tls()
            client.begin()
            client.rcpt()
            self.assertTrue(client.message().startswith("250"))
            self.assertEqual(len(accepted_in(self.redis.journal("test"))), number + 1)
            client.quit()
        refused = rawclient.Connection(*served.ports["healthy"])
        refused.send(b"EHLO in the clear\r\n")
        self.assertEqual(refused.read_end()[1], rawclient.FIN)
        refused.close()
        events = self.redis.journal("test")
        self.assertEqual([event.get("ok") for event in events if event["event"] == "tls"], [True] * 5 + [None])
        self.assertEqual(len([event for event in events if event["event"] == "disconnect"]), 6)

    def test_the_stream_expires_as_other_keys(self):
        served = self.serve("healthy")
        self.deliver(served, "healthy", "1@x")
        served.stop()
        self.assertGreater(self.redis.ask("PTTL", "tempfail:test:journal"), 6 * 24 * 3600 * 1000)


class ClockTest(StreamTest):
    SCALE = 3600

    def now(self, served):
        """Protocol time: seconds."""
        units = {"d": 86400, "h": 3600, "m": 60, "s": 1, "ms": 1e-3, "us": 1e-6}
        return sum(float(amount) * units[unit] for amount, unit in re.findall(r"([0-9.]+)([a-z]+)", served.control("now")))

    def test_a_slow_answer_makes_no_wrong_time(self):
        scale = ("--time-scale", str(self.SCALE))
        first = self.serve("healthy", more=scale)
        proxy = self.enterContext(StoreProxy(self.redis.socket))
        proxy.slow_at(b"%d000000" % self.SCALE, 0.3)  # with which it joins the run
        late = self.serve("healthy", address="127.0.0.2", store=proxy.address, more=scale)
        # Asked in turn: what lies between the questions is real time, too.
        before = time.monotonic()
        apart = min(self.now(late) - self.now(first) for _ in range(5))
        took = time.monotonic() - before
        self.assertLess(abs(apart), self.SCALE * (0.1 + took))
        for served in (first, late):
            served.stop()
        errors = [event["clock_error_us"] for event in self.redis.journal("test") if event["event"] == "run"]
        self.assertEqual(len(errors), 2)
        self.assertLess(max(errors), self.SCALE * 0.1 * 1e6)


class DiedTest(StreamTest):
    def kill(self, served):
        os.kill(served.process_id(), signal.SIGKILL)

    def test_what_it_was_told_is_not_known(self):
        nodes = self.nodes("first-deferred")
        self.assertTrue(self.deliver(nodes[0], "first-deferred", "1@x").startswith("450"))
        self.kill(nodes[0])
        for served in nodes[1:]:
            served.stop()
        status, cases = self.judge()
        [retry] = [one for one in cases["first-deferred"]["findings"] if one["rule"] == "retry"]
        self.assertEqual((status, cases["first-deferred"]["answer"], retry["outcome"]), (4, "undecided", "undecided"))
        # Whichever reason comes first: so soon after the failure there is another one.
        self.assertRegex(retry["actual"], "a server died, and its events are missing from|too little to tell")

    def test_what_it_was_not_part_of_is_judged(self):
        nodes = self.nodes("first-deferred", "late")
        for _ in range(5):
            self.assertTrue(self.deliver(nodes[1], "late", "1@late").startswith("451"))
        self.assertTrue(self.deliver(nodes[1], "first-deferred", "1@x").startswith("450"))
        self.assertTrue(self.deliver(nodes[2], "first-deferred", "1@x").startswith("250"))
        open_session = Client(*nodes[0].ports["first-deferred"])
        open_session.begin()
        self.kill(nodes[0])
        with self.assertRaises((rawclient.Closed, OSError)):
            open_session.ask("NOOP")
        open_session.close()
        for served in nodes[1:]:
            served.stop()
        status, cases = self.judge()
        self.assertEqual((status, cases["late"]["answer"]), (1, "fail"))
        self.assertIn(cases["first-deferred"]["answer"], ("ok", "undecided"))

    def test_no_sender_is_wronged(self):
        nodes = self.nodes("healthy")
        told, lock, many = [], threading.Lock(), threading.Event()

        deadline = time.monotonic() + DEADLINE_SECONDS

        def send(number):
            for message in range(8):
                message_id = f"{number}-{message}@x"
                place = number + message
                while not self.deliver(nodes[place % 3], "healthy", message_id).startswith("250"):
                    if time.monotonic() > deadline:
                        return
                    place += 1
                with lock:
                    told.append(message_id)
                    if len(told) >= 12:
                        many.set()
        threads = [threading.Thread(target=send, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        self.assertTrue(many.wait(program.DEADLINE))
        self.kill(nodes[0])
        for thread in threads:
            thread.join(program.DEADLINE)
        self.assertEqual(len(told), 48)
        for served in nodes[1:]:
            served.stop()
        self.assertEqual(set(told) - set(accepted_in(self.redis.journal("test"))), set())
        status, cases = self.judge()
        self.assertIn(status, (0, 4))
        self.assertIn(cases["healthy"]["answer"], ("ok", "undecided", "not-met"))


class LossTest(StreamTest):
    keeps = True

    def serve_behind_proxy(self):
        proxy = self.enterContext(StoreProxy(self.redis.socket))
        return proxy, self.serve("healthy", store=proxy.address)

    def lose_an_acceptance(self, passes_on, pipelined=b""):
        """An acceptance of which the server does not hear whether it is kept; its client is told nothing."""
        proxy, served = self.serve_behind_proxy()
        other = self.serve("healthy", address="127.0.0.2")
        proxy.cut_at(b'"event":"accepted"', passes_on)
        reply = self.deliver(served, "healthy", "1@x", pipelined)
        self.assertTrue(proxy.cut.wait(program.DEADLINE))
        self.assertFalse(reply.startswith("2"), reply)
        program.wait_until(lambda: [event for event in self.redis.journal("test") if event["event"] == "store" and not event.get("lost")],
                           "the store is found again")
        return served, other

    def test_what_is_not_kept_is_not_accepted(self):
        served, other = self.lose_an_acceptance(passes_on=False)
        events = self.redis.journal("test")
        self.assertEqual(accepted_in(events), [])
        [end] = [event for event in events if event["event"] == "disconnect"]
        self.assertEqual((end["by"], end["reset"]), ("store-lost", True))
        self.assertIn("not accepted: the journal could not be written", [event.get("text") for event in events])
        self.assertTrue(self.deliver(other, "healthy", "1@x").startswith("250"))
        self.assertTrue(self.deliver(served, "healthy", "2@x").startswith("250"))
        for one in (served, other):
            one.stop()
        status, cases = self.judge()
        self.assertNotEqual(status, 1, cases)

    def test_what_may_be_kept_is_no_acceptance_to_the_judge(self):
        served, other = self.lose_an_acceptance(passes_on=True)
        self.assertEqual(accepted_in(self.redis.journal("test")), ["1@x"])
        self.assertTrue(self.deliver(other, "healthy", "1@x").startswith("250"))
        for one in (served, other):
            one.stop()
        status, cases = self.judge()
        self.assertNotEqual(status, 1, cases)
        [duplicate] = [one for one in cases["healthy"]["findings"] if one["rule"] == "no-duplicate"]
        self.assertNotEqual(duplicate["outcome"], "fail", duplicate)

    def lose_an_acceptance_with_quit(self, passes_on):
        """The same of a client that has sent QUIT along with its message; the ends that the journal has of its session."""
        served, other = self.lose_an_acceptance(passes_on, b"QUIT\r\n")
        for one in (served, other):
            one.stop()
        ends = [event for event in self.redis.journal("test") if event["event"] == "disconnect"]
        self.assertEqual(len({end["session"] for end in ends}), 1)
        self.assertEqual({key: ends[-1].get(key) for key in ("by", "reset", "instead")}, {"by": "store-lost", "reset": True, "instead": True})
        status, cases = self.judge()
        self.assertNotEqual(status, 1, cases)
        return cases["healthy"]

    def test_a_quit_that_came_with_it_ends_nothing(self):
        case = self.lose_an_acceptance_with_quit(passes_on=False)
        self.assertEqual(case["answer"], "undecided", case)
        self.assertIn("the store was lost", json.dumps(case))

    def test_a_quit_that_came_with_one_that_may_be_kept_ends_nothing(self):
        case = self.lose_an_acceptance_with_quit(passes_on=True)
        self.assertEqual(accepted_in(self.redis.journal("test")), ["1@x"])
        self.assertIn(case["answer"], ("ok", "undecided"), case)

    def test_a_judge_waits_for_what_a_server_takes_back(self):
        """While the servers run: the stream has an acceptance of which no client was told, and one of the same message elsewhere."""
        proxy, served = self.serve_behind_proxy()
        other = self.serve("healthy", address="127.0.0.2")
        proxy.cut_at(b'"event":"accepted"', passes_on=True)
        proxy.refuse(True)
        self.assertFalse(self.deliver(served, "healthy", "1@x").startswith("2"))
        self.assertTrue(proxy.cut.wait(program.DEADLINE))
        self.assertTrue(self.deliver(other, "healthy", "1@x").startswith("250"))
        self.assertEqual(accepted_in(self.redis.journal("test")), ["1@x", "1@x"])
        reads = self.times_read()
        judged = []
        judge = threading.Thread(target=lambda: judged.append(self.judge()))
        judge.start()
        program.wait_until(lambda: self.times_read() > reads, "the judge has read the stream")
        proxy.refuse(False)
        judge.join(DEADLINE_SECONDS)
        [(status, cases)] = judged
        self.assertNotEqual(status, 1, cases)
        [duplicate] = [one for one in cases["healthy"]["findings"] if one["rule"] == "no-duplicate"]
        self.assertNotEqual(duplicate["outcome"], "fail", duplicate)
        for one in (served, other):
            one.stop()

    def times_read(self):
        """How often somebody has read a part of a stream."""
        told = self.redis.ask("INFO", "commandstats").decode()
        return int((re.findall(r"cmdstat_xrange:calls=(\d+)", told) or [0])[0])

    def test_a_store_that_is_killed_again_and_again(self):
        told = self.deliver_while_the_store_is_killed()
        self.assertEqual(set(told) - set(accepted_in(self.redis.journal("test"))), set())
        status, cases = self.judge()
        self.assertNotEqual(status, 1, cases)


class ForgottenTest(StreamTest):
    def test_what_was_before_is_not_known(self):
        nodes = self.nodes("first-deferred", "healthy")
        self.assertTrue(self.deliver(nodes[0], "first-deferred", "1@x").startswith("450"))
        self.assertTrue(self.deliver(nodes[0], "healthy", "1@y").startswith("250"))
        self.redis.stop()
        self.redis.start()
        self.wait_until_found(nodes)
        first = self.redis.journal("test")[0]
        self.assertEqual((first["event"], first["again"]), ("run", True))
        self.assertTrue(self.deliver(nodes[1], "healthy", "2@y").startswith("250"))
        self.assertTrue(self.deliver(nodes[1], "first-deferred", "2@x").startswith("450"))
        self.assertTrue(self.deliver(nodes[2], "first-deferred", "2@x").startswith("250"))
        for served in nodes:
            served.stop()
        status, cases = self.judge()
        self.assertEqual(status, 4)
        self.assertEqual({name: case["answer"] for name, case in cases.items()}, {"healthy": "undecided", "first-deferred": "undecided"})
        self.assertIn("events of a server are missing from 0s to", json.dumps(cases))


    def test_a_store_that_forgets_again_and_again(self):
        self.deliver_while_the_store_is_killed()
        status, cases = self.judge()
        self.assertEqual((status, cases["healthy"]["answer"]), (4, "undecided"), cases)


class RefusedTest(StreamTest):
    def refusal(self, status, *arguments):
        run = program.run(*arguments)
        self.assertEqual((run.returncode, run.stdout), (status, ""))
        return run.stderr

    def test_options(self):
        serve = ("serve", "healthy", "--port", "0", "--journal", "store")
        self.assertIn("--journal store needs --store; a file of this name is --journal ./store", self.refusal(2, *serve))
        shared = (*serve, "--store", self.redis.address)
        self.assertIn("--journal store and --journal-rotate can't be combined", self.refusal(2, *shared, "--journal-rotate", "10MB"))
        self.assertIn("--journal store and --workers can't be combined", self.refusal(2, *shared, "--workers", "2"))
        self.assertIn("a journal is missing: JOURNAL, or --from ADDRESS of a store", self.refusal(2, "judge"))
        self.assertIn("--from and a JOURNAL can't be combined", self.refusal(2, "judge", "x.jsonl", "--from", self.redis.address))
        self.assertIn("--store-run needs --from", self.refusal(2, "judge", "x.jsonl", "--store-run", "x"))
        self.assertIn("--from here is not the address of a store; allowed: redis://HOST:PORT", self.refusal(2, "judge", "--from", "here"))

    def test_no_such_run(self):
        self.assertIn(f"the store {self.redis.address} has no run named nobody",
                      self.refusal(2, "judge", "--from", self.redis.address, "--store-run", "nobody"))
        with Served("healthy", options=("--store", self.redis.address, "--store-run", "files")):
            pass
        self.assertIn("has no journal of the run files: its servers were not started with --journal store",
                      self.refusal(2, "judge", "--from", self.redis.address, "--store-run", "files"))

    def test_nobody_there(self):
        self.redis.stop()
        self.assertIn(f"store {self.redis.address}: ", self.refusal(3, "judge", "--from", self.redis.address))


if __name__ == "__main__":
    unittest.main()
