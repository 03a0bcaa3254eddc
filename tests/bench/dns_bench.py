#!/usr/bin/env python3
"""What an answer of the name server costs, beside nsd, and how long a flood of queries holds up an SMTP session.

Both name servers say the same of one domain, over UDP, to the same dnsperf; tempfail writes every query into its journal as well. Needs dnsperf
(Debian: apt-get install dnsperf), and nsd to compare with: left out, and said so, where it is not (its package starts a server, so that no script here
installs it). Prints figures, for docs/benchmarks.md; with --brief a few, to show that it works. Nothing is judged by
the clock."""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "cli")]
from processor_time import seconds_of  # noqa: E402
from program import Server  # noqa: E402

NSD_PROGRAM = shutil.which("nsd", path="/usr/sbin:" + os.environ["PATH"])
QUERIES = "disk-full.test MX\nmx.disk-full.test A\n"
ZONE = """$ORIGIN disk-full.test.
@ 300 SOA ns hostmaster 1 3600 600 86400 300
@ 300 NS ns
ns 300 A 127.0.0.1
@ 300 MX 10 mx
mx 300 A 127.0.0.1
"""
# One process that answers, and all that limits or writes is off.
NSD = """server:
  ip-address: 127.0.0.1@{port}
  server-count: 1
  username: ""
  zonesdir: "{folder}"
  database: ""
  zonelistfile: "{folder}/zones"
  xfrdfile: ""
  pidfile: "{folder}/pid"
  logfile: "{folder}/log"
  rrl-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: disk-full.test
  zonefile: "{folder}/zone"
"""


def processes_of(pid):
    """It, and all that it has started."""
    found = [pid]
    for each in found:
        children = pathlib.Path(f"/proc/{each}/task/{each}/children").read_text().split()
        found += [int(child) for child in children]
    return found


def cpu_seconds(pid):
    return sum(seconds_of(each) for each in processes_of(pid))


def ask(port, seconds, per_second=None):
    """Queries that were answered, and how many in a second."""
    with tempfile.NamedTemporaryFile("w", suffix=".queries") as file:
        file.write(QUERIES)
        file.flush()
        limit = ["-Q", str(per_second)] if per_second else []
        done = subprocess.run(["dnsperf", "-s", "127.0.0.1", "-p", str(port), "-d", file.name, "-l", str(seconds), "-q", "50", *limit],
                              capture_output=True, text=True, check=True)
    answered = int(re.search(r"Queries completed:\s+(\d+)", done.stdout)[1])
    assert "NOERROR" in done.stdout and answered > 0, done.stdout
    return answered, float(re.search(r"Queries per second:\s+([\d.]+)", done.stdout)[1])


def figure(name, pid, port, seconds):
    """Microseconds of the server's processor time for an answer."""
    ask(port, 1)  # warms up
    before = cpu_seconds(pid)
    answered, rate = ask(port, seconds)
    each = (cpu_seconds(pid) - before) / answered * 1e6
    print(f"{name:9} {each:6.1f} us of processor time for an answer; {rate:,.0f} answers in a second")
    return each


def free_port():
    """One that is free for UDP and for TCP."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            try:
                udp.bind(tcp.getsockname())
                return tcp.getsockname()[1]
            except OSError:
                continue


def answers(port):
    """Whether a name server is there."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(0.2)
        query = b"\0\1\0\0\0\1\0\0\0\0\0\0" + b"\x09disk-full\x04test\0" + b"\0\x0f\0\1"
        try:
            asker.sendto(query, ("127.0.0.1", port))
            return len(asker.recv(512)) > len(query)
        except (TimeoutError, ConnectionRefusedError):
            return False


def with_nsd(folder, seconds):
    port = free_port()
    (folder / "zone").write_text(ZONE)
    (folder / "nsd.conf").write_text(NSD.format(port=port, folder=folder))
    process = subprocess.Popen([NSD_PROGRAM, "-d", "-c", folder / "nsd.conf"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while not answers(port):
            assert process.poll() is None and time.monotonic() < end, (folder / "log").read_text()
        return figure("nsd", process.pid, port, seconds)
    finally:
        process.terminate()
        process.wait()


def longest_wait(place, seconds):
    """The longest that a reply took in sessions of so many seconds, and how many replies there were."""
    longest, count = 0.0, 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.create_connection(place) as client, client.makefile("rb") as file:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            began = time.monotonic()
            for command in (b"", *[b"NOOP\r\n"] * 10, b"QUIT\r\n"):
                client.sendall(command)
                assert file.readline()[:1] == b"2"
                now = time.monotonic()
                longest, count, began = max(longest, now - began), count + 1, now
    return longest, count


def flood(server, seconds):
    first = server.ready["endpoints"][0]
    smtp = (first["address"], first["port"])
    quiet, _ = longest_wait(smtp, seconds)
    with subprocess.Popen([sys.executable, __file__, "--ask", str(server.ready["dns"]["port"]), str(seconds + 2)],
                          stdout=subprocess.PIPE, text=True) as asking:
        asking.stdout.readline()  # it has begun
        held, count = longest_wait(smtp, seconds)
        said = asking.stdout.read()
    print(f"a session beside 10,000 queries a second ({said.strip()}): {count} replies, the longest after {held * 1000:.1f} ms; "
          f"without queries after {quiet * 1000:.1f} ms")


def main():
    if "--ask" in sys.argv:
        port, seconds = sys.argv[2:4]
        print("begins", flush=True)
        print(f"{ask(port, int(seconds), 10_000)[1]:,.0f} answered", flush=True)
        return
    brief = "--brief" in sys.argv
    if not shutil.which("dnsperf"):
        print("skipped: dnsperf is not here; to get it: apt-get install dnsperf")
        sys.exit(77)
    seconds = 1 if brief else 10
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        os.chmod(folder, 0o755)
        theirs = with_nsd(folder, seconds) if NSD_PROGRAM else None
        with Server(folder, "disk-full", "--dns", "0", "--port", "0", "--journal",
                    folder / "journal.jsonl") as server:
            ours = figure("tempfail", server.process.pid, server.ready["dns"]["port"], seconds)
            flood(server, seconds)
        queries = sum(b'"event":"query"' in line for line in (folder / "journal.jsonl").open("rb"))
    print(f"ratio: {ours / theirs:.1f}" if theirs else "nothing to compare with: nsd is not here")
    print(f"{queries:,} queries are in the journal")
    assert queries > 100


if __name__ == "__main__":
    main()
