#!/usr/bin/env python3
"""Plays the questions of many servers to one Redis server, at increasing rates until it does not keep up.

The questions are those of a real `tempfail serve --store … --journal store`, recorded first (store_mix.py). Each server is a
connection on which questions of all its sessions are on their way at once, as in the program; each session waits for its answers, and
each turn writes one entry of the stream. Messages begin at random moments. The generator shares the machine's cores with
Redis: compare the CPU time of Redis, not messages per second.

    store_load.py            with TEMPFAIL_BIN=BUILD/bin; prints tables, and with --json FILE writes them, too
    store_load.py --brief    a few hundred messages
"""
import argparse
import collections
import contextlib
import json
import pathlib
import random
import selectors
import socket
import sys
import time

import store_mix
from smtp_bench import cpu_seconds, free_port
from store_mix import RUN, encoded

KEEP = "604800000"
LEASE_MS = 10_000
LONG_LEASE_MS = 3_600_000
RENEWAL_SECONDS = 3.0
ENTRY_LIMIT = 128 * 1024
READ_BYTES = 1 << 16
STALL_SECONDS = 60.0


class Template:
    """A question with what differs from time to time left open: the moment, and the message's number."""

    def __init__(self, step, node, new_node):
        words = [new_node if word == node else word for word in step.words]
        self.has_moment = step.name not in store_mix.WITHOUT_MOMENT
        if self.has_moment:
            words[6] = "0" * store_mix.MOMENT_DIGITS
        text = encoded(*words).replace(b"%", b"%%").replace(store_mix.NUMBER_AT.encode(), b"%08d@")
        self.has_number = b"%08d@" in text
        if self.has_moment:
            text = text.replace(b"\r\n" + b"0" * store_mix.MOMENT_DIGITS, b"\r\n%013d", 1)
        self.text = text
        self.after = step.after

    def fill(self, moment, number):
        values = ([moment + self.after] if self.has_moment else []) + ([number] if self.has_number else [])
        return self.text % tuple(values)


class Session:
    """What is asked for one message after the other; `place`: the next step."""
    __slots__ = ("server", "number", "place", "began")

    def __init__(self, server, number):
        self.server, self.number, self.place, self.began = server, number, 0, time.monotonic()


class Reader:
    """Counts whole answers: arrays of numbers, and names of entries."""

    def __init__(self):
        self._rest, self._skip = b"", 0

    def feed(self, received):
        *lines, self._rest = (self._rest + received).split(b"\r\n")
        answers = 0
        for line in lines:
            if self._skip:
                self._skip -= 1
            elif line[:1] == b"*":
                self._skip = int(line[1:])
            elif line[:1] == b"$":
                self._skip = line != b"$-1"
            elif line[:1] != b"+":
                raise SystemExit(f"Redis answered: {line.decode(errors='replace')}")
            answers += not self._skip
        return answers


