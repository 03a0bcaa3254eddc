"""Runs tempfail-send for tests."""

import json
import os
import subprocess
import threading

BINARY = os.path.join(os.environ["TEMPFAIL_BIN"], "tempfail-send")
DEADLINE = 60  # seconds; generous: the machine may be busy


def call(*arguments, stdin="", check=0, env=None):
    """Runs a command to its end; `check` is the exit code it must have."""
    done = subprocess.run([BINARY, *map(str, arguments)], input=stdin.encode(), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=DEADLINE, env={**os.environ, **(env or {})})
    out, err = done.stdout.decode(), done.stderr.decode()
    assert check is None or done.returncode == check, (
        f"{arguments}: exit code {done.returncode}, not {check}\n{out}{err}")
    return done.returncode, out, err


def message(identity, size=100):
    return f"X-Id: {identity}\nSubject: {identity}\n\n" + "line\n" * (size // 5)


def listing(queue):
    return json.loads(call("queue", "list", "--all", "--json", "--queue", queue)[1])


class Running:
    """`run` in the background, its log read as it is written."""

    def __init__(self, queue, port, *arguments):
        self.process = subprocess.Popen(
            [BINARY, "run", "--queue", queue, "--host", "127.0.0.1", "--port", str(port), "--log-format", "json",
             *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.events = []
        self.changed = threading.Condition(threading.RLock())
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stderr:
            with self.changed:
                try:
                    self.events.append(json.loads(line))
                except ValueError:
                    self.events.append({"event": "text", "text": line.decode(errors="replace")})
                self.changed.notify_all()
        with self.changed:
            self.events.append({"event": "end"})
            self.changed.notify_all()

    def wait_for(self, wanted):
        """The first event, old or new, for which `wanted` is true."""
        with self.changed:
            found = self.changed.wait_for(lambda: next((e for e in self.events if wanted(e)), None), DEADLINE)
        assert found, f"never came; the log: {self.events}"
        return found

    def all(self, event, **fields):
        """The events of this name so far that say this."""
        with self.changed:
            return [e for e in self.events if e["event"] == event and all(e.get(k) == v for k, v in fields.items())]

    def kill(self):
        self.process.kill()
        self.process.wait(DEADLINE)
        self.reader.join(DEADLINE)

    def end(self, code=0):
        self.process.wait(DEADLINE)
        self.reader.join(DEADLINE)
        assert self.process.returncode == code, f"exit code {self.process.returncode}: {self.events[-5:]}"
