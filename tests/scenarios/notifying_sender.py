#!/usr/bin/env python3
"""A little sender with a queue, which notifies the author of its message and is right but for what it is told to do wrong.

usage: notifying_sender.py FAULT HANDOVER     FAULT "none" does nothing wrong, "plain" writes texts for people, "general"
                                              says no more than x.0.0

It gives a message up after six hours. With a name server it looks up the scenario's MX records; all other mail, and without a
name server all of it, goes to the host that it is given.
"""
import email.utils
import json
import pathlib
import re
import smtplib
import ssl
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import dnsclient  # noqa: E402

FAULT = sys.argv[1]
TASK = json.loads(pathlib.Path(sys.argv[2]).read_text())
MESSAGE = pathlib.Path(TASK["message"]).read_bytes()
ASKED = dict(parameter.partition("=")[::2] for parameter in TASK["parameters"])
NOTIFY = ASKED.get("NOTIFY", "").split(",") if "NOTIFY" in ASKED else None
HOUR = 3600 / TASK["time_scale"]  # in real seconds
TRIES = [0, 0.5, 1, 1.5, 2, 3, 4, 5, 6]  # hours; after the last it gives up
DELAY_NOTICE = 2
PATIENCE_SECONDS = 20  # real ones
ANSWER_SECONDS = 0.25  # for the name server, which is near; real ones
ME = "client.sender.test"
AUTHOR = TASK["sender"].rpartition(":")[2]


def wrong(*names):
    return FAULT in names


class Fate(Exception):
    """What became of a recipient: an own status, or a reply."""

    def __init__(self, status, text, remote=None, code=None):
        super().__init__(status)
        self.status, self.text, self.remote, self.code = status, text, remote, code

    @property
    def is_final(self):
        return self.status.startswith("5")


def from_reply(code, text, remote):
    text = text.decode("utf-8", "replace")
    first = text.split(" ")[0]
    status = first if first[:2] in ("4.", "5.") else f"{code // 100}.0.0"
    return Fate(status, text, remote, code)


# --- finding the way

def look_up(name, kind):
    address, _, port = TASK["dns"].rpartition(":")
    try:
        with dnsclient.Client((address.strip("[]"), int(port))).open() as udp:
            udp.settimeout(ANSWER_SECONDS)
            udp.send(dnsclient.query(name, kind))
            answer = dnsclient.read(udp.recv(65535))
    except (OSError, dnsclient.Malformed) as error:
        raise Fate("4.4.3", f"{kind} of {name}: no answer") from error
    return [text for _, type, _, text in answer.records if type == kind]


def places(address):
    """Name and address of each host that mail for this address may go to."""
    domain = TASK["recipients"][0].rpartition("@")[2]
    if not TASK["dns"] or not address.endswith(domain):
        return [("mx.tempfail.test", TASK["host"])]
    found = sorted((int(text.split()[0]), text.split()[1].rstrip(".")) for text in look_up(address.rpartition("@")[2], "MX"))
    return [(name, ip) for _, name in found for ip in look_up(name, "A")]


def connected(address):
    fate = Fate("5.4.4", "no host")
    for name, ip in places(address):
        try:
            client = smtplib.SMTP(ip, TASK["port"], local_hostname=ME, timeout=PATIENCE_SECONDS)
            client.remote = name
            client.ehlo()
            return client
        except (OSError, smtplib.SMTPException) as error:
            fate = Fate("4.4.1", f"{name}: {error}", name)
    raise fate


def secured(client):
    if client.has_extn("starttls"):
        context = ssl.create_default_context(cafile=TASK["ca"])
        context.check_hostname = False
        client.starttls(context=context)
        client.ehlo()
    return client


# --- one transaction

def requests(client, *keywords):
    if wrong("sends-anyway") or client.has_extn("dsn"):
        asked = {} if wrong("passes-nothing") else dict(ASKED)
        if wrong("changes-envid") and "ENVID" in asked:
            asked["ENVID"] = asked["ENVID"].upper() + "X"
        if wrong("changes-orcpt") and "ORCPT" in asked:
            asked["ORCPT"] = asked["ORCPT"].upper()
        return [f"{keyword}={asked[keyword]}" for keyword in keywords if keyword in asked]
    return []


