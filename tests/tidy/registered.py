#!/usr/bin/env python3
"""Every test file of the tree is run by ctest: none lies there and proves nothing.

    registered.py CTEST BUILD_DIRECTORY

A Python test counts when it, or a program beside it that imports it, is named by a command of ctest; a C++ test when the
build compiles it. Prints the files that nobody runs, and exits with 1 when there are any.
"""
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def tracked(pattern):
    out = subprocess.run(["git", "ls-files", "-z", pattern], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in out.decode().split("\0") if name and (ROOT / name).exists()]


def run_by_ctest(ctest, build):
    """The files that the commands of the tests name."""
    out = subprocess.run([ctest, "--test-dir", build, "--show-only=json-v1"], capture_output=True, check=True).stdout
    words = {word for test in json.loads(out)["tests"] for word in test.get("command", [])}
    return {pathlib.Path(word).resolve() for word in words if word.endswith(".py")}


def with_imports(files):
    """These files, and those in the same folder that they import, and so on."""
    known, left = set(), list(files)
    while left:
        file = left.pop()
        if file in known or not file.exists():
            continue
        known.add(file)
        for name in re.findall(r"^(?:from|import) (\w+)", file.read_text(encoding="utf-8"), re.M):
            left.append(file.with_name(name + ".py"))
    return known


def main():
    ctest, build = sys.argv[1:3]
    python, cpp = tracked("tests/**_test.py"), tracked("tests/**_test.cpp")
    run = with_imports(run_by_ctest(ctest, build))
    compiled = {pathlib.Path(unit["directory"], unit["file"]).resolve()
                for unit in json.loads(pathlib.Path(build, "compile_commands.json").read_text())}
    idle = [file for file in python if file not in run] + [file for file in cpp if file not in compiled]
    for file in idle:
        print(f"{file.relative_to(ROOT)}: no test runs it; name it in the CMakeLists.txt of its folder")
    print(f"registered: {len(python)} Python and {len(cpp)} C++ tests looked for, {len(idle)} run by nobody")
    if not python or not cpp or not run or not compiled:
        print("registered: saw nothing, which proves nothing")
        return 1
    return 1 if idle else 0


if __name__ == "__main__":
    sys.exit(main())
