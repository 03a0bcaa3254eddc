"""The life of a lab's command: what it gets, what its exit status becomes, and that nothing outlives it."""
import json
import os
import pty
import signal
import subprocess
import unittest

import sealed
from sealed import is_locked, wait_until


class Command(sealed.Case):
    def test_exit_status_is_the_commands(self):
        for script, status in (("exit 0", 0), ("exit 7", 7), ("kill -TERM $$", 143), ("kill -KILL $$", 137)):
            with self.subTest(script):
                result = self.program.run("lab", "-q", "--scenario", "healthy", "--", "sh", "-c", script)
                self.assertEqual((result.returncode, result.stdout, result.stderr), (status, "", ""))

    def test_streams_are_the_commands(self):
        result = self.program.run("lab", "-q", "--scenario", "healthy", "--", "cat", stdin=None, input="through\n")
        self.assertEqual((result.returncode, result.stdout), (0, "through\n"))

    def test_says_what_is_where_on_standard_error(self):
        result = self.program.run("lab", "--scenario", "healthy", "--scenario", "disk-full", "--", "true")
        self.assertEqual(result.stdout, "")
        self.assertRegex(result.stderr, r"(?m)^192\.0\.2\.1:25,587 +healthy ")
        self.assertRegex(result.stderr, r"(?m)^192\.0\.2\.2:25,587 +disk-full ")
        self.assertRegex(result.stderr, r"(?m)^198\.51\.100\.251 +- +no host: host unreachable$")

    def test_ready_file_says_it_to_programs(self):
        result = self.program.run("lab", "-q", "--scenario", "healthy", "--scenario", "tls/*", "--ready-file",
                                  "ready.json", "--", "cat", "ready.json")
        ready = json.loads(result.stdout)
        self.assertIn({"scenario": "healthy", "host": "mx.healthy.test", "address": "192.0.2.1", "port": 25, "tls": False},
                      ready["endpoints"])
        self.assertEqual(ready["sender"]["name"], "mail.sender.test")
        self.assertEqual(ready["sender"]["mx"], {"name": "mx.sender.test", "address": "198.51.100.250"})
        self.assertEqual(ready["name_server"], "192.0.2.53")
        self.assertFalse(self.path("ready.json").exists())

    def test_default_is_the_shell(self):
        result = self.program.run("lab", "-q", "--scenario", "healthy", stdin=None, input="hostname; exit 5\n",
                                  env={**os.environ, "SHELL": "/bin/sh"})
        self.assertEqual((result.returncode, result.stdout), (5, "mail.sender.test\n"))

    def test_all_scenarios_fit(self):
        self.assertEqual(self.program.lab("look", scenarios=("*",))["devices"], ["eth0", "lo"])

    def test_journal_has_the_session_and_the_command(self):
        self.program.lab("greet", "192.0.2.1", "25", options=("--journal", "seen.jsonl"))
        events = [json.loads(line) for line in self.path("seen.jsonl").read_text().splitlines()]
        connect = next(event for event in events if event["event"] == "connect")
        self.assertEqual((connect["client"], connect["server_port"]), ("203.0.113.2", 25))
        self.assertEqual([event["event"] for event in events if event["event"] in ("process", "end")],
                         ["process", "process", "end"])

    def test_refused_connections_are_seen(self):
        """Each connection is a SYN; the judge takes them for a failure that was met."""
        self.program.lab("connect", *3 * ("192.0.2.1", "25"), "192.0.2.1", "26", scenarios=("connection-refused",),
                         options=("--journal", "refused.jsonl"))
        events = [json.loads(line) for line in self.path("refused.jsonl").read_text().splitlines()]
        listens = [event for event in events if event["event"] == "listen"]
        self.assertEqual([(event["answer"], event.get("refused", 0)) for event in listens],
                         [("refused", 0), ("refused", 3)])
        began = next(event["time_us"] for event in events if event["event"] == "process")
        ended = [event["time_us"] for event in events if event["event"] == "process"][-1]
        self.assertTrue(began <= listens[1]["refused_first_us"] <= ended, listens)

    def test_mistakes_are_said_in_one_line(self):
        for arguments, status, words in (
                (("--", "no-such-program"), 2, "no-such-program"),
                (("--bind", "::1", "--", "true"), 2, "unknown option --bind"),
                (("test", "healthy", "--bind", "::1", "--", "true"), 2, "a lab has its own addresses"),
                (("--scenario", "no-such", "--", "true"), 2, "no-such")):
            with self.subTest(arguments):
                result = self.program.run("lab", *arguments)
                self.assertEqual((result.returncode, result.stderr.count("\n")), (status, 1), result.stderr)
                self.assertIn(words, result.stderr)

    def test_a_terminals_interrupt_is_the_commands(self):
        """Ctrl-C goes to the command; tempfail stays, and hands its exit status on."""
        controller, terminal = pty.openpty()
        script = "trap 'echo interrupted; exit 9' INT; echo ready; while :; do read nothing; done"
        process = subprocess.Popen(
            self.program.command("lab", "-q", "--scenario", "healthy", "--", "sh", "-c", script), stdin=terminal,
            stdout=terminal, stderr=terminal, start_new_session=True, cwd=self.program.work,
            preexec_fn=lambda: __import__("fcntl").ioctl(0, __import__("termios").TIOCSCTTY, 0))
        os.close(terminal)
        seen = b""
        try:
            while b"ready" not in seen:
                seen += os.read(controller, 1000)
            os.write(controller, b"\x03")
            self.assertEqual(process.wait(sealed.DEADLINE), 9)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            os.close(controller)


class NothingSurvives(sealed.Case):
    def test_a_daemon_that_ignores_signals_dies_with_the_command(self):
        self.assertEqual(self.program.lab("daemon", "lock"), {"left": True})
        self.assertFalse(is_locked(self.path("lock")))

    def end_by(self, *signals):
        process = self.program.start("lab", "-q", "--scenario", "healthy", "--", sealed.PYTHON, self.program.inside,
                                     "wait", "lock")
        try:
            self.assertIn("waits", process.stdout.readline())
            self.assertTrue(is_locked(self.path("lock")))
            for number in signals:
                process.send_signal(number)
            process.wait(sealed.DEADLINE)
            wait_until(lambda: not is_locked(self.path("lock")), "the daemon's end")
            return process.returncode
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            process.stdout.close()

    def test_sigterm_ends_it(self):
        self.assertEqual(self.end_by(signal.SIGTERM), 143)

    def test_sigint_without_a_terminal_ends_it(self):
        self.assertIn(self.end_by(signal.SIGINT), (143, 137))

    def test_sigkill_of_tempfail_ends_it(self):
        self.assertEqual(self.end_by(signal.SIGKILL), -signal.SIGKILL)

    def test_who_asks_twice_does_not_wait(self):
        self.assertIn(self.end_by(signal.SIGTERM, signal.SIGTERM), (143,))


class AsNobody(sealed.AsNobody, NothingSurvives):
    pass


if __name__ == "__main__":
    sealed.main()
