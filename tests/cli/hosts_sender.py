"""A little sender with a queue, several hosts and notifications, for the tests of `tempfail test --dns`.

usage: hosts_sender.py HOW HANDOVERS CASE [PATIENCE]    HANDOVERS and CASE are {handovers} and {case}

PATIENCE is how many seconds of protocol time it waits for a reply; a minute of real time where nothing is said. HOW is `right`,
or the names of what it does otherwise, with commas between:

right but unusual
    stays               after a 4yz it comes again later, and does not go on to the next host
    bounces-554         a greeting with 554 is the end
wrong
    worst-first         tries the MX from the highest number to the lowest
    first-of-equals     takes the first of those that are equal
    stops-at-first      tries one host alone
    one-address         tries one address of a host alone
    gives-up            takes what is put off for refused
    goes-on             goes on to the next host after a 550, and tries again later
    every-host          brings the message to all hosts, twice
    says-both           tells the sender of a failure where the next host has taken it
    hammers             does not pause
    forgets             does not remember dead hosts
    caches-mail         remembers that MAIL was refused for a sender
    in-a-row            brings mail for one domain after that for another
    each-alone          sends to each recipient by itself
    keeps-connection    goes on after a reply that did not come in time
    knows-itself-not    takes an MX that is itself for another host
    implicit            where no MX is left, takes the domain for its own MX
    reports-reports     tells the sender that its notification failed, and <> of a failed notification
    asks-nobody         sends a notification nowhere, and looks no name up for it
    follows-551         sends the message where a 551 points
    251-is-none         takes 251 for a refusal
    claims              says that all is well

A real second is {time_scale} seconds; it tries again each half hour, for at most ten hours. It exits with 0 when all was taken, with 1 when
something was given up.
"""
import contextlib
import fcntl
import json
import os
import pathlib
import random
import re
import socket
import sys
import threading
import time

from resolver import Later, Never, Resolver

HOW = set(sys.argv[1].split(","))
HANDOVERS, CASE = json.loads(pathlib.Path(sys.argv[2]).read_text()), pathlib.Path(sys.argv[3])
SCALE = float(HANDOVERS[0]["time_scale"])
PATIENCE = float(sys.argv[4]) / SCALE if len(sys.argv) > 4 else 60
PORT = HANDOVERS[0]["port"]
OWN_NAMES, OWN_ADDRESSES = {"mail.sender.test"}, {"127.0.0.1", "::1", "0.0.0.0"}
CONNECT_SECONDS = 2          # real ones: the kernel knows no others
HALF_HOUR = 1800 / SCALE
ROUNDS = 20
look_up = Resolver(HANDOVERS[0]["dns"], wait_seconds=30).look_up  # it always answers, on a busy machine later
refused_senders = set()


class Smtp:
    """One connection."""

    def __init__(self, address):
        self.unread = b""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(CONNECT_SECONDS)
        self.socket.connect((address, PORT))
        self.socket.settimeout(PATIENCE)

    def reply(self):
        """(code, text) of the next reply. TimeoutError: it does not come; ConnectionError: the connection is gone."""
        lines = []
        while not lines or lines[-1][3:4] == "-":
            while b"\n" not in self.unread:
                data = self.socket.recv(4096)
                if not data:
                    raise ConnectionResetError("closed")
                self.unread += data
            line, _, self.unread = self.unread.partition(b"\n")
            lines.append(line.decode(errors="replace").rstrip("\r"))
        return int(lines[-1][:3]), lines[-1]

    def say(self, line):
        self.socket.sendall(line.encode() + b"\r\n")
        return self.reply()

    def send(self, content):
        stuffed = re.sub(rb"(?m)^\.", b"..", content)
        self.socket.sendall(stuffed + (b"" if stuffed.endswith(b"\r\n") else b"\r\n") + b".\r\n")
        return self.reply()

    def close(self):
        with contextlib.suppress(OSError, ValueError):
            self.say("QUIT")
        self.socket.close()


def fate_of(code):
    return "taken" if code < 400 else "later" if code < 500 else "never"


