"""Runs `tempfail test` with a real sender and reads what came of it."""
import json
import os
import pathlib
import subprocess

from fetch_peer import cache_folder
from served import program

RUN_SECONDS = 1800


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

    def clear_text(self):
        """Whether MAIL was said without TLS."""
        inside = {event["session"] for event in self.events if event["event"] == "tls" and event.get("ok")}
        return any(event["session"] not in inside for event in self.exchanges("mail"))


class Run:
    """`tempfail test` on these scenarios. `sender`: a name for --sender, or a list: a command of its own."""

    def __init__(self, reports, scenarios, sender, scale=None, options=(), jobs=4):
        self.reports = pathlib.Path(reports)
        command = [program(), "test", *scenarios, "--jobs", jobs, "--report-dir", self.reports, *options]
        command += ["--time-scale", scale] if scale else []
        command += ["--sender", sender] if isinstance(sender, str) else ["--", *sender]
        done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=RUN_SECONDS, env={**os.environ, "TEMPFAIL_SENDERS_CACHE": str(cache_folder())})
        self.exit_code, self.text = done.returncode, done.stdout + done.stderr
        try:
            report = json.loads((self.reports / "report.json").read_text())
        except FileNotFoundError:
            raise RuntimeError(f"no report from {command}:\n{self.text}") from None
        self.sender = report["sender"]
        self.cases = {case["scenario"]: Case(self.reports, case) for case in report["cases"]}

    def __getitem__(self, name):
        return self.cases[name]
