"""senders, and test --sender: where senders are found, what their manifests bring along, what is said of those that can't run."""
import json
import os
import pathlib
import unittest

import program
from program import run

MAILER = """\
summary: A little mailer
program: mailer
language: Python
role: one-shot
tls-policy: [none, required]
mx: never
without: [auth]
exit: {temporary: 9}
scaled-timeouts: yes
time-scale: 50
queue-lifetime: 2d
version: [echo, mailer 1.2]
command: [python3, "{sender_dir}/mailer.py", "{host}", "{port}", "{message}", "{queue_lifetime}"]
environment: {MAILER_HOME: "{sender_cache}/home"}
options:
  helo: {meaning: its name, adds: [--helo, "{value}"]}
  "*": {meaning: any other, adds: ["--{name}={value}"]}
"""
# Says what it was told, sends, and exits with 9 for a refusal.
MAILER_PY = """\
import json, os, smtplib, sys
open(os.path.join(os.environ["TEMPFAIL_CASE_DIR"], "told.json"), "w").write(json.dumps(
    {"arguments": sys.argv[1:], "home": os.environ["MAILER_HOME"], "dir": os.environ["TEMPFAIL_SENDER_DIR"]}))
try:
    with smtplib.SMTP(sys.argv[1], int(sys.argv[2]), timeout=30) as smtp:
        smtp.sendmail("sender@sender.test", os.environ["TEMPFAIL_RECIPIENTS"].split(), open(sys.argv[3], "rb").read())
except smtplib.SMTPException:
    sys.exit(9)
"""


