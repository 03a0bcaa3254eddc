#!/usr/bin/env python3
"""Walks every scenario of the catalogue with a raw client (tests/support/walk.py says how a walk is written).

    run_walks.py                    all walks
    run_walks.py --complete         all; a scenario without a walk is a failure, and so is a walk without a scenario
    run_walks.py disk-full tls/*    only these
One `tempfail serve` serves them all, by a clock that moves when a walk says so. A second one serves those that offer
STARTTLS on ports that speak TLS from the first byte, and their walks are walked there, too.
"""
import fnmatch
import json
import pathlib
import subprocess
import sys

from served import Served, program
from walk import WrongWalk, walk_file

WALKS = pathlib.Path(__file__).resolve().parent
IMPLICIT_TOO = "tls"  # the family that is walked over STARTTLS and on implicit ports


def catalogue():
    """{name: family} as the program lists it."""
    listed = subprocess.run([program(), "list", "--json"], capture_output=True, text=True, check=True, timeout=60)
    scenarios = json.loads(listed.stdout)
    scenarios = scenarios.get("scenarios", scenarios) if isinstance(scenarios, dict) else scenarios
    return {scenario["name"]: scenario["family"] for scenario in scenarios}


def coverage(known, walks):
    """What is missing, and what is walked but not known."""
    expected = {WALKS / family / f"{name}.walk": f"{family}/{name}" for name, family in known.items()}
    missing = [name for path, name in sorted(expected.items()) if path not in walks]
    strange = [str(path.relative_to(WALKS)) for path in walks if path not in expected]
    return ([f"scenario without a walk: {name}" for name in missing]
            + [f"walk without a scenario: {name}" for name in strange])


def walk_all(chosen, served, mark=""):
    """Walks the files; returns the failures as texts."""
    problems = []
    for path in chosen:
        try:
            failures = walk_file(path, served, path.stem, served.ports[path.stem])
        except WrongWalk as mistake:
            failures = [str(mistake)]
        print(f"{'ok  ' if not failures else 'FAIL'} {path.parent.name}/{path.stem}{mark}", flush=True)
        problems += failures
    return problems


def main():
    known = catalogue()
    walks = sorted(WALKS.glob("*/*.walk"))
    wanted = [argument for argument in sys.argv[1:] if argument != "--complete"]
    problems = coverage(known, walks) if "--complete" in sys.argv else []
    chosen = [path for path in walks if path.stem in known and (not wanted or any(
        fnmatch.fnmatch(path.stem, one) or fnmatch.fnmatch(f"{path.parent.name}/{path.stem}", one) for one in wanted))]
    if not chosen:
        print("no walks")
        return 1
    with Served() as served:
        problems += walk_all(chosen, served)
    twice = [path for path in chosen if path.parent.name == IMPLICIT_TOO]
    if twice:
        with Served(*(f"{path.parent.name}/{path.stem}" for path in twice), implicit=True) as served:
            twice = [path for path in twice if path.stem in served.ports]
            problems += walk_all(twice, served, " (implicit)")
    count = len(chosen) + len(twice)
    print(*problems, sep="\n")
    print(f"{count} walks, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
