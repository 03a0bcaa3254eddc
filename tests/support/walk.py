r"""Walks: dialogues with a scenario, written down to the letter, and the runner that walks them.

A walk proves on the wire what its scenario says: the exact replies, the state's change over time, its clearing.
`tests/scenarios/<family>/<scenario>.walk` is a text file:

    # Comments.
    == The disk fills, and drains as time goes by    Starts a part: the scenario's state is reset, nothing is connected.
    refused at rcpt: 450 4.2.0 Later    a whole session: hello, then commands as far as this one (mail, rcpt, data,
                                message), which gets exactly this reply; then quit, or FIN after a 421
    taken                       a whole session in which a message is accepted
    hello                       connect; a 220 greeting; EHLO client.test; its 250 reply, whatever it announces
    quit                        QUIT, a 221, and the end
    connect                     only opens the connection. `connect from 127.0.0.2`: from another address
    connect fails: ECONNREFUSED the attempt ends with this errno
    connect unanswered          in the next 100 ms, or `… for 2s`, no answer to the SYN comes
    connected                   now one does, to a SYN that the kernel has sent again
    C: MAIL FROM:<a@a.test>     sends this line. All that arrived must have been asked for by then.
    C+: RCPT TO:<b@b.test>      sends it in one segment with the lines that follow, up to the next `C:`
    S: 250 2.1.0 Sender ok      the next line of the server, exactly
    S~ 250 .*                   the next line matches this regular expression, all of it
    S* 250                      the next reply, of one line or several, has this code
    raw "a\r\n"                 sends these bytes (Python's escapes). `raw "a" * 5000`: so many times
    read 4 "220 "               the next four bytes are these
    envelope a@a.test -> b@b.test, c@b.test     MAIL and RCPT commands, each answered by 250
    data 10KB                   DATA, answered by 354, then a message of so many bytes and the final dot
    content 10KB                the message and the final dot only. Options: id=x@y charset=utf-8 received=31
    part 10KB                   so many bytes of content, and no dot
        `refused` and `taken` may say who sends to whom, from where, and what:
        `taken from 127.0.0.2 a@a.test -> b@b.test 10KB charset=utf-8`; `taken <> -> a@a.test`: a notification is
    read 4                      the next four bytes, whatever they are
    zero-window                 sends lines of content until the server's window is closed, as the kernel says; what is
                                missing of the last line goes before whatever is sent next
    FIN                         the server ends the connection in order, with nothing left unsaid
    half-FIN                    the same, and the connection stays open on the client's side, which goes on sending
    listens                     behind half-FIN: the kernel there has taken all that was sent, no RST came, and the
                                session is among those that the server counts as open
    RST                         the server resets it
    silence                     nothing has arrived, and the connection stands. `silence for 200ms`: and nothing
                                does in this time (of the test's clock)
    tls                         handshake now (after the reply to STARTTLS, or after `connect` where TLS is implicit)
    tls fails: REGEX            the handshake fails, and the error matches somewhere
    drop                        the client ends the connection; `abort`: with an RST; `half-close`: it stops sending
    advance 10m                 lets so much protocol time pass
    queue stop | queue start    the operator's switch
    [2] C: NOOP                 any of these on another connection, by number; [1] when none is named
    query, at                   the steps of walk_names.py
    until-tls, handshake, …     the steps of walk_tls.py; a whole walk goes inside TLS by walk_inside_tls.py

At the end of a part nothing may be left unread.
"""
import ast
import dataclasses
import pathlib
import re
import ssl

import walk_names
import walk_tls
from rawclient import Closed, Connection, TooLate
from walk_network import CONTENT_LINE, Failed, NetworkVerbs, WrongWalk

HELO = "client.test"


@dataclasses.dataclass
class Step:
    line: int
    text: str
    connection: int
    verb: str
    argument: str


@dataclasses.dataclass
class Part:
    title: str
    line: int
    steps: list


# verb: whether it takes an argument (None: may)
VERBS = {
    "refused": True, "taken": None, "hello": None, "quit": False, "connect": None, "connected": False, "C:": True,
    "C+:": True, "S:": True, "S~": True, "S*": True, "raw": True, "zero-window": False,
    "read": True, "envelope": True, "data": True, "content": True, "part": True, "FIN": False, "RST": False,
    "half-FIN": False, "listens": False,
    "silence": None, "tls": None, "drop": False, "abort": False, "half-close": False, "advance": True, "queue": True,
    **walk_tls.VERBS, **walk_names.VERBS,
}


