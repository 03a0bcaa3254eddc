#!/usr/bin/env python3
"""The one-shot senders whose libraries come with their languages say what became of a message. Those whose language is not here
are skipped, and said to be.

usage: libraries_test.py   runs `tempfail` from $TEMPFAIL_BIN
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from served import program

SENDERS = ["smtplib", "net-smtp-perl", "net-smtp-go"]
SCENARIOS = ["healthy", "disk-full-at-mail", "no-such-user", "mailbox-full-one-of-three", "one-unknown-of-three",
             "closed-after-final-dot", "closed-after-rcpt", "message-refused"]
# What their libraries do: net/smtp sends nothing to anybody when one recipient is refused.
KNOWN = {"net-smtp-go": {"mailbox-full-one-of-three": {"recipients-one-by-one"}, "one-unknown-of-three": {"recipients-one-by-one"}}}
SET_UP = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "setup-senders"


def known(environment, *names):
    done = subprocess.run([program(), "senders", "--json", *names], check=True, capture_output=True, text=True, env=environment)
    return json.loads(done.stdout)


def run(work, sender, environment):
    report = work / f"{sender}.json"
    done = subprocess.run([program(), "test", *SCENARIOS, "--sender", sender, "--tls-policy",
                           "none" if sender != "net-smtp-go" else "opportunistic", "--report-dir", work / sender,
                           "--json-report", report], capture_output=True, text=True, env=environment)
    mistakes = []
    for case in json.loads(report.read_text())["cases"]:
        name = case["scenario"]
        broken = {f["rule"] for f in case["findings"] if f["outcome"] == "fail" and f["level"] == "must"}
        wanted = KNOWN.get(sender, {}).get(name, set())
        if broken != wanted or case["answer"] not in (("fail",) if wanted else ("ok", "ok-but")):
            mistakes.append(f"{sender} on {name}: {case['answer']} {sorted(broken)}")
    print(f"{sender}:", *(line for line in done.stdout.splitlines() if " cases: " in line))
    return mistakes


def main():
    mistakes, ran = [], 0
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        environment = {**os.environ, "TEMPFAIL_SENDERS_CACHE": str(work / "cache")}
        environment.setdefault("GOCACHE", str(work / "go-cache"))
        for sender in known(environment, *SENDERS):
            if sender["missing"] and sender["set_up"]:
                subprocess.run([sys.executable, SET_UP, sender["name"]], env=environment)
            missing = known(environment, sender["name"])[0]["missing"]
            if missing:
                print(f"skipped: {sender['name']}: {missing[0]['what']} is missing")
                continue
            mistakes += run(work, sender["name"], environment)
            ran += 1
    print("\n".join(mistakes))
    return 1 if mistakes or ran == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
