"""serve and control: endpoints, ready file, signals, clock, and trouble it must survive."""
import json
import os
import resource
import signal
import socket
import subprocess
import unittest

import program
from program import Raw, Server, checks_types, run, wait_until

GREYLIST = """summary: Come back in five minutes
server:
  greylist: {delay: 5m, window: 1d, lifetime: 1d}
  rules:
    - on: rcpt
      when: {greylist: early}
      reply: 451 4.7.1 Greylisted
sender:
  must: [retry]
"""
QUEUE = """summary: An operator stops the queue
server:
  queue: {}
  rules:
    - on: mail
      when: {queue: stopped}
      reply: 432 4.3.2 Stopped
sender:
  must: [retry]
"""
ONCE = """summary: Refuses the first time
server:
  rules:
    - on: mail
      times: 1
      per: scenario
      reply: 451 4.3.0 Not now
sender:
  must: [retry]
"""
NOTIFICATION = """Subject: Undelivered\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status; boundary=b\r
\r
--b\r
\r
Nobody is there.\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; relay.test\r
\r
Final-Recipient: rfc822; %s\r
Action: failed\r
Status: 5.1.1\r
--b--\r
."""


class Serve(program.Case):
    def serve(self, *arguments, **options):
        return Server(self.directory, "--port", "0", *arguments, **options)

    def test_table_ready_line_and_ready_file(self):
        with self.serve("healthy", "disk-full", "--shared-port", "0") as server:
            wait_until(lambda: "ready: 2 scenarios" in server.output(), "ready line")
            lines = server.output().splitlines()
            self.assertTrue(lines[-1].startswith("ready: 2 scenarios"), lines[-1])
            self.assertEqual(server.ready["pid"], server.process.pid)
            for endpoint in server.ready["endpoints"]:
                self.assertIn(f"127.0.0.1:{endpoint['port']}", server.output())
            with Raw(server.ready["common"]["port"]) as client:
                self.assertTrue(client.reply().startswith("220 "))
            self.assertEqual(server.stop(), 0)
        self.assertFalse(server.ready_file.exists())

    def test_judge_of_all_that_was_served(self):
        """Scenarios that nobody touched are left out, and a notification is its message's, by whom it reports on."""
        journal = self.directory / "journal.jsonl"
        with self.serve("--shared-port", "0", "--journal", journal) as server:
            with Raw(server.ready["common"]["port"]) as client:
                client.reply()
                client.say("EHLO relay.test")
                self.assertTrue(client.send("joe@no-such-user.test").startswith("550"))
                client.say("RSET")
                self.assertTrue(client.send("joe@healthy.test").startswith("250"))
                for line in ("MAIL FROM:<>", "RCPT TO:<me@sender.test>"):
                    self.assertTrue(client.say(line).startswith("250"), line)
                client.say("DATA")
                self.assertTrue(client.say(NOTIFICATION % "Joe@no-such-user.test").startswith("250"))
                client.say("QUIT")
        cases = {case["scenario"]: case for case in json.loads(self.ok("judge", "--json", journal))["cases"]}
        self.assertEqual(set(cases), {"no-such-user", "healthy"})
        outcomes = {finding["rule"]: finding["outcome"] for finding in cases["no-such-user"]["findings"]}
        self.assertEqual(outcomes["notified"], "pass")
        self.assertEqual(cases["no-such-user"]["answer"], "ok", cases["no-such-user"])

    def test_judge_of_several_journals(self):
        """A retry may come when the server has been started again."""
        folder = self.scenario_files(once=ONCE)
        journals = [self.directory / "first.jsonl", self.directory / "second.jsonl"]
        for journal, code in zip(journals, ("451", "451")):
            with self.serve("--scenarios", folder, "once", "--journal", journal) as server:
                with Raw(server.port("once")) as client:
                    client.reply()
                    client.say("EHLO relay.test")
                    self.assertTrue(client.send().startswith(code))
                    client.say("QUIT")
        alone = json.loads(run("judge", "--json", journals[0]).stdout)["cases"][0]
        self.assertEqual(alone["answer"], "undecided")
        for order in (journals, journals[::-1]):
            (case,) = json.loads(run("judge", "--json", *order).stdout)["cases"]
            (retry,) = [finding for finding in case["findings"] if finding["rule"] == "retry"]
            self.assertEqual(retry["outcome"], "pass", retry)
        torn = self.directory / "torn.jsonl"
        torn.write_text(journals[1].read_text()[:-20])
        self.assertIn("torn.jsonl: line", run("judge", journals[0], torn).stderr)

    def test_example_of_a_recipient_names_what_is_served(self):
        with self.serve("certificate-expired", "mailbox-full", "--shared-port", "0") as server:
            self.assertIn("shared port, the recipient chooses: anyone@mailbox-full.test", server.output())
            with Raw(server.ready["common"]["port"]) as client:
                client.reply()
                client.say("EHLO client.test")
                client.say("MAIL FROM:<a@sender.test>")
                self.assertTrue(client.say("RCPT TO:<anyone@mailbox-full.test>").startswith("452"))
                self.assertIn("; write to NAME@", client.say("RCPT TO:<anyone@disk-full.test>"))

    def test_json_on_standard_output(self):
        with self.serve("healthy", "--json") as server:
            self.assertEqual(server.stop(signal.SIGINT), 0)
            ready, summary = [json.loads(line) for line in server.output().splitlines()]
        self.assertTrue(ready["ready"])
        self.assertEqual(ready["endpoints"], server.ready["endpoints"])
        self.assertEqual(summary["connections"], 0)

    def test_accepts_and_journals(self):
        journal = self.directory / "journal.jsonl"
        with self.serve("healthy", "--journal", journal) as server:
            with Raw(server.port("healthy")) as client:
                client.reply()
                client.say("EHLO client.test")
                self.assertTrue(client.send().startswith("250"))
                # What is accepted is on the disk before the reply is on the wire.
                events = [json.loads(line) for line in journal.read_text().splitlines()]
                self.assertIn("accepted", {event["event"] for event in events})
                client.say("QUIT")
            self.assertEqual(server.stop(), 0)
            self.assertIn("stopped: 1 connection, 1 message accepted\n", server.output())
        events = [json.loads(line) for line in journal.read_text().splitlines()]
        self.assertEqual(events[0]["event"], "run")
        self.assertEqual(events[-1]["event"], "end")
        self.ok("judge", journal)


    def test_sigterm_says_421_to_open_sessions(self):
        with self.serve("healthy") as server, Raw(server.port("healthy")) as client:
            client.reply()
            client.say("EHLO client.test")
            server.process.send_signal(signal.SIGTERM)
            self.assertTrue(client.reply().startswith("421 "))
            self.assertEqual(client.reply(), "")
            client.close()
            self.assertEqual(server.process.wait(program.DEADLINE), 0)
            self.assertIn("stopped: 1 connection, 0 messages accepted", server.output())

    def test_ends_with_standard_input_where_that_is_asked_for(self):
        with Server(self.directory, "healthy", "--port", "0", "--shared-port", "0", "--until-stdin-ends",
                    stdin=subprocess.PIPE) as server:
            with Raw(server.port("healthy")) as client:
                client.reply()
                server.process.stdin.write(b"ignored\n" * 1000)
                server.process.stdin.flush()
                self.assertEqual(client.say("NOOP")[:3], "250")
                server.process.stdin.close()
                self.assertEqual(client.reply()[:3], "421")
            self.assertEqual(server.process.wait(program.DEADLINE), 0)
            self.assertIn("stopped:", server.output())

    def test_second_signal_ends_it_at_once(self):
        with self.serve("healthy") as server, Raw(server.port("healthy")) as client:
            client.reply()
            server.process.send_signal(signal.SIGTERM)
            self.assertTrue(client.reply().startswith("421 "))  # the client does not close: it drains
            server.process.send_signal(signal.SIGTERM)
            self.assertEqual(server.process.wait(program.DEADLINE), 0)

    def test_taken_port_is_reported(self):
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", 0))
            holder.listen()
            port = holder.getsockname()[1]
            line = self.fails(3, "serve", "healthy", "--port", port, "--ready-file", self.directory / "ready")
        self.assertIn(f"port {port} on 127.0.0.1 (healthy): already in use", line)
        self.assertFalse((self.directory / "ready").exists())
        self.assertIn("--port 0", line)

    def test_taken_common_port_names_its_own_option(self):
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", 0))
            holder.listen()
            line = self.fails(3, "serve", "healthy", "--port", "0", "--shared-port", holder.getsockname()[1])
        self.assertIn("(shared port): already in use; --shared-port chooses another port", line)
        self.assertNotIn(" --port", line)

    def test_tls_directory_that_cannot_be_made(self):
        line = self.fails(3, "serve", "disk-full", "--port", "0", "--tls-dir", "/dev/null/x")
        self.assertEqual(line, "tempfail serve: --tls-dir /dev/null/x: Not a directory\n")

    def test_ports_count_up_from_the_base(self):
        """Two neighbouring ports that were free a moment ago; another try when somebody took one meanwhile."""
        for _ in range(20):
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                base = probe.getsockname()[1]
            if base >= 65535:
                continue
            try:
                with Server(self.directory, "--port", base, "healthy", "disk-full") as server:
                    self.assertEqual([e["port"] for e in server.ready["endpoints"]], [base, base + 1])
                    self.assertIsNone(server.ready["common"])
                    return
            except AssertionError as error:
                if "already in use" not in str(error):
                    raise
        self.fail("no two neighbouring ports were free")

    def test_journal_that_cannot_be_opened(self):
        line = self.fails(3, "serve", "healthy", "--port", "0", "--journal", "/nonexistent/journal")
        self.assertIn("No such file", line)

    def test_full_disk_under_the_journal_does_not_stop_it(self):
        with self.serve("healthy", "--journal", "/dev/full") as server:
            for _ in range(3):
                with Raw(server.port("healthy")) as client:
                    client.reply()
                    client.say("EHLO client.test")
                    self.assertTrue(client.send().startswith("250"))
            self.assertEqual(server.output().count("No space left"), 1, server.output())
            self.assertEqual(server.stop(), 3)
            self.assertRegex(server.output(), r"serve: journal: \d\d events were never written\n$")

    def test_what_was_never_written_is_counted_in_json(self):
        with self.serve("healthy", "--journal", "/dev/full", "--json") as server:
            self.assertEqual(server.stop(), 3)
            summary = next(json.loads(line) for line in server.output().splitlines() if '"stopped":true' in line)
        self.assertGreaterEqual(summary["journal_events_lost"], 2)  # run, end

    def test_standard_output_closed_does_not_stop_it(self):
        reader, writer = os.pipe()
        os.close(reader)
        with self.serve("healthy", stdout=writer) as server:
            os.close(writer)
            with Raw(server.port("healthy")) as client:
                self.assertTrue(client.reply().startswith("220 "))
            self.assertEqual(server.stop(), 0)

    @unittest.skipIf(checks_types(), "the build's own checks need descriptors")
    def test_too_many_open_files_pauses_and_resumes(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))

        with self.serve("healthy", preexec_fn=limit) as server:
            clients = [socket.create_connection(("127.0.0.1", server.port("healthy"))) for _ in range(60)]
            wait_until(lambda: "too many open files" in server.output().lower(), "the report")
            for client in clients:
                client.close()
            with Raw(server.port("healthy")) as client:
                self.assertTrue(client.reply().startswith("220 "))
            self.assertEqual(server.stop(), 0)

    @unittest.skipIf(checks_types(), "the build's own checks need descriptors")
    def test_too_few_descriptors_to_start(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_NOFILE, (12, 12))

        where = self.scenario_files(**{f"own_{i}": ONCE for i in range(20)})
        line = self.fails(3, "serve", "own", "--scenarios", where, "--port", "0", preexec_fn=limit)
        self.assertIn("too many open files", line.lower())

    def test_tls_directory_has_the_authority(self):
        with self.serve("healthy", "--starttls", "--tls-dir", self.directory / "tls") as server:
            self.assertTrue((self.directory / "tls" / "ca.pem").read_text().startswith("-----BEGIN CERTIFICATE"))
            with Raw(server.port("healthy")) as client:
                client.reply()
                self.assertIn("STARTTLS", client.say("EHLO client.test"))


