"""What runs inside of a lab for the tests: looks around, or tries things, and prints one JSON object.

look                      addresses, names, files, processes
connect ADDRESS PORT …    what becomes of each connection: "open", the errno's name, or "timeout"
until OUTCOME ADDRESS PORT    tries until that becomes of it: all that did, each run of the same once
cut_off ADDRESS PORT      what becomes of a session that stands when its host is cut off, once new ones fail
bind ADDRESS …            whether each address can be bound
silent ADDRESS PORT …     the same, where no answer is expected: "timeout" after a while
greet ADDRESS PORT …      the first line that each server says
ask ADDRESS PORT …        what becomes of a datagram to each
names TYPE NAME …         what the lab's name server says over UDP and over TCP: code and records
search NAME …             the address to which the system's own resolver leads, or null
mail DOMAIN               by MX, as a mail server does it: the greeting of each host, in order
users FILE                makes FILE, gives it to user 1000, becomes that user, and tells both
abstract NAME             whether a Unix socket with an abstract name can be reached
orphan                    leaves a grandchild to process 1, and tells who its parent is and whether it stays a zombie
daemon FILE               leaves a daemon that holds a lock on FILE and ignores signals
wait FILE                 the same, and waits itself
"""
import errno
import fcntl
import json
import os
import pathlib
import select
import signal
import socket
import sys
import time

PATIENCE = 20  # seconds for what must come
SILENCE = 2.5  # seconds without any answer, over a retransmission: as good as none


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def pairs(words):
    return [(address, int(port)) for address, port in zip(words[::2], words[1::2])]


def look(_):
    def read(path):
        return pathlib.Path(path).read_text()
    return {
        "devices": sorted(name for _, name in socket.if_nameindex()),
        "host_name": socket.gethostname(),
        "own_address": socket.gethostbyname(socket.gethostname()),
        "resolv_conf": read("/etc/resolv.conf"),
        "hosts": read("/etc/hosts"),
        "hostname": read("/etc/hostname") if os.path.exists("/etc/hostname") else None,
        "processes": sorted(int(name) for name in os.listdir("/proc") if name.isdigit()),
        "pid": os.getpid(),
        "parent": os.getppid(),
        "directory": os.getcwd(),
        "user": os.getuid(),
        "open": sorted(int(name) for name in os.listdir("/proc/self/fd")),
    }


def is_connected(client):
    try:
        client.getpeername()
        return True
    except OSError:
        return False


def try_to_connect(address, port, patience):
    with socket.socket(family_of(address)) as client:
        client.settimeout(patience)
        try:
            client.connect((address, port))
            # connect() says now and then that all is well when the error has not reached the socket yet.
            if not is_connected(client):
                client.recv(1)
            return "open"
        except TimeoutError as error:
            return errno.errorcode.get(error.errno, "timeout")
        except OSError as error:
            return errno.errorcode[error.errno]


def connect(words):
    return {f"{address} {port}": try_to_connect(address, port, PATIENCE) for address, port in pairs(words)}


def silent(words):
    return {f"{address} {port}": try_to_connect(address, port, SILENCE) for address, port in pairs(words)}


def until(words):
    wanted, address, port = words
    outcomes, end = [], time.monotonic() + PATIENCE
    while wanted not in outcomes and time.monotonic() < end:
        outcome = try_to_connect(address, int(port), PATIENCE)
        if outcomes[-1:] != [outcome]:
            outcomes.append(outcome)
    return outcomes


def cut_off(words):
    address, port = words
    with socket.create_connection((address, int(port)), PATIENCE) as client:
        lines = client.makefile("rb")
        greeting = lines.readline()
        outcomes = until(["EHOSTUNREACH", address, port])
        client.sendall(b"NOOP\r\n")
        client.settimeout(SILENCE)
        try:
            reply = lines.readline().decode()
        except TimeoutError:
            reply = None
    return {"greeted": greeting.startswith(b"220 "), "new": outcomes[-1], "reply": reply}


