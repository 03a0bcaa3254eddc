#!/usr/bin/env python3
"""Whether a page that shows a server with many events slows its sessions.

Two programs serve, each with a server that has 100,000 events in its journal. Sessions of one message go to the first, in turns:
while nobody looks, while a page is attached to the other program (so the machine has the same work), and while it is attached to
this one. The page is a process of its own that asks as the live page does: it follows the journal, and gets tries, messages and
the verdict after each burst of events. Prints medians and their ratios, for docs/benchmarks.md; --everything is a page that asks for all
tries and messages; --brief does a little of each, to show that it works. Nothing is judged by the clock."""
import http.client
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "http"), str(HERE.parent / "cli")]
import api  # noqa: E402
from http_bench import one_message  # noqa: E402
from processor_time import seconds_of  # noqa: E402
from program import Server  # noqa: E402



def loop_seconds(pid):
    """Processor time of the thread that the sessions are on."""
    return seconds_of(f"{pid}/task/{pid}")


def page(url, server, everything):
    """What main.js does, without showing it; or one that asks for all tries and messages, as it did once. Ends with its standard
    input."""
    place = urllib.parse.urlsplit(url)
    path = f"/v1/servers/{server}"
    something_happened, told = threading.Event(), threading.Event()

    def connect():
        return http.client.HTTPConnection(place.hostname, place.port, timeout=120)

    def follow():
        connection = connect()
        connection.request("GET", path + "/journal", headers={"Accept": "text/event-stream"})
        answer = connection.getresponse()
        while answer.read1(65536):
            something_happened.set()

    def get(connection, target):
        connection.request("GET", target)
        connection.getresponse().read()

    def refresh():
        last = ("", "") if everything else ("?last=200", "?last=50")
        connections = {target: connect() for target in ("/v1/servers", path + "/tries" + last[0], path + "/messages" + last[1],
                                                        path + "/verdict")}
        while True:
            something_happened.wait(2)
            something_happened.clear()
            began = time.monotonic()
            get(connections["/v1/servers"], "/v1/servers")
            asked = [threading.Thread(target=get, args=(connections[target], target)) for target in list(connections)[1:]]
            for thread in asked:
                thread.start()
            for thread in asked:
                thread.join()
            if not told.is_set():
                told.set()
                print("attached", flush=True)
            time.sleep(max(0.15, 3 * (time.monotonic() - began)))  # as main.js does: a lower bound

    for work in (follow, refresh):
        threading.Thread(target=work, daemon=True).start()
    sys.stdin.read()


class Attached:
    """A page at a server, from when it has seen all that was there."""

    def __init__(self, url, server):
        self.process = subprocess.Popen([sys.executable, __file__, "--page", url, server, *sys.argv[1:]], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == b"attached\n"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def fill(client, events):
    made = client.make("healthy", lease="24h")
    port = made["endpoints"][0]["port"]
    position = 0
    while position < events:
        for _ in range(100):
            one_message(port)
        position = client.get(f"/v1/servers/{made['id']}").json()["journal"]["position"]
    return made["id"], port, position


def sessions(port, pid, count):
    """Milliseconds of each, and of the loop's processor time for one."""
    before = loop_seconds(pid)
    times = []
    for _ in range(count):
        began = time.perf_counter()
        one_message(port)
        times.append((time.perf_counter() - began) * 1000)
    return times, (loop_seconds(pid) - before) / count * 1000


def main():
    brief = "--brief" in sys.argv
    events, count, rounds = (2_000, 50, 1) if brief else (100_000, 400, 5)
    seen = {"nobody looks": ([], []), "a page elsewhere": ([], []), "a page here": ([], [])}
    with tempfile.TemporaryDirectory() as here, tempfile.TemporaryDirectory() as there, \
            Server(here, "--http", "0") as server, Server(there, "--http", "0") as other:
        pid = server.process.pid
        url, other_url = server.ready["http"]["url"], other.ready["http"]["url"]
        made, port, position = fill(api.Api(url), events)
        other_made, other_port, _ = fill(api.Api(other_url), events)
        print(f"{position} events in the journal; load {os.getloadavg()[0]:.1f}")

        def measure(what):
            times, loop = sessions(port, pid, count)
            seen[what][0].extend(times)
            seen[what][1].append(loop)

        for _ in range(rounds):
            measure("nobody looks")
            with Attached(other_url, other_made):
                busy = threading.Event()

                def talk():  # so that the page there has as much to ask for as the one here
                    while not busy.is_set():
                        one_message(other_port)
                        busy.wait(0.02)

                neighbour = threading.Thread(target=talk)
                neighbour.start()
                measure("a page elsewhere")
                busy.set()
                neighbour.join()
            with Attached(url, made):
                measure("a page here")
    base = statistics.median(seen["nobody looks"][0])
    elsewhere = statistics.median(seen["a page elsewhere"][0])
    for what, (times, loop) in seen.items():
        cuts = statistics.quantiles(times, n=100)
        middle = statistics.median(times)
        print(f"{what}: a session takes {middle:.2f} ms (median; 95 %: {cuts[94]:.2f}, 99 %: {cuts[98]:.2f}, the longest {max(times):.1f}), "
              f"{middle / base:.2f} times that of nobody, {middle / elsewhere:.2f} times that of a page elsewhere; "
              f"{statistics.median(loop):.2f} ms of the loop's processor time")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--page"]:
        page(*sys.argv[2:4], "--everything" in sys.argv)
    else:
        main()