def parse(text, name):
    """The parts of a walk; WrongWalk names file and line."""
    parts = []
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        if stripped.startswith("=="):
            parts.append(Part(stripped.strip("= "), number, []))
            continue
        if not parts:
            raise WrongWalk(f"{name}:{number}: a walk starts with `== what this part shows`")
        match = re.match(r"(?:\[(\d+)\] )?(\S+)(?: (.*))?$", stripped)
        connection, verb, argument = int(match[1] or 1), match[2], match[3] or ""
        if verb not in VERBS:
            raise WrongWalk(f"{name}:{number}: unknown `{verb}`; allowed: {' '.join(VERBS)}")
        if VERBS[verb] is not None and VERBS[verb] != bool(argument) and verb not in ("C:", "S:"):
            raise WrongWalk(f"{name}:{number}: `{verb}` takes {'an' if VERBS[verb] else 'no'} argument")
        parts[-1].steps.append(Step(number, stripped, connection, verb, argument))
    if not parts or not all(part.steps for part in parts):
        raise WrongWalk(f"{name}: no steps, or a part without any")
    return parts


def size_of(text):
    match = re.fullmatch(r"(\d+)(KB|MB|)", text)
    if not match:
        raise WrongWalk(f"no size: {text}")
    return int(match[1]) * {"": 1, "KB": 1024, "MB": 1024 * 1024}[match[2]]


def session_of(text):
    """Source, sender, recipient and content of "from 127.0.0.2 a@a.test -> b@b.test 10KB charset=utf-8"."""
    match = re.fullmatch(r"\s*(?:(from \S+)\s*)?(?:(\S+) -> (\S+)\s*)?(\d.*)?", text)
    if not match:
        raise WrongWalk(f"not `from ADDRESS SENDER -> RECIPIENT SIZE`: {text}")
    return match[1] or "", match[2] or "a@a.test", match[3] or "b@b.test", match[4] or "1KB"