def say(client, command, code_wanted=2):
    try:
        code, text = command()
    except (OSError, smtplib.SMTPServerDisconnected, smtplib.SMTPException) as error:
        raise Fate("4.4.2", f"connection lost: {error}", client.remote) from error
    if code // 100 != code_wanted:
        raise from_reply(code, text, client.remote)


def one_try(recipients):
    """The fate of each recipient; None: delivered. And whether the server knows DSN."""
    try:
        client = connected(recipients[0])
    except Fate as fate:
        return dict.fromkeys(recipients, fate), False
    try:
        if "REQUIRETLS" in ASKED and not wrong("sends-unprotected"):
            secured(client)
            if not client.has_extn("requiretls"):
                raise Fate("5.7.30", "REQUIRETLS is not offered")
        options = requests(client, "RET", "ENVID") + (["SMTPUTF8"] if "SMTPUTF8" in ASKED else [])
        say(client, lambda: client.mail(AUTHOR, options))
        fates = {}
        for recipient in recipients:
            try:
                say(client, lambda r=recipient: client.rcpt(r, requests(client, "NOTIFY", "ORCPT")))
                fates[recipient] = None
            except Fate as fate:
                if fate.code is None:
                    raise
                fates[recipient] = fate
        if None in fates.values():
            say(client, lambda: client.data(MESSAGE))
        knows_dsn = client.has_extn("dsn")  # smtplib forgets it at QUIT
        client.quit()
        return fates, knows_dsn
    except Fate as fate:
        try:
            client.quit()
        except (OSError, smtplib.SMTPException):
            client.close()
        return dict.fromkeys(recipients, fate), False


# --- what the author is told

def plain(xtext):
    return re.sub(r"\+([0-9A-F]{2})", lambda match: chr(int(match[1], 16)), xtext)


def address_type(address):
    return "rfc822" if address.isascii() or wrong("raw-utf8") else "utf-8"


def group_of(action, recipient, fate):
    lines = []
    if "ORCPT" in ASKED and not wrong("drops-original"):
        lines.append(f"Original-Recipient: {plain(ASKED['ORCPT'])}")
    if wrong("makes-up-original"):
        lines.append("Original-Recipient: rfc822; somebody@elsewhere.test")
    if not wrong("no-final"):
        lines.append(f"Final-Recipient: {address_type(recipient)}; {recipient}")
    lines.append(f"Action: {'bounced' if wrong('bad-action') else action}")
    status = "2.0.0" if action == "relayed" else fate.status
    if wrong("general") and fate:
        status = "5.0.0" if action == "failed" else "4.0.0"
    if wrong("wrong-status"):
        status = "5.7.28"
    if wrong("temporary-status"):
        status = "4" + status[1:]
    if not wrong("no-status"):
        lines.append(f"Status: {status}")
    if fate and (fate.remote or wrong("names-a-server")):
        lines.append(f"Remote-MTA: dns; {fate.remote or 'mx.name-server-dead.test'}")
    if fate:
        code = 554 if wrong("foreign-reply") else fate.code
        lines.append(f"Diagnostic-Code: smtp; {code} {fate.text}" if code else f"Diagnostic-Code: X-Little; {fate.text}")
    if action == "delayed" or wrong("will-retry-for-ever"):
        lines.append(f"Will-Retry-Until: {email.utils.formatdate()}")
    return "\r\n".join(lines) + "\r\n"


