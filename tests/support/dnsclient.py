"""A DNS client over raw sockets: queries written and answers read octet by octet (RFC 1035, RFC 6891)."""
import dataclasses
import socket
import struct

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "OPT": 41, "TLSA": 52,
         "HTTPS": 65, "ANY": 255}
NAMES = {number: name for name, number in TYPES.items()}
RCODES = {0: "noerror", 1: "formerr", 2: "servfail", 3: "nxdomain", 4: "notimp", 5: "refused", 16: "badvers"}
DEADLINE_SECONDS = 30.0
QUESTION_ID = 0x4A17


class Malformed(Exception):
    """The answer can't be read."""


def name_in_bytes(name):
    labels = [label.encode() for label in name.split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def query(name, kind, id=QUESTION_ID, flags=0x0100, edns=None, dnssec_ok=False):
    additional = b""
    if edns is not None:
        additional = b"\0" + struct.pack(">HHIH", TYPES["OPT"], edns, 0x8000 if dnssec_ok else 0, 0)
    header = struct.pack(">HHHHHH", id, flags, 1, 0, 0, 1 if additional else 0)
    return header + name_in_bytes(name) + struct.pack(">HH", TYPES[kind], 1) + additional


@dataclasses.dataclass
class Answer:
    """What came, as far as a careful client would believe it."""

    id: int
    flags: int
    question: str
    records: list        # of the answer section: (owner, type, ttl, text)
    authority: list
    rcode: str

    @property
    def truncated(self):
        return bool(self.flags & 0x0200)

    @property
    def authenticated(self):
        return bool(self.flags & 0x0020)

    @property
    def recursion_available(self):
        return bool(self.flags & 0x0080)

    def texts(self):
        return [text for _, _, _, text in self.records]


class _Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        if self.at + size > len(self.data):
            raise Malformed(f"ends after {len(self.data)} bytes")
        self.at += size
        return self.data[self.at - size:self.at]

    def number(self, form):
        return struct.unpack(">" + form, self.take(struct.calcsize(">" + form)))

    def name(self):
        labels, back, jumps = [], None, 0
        while True:
            length = self.take(1)[0]
            if length == 0:
                break
            if length >= 0xC0:
                to = (length & 0x3F) << 8 | self.take(1)[0]
                back = self.at if back is None else back
                jumps += 1
                if jumps > 20:
                    raise Malformed("compression goes in circles")
                self.at = to
                continue
            if length > 63:
                raise Malformed(f"a label of {length}")
            labels.append(self.take(length).decode("utf-8", "surrogateescape"))
        if back is not None:
            self.at = back
        return ".".join(labels)

    def record(self):
        owner = self.name()
        kind, wire_class, ttl, length = self.number("HHIH")
        end = self.at + length
        kind = NAMES.get(kind, f"TYPE{kind}")
        if kind == "MX":
            text = f"{self.number('H')[0]} {self.name() or '.'}"
        elif kind in ("CNAME", "NS", "PTR"):
            text = self.name()
        elif kind == "A":
            text = socket.inet_ntop(socket.AF_INET, self.take(4))
        elif kind == "AAAA":
            text = socket.inet_ntop(socket.AF_INET6, self.take(16))
        else:
            text = self.take(length).hex()
        self.at, behind = end, self.at
        if behind != end:
            raise Malformed(f"data of {kind} is {length} bytes long, and {behind - end + length} of them were read")
        return owner, kind, ttl, text, wire_class


def read(data):
    reader = _Reader(data)
    id, flags, questions, answers, authorities, additionals = reader.number("HHHHHH")
    if not flags & 0x8000:
        raise Malformed("no answer: QR is not set")
    question = ""
    for _ in range(questions):
        question = reader.name()
        reader.number("HH")
    records = [reader.record()[:4] for _ in range(answers)]
    authority = [reader.record()[:4] for _ in range(authorities)]
    rcode = flags & 0xF
    for _ in range(additionals):
        _, kind, ttl, _, _ = reader.record()
        if kind == "OPT":
            rcode |= (ttl >> 24) << 4
    if reader.at != len(data):
        raise Malformed(f"{len(data) - reader.at} bytes too many")
    return Answer(id, flags, question, records, authority, RCODES.get(rcode, str(rcode)))


class Client:
    """A client of the name server at (address, port)."""

    def __init__(self, address):
        self.address = address
        self.family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET

    def open(self):
        """A UDP socket that is connected, so that what others send does not count."""
        udp = socket.socket(self.family, socket.SOCK_DGRAM)
        udp.settimeout(DEADLINE_SECONDS)
        udp.connect(self.address)
        return udp

    def ask(self, name, kind, over="udp", **options):
        """The answer; what is malformed raises Malformed, no answer in a long time TimeoutError."""
        return read(self.raw(query(name, kind, **options), over))

    def raw(self, data, over="udp"):
        """The bytes of the answer to these bytes. Over TCP b"" is FIN, and a reset raises ConnectionResetError."""
        if over == "udp":
            with self.open() as udp:
                udp.send(data)
                return udp.recv(65535)
        with socket.create_connection(self.address, timeout=DEADLINE_SECONDS) as tcp:
            tcp.sendall(struct.pack(">H", len(data)) + data)
            return read_message(tcp)

    def is_silent(self, name, kind, barrier):
        """Whether nothing has come once `barrier()` has returned: the server has dealt with the query by then."""
        with self.open() as udp:
            udp.send(query(name, kind))
            barrier()
            udp.setblocking(False)
            try:
                udp.recv(65535)
            except BlockingIOError:
                return True
            return False


def read_message(tcp):
    """One message off a TCP stream; b"" at its end."""
    head = read_exactly(tcp, 2)
    return read_exactly(tcp, struct.unpack(">H", head)[0]) if head else b""


def read_exactly(tcp, size):
    data = b""
    while len(data) < size:
        piece = tcp.recv(size - len(data))
        if not piece:
            if data:
                raise Malformed(f"the stream ends after {len(data)} of {size} bytes")
            return b""
        data += piece
    return data