class Server:
    """One connection to the store, as a server has it."""

    def __init__(self, play, number):
        self.play = play
        self.node = f"{number + 1:016x}"
        if play.port:
            self.socket = socket.create_connection(("127.0.0.1", play.port))
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        else:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(str(play.redis.socket))
        self.socket.setblocking(False)
        self.templates = [Template(step, play.mix.node, self.node) if step.words else None for step in play.steps]
        self.lines = [step.lines.replace(play.mix.node.encode(), self.node.encode()) for step in play.steps]
        self.output = bytearray()
        self.expected = collections.deque()  # (when it was asked, who waits)
        self.reader = Reader()
        self.journal, self.waiting = [], []
        self.flush_wanted = False
        self.renews_at = play.begin + RENEWAL_SECONDS * play.random.random()
        self.writes = False

    def send(self, data, waiters):
        self.output += data
        self.expected.append((time.monotonic(), waiters))
        self.play.sent += 1

    def ask_about_run(self, name, *words):
        key = f"tempfail:{RUN}"
        self.send(encoded("EVALSHA", self.play.digests[name], 2, key, key, KEEP, *words), ())

    def renew_in_time(self, now):
        if now >= self.renews_at:
            self.renews_at = now + RENEWAL_SECONDS
            self.play.renewals += 1
            self.ask_about_run("renew", self.node, LEASE_MS, "1")

    def advance(self, session):
        """Until it has to wait, or is over."""
        play = self.play
        while session.place < len(play.steps):
            step, template = play.steps[session.place], self.templates[session.place]
            if template is None:
                self.journal.append(self.lines[session.place])
            session.place += 1
            if template is None:
                if step.holds_up:
                    self.waiting.append(session)
                    self.flush_wanted = True
                    return
                continue
            play.questions += 1
            waits = step.kind == "ask"
            self.send(template.fill(play.moment(), session.number), (session,) if waits else ())
            if waits:
                return
        play.end(session)

    def end_turn(self):
        """What the sessions of this turn have written is one entry, or as many as are needed."""
        if self.flush_wanted:
            self.flush_wanted = False
            text, self.journal = b"".join(self.journal), []
            waiting, self.waiting = self.waiting, []
            at = str(self.play.moment())
            while text:
                end = len(text) if len(text) <= ENTRY_LIMIT else text.rindex(b"\n", 0, ENTRY_LIMIT) + 1
                part, text = text[:end], text[end:]
                self.play.entries += 1
                self.play.journal_bytes += len(part)
                self.send(encoded("XADD", f"tempfail:{RUN}:journal", "*", "node", self.node, "at", at, "lines", part),
                          () if text else waiting)
        self.write()

    def write(self):
        while self.output:
            try:
                count = self.socket.send(self.output)
            except BlockingIOError:
                break
            self.play.bytes_out += count
            del self.output[:count]
        if bool(self.output) != self.writes:
            self.writes = bool(self.output)
            self.play.watch(self)

    def read(self):
        try:
            received = self.socket.recv(READ_BYTES)
        except BlockingIOError:
            return
        if not received:
            raise SystemExit("Redis has closed a connection")
        self.play.bytes_in += len(received)
        now = time.monotonic()
        for _ in range(self.reader.feed(received)):
            asked, waiters = self.expected.popleft()
            self.play.answers += 1
            self.play.latencies.append(now - asked)
            for session in waiters:
                self.advance(session)


