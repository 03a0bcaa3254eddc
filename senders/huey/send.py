"""A task of huey that sends a message to one recipient by smtplib, retried as huey's manual shows it. The queue is an SQLite file."""
import json
import os
import smtplib
import sys
import threading

sys.path.insert(0, os.environ["TEMPFAIL_SENDER_CACHE"])
from huey import SqliteHuey  # noqa: E402 (needs the path)
from huey.exceptions import CancelExecution  # noqa: E402
from huey.signals import SIGNAL_CANCELED, SIGNAL_COMPLETE, SIGNAL_ERROR  # noqa: E402

task = json.load(open(os.environ["TEMPFAIL_HANDOVER"]))
timeout = max(5, 600 / task["time_scale"])
pause = round(1800 / task["time_scale"]) + 1  # half an hour of protocol time, for five days
huey = SqliteHuey(filename=os.path.join(os.environ["TEMPFAIL_CASE_DIR"], "queue.db"))


@huey.task(retries=5 * 48, retry_delay=pause)
def send(recipient):
    try:
        with smtplib.SMTP(task["host"], task["port"], "sender.test", timeout) as server:
            server.sendmail(task["sender"], [recipient], open(task["message"], "rb").read())
    except smtplib.SMTPRecipientsRefused as failure:
        give_up_if_permanent(failure.recipients[recipient][0])
        raise
    except smtplib.SMTPResponseException as failure:
        give_up_if_permanent(failure.smtp_code)
        raise


def give_up_if_permanent(code):
    if code >= 500:
        raise CancelExecution(retry=False)


left, status = set(task["recipients"]), 0
done = threading.Event()


@huey.signal(SIGNAL_COMPLETE, SIGNAL_CANCELED, SIGNAL_ERROR)
def settled(signal, one, failure=None):
    global status
    if signal == SIGNAL_ERROR and one.retries:
        return
    status = status if signal == SIGNAL_COMPLETE else 69
    left.discard(one.args[0])
    if not left:
        done.set()


for each in task["recipients"]:
    send(each)
consumer = huey.create_consumer(workers=2, periodic=False, scheduler_interval=1)
consumer.start()
done.wait()
consumer.stop(graceful=True)
sys.exit(status)
