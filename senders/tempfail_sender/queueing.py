"""A mail server as the sender of a case: started, handed the case's messages, and left to itself until the case is over.

    queueing.main(make)     # make(job, settings) -> Mta; settings: what -o said, a dictionary

The command ends when its messages are in the queue. What stays in its process group keeps the server, and ends it when
`tempfail test` says so (SIGTERM), or is gone. The server's log, its queue's listing and what became of each recipient are
left in the case's folder.
"""
import argparse
import dataclasses
import json
import math
import os
import re
import select
import signal
import subprocess
import sys
import traceback

from . import CANNOT, DELIVERED, NOT_STARTED, Job
from .mta import free_port, status_of
from .unpack import Unavailable

# Protocol time, as RFC 5321 section 4.5.4.1 asks for: thirty minutes at first, up to five days.
FIRST, LONGEST, LIFETIME = 1800, 4 * 3600, 5 * 86400
LOOK_EVERY = 0.3  # seconds, at a queue that may be empty
UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}


class NotSupported(Exception):
    """The server does not take such a message; the text says why."""


def real_seconds(protocol, job):
    """Real whole seconds, at least one: the shortest the programs know. They cut off parts of seconds: one more."""
    return 1 + math.ceil(protocol / job.time_scale)


def lifetime_seconds():
    """Protocol time after which a message is given up, as --queue-lifetime says (1d12h)."""
    text = os.environ.get("TEMPFAIL_QUEUE_LIFETIME", "")
    return sum(float(number) * UNITS[unit] for number, unit in re.findall(r"([\d.]+)(ms|[smhd])", text)) or LIFETIME


def in_a_lab(job):
    """A lab has a name server on port 53, so the server can look up hosts as it always does."""
    return job.dns.endswith(":53")


def place_in_a_lab(job):
    """Where to listen there: port 25 of all addresses. Of several in one lab one alone can have it."""
    try:
        (job.folder / "port-25-is-taken").touch(exist_ok=False)
        return ("0.0.0.0", 25)
    except FileExistsError:
        return ("127.0.0.1", free_port())


def main(make):
    parser = argparse.ArgumentParser()
    parser.add_argument("-o", dest="settings", action="append", default=[], metavar="KEY=VALUE")
    arguments, _ = parser.parse_known_args()
    settings = dict(setting.partition("=")[::2] for setting in arguments.settings)
    keeper_of = os.pidfd_open(os.getppid()) if os.getppid() else None
    told, tells = os.pipe()
    if os.fork() == 0:
        os.close(told)
        _keep(make, settings, tells, keeper_of)
    os.close(tells)
    with os.fdopen(told) as pipe:
        word = pipe.read()
    sys.exit({"queued": DELIVERED, "can't": CANNOT}.get(word, NOT_STARTED))


def _keep(make, settings, tells, keeper_of):
    """The process that stays: it never returns."""
    wakes, end = os.pipe()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: os.write(end, b"."))
    try:
        jobs = Job.all_of_this_run()
        with make(jobs[0], settings) as server:
            for job in jobs:
                server.submit(job.sender, job.recipients, job.message_lf.read_bytes(), requests_of(job))
            os.write(tells, b"queued")
            os.close(tells)
            ends = [wakes, *([keeper_of] if keeper_of else [])]
            if _wait_until_empty(server, ends) == server.pidfd():
                print("the mail server ended by itself", flush=True)
                _wait(ends)  # to end would say that the queue is empty
            _leave_behind(server, jobs)
    except Unavailable as reason:
        print(f"can't run here: {reason}", flush=True)
    except NotSupported as reason:
        print(reason, flush=True)
        os.write(tells, b"can't")
    except Exception:  # whatever it is, it is to be read in the case's output
        traceback.print_exc()
        sys.stderr.flush()
    os._exit(0)


def _wait_until_empty(server, ends):
    """None when the queue is empty, else the descriptor that is readable: one of `ends`, or the server's own."""
    empty = 0  # looks in a row: one may fall between a message and the notification about it
    while empty < 2:
        ended = _wait([server.pidfd(), *ends], LOOK_EVERY)
        if ended is not None:
            return ended
        empty = empty + 1 if server.queue_is_empty() and not server.is_receiving() else 0
    return None


def _wait(descriptors, seconds=None):
    """The first of them that is readable; None: none was in that time."""
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    found = poll.poll(None if seconds is None else 1000 * seconds)
    return found[0][0] if found else None


def requests_of(job):
    """What the message's author asks for (RFC 3461), as keyword: value."""
    return dict(parameter.partition("=")[::2] for parameter in job.parameters if "=" in parameter)


def _leave_behind(server, jobs):
    """What became of each recipient first: it is read from files, and the server may be on its way out."""
    folder = jobs[0].folder
    recipients = [recipient for job in jobs for recipient in job.recipients]
    tries = [one for one in server.deliveries() if one.recipient in recipients]
    record = {
        "finished": server.queue_is_empty(),
        "last": {one.recipient: one.status for one in tries},
        "tries": [dataclasses.asdict(one) for one in tries],
        "notifications": [{"subject": str(message["Subject"]), "recipients": status_of(message)}
                          for message in server.notifications()],
    }
    (folder / f"{server.package}.json").write_text(json.dumps(record, indent=2) + "\n")
    log = server.log()
    (folder / f"{server.package}.log").write_text(log)
    print(log, flush=True)
    try:
        listing = server.queue_listing()
    except subprocess.CalledProcessError as error:  # the server is gone, and its program needs it
        listing = f"the queue could not be listed: {error}\n"
    (folder / f"{server.package}.queue").write_text(listing)