class Play:
    """So many servers, and one Redis server of their own, which ends with this."""

    def __init__(self, redis, mix, servers, seed, port):
        """`port`: where Redis listens; None: on its Unix socket alone."""
        self.redis, self.mix, self.port = redis, mix, port
        self.steps = mix.steps()
        self.random = random.Random(f"{seed}/{mix.mode}/{servers}")
        self.digests = store_mix.digests()
        for name, text in store_mix.texts().items():
            if redis.ask("SCRIPT", "LOAD", text).decode() != self.digests[name]:
                raise SystemExit(f"Redis knows {name} by another name")
        self.begin = time.monotonic()
        self.reset_counts()
        self.number = 0
        self.open = 0
        self.selector = selectors.DefaultSelector()
        self.servers = [Server(self, number) for number in range(servers)]
        for server in self.servers:
            self.selector.register(server.socket, selectors.EVENT_READ, server)
            server.ask_about_run("join", TIME_SCALE_IN_MILLIONTHS, "1", server.node, LEASE_MS, "0", "1", "0")
        self.settle()

    def reset_counts(self):
        self.questions = self.entries = self.renewals = self.sent = self.answers = 0
        self.journal_bytes = self.bytes_in = self.bytes_out = 0
        self.latencies, self.durations = [], []

    def moment(self):
        return 10 ** 12 + int((time.monotonic() - self.begin) * 1e6)

    def watch(self, server):
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if server.writes else 0)
        self.selector.modify(server.socket, events, server)

    def start_one(self):
        server = self.random.choice(self.servers)
        self.number += 1
        self.open += 1
        server.advance(Session(server, self.number))

    def end(self, session):
        self.open -= 1
        self.durations.append(time.monotonic() - session.began)

    def turn(self, seconds):
        """Answers that are there, within this time."""
        for key, events in self.selector.select(max(seconds, 0)):
            if events & selectors.EVENT_READ:
                key.data.read()
        for server in self.servers:
            if server.output or server.flush_wanted:
                server.end_turn()

    def settle(self):
        """Until everything is answered."""
        deadline = time.monotonic() + STALL_SECONDS
        while any(server.output or server.expected or server.flush_wanted for server in self.servers):
            if time.monotonic() > deadline:
                raise SystemExit(f"no answer within {STALL_SECONDS:.0f} s")
            self.turn(0.05)

    def measure(self, rate, seconds, most_open, most_messages):
        """So many units a second (a message, or a session of messages); 0: as many as `most_open` at once can."""
        self.reset_counts()
        stats = self.commands()
        memory, stream = self.memory(), self.length()
        cpu, begin = cpu_seconds(self.redis.process_id()), time.monotonic()
        due, started, dropped = begin, 0, 0
        while (now := time.monotonic()) < begin + seconds and started < most_messages:
            if rate == 0:
                while self.open < most_open and started < most_messages:
                    started += 1
                    self.start_one()
            while rate and due <= now and started < most_messages:
                due += self.random.expovariate(rate)
                if self.open >= most_open:
                    dropped += 1  # as a server with no free descriptors
                    continue
                started += 1
                self.start_one()
            for server in self.servers:
                server.renew_in_time(now)
            self.turn(min(due - time.monotonic(), 0.01) if rate else 0.01)
        self.settle()
        elapsed, used = time.monotonic() - begin, cpu_seconds(self.redis.process_id()) - cpu
        calls = {name: count - stats.get(name, 0) for name, count in self.commands().items()}
        return self.row(rate, started, dropped, elapsed, used, calls, self.memory() - memory, self.length() - stream)

    def row(self, rate, started, dropped, elapsed, used, calls, memory, entries):
        messages = started * self.mix.messages
        asked = self.questions + self.entries
        return {"mode": self.mix.mode, "servers": len(self.servers), "rate": rate * self.mix.messages, "messages": messages,
                "dropped": dropped, "seconds": round(elapsed, 3), "messages_per_second": round(messages / elapsed),
                "questions": self.questions, "entries": self.entries, "renewals": self.renewals, "answers": self.answers,
                "evalsha": calls.get("evalsha", 0), "xadd": calls.get("xadd", 0), "entries_in_stream": entries,
                "left_open": self.open, "questions_per_second": round(asked / elapsed),
                "redis_us_per_question": round(used / asked * 1e6, 1), "redis_us_per_message": round(used / messages * 1e6, 1),
                "redis_share": round(used / elapsed, 2), "entries_per_message": round(self.entries / messages, 3),
                "journal_bytes_per_message": round(self.journal_bytes / messages),
                "memory_per_message": round(memory / messages), "network_per_message": round(
                    (self.bytes_in + self.bytes_out) / messages),
                "latency_ms": {name: round(percentile(self.latencies, share) * 1e3, 2)
                               for name, share in (("50", .5), ("90", .9), ("99", .99), ("max", 1))}}

    def commands(self):
        stats = {}
        for line in self.redis.ask("INFO", "commandstats").decode().splitlines():
            if line.startswith("cmdstat_"):
                name, _, figures = line[len("cmdstat_"):].partition(":")
                stats[name] = int(figures.split(",")[0].partition("=")[2])
        return stats

    def memory(self):
        return int(self.redis.ask("INFO", "memory").decode().partition("used_memory:")[2].split()[0])

    def length(self):
        return self.redis.ask("XLEN", f"tempfail:{RUN}:journal")

    def close(self):
        for server in self.servers:
            server.ask_about_run("leave", server.node)
        self.settle()
        for server in self.servers:
            self.selector.unregister(server.socket)
            server.socket.close()
        self.selector.close()


TIME_SCALE_IN_MILLIONTHS = "1000000"


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


@contextlib.contextmanager
def store(arguments):
    """A Redis server, and the port at which it listens, if it does."""
    port = free_port() if arguments.tcp else None
    with store_mix.RedisServer(options=["--save", "", "--appendonly", "no", *(["--port", str(port)] if port else [])]) as redis:
        yield redis, port


