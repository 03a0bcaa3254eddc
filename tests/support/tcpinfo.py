"""What the kernel knows of a TCP connection (TCP_INFO), as far as tests ask."""
import fcntl
import socket
import struct
import termios

SYN_SENT = 2        # the state of a connection whose SYN has no answer yet
CLOSE_WAIT = 8      # the other side has sent its FIN, this one has not
# Of struct tcp_info in linux/tcp.h, which only ever grows at its end.
STATE_AT, TOTAL_RETRANS_AT, SND_WND_AT, LENGTH = 0, 100, 228, 232


class Unknown(Exception):
    """This kernel (before 5.4) does not tell the peer's window."""


def _info(connection):
    return connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, LENGTH)


def state(connection):
    return _info(connection)[STATE_AT]


def unacknowledged(connection):
    """How many bytes of what was sent the other side's kernel has not taken yet."""
    return struct.unpack("i", fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, bytes(4)))[0]


def retransmits(connection):
    return struct.unpack_from("I", _info(connection), TOTAL_RETRANS_AT)[0]


def peer_window(connection):
    """How many bytes the other side would take now."""
    info = _info(connection)
    if len(info) < LENGTH:
        raise Unknown("TCP_INFO does not tell the window")
    return struct.unpack_from("I", info, SND_WND_AT)[0]
