#!/usr/bin/env python3
"""Compares what a message costs the generator: `tempfail-send load` and Postfix's smtp-source.

Both drive the same server (the minimal canned-reply server, else Postfix's smtp-sink) in one run. What is
compared is the CPU time of the generator's process (user and system) per message, as the kernel gives it when
the process has ended; each figure is the best of its rounds, and the rounds of the two alternate.

    client_load.py --bin BUILD/bin --server BUILD/bench/minimal_server           the whole table
    client_load.py --bin BUILD/bin --server BUILD/bench/minimal_server --brief   only shows that it works

Exits with 1 if `load` costs more than smtp-source somewhere (not with --brief), with 77 if there is no
smtp-source here.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

FETCH = pathlib.Path(__file__).resolve().parents[2] / "peers" / "fetch_peer.py"
SKIPPED = 77
# What a row measures: messages of each session (0: all), and whether ours pipelines. smtp-source never does.
MODES = {
    "one message per session": (1, False),
    "kept-open sessions": (0, False),
    "kept-open, pipelined": (0, True),
}


def smtp_source():
    """Path and environment of smtp-source from Debian's package."""
    found = subprocess.run([sys.executable, FETCH, "postfix", "--print", "smtp-source"], capture_output=True,
                           text=True)
    if found.returncode != 0:
        print(f"no smtp-source here: {found.stderr.strip()}")
        sys.exit(SKIPPED)
    variables = subprocess.run([sys.executable, FETCH, "postfix", "--print-env"], capture_output=True, text=True,
                               check=True).stdout
    environment = dict(os.environ)
    environment.update(line.split("=", 1) for line in variables.splitlines() if "=" in line)
    return found.stdout.strip(), environment


def cpu_microseconds(command, environment, messages):
    """CPU time per message of a command's process."""
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{command[0]} failed: {output}")
    return (usage.ru_utime + usage.ru_stime) / messages * 1e6


def commands(arguments, source, port, mode, sessions, messages, size):
    per_session, pipelined = MODES[mode]
    ours = [str(arguments.bin / "tempfail-send"), "load", f"127.0.0.1:{port}", "--messages", str(messages),
            "--sessions", str(sessions), "--messages-per-session", str(per_session), "--size", str(size)]
    theirs = [source, *([] if per_session == 1 else ["-d"]), "-s", str(sessions), "-m", str(messages),
              "-l", str(size), f"127.0.0.1:{port}"]
    return ours + (["--pipelined"] if pipelined else []), theirs


def compare(arguments, source, port, mode, sessions, size):
    messages = max(arguments.messages if size <= 10_000 else arguments.messages // 8, sessions)
    ours, theirs = commands(arguments, source[0], port, mode, sessions, messages, size)
    best = [float("inf"), float("inf")]
    for _ in range(arguments.rounds):
        best[0] = min(best[0], cpu_microseconds(ours, None, messages))
        best[1] = min(best[1], cpu_microseconds(theirs, source[1], messages))
    return {"mode": mode, "sessions": sessions, "bytes": size, "load_us": round(best[0], 1),
            "smtp_source_us": round(best[1], 1), "ratio": round(best[0] / best[1], 2)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of tempfail-send")
    parser.add_argument("--server", type=pathlib.Path, required=True, help="the minimal server")
    parser.add_argument("--messages", type=int, default=20_000, help="per measurement; an eighth of it when large")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sessions", nargs="+", type=int, default=[1, 10, 100])
    parser.add_argument("--sizes", nargs="+", type=int, default=[1024, 102_400])
    parser.add_argument("--brief", action="store_true", help="few messages, one round, no judgement")
    parser.add_argument("--json", type=pathlib.Path, help="also write the table there")
    arguments = parser.parse_args()
    if arguments.brief:
        arguments.messages, arguments.rounds, arguments.sessions = 200, 1, [5]
    source = smtp_source()
    server = subprocess.Popen([arguments.server], stdout=subprocess.PIPE, text=True)
    rows = []
    try:
        port = int(server.stdout.readline().split()[1])
        print("CPU microseconds of the generator per message     sessions     bytes      load  smtp-source     ratio")
        for size in arguments.sizes:
            for sessions in arguments.sessions:
                for mode in MODES:
                    row = compare(arguments, source, port, mode, sessions, size)
                    rows.append(row)
                    print(f"{mode:<45}  {sessions:>11}  {size:>8}  {row['load_us']:>8.1f}  "
                          f"{row['smtp_source_us']:>11.1f}  {row['ratio']:>8.2f}", flush=True)
    finally:
        server.terminate()
        server.wait()
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n")
    dear = [row for row in rows if row["ratio"] > 1]
    if dear and not arguments.brief:
        print(f"{len(dear)} of {len(rows)} rows cost more than smtp-source")
        sys.exit(1)


if __name__ == "__main__":
    main()