def transaction(smtp, sender, recipients, content):
    """{recipient: (fate, text)}"""
    code, text = smtp.say(f"MAIL FROM:<{sender}>")
    if code >= 400:
        if code >= 500:
            refused_senders.add(sender)
        return dict.fromkeys(recipients, (fate_of(code), text))
    fates = {}
    for recipient in recipients:
        code, text = smtp.say(f"RCPT TO:<{recipient}>")
        fates[recipient] = ("never" if code == 251 and "251-is-none" in HOW else fate_of(code), text)
    accepted = [recipient for recipient in recipients if fates[recipient][0] == "taken"]
    if accepted:
        code, text = smtp.say("DATA")
        if code == 354:
            code, text = smtp.send(content)
        fates.update(dict.fromkeys(accepted, (fate_of(code), text)))
    elif fates:
        smtp.say("RSET")
    return fates


def session(address, sender, recipients, content):
    smtp = Smtp(address)
    try:
        code, text = smtp.reply()
        if code >= 400:
            return dict.fromkeys(recipients, (fate_of(code), text))
        smtp.say("EHLO mail.sender.test")
        groups = [[one] for one in recipients] if "each-alone" in HOW else [recipients]
        fates = {}
        for group in groups:
            fates.update(transaction(smtp, sender, group, content))
        return fates
    finally:
        smtp.close()


# --- where to

def exchanges_of(domain):
    """Names of hosts, the best first."""
    found = look_up(domain, "MX")
    if found is None:
        raise Never(f"{domain} does not exist")
    exchanges = [(int(text.split()[0]), text.split()[1].rstrip(".")) for text in found]
    if not exchanges:
        return [domain]
    random.shuffle(exchanges)
    exchanges.sort(key=lambda each: (each[0], each[1] if "first-of-equals" in HOW else ""))
    if "knows-itself-not" not in HOW:
        own = [preference for preference, name in exchanges if is_own(name)]
        exchanges = [each for each in exchanges if not own or each[0] < min(own)]
    if not exchanges:
        if "implicit" in HOW:
            return [domain]
        raise Never(f"all that is left of the MX of {domain} is myself")
    if "worst-first" in HOW:
        exchanges.reverse()
    return [name for _, name in exchanges]


def addresses_of(host):
    return (look_up(host, "A") or []) + (look_up(host, "AAAA") or [])


def is_own(host):
    try:
        return host in OWN_NAMES or any(address in OWN_ADDRESSES for address in addresses_of(host))
    except Later:
        return False


# --- dead hosts, of which all commands of a case know

