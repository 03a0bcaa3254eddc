"""A redis-server of a test's own: on a Unix socket in a folder that nobody else has, without a port; ended by its pid."""
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

DEADLINE_SECONDS = 60.0


class RedisServer:
    def __init__(self):
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
        """Runs and takes questions, with nothing in it. FileNotFoundError: `scripts/install-deps test` installs it."""
        self.socket.unlink(missing_ok=True)
        self._process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", str(self.socket), "--dir", str(self.folder), "--save", "",
             "--appendonly", "no"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
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

    def freeze(self):
        """It answers nothing, but is there."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self._process.send_signal(signal.SIGCONT)

    def keys(self):
        """The names of all keys, by its own protocol."""
        with socket.socket(socket.AF_UNIX) as asked:
            asked.connect(str(self.socket))
            asked.sendall(b"KEYS *\r\n")
            lines = asked.makefile("rb")
            count = int(lines.readline()[1:])
            return sorted([lines.readline(), lines.readline()][1].strip().decode() for _ in range(count))