def cost_of(play, make, batch, count):
    """Microseconds of Redis for one such question, when so many of them arrive together; the best of five."""
    server, rounds, best = play.servers[0], max(1, count // batch), None
    for _ in range(5):
        cpu = cpu_seconds(play.redis.process_id())
        for _ in range(rounds):
            for _ in range(batch):
                play.number += 1
                server.send(make(play.number), ())
            server.write()
            play.settle()
        used = (cpu_seconds(play.redis.process_id()) - cpu) / (rounds * batch) * 1e6
        best = used if best is None else min(best, used)
    return round(best, 1)


def costs(mix, servers, arguments):
    """Of each question of the mix, of an entry of the stream, and of a plain question: alone, and ten at a time."""
    with store(arguments) as (redis, port):
        play = Play(redis, mix, servers, arguments.seed, port)
        templates = {step.name: Template(step, mix.node, play.servers[0].node) for step in play.steps if step.words}
        connected = next(step for step in play.steps if step.name == "connected")
        for server in play.servers:  # each has a session, so that there is something to count, and is alive until the end
            server.ask_about_run("renew", server.node, LONG_LEASE_MS, "1")
            server.send(Template(connected, mix.node, server.node).fill(play.moment(), 0), ())
            server.write()
        play.settle()
        makes = {name: lambda number, of=of: of.fill(play.moment(), number) for name, of in templates.items()}
        entry = encoded("XADD", f"tempfail:{RUN}:journal", "*", "node", mix.node, "at", "1" * 13, "lines", "x" * 2300)
        makes["an entry of 2,300 bytes"] = lambda _: entry
        makes["a plain GET"] = lambda _: encoded("GET", "nothing")
        rows = []
        for name, make in makes.items():
            alone, together = (cost_of(play, make, batch, arguments.cost_questions) for batch in (1, 10))
            rows.append({"mode": mix.mode, "question": name, "servers": servers, "alone_us": alone, "ten_us": together})
        play.close()
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--servers", type=int, nargs="+", default=[3, 10, 100])
    parser.add_argument("--modes", nargs="+", choices=store_mix.MODES, default=list(store_mix.MODES))
    parser.add_argument("--rates", type=int, nargs="+", default=[1000, 2000, 4000, 0],
                        help="messages begun each second; 0: as many as possible")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each rate")
    parser.add_argument("--most-open", type=int, default=2000, help="sessions at once, of all servers")
    parser.add_argument("--most-messages", type=int, default=50_000, help="in each measurement")
    parser.add_argument("--cost-questions", type=int, default=2000)
    parser.add_argument("--tcp", action="store_true", help="by TCP, not by a Unix socket")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--brief", action="store_true", help="few messages")
    parser.add_argument("--json", type=pathlib.Path, help="write the tables here, too")
    arguments = parser.parse_args()
    if arguments.brief:
        arguments.servers, arguments.rates, arguments.seconds = [3, 10], [200, 0], 0.3
        arguments.most_messages, arguments.cost_questions, arguments.most_open = 100, 10, 50
    result = {"mixes": [], "costs": [], "loads": []}
    for mode in arguments.modes:
        mix = store_mix.record(mode)
        result["mixes"].append({"mode": mode, "questions_per_message": mix.questions(), "sessions": len(mix.sequences),
                                "messages": mix.messages, "journal_bytes_per_message": mix.bytes_of_lines(),
                                "steps": [[step.kind, step.name or len(step.lines)] for step in mix.steps()]})
        print_mix(result["mixes"][-1])
        for servers in arguments.servers:
            result["costs"] += print_costs(mode, costs(mix, servers, arguments))
        result["loads"] += loads(mix, arguments)
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1) + "\n")
    return 0


def loads(mix, arguments):
    rows = []
    print(f"{'servers':>8}{'asked/s':>9}{'done/s':>9}{'quest./s':>9}{'µs/quest.':>10}{'µs/msg':>8}{'share':>7}"
          f"{'entries':>9}{'bytes':>7}{'memory':>8}{'network':>8}{'p50 ms':>8}{'p99 ms':>8}")
    for servers in arguments.servers:
        with store(arguments) as (redis, port):
            play = Play(redis, mix, servers, arguments.seed, port)
            for rate in arguments.rates:
                row = play.measure(rate / mix.messages, arguments.seconds, max(arguments.most_open // mix.messages, servers),
                                   arguments.most_messages // mix.messages)
                rows.append(row)
                print_load(row)
            play.close()
    return rows


def print_mix(mix):
    print(f"\n{mix['mode']}: {mix['questions_per_message']:.2f} questions and {mix['journal_bytes_per_message']:,.0f} bytes of events "
          f"a message, in {mix['sessions']} session(s) of {mix['messages']} message(s)")


def print_costs(mode, rows):
    for row in rows:
        print(f"  {mode}, {row['servers']} servers: {row['question']}: {row['alone_us']} µs alone, {row['ten_us']} ten at a time")
    return rows


def print_load(row):
    print(f"{row['servers']:>8}{row['rate'] or 'all':>9}{row['messages_per_second']:>9}{row['questions_per_second']:>9}"
          f"{row['redis_us_per_question']:>10}{row['redis_us_per_message']:>8}{row['redis_share']:>7}{row['entries_per_message']:>9}"
          f"{row['journal_bytes_per_message']:>7}{row['memory_per_message']:>8}{row['network_per_message']:>8}"
          f"{row['latency_ms']['50']:>8}{row['latency_ms']['99']:>8}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
