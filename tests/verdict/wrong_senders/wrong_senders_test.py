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

import one_shot_test

HERE = pathlib.Path(__file__).resolve().parent
TEMPFAIL = os.path.join(os.environ["TEMPFAIL_BIN"], "tempfail")
HOUR_A_SECOND = 3600
SLOW = 240  # a machine's own unevenness must not look like jitter

# rule, scenario, fault; what the sender is told about TLS, where it is more than to use it where it can be had
CASES = [
    ("connects", "healthy", "stays-away"),
    ("retry", "refused-at-mail-once", "never-again"),
    ("delivered", "mailbox-full-one-of-three", "forgets-one"),
    ("pause", "put-off-for-ever", "hammers"),
    ("pause", "never-greeted", "knocks"),
    ("content", "disk-full-after-data", "empties"),
    ("content", "healthy", "drops-dots"),
    ("content", "healthy", "stuffs-twice"),
    ("content", "healthy", "text-twice"),
    ("content", "healthy", "no-subject"),
    ("content", "code-page-installed", "question-marks"),
    ("recipients", "healthy", "tells-others"),
    ("return-path", "healthy", "from-nobody"),
    ("no-retry", "no-such-user", "stubborn"),
    ("notified", "no-such-user", "silent"),
    ("true-notification", "no-such-user", "false-report"),
    ("tries", "put-off-for-ever", "endless"),
    ("gives-up", "put-off-for-ever", "gives-up-early"),
    ("back-off", "put-off-for-ever", "steady"),
    ("schedule", "put-off-for-ever", "off-schedule"),
    ("first-retry", "disk-full-at-mail", "hasty"),
    ("jitter", "put-off-together", "in-step"),
    ("refused-content-unchanged", "message-too-large-after-data", "stubborn"),
    ("no-duplicate", "healthy", "twice"),
    ("closes-after-421", "service-not-available", "talks-on"),
    ("ends-after-failure", "no-such-user", "goes-on"),
    ("leave-taking", "refused-at-mail-once", "drops"),
    ("recipients-one-by-one", "mailbox-full-one-of-three", "all-again"),
    ("concurrency-drops", "too-many-connections", "crowds"),
    ("waits", "greeting-too-late", "impatient"),
    ("time-out", "never-greeted", "waits-for-ever"),
    ("rests", "never-greeted", "spins"),
    ("line-ends", "healthy", "bare-lf"),
    ("line-length", "healthy", "long-line"),
    ("dot-stuffing", "healthy", "unstuffed"),
    ("eight-bit-content", "healthy", "eight-bit-content"),
    ("eight-bit-command", "healthy", "eight-bit-command"),
    ("nul", "healthy", "nul"),
    ("sequence", "healthy", "out-of-order"),
    ("sequence", "out-of-memory", "text-anyway"),
    ("sequence", "disk-full-at-mail", "chunk-anyway"),
    ("syntax", "healthy", "space"),
    ("greeting-first", "greets-late", "early"),
    ("pipelining", "no-pipelining", "pipelines"),
    ("extensions", "no-smtputf8", "unannounced"),
    ("declared-size", "healthy", "wrong-size"),
    ("starttls-plaintext", "tls-refused-once", "plaintext-behind-starttls"),
    ("protected", "tls-refused-once", "clear-text", "required"),
    ("refuses-certificate", "certificate-of-a-stranger", "trusts-anybody", "verified"),
    ("ignores-injection", "reply-injected-behind-starttls", "injectable"),
    ("ignores-injection", "starttls-reply-injected", "injectable", "verified"),
    ("uses-tls", "certificate-expired", "no-tls", "required"),
    ("delivered", "only-tls-1-0", "no-fall-back"),
    ("protected", "handshake-reset", "clear-text", "required"),
    ("protected", "starttls-not-offered", "clear-text", "required"),
    ("protected", "starttls-stripped", "clear-text", "verified"),
    ("refuses-certificate", "certificate-for-wrong-host", "trusts-anybody", "verified"),
    ("retry", "handshake-reset", "bounces", "required"),
    ("retry", "certificate-self-signed", "bounces", "verified"),
    ("retry", "starttls-not-offered", "bounces", "required"),
    ("no-duplicate", "closed-without-close-notify", "distrusts-the-end"),
]
CASES = [case if len(case) == 4 else (*case, "opportunistic") for case in CASES]
# What is right, though unusual: scenario and way.
UNUSUAL = [("all-recipients-refused", "stops-early"), ("mailbox-busy-one-of-three", "stops-early"),
           ("mailbox-full-one-of-three", "stops-early"), ("one-unknown-of-three", "begins-again"),
           ("closed-after-rcpt", "tags-its-sender"), ("greylisted", "tags-its-sender"), ("host-accepts-no-mail", "none")]
