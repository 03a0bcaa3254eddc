"""Little senders for the tests of `tempfail test`. The first argument says how it behaves; server, envelope and
message come from the environment, as `tempfail test` sets it.

once      one try
retry     tries again after half an hour of protocol time, at most five times
claim     one try, and exit status 0 however it went
forgets   one try; what is refused for good is its caller's, what is put off is forgotten: exit status 0
forever   tries again each half an hour of protocol time, whatever it is told
nothing   connects to nobody
hang      connects, then waits for ever, with a child that waits too; both process ids are in the case's directory
leave     one try, and a child left behind in the process group
queue     hands over to a child in a session of its own, which retries as `retry`, and ends
queue-twice  the same, and the child sends the message once more an hour later
"""
import os
import pathlib
import signal
import smtplib
import subprocess
import sys
import threading

ENVIRONMENT = os.environ
SCALE = float(ENVIRONMENT["TEMPFAIL_TIME_SCALE"])
CASE = pathlib.Path(ENVIRONMENT["TEMPFAIL_CASE_DIR"])


def one_try():
    """True when all was accepted; raises smtplib's or the system's error otherwise."""
    with smtplib.SMTP(ENVIRONMENT["TEMPFAIL_HOST"], int(ENVIRONMENT["TEMPFAIL_PORT"]), timeout=60) as client:
        client.sendmail(ENVIRONMENT["TEMPFAIL_SENDER"], ENVIRONMENT["TEMPFAIL_RECIPIENTS"].split(),
                        pathlib.Path(ENVIRONMENT["TEMPFAIL_MESSAGE"]).read_bytes())


def is_permanent(error):
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    return isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500


def once():
    try:
        one_try()
    except (smtplib.SMTPException, OSError) as error:
        print("failed:", error)
        return 1
    print("sent")
    return 0


def claim():
    once()
    return 0


def forgets():
    try:
        one_try()
    except (smtplib.SMTPException, OSError) as error:
        print("failed:", error)
        return 1 if is_permanent(error) else 0
    return 0


def forever():
    waiting = threading.Event()
    while True:
        once()
        waiting.wait(1800 / SCALE)


def retry():
    waiting = threading.Event()
    for attempt in range(5):
        if attempt > 0:
            waiting.wait(1800 * 2 ** (attempt - 1) * 1.05 / SCALE)
        try:
            one_try()
            print("sent")
            return 0
        except (smtplib.SMTPException, OSError) as error:
            print("failed:", error)
            if is_permanent(error):
                return 1
    return 1


def hang():
    child = subprocess.Popen(["sleep", "100000"])
    client = smtplib.SMTP(ENVIRONMENT["TEMPFAIL_HOST"], int(ENVIRONMENT["TEMPFAIL_PORT"]), timeout=60)
    client.ehlo("client.test")
    (CASE / "pids.new").write_text(f"{os.getpid()} {child.pid}")
    (CASE / "pids.new").rename(CASE / "pids")
    while True:
        signal.pause()


def leave():
    child = subprocess.Popen(["sleep", "100000"])
    (CASE / "pids").write_text(f"{child.pid}")
    return once()


def retry_and_repeat():
    retry()
    threading.Event().wait(3600 / SCALE)
    return once()


def queue(how="retry"):
    subprocess.Popen([sys.executable, __file__, how], start_new_session=True, stdin=subprocess.DEVNULL,
                     stdout=open(CASE / "queue.log", "w"), stderr=subprocess.STDOUT)
    return 0


if __name__ == "__main__":
    modes = {"once": once, "claim": claim, "forgets": forgets, "forever": forever, "retry": retry, "nothing": lambda: 0, "hang": hang, "leave": leave, "queue": queue,
             "queue-twice": lambda: queue("retry-and-repeat"), "retry-and-repeat": retry_and_repeat}
    sys.exit(modes[sys.argv[1]]())