def message(size, id="walk@client.test", charset="us-ascii", received=0):
    """A message of exactly `size` bytes (or a little more where its header alone is longer), final dot not counted."""
    head = "".join(f"Received: from hop{i}.test by hop{i + 1}.test; Mon, 1 Jan 2024 00:00:00 +0000\r\n"
                   for i in range(int(received)))
    head += (f"From: <a@a.test>\r\nMessage-ID: <{id}>\r\nMIME-Version: 1.0\r\n"
             f"Content-Type: text/plain; charset={charset}\r\n\r\n")
    body = head.encode()
    line = CONTENT_LINE
    missing = max(size - len(body), 0)
    body += line * (missing // len(line))
    rest = size - len(body)
    if rest == 1:  # a line's end alone takes two bytes
        body = body[:-3] + b"\r\n"
        rest = 2
    if rest >= 2:
        body += b"x" * (rest - 2) + b"\r\n"
    return body


class Walker(NetworkVerbs, walk_tls.TlsSteps, walk_names.NameSteps):
    """Walks one part. `served` is the running server (served.Served, or anything with its methods)."""

    def __init__(self, served, address):
        self.served = served
        self.address = address
        self.connections = {}
        self.held = {}       # connection number: bytes waiting for the next `C:`
        self.rest = {}       # connection number: what did not go into a closed window
        self.dialogue = []   # what went over the wire, for the report

    def walk(self, part, name):
        try:
            for step in part.steps:
                self.step = step
                try:
                    self._do(step)
                except (Failed, Closed, TooLate, ConnectionError, ssl.SSLError) as failure:
                    raise Failed(f"{name}:{step.line}: {step.text}\n    {failure}\n" + self._report()) from failure
            self._nothing_left(name, part)
        finally:
            for connection in self.connections.values():
                connection.reset()

    def _report(self):
        return "".join(f"      {line}\n" for line in self.dialogue[-30:])

    def _nothing_left(self, name, part):
        self.served.barrier()
        for number, connection in self.connections.items():
            if isinstance(connection, Connection) and connection.arrived():
                raise Failed(f"{name}: at the end of \"{part.title}\" connection {number} has unread "
                             f"{connection.unread!r}\n" + self._report())

    def _log(self, mark, text):
        number = self.step.connection
        self.dialogue.append(f"[{number}] {mark} {text}" if len(self.connections) > 1 else f"{mark} {text}")

    @property
    def _connection(self):
        try:
            return self.connections[self.step.connection]
        except KeyError:
            raise Failed(f"connection {self.step.connection} is not open") from None

    def _do(self, step):
        method = {"C:": "_client", "C+:": "_client_holds", "S:": "_server", "S~": "_server_matches",
                  "S*": "_server_code"}.get(step.verb, f"_{step.verb.lower().replace('-', '_')}")
        getattr(self, method)(step.argument)

    # --- the client's side

    def _hello(self, argument):
        self._connect(argument)
        self._server_code("220")
        self._client(f"EHLO {HELO}")
        self._server_code("250")

    def _quit(self, _):
        self._client("QUIT")
        self._server_code("221")
        self._ends("FIN", "close_notify")

    def _taken(self, argument):
        source, sender, recipient, content = session_of(argument)
        self._hello(source)
        self._envelope(f"{sender} -> {recipient}")
        self._data(content)
        self._server("250 2.0.0 Message accepted")
        self._quit("")

    def _refused(self, argument):
        match = re.fullmatch(r"at (mail|rcpt|data|message)(.*?): (.*)", argument)
        if not match:
            raise WrongWalk(f"refused at mail|rcpt|data|message …: REPLY, not {argument}")
        stage, reply = match[1], match[3]
        source, sender, recipient, content = session_of(match[2])
        self._hello(source)
        commands = [f"MAIL FROM:<{sender}>", f"RCPT TO:<{recipient}>", "DATA"]
        refused = ("mail", "rcpt", "data", "message").index(stage)
        for command, code in list(zip(commands, ("250", "250", "354")))[:refused]:
            self._client(command)
            self._server_code(code)
        if stage == "message":
            self._content(content)
        else:
            self._client(commands[refused])
        self._server(reply)
        if reply.startswith("421"):
            self._ends("FIN", "close_notify")
        else:
            self._quit("")

    def _client(self, text):
        self._send(self.held.pop(self.step.connection, b"") + text.encode() + b"\r\n", text)

    def _client_holds(self, text):
        self.held[self.step.connection] = self.held.get(self.step.connection, b"") + text.encode() + b"\r\n"
        self._log("C+", text)

    def _send(self, data, shown):
        if self._connection.arrived():
            raise Failed(f"not asked for: {self._connection.unread!r}")
        self._log("C:", shown)
        self._connection.send(self.rest.pop(self.step.connection, b"") + data)

    def _raw(self, argument):
        match = re.fullmatch(r'(".*")(?: \* (\d+))?', argument)
        if not match:
            raise WrongWalk(f'raw takes "bytes" or "bytes" * count, not {argument}')
        data = ast.literal_eval("b" + match[1]) * int(match[2] or 1)
        self._send(data, argument)

    def _envelope(self, argument):
        sender, _, recipients = argument.partition("->")
        self._client(f"MAIL FROM:<{'' if sender.strip() == '<>' else sender.strip()}>")
        self._server_code("250")
        for recipient in recipients.split(","):
            self._client(f"RCPT TO:<{recipient.strip()}>")
            self._server_code("250")

    def _data(self, argument):
        self._client("DATA")
        self._server_code("354")
        self._content(argument)

    def _content(self, argument):
        size, *options = argument.split()
        body = message(size_of(size), **dict(option.split("=", 1) for option in options))
        self._send(body + b".\r\n", f"({len(body)} bytes of content and the final dot)")

    def _part(self, argument):
        body = message(size_of(argument))
        self._send(body, f"({len(body)} bytes of content)")

    def _drop(self, _):
        self.connections.pop(self.step.connection).close()
        self._log("C:", "(FIN)")

    def _abort(self, _):
        self.connections.pop(self.step.connection).reset()
        self._log("C:", "(RST)")

    def _half_close(self, _):
        self._connection.half_close()
        self._log("C:", "(FIN, still reading)")

    # --- the server's side

    def _line(self):
        line = self._connection.read_line().decode(errors="backslashreplace")
        self._log("S:", line)
        return line

    def _server(self, expected):
        actual = self._line()
        if actual != expected:
            raise Failed(f"the server said: {actual}")

    def _server_matches(self, pattern):
        actual = self._line()
        if not re.fullmatch(pattern, actual):
            raise Failed(f"the server said: {actual}")

    def _server_code(self, code):
        while True:
            actual = self._line()
            if not re.match(re.escape(code) + r"([ -]|$)", actual):
                raise Failed(f"the server said: {actual}")
            if actual[3:4] != "-":
                return

    def _read(self, argument):
        count, _, text = argument.partition(" ")
        actual = self._connection.read_exactly(int(count))
        self._log("S:", repr(actual))
        if text and actual != ast.literal_eval("b" + text):
            raise Failed(f"the server said: {actual!r}")

    def _tls(self, argument):
        wanted = argument.removeprefix("fails:").strip() if argument.startswith("fails:") else None
        try:
            self._connection.start_tls()
        except (OSError, ssl.SSLError) as failure:
            self._log("--", f"TLS handshake failed: {failure!r}")
            if wanted is None or not re.search(wanted, repr(failure)):
                raise Failed(f"the handshake failed: {failure!r}") from failure
            return
        self._log("--", f"TLS is up: {self._connection.socket.version()}")
        if wanted is not None:
            raise Failed("the handshake succeeded")

    # --- time and switches

    def _advance(self, duration):
        self.served.advance(duration)
        self._log("--", f"{duration} pass")

    def _queue(self, switch):
        if switch not in ("stop", "start"):
            raise WrongWalk(f"{self.step.line}: queue stop or queue start")
        self.served.barrier()
        self.served.control(f"{switch}-queue {self.scenario}")
        self._log("--", f"queue {switch}")

    scenario = ""


def walk_file(path, served, scenario, address, make_walker=None):
    """Walks all parts of a file; returns the failures as texts."""
    path = pathlib.Path(path)
    failures = []
    for part in parse(path.read_text(), path):
        if not walk_tls.is_for(part.title, served.implicit):
            continue
        served.reset(scenario)
        walker = (make_walker or Walker)(served, address)
        walker.scenario = scenario
        try:
            walker.walk(part, path)
        except Failed as failure:
            failures.append(f"{failure}    in: {part.title}")
    return failures
