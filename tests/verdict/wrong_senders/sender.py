#!/usr/bin/env python3
"""A little sender that does everything right, but for what it is told to do wrong.

usage: sender.py FAULT   with the environment that `tempfail test` gives; FAULT "none" does nothing wrong.
"""
import os
import random
import re
import select
import socket
import ssl
import sys
import time

FAULT = sys.argv[1]
TOLD = os.environ["TEMPFAIL_TLS"]  # opportunistic, required, verified
SCALE = float(os.environ["TEMPFAIL_TIME_SCALE"])
SCENARIO = os.environ["TEMPFAIL_SCENARIO"]
SENDER = os.environ["TEMPFAIL_SENDER"]
HOUR = 3600
SCHEDULE = [1 * HOUR, 2 * HOUR, 4 * HOUR]
ENOUGH_SECONDS = 12  # real time: longer than any silence here


class Gone(Exception):
    """The connection is of no use any more."""


class NoTls(Exception):
    """TLS failed, or is not to be had."""


class Refused(Exception):
    def __init__(self, code):
        super().__init__(code)
        self.code = code


def wrong(*names):
    return FAULT in names


class Connection:
    def __init__(self):
        self.input = b""
        self.extensions = set()
        self.tls = False
        address = (os.environ["TEMPFAIL_HOST"], int(os.environ["TEMPFAIL_PORT"]))
        patience = 60 / SCALE if wrong("impatient") else None if wrong("waits-for-ever") else ENOUGH_SECONDS
        self.socket = socket.create_connection(address, timeout=ENOUGH_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(patience)

    def write(self, data):
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise Gone(error) from error

    def line(self):
        while b"\n" not in self.input:
            try:
                more = self.spin() if wrong("spins") else self.socket.recv(4096)
            except OSError as error:
                raise Gone(error) from error
            if not more:
                raise Gone("closed")
            self.input += more
        line, _, self.input = self.input.partition(b"\n")
        return line.rstrip(b"\r").decode("latin-1")

    def spin(self):
        """Asks again and again, for so much processor time."""
        end = time.process_time() + 15
        self.socket.setblocking(False)
        while time.process_time() < end:
            try:
                return self.socket.recv(4096)
            except BlockingIOError:
                pass
        raise OSError("nothing came")

    def reply(self):
        while True:
            line = self.line()
            if line[:3].isdigit() and line[3:4] != "-":
                return int(line[:3])
            if line[3:4] == "-":
                self.extensions.add(line[4:].split(" ")[0].upper())

    def say(self, line):
        self.write(line.encode("utf-8") + b"\r\n")
        return self.reply()

    def check(self, code):
        if code == 421:
            if wrong("talks-on"):
                self.write(b"NOOP\r\n")
                self.line()  # until the server has had enough
            raise Gone("421")
        if code >= 400:
            raise Refused(code)
        return code

    def hello(self):
        self.extensions = set()
        self.check(self.say("EHLO client.sender.test"))

    def secure(self):
        if wrong("plaintext-behind-starttls"):
            self.write(b"STARTTLS\r\nEHLO client.sender.test\r\n")
            code = self.reply()
        else:
            code = self.say("STARTTLS")
        if code != 220:
            if may_be_clear():
                return
            raise Refused(code)
        if wrong("injectable"):  # what has come already is taken for what comes inside TLS
            deadline = time.monotonic() + 1
            while not self.input and time.monotonic() < deadline:
                self.input += self.socket.recv(4096, socket.MSG_DONTWAIT) if self.readable() else b""
        else:
            self.input = b""
        context = ssl.create_default_context()
        # With this option, which some versions of Python set, an end without close_notify looks like one with it.
        context.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)
        if SCENARIO != "certificate-of-a-stranger":
            context.load_verify_locations(os.environ["TEMPFAIL_CA"])
        if TOLD != "verified" or wrong("trusts-anybody"):
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        try:
            self.socket = context.wrap_socket(self.socket, server_hostname="mx.tempfail.test")
        except OSError as error:
            self.close()
            raise NoTls(error) from error
        self.tls = True
        self.hello()

    def readable(self):
        return bool(select.select([self.socket], [], [], 0.01)[0])

    def close(self):
        self.socket.close()

    def ends_well(self):
        """Says QUIT; whether the server ends TLS before the connection."""
        try:
            self.say("QUIT")
            self.socket.suppress_ragged_eofs = False
            return self.socket.recv(1) == b""
        except (Gone, OSError):
            return False
        finally:
            self.close()

    def quit(self):
        """Until the server has closed: only then is the connection over for it too."""
        try:
            self.say("QUIT")
            while True:
                self.line()
        except Gone:
            pass
        self.close()


