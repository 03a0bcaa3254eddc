#!/usr/bin/env python3
"""Do the tests of the judge notice when it is changed? Changes it in small ways, one at a time, and runs them.

A change is *killed* when a test program fails or does not end in time, *survives* when all pass, and is *not compiled*
when the compiler refuses it. Changes that make no difference stand in equivalent.txt, each with its reason, and do not
count; more than 5 % of the sample is too many. The share that was killed is printed last.

Works on copies of the sources under --scratch, each with a build of its own. Started again with the same sources, it
goes on where it was stopped: results are kept in --scratch as they come.
"""
import argparse
import concurrent.futures
import fnmatch
import glob
import hashlib
import json
import os
import pathlib
import queue
import random
import shutil
import signal
import subprocess
import sys
import threading
from time import monotonic

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from mutations import mutations_of, one_line  # noqa: E402
from source import Source  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
MOST_EQUIVALENT = 0.05
BUILD_LIMIT = 1800  # seconds, for one change
MEMORY_LIMIT = 4 << 20  # KB: a loop without end must not take the machine's

# What is changed: files; of these only the functions in which the pattern is found; the programs that are to notice.
TARGETS = (
    ("simulator/verdict/**/*.cpp", None, ("test_verdict",)),
    ("simulator/journal/reader.cpp", None, ("test_journal", "test_verdict")),
    # Where exchanges are stamped.
    ("simulator/session/*.cpp", r"record_exchange|event::Exchange|\bstamp", ("test_session",)),
)
COPIED = ("CMakeLists.txt", "cmake", "simulator", "client", "scenarios", "tests", "docs", "README.md", "scripts")


class Project:
    """What is built and run. The self-test has one of its own."""

    def __init__(self, root, targets, copied, configure, build, built_in):
        self.root = pathlib.Path(root)
        self.targets = targets
        self.copied = copied
        self.configure = configure  # commands, run in the copy
        self.build = build  # a command; the programs come behind it
        self.built_in = built_in  # the folder of the copy where the programs are

    def mutations(self, only=None):
        found = []
        for pattern, functions, _ in self.targets:
            for name in sorted(glob.glob(pattern, root_dir=self.root, recursive=True)):
                if only is None or fnmatch.fnmatch(name, only):
                    text = (self.root / name).read_text(encoding="utf-8")
                    found += mutations_of(Source(name, text), functions)
        return found

    def programs_for(self, mutations):
        """Those that are to notice one of them, in the order of the targets."""
        paths = {mutation.path for mutation in mutations}
        found = {}
        for pattern, _, programs in self.targets:
            if paths & set(glob.glob(pattern, root_dir=self.root, recursive=True)):
                found.update(dict.fromkeys(programs))
        return list(found)


def tempfail():
    build = "build/mutation"
    return Project(
        ROOT, TARGETS, COPIED,
        [["cmake", "-S", ".", "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=None", "-DCMAKE_CXX_FLAGS=-O0 -w",
          "-DTEMPFAIL_TESTS=ON", "-DTEMPFAIL_BENCH=OFF"]],
        ["ninja", "-C", build, "-j{jobs}"], f"{build}/tests")


def run(command, directory, limit):
    """(exit status or None when it did not end in time, output). What it started ends with it."""
    environment = dict(os.environ, CCACHE_BASEDIR=str(directory), CCACHE_NOHASHDIR="1")
    with subprocess.Popen(command, cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, env=environment, start_new_session=True) as process:
        try:
            output, _ = process.communicate(timeout=limit)
            return process.returncode, output.decode(errors="replace")
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return None, ""


