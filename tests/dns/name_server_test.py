#!/usr/bin/env python3
"""The name server on its sockets, as clients see it that share no code with it: raw sockets, and dig where there is one."""
import contextlib
import json
import pathlib
import shutil
import socket
import struct
import subprocess
import tempfile
import time
import unittest

import dnsclient
from dnsclient import Client, Malformed
from served import Served, program

SCENARIO = """
summary: Names for a test
hosts:
  mx1:
  mx2: {server: {rules: [{on: rcpt, reply: 450 4.2.0 Later}]}}
names:
  domain: [names-for-a-test.test, second-domain.test]
  authenticated: yes
  records:
    - "@ MX 10 mx1"
    - "@ MX 20 mx2"
    - "@ TXT v=spf1 -all"
    - "www CNAME @"
    - "x.second-domain.test. TLSA 3 1 1 0a0b"
    - "many A 192.0.2.1"
  answers:
    - {name: late, late: 300ms, records: ["late A 192.0.2.7"]}
    - {name: silent, answer: silence}
    - {name: broken, over: tcp, answer: reset}
    - {name: garbage, answer: garbage}
    - {name: other-id, wrong: id}
    - {name: raw, raw: 8180ff}
"""


@contextlib.contextmanager
def serving(*options, dns="0", text=SCENARIO):
    with tempfile.TemporaryDirectory() as directory:
        folder = pathlib.Path(directory) / "own"
        folder.mkdir()
        (folder / "names-for-a-test.yaml").write_text(text)
        journal = pathlib.Path(directory) / "journal.jsonl"
        with Served("names-for-a-test", "--scenarios", str(directory),
                    options=("--dns", dns, "--journal", str(journal), *options)) as served:
            served.journal = journal
            yield served


def queries(served):
    events = [json.loads(line) for line in served.journal.read_text().splitlines()]
    return [event for event in events if event["event"] == "query"]


def wait_for(condition, what):
    end = time.monotonic() + dnsclient.DEADLINE_SECONDS
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not in time: {what}")
        time.sleep(0.005)  # looks again