@contextlib.contextmanager
def known_to_be_dead(host):
    """Gives a function that notes whether the host is dead; None: it is known to be. One command at a time looks."""
    if "forgets" in HOW:
        yield lambda dead: None
        return
    path = CASE / f"dead-{host}"
    with open(path, "a+", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        until = float(file.read() or 0)

        def note(dead):
            file.truncate(0)
            file.write(str(time.monotonic() + HALF_HOUR) if dead else "0")
            file.flush()
        yield note if time.monotonic() >= until else None


def try_host(host, sender, recipients, content):
    """{recipient: (fate, text)}"""
    outcome = dict.fromkeys(recipients, ("later", f"{host} has no address"))
    with known_to_be_dead(host) as note:
        if note is None:
            return dict.fromkeys(recipients, ("later", f"{host} is known to be dead"))
        addresses = addresses_of(host)
        for address in addresses[:1] if "one-address" in HOW else addresses:
            try:
                outcome = session(address, sender, recipients, content)
                note(False)
                return outcome
            except OSError as error:
                outcome = dict.fromkeys(recipients, ("later", f"{host}: {error}"))
                note(True)
    return outcome


class Message:
    def __init__(self, handover):
        self.sender = handover["sender"]
        self.content = pathlib.Path(handover["message"]).read_bytes()
        self.waiting = dict.fromkeys(handover["recipients"], "")
        self.lost = {}

    def domains(self):
        """Recipients whose mail goes to the same hosts are one group: {hosts: recipients}."""
        groups = {}
        for recipient in list(self.waiting):
            try:
                hosts = tuple(exchanges_of(recipient.rpartition("@")[2]))
                groups.setdefault(hosts, []).append(recipient)
            except Later as error:
                self.settle({recipient: ("later", str(error))})
            except Never as error:
                self.settle({recipient: ("never", str(error))})
        return groups

    def settle(self, fates):
        for recipient, (fate, text) in fates.items():
            print(recipient, fate, text, flush=True)
            if fate == "never" or (fate == "later" and "gives-up" in HOW):
                self.waiting.pop(recipient, None)
                self.lost[recipient] = text
            elif fate == "taken":
                self.waiting.pop(recipient, None)
                self.lost.pop(recipient, None)

    def bring(self, hosts, recipients):
        fates = {}
        if "every-host" in HOW:
            hosts = hosts * 2
        for host in hosts[:1] if "stops-at-first" in HOW else hosts:
            try:
                fates.update(try_host(host, self.sender, recipients, self.content))
            except Later as error:
                fates.update(dict.fromkeys(recipients, ("later", str(error))))
            put_off = any(fates[one][0] == "later" and fates[one][1][:1] == "4" for one in recipients)
            if "every-host" in HOW:
                continue
            recipients = [one for one in recipients
                          if fates[one][0] == "later" or is_to_go_on(*fates[one])]
            if not recipients or ("stays" in HOW and put_off):
                break
        if "goes-on" in HOW:
            fates = {one: ("later" if fate == "never" else fate, text) for one, (fate, text) in fates.items()}
        self.settle(fates)

    def one_try(self):
        threads = []
        for hosts, recipients in self.domains().items():
            if "in-a-row" in HOW:
                self.bring(hosts, recipients)
            else:
                threads.append(threading.Thread(target=self.bring, args=(hosts, recipients)))
                threads[-1].start()
        for thread in threads:
            thread.join()

    def follow(self):
        for text in list(self.lost.values()):
            if elsewhere := re.search("^551 .*<(.*)>", text):
                deliver(self.sender, elsewhere[1], self.content)

    def run(self):
        if "caches-mail" in HOW and self.sender in refused_senders:
            self.settle(dict.fromkeys(list(self.waiting), ("never", "known to be refused")))
        for _ in range(ROUNDS):
            if not self.waiting:
                break
            self.one_try()
            if self.waiting:
                threading.Event().wait(0 if "hammers" in HOW else HALF_HOUR)
        self.settle(dict.fromkeys(list(self.waiting), ("never", "too late")))
        if "follows-551" in HOW:
            self.follow()
        if self.lost:
            notify(self.sender, self.lost)


def is_to_go_on(fate, text):
    if text.startswith("554 5.3.2") and "bounces-554" not in HOW:
        return True  # a host without service, as its greeting says
    return fate == "never" and "goes-on" in HOW


def deliver(sender, recipient, content):
    """At once, or not at all: (fate, text)."""
    fate = ("later", "no host")
    try:
        for host in exchanges_of(recipient.rpartition("@")[2]):
            fate = try_host(host, sender, [recipient], content)[recipient]
            if fate[0] != "later":
                break
    except (Later, Never) as error:
        fate = ("never", str(error))
    return fate


def report_of(lost):
    fields = "".join(f"\r\nFinal-Recipient: rfc822; {one}\r\nAction: failed\r\nStatus: 5.0.0\r\n" for one in lost)
    return ("From: <mailer-daemon@mail.sender.test>\r\nSubject: not delivered\r\nMIME-Version: 1.0\r\n"
            "Message-ID: <report@mail.sender.test>\r\n"
            "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
            "--b\r\nContent-Type: text/plain\r\n\r\nNot delivered.\r\n"
            "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mail.sender.test\r\n"
            f"{fields}\r\n--b--\r\n").encode()


def notify(sender, lost):
    if "asks-nobody" in HOW:
        return
    if not sender:
        if "reports-reports" in HOW:
            host = exchanges_of(next(iter(lost)).rpartition("@")[2])[0]
            print("report to nobody", try_host(host, "", [""], report_of(lost)))
        return
    fate, text = deliver("", sender, report_of(lost))
    print("notification", fate, text)
    if fate == "never" and "reports-reports" in HOW:
        print("report of it", deliver("", sender, report_of([sender])))


def keep_connection(messages):
    """All messages on one connection, whatever comes, and when."""
    recipient = next(iter(messages[0].waiting))
    smtp = Smtp(addresses_of(exchanges_of(recipient.rpartition("@")[2])[0])[0])
    smtp.reply()
    smtp.say("EHLO mail.sender.test")
    for message in messages:
        with contextlib.suppress(TimeoutError):
            transaction(smtp, message.sender, list(message.waiting), message.content)
    smtp.close()


def main():
    messages = [Message(handover) for handover in HANDOVERS]
    if "keeps-connection" in HOW:
        keep_connection(messages)
        return 0
    for message in messages:
        message.run()
        if "says-both" in HOW:
            domain = next(iter(HANDOVERS[0]["recipients"])).rpartition("@")[2]
            try_host(exchanges_of(domain)[-1], "", [message.sender], report_of(HANDOVERS[0]["recipients"]))
    return 0 if "claims" in HOW or not any(message.lost for message in messages) else 1


sys.exit(main())
