"""What a server asks its store: recorded from a real `tempfail serve --store … --journal store`, as steps that can be
played again by any number of servers.

A step is one of three: an *ask* holds up its session until it is answered, a *post* does not, and *lines* go into the
server's journal; those with an acceptance or the end of a connection hold up their session until the stream has them.
"""
import dataclasses
import hashlib
import json
import pathlib
import re
import socket
import sys
import time

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "tests/support"))

from rawclient import Connection  # noqa: E402 (needs the path)
from redis_server import RedisServer, encoded  # noqa: E402
from served import Served  # noqa: E402

FUNCTIONS = CHECKOUT / "simulator/store/functions"
RUN = "load"
TIME_SCALE = 3600  # so that a greylist lets a retry through at once
DEADLINE_SECONDS = 60.0
# Of a moment the functions are told as the second argument; these are told none.
WITHOUT_MOMENT = {"disconnected", "connections", "restore", "draw", "rate", "switch_queue", "reset"}
WITHOUT_WAIT = {"disconnected", "restore", "switch_queue", "reset"}
RECIPIENT = "00000000@scale.test"  # the number is another in each message that is played
NUMBER_AT = "00000000@"
MOMENT_DIGITS = 13
MODES = ("healthy", "kept", "greylisted")
KEPT_MESSAGES = 20  # in a session that stays open
BODY = b"Subject: bench\r\nMessage-ID: <00000000@scale.test>\r\n\r\n" + b"x" * 970 + b"\r\n.\r\n"  # 1,024 bytes


@dataclasses.dataclass
class Step:
    kind: str  # ask, post, lines
    name: str = ""  # of the function
    words: tuple = ()
    after: int = 0  # microseconds of protocol time since the first question of this sequence
    lines: bytes = b""
    holds_up: bool = False


@dataclasses.dataclass
class Mix:
    """What is asked for one message, or for the `messages` of a session that stays open."""
    mode: str
    node: str
    sequences: list  # of steps; one for each session
    messages: int

    def steps(self):
        return [step for sequence in self.sequences for step in sequence]

    def questions(self):
        return sum(step.kind != "lines" for step in self.steps()) / self.messages

    def bytes_of_lines(self):
        return sum(len(step.lines) for step in self.steps()) / self.messages


def texts():
    """The functions as a server loads them, by their names."""
    common = (FUNCTIONS / "common.lua").read_bytes()
    return {file.stem: common + file.read_bytes() for file in sorted(FUNCTIONS.glob("*.lua")) if file.stem != "common"}


def digests():
    return {name: hashlib.sha1(text).hexdigest() for name, text in texts().items()}


class Monitor:
    """Everything that a Redis server is asked meanwhile."""

    def __init__(self, redis):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(DEADLINE_SECONDS)
        self._socket.connect(str(redis.socket))
        self._socket.sendall(encoded("MONITOR"))
        self._lines = self._socket.makefile("rb")
        self._lines.readline()

    def until(self, mark):
        """Commands with their words, until one that has this word."""
        while True:
            line = self._lines.readline().decode("latin1")
            head, _, rest = line.partition("] ")
            if head.endswith(" lua"):
                continue  # a function's own
            words = [self._plain(word) for word in re.findall(r'"((?:[^"\\]|\\.)*)"', rest)]
            if mark in words:
                return
            yield words

    @staticmethod
    def _plain(word):
        return word.encode("latin1").decode("unicode_escape").encode("latin1").decode()

    def close(self):
        self._lines.close()
        self._socket.close()


def reply(client):
    line = client.read_line()
    while line[3:4] == b"-":
        line = client.read_line()
    return line[:3].decode()


def send(place, messages, recipient=RECIPIENT):
    """A session with so many messages; the last code of each."""
    client = Connection(*place)
    reply(client)
    client.send_line("EHLO client.test")
    reply(client)
    codes = []
    for _ in range(messages):
        for line in ("MAIL FROM:<a@sender.test>", f"RCPT TO:<{recipient}>", "DATA"):
            client.send_line(line)
            code = reply(client)
            if code[0] not in "23":
                client.send_line("RSET")
                reply(client)
                break
        else:
            client.send(BODY)
            code = reply(client)
        codes.append(code)
    client.send_line("QUIT")
    reply(client)
    client.close()
    return codes


def deliver(place, mode):
    """What a sender does to deliver: the sessions of a message."""
    if mode != "greylisted":
        codes = send(place, KEPT_MESSAGES if mode == "kept" else 1)
        if set(codes) != {"250"}:
            raise SystemExit(f"not accepted: {codes}")
        return
    deadline = time.monotonic() + DEADLINE_SECONDS
    while send(place, 1) != ["250"]:  # the tries between the first and the last are left out
        if time.monotonic() > deadline:
            raise SystemExit("the greylist lets nothing through")


def record(mode):
    """A Mix, from a server and a Redis server that end with this."""
    scenario = "greylisted" if mode == "greylisted" else "healthy"
    options = ("--journal", "store", "--store-run", RUN, "--time-scale", TIME_SCALE)
    with RedisServer() as redis, Served(scenario, options=(*options, "--store", redis.address)) as served:
        # The first session writes what is written once; its last question comes before its last event.
        send(served.ports[scenario], 1, "another@scale.test")
        wait_until_written(redis)
        monitor = Monitor(redis)
        try:
            deliver(served.ports[scenario], mode)
            wait_until_written(redis)
            redis.ask("ECHO", "end of the recording")
            commands = list(monitor.until("end of the recording"))
        finally:
            monitor.close()
    return read(mode, commands)


def wait_until_written(redis):
    """Until each session that has begun has its end in the stream."""
    end = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < end:
        events = [event["event"] for event in redis.journal(RUN)]
        if 0 < events.count("connect") == events.count("disconnect"):
            return
        time.sleep(0.01)  # looks again, until the deadline
    raise SystemExit("the stream does not have all events")


def read(mode, commands):
    names = {digest: name for name, digest in digests().items()}
    sequences, first, node = [], None, ""
    for words in commands:
        if words[0] == "EVALSHA":
            name = names.get(words[1])
            if name is None:
                raise SystemExit("the server's functions are not those of this checkout")
            if name in ("renew", "now", "join", "leave"):
                continue
            if name == "connected":
                sequences.append([])
                node = words[7]
            after = 0
            if name not in WITHOUT_MOMENT:
                first = int(words[6]) if first is None else first
                after = int(words[6]) - first
            kind = "post" if name in WITHOUT_WAIT else "ask"
            sequences[-1].append(Step(kind, name, tuple(words), after))
        elif words[0] == "XADD" and sequences:
            add_lines(sequences[-1], words[words.index("lines") + 1])
    if mode == "greylisted":
        sequences = [sequences[0], sequences[-1]]
    return Mix(mode, node, sequences, KEPT_MESSAGES if mode == "kept" else 1)


def add_lines(steps, text):
    """A server writes events when one of them has to be there, or when it has nothing else to do: what is written in between
    goes with the next."""
    events = {json.loads(line)["event"] for line in text.splitlines()}
    last = steps[-1] if steps else None
    if last is None or last.kind != "lines" or last.holds_up:
        last = Step("lines")
        steps.append(last)
    last.lines += text.encode()
    last.holds_up = bool(events & {"accepted", "disconnect"})