class Copy:
    """A copy of the project with a build of its own."""

    def __init__(self, project, directory, compilers, programs):
        self.project = project
        self.programs = programs
        self.directory = directory
        self.compilers = compilers
        self.limits = {}

    def prepare(self):
        """Copies what has changed, builds it, and sees that all tests pass as it is."""
        self.directory.mkdir(parents=True, exist_ok=True)
        for name in self.project.copied:
            bring(self.project.root / name, self.directory / name)
        for command in self.project.configure:
            status, output = run(command, self.directory, BUILD_LIMIT)
            if status != 0:
                sys.exit(f"{' '.join(command)}\n{output}")
        built, output = self._build(self.programs)
        if not built:
            sys.exit(f"the sources do not build as they are:\n{output}")
        for program in self.programs:
            began = monotonic()
            status, output = run(self._limited(program), self.directory, BUILD_LIMIT)
            if status != 0:
                sys.exit(f"{program} fails with the sources as they are:\n{output}")
            self.limits[program] = 10 + 10 * (monotonic() - began)

    def try_out(self, mutation):
        """killed, survived or not compiled, and by what."""
        path = self.directory / mutation.path
        original = path.read_text(encoding="utf-8")
        programs = self.project.programs_for([mutation])
        try:
            path.write_text(mutation.apply(original), encoding="utf-8")
            built, _ = self._build(programs)
            if not built:
                return "not compiled", ""
            for program in programs:
                status, _ = run(self._limited(program), self.directory, self.limits[program])
                if status is None:
                    return "killed", f"{program} did not end"
                if status != 0:
                    return "killed", program
            return "survived", ""
        finally:
            path.write_text(original, encoding="utf-8")

    def _limited(self, program):
        path = self.directory / self.project.built_in / program
        return ["sh", "-c", f'ulimit -v {MEMORY_LIMIT}; exec "$0"', str(path)]

    def _build(self, programs):
        command = [word.replace("{jobs}", str(self.compilers)) for word in self.project.build]
        status, output = run([*command, *programs], self.directory, BUILD_LIMIT)
        return status == 0, output


def bring(source, target):
    """Copies files that differ, and leaves the moments of the others: they are not compiled again."""
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        names = {entry.name for entry in source.iterdir()} - {"__pycache__"}
        for entry in target.iterdir():
            if entry.name not in names:
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        for name in names:
            bring(source / name, target / name)
    elif source.exists() and (not target.exists() or source.read_bytes() != target.read_bytes()):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        shutil.copymode(source, target)


def read_equivalents(path):
    """{(file, before, after): reason}. An entry: the file, a line after `-`, one after `+`, a reason after `=`."""
    found, entry = {}, {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        mark, rest = (line[0], line[1:]) if line[0] in "-+=" else ("file", line)
        entry[mark] = one_line(rest) if mark in "-+" else rest.strip()
        if mark == "=":
            if set(entry) != {"file", "-", "+", "="} or not entry["="]:
                sys.exit(f"{path}:{number}: an entry has a file, a line with -, one with +, and a reason with =")
            found[entry["file"], entry["-"], entry["+"]] = entry["="]
            entry = {}
    if entry:
        sys.exit(f"{path}: the last entry has no reason")
    return found


class Results:
    """What is known already: a line of JSON for each change, kept as long as its file stays as it was."""

    def __init__(self, path, root):
        self.path = path
        self.root = root
        self.digests = {}
        self.known = {}
        self.lock = threading.Lock()
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                try:
                    entry = json.loads(line)
                    self.known[entry["key"], entry["sources"]] = entry
                except (ValueError, KeyError):
                    pass  # the line that was being written when the last run was stopped

    def sources(self, project):
        """One hash of all that the outcome depends on: what is changed, and what it is tested with."""
        if not self.digests:
            digest = hashlib.sha1()
            for name in project.copied:
                top = project.root / name
                files = [top] if top.is_file() else sorted(
                    file for file in top.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
                for file in files:
                    if file.suffix in (".cpp", ".hpp", ".jsonl", ".txt", ".cmake", ".yaml"):
                        if HERE not in file.parents:
                            digest.update(str(file.relative_to(project.root)).encode() + b"\0" + file.read_bytes())
            self.digests["all"] = digest.hexdigest()[:16]
        return self.digests["all"]

    def get(self, mutation, sources):
        return self.known.get((mutation.key, sources))

    def add(self, mutation, sources, outcome, by):
        entry = {"key": mutation.key, "sources": sources, "file": mutation.path, "line": mutation.line,
                 "kind": mutation.kind, "before": mutation.before, "after": mutation.after, "outcome": outcome,
                 "by": by}
        with self.lock:
            self.known[mutation.key, sources] = entry
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry) + "\n")
        return entry


def chosen(mutations, sample, seed):
    if sample >= len(mutations):
        return mutations
    return sorted(random.Random(seed).sample(mutations, sample), key=lambda m: (m.path, m.begin, m.replacement))


