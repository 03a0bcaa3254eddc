"""TLS on the command line: what a sender is told, implicit ports, the common port."""
import json
import pathlib
import sys
import unittest

import program
from program import Server, run, wait_until
from rawclient import CLOSE_NOTIFY, TRUNCATED, Connection

SUPPORT = str(pathlib.Path(__file__).resolve().parents[1] / "support")
REPORTS_WHAT_IT_IS_TOLD = [sys.executable, "-c", "import os, sys; print(sys.argv[1:], os.environ['TEMPFAIL_TLS'], "
                           "os.environ['TEMPFAIL_TLS_MODE'])", "{tls}", "{tls_mode}", "{ca}"]


class Told(program.Case):
    def told_in(self, *arguments):
        """What the sender's command was told in a case, and what is left of standard error."""
        where = self.directory / "report"
        done = run("test", *arguments, "--keep-going", "--report-dir", where, "--", *REPORTS_WHAT_IT_IS_TOLD)
        report = json.loads((where / "report.json").read_text())
        told = {}
        for case in report["cases"]:
            told[case["scenario"]] = (where / case["output"]).read_text()
        events = [json.loads(line) for line in (where / report["cases"][0]["journal"]).read_text().splitlines()]
        self.assertEqual(report["tls_policy"], events[0].get("tls_policy", "opportunistic"))
        return told, events[0], done.stderr

    def test_policy_and_mode_reach_the_command_and_the_journal(self):
        told, first, _ = self.told_in("healthy", "certificate-expired", "--tls-policy", "verified")
        self.assertIn("['verified', 'none', '']", told["healthy"])
        self.assertIn("'verified', 'starttls', '", told["certificate-expired"])
        self.assertIn("tls/ca.pem", told["certificate-expired"])
        self.assertIn("] verified starttls", told["certificate-expired"])
        self.assertEqual(first["tls_policy"], "verified")

    def test_opportunistic_where_nothing_is_said(self):
        told, first, _ = self.told_in("certificate-expired")
        self.assertIn("'opportunistic', 'starttls'", told["certificate-expired"])
        self.assertNotIn("tls_policy", first)

    def test_implicit_ports_leave_out_what_is_about_starttls(self):
        told, first, said = self.told_in("certificate-expired", "starttls-refused", "healthy", "--tls")
        self.assertEqual(set(told), {"certificate-expired", "healthy"})
        self.assertIn("left out, because with --tls there is no STARTTLS: starttls-refused", said)
        # There is no clear text to fall back to.
        self.assertIn("'required', 'implicit'", told["certificate-expired"])
        self.assertIn("'required', 'implicit'", told["healthy"])
        self.assertEqual(first["tls_policy"], "required")

    def test_nothing_left(self):
        said = self.fails(2, "test", "starttls-refused", "--tls", "--", "true")
        self.assertIn("no scenario is left: with --tls", said)

    def test_unknown_policy(self):
        self.assertIn("opportunistic", self.fails(2, "test", "healthy", "--tls-policy", "perhaps", "--", "true"))


class Judged(program.Case):
    def test_again_by_another_policy(self):
        where = self.directory / "report"
        run("test", "starttls-not-offered", "--report-dir", where, "--", *program.SENDER, "retry")
        journal = where / "cases" / "starttls-not-offered" / "journal.jsonl"
        self.assertEqual(run("judge", journal).returncode, 0)
        strict = run("judge", journal, "--tls-policy", "required")
        self.assertEqual(strict.returncode, 1, strict.stdout)
        self.assertIn("in clear text: ", strict.stdout)


