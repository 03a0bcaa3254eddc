"""A redis-server of a test's own: on a Unix socket in a folder that nobody else has, without a port; ended by its pid."""
import json
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

DEADLINE_SECONDS = 60.0


def read_reply(lines):
    """A value of the Redis protocol: bytes, int, None, or a list of such."""
    kind, rest = (line := lines.readline())[:1], line[1:-2]
    if kind == b"-":
        raise RuntimeError(rest.decode())
    if kind == b"+":
        return rest
    if kind == b":":
        return int(rest)
    if rest == b"-1":
        return None
    if kind == b"$":
        return lines.read(int(rest) + 2)[:-2]
    return [read_reply(lines) for _ in range(int(rest))]


def encoded(*words):
    """A command in the Redis protocol."""
    parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


class RedisServer:
    def __init__(self, keeps=False, options=None, prefix=()):
        """`keeps`: what it has answered is there again after it was killed and started. `options`: others of the program.
        `prefix`: a command that runs it, in its own process."""
        self.prefix = prefix
        self.keeps = keeps
        self.options = options or ["--save", "", "--appendonly", "yes" if keeps else "no", "--appendfsync", "always"]
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tempfail-redis-"))
        self.socket = self.folder / "socket"
        self.address = f"unix:{self.socket}"
        self._process = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        """Runs and takes questions, with nothing in it unless it keeps it. FileNotFoundError: `scripts/install-deps test` installs it."""
        self.socket.unlink(missing_ok=True)
        self._process = subprocess.Popen(
            [*self.prefix, "redis-server", "--port", "0", "--unixsocket", str(self.socket), "--dir", str(self.folder), *self.options],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + DEADLINE_SECONDS
        while not self._accepts():
            try:
                self._process.wait(0.01)
            except subprocess.TimeoutExpired:
                if time.monotonic() < end:
                    continue
            raise RuntimeError("redis-server does not come up")

    def _accepts(self):
        with socket.socket(socket.AF_UNIX) as asked:
            return asked.connect_ex(str(self.socket)) == 0

    def stop(self):
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def process_id(self):
        return self._process.pid

    def freeze(self):
        """It answers nothing, but is there."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self._process.send_signal(signal.SIGCONT)

    def ask(self, *words):
        """The answer to a command."""
        with socket.socket(socket.AF_UNIX) as asked:
            asked.connect(str(self.socket))
            asked.sendall(encoded(*words))
            return read_reply(asked.makefile("rb"))

    def keys(self):
        """The names of all keys."""
        return sorted(key.decode() for key in self.ask("KEYS", "*"))

    def journal(self, run):
        """The events in the stream of a run, in its order."""
        events = []
        for _, fields in self.ask("XRANGE", f"tempfail:{run}:journal", "-", "+"):
            lines = dict(zip(fields[::2], fields[1::2]))[b"lines"]
            events += [json.loads(line) for line in lines.splitlines()]
        return events
