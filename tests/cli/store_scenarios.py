"""Scenarios whose answers show what servers share, and a client that asks for them."""
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


def write_scenarios(folder):
    for name, rule in SCENARIOS.items():
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
