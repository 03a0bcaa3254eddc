"""What the attack tests share: the program as the tests of its command line drive it, and sockets that say odd things."""
import pathlib
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cli"))

import program  # noqa: E402 (its folder is known only now)

DEADLINE = program.DEADLINE


def resident_megabytes(pid):
    """The most memory that a process has had at once."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmHWM")


class Peer:
    """A TCP client that sends bytes as they are."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=DEADLINE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data, piece=0):
        """All of it, in one go or in pieces of so many bytes. A server that has closed may leave some of it unsent."""
        step = piece or max(len(data), 1)
        try:
            for at in range(0, len(data), step):
                self.socket.sendall(data[at:at + step])
        except (BrokenPipeError, ConnectionResetError):
            pass

    def read_until(self, wanted):
        seen = b""
        while wanted not in seen:
            part = self.socket.recv(65536)
            if not part:
                break
            seen += part
        return seen

    def end(self):
        """The client says no more; what the server still says, to its end."""
        seen = b""
        try:
            self.socket.shutdown(socket.SHUT_WR)
            while part := self.socket.recv(65536):
                seen += part
        except (ConnectionResetError, OSError):
            pass
        self.socket.close()
        return seen
