"""tempfail lab test: every case has a network of its own, and the verdicts are those of tempfail test."""
import json
import os
import pathlib
import shutil
import signal
import unittest

import sealed
from sealed import is_locked, wait_until

SENDER = pathlib.Path(__file__).resolve().parents[1] / "cli" / "sender.py"


class Cases(sealed.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sender = cls.program.folder / "sender.py"
        shutil.copy2(SENDER, cls.sender)

    def cases(self, *arguments, status=0):
        """`tempfail lab test` to its end: its cases by name."""
        result = self.program.run("lab", "test", "--json", *arguments)
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        return {case["scenario"]: case for case in json.loads(result.stdout)["cases"]}

    def events(self, scenario, kind):
        path = self.path("tempfail-report") / "cases" / scenario / "journal.jsonl"
        events = [json.loads(line) for line in path.read_text().splitlines()]
        return [event for event in events if event["event"] == kind]

    def output(self, scenario):
        return (self.path("tempfail-report") / "cases" / scenario / "output.txt").read_text()

    def test_a_sender_that_retries_passes_on_port_25_side_by_side(self):
        names = ["healthy", "disk-full", "greylisted", "queue-stopped"]
        self.cases(*names, "-j", 4, "--time-scale", 7200, "--", sealed.PYTHON, self.sender, "retry")
        hosts = []
        for name in names:
            server = self.events(name, "server")[0]
            hosts.append(server["hosts"][0]["address"])
            self.assertEqual(server["hosts"][0]["port"], 25)
            for connect in self.events(name, "connect"):
                self.assertEqual((connect["client"], connect["server_port"]), ("203.0.113.2", 25))
        self.assertEqual(hosts, [f"192.0.2.{number}" for number in range(1, len(names) + 1)])

    def test_a_wrong_sender_fails(self):
        cases = self.cases("disk-full", "--", sealed.PYTHON, self.sender, "forgets", status=1)
        self.assertEqual(cases["disk-full"]["answer"], "fail")

    def test_scenarios_about_the_clients_address_mean_the_labs_sender(self):
        result = self.program.run("lab", "test", "--json", "blocklisted", "client-refused", "--", sealed.PYTHON,
                                  self.sender, "once")
        self.assertEqual({case["scenario"]: case["met"] for case in json.loads(result.stdout)["cases"]},
                         {"blocklisted": True, "client-refused": True}, result.stdout)

    def test_the_port_of_implicit_tls(self):
        result = self.program.run("test", "--lab", "healthy", "--tls", "--dry-run", "--", "true", "{host}:{port}")
        self.assertEqual(result.stdout, "healthy: true 192.0.2.1:465\n")

    def test_a_name_server_of_its_own_is_named(self):
        self.program.run("lab", "test", "healthy", "--", "cat", "/etc/resolv.conf")
        self.assertIn("nameserver 192.0.2.53\n", self.output("healthy"))

    def test_mail_comes_back_to_the_senders_own_server(self):
        script = ("import os, smtplib, socket; server = socket.create_server(('0.0.0.0', 25)); server.settimeout(60); "
                  "e = os.environ; client = smtplib.SMTP(e['TEMPFAIL_HOST'], 25); "
                  "client.sendmail(e['TEMPFAIL_SENDER'], e['TEMPFAIL_RECIPIENT'], open(e['TEMPFAIL_MESSAGE'], 'rb').read()); "
                  "back = server.accept()[0]; back.sendall(b'220 mail.sender.test\\r\\n'); print(back.recv(4))")
        self.program.run("lab", "test", "mail-loop", "--sender-server", "25", "--", sealed.PYTHON, "-c", script)
        self.assertEqual(self.output("mail-loop"), "b'EHLO'\n")

    def test_every_case_is_alone(self):
        """Cases side by side that all listen on the same port of the same address."""
        script = ("import os, socket, sys; s = socket.create_server(('0.0.0.0', 25)); "
                  "print(sorted(p for p in os.listdir('/proc') if p.isdigit()))")
        self.program.run("lab", "test", "healthy", "disk-full", "greylisted", "--keep-going", "-j", 3, "--", sealed.PYTHON, "-c", script)
        for name in ("healthy", "disk-full", "greylisted"):
            self.assertEqual(self.output(name), "['1', '2']\n")

    def test_what_a_case_leaves_behind_dies_with_it(self):
        self.program.run("lab", "test", "healthy", "disk-full", "--keep-going", "--", "sh", "-c",
                         f'exec {sealed.PYTHON} {self.program.inside} daemon "$TEMPFAIL_SCENARIO.lock"')
        for name in ("healthy", "disk-full"):
            self.assertIn("left", self.output(name))
            self.assertFalse(is_locked(self.path(name + ".lock")))

    def test_nothing_survives_an_end_by_force(self):
        for number in (signal.SIGKILL, signal.SIGINT):
            with self.subTest(number):
                lock = self.path(f"lock-{number}")
                process = self.program.start("lab", "test", "healthy", "--timeout", 0, "--", sealed.PYTHON,
                                             self.program.inside, "wait", lock)
                try:
                    wait_until(lambda: lock.exists() and is_locked(lock), "the daemon")
                    process.send_signal(number)
                    process.wait(sealed.DEADLINE)
                    wait_until(lambda: not is_locked(lock), "the daemon's end")
                finally:
                    if process.poll() is None:
                        process.kill()
                        process.wait()
                    process.stdout.close()

    def test_a_command_that_is_not_there(self):
        result = self.program.run("lab", "test", "healthy", "--", "./no-such-program")
        self.assertEqual((result.returncode, result.stderr.count("\n")), (2, 1), result.stderr)

    def test_lab_test_is_test_with_a_lab(self):
        self.assertEqual(self.program.run("lab", "test", "--help").stdout, self.program.run("test", "--help").stdout)
        self.assertEqual(self.program.run("help", "lab", "test").stdout, self.program.run("test", "--help").stdout)


class AsNobody(sealed.AsNobody, Cases):
    pass


if __name__ == "__main__":
    sealed.main()
