"""Runs `tempfail test` with a real sender and reads what came of it, for tests and for the matrix."""
import json
import pathlib
import subprocess
import sys

from served import program

SEND = str(pathlib.Path(__file__).resolve().with_name("send.py"))
RUN_SECONDS = 1800
WATCH = "2d"  # protocol time: a queue is watched by send.py, which knows when it is done


class Case:
    """One scenario of a run: the judge's report, the journal, and the sender's own record where it keeps one."""

    def __init__(self, reports, report):
        self.name = report["scenario"]
        self.answer, self.why = report["answer"], report["why"]
        self.findings = {finding["rule"]: finding for finding in report["findings"]}
        lines = (reports / report["journal"]).read_text().splitlines()
        self.events = [json.loads(line) for line in lines]
        self.output = (reports / report["output"]).read_text(errors="replace") if report["output"] else ""
        self.records = {path.stem: json.loads(path.read_text())
                        for path in (reports / report["journal"]).parent.glob("*.json")}

    def exchanges(self, stage):
        return [event for event in self.events if event["event"] == "exchange" and event["stage"] == stage]

    def accepted(self):
        return [event for event in self.events if event["event"] == "accepted"]

    def tries(self):
        """The moment (protocol seconds) of each try that got as far as MAIL."""
        return [event["time_us"] / 1e6 for event in self.exchanges("mail")]

    def outcome(self, rule):
        return self.findings[rule]["outcome"] if rule in self.findings else "not judged"


class Run:
    """`tempfail test` on these scenarios; `sender` is what send.py is to be given."""

    def __init__(self, reports, scenarios, sender, scale=3600, options=(), jobs=4, case_seconds=120):
        self.reports = pathlib.Path(reports)
        command = [program(), "test", *scenarios, "--time-scale", str(scale), "--jobs", str(jobs), "--report-dir",
                   self.reports, "--timeout", str(case_seconds), "--watch", WATCH, *options, "--", sys.executable, SEND, *sender]
        done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=RUN_SECONDS)
        self.exit_code, self.text = done.returncode, done.stdout + done.stderr
        try:
            report = json.loads((self.reports / "report.json").read_text())
        except FileNotFoundError:
            raise RuntimeError(f"no report from {command}:\n{self.text}") from None
        self.cases = {case["scenario"]: Case(self.reports, case) for case in report["cases"]}

    def __getitem__(self, name):
        return self.cases[name]
