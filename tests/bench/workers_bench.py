#!/usr/bin/env python3
"""What a message, and a full TLS handshake, cost one and two workers of `tempfail serve` on the same store; and how
evenly the two share.

The rounds alternate between one worker and two; a figure is the median of its rounds, and the ratio the median of the
ratios within each round. The load generator needs a core, too: CPU time is compared, not messages per second.

    workers_bench.py --bin BUILD/bench            with TEMPFAIL_BIN=BUILD/bin
    workers_bench.py --bin BUILD/bench --brief    a few hundred messages: shows that all of it works
"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from smtp_bench import MODES, WORDS, cpu_seconds

START_SECONDS = 60.0


class Run:
    """`tempfail serve` by some workers, with a journal in a file and a store of its own."""

    def __init__(self, workers, folder, *options):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=folder))
        ready = self.folder / "ready.json"
        socket = self.folder / "store"
        program = pathlib.Path(os.environ["TEMPFAIL_BIN"]) / "tempfail"
        self.process = None
        self.redis = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", socket, "--save", "",
                                       "--appendonly", "no", "--dir", self.folder], stdout=subprocess.DEVNULL)
        try:
            self._wait_until(socket.exists)
            self._serve(program, workers, socket, ready, options)
            self._wait_until(ready.exists)
        except BaseException:
            self.stop()
            raise
        said = json.loads(ready.read_text())
        self.port = said["endpoints"][0]["port"]
        self.workers = said.get("workers", [said["pid"]])

    def _serve(self, program, workers, socket, ready, options):
        self.process = subprocess.Popen([program, "serve", "healthy", "--port", "0", "--workers", str(workers), "--store",
                                         f"unix:{socket}", "--journal", self.folder / "journal.jsonl", "--ready-file",
                                         ready, "--quiet", *options], stdout=subprocess.DEVNULL)

    @staticmethod
    def _wait_until(holds):
        end = time.monotonic() + START_SECONDS
        while not holds():
            if time.monotonic() > end:
                raise SystemExit("it does not start")
            time.sleep(0.02)  # looks again, until the deadline

    def cpu(self):
        """Of each worker, and of the store."""
        return [cpu_seconds(pid) for pid in [*self.workers, self.redis.pid]]

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait()
        self.redis.kill()
        self.redis.wait()
        shutil.rmtree(self.folder)


def measure(run, load, count):
    """Microseconds of all workers, and of the store, for each of `count`; and the largest share among the workers."""
    before = run.cpu()
    done = subprocess.run([*map(str, load)], capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        raise SystemExit(f"the load failed: {done.stdout}{done.stderr}")
    used = [after - then for after, then in zip(run.cpu(), before)]
    *workers, store = used
    return sum(workers) / count * 1e6, store / count * 1e6, max(workers) / sum(workers)


def compare(arguments, name, load_of, count, options):
    """A row: the load's name, and the medians."""
    with tempfile.TemporaryDirectory(prefix="tempfail-bench-") as folder:
        runs = [Run(1, folder, *options), Run(2, folder, *options)]
        try:
            rounds = [[measure(run, load_of(run.port), count) for run in runs] for _ in range(arguments.rounds)]
        finally:
            for run in runs:
                run.stop()
    median = statistics.median
    return {"load": name, "one_us": round(median([one[0] for one, _ in rounds]), 1),
            "two_us": round(median([two[0] for _, two in rounds]), 1),
            "ratio": round(median([two[0] / one[0] for one, two in rounds]), 2),
            "store_us": round(median([two[1] for _, two in rounds]), 1),
            "larger_share": round(median([two[2] for _, two in rounds]), 3)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of the load generators")
    parser.add_argument("--brief", action="store_true", help="few messages, one round")
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--handshakes", type=int, default=3_000)
    parser.add_argument("--sessions", type=int, nargs="+", default=[10, 100])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=pathlib.Path, help="write the table here, too")
    arguments = parser.parse_args()
    if arguments.brief:
        arguments.messages, arguments.handshakes, arguments.rounds, arguments.sessions = 200, 50, 1, [10]
    print("CPU microseconds of all workers for each, the ratio of these, those of the store, and the larger worker's share")
    print(f"{'load':<36}{'one':>8}{'two':>8}{'ratio':>8}{'store':>8}{'share':>8}")
    rows = []
    loads = [(f"{WORDS[mode]}, {sessions} sessions", mode, sessions) for mode in MODES for sessions in arguments.sessions]
    for name, mode, sessions in loads:
        generator = arguments.bin / "load_generator"
        rows.append(compare(arguments, name, lambda port, mode=mode, sessions=sessions: [
            generator, port, mode, sessions, arguments.messages, 1024], arguments.messages, []))
        print_row(rows[-1])
    rows.append(compare(arguments, "full TLS handshakes, 32 at once", lambda port: [
        arguments.bin / "tls_load", port, arguments.handshakes, 32], arguments.handshakes, ["--tls"]))
    print_row(rows[-1])
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n")
    return 0


def print_row(row):
    figures = [row[name] for name in ("one_us", "two_us", "ratio", "store_us", "larger_share")]
    print(f"{row['load']:<36}" + "".join(f"{figure:>8}" for figure in figures), flush=True)


if __name__ == "__main__":
    sys.exit(main())
