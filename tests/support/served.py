"""Runs `tempfail serve` for a test: starts it, knows its ports, moves its clock, ends it by its pid."""
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

START_SECONDS = 60.0


def program(name="tempfail"):
    """The program under test; the build says where (TEMPFAIL_BIN)."""
    return pathlib.Path(os.environ["TEMPFAIL_BIN"]) / name


class Refused(Exception):
    """The control socket answered with an error."""


class Served:
    """`with Served() as served:` serves the whole catalogue, each scenario on a free port, by a clock that stands."""

    def __init__(self, *scenarios, implicit=False, options=("--clock", "manual"), prefix=(), port=0):
        """`implicit`: all that can be is served with TLS from the first byte. `prefix`: a command that runs it, in its own process.
        `port`: of the first scenario; 0: each has a free one."""
        self.implicit = implicit
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tempfail-served-"))
        self.ready_file = self.folder / "ready.json"
        self.output = self.folder / "output"
        self._command = [*prefix, program(), "serve", *scenarios, "--port", port, "--control", self.folder / "control",
                         "--ready-file", self.ready_file, "--tls-dir", self.folder / "tls",
                         *(["--tls"] if implicit else []), *options]
        self.authority = self.folder / "tls" / "ca.pem"  # the certificate to trust
        self._process = None
        self._control = None
        self.ports = {}   # where each scenario is; of several hosts the first
        self.hosts = {}   # where each host is, by its name (with --dns)
        self.dns = None   # where the name server is (with --dns)
        self.shared = None  # where the shared port is (with --shared-port)

    def __enter__(self):
        with open(self.output, "wb") as output:
            self._process = subprocess.Popen([str(part) for part in self._command], stdin=subprocess.DEVNULL,
                                             stdout=output, stderr=subprocess.STDOUT, cwd=self.folder)
        try:
            ready = self._wait_until_ready()
            for endpoint in ready["endpoints"]:
                place = (endpoint["address"], endpoint["port"])
                self.ports.setdefault(endpoint["scenario"], place)
                if endpoint["host"]:
                    self.hosts.setdefault(endpoint["host"], place)
            if ready["common"]:
                self.shared = (ready["common"]["address"], ready["common"]["port"])
            if ready["dns"]:
                self.dns = (ready["dns"]["address"], ready["dns"]["port"])
            self._control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._control.settimeout(START_SECONDS)
            self._control.connect(str(self.folder / "control"))
            self._lines = self._control.makefile("rb")
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, trouble, *_):
        output = self.stop()
        if not trouble and self._process.returncode != 0:
            raise RuntimeError(f"tempfail serve ended with {self._process.returncode}:\n{output}")

    def _wait_until_ready(self):
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                return json.loads(self.ready_file.read_text())
            except (FileNotFoundError, ValueError):
                pass
            try:
                self._process.wait(0.02)
            except subprocess.TimeoutExpired:
                if time.monotonic() < end:
                    continue
            raise RuntimeError(f"tempfail serve did not get ready ({self._process.returncode}):\n"
                               + self.output.read_text(errors="replace"))

    def stop(self):
        """Ends the server; returns what it wrote, of which nothing is left afterwards."""
        if self._control:
            self._control.close()
        if self._process and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(START_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        output = self.output.read_text(errors="replace") if self.output.exists() else ""
        shutil.rmtree(self.folder, ignore_errors=True)
        return output

    def process_id(self):
        return self._process.pid

    # --- the control socket

    def control(self, line):
        """Says one line, returns what follows `ok`; Refused otherwise."""
        self._control.sendall(line.encode() + b"\n")
        answer = self._lines.readline().decode().strip()
        word, _, rest = answer.partition(" ")
        if word != "ok":
            raise Refused(f"control {line!r}: {answer or 'no answer'}")
        return rest

    def barrier(self):
        """Returns when the server has seen everything that was sent to it before.

        It has one thread: it cannot answer here without having looked at what lay on its sockets before; the
        repetition lets it finish what takes several turns (accept, then greet).
        """
        for _ in range(3):
            self.control("now")

    def advance(self, duration):
        self.barrier()
        self.control(f"advance {duration}")

    def reset(self, scenario):
        self.barrier()
        self.control(f"reset {scenario}")
