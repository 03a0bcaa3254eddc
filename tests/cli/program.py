"""The program under test, as the tests of its command line drive it: run to its end, or started as a server."""
import contextlib
import fcntl
import json
import os
import pathlib
import pty
import selectors
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest

TEMPFAIL = os.path.join(os.environ.get("TEMPFAIL_BIN", "build/debug/bin"), "tempfail")
DEADLINE = 60  # seconds; generous, for a loaded machine
HERE = pathlib.Path(__file__).resolve().parent
SENDER = [sys.executable, str(HERE / "sender.py")]


def run(*arguments, **options):
    """The program run to its end: returncode, stdout, stderr."""
    options.setdefault("timeout", 300)
    options.setdefault("stdin", subprocess.DEVNULL)
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    return subprocess.run([TEMPFAIL, *map(str, arguments)], text=True, **options)


def wait_until(condition, what):
    """Waits for something outside of this process; fails when it has not come by the deadline."""
    end = time.monotonic() + DEADLINE
    pause = selectors.DefaultSelector()
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"did not happen within {DEADLINE} s: {what}")
        pause.select(0.02)


def checks_types():
    """Whether the program is built to check the types of its objects: that needs descriptors of its own (UBSan)."""
    return b"__ubsan_handle_dynamic_type_cache_miss" in pathlib.Path(TEMPFAIL).read_bytes()


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def errors_on_terminal(arguments, columns=100, **environment):
    """A run whose standard error is a terminal: its exit status, and what it wrote there."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen([TEMPFAIL, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=slave, env={**os.environ, **environment})
    os.close(slave)
    text = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:
            part = b""
        if not part:
            break
        text += part
    os.close(master)
    return process.wait(), text


class Case(unittest.TestCase):
    """A test with a directory of its own, which goes away with it."""

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="tempfail-cli-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def ok(self, *arguments, **options):
        result = run(*arguments, **options)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return result.stdout

    def fails(self, code, *arguments, **options):
        """Runs, expects the exit code and one line of explanation; returns that line."""
        result = run(*arguments, **options)
        self.assertEqual(result.returncode, code, (result.stdout or "") + result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        self.assertNotIn("terminate called", result.stderr)
        return result.stderr

    def scenario_files(self, **texts):
        """A directory of scenarios: name=YAML text; the family is `own`."""
        folder = self.directory / "scenarios" / "own"
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / (name.replace("_", "-") + ".yaml")).write_text(text)
        return folder.parent


class Server:
    """`tempfail serve`, known to be ready; use as a context."""

    def __init__(self, directory, *arguments, **options):
        self.ready_file = pathlib.Path(directory) / "ready.json"
        self.log = open(pathlib.Path(directory) / "serve.log", "w+")
        options.setdefault("stdout", self.log)
        options.setdefault("stdin", subprocess.DEVNULL)
        self.process = subprocess.Popen(
            [TEMPFAIL, "serve", "--ready-file", str(self.ready_file), *map(str, arguments)],
            stderr=subprocess.STDOUT, **options)

    def __enter__(self):
        wait_until(lambda: self.ready_file.exists() or self.process.poll() is not None, "ready file")
        if self.process.poll() is not None:
            raise AssertionError("serve ended: " + self.output())
        self.ready = json.loads(self.ready_file.read_text())
        return self

    def __exit__(self, trouble, *_):
        """Ends a server that a test has left running; it must end well, too."""
        try:
            if self.process.poll() is None and self.stop() != 0 and not trouble:
                raise AssertionError(f"serve ended with {self.process.returncode}: {self.output()}")
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            self.log.close()

    def output(self):
        self.log.flush()
        return pathlib.Path(self.log.name).read_text()

    def port(self, scenario):
        return next(e["port"] for e in self.ready["endpoints"] if e["scenario"] == scenario)

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(DEADLINE)


class Raw:
    """A raw SMTP client: lines out, replies in."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=DEADLINE)
        self.file = self.socket.makefile("rb")

    def reply(self):
        """All lines of one reply, as text; "" at the end of the connection."""
        lines = []
        while True:
            line = self.file.readline().decode("utf-8", "replace")
            lines.append(line)
            if not line or line[3:4] != "-":
                return "".join(lines)

    def say(self, line):
        self.socket.sendall(line.encode() + b"\r\n")
        return self.reply()

    def send(self, recipient="someone@example.test", sender="me@sender.test"):
        """One message from MAIL to the reply after the final dot; the last reply."""
        reply = self.say(f"MAIL FROM:<{sender}>")
        if reply[:1] == "2":
            reply = self.say(f"RCPT TO:<{recipient}>")
        if reply[:1] == "2":
            reply = self.say("DATA")
        if reply[:1] == "3":
            reply = self.say("Subject: test\r\n\r\ntext\r\n.")
        return reply

    def close(self):
        self.file.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.close()


def main():
    unittest.main(verbosity=2)