class NameServer(unittest.TestCase):
    def test_it_answers_over_udp_and_tcp_on_one_port_of_either_address(self):
        for dns in ("0", "127.0.0.53:0", "[::1]:0"):
            with self.subTest(dns), serving(dns=dns) as served:
                client = Client(served.dns)
                for over in ("udp", "tcp"):
                    answer = client.ask("names-for-a-test.test", "MX", over)
                    self.assertEqual(answer.texts(),
                                     ["10 mx1.names-for-a-test.test", "20 mx2.names-for-a-test.test"])
                    self.assertTrue(answer.recursion_available)
                    self.assertEqual(client.ask("absent.test", "A", over).rcode, "nxdomain")
                    self.assertEqual(client.ask("example.com", "A", over).rcode, "refused")

    def test_every_host_listens_where_the_names_lead(self):
        with serving() as served:
            client = Client(served.dns)
            found = {name: client.ask(name, "A").texts() for name in served.hosts}
            self.assertEqual(set(found), {"mx1.names-for-a-test.test", "mx2.names-for-a-test.test"})
            self.assertEqual(len({place[1] for place in served.hosts.values()}), 1, "an MX has no port")
            self.assertEqual(len({place[0] for place in served.hosts.values()}), 2)
            for name, (address, port) in served.hosts.items():
                self.assertEqual(found[name], [address])
                with socket.create_connection((address, port), timeout=30) as smtp:
                    self.assertTrue(smtp.makefile().readline().startswith(f"220 {name} "))

    def test_many_queries_on_one_connection_cut_anywhere(self):
        with serving() as served:
            stream = b""
            for number in range(20):
                query = dnsclient.query("names-for-a-test.test", "MX", id=number)
                stream += struct.pack(">H", len(query)) + query
            for cut in (1, 2, 3, len(stream)):
                with self.subTest(cut), socket.create_connection(served.dns, timeout=30) as tcp:
                    for at in range(0, len(stream), cut):
                        tcp.sendall(stream[at:at + cut])
                    ids = [dnsclient.read(dnsclient.read_message(tcp)).id for _ in range(20)]
                    self.assertEqual(ids, list(range(20)))

    def test_what_is_late_comes_in_real_time_whatever_the_scale_and_holds_nothing_up(self):
        with serving("--time-scale", "3600") as served:
            client = Client(served.dns)
            with client.open() as udp:
                began = time.monotonic()
                udp.send(dnsclient.query("late.names-for-a-test.test", "A", id=1))
                udp.send(dnsclient.query("mx1.names-for-a-test.test", "A", id=2))
                first, second = dnsclient.read(udp.recv(4096)), dnsclient.read(udp.recv(4096))
                self.assertGreaterEqual(time.monotonic() - began, 0.3)
            self.assertEqual([first.id, second.id], [2, 1])
            self.assertEqual(second.texts(), ["192.0.2.7"])
            wait_for(lambda: len(queries(served)) == 2, "both in the journal")
            late = next(event for event in queries(served) if event["id"] == 1)
            self.assertEqual((late["did"], late["answered"]), ("late", True))
            self.assertGreaterEqual(late["time_us"] - late["asked_us"], 0.3 * 3600 * 1e6)

    def test_what_is_late_when_the_server_stops_was_never_answered(self):
        with serving(text=SCENARIO.replace("300ms", "1m")) as served:
            with Client(served.dns).open() as udp:
                udp.send(dnsclient.query("late.names-for-a-test.test", "A"))
                wait_for(lambda: Client(served.dns).ask("mx1.names-for-a-test.test", "A").rcode == "noerror", "an answer")
                served._process.terminate()
                served._process.wait(30)
            late = [event for event in queries(served) if event["name"].startswith("late.")]
            self.assertEqual(len(late), 1)
            self.assertNotIn("answered", late[0])

    def test_silence_resets_and_bytes_that_are_no_answer(self):
        with serving() as served:
            client = Client(served.dns)
            self.assertTrue(client.is_silent("silent.names-for-a-test.test", "A", served.barrier))
            with self.assertRaises(ConnectionResetError):
                client.ask("broken.names-for-a-test.test", "A", "tcp")
            with self.assertRaises(Malformed):
                client.ask("garbage.names-for-a-test.test", "A")
            self.assertNotEqual(client.ask("other-id.names-for-a-test.test", "A").id, dnsclient.QUESTION_ID)
            self.assertEqual(client.raw(dnsclient.query("raw.names-for-a-test.test", "A", id=0x0102)),
                             b"\x01\x02\x81\x80\xff")
            self.assertEqual(client.ask("mx1.names-for-a-test.test", "A").rcode, "noerror")

    def test_packets_that_are_no_queries_do_it_no_harm(self):
        with serving() as served:
            client = Client(served.dns)
            right = dnsclient.query("names-for-a-test.test", "MX", edns=1232)
            with client.open() as udp:
                for size in range(len(right)):
                    udp.send(right[:size])
                for at in range(len(right)):
                    udp.send(right[:at] + bytes([right[at] ^ 0xFF]) + right[at + 1:])
                udp.send(bytes(65000))
            for data in (b"\0", b"\0\0", b"\xff\xff", b"\0\x05hello" * 50, b"\0\x0c" + bytes(12)):
                with socket.create_connection(served.dns, timeout=30) as tcp:
                    tcp.sendall(data)
            self.assertEqual(len(client.ask("names-for-a-test.test", "MX").records), 2)
            formerr = client.raw(right[:20])
            self.assertEqual((formerr[:2], formerr[3] & 0xF), (right[:2], 1))

    def test_connections_have_a_limit_and_give_way_when_they_end(self):
        with serving() as served:
            held = [socket.create_connection(served.dns, timeout=30) for _ in range(140)]
            try:
                closed = 0
                for tcp in held:
                    query = dnsclient.query("names-for-a-test.test", "MX")
                    try:
                        tcp.sendall(struct.pack(">H", len(query)) + query)
                        closed += dnsclient.read_message(tcp) == b""
                    except (ConnectionResetError, BrokenPipeError):
                        closed += 1
                self.assertEqual(closed, 140 - 128)
                self.assertEqual(len(Client(served.dns).ask("names-for-a-test.test", "MX").records), 2)
            finally:
                for tcp in held:
                    tcp.close()
            wait_for(lambda: self.comes_through(served), "a connection after the others have ended")

    def comes_through(self, served):
        try:
            return len(Client(served.dns).ask("names-for-a-test.test", "MX", "tcp").records) == 2
        except (ConnectionError, struct.error):
            return False

    def test_the_journal_says_who_asked_what_and_what_was_said(self):
        with serving() as served:
            client = Client(served.dns)
            client.ask("Names-For-A-Test.test", "MX", "tcp", id=77)
            client.ask("nothing.example", "A", id=78)
            wait_for(lambda: len(queries(served)) == 2, "both in the journal")
            known, strange = queries(served)
            self.assertEqual(
                {key: known[key] for key in ("client", "transport", "name", "type", "id", "answer", "answered", "server")},
                {"client": "127.0.0.1", "transport": "tcp", "name": "names-for-a-test.test", "type": "MX", "id": 77,
                 "answer": "noerror", "answered": True, "server": 1})
            self.assertIn("MX 10 mx1.names-for-a-test.test.", known["records"])
            self.assertEqual((strange["name"], strange["answer"]), ("nothing.example", "refused"))
            self.assertNotIn("server", strange)
            events = [json.loads(line) for line in served.journal.read_text().splitlines()]
            hosts = {host["name"]: (host["address"], host["port"])
                     for event in events if event["event"] == "server" for host in event["hosts"]}
            self.assertEqual(hosts, served.hosts)

    def test_a_port_that_is_taken_is_said_to_be(self):
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            with socket.socket(socket.AF_INET, kind) as taken:
                taken.bind(("127.0.0.1", 0))
                if kind == socket.SOCK_STREAM:
                    taken.listen()
                port = taken.getsockname()[1]
                run = subprocess.run([program(), "serve", "healthy", "--port", "0", "--dns", str(port)],
                                     capture_output=True, text=True, timeout=60)
                self.assertEqual(run.returncode, 3, run.stderr)
                self.assertIn(f"port {port} on 127.0.0.1 (name server): already in use; --dns chooses another port",
                              run.stderr)

    @unittest.skipUnless(program("tempfail-send").exists(), "tempfail-send is not built")
    def test_c_ares_understands_it(self):
        """A sender whose resolver it is goes over TCP for what was truncated, from host to host, and to the right one."""
        text = SCENARIO.replace("  answers:\n", "  answers:\n    - {type: MX, truncated: yes}\n")
        with serving(text=text) as served:
            address, port = served.hosts["mx1.names-for-a-test.test"]
            for domain in ("names-for-a-test.test", "www.names-for-a-test.test"):
                run = subprocess.run(
                    [program("tempfail-send"), "send", "--resolver", "%s:%d" % served.dns, "--port", str(port),
                     "--from", "me@sender.test", "--to", f"you@{domain}"],
                    input="Subject: x\n\nx\n", capture_output=True, text=True, timeout=120)
                self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
                self.assertIn("[mx1.names-for-a-test.test]", run.stdout + run.stderr)
            wait_for(lambda: any(event["transport"] == "tcp" for event in queries(served)), "a query over TCP")

    @unittest.skipUnless(shutil.which("dig"), "there is no dig here")
    def test_dig_understands_it(self):
        def dig(served, *words):
            run = subprocess.run(["dig", f"@{served.dns[0]}", "-p", str(served.dns[1]), "+tries=1", "+timeout=20",
                                  *words], capture_output=True, text=True, timeout=60)
            self.assertNotIn("WARNING", run.stdout)
            return run.stdout

        with serving() as served:
            mx = "10 mx1.names-for-a-test.test.\n20 mx2.names-for-a-test.test.\n"
            for words in ((), ("+tcp",), ("+noedns",), ("+dnssec",), ("+bufsize=512",), ("+norecurse",)):
                self.assertEqual(dig(served, "+short", "names-for-a-test.test", "MX", *words), mx, words)
            self.assertEqual(dig(served, "+short", "names-for-a-test.test", "TXT"), '"v=spf1 -all"\n')
            self.assertEqual(dig(served, "+short", "x.second-domain.test", "TLSA"), "3 1 1 0A0B\n")
            self.assertEqual(dig(served, "+short", "www.names-for-a-test.test", "MX"),
                             "names-for-a-test.test.\n" + mx)
            self.assertIn("status: NXDOMAIN", dig(served, "absent.names-for-a-test.test"))
            self.assertIn("status: REFUSED", dig(served, "example.com"))
            self.assertRegex(dig(served, "+adflag", "names-for-a-test.test", "MX"), r"flags: qr rd ra ad;")
            self.assertRegex(dig(served, "+noadflag", "names-for-a-test.test", "MX"), r"flags: qr rd ra;")
            self.assertIn("status: BADVERS", dig(served, "+edns=1", "+noednsnegotiation", "names-for-a-test.test", "MX"))


if __name__ == "__main__":
    unittest.main()
