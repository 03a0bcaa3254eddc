r"""The steps of a walk that are about names, for scenarios that are served with a name server.

    query MX a.test: 10 mx1.a.test, 20 mx2.a.test     over UDP: these records, in this order, with NOERROR
    query A mx1.a.test: its address         the address at which that host listens
    query A mx.a.test: that of mx1.a.test   the address at which another host listens
    query MX a.test: servfail               this code, and no records
    query MX a.test: nodata                 NOERROR, and no records
    query MX a.test: truncated              TC, and no records
    query MX a.test: silence                no answer comes
    query MX a.test: malformed              the answer can't be read
    query MX a.test over tcp: reset         over TCP: the same words, and this one
    at mx1.a.test                           the next connections are to this host
"""
import re

from dnsclient import RCODES, Client, Malformed

VERBS = {"query": True, "at": True}


class NameSteps:
    """Mixed into walk.Walker. `served.dns` is where the name server is, `served.hosts` where each host is."""

    def _query(self, argument):
        from walk import Failed, WrongWalk
        match = re.fullmatch(r"(\w+) (\S+?)(?: over (udp|tcp))?: (.+)", argument)
        if not match:
            raise WrongWalk(f"query TYPE NAME [over tcp]: OUTCOME, not {argument}")
        kind, name, over, expected = match[1], match[2], match[3] or "udp", match[4]
        if expected == "its address":
            expected = self.served.hosts[name][0]
        elif expected.startswith("that of "):
            expected = self.served.hosts[expected.removeprefix("that of ")][0]
        said = self._outcome(Client(self.served.dns), kind, name, over, expected)
        self._log("--", f"{kind} {name} over {over}: {said}")
        if said != expected:
            raise Failed(f"the name server says: {said}")

    def _outcome(self, client, kind, name, over, expected):
        if expected == "silence":
            return "silence" if client.is_silent(name, kind, self.served.barrier) else "an answer"
        try:
            answer = client.ask(name, kind, over)
        except Malformed:
            return "malformed"
        except ConnectionResetError:
            return "reset"
        if answer.question.lower() != name.lower():
            return f"an answer about {answer.question}"
        if answer.truncated:
            return "truncated" if not answer.records else "truncated, with records"
        if answer.rcode != RCODES[0]:
            return answer.rcode if not answer.records else f"{answer.rcode}, with {', '.join(answer.texts())}"
        return ", ".join(answer.texts()) or "nodata"

    def _at(self, argument):
        from walk import WrongWalk
        if argument not in self.served.hosts:
            raise WrongWalk(f"no host {argument}; there are {', '.join(sorted(self.served.hosts))}")
        self.address = self.served.hosts[argument]
        self._log("--", f"to {argument}, {self.address[0]} port {self.address[1]}")
