#!/usr/bin/env python3
"""How long `tempfail judge` takes, with reading, and how much memory: over a journal in a file, and over the stream in a
store. The journals are those of real sessions, one message in each; the time for a million is computed from the largest.

    judge_bench.py            with TEMPFAIL_BIN=BUILD/bin
    judge_bench.py --brief    a few hundred sessions
"""
import argparse
import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "tests/support"))

from redis_server import RedisServer  # noqa: E402 (needs the path)
from served import Served, program  # noqa: E402
from smtp_bench import cpu_seconds  # noqa: E402

SCENARIOS = ("healthy", "greylisted")  # the first delivers; the second defers all, and no retry comes
TIMEOUT_SECONDS = 1800
RUN = "judged"


def send(place, sessions):
    """One message in each session."""
    done = subprocess.run([program("tempfail-send"), "load", "--host", place[0], "--port", str(place[1]), "--messages", str(sessions),
                           "--sessions", "50", "--json"], capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False)
    counted = json.loads(done.stdout)
    if counted["messages"] != sessions:
        raise SystemExit(f"the load failed: {done.stdout}{done.stderr}")


def judge(words, answers):
    """Seconds in all, seconds of the processor, bytes of memory at most."""
    begin = time.monotonic()
    with subprocess.Popen([program(), "judge", *words, "--json"], stdout=subprocess.PIPE) as process:
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    elapsed = time.monotonic() - begin
    if process.returncode not in (0, 1, 4):
        raise SystemExit(f"judge ended with {process.returncode}")
    answers.append([(case["scenario"], case["answer"]) for case in json.loads(said)["cases"]])
    return {"seconds": elapsed, "cpu_seconds": usage.ru_utime + usage.ru_stime, "memory": usage.ru_maxrss * 1024}


def measure(arguments, scenario, sessions):
    rows, answers = [], []
    with tempfile.TemporaryDirectory(prefix="tempfail-bench-") as folder, contextlib.ExitStack() as stack:
        file = pathlib.Path(folder) / "journal.jsonl"
        with Served(scenario, options=("--journal", file, "--quiet")) as served:
            send(served.ports[scenario], sessions)
        redis = stack.enter_context(RedisServer())
        with Served(scenario, options=("--store", redis.address, "--store-run", RUN, "--journal", "store", "--quiet")) as served:
            send(served.ports[scenario], sessions)
        size = {"file": file.stat().st_size, "stream": redis.ask("MEMORY", "USAGE", f"tempfail:{RUN}:journal", "SAMPLES", "0")}
        for kind, words in (("file", [file]), ("stream", ["--from", redis.address, "--store-run", RUN])):
            store = cpu_seconds(redis.process_id())
            rounds = [judge(words, answers) for _ in range(arguments.rounds)]
            store = (cpu_seconds(redis.process_id()) - store) / arguments.rounds
            middle = {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}
            rows.append({"scenario": scenario, "sessions": sessions, "journal": kind, "seconds": round(middle["seconds"], 3),
                         "cpu_seconds": round(middle["cpu_seconds"], 3), "cpu_seconds_per_million": round(
                             middle["cpu_seconds"] / sessions * 1e6, 1), "redis_seconds": round(store, 3), "answers": answers[-1],
                         "journal_bytes_per_session": round(size[kind] / sessions), "memory_per_session": round(
                             middle["memory"] / sessions)})
            print_row(rows[-1])
    if any(answer != answers[0] for answer in answers):
        raise SystemExit(f"not the same answers: {answers}")
    return rows


def print_row(row):
    print(f"{row['scenario']:<12}{row['sessions']:>9}{row['journal']:>8}{row['seconds']:>9}{row['cpu_seconds']:>9}"
          f"{row['cpu_seconds_per_million']:>12}{row['redis_seconds']:>8}{row['journal_bytes_per_session']:>9}"
          f"{row['memory_per_session']:>9}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, nargs="+", default=[20_000, 100_000])
    parser.add_argument("--scenarios", nargs="+", choices=SCENARIOS, default=SCENARIOS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--brief", action="store_true", help="few sessions, one round")
    parser.add_argument("--json", type=pathlib.Path, help="write the table here, too")
    arguments = parser.parse_args()
    if arguments.brief:
        arguments.sessions, arguments.rounds = [300], 1
    print("seconds in all, of the processor, of the processor for a million sessions, of Redis; bytes of the journal and of the "
          "judge's memory\nfor each session")
    print(f"{'scenario':<12}{'sessions':>9}{'journal':>8}{'seconds':>9}{'cpu':>9}{'a million':>12}{'Redis':>8}{'journal':>9}{'memory':>9}")
    rows = [row for scenario in arguments.scenarios for sessions in arguments.sessions
            for row in measure(arguments, scenario, sessions)]
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
