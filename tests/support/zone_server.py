"""A name server for one small zone file, over UDP: MX, A, a wildcard. What it does not know does not exist."""
import pathlib
import re
import socket
import struct
import threading

from dnsclient import NAMES, TYPES, name_in_bytes

AUTHORITATIVE_ANSWER = 0x8580
NO_SUCH_NAME = 3


def read_zone(path):
    """Of each name, a wildcard too, its records: (type, value)."""
    origin, owner, records = "", "", {}
    for line in pathlib.Path(path).read_text().splitlines():
        line = line.split(";")[0].rstrip()
        if line.startswith("$ORIGIN"):
            origin = line.split()[1].rstrip(".")
        found = re.match(r"(\S*)\s+IN\s+(A|MX|NS)\s+(.*)", line)
        if re.match(r"\S+\s+IN\s", line):
            owner = line.split()[0]
        if found:
            name = origin if owner == "@" else f"{owner}.{origin}"
            value = found.group(3).split()[-1]
            records.setdefault(name, []).append((found.group(2), value if found.group(2) == "A" else f"{value}.{origin}"))
    return records


class ZoneServer:
    """`with ZoneServer(path, "192.0.2.2", 53) as server:` answers until the end; `asked`: the questions."""

    def __init__(self, path, address, port):
        self.records = read_zone(path)
        self.asked = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, port))
        self.place = self._socket.getsockname()
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
            end.sendto(b"", self.place)  # an empty datagram ends it
        self._thread.join()
        self._socket.close()

    def _serve(self):
        while True:
            query, client = self._socket.recvfrom(4096)
            if not query:
                return
            self._socket.sendto(self.answer(query), client)

    def answer(self, query):
        name, at = [], 12
        while query[at]:
            name.append(query[at + 1:at + 1 + query[at]].decode())
            at += query[at] + 1
        question = query[12:at + 5]
        kind = NAMES.get(struct.unpack(">H", query[at + 1:at + 3])[0], "")
        name = ".".join(name).lower()
        self.asked.append((kind, name))
        known = self.records.get(name, self.records.get("*." + name.partition(".")[2]))
        records = [self._record(kind, value) for of, value in known or () if of == kind]
        flags = AUTHORITATIVE_ANSWER | (0 if known else NO_SUCH_NAME)
        return query[:2] + struct.pack(">HHHHH", flags, 1, len(records), 0, 0) + question + b"".join(records)

    @staticmethod
    def _record(kind, value):
        data = socket.inet_aton(value) if kind == "A" else name_in_bytes(value)
        if kind == "MX":
            data = struct.pack(">H", 10) + data
        return b"\xc0\x0c" + struct.pack(">HHIH", TYPES[kind], 1, 60, len(data)) + data
