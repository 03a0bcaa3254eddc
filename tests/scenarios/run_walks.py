#!/usr/bin/env python3
"""Walks every scenario of the catalogue with a raw client (tests/support/walk.py says how a walk is written).

    run_walks.py                    all walks
    run_walks.py --complete         all; a scenario without a walk is a failure, and so is a walk without a scenario
    run_walks.py disk-full tls/*    only these
One `tempfail serve` serves them all, and another one, with a name server, those that are about names, by a clock that moves when a walk says so. What
only a lab can show is walked in one (tests/lab/walks_test.py). Others serve a family on ports that speak
TLS from the first byte, and its walks are walked there, too: tls/* as they are written, network/* with all of it inside
TLS, and how connections are closed a third time without close_notify.
"""
import dataclasses
import fnmatch
import functools
import json
import pathlib
import subprocess
import sys

from served import Served, program
from walk import WrongWalk, walk_file
from walk_inside_tls import WalkerInsideTls

WALKS = pathlib.Path(__file__).resolve().parent
MANUAL = ("--clock", "manual")


def catalogue():
    """{name: family}, {name: whether it is about names} and {name: whether only a lab can show it}, as the program
    lists them."""
    listed = subprocess.run([program(), "list", "--json"], capture_output=True, text=True, check=True, timeout=60)
    scenarios = json.loads(listed.stdout)
    scenarios = scenarios.get("scenarios", scenarios) if isinstance(scenarios, dict) else scenarios
    return ({scenario["name"]: scenario["family"] for scenario in scenarios},
            {scenario["name"]: scenario["needs_names"] for scenario in scenarios},
            {scenario["name"]: scenario["needs_lab"] for scenario in scenarios})


def coverage(known, walks):
    """What is missing, and what is walked but not known."""
    expected = {WALKS / family / f"{name}.walk": f"{family}/{name}" for name, family in known.items()}
    missing = [name for path, name in sorted(expected.items()) if path not in walks]
    strange = [str(path.relative_to(WALKS)) for path in walks if path not in expected]
    return ([f"scenario without a walk: {name}" for name in missing]
            + [f"walk without a scenario: {name}" for name in strange])


@dataclasses.dataclass
class Round:
    """Some walks once more, against a server of its own."""

    mark: str
    patterns: tuple          # FAMILY/NAME, with * and ?
    options: tuple = ()
    make_walker: object = None

    def chosen(self, walks):
        return [path for path in walks if any(matches(path, pattern) for pattern in self.patterns)]


AGAIN = [
    Round("implicit", ("tls/*",)),
    Round("inside TLS", ("network/*",), make_walker=functools.partial(WalkerInsideTls, notified=True)),
    Round("inside TLS, no close_notify", ("network/closed-*", "network/half-closed-*", "network/*-closed"),
          ("--no-close-notify",), functools.partial(WalkerInsideTls, notified=False)),
]


def matches(path, pattern):
    return fnmatch.fnmatch(path.stem, pattern) or fnmatch.fnmatch(f"{path.parent.name}/{path.stem}", pattern)


def walk_all(chosen, served, mark="", make_walker=None):
    """Walks the files; returns the failures as texts."""
    problems = []
    for path in chosen:
        try:
            failures = walk_file(path, served, path.stem, served.ports[path.stem], make_walker)
        except WrongWalk as mistake:
            failures = [str(mistake)]
        print(f"{'ok  ' if not failures else 'FAIL'} {path.parent.name}/{path.stem}{mark}", flush=True)
        problems += [f"{failure}{mark}" for failure in failures]
    return problems


def walk_again(again, walks):
    """How many there were, and the failures."""
    chosen = again.chosen(walks)
    if not chosen:
        return 0, []
    names = [f"{path.parent.name}/{path.stem}" for path in chosen]
    with Served(*names, implicit=True, options=(*MANUAL, *again.options)) as served:
        chosen = [path for path in chosen if path.stem in served.ports]
        return len(chosen), walk_all(chosen, served, f" ({again.mark})", again.make_walker)


def main():
    known, needs_names, needs_lab = catalogue()
    walks = sorted(WALKS.glob("*/*.walk"))
    wanted = [argument for argument in sys.argv[1:] if argument != "--complete"]
    problems = coverage(known, walks) if "--complete" in sys.argv else []
    chosen = [path for path in walks
              if path.stem in known and (not wanted or any(matches(path, one) for one in wanted))]
    if not chosen:
        print("no walks")
        return 1
    for path in [path for path in chosen if needs_lab[path.stem]]:
        print(f"left out: {path.parent.name}/{path.stem}: it is walked in a lab")
        chosen.remove(path)
    plain = [path for path in chosen if not needs_names[path.stem]]
    named = [path for path in chosen if needs_names[path.stem]]
    if plain:
        with Served(options=MANUAL) as served:
            problems += walk_all(plain, served)
    if named:
        with Served(*(path.stem for path in named), options=(*MANUAL, "--dns", "0")) as served:
            problems += walk_all(named, served)
    count = len(chosen)
    for again in AGAIN:
        walked, failures = walk_again(again, chosen)
        count += walked
        problems += failures
    print(*problems, sep="\n")
    print(f"{count} walks, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
