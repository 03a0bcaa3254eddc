#!/usr/bin/env python3
"""Compares what a message costs the server: tempfail, a minimal canned-reply server, Postfix's smtp-sink.

All in one run, with the same load generator. What is compared is the CPU time of the server's process (user
and system) per message, which the machine's other work disturbs least. The rounds of the servers alternate; a
figure is the median of its rounds, and a ratio the median of the ratios within each round, so that a moment in
which the whole machine is fast or slow touches both sides of it.

    smtp_bench.py --bin BUILD/bin            the whole table
    smtp_bench.py --bin BUILD/bin --brief    a few hundred messages: shows that all of it works
"""
import argparse
import json
import os
import pathlib
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

from processor_time import seconds_of

MODES = ["single", "kept", "pipelined"]
WORDS = {"single": "one message per session", "kept": "kept-open sessions", "pipelined": "pipelined"}


def cpu_seconds(pid):
    """User and system time of a process of one thread: the scheduler's own count, in nanoseconds."""
    try:
        return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    except (FileNotFoundError, IndexError):
        return seconds_of(pid)


class Server:
    """A server under test, in a process of its own."""

    def __init__(self, name, command, port=None, environment=None):
        self.name = name
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        self.port = port
        if port is None:
            said = self.process.stdout.readline().split()
            if len(said) != 2:
                self.stop()
                raise SystemExit(f"{name} did not start")
            self.port = int(said[1])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port, process):
    for _ in range(600):
        if process.poll() is not None:
            return False
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.05)  # looks again, 600 times at most
    return False


def start_sink(arguments):
    """Postfix's smtp-sink, or None (said aloud) where it can't be had."""
    fetch = pathlib.Path(__file__).resolve().parents[1] / "peers" / "fetch_peer.py"
    environment = dict(os.environ)
    if arguments.smtp_sink:
        program = arguments.smtp_sink
    else:
        found = subprocess.run([sys.executable, fetch, "postfix", "--print", "smtp-sink"], capture_output=True,
                               text=True)
        if found.returncode != 0:
            print(f"smtp-sink is not here, the comparison goes without it: {found.stderr.strip()}")
            return None
        program = found.stdout.strip()
        variables = subprocess.run([sys.executable, fetch, "postfix", "--print-env"], capture_output=True,
                                   text=True, check=True).stdout
        for line in variables.splitlines():
            name, _, value = line.partition("=")
            environment[name] = value
    port = free_port()
    command = [program, *(["-u", "nobody"] if os.geteuid() == 0 else []), f"127.0.0.1:{port}", "4096"]
    server = Server("smtp-sink", command, port, environment)
    if not wait_for_port(port, server.process):
        print("smtp-sink does not start here, the comparison goes without it")
        return None
    return server


def measure(arguments, server, mode, sessions, messages, size):
    """CPU microseconds of the server per message."""
    before = cpu_seconds(server.process.pid)
    load = subprocess.run([arguments.bin / "load_generator", str(server.port), mode, str(sessions), str(messages),
                           str(size)], capture_output=True, text=True, timeout=300)
    if load.returncode != 0:
        raise SystemExit(f"{server.name}, {mode}, {sessions} sessions, {size} bytes: the load failed: "
                         f"{load.stdout}{load.stderr}")
    return (cpu_seconds(server.process.pid) - before) / messages * 1e6


def compare_servers(servers, rounds, measure_one):
    """The median cost of each server by its name, and that of tempfail's ratios to it, each within a round."""
    costs = [{server.name: measure_one(server) for server in servers} for _ in range(rounds)]
    names = costs[0].keys()
    return ({name: statistics.median(of[name] for of in costs) for name in names},
            {name: statistics.median(of["tempfail"] / of[name] for of in costs) for name in names})


def compare(arguments, servers, mode, sessions, size):
    messages = arguments.messages if size <= 10_000 else max(arguments.messages // 8, 20)
    costs, ratios = compare_servers(servers, arguments.rounds, lambda server: measure(
        arguments, server, mode, sessions, max(messages, 2 * sessions), size))
    row = {"mode": mode, "sessions": sessions, "bytes": size, "to_minimal": round(ratios["minimal"], 2),
           "cpu_us": {name: round(cost, 1) for name, cost in costs.items()}}
    if "smtp-sink" in costs:
        row["to_smtp_sink"] = round(ratios["smtp-sink"], 2)
    return row


def print_row(row):
    cells = [f"{WORDS[row['mode']]:<24}", f"{row['sessions']:>8}", f"{row['bytes']:>8}"]
    cells += [f"{row['cpu_us'].get(name, float('nan')):>10.1f}" for name in ("minimal", "tempfail", "smtp-sink")]
    cells += [f"{row['to_minimal']:>10.2f}", f"{row.get('to_smtp_sink', float('nan')):>10.2f}"]
    print("  ".join(cells), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of the benchmark programs")
    parser.add_argument("--brief", action="store_true", help="few messages, one round")
    parser.add_argument("--messages", type=int, default=20_000, help="per measurement; an eighth of it when they are large")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--modes", nargs="+", choices=MODES, default=MODES)
    parser.add_argument("--sessions", nargs="+", type=int, default=[10, 100, 1000])
    parser.add_argument("--sizes", nargs="+", type=int, default=[1024, 102_400])
    parser.add_argument("--smtp-sink", help="path of smtp-sink; default: the one from Debian's package")
    parser.add_argument("--no-smtp-sink", action="store_true")
    parser.add_argument("--json", type=pathlib.Path, help="write the table here, too")
    arguments = parser.parse_args()
    if arguments.brief:
        arguments.messages, arguments.rounds, arguments.sessions = 200, 1, [10]

    with tempfile.TemporaryDirectory(prefix="tempfail-bench-") as folder:
        servers = []
        rows = []
        try:
            servers.append(Server("minimal", [arguments.bin / "minimal_server"]))
            journal = os.path.join(folder, "journal.jsonl")
            servers.append(Server("tempfail", [arguments.bin / "session_server", journal]))
            sink = None if arguments.no_smtp_sink else start_sink(arguments)
            servers += [sink] if sink else []
            print("server CPU per message in microseconds, and ratios of tempfail's to the others'")
            print(f"{'':<24}  sessions     bytes     minimal    tempfail   smtp-sink  /minimal    /smtp-sink")
            for size in arguments.sizes:
                for mode in arguments.modes:
                    for sessions in arguments.sessions:
                        rows.append(compare(arguments, servers, mode, sessions, size))
                        print_row(rows[-1])
        finally:
            for server in servers:
                server.stop()
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
