"""test: cases from start to verdict, reports, time-outs, interrupts."""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import unittest
import xml.etree.ElementTree

import program
from program import SENDER, TEMPFAIL, is_running, run, wait_until

TWICE = """summary: Refuses twice, then takes it
status: [4.3.1]
server:
  rules:
    - on: mail
      times: 2
      reply: 452 4.3.1 Not now
sender:
  must: [retry, {delivered: once}]
"""
NEVER = """summary: Refuses for good
status: [5.1.1]
server:
  rules:
    - on: rcpt
      reply: 550 5.1.1 No such user
sender:
  must: [no-retry, {delivered: never}]
"""
PUT_OFF = """summary: Puts everybody off for ever
status: [4.2.0]
server:
  rules:
    - on: rcpt
      reply: 450 4.2.0 Later
sender:
  must: [retry, {delivered: never}]
test: {watch: 1d}
"""
SEVERAL = """summary: Takes everything, three runs of two recipients
server: {}
sender:
  must: [{delivered: once}]
test: {runs: 3, recipients: 2, message: {size: 20KB, charset: utf-8, received-fields: 4}}
"""
AUTH = """summary: Lets nobody in but one
server:
  auth: {users: {joe: s3cret}, required: yes}
sender:
  must: [{delivered: once}]
"""
DOWN = """summary: Nobody listens, at first or for ever
server:
  listen: {answer: refused%s}
sender:
  must: [retry, {delivered: once}]
"""
SCALE = ["--time-scale", "36000"]


