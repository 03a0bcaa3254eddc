#!/usr/bin/env python3
"""A program that sends each message once, with smtplib, and tells its caller what became of it.

usage: one_shot.py HOW HANDOVERS   with the environment that `tempfail test` gives. HOW:
right               by the result file, for each recipient, and by its exit status (sysexits.h)
by-status           by its exit status alone
always-0            says that all is well, whatever happened
always-1            says that something failed, whatever happened
inverted            says the opposite
for-good            calls every failure one for good
for-now             calls every failure one for the time being
one-fails-all       says of all recipients what is true of the worst
doubt-is-sent       takes a connection lost after the final dot for success
doubt-is-refused    takes it for a refusal for good
resends             sends again at once when the connection was lost after the final dot
shrugs              says of everything that nobody can know
dead-afterwards     can't send anything after a failure
mixes-up            sends each message after the first with the header of the first
invents             reports codes that nobody said
hangs               does not end
"""
import json
import pathlib
import re
import smtplib
import sys
import threading

HOW = sys.argv[1]
HANDOVERS = json.loads(pathlib.Path(sys.argv[2]).read_text())
SCALE = HANDOVERS[0]["time_scale"]
# RFC 5321 section 4.5.3.2: ten minutes for the longest; a busy machine may stop for seconds of real time.
PATIENCE = max(11 * 60 / SCALE, 10)
OK, UNAVAILABLE, TEMPFAIL = 0, 69, 75  # of sysexits.h
DELIVERED, TEMPORARY, PERMANENT = "delivered", "temporary", "permanent"
SEVERITY = [DELIVERED, TEMPORARY, "unknown", PERMANENT]
LOST = (smtplib.SMTPServerDisconnected, OSError)


def fate(code, text):
    """What a reply makes of a recipient: the result, the code, the enhanced status."""
    status = re.match(rb"[245]\.\d{1,3}\.\d{1,3}\b", text)
    kind = DELIVERED if code // 100 == 2 else PERMANENT if code // 100 == 5 else TEMPORARY
    known = 200 <= code < 600
    return kind, code if known else 0, status.group().decode() if status and known else ""


class Lost(Exception):
    """The connection, before (doubt: after) the content was complete."""

    def __init__(self, doubt=False):
        super().__init__()
        self.doubt = doubt