def try_all(project, sample, results, scratch, jobs, say):
    """The entries of the sample, in its order."""
    sources = results.sources(project)
    todo = queue.Queue()
    for mutation in sample:
        if results.get(mutation, sources) is None:
            todo.put(mutation)
    total = todo.qsize()
    programs = project.programs_for(todo.queue)
    if total:
        say(f"{len(sample) - total} of {len(sample)} are known already" if total < len(sample) else
            f"{total} changes to try")

    def work(number):
        copy = Copy(project, scratch / f"copy-{number}", max(1, (os.cpu_count() or 1) // jobs), programs)
        copy.prepare()
        while True:
            try:
                mutation = todo.get_nowait()
            except queue.Empty:
                return
            outcome, by = copy.try_out(mutation)
            results.add(mutation, sources, outcome, by)
            say(f"{total - todo.qsize():4}/{total}  {outcome:12}  {mutation.path}:{mutation.line}  "
                f"{mutation.kind}: {mutation.after}")

    if total:
        workers = min(jobs, total)
        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            try:
                for future in [pool.submit(work, number) for number in range(workers)]:
                    future.result()
            except BaseException:  # Ctrl-C as well: the changes under way are the last
                with todo.mutex:
                    todo.queue.clear()
                raise
    return [results.get(mutation, sources) for mutation in sample]


def summary(entries, equivalents):
    """Counts by file and in all; what is equivalent is in no other column."""
    outcomes = ("killed", "survived", "not compiled", "equivalent")
    files, survivors = {}, []
    for entry in entries:
        outcome = entry["outcome"]
        reason = equivalents.get((entry["file"], entry["before"], entry["after"]))
        if outcome == "survived" and reason:
            outcome = "equivalent"
        if outcome == "survived":
            survivors.append(entry)
        files.setdefault(entry["file"], dict.fromkeys(outcomes, 0))[outcome] += 1
    totals = {outcome: sum(counts[outcome] for counts in files.values()) for outcome in outcomes}
    tried = totals["killed"] + totals["survived"]
    return {"files": files, "totals": totals, "survivors": survivors,
            "score": totals["killed"] / tried if tried else None,
            "equivalent_share": totals["equivalent"] / len(entries) if entries else 0}


def print_report(report):
    width = max([len(name) for name in report["files"]] + [len("in all")])
    print(f"{'':{width}}  killed  survived  not compiled  equivalent")
    rows = sorted(report["files"].items()) + [("in all", report["totals"])]
    for name, counts in rows:
        print(f"{name:{width}}  {counts['killed']:6}  {counts['survived']:8}  {counts['not compiled']:12}  "
              f"{counts['equivalent']:10}")
    if report["survivors"]:
        print("\nsurvivors:")
    for entry in report["survivors"]:
        print(f"{entry['file']}:{entry['line']}  {entry['kind']}\n  - {entry['before']}\n  + {entry['after']}")
    if report["equivalent_share"] > MOST_EQUIVALENT:
        print(f"\n{report['equivalent_share']:.1%} are called equivalent: more than {MOST_EQUIVALENT:.0%}")
    if report["score"] is not None:
        tried = report["totals"]["killed"] + report["totals"]["survived"]
        print(f"\n{report['totals']['killed']} of {tried} killed: {report['score']:.1%}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=200, help="how many changes are tried (200)")
    parser.add_argument("--seed", type=int, default=1, help="which (1)")
    parser.add_argument("--jobs", type=int, default=1, help="copies that are worked on side by side (1)")
    parser.add_argument("--only", metavar="GLOB", help="only files like this: 'simulator/verdict/rules/*'")
    parser.add_argument("--scratch", type=pathlib.Path, default=ROOT / "build" / "mutation",
                        help="where copies and results are (build/mutation)")
    parser.add_argument("--equivalent", type=pathlib.Path, default=HERE / "equivalent.txt",
                        help="changes that make no difference (equivalent.txt)")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="the report for programs")
    parser.add_argument("--list", action="store_true", help="only print the changes of the sample")
    options = parser.parse_args()
    project = tempfail()
    sample = chosen(project.mutations(options.only), options.sample, options.seed)
    if not sample:
        sys.exit("nothing to change: no file is like that")
    if options.list:
        for mutation in sample:
            print(f"{mutation.path}:{mutation.line}  {mutation.kind}\n  - {mutation.before}\n  + {mutation.after}")
        return 0
    equivalents = read_equivalents(options.equivalent)
    options.scratch.mkdir(parents=True, exist_ok=True)
    results = Results(options.scratch / "results.jsonl", ROOT)
    entries = try_all(project, sample, results, options.scratch, max(1, options.jobs),
                      lambda text: print(text, file=sys.stderr, flush=True))
    report = summary(entries, equivalents)
    print_report(report)
    if options.json:
        options.json.write_text(json.dumps({"format": "tempfail-mutations", "format_version": 1, "seed": options.seed,
                                            "sample": len(sample), **report}, indent=2) + "\n", encoding="utf-8")
    return 0 if report["equivalent_share"] <= MOST_EQUIVALENT else 1


if __name__ == "__main__":
    sys.exit(main())
