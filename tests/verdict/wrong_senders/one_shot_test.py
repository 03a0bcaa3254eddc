#!/usr/bin/env python3
"""Programs that try once: a right one, which is ok, and wrong ones, each of which fails for its reason and no other.

usage: one_shot_test.py [--all]   runs `tempfail` from $TEMPFAIL_BIN; --all: the right one through the whole catalogue
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
# how it is wrong, the scenario, and the rules that are broken
WRONG = [
    ("always-0", "disk-full-at-mail", {"reports-failure"}),
    ("always-0", "no-such-user", {"reports-failure"}),
    ("always-0", "mailbox-full-one-of-three", {"reports-failure"}),
    ("always-0", "closed-after-final-dot", {"reports-doubt"}),
    ("always-1", "healthy", {"reports-success"}),
    ("inverted", "healthy", {"reports-success"}),
    ("inverted", "no-such-user", {"reports-failure"}),
    ("for-good", "disk-full-at-mail", {"reports-kind"}),
    ("for-good", "closed-after-final-dot", {"reports-doubt"}),
    ("for-now", "no-such-user", {"reports-kind"}),
    ("shrugs", "healthy", {"reports-success"}),
    ("shrugs", "no-such-user", {"reports-kind"}),
    ("shrugs", "disk-full-at-mail", {"reports-kind"}),
    ("one-fails-all", "mailbox-full-one-of-three", {"reports-each"}),
    ("doubt-is-sent", "closed-after-final-dot", {"reports-doubt"}),
    ("doubt-is-refused", "closed-after-final-dot", {"reports-doubt"}),
    ("resends", "closed-after-final-dot", {"no-blind-resend"}),
    ("dead-afterwards", "disk-full-at-mail", {"leave-taking", "next-message"}),
    ("invents", "disk-full-at-mail", {"reports-status"}),
    ("mixes-up", "healthy", {"content"}),
    ("hangs", "healthy", {"ends-in-time"}),
]
RULES = {rule for _, _, rules in WRONG for rule in rules} - {"leave-taking"}
# What the right one does not do.
WITHOUT = "dsn,auth,mx,8bitmime"


def run(directory, name, scenarios, how, *more):
    report = directory / f"{name}.json"
    command = [TEMPFAIL, "test", *scenarios, "--role", "one-shot", "--strict", "--time-scale", "3600",
               "--scaled-timeouts", "--tls-policy", "none", "--without", WITHOUT, "--messages", "2", "--report-dir", directory / name,
               "--json-report", report, *more, "--", sys.executable, HERE / "one_shot.py", how, "{handovers}"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode not in (0, 1, 4):
        sys.exit(f"{command}\n{done.stdout}")
    return {case["scenario"]: case for case in json.loads(report.read_text())["cases"]}, done.stdout


def broken(case):
    return {finding["rule"] for finding in case["findings"] if finding["outcome"] == "fail"}


def wrong_ones(directory, pool):
    mistakes = []
    scenarios = sorted({scenario for _, scenario, _ in WRONG})
    right = {how: pool.submit(run, directory, how, scenarios, how) for how in ("right", "by-status")}
    runs = [(how, scenario, rules, pool.submit(run, directory, f"{how}-{scenario}", [scenario], how,
                                               *(["--watch-time", "6h"] if how == "hangs" else [])))
            for how, scenario, rules in WRONG]
    for how, future in right.items():
        for scenario, case in future.result()[0].items():
            if case["answer"] != "ok":
                mistakes.append(f"{how} on {scenario}: {case['answer']} {broken(case)}")
    asked = {finding["rule"] for case in right["right"].result()[0].values() for finding in case["findings"]
             if finding["outcome"] == "pass"}
    mistakes += [f"{rule}: the right one was not looked up it" for rule in sorted(RULES - asked)]
    for how, scenario, rules, future in runs:
        case = future.result()[0][scenario]
        print(f"{how:18} {scenario:28} {case['answer']:10} {sorted(broken(case))}")
        if case["answer"] != "fail" or broken(case) != rules:
            mistakes.append(f"{how} on {scenario}: {case['answer']}, broken {sorted(broken(case))}, "
                            f"should be {sorted(rules)}")
    return mistakes


def whole_catalogue(directory):
    cases, text = run(directory, "all", [], "right", "--jobs", "8")
    wrong = [f"{name}: {case['answer']} {sorted(broken(case))}" for name, case in cases.items()
             if case["answer"] in ("fail", "error", "undecided")]
    judged = sum(case["answer"].startswith("ok") for case in cases.values())
    print(text[-2000:])
    if judged < 150:
        wrong.append(f"only {judged} of {len(cases)} scenarios were judged")
    return wrong


def main():
    with tempfile.TemporaryDirectory() as name, concurrent.futures.ThreadPoolExecutor(3) as pool:
        directory = pathlib.Path(name)
        mistakes = whole_catalogue(directory) if "--all" in sys.argv else wrong_ones(directory, pool)
    print("\n".join(mistakes))
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
