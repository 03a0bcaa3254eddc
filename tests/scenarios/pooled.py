#!/usr/bin/env python3
"""A mailer that keeps its connection, as libraries with a pool do: smtplib, over the messages that {handovers} lists.

usage: pooled.py HOW HANDOVERS   with the environment that `tempfail test` gives. HOW:
right      all messages on one connection; a message that fails for the time being is tried again on a new one, later
forgets    gives a message up whose connection was lost, and says that all is well
gives-up   the same, and says so with its exit status
resends    sends the message before again, too, when a connection was lost
"""
import json
import os
import pathlib
import smtplib
import sys
import time

HOW = sys.argv[1]
HANDOVERS = json.loads(pathlib.Path(sys.argv[2]).read_text())
SCALE = HANDOVERS[0]["time_scale"]
MINUTE = 60 / SCALE
# RFC 5321 section 4.5.3.2: ten minutes for the longest; a busy machine needs a moment in real time.
PATIENCE = max(11 * MINUTE, 1)
LATER = 35 * MINUTE
MOST_TRIES = 5
IDLE = 3 * MINUTE if "idle" in HANDOVERS[0]["scenario"] else 0


class Mailer:
    def __init__(self):
        self.client = None

    def send(self, message):
        if self.client is None:
            self.client = smtplib.SMTP(message["host"], message["port"], timeout=PATIENCE)
        try:
            self.client.sendmail(message["sender"], message["recipients"],
                                 pathlib.Path(message["message"]).read_bytes())
        except (smtplib.SMTPException, OSError):
            self.client.close()
            self.client = None
            raise

    def quit(self):
        if self.client is not None:
            try:
                self.client.quit()
            except (smtplib.SMTPException, OSError):
                self.client.close()
            self.client = None


def deliver(mailer, message, before):
    """Whether it was accepted in the end."""
    for number in range(MOST_TRIES):
        if number:
            time.sleep(LATER)  # lower bound: a mailer pauses before it tries again
        try:
            if number and HOW == "resends" and before:
                mailer.send(before)
            mailer.send(message)
            return True
        except (smtplib.SMTPException, OSError):
            if HOW in ("forgets", "gives-up"):
                return False
    return False


def main():
    mailer, all_went, before = Mailer(), True, None
    for message in HANDOVERS:
        if before:
            time.sleep(IDLE)  # lower bound: the connection lies idle meanwhile
        all_went = deliver(mailer, message, before) and all_went
        before = message
    mailer.quit()
    return 0 if all_went or HOW == "forgets" else 1


sys.exit(main())
