#!/usr/bin/env python3
"""Do the tests of the judge notice when it is changed? Changes it in small ways, one at a time, and runs them.

A change is *killed* when a test program fails or does not end in time, *survives* when all pass, and is *not compiled*
when the compiler refuses it. Changes that make no difference stand in equivalent.txt, each with its reason, and do not
count; more than 5 % of the sample is too many. The share that was killed is printed last.

Works on copies of the sources under --scratch, each with a build of its own. Started again with the same sources, it
goes on where it was stopped: results are kept in --scratch as they come. With other sources everything is tried again.

--keep-killed is for the time in which tests are written. A change that was killed, or that did not compile, is not
tried again as long as the file that it changes is as it was. It assumes that tests were only added since, none changed
or taken out, and that nothing else in the product makes the change harmless. Neither is checked, so a figure that is
to be believed comes from a run without it. The report says how many outcomes were kept.
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
import re
import shlex
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
INCLUDE = re.compile(r'^#include (["<][^">]+[">])', re.MULTILINE)
MEMORY_LIMIT = 4 << 20  # KB: a loop without end must not take the machine's

# What is changed: files; of these only the functions in which the pattern is found; the programs that are to notice,
# with their arguments. Slow tests are about sizes, and are not asked. What ends in .py is run with the programs after it.
VERDICT = "test_verdict ~[slow]~[.]"
TARGETS = (
    ("simulator/verdict/**/*.cpp", None, (VERDICT,)),
    ("simulator/journal/read*.cpp", None, ("test_journal ~[slow]~[.]", VERDICT)),
    ("simulator/journal/writer_registry.cpp", None, ("test_journal ~[slow]~[.]", VERDICT)),
    ("simulator/report/*.cpp", None, ("test_report", "tests/report/reports_test.py write_sample_reports")),
    # Where exchanges are stamped.
    ("simulator/session/*.cpp", r"record_exchange|event::Exchange|\bstamp", ("test_session",)),
)
COPIED = ("CMakeLists.txt", "cmake", "version", "base", "simulator", "client", "scenarios", "tests", "docs", "README.md", "scripts")


class Project:
    """What is built and run. The self-test has one of its own."""

    def __init__(self, root, targets, copied, configure, build, built_in, arguments=(), commands=None):
        self.root = pathlib.Path(root)
        self.targets = targets
        self.copied = copied
        self.configure = configure  # commands, run in the copy
        self.build = build  # a command; the programs come after it
        self.built_in = built_in  # the folder of the copy where the programs are
        self.arguments = arguments  # of each program
        self.commands = commands  # compile_commands.json in the copy; None: headers are not compiled beforehand

    def mutations(self, only=None):
        found = []
        for pattern, functions, _ in self.targets:
            for name in sorted(glob.glob(pattern, root_dir=self.root, recursive=True)):
                if only is None or fnmatch.fnmatch(name, only):
                    text = (self.root / name).read_text(encoding="utf-8")
                    found += mutations_of(Source(name, text), functions)
        return found

    def target_of(self, path):
        """The pattern of the files that are compiled as this one is."""
        return next(pattern for pattern, _, _ in self.targets
                    if path in glob.glob(pattern, root_dir=self.root, recursive=True))

    def programs_for(self, mutations):
        """Those that are to notice one of them, with their arguments, in the order of the targets."""
        paths = {mutation.path for mutation in mutations}
        found = {}
        for pattern, _, programs in self.targets:
            if paths & set(glob.glob(pattern, root_dir=self.root, recursive=True)):
                found.update(dict.fromkeys(programs))
        return list(found)


def tempfail():
    build = "build/mutation"
    linker = fast_linker()
    return Project(
        ROOT, TARGETS, COPIED,
        [["cmake", "-S", ".", "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=None", "-DCMAKE_CXX_FLAGS=-O0",
          f"-DCMAKE_EXE_LINKER_FLAGS={'-fuse-ld=' + linker if linker else ''}", "-DTEMPFAIL_TESTS=ON",
          "-DTEMPFAIL_BENCH=OFF"]],
        ["ninja", "-C", build, "-j{jobs}"], f"{build}/tests", ("--abort",), f"{build}/compile_commands.json")


def fast_linker():
    """One that the compiler can use and that is faster than the usual one; empty: there is none."""
    compiler = os.environ.get("CXX", "c++")
    for name in ("mold", "lld", "gold"):
        if shutil.which(f"ld.{name}") and shutil.which(compiler) and subprocess.run(
                [compiler, f"-fuse-ld={name}", "-Wl,--version"], capture_output=True, check=False).returncode == 0:
            return name
    return ""


def run(command, directory, limit, **environment):
    """(exit status or None when it did not end in time, output). What it started ends with it."""
    environment = dict(os.environ, CCACHE_BASEDIR=str(directory), CCACHE_NOHASHDIR="1", **environment)
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
        self.seconds = {}  # that a program takes when all is well
        self.preludes = {}  # by target: the headers of its files in one, compiled

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
            self.seconds[program] = monotonic() - began
            self.limits[program] = 10 + 10 * self.seconds[program]

    def prelude(self, path):
        """Most of the time that a file takes goes into its headers, so they are compiled once for each target. A line
        that includes them; empty: there is none."""
        if self.project.commands is None:
            return ""
        pattern = self.project.target_of(path)
        if pattern not in self.preludes:
            self.preludes[pattern] = self._compile_headers(pattern, path)
        return self.preludes[pattern]

    def _compile_headers(self, pattern, path):
        commands = json.loads((self.directory / self.project.commands).read_text(encoding="utf-8"))
        entry = next(entry for entry in commands if pathlib.Path(entry["file"]) == self.directory / path)
        words = shlex.split(entry["command"])
        words = words[next(i for i, word in enumerate(words) if re.search(r"(\+\+|clang)[^/]*$", word)):]
        cut = words.index("-o")
        includes = set()
        for name in glob.glob(pattern, root_dir=self.directory, recursive=True):
            includes.update(INCLUDE.findall((self.directory / name).read_text(encoding="utf-8")))
        header = pathlib.Path(entry["directory"]) / f"prelude-{len(self.preludes)}.hpp"
        header.write_text("".join(f"#include {name}\n" for name in sorted(includes)), encoding="utf-8")
        status, output = run([*words[:cut], "-x", "c++-header", str(header), "-o", f"{header}.gch"], self.directory,
                             BUILD_LIMIT)
        if status != 0:
            sys.exit(f"the headers of {pattern} do not compile as one:\n{output}")
        return f'#include "{header}"\n'

    def try_out(self, mutation):
        """killed, survived or not compiled, and by what. The quickest program is asked first."""
        path = self.directory / mutation.path
        changed = path.with_name(path.name + ".changed")
        original = path.read_text(encoding="utf-8")
        programs = sorted(self.project.programs_for([mutation]), key=lambda program: self.seconds[program])
        try:
            # A change may leave a name unused, which is no error in a header of the system. All that is not changed is
            # compiled with the project's own options, so that a cache has it already.
            changed.write_text("#pragma GCC system_header\n" + mutation.apply(original), encoding="utf-8")
            path.write_text(f'{self.prelude(mutation.path)}#include "{changed.name}"\n', encoding="utf-8")
            built, _ = self._build(programs, CCACHE_DISABLE="1")  # it can do nothing for a change
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
            changed.unlink(missing_ok=True)

    def _limited(self, program):
        name, *arguments = program.split()
        built = self.directory / self.project.built_in
        if name.endswith(".py"):
            command = [sys.executable, str(self.directory / name), *(str(built / one) for one in arguments)]
        else:
            command = [str(built / name), *arguments, *self.project.arguments]
        return ["sh", "-c", f'ulimit -v {MEMORY_LIMIT}; exec "$0" "$@"', *command]

    def _build(self, programs, **environment):
        command = [word.replace("{jobs}", str(self.compilers)) for word in self.project.build]
        names = dict.fromkeys(name for program in programs for name in built_for(program))
        status, output = run([*command, *names], self.directory, BUILD_LIMIT, **environment)
        return status == 0, output


def built_for(program):
    name, *arguments = program.split()
    return arguments if name.endswith(".py") else [name]


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
    """What is known already: a line of JSON for each change, good as long as all sources stay as they were."""

    def __init__(self, path, root, keep_killed=False):
        self.path = path
        self.root = root
        self.keep_killed = keep_killed
        self.kept = {}  # by key and digest of the file: what --keep-killed goes by
        self.digests = {}
        self.known = {}
        self.lock = threading.Lock()
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                try:
                    entry = json.loads(line)
                    self.known[entry["key"], entry["sources"]] = entry
                    if entry["outcome"] in ("killed", "not compiled"):
                        self.kept[entry["key"], entry["file_digest"]] = entry
                except (ValueError, KeyError):
                    pass  # the line that was being written when the last run was stopped

    def sources(self, project):
        """One hash of all that the outcome depends on: what is changed, and what it is tested with. All of it is read
        once, so that the sources may be edited while copies of them are tried out."""
        if not self.digests:
            digest = hashlib.sha1()
            for name in project.copied:
                top = project.root / name
                files = [top] if top.is_file() else sorted(
                    file for file in top.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
                for file in files:
                    if file.suffix in (".cpp", ".hpp", ".jsonl", ".txt", ".cmake", ".yaml"):
                        if HERE not in file.parents:
                            path, text = str(file.relative_to(project.root)), file.read_bytes()
                            digest.update(path.encode() + b"\0" + text)
                            self.digests[path] = hashlib.sha1(text).hexdigest()[:16]
            self.digests["all"] = digest.hexdigest()[:16]
        return self.digests["all"]

    def get(self, mutation, sources):
        entry = self.known.get((mutation.key, sources))
        if entry is None and self.keep_killed:
            entry = self.kept.get((mutation.key, self.digests[mutation.path]))
            entry = entry and dict(entry, kept=True)
        return entry

    def add(self, mutation, sources, outcome, by, seconds):
        entry = {"key": mutation.key, "sources": sources, "file_digest": self.digests[mutation.path],
                 "file": mutation.path, "line": mutation.line, "kind": mutation.kind, "before": mutation.before,
                 "after": mutation.after, "outcome": outcome, "by": by, "seconds": round(seconds, 1)}
        with self.lock:
            self.known[mutation.key, sources] = entry
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry) + "\n")
        return entry


def chosen(mutations, sample, seed):
    """Each change draws a lot of its own, so an edit of the sources leaves most of a sample as it was."""
    if sample >= len(mutations):
        return mutations
    drawn = sorted(mutations, key=lambda m: hashlib.sha1(f"{seed} {m.key}".encode()).digest())
    return sorted(drawn[:sample], key=lambda m: (m.path, m.begin, m.replacement))


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
            began = monotonic()
            outcome, by = copy.try_out(mutation)
            seconds = monotonic() - began
            results.add(mutation, sources, outcome, by, seconds)
            say(f"{total - todo.qsize():4}/{total}  {outcome:12}  {seconds:5.1f} s  {mutation.path}:{mutation.line}  "
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
    seconds = sorted(entry["seconds"] for entry in entries)
    return {"files": files, "totals": totals, "survivors": survivors,
            "kept": sum(1 for entry in entries if entry.get("kept")),
            "seconds": {"median": seconds[len(seconds) // 2], "sum": round(sum(seconds), 1)} if seconds else None,
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
    if report["seconds"] is not None:
        median, minutes = report["seconds"]["median"], report["seconds"]["sum"] / 60
        print(f"\n{median:.1f} s for a change (median), {minutes:.0f} min in all")
    if report["kept"]:
        print(f"{report['kept']} outcomes were kept from runs with fewer tests")
    if report["score"] is not None:
        tried = report["totals"]["killed"] + report["totals"]["survived"]
        print(f"{report['totals']['killed']} of {tried} killed: {report['score']:.1%}")


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
    parser.add_argument("--keep-killed", action="store_true",
                        help="do not try again what was killed while the file that is changed was as it is now; "
                             "see above for what this assumes")
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
    results = Results(options.scratch / "results.jsonl", ROOT, options.keep_killed)
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