class CommonPort(program.Case):
    def reply(self, client):
        text = line = client.read_line().decode()
        while line[3:4] == "-":
            line = client.read_line().decode()
            text += line
        return text

    def say(self, client, line):
        client.send_line(line)
        return self.reply(client)

    def test_offers_starttls_where_one_does_and_shows_what_happens_inside(self):
        with Server(self.directory, "--port", "0", "healthy", "tls-closed-after-mail", "certificate-expired",
                    "--shared-port", "0") as server:
            wait_until(lambda: "ready: 3" in server.output(), "ready line")
            self.assertRegex(server.output(), r"certificate-expired +\(own port only\) ")
            self.assertNotRegex(server.output(), r"tls-closed-after-mail +\(own port only\) ")
            client = Connection("127.0.0.1", server.ready["common"]["port"])
            self.reply(client)
            self.assertIn("STARTTLS", self.say(client, "EHLO client.test"))
            self.assertIn("220", self.say(client, "STARTTLS"))
            client.start_tls()
            self.assertNotIn("STARTTLS", self.say(client, "EHLO client.test"))
            self.assertIn("250", self.say(client, "MAIL FROM:<a@a.test>"))
            client.send_line("RCPT TO:<b@tls-closed-after-mail.test>")
            self.assertEqual(client.read_end(), (b"", CLOSE_NOTIFY), "as after MAIL on its own port")
            client.close()
            self.assertEqual(server.stop(), 0)

    def test_is_plain_where_none_does(self):
        with Server(self.directory, "--port", "0", "healthy", "--shared-port", "0") as server:
            client = Connection("127.0.0.1", server.ready["common"]["port"])
            self.reply(client)
            self.assertNotIn("STARTTLS", self.say(client, "EHLO client.test"))
            client.close()

    def test_list_knows_what_has_only_its_own(self):
        own = self.ok("list", "--own-port", "--names").split()
        self.assertIn("certificate-expired", own)
        self.assertIn("handshake-reset", own)
        self.assertNotIn("disk-full", own)
        self.assertNotIn("tls-reset-in-content", own)
        listed = {each["name"]: each["own_port"] for each in json.loads(self.ok("list", "--json"))}
        self.assertEqual(sorted(name for name, own_port in listed.items() if own_port), sorted(own))


class Implicit(program.Case):
    def test_whole_catalogue_is_served_with_tls_from_the_first_byte(self):
        with Server(self.directory, "--port", "0", "certificate-expired", "disk-full", "starttls-refused", "--tls") as server:
            self.assertEqual({each["scenario"]: each["tls"] for each in server.ready["endpoints"]},
                             {"certificate-expired": True, "disk-full": True})
            self.assertIn("left out", server.output())

    def end_of(self, *options):
        """How a connection ends that is closed instead of answering EHLO."""
        with Server(self.directory, "--port", "0", "closed-after-ehlo", *options) as server:
            client = Connection("127.0.0.1", server.ready["endpoints"][0]["port"])
            client.start_tls()
            client.read_line()
            client.send_line("EHLO client.test")
            rest, how = client.read_end()
            client.close()
            self.assertEqual((rest, server.stop()), (b"", 0))
            return how

    def test_an_end_with_close_notify_and_without(self):
        self.assertEqual(self.end_of("--tls"), CLOSE_NOTIFY)
        self.assertEqual(self.end_of("--tls", "--no-close-notify"), TRUNCATED)

    def test_the_sender_under_test_meets_it_too(self):
        sender = [sys.executable, "-c", "import sys; sys.path.insert(0, sys.argv[2])\n"
                  "from rawclient import Connection\nclient = Connection('127.0.0.1', int(sys.argv[1]))\n"
                  "client.start_tls()\nclient.read_line()\nclient.send_line('EHLO client.test')\n"
                  "print(client.read_end()[1])", "{port}", SUPPORT]
        where = self.directory / "report"
        for options, how in ((["--tls"], CLOSE_NOTIFY), (["--tls", "--no-close-notify"], TRUNCATED)):
            run("test", "closed-after-ehlo", *options, "--report-dir", where, "--", *sender)
            said = (where / "cases" / "closed-after-ehlo" / "output.txt").read_text()
            self.assertEqual(said.strip(), how)


if __name__ == "__main__":
    unittest.main()
