#!/usr/bin/env python3
"""Compares what a full TLS handshake costs the server: tempfail and a minimal OpenSSL epoll server.

Both in one run, with the same clients: each connects, shakes hands without a session to resume, reads the
greeting and closes. What is compared is the CPU time of the server's process (user and system) per handshake.
The rounds of the servers alternate; a figure is the median of its rounds, and the ratio the median of the ratios
within each round.

    tls_bench.py --bin BUILD/bench            RSA-2048 and ECDSA P-256
    tls_bench.py --bin BUILD/bench --brief    a few dozen handshakes: shows that all of it works
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from smtp_bench import Server, compare_servers, cpu_seconds

KEYS = ["rsa-2048", "ecdsa-p256"]


def measure(arguments, server):
    """CPU microseconds of the server per handshake."""
    before = cpu_seconds(server.process.pid)
    load = subprocess.run([arguments.bin / "tls_load", str(server.port), str(arguments.handshakes),
                           str(arguments.at_once)], capture_output=True, text=True, timeout=300)
    if load.returncode != 0:
        raise SystemExit(f"{server.name}: the load failed: {load.stdout}{load.stderr}")
    return (cpu_seconds(server.process.pid) - before) / arguments.handshakes * 1e6


def compare(arguments, key, folder):
    servers = []
    try:
        servers.append(Server("minimal", [arguments.bin / "tls_minimal_server", key]))
        journal = os.path.join(folder, f"journal-{key}.jsonl")
        servers.append(Server("tempfail", [arguments.bin / "session_server", journal, key]))
        costs, ratios = compare_servers(servers, arguments.rounds, lambda server: measure(arguments, server))
    finally:
        for server in servers:
            server.stop()
    return {"key": key, "cpu_us": {name: round(cost, 1) for name, cost in costs.items()},
            "per_cpu_second": {name: round(1e6 / cost) for name, cost in costs.items()},
            "to_minimal": round(ratios["minimal"], 3)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of the benchmark programs")
    parser.add_argument("--brief", action="store_true", help="few handshakes, one round")
    parser.add_argument("--handshakes", type=int, default=3_000, help="per measurement")
    parser.add_argument("--at-once", type=int, default=32, help="connections that are open at a time")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=pathlib.Path, help="write the table here, too")
    arguments = parser.parse_args()
    if arguments.brief:
        arguments.handshakes, arguments.rounds = 50, 1
    rows = []
    print("full handshakes per CPU-second of the server, CPU microseconds each, and the ratio of these (goal 1.15)")
    print(f"{'key':<12}{'minimal/s':>12}{'tempfail/s':>12}{'minimal us':>12}{'tempfail us':>12}{'ratio':>8}")
    with tempfile.TemporaryDirectory(prefix="tempfail-bench-") as folder:
        for key in KEYS:
            rows.append(compare(arguments, key, folder))
            row = rows[-1]
            cells = [f"{row[what][name]:>12}" for what in ("per_cpu_second", "cpu_us") for name in ("minimal", "tempfail")]
            print(f"{key:<12}{''.join(cells)}{row['to_minimal']:>8.3f}", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
