#!/usr/bin/env python3
"""What the HTTP API's servers cost: made, used and deleted one after the other; many at once; and the start of `serve`.

Prints figures, for docs/benchmarks.md; with --brief a few of each, to show that it works. Nothing is judged by the clock."""
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "http"), str(HERE.parent / "cli")]
import api  # noqa: E402
from processor_time import seconds_of as cpu_seconds  # noqa: E402
from program import TEMPFAIL, Server  # noqa: E402


def resident_kb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(file.read().split("VmRSS:")[1].split()[0])


def one_message(port):
    """A session as short as it can be; each line after the reply to the one before."""
    with socket.create_connection(("127.0.0.1", port)) as client, client.makefile("rb") as file:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        file.readline()
        for line in (b"HELO a.test", b"MAIL FROM:<a@a.test>", b"RCPT TO:<b@b.test>", b"DATA", b"Subject: x\r\n\r\nx\r\n."):
            client.sendall(line + b"\r\n")
            reply = file.readline()
        assert reply.startswith(b"250"), reply


def one_after_the_other(client, pid, count):
    connection = client.connect()
    began, cpu = time.perf_counter(), cpu_seconds(pid)
    for _ in range(count):
        made = client.request("POST", "/v1/servers", {"scenario": "healthy"}, connection=connection).json()
        one_message(made["endpoints"][0]["port"])
        assert client.request("DELETE", "/v1/servers/" + made["id"], connection=connection).status == 204
    real = time.perf_counter() - began
    print(f"made, used and deleted: {count / real:.0f} servers per second; "
          f"{(cpu_seconds(pid) - cpu) / count * 1000:.2f} ms of the server's processor time each")


def at_once(client, pid, count):
    connection = client.connect()
    before, began = resident_kb(pid), time.perf_counter()
    made = [client.request("POST", "/v1/servers", {"scenario": "healthy"}, connection=connection).json() for _ in range(count)]
    real = time.perf_counter() - began
    print(f"at once: {count} servers made in {real:.2f} s; {(resident_kb(pid) - before) / count:.1f} KB each")
    one_message(made[-1]["endpoints"][0]["port"])
    for one in made:
        assert client.request("DELETE", "/v1/servers/" + one["id"], connection=connection).status == 204


def start(*scenarios):
    """From exec to the ready file."""
    with tempfile.TemporaryDirectory() as folder:
        ready = pathlib.Path(folder) / "ready.json"
        began = time.perf_counter()
        process = subprocess.Popen([TEMPFAIL, "serve", "--port", "0", "--ready-file", str(ready), *scenarios],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not ready.exists():
            assert process.poll() is None
        real, cpu = time.perf_counter() - began, cpu_seconds(process.pid)
        count = len(json.loads(ready.read_text())["endpoints"])
        process.terminate()
        process.wait()
    return real, cpu, count


def main():
    brief = "--brief" in sys.argv
    with tempfile.TemporaryDirectory() as folder, Server(folder, "--http", "0") as server:
        client = api.Api(server.ready["http"]["url"])
        pid = server.process.pid
        one_after_the_other(client, pid, 20)  # warms up
        one_after_the_other(client, pid, 20 if brief else 1000)
        at_once(client, pid, 50 if brief else 2000)
    starts = [start() for _ in range(2 if brief else 10)]
    real, cpu, count = min(starts)
    print(f"start: `serve` of {count} scenarios listens after {real * 1000:.0f} ms (the best of {len(starts)}); "
          f"{cpu * 1000:.0f} ms of processor time")
    assert count > 100


if __name__ == "__main__":
    main()
