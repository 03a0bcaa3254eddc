#!/usr/bin/env python3
"""What a run of ctest left out, held against the list of what may be left out.

    skips.py JUNIT_FILE LIST...

A list has a test in each line, and after two spaces and `#` why it may be skipped. A test that skips some of its parts
("OK (skipped=2)") counts as skipped. Prints what was skipped; exits with 1 when something was that is not in the
list, or when nothing ran at all.
"""
import fnmatch
import pathlib
import re
import sys
import xml.etree.ElementTree


def may_skip(path):
    """{pattern: reason}"""
    allowed = {}
    for number, line in enumerate(pathlib.Path(path).read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        pattern, _, reason = line.partition("  #")
        if not reason.strip():
            sys.exit(f"{path}:{number}: '{line}' has no reason; write: TEST  # reason")
        allowed[pattern.strip()] = reason.strip()
    return allowed


def skipped_in(path):
    """[(test, what it said)], and how many tests there are."""
    cases = list(xml.etree.ElementTree.parse(path).getroot().iter("testcase"))
    found = []
    for case in cases:
        said = case.findtext("system-out") or ""
        inside = re.search(r"\bskipped=(\d+)", said)
        reason = re.search(r"^skipped\b.*", said, re.M)
        if case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
            found.append((case.get("name"), reason[0] if reason else "skipped"))
        elif inside or reason:
            found.append((case.get("name"), reason[0] if reason else f"{inside[1]} of its parts skipped"))
    return found, len(cases)


def main():
    junit, *lists = sys.argv[1:]
    listed = " and ".join(lists)
    allowed = {pattern: reason for path in lists for pattern, reason in may_skip(path).items()}
    skipped, count = skipped_in(junit)
    unexpected = 0
    for name, said in skipped:
        reasons = [reason for pattern, reason in allowed.items() if fnmatch.fnmatchcase(name, pattern)]
        unexpected += not reasons
        print(f"{'skipped' if reasons else 'NOT ALLOWED'}: {name} ({said})" + (f": {reasons[0]}" if reasons else ""))
    print(f"skips: {len(skipped)} of {count} tests, {unexpected} not named in {listed}")
    if not count:
        print("skips: no test ran, which proves nothing")
    return 1 if unexpected or not count else 0


if __name__ == "__main__":
    sys.exit(main())
