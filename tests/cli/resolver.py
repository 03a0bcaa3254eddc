"""What a sender of these tests asks a name server, and what it makes of the answers."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import dnsclient  # noqa: E402


class Later(Exception):
    """Not known, or not possible now."""


class Never(Exception):
    """There is nothing that could be tried again."""


class Resolver:
    def __init__(self, place, uses_tcp=True, wait_seconds=1, follows_aliases=True):
        """`place`: "127.0.0.1:5300", as {dns} has it. An answer is waited for in real time, as resolvers do."""
        self.follows_aliases = follows_aliases
        address, _, port = place.rpartition(":")
        self.place, self.uses_tcp, self.wait_seconds = (address.strip("[]"), int(port)), uses_tcp, wait_seconds

    def look_up(self, name, kind):
        """The records' texts; empty: there are none. None: the name is not there."""
        try:
            with dnsclient.Client(self.place).open() as udp:
                udp.settimeout(self.wait_seconds)
                udp.send(dnsclient.query(name, kind))
                answer = dnsclient.read(udp.recv(65535))
            if answer.truncated and self.uses_tcp:
                answer = dnsclient.Client(self.place).ask(name, kind, "tcp")
        except (OSError, dnsclient.Malformed) as error:
            raise Later(f"{kind} of {name}: {error or type(error).__name__}") from error
        if answer.rcode not in ("noerror", "nxdomain"):
            raise Later(f"{kind} of {name}: {answer.rcode}")
        if answer.rcode == "nxdomain":
            return None
        return [text for owner, type, _, text in answer.records
                if type == kind and (self.follows_aliases or owner.lower() == name.lower())]
