#!/usr/bin/env python3
"""What a message, a waiting session and a TLS handshake cost one, two and three servers that share a store and a journal
(`serve --store … --journal store`), and what they cost a server alone, with its state in memory and its journal in a file.

Each server has as many sessions of its own; the rounds alternate between the numbers of servers. A figure is the median of
its rounds, a ratio the median of the ratios within each round. Load generators and Redis need the same cores: CPU time for
each message is compared, not messages per second.

    nodes_bench.py            with TEMPFAIL_BIN=BUILD/bin
    nodes_bench.py --brief    a few hundred messages
"""
import argparse
import contextlib
import json
import pathlib
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "tests/support"))

from redis_server import RedisServer  # noqa: E402 (needs the path)
from served import Served, program  # noqa: E402
from smtp_bench import WORDS, cpu_seconds  # noqa: E402

LOADS = {"single": (), "kept": ("--messages-per-session", "0"), "pipelined": ("--messages-per-session", "0", "--pipelined")}
PARTS = ("messages", "handshakes", "waiting")
ALONE = 0  # servers: one, without a store
TIMEOUT_SECONDS = 600
SOCKET_SECONDS = 120.0


def resident_bytes(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise SystemExit(f"no memory of {pid}")


class Group:
    """So many servers of one run, and their Redis server; ALONE: one server without."""

    def __init__(self, stack, folder, nodes, options=(), implicit=False):
        self.nodes = nodes
        self.redis = None
        if nodes == ALONE:
            more = [("--journal", pathlib.Path(tempfile.mkdtemp(dir=folder)) / "journal.jsonl")]
        else:
            self.redis = stack.enter_context(RedisServer())
            more = [("--store", self.redis.address, "--journal", "store")] * nodes
        self.servers = [stack.enter_context(Served("healthy", options=(*one, "--quiet", *options), implicit=implicit)) for one in more]

    def places(self):
        return [server.ports["healthy"] for server in self.servers]

    def cpu(self):
        """Of the servers, and of Redis."""
        return (sum(cpu_seconds(server.process_id()) for server in self.servers),
                cpu_seconds(self.redis.process_id()) if self.redis else 0.0)

    def resident(self):
        return sum(resident_bytes(server.process_id()) for server in self.servers)

    def info(self, section, name):
        if not self.redis:
            return 0
        for line in self.redis.ask("INFO", section).decode().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.partition(":")[2].partition(",")[0].rpartition("=")[2])
        return 0

    def counts(self):
        return (self.info("commandstats", "cmdstat_evalsha"), self.info("commandstats", "cmdstat_xadd"),
                self.info("memory", "used_memory"))


def at_once(work, places):
    """For each place; a failure of one is one of all."""
    failures = []

    def guarded(place):
        try:
            work(place)
        except BaseException as failure:  # pylint: disable=broad-except # raised below
            failures.append(failure)
    threads = [threading.Thread(target=guarded, args=(place,)) for place in places]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def measure(group, count, work):
    """Of each of `count`: microseconds of the servers and of Redis, questions, entries, bytes of Redis' memory."""
    cpu, counts = group.cpu(), group.counts()
    at_once(work, group.places())
    used = [after - before for before, after in zip((*cpu, *counts), (*group.cpu(), *group.counts()))]
    names = ("servers_us", "redis_us", "questions", "entries", "memory")
    return {name: figure / count * (1e6 if name.endswith("_us") else 1) for name, figure in zip(names, used)}


def load(mode, sessions, messages):
    def work(place):
        address, port = place
        done = subprocess.run([program("tempfail-send"), "load", "--host", address, "--port", str(port), "--messages", str(messages),
                               "--sessions", str(sessions), *LOADS[mode]], capture_output=True, text=True, check=False,
                              timeout=TIMEOUT_SECONDS)
        if done.returncode != 0:
            raise SystemExit(f"the load failed: {done.stdout}{done.stderr}")
    return work


def handshakes(count):
    """Full ones: each with a context of its own, which knows no session."""
    def work(place):
        for _ in range(count):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            with socket.create_connection(place, SOCKET_SECONDS) as plain, context.wrap_socket(plain) as client:
                if client.session_reused or not client.recv(1024).startswith(b"220"):
                    raise SystemExit("no full handshake with a greeting")
    return work


