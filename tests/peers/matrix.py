#!/usr/bin/env python3
"""What real senders do in each scenario: runs them by `tempfail test --sender`, keeps it in docs/matrix/, writes the pages from it.

    matrix.py                   goes on: measures what no file has yet, of all senders that can run here
    matrix.py swaks postfix     only these
    matrix.py swaks --again     measures them again
    matrix.py swaks --again --scenarios 'network/*'     only these scenarios
    matrix.py swaks --open      measures again what was undecided, or could not be run
    matrix.py swaks --compare   measures them again, and reports the differences; changes nothing
    matrix.py --page            writes docs/matrix.md and docs/matrix.html from docs/matrix/*.json
    matrix.py --check           exits with 1 when they are not what the files say
"""
import argparse
import datetime
import fnmatch
import json
import os
import pathlib
import platform
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import matrix_page  # noqa: E402 (needs the path)

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
DATA = DOCS / "matrix"
JOBS = "6"
TOGETHER = 60
UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
OPEN = ("undecided", "error")
TLS_FAMILY = "tls"


def tempfail(*arguments, **options):
    program = pathlib.Path(os.environ["TEMPFAIL_BIN"]) / "tempfail"
    return subprocess.run([program, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, **options)


def catalogue():
    """All scenarios, in the order of the catalogue: id -> the seconds of protocol time that a case is watched."""
    return {scenario["id"]: sum(float(number) * UNITS[unit] for number, unit in
                                re.findall(r"([\d.]+)(ms|[smhd])", scenario["test"]["watch"] or ""))
            for scenario in json.loads(tempfail("list", "--json", check=True).stdout)}


def parts(sender, names, order):
    """What is measured in one run, and written then: a family, or, of a sender with a queue, those that take about as long as each
    other, the shortest first."""
    if sender["role"] == "queueing":
        names = sorted(names, key=order.get)
        return [names[first:first + TOGETHER] for first in range(0, len(names), TOGETHER)]
    families = dict.fromkeys(name.split("/")[0] for name in names)
    return [[name for name in names if name.startswith(family + "/")] for family in families]


def senders(names):
    found = json.loads(tempfail("senders", "--json", *names, check=True).stdout)
    for sender in found:
        for missing in sender["missing"]:
            print(f"{sender['name']} is left out: {missing['what']} is missing" +
                  (f"; to get it: {missing['get']}" if missing["get"] else ""))
    return [sender for sender in found if not sender["missing"]]


def wanted(sender, scenarios):
    """What is to be measured of it: key -> TLS policy. TLS that fails is met once for each policy that it can be told."""
    found = {scenario: None for scenario in scenarios}
    for policy in sender["tls_policies"][1:]:
        if policy != "none":
            found.update({f"{name} +{policy}": policy for name in scenarios if name.startswith(TLS_FAMILY + "/")})
    return found


def cell(case):
    """The answer, and the rules that were broken: those of SHOULD in brackets."""
    broken = {level: sorted(finding["rule"] for finding in case["findings"]
                            if finding["outcome"] == "fail" and finding["level"] == level) for level in ("must", "should")}
    return " ".join([case["answer"], *broken["must"], *(f"({rule})" for rule in broken["should"])])


def measure(sender, names, policy, jobs):
    """{key: cell} of these scenarios."""
    with tempfile.TemporaryDirectory(prefix="tempfail-matrix-") as folder:
        options = ["--tls-policy", policy] if policy else []
        options += ["--lab"] if sender["mx"] != "never" else []
        done = tempfail("test", *names, "--sender", sender["name"], "--jobs", jobs, "--report-dir", folder, *options)
        try:
            cases = json.loads((pathlib.Path(folder) / "report.json").read_text())["cases"]
        except FileNotFoundError:
            if "no scenario is left" in done.stderr:
                return {}
            sys.exit(f"{sender['name']}: no report\n{done.stdout}{done.stderr}")
    suffix = f" +{policy}" if policy else ""
    return {f"{case['family']}/{case['scenario']}{suffix}": cell(case) for case in cases}


def description(sender):
    """Of what was measured, and where."""
    release = dict(line.rstrip().split("=", 1) for line in open("/etc/os-release", encoding="utf-8") if "=" in line)
    return {"sender": sender["name"], "program": sender["program"], "language": sender["language"], "role": sender["role"],
            "version": sender["version"], "date": datetime.date.today().isoformat(),
            "distribution": release.get("PRETTY_NAME", "").strip('"'), "architecture": platform.machine(),
            "cores": os.cpu_count(), "time_scale": round(sender["time_scale"]), "lab": sender["mx"] != "never"}


def write(file, about, cells, order):
    """A line for each scenario, so that a change is easy to see."""
    head = json.dumps(about, ensure_ascii=False, indent=1)[:-2]
    known = [key for key in cells if key.split(" ")[0] in order]
    kept = {key: cells[key] for key in sorted(known, key=lambda key: (list(order).index(key.split(" ")[0]), key))}
    file.write_text(head + ',\n "scenarios": ' + json.dumps(kept, indent=2)[:-1] + " }\n}\n")


def run(sender, patterns, again, jobs):
    """`again`: of what is known, which is measured again: (), OPEN, or None for all."""
    file = DATA / f"{sender['name']}.json"
    known = json.loads(file.read_text()) if file.exists() else {"scenarios": {}}
    order = catalogue()
    cells = dict(known["scenarios"])
    todo = [key for key in wanted(sender, order)
            if (not patterns or any(fnmatch.fnmatch(key.split(" ")[0], pattern) for pattern in patterns))
            and (again is None or key not in cells or cells[key].split(" ")[0] in again)]
    if not todo:
        return print(f"{sender['name']}: nothing to do")
    about = description(sender)
    for policy in dict.fromkeys(wanted(sender, order)[key] for key in todo):
        of_policy = [key.split(" ")[0] for key in todo if wanted(sender, order)[key] == policy]
        for names in parts(sender, of_policy, order):
            print(f"{sender['name']}: {names[0]} … ({len(names)}){' +' + policy if policy else ''}", flush=True)
            cells.update(measure(sender, names, policy, jobs))
            write(file, about, cells, order)  # so that a run that is ended goes on from here


def compare(sender, patterns, jobs):
    """How many cells are another one when they are measured again."""
    known = json.loads((DATA / f"{sender['name']}.json").read_text())["scenarios"]
    keys = wanted(sender, [name for name in catalogue() if not patterns or any(fnmatch.fnmatch(name, p) for p in patterns)])
    differences = 0
    for policy in dict.fromkeys(keys.values()):
        names = [key.split(" ")[0] for key in keys if keys[key] == policy]
        for key, value in measure(sender, names, policy, jobs).items():
            if known.get(key) != value:
                differences += 1
                print(f"{sender['name']}: {key}: {known.get(key)} -> {value}")
    print(f"{sender['name']}: {differences} differ")
    return differences


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("senders", nargs="*", metavar="SENDER")
    parser.add_argument("--scenarios", nargs="+", default=[], help="only these")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--open", action="store_true")
    parser.add_argument("--jobs", default=JOBS, help="cases at a time")
    parser.add_argument("--compare", action="store_true")
    parser.add_argument("--page", action="store_true")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    pages = matrix_page.Pages(DOCS)
    if arguments.check:
        return pages.check()
    if arguments.compare:
        return 1 if sum(compare(sender, arguments.scenarios, arguments.jobs) for sender in senders(arguments.senders)) else 0
    DATA.mkdir(exist_ok=True)
    if not arguments.page:
        again = None if arguments.again else OPEN if arguments.open else ()
        for sender in senders(arguments.senders):
            run(sender, arguments.scenarios, again, arguments.jobs)
    matrix_page.Pages(DOCS).write()
    return 0


if __name__ == "__main__":
    sys.exit(main())
