"""The judge is judged with the reference sender: each of its virtues taken away is a rule broken, and with all of them
the same scenarios pass."""

import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile
import typing

TEMPFAIL = os.path.join(os.environ["TEMPFAIL_BIN"], "tempfail")
SENDER = os.path.join(os.environ["TEMPFAIL_BIN"], "tempfail-send")
WRONG = sys.argv[1]

DEAF = [sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), "deaf_to_421.py"), SENDER]


class Wrong(typing.NamedTuple):
    """What a wrong sender does, and where that shows."""

    name: str
    scenario: str
    rules: set  # at least one of these must say so
    program: typing.Sequence[str] = (WRONG,)
    options: typing.Sequence[str] = ()
    tls: str = "opportunistic"  # what it was told about TLS


CASES = [
    Wrong("retry-5yz", "no-such-user", {"no-retry", "tries"}, options=["--give-up", "12h"]),
    Wrong("no-retry", "mailbox-busy", {"retry", "delivered"}),
    Wrong("too-early", "mailbox-busy", {"first-retry"}),
    Wrong("no-back-off", "queue-stopped-for-days", {"back-off", "schedule"}),
    Wrong("duplicate", "healthy", {"no-duplicate", "delivered", "tries"}),
    Wrong("talk-after-421", "service-not-available", {"closes-after-421"}, program=DEAF),
    Wrong("clear-text", "starttls-not-offered", {"protected"}, tls="required", options=["--give-up", "12h"]),
    Wrong("all-again", "mailbox-full-one-of-three", {"no-duplicate", "delivered", "recipients-one-by-one"}),
    Wrong("lose", "mailbox-busy", {"retry", "delivered"}),
]


def judge(program, scenario, wrong="", options=(), tls="opportunistic", scale=3600):
    """Runs a scenario with a sender; gives the ids of the rules that were broken, and whether it passed (strictly)."""
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report.json")
        done = subprocess.run(
            [TEMPFAIL, "test", scenario, "--strict", "--role", "queueing", "--time-scale", str(scale), "--timeout", "300", "--tls-policy", tls, "--report-dir",
             os.path.join(folder, "report"), "--json-report", report, "--", *program, "send", "--from", "{sender}", "--to",
             "{recipients}", "--notifications", "--time-scale", "{time_scale}", "--seed", "1", "--tls", "{tls}", *options, "{message}",
             *([] if program is DEAF else ["--host", "{host}", "--port", "{port}"])],
            env={**os.environ, "TEMPFAIL_WRONG": wrong}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=500)
        with open(report, encoding="utf-8") as file:
            cases = json.load(file)["cases"]
    assert len(cases) == 1, cases
    broken = {finding["rule"] for finding in cases[0]["findings"] if finding["outcome"] == "fail"}
    return broken, done.returncode == 0, done.stdout.decode()


def check_wrong(wrong):
    """The judge catches it, and says why: True if so."""
    broken, passed, text = judge(wrong.program, wrong.scenario, wrong.name, wrong.options, wrong.tls)
    caught = not passed and broken & wrong.rules
    print(f"{'ok  ' if caught else 'FAIL'} {wrong.name}: {wrong.scenario} broke {sorted(broken)}"
          + ("" if caught else f", not one of {sorted(wrong.rules)}\n{text}"), flush=True)
    return bool(caught)


def check_right(scenario, tls):
    """The sender as it should be has nothing to fear from the same scenario: True if so."""
    _, passed, text = judge([SENDER], scenario, tls=tls)
    print(f"{'ok  ' if passed else 'FAIL'} as it should be: {scenario}" + ("" if passed else "\n" + text), flush=True)
    return passed


def main():
    # Most of the time is waiting; a few side by side do no harm.
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        right = pool.map(check_right, *zip(*sorted({(wrong.scenario, wrong.tls) for wrong in CASES})))
        wrong = pool.map(check_wrong, CASES)
        return 0 if all([*right, *wrong]) else 1


sys.exit(main())