# What has to be said of a sender besides.
DECLARED = {"waits-for-ever": ["--scaled-timeouts", "--watch-time", "36h"], "spins": ["--watch-time", "2d"]}
REPORTERS = {"fallback-to-clear"}  # says what it sees, and never fails
# Broken by senders that look up names, or send what has several recipients or nobody for its sender (dns_test.py and hosts_test.py of
# the command line).
BY_NAMES = {"untouched", "in-order", "spread", "hosts-per-try", "dead-host-remembered", "not-delayed-by", "one-copy", "replies-in-step",
            "asked", "not-asked", "no-report-about-reports"}
# Broken by senders whose notifications are wrong (scenarios.dsn_senders).
BY_NOTIFYING = {"notification-form", "original-recipient", "returned-content", "failed-is-final", "passes-on",
                "success-on-request"}


def run(directory, scenarios, fault, policy):
    """The findings of a run: {scenario: {rule: finding}}."""
    scale = SLOW if scenarios == ["put-off-together"] else HOUR_A_SECOND
    name = f"{fault}-{scenarios[0]}-{policy}"
    report = directory / f"{name}.json"
    command = [TEMPFAIL, "test", *scenarios, "--scenarios", HERE / "scenarios", "--jobs", "2",
               "--time-scale", str(scale), "--timeout", "120", "--tls-policy", policy, "--report-dir", directory / name,
               "--json-report", report, *DECLARED.get(fault, []), "--", sys.executable, HERE / "sender.py", fault]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode not in (0, 1, 4):
        sys.exit(f"{command}\n{done.stdout}")
    cases = json.loads(report.read_text())["cases"]
    return {case["scenario"]: {f["rule"]: f for f in case["findings"]} for case in cases}


def said(finding):
    return f"{finding['outcome']}: {finding['actual']} {finding['near_miss']}" if finding else "not judged"


def main():
    mistakes = []
    with tempfile.TemporaryDirectory() as name, concurrent.futures.ThreadPoolExecutor(3) as pool:
        directory = pathlib.Path(name)
        good = {("put-off-together", "opportunistic"): pool.submit(run, directory, ["put-off-together"], "none",
                                                                   "opportunistic")}
        for policy in ("opportunistic", "required", "verified"):
            scenarios = sorted({one for _, one, _, told in CASES if told == policy} - {"put-off-together"})
            future = pool.submit(run, directory, scenarios, "none", policy)
            good.update({(scenario, policy): future for scenario in scenarios})
        bad = [(case, pool.submit(run, directory, [case[1]], *case[2:])) for case in dict.fromkeys(CASES)]
        unusual = [(scenario, way, pool.submit(run, directory, [scenario], way, "opportunistic")) for scenario, way in UNUSUAL]
        right = {key: future.result()[key[0]] for key, future in good.items()}
        for rule, scenario, _, policy in CASES:
            finding = right[scenario, policy].get(rule)
            if finding is None or finding["outcome"] != "pass":
                mistakes.append(f"{rule} on {scenario}, TLS {policy}: the right sender does not pass: {said(finding)}")
        for (rule, scenario, fault, policy), future in bad:
            finding = future.result()[scenario].get(rule)
            caught = finding is not None and finding["outcome"] == "fail"
            print(f"{rule:28}{fault:28}{said(finding)}")
            if not caught:
                mistakes.append(f"{rule} on {scenario}, TLS {policy}: {fault} is not caught: {said(finding)}")
        for scenario, way, future in unusual:
            broken = [said(finding) for finding in future.result()[scenario].values() if finding["outcome"] == "fail"]
            mistakes += [f"{way} on {scenario} is right, and yet: {one}" for one in broken]
        if "failed 5.0.0" not in str(right["no-such-user", "opportunistic"]["notified"]["evidence"]):
            mistakes.append("notified: what the notification says is not known")
        known = {rule for findings in right.values() for rule in findings}
        known -= REPORTERS | BY_NAMES | BY_NOTIFYING | one_shot_test.RULES
        for rule in sorted(known - {case[0] for case in CASES}):
            mistakes.append(f"{rule}: no wrong sender breaks it")
    print("\n".join(mistakes))
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
