"""The judge is judged with the reference sender: each of its virtues taken away is a rule broken, and with all of them
the same scenarios pass."""

import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile

TEMPFAIL = os.path.join(os.environ["TEMPFAIL_BIN"], "tempfail")
SENDER = os.path.join(os.environ["TEMPFAIL_BIN"], "tempfail-send")
WRONG = sys.argv[1]

# What is wrong -> a scenario in which it shows -> the rules of which one must say so.
CASES = {
    "retry-5yz": ("no-such-user", {"no-retry", "tries"}),
    "no-retry": ("mailbox-busy", {"retry", "delivered"}),
    "too-early": ("mailbox-busy", {"first-retry"}),
    "no-back-off": ("queue-stopped-for-days", {"back-off", "schedule"}),
    "duplicate": ("healthy", {"no-duplicate", "delivered", "tries"}),
    "all-again": ("mailbox-full-one-of-three", {"no-duplicate", "delivered", "recipients-one-by-one"}),
    "lose": ("mailbox-busy", {"retry", "delivered"}),
}


def judge(program, scenario, wrong, scale=3600):
    """Runs a scenario; gives the ids of the rules that were broken, and whether it passed (strictly)."""
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report.json")
        done = subprocess.run(
            [TEMPFAIL, "test", scenario, "--strict", "--time-scale", str(scale), "--timeout", "300", "--report-dir",
             os.path.join(folder, "report"), "--json-report", report, "--", program, "send", "--host", "{host}",
             "--port", "{port}", "--from", "{sender}", "--to", "{recipients}", "--notifications", "--time-scale",
             "{time_scale}", "--seed", "1", *(["--give-up", "12h"] if wrong == "retry-5yz" else []), "{message}"],
            env={**os.environ, "TEMPFAIL_WRONG": wrong}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=500)
        with open(report, encoding="utf-8") as file:
            cases = json.load(file)["cases"]
    assert len(cases) == 1, cases
    broken = {finding["rule"] for finding in cases[0]["findings"] if finding["outcome"] == "fail"}
    return broken, done.returncode == 0, done.stdout.decode()


def check(case):
    """One run: True if it went as it should."""
    program, wrong, scenario, rules = case
    broken, passed, text = judge(program, scenario, wrong)
    if not wrong:
        print(f"{'ok  ' if passed else 'FAIL'} as it should be: {scenario}" + ("" if passed else "\n" + text), flush=True)
        return passed
    caught = not passed and broken & rules
    print(f"{'ok  ' if caught else 'FAIL'} {wrong}: {scenario} broke {sorted(broken)}"
          + ("" if caught else f", not one of {sorted(rules)}\n{text}"), flush=True)
    return bool(caught)


def main():
    cases = [(WRONG, wrong, scenario, rules) for wrong, (scenario, rules) in CASES.items()]
    cases += [(SENDER, "", scenario, set()) for scenario in sorted({scenario for scenario, _ in CASES.values()})]
    # Most of the time is waiting; a few side by side do no harm.
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return 0 if all(list(pool.map(check, cases))) else 1


sys.exit(main())