def report(action, fates):
    """A multipart/report, or a text for people."""
    header_only = ASKED.get("RET", "").upper() == "HDRS" or "REQUIRETLS" in ASKED or action != "failed"
    text = f"Your message: {action}.\r\n" + (MESSAGE.decode("utf-8") if wrong("body-in-text") else "")
    head = (f"From: <mailer-daemon@{ME}>\r\nTo: <{AUTHOR}>\r\nMessage-ID: {email.utils.make_msgid(domain=ME)}\r\n"
            f"Date: {email.utils.formatdate()}\r\nSubject: {action}\r\nMIME-Version: 1.0\r\n")
    if wrong("plain", "plain-after-success"):
        return (head + "Content-Type: text/plain\r\n\r\n" + text).encode()
    whole = "multipart/mixed" if wrong("mixed") else "multipart/report; report-type=delivery-status"
    fields = "" if wrong("no-reporting-mta") else f"Reporting-MTA: dns; {ME}\r\n"
    if "ENVID" in ASKED:
        fields += f"Original-Envelope-Id: {plain(ASKED['ENVID'])}\r\n"
    fields += "".join("\r\n" + group_of(action, recipient, fate) for recipient, fate in fates.items())
    kind = "message/delivery-status" if fields.isascii() or wrong("raw-utf8") else "message/global-delivery-status"
    returned = MESSAGE.partition(b"\r\n\r\n")[0] + b"\r\n" if header_only and not wrong("returns-all") else MESSAGE
    type_of_returned = "text/rfc822-headers" if returned != MESSAGE else "message/rfc822"
    return (head + f"Content-Type: {whole}; boundary=\"part\"\r\n\r\n--part\r\nContent-Type: text/plain\r\n\r\n{text}"
            f"--part\r\nContent-Type: {kind}\r\n\r\n{fields}--part\r\nContent-Type: {type_of_returned}\r\n\r\n"
            ).encode() + returned + b"\r\n--part--\r\n"


def is_wanted(action):
    if not AUTHOR or wrong("silent"):
        return False
    if NOTIFY is None or wrong("ignores-notify"):
        return action != "relayed" or wrong("confirms")
    return {"failed": "FAILURE", "delayed": "DELAY", "relayed": "SUCCESS"}[action] in NOTIFY


def notify(action, fates):
    if not fates or not is_wanted(action):
        return
    to = "user@hop-1.test" if wrong("to-the-first-hop") else AUTHOR
    for _ in range(20):
        try:
            client = connected(AUTHOR)
            utf8 = ["SMTPUTF8", "BODY=8BITMIME"] if "SMTPUTF8" in ASKED else []
            say(client, lambda: client.mail(f"mailer-daemon@{ME}" if wrong("from-somebody") else "", utf8))
            say(client, lambda: client.rcpt(to, ["NOTIFY=FAILURE"] if wrong("asks-for-more") else []))
            say(client, lambda: client.data(report(action, fates)))
            client.quit()
            return
        except Fate as fate:
            print("notification:", fate.status, fate.text)
        time.sleep(HOUR / 6)  # lower bound: a notification is tried again


def main():
    began = time.monotonic()
    todo, told = list(TASK["recipients"]), False
    tries = TRIES[:2] if wrong("gives-up-early") else TRIES
    for at in tries:
        time.sleep(max(0, began + at * HOUR - time.monotonic()))  # lower bound: a sender pauses
        fates, knows_dsn = one_try(todo)
        delivered = [recipient for recipient, fate in fates.items() if fate is None]
        if (not knows_dsn or wrong("confirms")) and not wrong("keeps-quiet-of-success"):
            notify("relayed", dict.fromkeys(delivered))
        failed = {recipient: fate for recipient, fate in fates.items() if fate and fate.is_final}
        if wrong("names-all") and failed:
            failed = dict.fromkeys(fates, next(iter(failed.values())))
        later = {recipient: fate for recipient, fate in fates.items() if fate and not fate.is_final}
        notify("failed", dict.fromkeys(delivered) if wrong("plain-after-success") else failed)
        if wrong("twice"):
            notify("failed", failed)
        todo = list(later)
        if not todo:
            break
        if at == tries[-1]:
            notify("failed", later)
        elif (at >= DELAY_NOTICE or wrong("says-failed-early")) and not told:
            told = True
            notify("failed" if wrong("says-failed-early") else "delayed", later)
    if wrong("says-delayed-late"):
        time.sleep(2 * HOUR)  # lower bound: long after it was delivered
        notify("delayed", {TASK["recipients"][0]: Fate("4.3.2", "Busy", "mx.tempfail.test", 451)})
    return 0


if __name__ == "__main__":
    sys.exit(main())
