#!/usr/bin/env python3
"""Every C++ file is laid out as .clang-format says.

    format.py          names the files that deviate; 1 when there are any, 77 where clang-format 14 is not here
    format.py --fix    lays them out

Other versions lay out differently, so only that one is asked.
"""
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
VERSION = "14"


def formatter():
    for name in (f"clang-format-{VERSION}", "clang-format"):
        if shutil.which(name):
            said = subprocess.run([name, "--version"], capture_output=True, text=True, check=True).stdout
            if re.search(rf"version {VERSION}\.", said):
                return name
    return None


def main():
    program = formatter()
    if program is None:
        print(f"skipped: clang-format {VERSION} is not installed (Debian 12: apt-get install clang-format)")
        return 77
    out = subprocess.run(["git", "ls-files", "-z", "*.cpp", "*.hpp"], cwd=ROOT, capture_output=True, check=True).stdout
    files = [name for name in out.decode().split("\0") if name and (ROOT / name).exists()]
    if "--fix" in sys.argv[1:]:
        return subprocess.run([program, "-i", *files], cwd=ROOT).returncode
    done = subprocess.run([program, "--dry-run", *files], cwd=ROOT, capture_output=True, text=True)
    bad = sorted({line.split(":")[0] for line in done.stderr.splitlines() if "clang-format-violations" in line})
    for name in bad:
        print(f"{name}: not as .clang-format says; tests/tidy/format.py --fix lays it out")
    print(f"format: {len(bad)} of {len(files)} files deviate")
    return 1 if bad or done.returncode or not files else 0


if __name__ == "__main__":
    sys.exit(main())
