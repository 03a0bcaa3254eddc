#!/usr/bin/env python3
"""Holds the sources against the project's own limits: sizes, banned patterns, the direction of includes.

Prints one line per breach, `file:line: what`, and exits with 1 when there is any. A rule that finds no
file to look at is a breach too: a check that saw nothing proves nothing.
"""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LONGEST_LINE = 120  # clang-format keeps code at 100; comments and tables may be a little longer
LONGEST_FILE = 500

# What each folder of simulator/ may include from its neighbours. docs/architecture.md draws the same.
MAY_INCLUDE = {
    "wire": set(),
    "faults": {"wire", "scenario"},
    "scenario": {"wire", "faults"},
    "mime": {"wire"},
    "relay": {"wire"},
    "journal": {"scenario", "wire"},
    "state": {"scenario", "wire"},
    "store": {"scenario", "journal", "state"},
    "session": {"wire", "faults", "scenario", "mime", "journal", "state"},
    "explain": {"scenario", "wire"},
    "verdict": {"wire", "scenario", "journal"},
    "report": {"wire", "scenario", "journal", "verdict"},
    "net": {"wire", "scenario", "journal", "relay", "state", "session", "dns"},
    "dns": {"wire", "scenario", "journal", "state"},
    "control": {"wire", "scenario", "mime", "journal", "relay", "state", "session", "verdict", "report", "net"},
    "embed": {"scenario", "net", "control"},
    "http": {"scenario", "mime", "control"},
    "lab": set(),
    "cli": {"wire", "scenario", "mime", "journal", "relay", "state", "session", "explain", "verdict", "report", "net", "dns", "control", "http",
            "lab", "store"},
}
# Of scenario/ a fault sees values as a file writes them and no more; the model and the loader stand on faults.
FAULTS_MAY_INCLUDE = {"scenario/" + name + ".hpp" for name in (
    "document", "map_kind", "mistake", "mistakes", "read_value", "stage", "units")}
# Libraries that may be named only in these folders.
ONLY_IN = {
    r"hiredis/": {"simulator/store", "tests/store"},
    r"boost/context": {"simulator/store"},
    r"boost/asio": {"simulator/net", "simulator/store", "simulator/control", "simulator/embed", "simulator/http", "simulator/cli", "client",
                     "tests"},
    r"boost/beast": {"simulator/http", "simulator/cli", "client", "tests"},
    r"ldns/": {"simulator/dns", "tests"},
    r"openssl/": {"simulator/net", "client", "tests"},
    r"yaml-cpp/": {"simulator/scenario", "client/policy", "tests"},
    r"gmime/": {"simulator/mime", "client", "tests"},
    r"sqlite3\.h": {"client/queue", "client/stats", "tests"},
}
HEADERS_FREE_OF = [r"boost/asio", r"boost/beast", r"nlohmann/json\.hpp", r"yaml-cpp/", r"openssl/", r"gmime/", r"ldns/"]
PURE = {"base", "wire", "relay", "session", "dns", "state", "verdict", "report", "explain"}  # no clock of their own

breaches = []
looked_at = {}


def breach(path, line, what):
    breaches.append(f"{path}:{line}: {what}")


def saw(rule):
    looked_at[rule] = looked_at.get(rule, 0) + 1


def tracked_files():
    out = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [f for f in out.decode().split("\0") if f and os.path.isfile(os.path.join(ROOT, f))]