class Control(program.Case):
    def setUp(self):
        super().setUp()
        self.socket = self.directory / "control"
        self.where = self.scenario_files(greylist=GREYLIST, stoppable=QUEUE, refuses_once=ONCE)

    def serve(self, *arguments):
        return Server(self.directory, "own", "--port", "0", "--scenarios", self.where, "--control", self.socket,
                      *arguments)

    def control(self, *words):
        return self.ok("control", self.socket, *words).strip()

    def attempt(self, server, scenario):
        with Raw(server.port(scenario)) as client:
            client.reply()
            client.say("EHLO client.test")
            reply = client.send()
            client.say("QUIT")
            return reply[:3]

    def test_clock_stands_still_until_it_is_advanced(self):
        with self.serve("--clock", "manual") as server:
            self.assertEqual(self.control("now"), "0s")
            self.assertEqual(self.attempt(server, "greylist"), "451")
            self.assertEqual(self.control("advance", "4m59s"), "4m59s")
            self.assertEqual(self.attempt(server, "greylist"), "451")
            self.assertEqual(self.control("advance", "1s"), "5m")
            self.assertEqual(self.attempt(server, "greylist"), "250")
            self.assertEqual(server.stop(), 0)
        self.assertFalse(self.socket.exists())

    def test_real_clock_cannot_be_advanced(self):
        with self.serve():
            self.assertIn("--clock manual", self.fails(2, "control", self.socket, "advance", "1h"))

    def test_queue_is_stopped_and_started(self):
        with self.serve() as server:
            self.assertEqual(self.attempt(server, "stoppable"), "250")
            self.assertEqual(self.control("stop-queue", "stoppable"), "stopped stoppable")
            self.assertEqual(self.attempt(server, "stoppable"), "432")
            self.control("start-queue", "stoppable")
            self.assertEqual(self.attempt(server, "stoppable"), "250")
            self.assertIn("has no queue", self.fails(2, "control", self.socket, "stop-queue", "greylist"))

    def test_reset_forgets(self):
        with self.serve() as server:
            self.assertEqual(self.attempt(server, "refuses-once"), "451")
            self.assertEqual(self.attempt(server, "refuses-once"), "250")
            for name in ("refuses-once", "all"):
                self.control("reset", name)
                self.assertEqual(self.attempt(server, "refuses-once"), "451")
                self.assertEqual(self.attempt(server, "refuses-once"), "250")

    def test_journal_says_what_was_moved_and_what_was_forgotten(self):
        journal = self.directory / "moved.jsonl"
        with self.serve("--clock", "manual", "--journal", journal, "--role", "one-shot") as server:
            self.control("advance", "5m")
            self.control("reset", "greylist")
            self.assertEqual(server.stop(), 0)
        events = [json.loads(line) for line in journal.read_text().splitlines()]
        self.assertEqual((events[0]["event"], events[0]["role"]), ("run", "one-shot"))
        number, = [one["server"] for one in events if one["event"] == "server" and one["scenario"] == "greylist"]
        self.assertEqual([(one["time_us"], one["by_us"]) for one in events if one["event"] == "advance"],
                         [(0, 300 * 10**6)])
        self.assertEqual([(one["time_us"], one["server"]) for one in events if one["event"] == "reset"],
                         [(300 * 10**6, number)])

    def test_status_counts(self):
        with self.serve() as server:
            with Raw(server.port("greylist")) as client:
                client.reply()
                status = json.loads(self.control("status"))
                self.assertEqual(status["open"], 1)
                self.assertEqual(status["connections"], 1)
                self.assertEqual({e["scenario"]: e["open"] for e in status["endpoints"]},
                                 {"greylist": 1, "stoppable": 0, "refuses-once": 0})

    def test_errors_are_answers(self):
        with self.serve():
            for words, part in ((["reset", "greylisst"], "did you mean greylist?"), (["dance"], "unknown command dance"),
                                (["advance", "soon"], "is not a valid duration"), (["advance"], "usage: advance DURATION")):
                self.assertIn(part, self.fails(2, "control", self.socket, *words))

    def test_many_lines_on_one_connection(self):
        with self.serve(), socket.socket(socket.AF_UNIX) as client:
            client.connect(str(self.socket))
            client.sendall(b"now\nbogus\n\nstatus\r\n")
            client.shutdown(socket.SHUT_WR)
            answers = client.makefile("rb").read().splitlines()
            self.assertEqual([answer.split()[0] for answer in answers], [b"ok", b"error", b"error", b"ok"])

    def test_endless_line_ends_the_connection_only(self):
        with self.serve(), socket.socket(socket.AF_UNIX) as client:
            client.settimeout(program.DEADLINE)
            client.connect(str(self.socket))
            try:
                client.sendall(b"x" * 100000)
                while client.recv(4096):
                    pass
            except (BrokenPipeError, ConnectionResetError):
                pass
            self.control("now")

    def test_stale_socket_is_replaced_and_a_live_one_is_not(self):
        with self.serve() as server:
            line = self.fails(3, "serve", "healthy", "--port", "0", "--control", self.socket)
            self.assertIn("another program is listening", line)
            server.process.kill()
            server.process.wait()
        self.assertTrue(self.socket.exists())
        os.unlink(server.ready_file)
        with self.serve():
            self.control("now")

    def test_no_server(self):
        self.assertIn("No such file", self.fails(3, "control", self.directory / "none", "now"))

    def test_socket_is_for_its_owner_alone(self):
        with self.serve():
            self.assertEqual(os.stat(self.socket).st_mode & 0o777, 0o600)


if __name__ == "__main__":
    unittest.main()
