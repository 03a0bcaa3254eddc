#!/usr/bin/env python3
"""tempfail-send delivers to a real Postfix and a real Exim: with DATA and with BDAT, pipelined and not; each message
arrives once, and what arrives is what was sent.

    real_receivers_test.py postfix|exim

Exits with 77 where the receiver can't be had or run.
"""
import email.policy
import email.message
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "peers"))

from fetch_peer import SKIPPED, Unavailable, fetch  # noqa: E402 (it knows where senders/ is)
from exim.server import Exim  # noqa: E402
from postfix.server import Postfix  # noqa: E402
from tempfail_sender.mta import free_port  # noqa: E402

RECEIVERS = {"postfix": Postfix, "exim": Exim}
SENDER = pathlib.Path(os.environ["TEMPFAIL_BIN"]) / "tempfail-send"
# Every way to talk, and the body's peculiarity that goes with it.
WAYS = [
    ("data", [], "plain"),
    ("bdat", ["--chunking"], "plain"),
    ("unpipelined", ["--no-pipelining"], "plain"),
    ("dots", [], ".\r\n..\r\n.dot at the start\r\n"),
    ("dots-bdat", ["--chunking"], ".\r\n..\r\n.dot at the start\r\n"),
    ("eight-bit", [], "caf\u00e9\r\n"),
    ("large", [], "0123456789 abcdef\r\n" * 60_000),
]


def message_of(way, body):
    message = email.message.EmailMessage(policy=email.policy.SMTP.clone(cte_type="8bit"))
    message["From"] = "writer@outside.test"
    message["To"] = "reader@sender.test"
    message["Subject"] = way
    message.set_content(body.replace("\r\n", "\n"), cte="8bit" if not body.isascii() else "7bit")
    return message.as_bytes()


def send(receiver, way, options, body, recipient="reader@sender.test"):
    host, port = receiver.receive_on
    return subprocess.run([SENDER, "send", "--host", host, "--port", str(port), "--from", "writer@outside.test",
                           "--to", recipient, "--once", "--quiet", *options], input=message_of(way, body),
                          capture_output=True, timeout=120)


def main(name):
    try:
        receiver = RECEIVERS[name](("127.0.0.1", free_port()), {}, peer=fetch(name))
    except Unavailable as why:
        print(f"{name} can't be had here: {why}")
        return SKIPPED
    with receiver:
        for way, options, body in WAYS:
            done = send(receiver, way, options, body)
            assert done.returncode == 0, f"{way}: exit {done.returncode}: {done.stderr.decode()}\n{receiver.log()[-2000:]}"
        assert receiver.wait_for(lambda: len(receiver.notifications()) == len(WAYS), 60), receiver.log()[-4000:]
        arrived = {str(each["Subject"]): each for each in receiver.notifications()}
        for way, _, body in WAYS:
            text = arrived[way].get_content().replace("\r\n", "\n").rstrip("\n")
            assert text == body.replace("\r\n", "\n").rstrip("\n"), f"{way}: another text arrived: {text[:200]!r}"
    print(f"{name}: {len(WAYS)} messages delivered, each once and whole")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
