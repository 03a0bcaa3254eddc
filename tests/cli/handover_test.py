"""test: what a sender is handed over, what it says of it, and what the journal says of both."""
import json
import pathlib
import signal
import subprocess
import sys

import program
from program import SENDER, TEMPFAIL, run, wait_until

ACCEPTS = """summary: Takes everything
server: {}
sender:
  must: [{delivered: once}]
test: {recipients: 2}
"""
THREE = """summary: Takes three messages of one process
server: {}
sender:
  must: [{delivered: once}]
test: {messages: 3, runs: 2}
"""
# Sends all it is given in one session, and writes down what became of it.
LOOP = """
import json, os, smtplib
tasks = json.load(open(os.environ["TEMPFAIL_HANDOVERS"]))
with smtplib.SMTP(tasks[0]["host"], tasks[0]["port"]) as client:
    for task in tasks:
        client.sendmail(task["sender"], task["recipients"], open(task["message"], "rb").read())
        with open(task["result"], "a") as results:
            for recipient in task["recipients"]:
                print(json.dumps({"handover": task["id"], "recipient": recipient, "result": "delivered",
                                  "code": 250}), file=results)
"""


class Handover(program.Case):
    def setUp(self):
        super().setUp()
        self.where = self.scenario_files(accepts=ACCEPTS, three=THREE)
        self.reports = self.directory / "report"

    def run_test(self, *arguments, **options):
        return run("test", "--scenarios", self.where, "--report-dir", self.reports, *arguments, **options)

    def journal(self, scenario, event=None):
        text = (self.reports / "cases" / scenario / "journal.jsonl").read_text()
        events = [json.loads(line) for line in text.splitlines()]
        self.assertEqual([one["seq"] for one in events], list(range(1, len(events) + 1)))
        return [one for one in events if event in (None, one["event"])]

    def test_one_message_is_handed_over_before_the_command_starts(self):
        result = self.run_test("accepts", "--", *SENDER, "once", "{message}")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        kinds = [one["event"] for one in self.journal("accepts")]
        self.assertEqual(kinds[:4], ["run", "server", "handover", "process"])
        self.assertEqual(kinds[-1], "end")
        handover, = self.journal("accepts", "handover")
        content, = self.journal("accepts", "content")
        self.assertEqual((handover["handover"], handover["sender"], handover["content"]),
                         ("1", "sender@sender.test", "given"))
        self.assertEqual(handover["recipients"], [f"recipient-{i}@accepts.test" for i in (1, 2)])
        for key in ("hash", "size", "message_id", "marks"):
            self.assertEqual(handover[key], content[key])
        self.assertEqual(content["marks"], "1-begin 1-dot 1-end 1-attachment")
        begun, ended = self.journal("accepts", "process")
        self.assertEqual((begun["handover"], ended["handover"]), ("1", "1"))
        self.assertGreater(ended.get("user_us", 0) + ended.get("system_us", 0), 0)  # none: absent
        self.assertNotIn("ended", ended)

    def test_command_that_is_not_told_where_its_message_is(self):
        self.run_test("accepts", "--", *SENDER, "once")
        handover, = self.journal("accepts", "handover")
        self.assertNotIn("content", handover)

    def test_one_process_sends_several_messages_and_says_what_became_of_them(self):
        result = self.run_test("three", "--", sys.executable, "-c", LOOP)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual([one["handover"] for one in self.journal("three", "handover")], list("123456"))
        self.assertEqual({one["handover"] for one in self.journal("three", "process")}, {"1 2 3", "4 5 6"})
        self.assertEqual(sorted((one["handover"], one["result"], one["code"]) for one in self.journal("three", "result")),
                         [(number, "delivered", 250) for number in "123456"])
        self.assertEqual({one["marks"].split()[0] for one in self.journal("three", "content")},
                         {f"{number}-begin" for number in "123456"})

    def test_line_of_a_result_file_that_is_wrong_is_an_error(self):
        script = 'echo \'{"result":"temporary","status":"4.3.1"}\' > "$TEMPFAIL_RESULT"; echo sent >> {result}'
        done = self.run_test("accepts", "--keep-going", "--", "sh", "-c", script)
        result, wrong = self.journal("accepts", "result")
        self.assertEqual((result["handover"], result["result"], result["status"]), ("1", "temporary", "4.3.1"))
        self.assertEqual(wrong["problem"], "the result file result.jsonl: line 2: the line is not a JSON object: sent")
        self.assertEqual(done.returncode, 3, done.stdout)
        self.assertIn(wrong["problem"], done.stdout)

    def test_result_file_that_is_a_pipe_does_not_hold_tempfail(self):
        done = self.run_test("accepts", "--keep-going", "--", "sh", "-c", "rm -f {result}; mkfifo {result}")
        self.assertEqual(done.returncode, 3, done.stdout)
        self.assertIn("the result file result.jsonl: it is not a regular file", done.stdout)

    def test_handover_file_and_message_with_lf(self):
        copy = "import shutil, sys; [shutil.copy(name, name + '.seen') for name in sys.argv[1:]]"
        self.run_test("accepts", "--role", "one-shot", "--time-scale", "60", "--auth", "--", sys.executable, "-c", copy,
                      "{handover}", "{message}", "{message_lf}")
        folder = self.reports / "cases/accepts"
        task = json.loads((folder / "handover.json.seen").read_text())
        self.assertEqual((task["role"], task["time_scale"], task["user"], task["tls_mode"]),
                         ("one-shot", 60, "user", "none"))
        message = (folder / "message.eml.seen").read_bytes()
        self.assertEqual(pathlib.Path(task["message"]).read_bytes(), message)
        self.assertEqual(pathlib.Path(task["message_lf"]).read_bytes(), message.replace(b"\r\n", b"\n"))

    def test_declarations_are_in_the_journal(self):
        self.run_test("accepts", "--role", "queueing", "--without", "mx,dsn,mx", "--tls-policy", "none",
                      "--scaled-timeouts", "--queue-lifetime", "5d", "--sender-server", "2525", "--", *SENDER, "once")
        declared, = self.journal("accepts", "run")
        self.assertEqual(declared["format"], 2)
        self.assertEqual((declared["role"], declared["without"], declared["tls_policy"]),
                         ("queueing", "dsn mx", "none"))
        self.assertEqual((declared["scaled_timeouts"], declared["notifications_come"]), (True, True))
        self.assertEqual(declared["queue_lifetime_us"], 5 * 86400 * 10**6)
        self.run_test("accepts", "--", *SENDER, "once")
        undeclared, = self.journal("accepts", "run")
        for key in ("role", "without", "tls_policy", "scaled_timeouts", "queue_lifetime_us", "notifications_come"):
            self.assertNotIn(key, undeclared)

    def test_declaration_that_is_wrong(self):
        command = ("test", "accepts", "--scenarios", self.where, "--", "true")
        for option, value, allowed in (("--role", "both", "queueing, one-shot"),
                                       ("--without", "dsn,tls", "8bitmime, auth, dsn, mx, smtputf8"),
                                       ("--tls-policy", "never", "none, opportunistic, required, verified"),
                                       ("--queue-lifetime", "soon", "36h, 5d")):
            self.assertIn(allowed, self.fails(2, command[0], option, value, *command[1:]))
        self.assertIn("can't be combined", self.fails(2, command[0], "--tls", "--tls-policy", "none", *command[1:]))

    def test_auth_is_offered_in_every_scenario_on_demand(self):
        script = ("import os, smtplib; c = smtplib.SMTP(os.environ['TEMPFAIL_HOST'], int(os.environ['TEMPFAIL_PORT'])); "
                  "c.login(os.environ['TEMPFAIL_USER'], os.environ['TEMPFAIL_PASSWORD']); c.quit()")
        self.run_test("accepts", "--auth", "--", sys.executable, "-c", script)
        self.assertEqual([one["code"] for one in self.journal("accepts", "exchange") if one["stage"] == "auth"], [235])

    def test_who_ended_the_process(self):
        self.run_test("accepts", "--timeout", "0.5", "--", "sleep", "1000")
        self.assertEqual(self.journal("accepts", "process")[1]["ended"], "timeout")
        self.run_test("accepts", "--time-scale", "1000000", "--watch-time", "1s", "--timeout", "0", "--", "sleep", "1000")
        self.assertEqual(self.journal("accepts", "process")[1]["ended"], "watch")
        with self.running("sleep", "1000") as test:
            test.send_signal(signal.SIGINT)
            self.assertEqual(test.wait(program.DEADLINE), 130)
        self.assertEqual(self.journal("accepts", "process")[1]["ended"], "interrupt")

    def running(self, *command):
        """`tempfail test`, whose command has begun."""
        file = self.reports / "cases/accepts/journal.jsonl"
        if file.exists():
            file.unlink()
        test = subprocess.Popen([TEMPFAIL, "test", "accepts", "--scenarios", self.where, "--report-dir", self.reports,
                                 "--", *command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)
        self.addCleanup(test.kill)
        wait_until(lambda: file.exists() and '"event":"process"' in file.read_text(), "the command's begin")
        return test

    def test_journal_is_there_after_the_program_was_killed(self):
        ready = self.directory / "ready"
        script = (LOOP + f"\nimport pathlib, time\npathlib.Path({str(ready)!r}).write_text(str(os.getpid()))\n"
                  "import signal\nsignal.pause()\n")
        with self.running(sys.executable, "-c", script) as test:
            wait_until(lambda: ready.exists() and ready.read_text(), "the message sent")
            test.kill()
            test.wait()
        try:
            self.assertEqual(len(self.journal("accepts", "accepted")), 1)
            self.assertEqual(len(self.journal("accepts", "handover")), 1)
        finally:
            subprocess.run(["kill", "-9", ready.read_text()], check=False)


program.main()