class Test(program.Case):
    def setUp(self):
        super().setUp()
        self.where = self.scenario_files(twice=TWICE, never=NEVER, several=SEVERAL, put_off=PUT_OFF)
        self.reports = self.directory / "report"

    def run_test(self, *arguments, **options):
        """`tempfail test` with our scenarios and report directory; arguments as given."""
        return run("test", "--scenarios", self.where, "--report-dir", self.reports, *arguments, **options)

    def verdicts(self):
        report = json.loads((self.reports / "report.json").read_text())
        return {case["scenario"]: case["answer"] in ("ok", "ok-but") for case in report["cases"]}

    def answers(self):
        """The answer and why, for each scenario."""
        report = json.loads((self.reports / "report.json").read_text())
        return {case["scenario"]: (case["answer"], case["why"]) for case in report["cases"]}

    def case(self, name):
        return self.reports / "cases" / name

    def test_good_sender_passes_and_leaves_the_evidence(self):
        result = self.run_test("twice", "never", *SCALE, "--", *SENDER, "retry")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual(self.verdicts(), {"twice": True, "never": True})
        self.assertIn("Report: ", result.stdout)
        self.assertNotIn("\x1b", result.stdout)
        for name in ("index.html", "report.json", "junit.xml"):
            self.assertTrue((self.reports / name).stat().st_size > 0, name)
        output = (self.case("twice") / "output.txt").read_text()
        self.assertEqual(output.count("failed:"), 2, output)
        self.assertIn("sent", output)
        events = [json.loads(line) for line in (self.case("twice") / "journal.jsonl").read_text().splitlines()]
        self.assertEqual([events[0]["event"], events[-1]["event"]], ["run", "end"])
        self.assertEqual(sum(event["event"] == "connect" for event in events), 3)

    def test_judge_of_what_is_no_journal(self):
        script = self.directory / "mailer.py"
        script.write_text("import smtplib\n" * 200)
        line = self.fails(2, "judge", script)
        self.assertEqual(line, f"tempfail judge: {script}: not a journal: line 1 is not a JSON object\n")
        script.write_text('{"name": "mailer"}\n')
        self.assertIn("not a journal: line 1 has a wrong `event`", self.fails(2, "judge", script))

    def test_judge_of_a_torn_journal(self):
        self.run_test("never", *SCALE, "--", *SENDER, "once")
        journal = self.case("never") / "journal.jsonl"
        text = journal.read_text()
        for torn, said in ((text + '{"time_us":12', f"line {len(text.splitlines()) + 1} was cut short\n"),
                           ("torn\nby an earlier run\n" + text, "line 1 is not a JSON object (and 1 more)\n")):
            journal.write_text(torn)
            result = run("judge", "--scenarios", self.where, journal)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(result.stderr, f"tempfail judge: {journal}: {said}")

    def test_judge_needs_no_scenario_file_and_says_when_it_gets_another(self):
        self.run_test("twice", *SCALE, "--", *SENDER, "retry")
        journal = self.case("twice") / "journal.jsonl"
        alone = run("judge", "--json", journal)
        self.assertEqual((alone.returncode, alone.stderr), (0, ""))
        self.assertEqual(json.loads(alone.stdout)["cases"][0]["answer"], "ok")
        for text, said in (("# a comment\n" + TWICE, ""),
                           (TWICE.replace("times: 2", "times: 3"),
                            "tempfail judge: twice in the catalogue differs from the scenario in the journal. The one in "
                            "the journal is used; --scenario twice uses the one in the catalogue\n")):
            result = run("judge", "--scenarios", self.scenario_files(twice=text), journal)
            self.assertEqual((result.returncode, result.stderr), (0, said))

    def test_judge_says_the_same_of_the_saved_journal(self):
        self.run_test("twice", *SCALE, "--", *SENDER, "retry")
        journal = self.case("twice") / "journal.jsonl"
        self.ok("judge", "--scenarios", self.where, journal)
        self.run_test("twice", *SCALE, "--", *SENDER, "forgets")
        again = run("judge", "--scenarios", self.where, "--json", "--junit", self.directory / "again.xml", journal)
        self.assertEqual(again.returncode, 1, again.stderr)
        self.assertEqual(json.loads(again.stdout)["cases"][0]["answer"], "fail")
        xml.etree.ElementTree.parse(self.directory / "again.xml")

    def test_giving_up_fails_and_hints_at_queue_where_the_command_claims_success(self):
        result = self.run_test("twice", *SCALE, "--", *SENDER, "claim")
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        self.assertEqual(self.verdicts(), {"twice": False})
        self.assertIn("--queue", result.stdout)
        self.assertNotIn("--queue", self.run_test("never", *SCALE, "--", *SENDER, "claim").stdout)
        self.assertEqual(self.verdicts(), {"never": False}, "nobody was told")
        result = self.run_test("twice", *SCALE, "--", *SENDER, "once")
        self.assertEqual(self.verdicts(), {"twice": True}, "its caller was told")
        self.assertNotIn("--queue", result.stdout, "a command that says it failed has no queue")

    def test_what_the_scenario_needs_and_the_sender_leaves_out(self):
        own = ("import sys, smtplib; c = smtplib.SMTP('{host}', {port}); "
               "c.sendmail('{sender}', '{recipient}', 'Subject: my own\\n\\nhello'); c.quit()")
        result = self.run_test("mailbox-full-one-of-three", "message-too-large", *SCALE, "--", sys.executable, "-c", own)
        self.assertEqual(result.returncode, 1, result.stderr)
        answers = self.answers()
        self.assertEqual({answer for answer, _ in answers.values()}, {"fail"})
        self.assertIn("was never tried (in the command, use {recipients} instead of {recipient})",
                      answers["mailbox-full-one-of-three"][1])
        self.assertNotIn("--queue", result.stdout)
        # Nothing is refused on this port, so there is no retry that a queue could have made.
        self.scenario_files(quiet=TWICE.replace("on: mail", "on: mail\n      when: {sender: other@sender.test}"))
        result = self.run_test("quiet", *SCALE, "--", *SENDER, "once")
        self.assertEqual(self.answers()["quiet"][0], "not-met")
        self.assertNotIn("--queue", result.stdout)

    def test_command_without_end_is_ended_with_the_watch(self):
        for options, seconds in (([], 10), (["--watch-time", "150h"], 15)):
            began = time.monotonic()
            result = self.run_test("put-off", *options, *SCALE, "--", *SENDER, "forever")
            self.assertGreaterEqual(time.monotonic() - began, seconds)
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
            events = [json.loads(line) for line in (self.case("put-off") / "journal.jsonl").read_text().splitlines()]
            ended = [event for event in events if event["event"] == "process"][-1]
            self.assertEqual(ended["ended"], "watch", ended)
            self.assertEqual(ended["exit_code"], 128 + signal.SIGTERM)
            self.assertGreaterEqual(ended["time_us"], seconds * 36_000 * 1_000_000)

    def test_command_that_shall_deliver_has_a_day(self):
        began = time.monotonic()
        self.run_test("twice", "--time-scale", "7200", "--", *SENDER, "hang")
        self.assertGreaterEqual(time.monotonic() - began, 12)
        self.assertEqual(self.verdicts(), {"twice": False})

    def test_output_without_end_is_cut(self):
        self.run_test("never", "--timeout", "2", "--", "sh", "-c", "echo begin; exec yes")
        output = (self.case("never") / "output.txt").read_bytes()
        self.assertLess(len(output), 1_200_000)
        self.assertTrue(output.startswith(b"begin\n"))
        self.assertIn(b"bytes are left out here", output)

    def test_nothing_observed_is_a_failure_that_says_so(self):
        result = self.run_test("twice", "never", "--", "sh", "-c", "echo one; echo no such server; exit 3")
        self.assertEqual(result.returncode, 1)
        self.assertEqual(self.verdicts(), {"twice": False, "never": False})
        for answer, why in self.answers().values():
            self.assertEqual(answer, "fail")
            self.assertIn("no connection arrived; the command exited with status 3", why)
            self.assertIn("last output: no such server", why)
        for case in json.loads((self.reports / "report.json").read_text())["cases"]:
            self.assertEqual((self.reports / case["output"]).read_text(), "one\nno such server\n")
        self.assertRegex(result.stdout, r"(?m)^ *FAIL +own/twice ")

    def test_exit_status_of_the_command_that_means_more(self):
        for status, answer, code in ((0, "fail", 1), (75, "fail", 1), (126, "error", 3), (127, "error", 3),
                                     (89, "not-applicable", 4)):
            result = self.run_test("twice", "never", "--", "sh", "-c", f"exit {status}")
            self.assertEqual(result.returncode, code, result.stdout + result.stderr)
            self.assertEqual({answer for answer, _ in self.answers().values()}, {answer})
            again = run("judge", "--scenarios", self.where, "--json", self.case("twice") / "journal.jsonl",
                        "--scenario", "twice")
            self.assertEqual((again.returncode, json.loads(again.stdout)["cases"][0]["answer"]), (code, answer))
            if code == 4:
                self.assertIn("nothing was judged", result.stdout)
                self.assertIn("the sender does not support this (exit status 89)", result.stdout)
        # What is declared in one case takes nothing from another.
        script = 'if [ "$TEMPFAIL_SCENARIO" = twice ]; then exit 89; fi; exec "$@"'
        result = self.run_test("twice", "never", "--", "sh", "-c", script, "sh", *SENDER, "once")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertRegex(result.stdout, r"(?m)^ *not applicable +own/twice ")
        self.assertIn("2 cases: 1 ok, 1 not applicable", result.stdout)

    def test_case_that_can_not_be_run_is_an_error_of_that_case(self):
        result = self.run_test("twice", "never", "--bind", "192.0.2.1", "--", *SENDER, "once")
        self.assertEqual(result.returncode, 3, result.stdout + result.stderr)
        for name, (answer, why) in self.answers().items():
            self.assertEqual(answer, "error")
            self.assertIn(f"no server for {name}: ", why)
        self.assertRegex(result.stdout, r"(?m)^ *error +own/twice ")
        self.assertIn("2 cases: 2 error", result.stdout)

    def test_nothing_was_judged(self):
        self.assertEqual(self.run_test("healthy", "--", *SENDER, "once").returncode, 0)
        script = 'if [ "$TEMPFAIL_SCENARIO" = twice ]; then exit 89; fi; exec "$@"'
        result = self.run_test("healthy", "twice", "--", "sh", "-c", script, "sh", *SENDER, "once")
        self.assertEqual(result.returncode, 4, result.stdout + result.stderr)
        self.assertIn("nothing was judged", result.stdout)

    def test_environment_placeholders_and_message(self):
        script = ("import json, os, sys; json.dump({'argv': sys.argv[1:], 'env': {k: v for k, v in os.environ.items() "
                  "if k.startswith('TEMPFAIL_')}, 'stdin': sys.stdin.read()}, open(os.environ['TEMPFAIL_CASE_DIR'] + "
                  "'/seen-' + str(os.getpid()), 'w'))")
        self.run_test("several", "--", sys.executable, "-c", script, "{host}:{port}", "{recipients}", "{{x}", "{message}")
        seen = [json.loads(file.read_text()) for file in self.case("several").glob("seen-*")]
        self.assertEqual(len(seen), 3)
        messages = set()
        for one in seen:
            environment = one["env"]
            recipients = environment["TEMPFAIL_RECIPIENTS"].split()
            self.assertEqual(len(recipients), 2)
            self.assertEqual(environment["TEMPFAIL_RECIPIENT"], recipients[0])
            self.assertEqual(environment["TEMPFAIL_SCENARIO"], "several")
            self.assertEqual(one["argv"], [environment["TEMPFAIL_HOST"] + ":" + environment["TEMPFAIL_PORT"],
                                           ",".join(recipients), "{x}", environment["TEMPFAIL_MESSAGE"]])
            self.assertEqual(one["stdin"], "")
            messages.add(environment["TEMPFAIL_MESSAGE"])
        self.assertEqual(len(messages), 3)
        ids = set()
        for name in messages:
            content = pathlib.Path(name).read_bytes()
            self.assertGreaterEqual(len(content), 20 * 1024)
            self.assertEqual(content.count(b"\r\nReceived: ") + content.startswith(b"Received: "), 4)
            self.assertIn(b"charset=utf-8", content)
            ids.add(re.search(rb"\r\nMessage-ID: (<.*>)\r\n", content).group(1))
        self.assertEqual(len(ids), 3)

    def test_credentials_where_the_scenario_announces_auth(self):
        self.scenario_files(auth=AUTH)
        for name, expected in (("auth", "joe:s3cret"), ("never", ":")):
            self.run_test(name, "--", "sh", "-c", "echo {user}:$TEMPFAIL_PASSWORD")
            self.assertEqual((self.case(name) / "output.txt").read_text().strip(), expected)

    def test_several_runs_side_by_side_pass(self):
        result = self.run_test("several", "--", *SENDER, "once")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_unknown_placeholder(self):
        line = self.fails(2, "test", "healthy", "--report-dir", self.reports, "--", "true", "{hots}")
        self.assertIn("unknown placeholder {hots}; did you mean {host}?", line)
        self.assertIn("{recipients}", line)
        self.assertFalse(self.reports.exists())

    def test_program_that_is_not_there(self):
        line = self.fails(2, "test", "healthy", "--report-dir", self.reports, "--", "no-such-program-here")
        self.assertIn("no-such-program-here: there is no such program", line)

    def test_program_that_is_not_executable(self):
        for name, told in (("mailer.py", ", or python3 {file})"), ("mailer", "chmod +x)")):
            file = self.directory / name
            file.write_text("#!/usr/bin/python3\n")
            line = self.fails(2, "test", "healthy", "--report-dir", self.reports, "--", file)
            self.assertIn(f"{file} is not executable (chmod +x", line)
            self.assertIn(told.format(file=file), line)

    def test_dry_run_runs_nothing(self):
        script = ["sh", "-c", "touch " + str(self.directory / "ran")]
        text = self.ok("test", "--scenarios", self.where, "several", "never", "--dry-run", "--report-dir", self.reports,
                       "--", *script, "{recipient}")
        self.assertEqual([line.split(":")[0] for line in text.splitlines()], ["several"] * 3 + ["never"])
        self.assertIn("recipient-1@never.test", text)
        self.assertFalse((self.directory / "ran").exists())
        self.assertFalse(self.reports.exists())

    def test_timeout_kills_the_whole_group(self):
        hang = 'trap "" TERM; sleep 100000 & echo $$ $! > {case_dir}/pids; wait; wait'
        result = self.run_test("twice", "--timeout", "2", "--", "sh", "-c", hang)
        self.assertEqual(result.returncode, 4, result.stdout + result.stderr)
        self.assertIn("no connection arrived before tempfail ended the command", result.stdout)
        leader, child = map(int, (self.case("twice") / "pids").read_text().split())
        self.assertFalse(is_running(leader))
        self.assertFalse(is_running(child))
        journal = (self.case("twice") / "journal.jsonl").read_text()
        ended = [e for e in map(json.loads, journal.splitlines()) if e["event"] == "process"][-1]
        self.assertEqual(ended["ended"], "timeout", ended)

    def test_what_is_left_behind_is_ended_with_the_case(self):
        self.run_test("never", "--", *SENDER, "leave")
        child = int((self.case("never") / "pids").read_text())
        self.assertFalse(is_running(child))

    def interrupt(self, number, *arguments):
        """Interrupts a test once one case has ended and another hangs; returncode, stderr."""
        script = self.directory / "sender.sh"
        script.write_text('#!/bin/sh\nif [ "$TEMPFAIL_SCENARIO" = never ]; then exec "$@" once; fi\nexec "$@" hang\n')
        script.chmod(0o755)
        process = subprocess.Popen([TEMPFAIL, "test", "--scenarios", str(self.where), "--report-dir", str(self.reports),
                                    "-v", "--jobs", "2", "--timeout", "0", "never", "twice", *arguments, "--",
                                    str(script), *SENDER], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        pids = self.case("twice") / "pids"
        wait_until(lambda: pids.exists() and (self.case("never") / "journal.jsonl").exists(), "the cases")
        self.assertIn("2 scenarios, 2 at a time", process.stderr.readline())
        self.assertIn("never", process.stderr.readline())
        process.send_signal(number)
        _, errors = process.communicate(timeout=program.DEADLINE)
        for pid in map(int, pids.read_text().split()):
            self.assertFalse(is_running(pid))
        return process.returncode, errors

    def test_ctrl_c_kills_the_groups_and_keeps_what_is_finished(self):
        code, errors = self.interrupt(signal.SIGINT)
        self.assertEqual(code, 130, errors)
        self.assertEqual(self.verdicts(), {"never": True})
        self.assertIn("interrupted, 1 of 2 cases had ended", errors)

    def test_sigterm_does_the_same(self):
        code, errors = self.interrupt(signal.SIGTERM)
        self.assertEqual(code, 143, errors)
        self.assertEqual(self.verdicts(), {"never": True})

    def test_queue_is_watched_until_settled(self):
        result = self.run_test("twice", "--queue", *SCALE, "--", *SENDER, "queue")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual(self.verdicts(), {"twice": True})

    def test_queue_is_watched_on_for_a_second_copy(self):
        result = self.run_test("twice", "--queue", "--settle-time", "40h", *SCALE, "--", *SENDER, "queue-twice")
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        self.assertIn("no-duplicate", result.stdout)
        result = self.run_test("twice", "--queue", "--watch-time", "40h", *SCALE, "--", *SENDER, "queue-twice")
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        result = self.run_test("twice", "--queue", "--settle-time", "0s", *SCALE, "--", *SENDER, "queue-twice")
        self.assertEqual(result.returncode, 0, "nobody looked")

    def test_watch_on_is_for_queues(self):
        result = self.run_test("twice", "--settle-time", "2h", "--", *SENDER, "once")
        self.assertEqual(result.returncode, 2)
        self.assertIn("--settle-time needs --queue", result.stderr)
        result = self.run_test("twice", "--queue", "--settle-time", "soon", "--", *SENDER, "once")
        self.assertIn("--settle-time soon is not a valid duration", result.stderr)

    def test_port_that_refuses(self):
        self.where = self.scenario_files(twice=TWICE, never=NEVER, down=DOWN % "", back=DOWN % ", during: 0s..5h")
        self.run_test("down", "back", *SCALE, "--", "false")
        answers = {name: answer for name, (answer, _) in self.answers().items()}
        # Its caller was told. Where the machine is quiet, the kernel tells as well that nobody was refused.
        self.assertLessEqual(set(answers.values()), {"ok", "not-met"}, answers)
        self.run_test("down", "back", *SCALE, "--", "true")
        self.assertEqual(self.verdicts(), {"down": False, "back": False})
        self.assertIn("the sender ended without a retry", (self.reports / "report.json").read_text())
        self.run_test("down", "back", *SCALE, "--queue", "--watch-time", "40h", "--", "true")
        cases = {case["scenario"]: case for case in json.loads((self.reports / "report.json").read_text())["cases"]}
        self.assertEqual(cases["down"]["answer"], "undecided")
        self.assertIn("no connection could be observed: connections were refused", cases["down"]["why"])
        self.assertEqual(cases["back"]["answer"], "fail")
        outcomes = {finding["rule"]: finding["outcome"] for finding in cases["back"]["findings"]}
        self.assertEqual(outcomes["retry"], "fail")
        self.run_test("back", *SCALE, "--", *SENDER, "retry")
        self.assertEqual(self.verdicts(), {"back": True})

    def test_queue_watch_comes_to_an_end(self):
        result = self.run_test("twice", "--queue", "--watch-time", "1m", *SCALE, "--", *SENDER, "nothing")
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)

    def expected(self, text):
        file = self.directory / "expected.txt"
        file.write_text(text)
        return ["--expected-failures", file]

    def test_expected_failures(self):
        known = self.expected("# known\ntwice  # retries nothing\n\n")
        result = self.run_test("twice", "never", *known, "--", *SENDER, "forgets")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        result = self.run_test("twice", "never", *self.expected("own/never\ntwice\n"), "--", *SENDER, "forgets")
        self.assertEqual(result.returncode, 1, "one passes although listed")
        self.assertRegex(result.stdout, r"(?m)^ *unexpected pass +own/never ")
        self.assertRegex(result.stdout, r"(?m)^ *expected failure +own/twice ")
        journal = self.case("never") / "journal.jsonl"
        judged = run("judge", "--scenarios", self.where, *self.expected("never\n"), journal)
        self.assertEqual(judged.returncode, 1, judged.stdout + judged.stderr)

    def test_expected_failure_of_a_rule(self):
        command = ["--", *SENDER, "forgets"]  # breaks retry, and delivered because of it
        for text, code in (("twice:retry\n", 0), ("twice:delivered\n", 1), ("twice undecided\n", 1)):
            result = self.run_test("twice", *self.expected(text), *command)
            self.assertEqual(result.returncode, code, text + result.stdout + result.stderr)
        self.assertRegex(result.stdout, r"(?m)^ *FAIL +own/twice ")

    def test_expected_answer_that_is_not_a_failure(self):
        slow = ["--timeout", "5", "never", "twice", "--", "sh", "-c",
                'if [ "$TEMPFAIL_SCENARIO" = twice ]; then exec sleep 1000; fi; exec "$@"', "sh", *SENDER, "once"]
        for text, code in (("twice undecided # too slow\n", 0), ("twice\n", 4), ("twice not-met\n", 4),
                           ("twice:connects undecided\n", 0), ("twice:retry undecided\n", 4)):
            result = self.run_test(*self.expected(text), *slow)
            self.assertEqual(result.returncode, code, text + result.stdout + result.stderr)

    def test_expected_failures_that_can_not_be_meant(self):
        for text, line, wanted in (
                ("\nnevver\n", 2, ["no scenario is called nevver; did you mean never", "allowed: the names"]),
                ("never:retyr\n", 1, ["no rule is called retyr; did you mean retry?", "tempfail list --rules"]),
                ("never:\n", 1, ["no rule is called ``", "tempfail list --rules"]),
                ("# known\nnever not_met\n", 2, ["`not_met` is not an answer", "allowed: not-met, undecided"]),
                ("never undecided not-met\n", 1, ["`not-met` is unexpected", "allowed: NAME[:RULE]"]),
                ("never:retry not-met\n", 1, ["not-met does not depend on a rule", "allowed: NAME not-met"])):
            for command in ("test", "judge"):
                tail = ["--", "true"] if command == "test" else ["/dev/null"]
                said = self.fails(2, command, "--scenarios", self.where, *self.expected(text), *tail)
                for words in (f"expected.txt:{line}: ", *wanted):
                    self.assertIn(words, said)

    def test_require_met_is_an_option_of_both(self):
        for command in ("test", "judge"):
            self.assertIn("--require-met", self.ok(command, "--help"))
            self.assertIn("4  ", self.ok(command, "--help"))

    def test_reports_in_every_format(self):
        junit, other = self.directory / "j.xml", self.directory / "r.json"
        result = self.run_test("twice", "never", "--json", "--junit", junit, "--json-report", other, "--", *SENDER, "forgets")
        self.assertEqual(result.returncode, 1)
        printed = json.loads(result.stdout)
        self.assertEqual(printed, json.loads(other.read_text()))
        self.assertEqual(other.read_text(), (self.reports / "report.json").read_text())
        self.assertEqual({case["scenario"]: case["answer"] for case in printed["cases"]},
                         {"twice": "fail", "never": "ok"})
        root = xml.etree.ElementTree.parse(junit).getroot()
        self.assertEqual(root.tag, "testsuites")
        cases = {case.get("name"): case for case in root.iter("testcase")}
        self.assertEqual(set(cases), {"twice", "never"})
        self.assertIsNotNone(cases["twice"].find("failure"))
        self.assertIsNone(cases["never"].find("failure"))

    def test_cases_of_an_earlier_run_are_removed_and_nothing_else(self):
        self.run_test("twice", "never", *SCALE, "--", *SENDER, "once")
        foreign = self.reports / "cases" / "notes"
        foreign.mkdir()
        (foreign / "output.txt").write_text("not a case of tempfail's")
        self.run_test("never", "--", *SENDER, "once")
        self.assertEqual({path.name for path in (self.reports / "cases").iterdir()}, {"never", "notes"})

    def test_report_that_cannot_be_written(self):
        (self.directory / "file").write_text("")
        line = self.fails(3, "test", "--scenarios", self.where, "--report-dir", self.directory / "file" / "x", "never",
                          "--", *SENDER, "once")
        self.assertIn("Not a directory", line)

    def test_report_file_that_cannot_be_made_is_told_before_the_first_case(self):
        for option in ("--junit", "--json-report"):
            line = self.fails(3, "test", "--scenarios", self.where, "--report-dir", self.reports, option,
                              "/nonexistent/x", "never", "--", "touch", self.directory / "ran")
            self.assertIn("/nonexistent/x: No such file or directory", line)
            self.assertFalse((self.directory / "ran").exists())

    def test_report_file_that_fails_at_the_end_leaves_the_table(self):
        result = self.run_test("never", "--json-report", "/dev/full", "--", *SENDER, "once")
        self.assertEqual(result.returncode, 3, result.stderr)
        self.assertIn("/dev/full: No space left on device", result.stderr)
        self.assertIn("1 case: 1 ok", result.stdout)
        journal = self.case("never") / "journal.jsonl"
        result = run("judge", "--scenarios", self.where, "--junit", "/dev/full", journal)
        self.assertEqual(result.returncode, 3, result.stderr)
        self.assertIn("1 case: 1 ok", result.stdout)

    def test_standard_output_closed_keeps_verdict_and_reports(self):
        for mode, code in (("forgets", 1), ("retry", 0)):
            reader, writer = os.pipe()
            os.close(reader)
            result = self.run_test("twice", *SCALE, "--", *SENDER, mode, stdout=writer)
            os.close(writer)
            self.assertEqual(result.returncode, code, result.stderr)
            self.assertEqual(self.verdicts(), {"twice": code == 0})

    def standard_error_on_terminal(self, **environment):
        """What a run writes to standard error when that is a terminal."""
        status, text = program.errors_on_terminal(["test", "--scenarios", self.where, "--report-dir", self.reports, "never", "--",
                                                   *SENDER, "once"], **environment)
        self.assertEqual(status, 0)
        return text

    def test_live_line_on_a_terminal_and_none_elsewhere(self):
        self.assertEqual(self.run_test("never", "--", *SENDER, "once").stderr, "")
        text = self.standard_error_on_terminal(TERM="xterm")
        self.assertIn(b"0 of 1; running: never", text)
        self.assertTrue(text.endswith(b"\r\x1b[K"), text[-40:])
        self.assertEqual(self.standard_error_on_terminal(TERM="dumb"), b"")

    def test_many_cases_side_by_side(self):
        names = [f"twice_{i}" for i in range(30)]
        self.where = self.scenario_files(**{name: TWICE for name in names})
        result = self.run_test("twice-*", "--jobs", "6", *SCALE, "--", *SENDER, "retry")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual(len(self.verdicts()), 30)


if __name__ == "__main__":
    unittest.main()
