"""Scenarios whose answers show what servers share, a client that asks for them, and what a journal and a verdict say of it."""
import rawclient

SCENARIOS = {
    "first-deferred": "- {on: rcpt, attempts: 1, reply: 450 4.2.0 Try again}",
    "once-each": "- {on: rcpt, attempts: 1, per: connection, reply: 450 4.2.0 Try again}",
    "early": "- {on: rcpt, when: {greylist: early}, reply: 451 4.7.1 Greylisted}",
    "late": "- {on: rcpt, when: {greylist: early}, reply: 451 4.7.1 Greylisted}",
    "one-at-a-time": "- {on: greeting, when: {connections: '> 1'}, reply: 421 4.7.0 Too many}",
    "small-box": "- {on: rcpt, when: {mailbox: full}, reply: 452 4.2.2 Full}",
    "one-an-hour": "- {on: mail, when: {rate: over}, reply: 450 4.7.1 Slow down}",
}
BLOCKS = {
    "early": "greylist: {delay: 200ms, window: 4h, lifetime: 1d}",
    "late": "greylist: {delay: 1d, window: 4d, lifetime: 9d}",
    "small-box": "mailboxes: {quota: 200}",
    "one-an-hour": "rate: {limit: 1 per 1h, per: client}",
}


def write_scenarios(folder, scenarios=None):
    """Files of these scenarios, or of all."""
    for name, rule in (scenarios or SCENARIOS).items():
        block = BLOCKS.get(name)
        text = f"summary: {name}\nstatus: [4.2.0]\nsources: [RFC 5321]\nserver:\n"
        text += (f"  {block}\n" if block else "") + f"  rules:\n    {rule}\nsender:\n  must: [retry]\n"
        (folder / "policy").mkdir(exist_ok=True)
        (folder / "policy" / f"{name}.yaml").write_text(text)


class Client(rawclient.Connection):
    """A session: what is asked, and the first line of its reply."""

    def reply(self):
        line = self.read_line()
        first = line
        while line[3:4] == b"-":
            line = self.read_line()
        return first.decode()

    def ask(self, line):
        self.send_line(line)
        return self.reply()

    def begin(self):
        """Up to MAIL; the code of its reply."""
        greeting = self.reply()
        assert greeting.startswith("220 "), greeting
        assert self.ask("EHLO client.test").startswith("250")
        return self.ask("MAIL FROM:<a@sender.test>")[:3]

    def rcpt(self, recipient="b@box.test"):
        return self.ask(f"RCPT TO:<{recipient}>")[:3]

    def message(self, size=10):
        assert self.ask("DATA").startswith("354")
        self.send(b"Subject: x\r\n\r\n" + b"x" * size + b"\r\n.\r\n")
        return self.reply()

    def quit(self):
        self.ask("QUIT")
        self.read_end()
        self.close()


def text(message_id):
    return f"From: a@sender.test\r\nDate: Thu, 1 Jan 2026 00:00:00 +0000\r\nSubject: x\r\n" \
           f"Message-ID: <{message_id}>\r\n\r\nx\r\n.\r\n".encode()


def accepted_in(events):
    """Message-IDs of the messages that the journal says were accepted."""
    contents, accepted = {}, []
    for event in events:
        session = (event["node"], event.get("session"))
        if event["event"] == "content":
            contents[session] = event.get("message_id")
        elif event["event"] == "accepted":
            accepted.append(contents[session])
    return accepted


def deliver(place, message_id, pipelined=b""):
    """A session with one message. The reply after the content; or the one that came in its place; nothing: the connection was lost.
    `pipelined`: sent with the end of the message."""
    client = None
    try:
        client = Client(*place)
        for line in (None, "EHLO client.test", "MAIL FROM:<a@sender.test>", "RCPT TO:<b@box.test>", "DATA"):
            reply = client.ask(line) if line else client.reply()
            if reply[0] not in "23":
                client.quit() if not reply.startswith("421") else client.close()
                return reply
        client.send(text(message_id) + pipelined)
        reply = client.reply()
        try:
            if reply.startswith("250"):
                client.quit()
        except (rawclient.Closed, OSError):
            pass  # it has seen the reply, whatever becomes of the server
        client.close()
        return reply
    except (rawclient.Closed, OSError):
        if client:
            client.close()
        return ""


def findings(case):
    return case["answer"], sorted((one["rule"], one["outcome"]) for one in case["findings"])