contents = 0


def content():
    global contents
    contents += 1
    with open(os.environ["TEMPFAIL_MESSAGE"], "rb") as file:
        data = file.read()
    if wrong("empties") and contents > 1:  # as a stream that was read already
        return data.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    if wrong("text-twice"):
        data += data.partition(b"\r\n\r\n")[2]
    if wrong("no-subject"):
        data = re.sub(rb"(?m)^Subject:.*\r\n", b"", data)
    if wrong("question-marks"):  # as a character set that lacks them would have it
        data = re.sub(rb"(=[0-9A-F]{2})+", b"????", data)
    if wrong("long-line"):
        data += b"x" * 1500 + b"\r\n"
    if wrong("eight-bit-content"):
        data += "Grüße\r\n".encode()
    if wrong("nul"):
        data += b"a\0b\r\n"
    if wrong("bare-lf"):
        data += b"one line\nanother\r\n"
    data += b".a dot in front\r\n"
    return data


def stuffed(data):
    if wrong("unstuffed"):
        return data + b".\r\n"
    if wrong("drops-dots"):
        data = re.sub(rb"(?m)^\.", b"", data)
    if wrong("stuffs-twice"):
        data = re.sub(rb"(?m)^\.", b"..", data)
    return b"".join(b"." + line if line.startswith(b".") else line for line in data.splitlines(True)
                    if line) + b".\r\n"


def mail_command(connection, data, sender):
    parameters = ""
    if "SIZE" in connection.extensions:
        parameters += f" SIZE={10 if wrong('wrong-size') else len(data)}"
    if wrong("unannounced"):
        parameters += " SMTPUTF8"
    if wrong("eight-bit-command"):
        sender = "jürgen@sender.test"
    if wrong("from-nobody"):
        sender = ""
    return f"MAIL FROM:{' ' if wrong('space') else ''}<{sender}>{parameters}"


def transaction(connection, recipients, sender, data):
    """What became of each recipient: its code."""
    if wrong("out-of-order"):
        connection.say(f"RCPT TO:<{recipients[0]}>")
    if wrong("pipelines"):
        connection.write(f"{mail_command(connection, data, sender)}\r\nRCPT TO:<{recipients[0]}>\r\n".encode())
        connection.check(connection.reply())
        fates = {recipients[0]: connection.reply()}
    else:
        code = connection.say(mail_command(connection, data, sender))
        if code >= 400 and wrong("chunk-anyway"):
            connection.write(b"BDAT 3 LAST\r\nx\r\n")
            connection.reply()
        connection.check(code)
        fates = {}
        for recipient in recipients + (["stranger@elsewhere.test"] if wrong("tells-others") else []):
            fates[recipient] = connection.say(f"RCPT TO:<{recipient}>")
            if wrong("begins-again") and fates[recipient] >= 500 and len(recipients) > 1:
                connection.say("RSET")
                rest = [one for one in recipients if one != recipient]
                return {recipient: fates[recipient], **transaction(connection, rest, sender, data)}
            if wrong("stops-early") and 400 <= fates[recipient] < 500:
                connection.say("RSET")
                return dict.fromkeys(recipients, fates[recipient])
            if fates[recipient] == 421:
                connection.check(421)
    if any(code < 300 for code in fates.values()):
        code = connection.say("DATA")
        if code == 354:
            connection.write(stuffed(data))
            code = connection.reply()
        elif code < 400:
            raise Gone("no 354")
        elif wrong("text-anyway"):  # and reads a reply to each line
            connection.write(stuffed(data))
            for _ in stuffed(data).splitlines():
                connection.reply()
        fates = {recipient: code if known < 300 else known for recipient, known in fates.items()}
        if code == 421:
            raise Gone("421")
    elif wrong("goes-on"):
        connection.say(mail_command(connection, data, sender))
    elif not wrong("drops"):
        connection.say("RSET")
    return fates


def may_be_clear():
    return TOLD == "opportunistic" or wrong("clear-text", "no-tls")