def bind(words):
    result = {}
    for address in words:
        with socket.socket(family_of(address)) as server:
            try:
                server.bind((address, 0))
                result[address] = "bound"
            except OSError as error:
                result[address] = errno.errorcode[error.errno]
    return result


def greet(words):
    result = {}
    for address, port in pairs(words):
        with socket.create_connection((address, port), PATIENCE) as client:
            result[f"{address} {port}"] = client.makefile("rb").readline().decode()
    return result


def ask(words):
    """A datagram to a port where nobody is; the kernel is asked to tell of every ICMP message that comes back."""
    ip_recverr = 11
    result = {}
    for address, port in pairs(words):
        with socket.socket(family_of(address), socket.SOCK_DGRAM) as client:
            client.setsockopt(socket.IPPROTO_IP, ip_recverr, 1)
            client.settimeout(PATIENCE)
            client.connect((address, port))
            client.send(b"?")
            try:
                result[f"{address} {port}"] = repr(client.recv(100))
            except OSError as error:
                result[f"{address} {port}"] = errno.errorcode.get(error.errno, str(error))
    return result


def resolver():
    import dnsclient
    for line in pathlib.Path("/etc/resolv.conf").read_text().splitlines():
        if line.startswith("nameserver "):
            return dnsclient.Client((line.split()[1], 53))
    raise AssertionError("no name server in /etc/resolv.conf")


def names(words):
    client, result = resolver(), {}
    for kind, name in zip(words[::2], words[1::2]):
        answers = [client.ask(name, kind, over) for over in ("udp", "tcp")]
        result[f"{kind} {name}"] = [[answer.rcode, *answer.texts()] for answer in answers]
    return result


def search(words):
    result = {}
    for name in words:
        try:
            result[name] = socket.gethostbyname(name)
        except socket.gaierror:
            result[name] = None
    return result


def mail(words):
    client, result = resolver(), []
    found = client.ask(words[0], "MX").texts()
    for _, host in sorted((int(text.split()[0]), text.split()[1]) for text in found):
        for kind in ("AAAA", "A"):
            for address in client.ask(host, kind).texts():
                result.append([address, greet([address, "25"])[f"{address} 25"]])
    return result


def abstract(words):
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect("\0" + words[0])
            return "open"
        except OSError as error:
            return errno.errorcode[error.errno]


def users(words):
    path = pathlib.Path(words[0])
    path.touch()
    try:
        os.chown(path, 1000, 1000)
        os.setgroups([5, 6])
        os.setgid(1000)
        os.setuid(1000)
    except OSError as error:
        return {"failed": errno.errorcode[error.errno]}
    return {"user": os.getuid(), "groups": sorted(os.getgroups()), "owner": path.stat().st_uid}


def orphan(_):
    reading, writing = os.pipe()
    go_reading, go_writing = os.pipe()
    if os.fork() == 0:
        if os.fork() == 0:
            os.setsid()
            os.close(go_writing)
            os.read(go_reading, 1)  # until its parent is gone, and we let go
            os.write(writing, f"{os.getpid()} {os.getppid()}".encode())
            os._exit(0)
        os._exit(0)
    os.wait()
    os.close(writing)
    os.close(go_writing)
    pid, parent = os.read(reading, 100).split()
    os.read(reading, 1)  # end of file: it has ended
    poll = select.poll()
    end = time.monotonic() + PATIENCE
    while os.path.exists(f"/proc/{int(pid)}") and time.monotonic() < end:
        poll.poll(20)
    return {"parent": int(parent), "gone": not os.path.exists(f"/proc/{int(pid)}")}


def leave_daemon(path):
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)
            file = open(path, "a")
            fcntl.flock(file, fcntl.LOCK_EX)
            os.write(writing, b"locked")
            for stream in (0, 1, 2):
                os.close(stream)
            while True:
                signal.pause()
        os._exit(0)
    os.wait()
    os.read(reading, 6)


def daemon(words):
    leave_daemon(words[0])
    return {"left": True}


def wait(words):
    leave_daemon(words[0])
    print(json.dumps({"waits": True}), flush=True)
    while True:
        signal.pause()


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](sys.argv[2:])))