class Mailer:
    def __init__(self):
        self.client = None
        self.dead = False
        self.header = None  # of the last message

    def connect(self, message):
        self.client = smtplib.SMTP(timeout=PATIENCE)
        code, text = self.client.connect(message["host"], message["port"])
        if code != 220:
            self.leave()
            return code, text
        code, text = self.client.ehlo()
        if code // 100 != 2 and code != 421:
            code, text = self.client.helo()
        if code // 100 != 2:
            self.leave()
            return code, text
        return None

    def leave(self):
        try:
            self.client.quit()
        except (smtplib.SMTPException, *LOST):
            self.client.close()
        self.client = None

    def transaction(self, message):
        """What became of each recipient."""
        recipients = message["recipients"]
        content = pathlib.Path(message["message"]).read_bytes()
        if HOW == "mixes-up" and self.header:
            content = self.header + content[content.index(b"\r\n\r\n"):]
        self.header = content[:content.index(b"\r\n\r\n")]
        options = [f"SIZE={len(content)}"] if self.client.has_extn("size") else []
        if not message["sender"].isascii() or not all(r.isascii() for r in recipients):
            if not self.client.has_extn("smtputf8"):
                return {r: (PERMANENT, 0, "") for r in recipients}
            self.client.command_encoding = "utf-8"
            options.append("SMTPUTF8")
        reply = self.client.mail(message["sender"], options)
        if reply[0] // 100 != 2:
            return {r: fate(*reply) for r in recipients}
        fates = {}
        for recipient in recipients:
            fates[recipient] = fate(*self.client.rcpt(recipient))
            if fates[recipient][1] == 421:
                return {r: fates.get(r, fates[recipient]) for r in recipients}
        good = [r for r in recipients if fates[r][0] == DELIVERED]
        if good:
            reply = self.content(content)
            fates.update({r: fate(*reply) for r in good})
        return fates

    def content(self, content):
        code, text = self.client.docmd("DATA")
        if code != 354:
            if code // 100 in (2, 3):
                raise Lost  # it answers something else: what comes next is not known
            return code, text
        stuffed = re.sub(rb"(?m)^\.", b"..", content)
        try:
            self.client.send(stuffed + (b"" if stuffed.endswith(b"\r\n") else b"\r\n") + b".\r\n")
            return self.client.getreply()
        except LOST as problem:
            raise Lost(doubt=True) from problem

    def send(self, message):
        if self.dead:
            raise Lost
        if self.client is None:
            refused = self.connect(message)
            if refused:
                return {r: fate(*refused) for r in message["recipients"]}
        fates = self.transaction(message)
        last = {code for _, code, _ in fates.values()}
        if 421 in last or 0 in last:
            self.leave()
        elif set(kind for kind, _, _ in fates.values()) != {DELIVERED}:
            self.client.rset()
        return fates

    def try_once(self, message):
        """What to say of each recipient."""
        try:
            fates = self.send(message)
        except (Lost, smtplib.SMTPException, *LOST) as problem:
            if self.client is not None:
                self.client.close()
                self.client = None
            doubt = getattr(problem, "doubt", False)
            if doubt and HOW == "resends":
                return self.try_once(message)
            kind = "unknown" if doubt else TEMPORARY
            if doubt and HOW.startswith("doubt-is-"):
                kind = DELIVERED if HOW == "doubt-is-sent" else PERMANENT
            fates = {r: (kind, 0, "4.4.2") for r in message["recipients"]}
        if HOW == "dead-afterwards" and any(kind != DELIVERED for kind, _, _ in fates.values()):
            self.dead = True
        return fates


def as_told(fates):
    """What the caller hears of it, however wrong."""
    kinds = {kind for kind, _, _ in fates.values()}
    worst = max(kinds, key=SEVERITY.index)
    if HOW == "for-good":
        return {r: (kind if kind == DELIVERED else PERMANENT, code, status) for r, (kind, code, status) in fates.items()}
    if HOW == "for-now":
        return {r: (kind if kind == DELIVERED else TEMPORARY, code, status) for r, (kind, code, status) in fates.items()}
    if HOW == "shrugs":
        return {r: ("unknown", 0, "") for r in fates}
    if HOW == "inverted":
        return {r: (TEMPORARY if kind == DELIVERED else DELIVERED, 0, "") for r, (kind, _, _) in fates.items()}
    if HOW == "invents":
        return {r: (kind, 499, "4.9.9") for r, (kind, _, _) in fates.items()}
    if HOW == "one-fails-all":
        return {"": (worst, 0, "")}
    return fates


def main():
    mailer, kinds = Mailer(), set()
    for message in HANDOVERS:
        fates = as_told(mailer.try_once(message))
        kinds.update(kind for kind, _, _ in fates.values())
        if HOW in ("by-status", "always-0", "always-1"):
            continue
        with open(message["result"], "a", encoding="utf-8") as lines:
            for recipient, (kind, code, status) in fates.items():
                line = {"handover": message["id"], "recipient": recipient, "result": kind, "code": code,
                        "status": status}
                print(json.dumps({key: value for key, value in line.items() if value}), file=lines)
    if mailer.client is not None:
        mailer.leave()
    if HOW == "hangs":
        threading.Event().wait()
    if HOW.startswith("always-"):
        return int(HOW[-1])
    if PERMANENT in kinds and TEMPORARY not in kinds and "unknown" not in kinds:
        return UNAVAILABLE
    return OK if kinds == {DELIVERED} else TEMPFAIL


sys.exit(main())