def check_cpp(path, lines):
    saw("C++ files")
    if not lines or not lines[0].startswith("//"):
        breach(path, 1, "a file starts with a comment that says what it is for")
    if len(lines) > LONGEST_FILE:
        breach(path, len(lines), f"longer than {LONGEST_FILE} lines")
    parts = path.split("/")
    folder = "base" if parts[0] == "base" else parts[1] if parts[0] == "simulator" and len(parts) > 2 else None
    for number, text in enumerate(lines, 1):
        if len(text) > LONGEST_LINE:
            breach(path, number, f"longer than {LONGEST_LINE} columns")
        if re.search(r"co_await[^;]*[{?]", text):
            breach(path, number, "co_await beside a brace or ?: (gcc 12 frees temporaries twice)")
        if re.search(r"\bstd::(cout|cerr)\b", text) and folder and folder != "cli":
            breach(path, number, "only cli/ talks to the terminal")
        if folder in PURE and re.search(r"(steady|system|high_resolution)_clock::now|\btime\(nullptr\)", text):
            breach(path, number, f"{folder}/ has no clock: time is a parameter")
        include = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', text)
        if include:
            check_include(path, number, folder, include.group(1))


def check_include(path, number, folder, target):
    top = target.split("/")[0]
    if folder and top in MAY_INCLUDE and top != folder:
        saw("includes between folders")
        if top not in MAY_INCLUDE.get(folder, set()):
            breach(path, number, f"{folder}/ may not include {top}/ (docs/architecture.md)")
    if folder == "faults" and top == "scenario" and target not in FAULTS_MAY_INCLUDE:
        breach(path, number, f"faults/ may not include {target} (docs/architecture.md)")
    if path.startswith("base/") and "/" in target and top != "base":
        breach(path, number, f"base/ includes nothing of {top}/")
    if path.startswith("client/") and top in MAY_INCLUDE and os.path.exists(os.path.join(ROOT, "simulator", target)):
        if not os.path.exists(os.path.join(ROOT, "client", target)):
            breach(path, number, "client/ shares nothing with simulator/")
    for library, folders in ONLY_IN.items():
        if re.search(library, target) and not any(path.startswith(f + "/") for f in folders):
            breach(path, number, f"{target} may be included only in {', '.join(sorted(folders))}")
    if path.endswith(".hpp") and path.startswith(("base/", "simulator/")):
        for library in HEADERS_FREE_OF:
            if re.search(library, target) and not path.endswith("_internal.hpp") and not in_private_header(path):
                breach(path, number, f"{target} in a public header: builds get slow for everyone")


def in_private_header(path):
    """A header that only its own folder includes may name the library it wraps."""
    folder, name = os.path.split(path)
    module = folder.split("/", 1)[1] + "/" + name
    for other in CPP:
        if other.startswith(folder + "/") or not other.startswith("simulator/"):
            continue
        if f'"{module}"' in CONTENTS[other]:
            return False
    return True


def check_text(path, text):
    saw("text files")
    for number, line in enumerate(text.splitlines(), 1):
        if line != line.rstrip() and not path.endswith((".walk", ".eml", ".md", ".jsonl", ".txt")) and "/invalid/" not in path:
            breach(path, number, "white space at the end of the line")
        if path.startswith("tests/") and not path.startswith("tests/tidy/"):
            if re.search(r"sleep_for|sleep_until|\busleep\(|\btime\.sleep\(|^\s*sleep [0-9]", line):
                if "lower bound" not in line and "looks again" not in line:
                    breach(path, number, "a test that sleeps (wait for an event with a deadline; a comment says `lower bound` or `looks again`)")


CONTENTS = {}
CPP = []


def main():
    for path in tracked_files():
        if path.endswith((".hpp", ".cpp", ".ipp", ".py", ".sh", ".yaml", ".md", ".cmake", ".json", "CMakeLists.txt")):
            with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as file:
                CONTENTS[path] = file.read()
    CPP.extend(p for p in CONTENTS if p.endswith((".hpp", ".cpp", ".ipp")))
    for path, text in sorted(CONTENTS.items()):
        check_text(path, text)
    for path in sorted(CPP):
        check_cpp(path, CONTENTS[path].splitlines())
    for rule in ("C++ files", "text files", "includes between folders"):
        if not looked_at.get(rule):
            breach("tests/tidy/tidy.py", 1, f"saw no {rule}")
    for line in breaches:
        print(line)
    print(f"tidy: {len(breaches)} breach(es) in {looked_at.get('text files', 0)} files")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
