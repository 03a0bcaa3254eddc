#!/usr/bin/env python3
"""Every scenario expects something that a wrong sender does not do.

Two wrong senders go through the whole catalogue: one that tries once and never again, and one that tries
three times whatever it is told, to all recipients again. A scenario that lets both pass has expectations
that nothing can violate, and is a defect.

usage: violable_test.py              runs `tempfail` from $TEMPFAIL_BIN
       violable_test.py send TRIES   one of the wrong senders, as the command of `tempfail test`
"""
import json
import os
import smtplib
import subprocess
import sys
import tempfile
import time

TIME_SCALE = 3600


def send(tries):
    with open(os.environ["TEMPFAIL_MESSAGE"], "rb") as file:
        message = file.read()
    for attempt in range(tries):
        if attempt > 0:
            time.sleep(120 / TIME_SCALE)  # two minutes, too early for anybody: a lower bound
        try:
            connection = smtplib.SMTP(os.environ["TEMPFAIL_HOST"], int(os.environ["TEMPFAIL_PORT"]), timeout=6)
            connection.ehlo()
            connection.mail(os.environ["TEMPFAIL_SENDER"])
            for recipient in os.environ["TEMPFAIL_RECIPIENTS"].split():
                connection.rcpt(recipient)
            connection.data(message)
            connection.quit()
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            print(error)


def passed_by(tries, directory):
    """The scenarios that a wrong sender passes."""
    report = os.path.join(directory, f"report-{tries}.json")
    command = [os.path.join(os.environ["TEMPFAIL_BIN"], "tempfail"), "test", "--jobs", "12", "--time-scale",
               str(TIME_SCALE), "--report-dir", os.path.join(directory, str(tries)), "--json-report", report,
               "--", sys.executable, os.path.abspath(__file__), "send", str(tries)]
    run = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if run.returncode not in (0, 1, 4):
        sys.exit(f"tempfail test failed: {run.stderr}")
    with open(report) as file:
        cases = json.load(file)["cases"]
    return {case["scenario"] for case in cases}, {case["scenario"] for case in cases if case["answer"] in ("ok", "ok-but")}


def main():
    with tempfile.TemporaryDirectory() as directory:
        known, patient = passed_by(1, directory)
        _, stubborn = passed_by(3, directory)
    both = sorted(patient & stubborn)
    for scenario in both:
        print(f"{scenario}: neither the sender that never tries again nor the one that always does is caught")
    print(f"{len(known)} scenarios; passed by the one {len(patient)}, by the other {len(stubborn)}, by both {len(both)}")
    return 1 if both or not known or not patient or not stubborn else 0


if __name__ == "__main__":
    sys.exit(send(int(sys.argv[2])) if sys.argv[1:2] == ["send"] else main())
