#!/usr/bin/env python3
"""For every rule of the judge a sender that breaks it, caught end to end, and the same sender without its fault,
which is not.

usage: wrong_senders_test.py   runs `tempfail` from $TEMPFAIL_BIN
"""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TEMPFAIL = os.path.join(os.environ["TEMPFAIL_BIN"], "tempfail")
HOUR_A_SECOND = 3600
SLOW = 240  # a machine's own unevenness must not look like jitter

# rule, scenario, fault
CASES = [
    ("retry", "refused-at-mail-once", "never-again"),
    ("delivered", "refused-at-mail-once", "never-again"),
    ("no-retry", "no-such-user", "stubborn"),
    ("notified", "no-such-user", "silent"),
    ("tries", "put-off-for-ever", "endless"),
    ("gives-up", "put-off-for-ever", "gives-up-early"),
    ("back-off", "put-off-for-ever", "steady"),
    ("schedule", "put-off-for-ever", "off-schedule"),
    ("first-retry", "disk-full-at-mail", "hasty"),
    ("jitter", "put-off-together", "in-step"),
    ("refused-content-unchanged", "message-too-large-after-data", "stubborn"),
    ("no-duplicate", "healthy", "twice"),
    ("closes-after-421", "service-not-available", "talks-on"),
    ("ends-after-failure", "refused-at-mail-once", "drops"),
    ("recipients-one-by-one", "mailbox-full-one-of-three", "all-again"),
    ("concurrency-drops", "too-many-connections", "crowds"),
    ("waits", "greeting-too-late", "impatient"),
    ("line-ends", "healthy", "bare-lf"),
    ("line-length", "healthy", "long-line"),
    ("dot-stuffing", "healthy", "unstuffed"),
    ("eight-bit-content", "healthy", "eight-bit-content"),
    ("eight-bit-command", "healthy", "eight-bit-command"),
    ("nul", "healthy", "nul"),
    ("sequence", "healthy", "out-of-order"),
    ("syntax", "healthy", "space"),
    ("greeting-first", "tarpit", "early"),
    ("pipelining", "no-pipelining", "pipelines"),
    ("extensions", "no-smtputf8", "unannounced"),
    ("declared-size", "healthy", "wrong-size"),
    ("starttls-plaintext", "tls-refused-once", "plaintext-behind-starttls"),
    ("protected", "tls-refused-once", "clear-text"),
    ("refuses-certificate", "certificate-of-a-stranger", "trusts-anybody"),
    ("ignores-injection", "reply-injected-behind-starttls", "injectable"),
]
REPORTERS = {"fallback-to-clear"}  # says what it sees, and never fails


def run(directory, scenarios, fault):
    """The findings of a run: {scenario: {rule: finding}}."""
    scale = SLOW if scenarios == ["put-off-together"] else HOUR_A_SECOND
    name = f"{fault}-{scenarios[0]}"
    report = directory / f"{name}.json"
    command = [TEMPFAIL, "test", *scenarios, "--scenarios", HERE / "scenarios", "--jobs", "2",
               "--time-scale", str(scale), "--timeout", "120", "--report-dir", directory / name,
               "--json-report", report, "--", sys.executable, HERE / "sender.py", fault]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode not in (0, 1):
        sys.exit(f"{command}\n{done.stdout}")
    cases = json.loads(report.read_text())["cases"]
    return {case["scenario"]: {f["rule"]: f for f in case["findings"]} for case in cases}


def said(finding):
    return f"{finding['outcome']}: {finding['actual']} {finding['near_miss']}" if finding else "not judged"


def main():
    mistakes = []
    with tempfile.TemporaryDirectory() as name, concurrent.futures.ThreadPoolExecutor(3) as pool:
        directory = pathlib.Path(name)
        scenarios = sorted({scenario for _, scenario, _ in CASES} - {"put-off-together"})
        good = [pool.submit(run, directory, ["put-off-together"], "none"),
                pool.submit(run, directory, scenarios, "none")]
        bad = [(case, pool.submit(run, directory, [case[1]], case[2])) for case in dict.fromkeys(CASES)]
        right = {key: value for future in good for key, value in future.result().items()}
        for rule, scenario, fault in CASES:
            finding = right[scenario].get(rule)
            if finding is None or finding["outcome"] != "pass":
                mistakes.append(f"{rule} on {scenario}: the right sender does not pass: {said(finding)}")
        for (rule, scenario, fault), future in bad:
            finding = future.result()[scenario].get(rule)
            caught = finding is not None and finding["outcome"] == "fail"
            print(f"{rule:28}{fault:28}{said(finding)}")
            if not caught:
                mistakes.append(f"{rule} on {scenario}: {fault} is not caught: {said(finding)}")
        if "failed 5.0.0" not in str(right["no-such-user"]["notified"]["evidence"]):
            mistakes.append("notified: what the notification says is not known")
        known = {rule for findings in right.values() for rule in findings} - REPORTERS
        for rule in sorted(known - {rule for rule, _, _ in CASES}):
            mistakes.append(f"{rule}: no wrong sender breaks it")
    print("\n".join(mistakes))
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