class Senders(program.Case):
    def setUp(self):
        super().setUp()
        self.senders = self.directory / "senders"
        self.put("mailer", MAILER, {"mailer.py": MAILER_PY})
        os.environ["TEMPFAIL_SENDERS"] = str(self.senders)
        os.environ["TEMPFAIL_SENDERS_CACHE"] = str(self.directory / "cache")

    def tearDown(self):
        del os.environ["TEMPFAIL_SENDERS"], os.environ["TEMPFAIL_SENDERS_CACHE"]
        super().tearDown()

    def put(self, name, manifest, files=None, where=None):
        folder = (where or self.senders) / name
        folder.mkdir(parents=True)
        (folder / "sender.yaml").write_text(manifest)
        for file, text in (files or {}).items():
            (folder / file).write_text(text)
        return folder

    def judged(self, *arguments, wanted=0):
        result = run("test", *arguments, "--report-dir", self.directory / "report")
        self.assertEqual(result.returncode, wanted, result.stdout + result.stderr)
        return json.loads((self.directory / "report/report.json").read_text())

    def told(self, scenario):
        return json.loads((self.directory / "report/cases" / scenario / "told.json").read_text())

    def run_event(self, scenario):
        line = (self.directory / "report/cases" / scenario / "journal.jsonl").read_text().splitlines()[0]
        return json.loads(line)

    def test_all_of_it_comes_with_the_name(self):
        report = self.judged("healthy", "disk-full-at-mail", "--sender", "mailer")
        self.assertEqual(report["sender"], {"name": "mailer", "version": "mailer 1.2"})
        self.assertEqual((report["time_scale"], report["role"]), (50, "one-shot"))
        told = self.told("healthy")
        self.assertEqual(told["arguments"][3], "2d")
        self.assertEqual(told["home"], str(self.directory / "cache/mailer/home"))
        self.assertEqual(told["dir"], str(self.senders / "mailer"))
        event = self.run_event("healthy")
        self.assertEqual((event["role"], event["without"], event["scaled_timeouts"]), ("one-shot", "auth mx", True))
        exits = [json.loads(line) for line in
                 (self.directory / "report/cases/disk-full-at-mail/journal.jsonl").read_text().splitlines()]
        self.assertEqual([event["meaning"] for event in exits if event["event"] == "process" and "meaning" in event], ["temporary"])
        self.assertIn("mailer 1.2", (self.directory / "report/index.html").read_text())

    def test_what_the_user_says_counts_more(self):
        report = self.judged("healthy", "--sender", "mailer", "--time-scale", 7000, "--role", "queueing", "--without", "dsn",
                           "--tls-policy", "required", "--starttls", "--queue-lifetime", "1h", wanted=1)
        self.assertEqual((report["time_scale"], report["role"], report["tls_policy"]), (7000, "queueing", "required"))
        self.assertEqual(self.told("healthy")["arguments"][3], "1h")
        self.assertEqual(self.run_event("healthy")["without"], "dsn")

    def test_settings(self):
        self.judged("healthy", "--sender", "mailer", "-o", "helo=a{b}c", "-o", "speed=fast=er")
        self.assertEqual(self.told("healthy")["arguments"][4:], ["--helo", "a{b}c", "--speed=fast=er"])

    def test_a_folder_is_a_sender(self):
        folder = self.put("mine", MAILER, {"mailer.py": MAILER_PY}, where=self.directory / "elsewhere")
        self.assertEqual(self.judged("healthy", "--sender", f"{folder}/")["sender"]["name"], "mine")
        self.assertIn("no sender.yaml", self.fails(2, "test", "--sender", self.directory / "elsewhere"))

    def test_a_queueing_sender_is_watched(self):
        self.put("queue", MAILER.replace("one-shot", "queueing"), {"mailer.py": MAILER_PY})
        self.judged("healthy", "--sender", "queue", "--settle-time", "0s")
        events = [json.loads(line) for line in (self.directory / "report/cases/healthy/journal.jsonl").read_text().splitlines()]
        self.assertTrue(any(event.get("queue") for event in events if event["event"] == "process"))
        self.put("stays", MAILER.replace("role: one-shot", "role: queueing\nstays: yes"), {"mailer.py": MAILER_PY})
        self.judged("healthy", "--sender", "stays")
        events = [json.loads(line) for line in (self.directory / "report/cases/healthy/journal.jsonl").read_text().splitlines()]
        self.assertFalse(any(event.get("queue") for event in events if event["event"] == "process"))

    def test_an_empty_queue_ends_the_case(self):
        """A day goes by in a day here, so nothing else could end it: a second copy would be waited for, for two hours."""
        manifest = MAILER.replace("role: one-shot", "role: queueing\nends-when-empty: yes").replace("time-scale: 50\n", "")
        later = "import os, sys\nif os.fork():\n    sys.exit(0)\n" + MAILER_PY
        self.put("empties", manifest, {"mailer.py": later})
        self.judged("healthy", "--sender", "empties")
        events = [json.loads(line) for line in (self.directory / "report/cases/healthy/journal.jsonl").read_text().splitlines()]
        kinds = [event["event"] for event in events]
        self.assertLess(kinds.index("accepted"), kinds.index("queue-empty"))

    def test_a_queue_that_lost_a_message_is_told_so_when_it_is_empty(self):
        manifest = MAILER.replace("role: one-shot", "role: queueing\nends-when-empty: yes").replace("time-scale: 50\n", "")
        self.put("loses", manifest, {"mailer.py": "import os, sys\nif os.fork():\n    sys.exit(0)\n" + MAILER_PY})
        report = self.judged("greylisted", "--sender", "loses", wanted=1)
        retry = next(finding for finding in report["cases"][0]["findings"] if finding["rule"] == "retry")
        self.assertIn("the sender's queue was empty", retry["actual"])

    def test_one_that_writes_its_messages_is_not_asked_for_a_large_one(self):
        folder = self.put("writes", MAILER.replace(', "{message}"', ', "{case_dir}"'), {"mailer.py": MAILER_PY})
        result = run("test", "message-too-large", "disk-full", "--sender", folder, "--dry-run")
        self.assertIn("left out, because " + str(folder) + " composes its own messages: message-too-large\n", result.stderr)
        self.assertIn("disk-full: python3", result.stdout)

    def test_what_is_missing_is_no_failure(self):
        need = "needs: [{program: no-such-mailer, get: apt-get install no-such-mailer}]\n"
        self.put("missing", MAILER + need, {"mailer.py": MAILER_PY})
        self.assertEqual(self.fails(3, "test", "healthy", "--sender", "missing"),
                         "tempfail test: --sender missing: no-such-mailer is missing; to install it: apt-get install no-such-mailer\n")
        self.put("unseen", MAILER + "needs: [{what: its library, see: ['false']}]\nset-up: [[make, it], [make, more]]\n")
        self.assertIn("its library is missing; to install it: make it && make more", self.fails(3, "test", "--sender", "unseen"))
        self.put("seen", MAILER + "needs: [{what: its library, see: ['true']}, {program: sh}]\n", {"mailer.py": MAILER_PY})
        self.judged("healthy", "--sender", "seen")

    def test_wrong_usage(self):
        for arguments, told in ((["--sender", "mailr"], "--sender mailr is not known; did you mean mailer?"),
                                (["--sender", "mailer", "--", "true"], "--sender and a command after -- can't be combined"),
                                (["-o", "a=b", "--", "true"], "it needs --sender"),
                                (["--sender", "mailer", "-o", "helo"], "-o helo: allowed: KEY=VALUE"),
                                (["--sender", "mailer", "--tls-policy", "verified"],
                                 "--tls-policy verified: mailer can't be set that way; allowed: none, required")):
            with self.subTest(" ".join(arguments)):
                self.assertIn(told, self.fails(2, "test", "healthy", *arguments))
        self.put("plain", MAILER.split("options:")[0], {"mailer.py": MAILER_PY})
        self.assertIn("plain has no such option; allowed: none", self.fails(2, "test", "--sender", "plain", "-o", "a=b"))

    def test_mistakes_have_a_place(self):
        folder = self.put("wrong", MAILER.replace("one-shot", "oneshot"))
        self.assertIn(f"{folder}/sender.yaml:4:7: `oneshot` is not a valid role; did you mean `one-shot`?; allowed: queueing, one-shot",
                      self.fails(2, "test", "--sender", "wrong"))

    def test_the_list(self):
        self.put("absent", MAILER + "needs: [{program: no-such-mailer, get: make mailer}]\n")
        text = self.ok("senders")
        self.assertRegex(text, r"(?m)^mailer +one-shot +Python +ready$")
        self.assertRegex(text, r"(?m)^absent +one-shot +Python +missing: no-such-mailer$")
        self.assertIn("no-such-mailer; to install it: make mailer", self.ok("senders", "absent"))
        known = {sender["name"]: sender for sender in json.loads(self.ok("senders", "--json", "mailer", "absent"))}
        self.assertEqual(known["mailer"]["version"], "mailer 1.2")
        self.assertEqual(known["mailer"]["missing"], [])
        self.assertEqual(known["absent"]["missing"], [{"what": "no-such-mailer", "get": "make mailer"}])
        self.assertEqual(known["absent"]["version"], None)

    def test_the_programs_own_senders_are_sound(self):
        """Every manifest of the source tree can be read, and names files that are there."""
        names = {folder.parent.name for folder in
                 (pathlib.Path(__file__).resolve().parents[2] / "senders").glob("*/sender.yaml")}
        known = {sender["name"]: sender for sender in json.loads(self.ok("senders", "--json"))}
        self.assertGreater(len(names), 5)
        self.assertLessEqual(names, set(known))
        for name in names:
            dry = self.ok("test", "healthy", "--sender", name, "--dry-run", "--json")
            for word in json.loads(dry)[0]["command"]:
                if word.startswith(known[name]["folder"]):
                    self.assertTrue(pathlib.Path(word).exists(), word)


if __name__ == "__main__":
    unittest.main()