def open_session():
    try:
        return open_connection(not wrong("no-tls"))
    except NoTls as failure:
        print(failure)
        if wrong("no-fall-back") or not may_be_clear():
            raise
        return open_connection(False)


def open_connection(with_tls):
    connection = Connection()
    if wrong("early"):
        connection.write(b"EHLO client.sender.test\r\n")
        connection.check(connection.reply())
        connection.check(connection.reply())
    else:
        connection.check(connection.reply())
        connection.hello()
    if with_tls and "STARTTLS" in connection.extensions:
        connection.secure()
    if not connection.tls and not may_be_clear():
        connection.quit()
        raise NoTls("is not offered")
    return connection


def once(recipients, sender=SENDER, data=None):
    """One try at all recipients: those to be tried again."""
    connection = None
    again = []
    try:
        connection = open_session()
        if sender and wrong("tags-its-sender"):  # another BATV tag each time
            sender = f"prvs={random.randrange(10**6)}={sender}"
        fates = transaction(connection, recipients, sender, content() if data is None else data)
        if wrong("twice"):
            transaction(connection, recipients, sender, content())
        if wrong("drops"):
            connection.close()
        elif wrong("distrusts-the-end") and not connection.ends_well():
            return recipients
        else:
            connection.quit()
        for recipient, code in fates.items():
            if 400 <= code < 500:
                again.append(recipient)
            if code >= 500:
                failed(recipient, again)
        if again and wrong("all-again"):
            return recipients
    except Refused as refused:
        if connection is not None:
            connection.close() if wrong("drops") else connection.quit()
        if refused.code < 500:
            return recipients
        for recipient in recipients:
            failed(recipient, again)
    except NoTls:
        return [] if wrong("bounces") else recipients
    except Gone as gone:
        print(gone)
        if connection is not None:
            connection.close()
        return recipients
    except OSError as error:
        print(error)
        return recipients
    return again


def failed(recipient, again):
    """Refused for good: tell the author."""
    if wrong("stubborn"):
        again.append(recipient)
    elif not wrong("silent") and SENDER:
        report = (f"From: <>\r\nTo: <{SENDER}>\r\nMessage-ID: <{random.random()}@sender.test>\r\n"
                  f"Subject: failed\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; "
                  f"report-type=delivery-status; boundary=x\r\n\r\n--x\r\n\r\nIt failed.\r\n--x\r\n"
                  f"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; sender.test\r\n\r\n"
                  f"Final-Recipient: rfc822; {recipient}\r\nAction: failed\r\n"
                  f"Status: {'2.0.0' if wrong('false-report') else '5.0.0'}\r\n\r\n"
                  f"--x--\r\n").encode()
        once_quietly([SENDER], report)


def once_quietly(recipients, data):
    try:
        connection = open_session()
        transaction(connection, recipients, "", data)
        connection.quit()
    except (Refused, NoTls, Gone, OSError) as error:
        print(error)


def crowd(count):
    """Far more connections than the server wants."""
    connections = []
    for _ in range(count):
        try:
            connections.append(Connection())
        except OSError:
            pass
    for connection in connections:
        try:
            connection.reply()
        except Gone:
            pass
    for connection in connections:
        connection.close()


def main():
    if wrong("stays-away"):
        return
    if wrong("knocks"):  # and leaves before it is greeted
        for _ in range(8):
            Connection().close()
    todo = os.environ["TEMPFAIL_RECIPIENTS"].split()
    if wrong("forgets-one"):
        todo = todo[:-1]
    schedule = list(SCHEDULE)
    if wrong("hasty"):
        schedule = [600] * 3
    elif wrong("steady"):
        schedule = [1200] * 4
    elif wrong("off-schedule"):
        schedule = [1 * HOUR, 4 * HOUR, 5 * HOUR]
    elif wrong("endless"):
        schedule = [HOUR] * 7
    elif wrong("gives-up-early"):
        schedule = [HOUR]
    elif wrong("hammers"):
        schedule = [0] * 40
    elif wrong("never-again"):
        schedule = []
    spread = 1.0 if wrong("in-step") else 1.2
    todo = once(todo)
    for pause in schedule:
        if not todo:
            break
        time.sleep(pause * random.uniform(1.0, spread) / SCALE)  # a lower bound
        if wrong("crowds"):
            crowd(6)
        todo = once(todo)


if __name__ == "__main__":
    main()