def table(arguments, name, count_each, work, implicit=False):
    with tempfile.TemporaryDirectory(prefix="tempfail-bench-") as folder, contextlib.ExitStack() as stack:
        groups = [Group(stack, folder, nodes, implicit=implicit) for nodes in [ALONE, *arguments.nodes]]
        rounds = [[measure(group, count_each * max(group.nodes, 1), work) for group in groups] for _ in range(arguments.rounds)]
    rows = []
    for place, group in enumerate(groups):
        figures = {key: round(statistics.median(one[place][key] for one in rounds), 3 if key in ("questions", "entries") else 1)
                   for key in rounds[0][place]}
        ratio = statistics.median(one[place]["servers_us"] / one[min(1, len(one) - 1)]["servers_us"] for one in rounds)
        added = statistics.median(one[place]["servers_us"] - one[0]["servers_us"] for one in rounds)
        rows.append({"load": name, "nodes": group.nodes, **figures, "to_one": round(ratio, 2), "added_us": round(added, 1)})
        print_row(rows[-1])
    return rows


def waiting(arguments):
    """Bytes for each session that waits after EHLO."""
    rows = []
    for nodes in [ALONE, *arguments.nodes]:
        with tempfile.TemporaryDirectory(prefix="tempfail-bench-") as folder, contextlib.ExitStack() as stack:
            group = Group(stack, folder, nodes)
            each = arguments.waiting // max(nodes, 1)
            clients = [open_session(place) for place in group.places() for _ in range(50)]  # what is needed once
            resident, memory = group.resident(), group.info("memory", "used_memory")
            more = [open_session(place) for place in group.places() for _ in range(each)]
            used, stored = group.resident() - resident, group.info("memory", "used_memory") - memory
            for client in [*clients, *more]:
                client.close()
        rows.append({"load": "waiting sessions", "nodes": nodes, "sessions": len(more), "server_bytes": round(used / len(more)),
                     "redis_bytes": round(stored / len(more))})
        print(f"{len(more)} sessions that wait after EHLO, {words_of(nodes)}: {rows[-1]['server_bytes']:,} bytes of the servers each, "
              f"{rows[-1]['redis_bytes']:,} of Redis", flush=True)
    return rows


def open_session(place):
    client = socket.create_connection(place, SOCKET_SECONDS)
    received = client.recv(4096)
    client.sendall(b"EHLO client.test\r\n")
    received = client.recv(4096)
    while b"250 " not in received:
        received += client.recv(4096)
    return client


def words_of(nodes):
    return "alone, without a store" if nodes == ALONE else f"{nodes} with a store"


def print_row(row):
    print(f"{row['load']:<40}{row['nodes'] or 'alone':>6}{row['servers_us']:>9}{row['to_one']:>8}{row['added_us']:>8}{row['redis_us']:>8}"
          f"{row['questions']:>8.2f}{row['entries']:>8.3f}{row['memory']:>8.0f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--messages", type=int, default=6000, help="to each server")
    parser.add_argument("--sessions", type=int, nargs="+", default=[10, 100], help="with each server")
    parser.add_argument("--handshakes", type=int, default=300, help="with each server")
    parser.add_argument("--waiting", type=int, default=3000, help="waiting sessions in all")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--brief", action="store_true", help="few messages, one round")
    parser.add_argument("--json", type=pathlib.Path, help="write the table here, too")
    arguments = parser.parse_args()
    if arguments.brief:
        arguments.messages, arguments.sessions, arguments.handshakes, arguments.waiting, arguments.rounds = 100, [10], 10, 60, 1
    print("CPU microseconds of all servers for each message, its ratio to one server's, what is added to a server alone; CPU "
          "microseconds,\nquestions, entries of the stream and bytes of memory of Redis for each message")
    print(f"{'load':<40}{'nodes':>6}{'servers':>9}{'to one':>8}{'added':>8}{'Redis':>8}{'quest.':>8}{'entries':>8}{'memory':>8}")
    rows = []
    for mode in LOADS if "messages" in arguments.only else ():
        for sessions in arguments.sessions:
            rows += table(arguments, f"{WORDS[mode]}, {sessions}", arguments.messages, load(mode, sessions, arguments.messages))
    if "handshakes" in arguments.only:
        rows += table(arguments, "full TLS handshakes, with the greeting", arguments.handshakes, handshakes(arguments.handshakes),
                      implicit=True)
    if "waiting" in arguments.only:
        rows += waiting(arguments)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
