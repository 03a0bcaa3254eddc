#!/usr/bin/env python3
"""A real sender as the COMMAND of `tempfail test`:

    tempfail test disk-full -- tests/peers/send.py swaks              one try, as the program does it
    tempfail test disk-full -- tests/peers/send.py swaks --retrying   in a plain retry loop
    tempfail test disk-full -- tests/peers/send.py postfix            with its own queue, shrunk to the time scale

Senders: swaks curl smtplib msmtp nodemailer; with a queue: postfix exim. Where and what to send is taken from
the environment (TEMPFAIL_HOST and so on). Exits as sysexits.h has it: 0 delivered, 75 try again, 69 refused.
"""
import argparse
import importlib
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.dont_write_bytecode = True

import senders  # noqa: E402 (needs the path)
from fetch_peer import SKIPPED, Unavailable  # noqa: E402


def retrying(send, job, first_minutes, factor, longest_minutes, tries):
    """The plain loop many applications have: again after a while, the while growing, until told for good."""
    wait = 60.0 * first_minutes
    for attempt in range(1, tries + 1):
        code = send(job)
        print(f"try {attempt}: exit code {code}", flush=True)
        if code in (senders.DELIVERED, senders.PERMANENT) or attempt == tries:
            return code
        time.sleep(wait / job.time_scale)  # the loop's interval: a lower bound
        wait = min(wait * factor, 60.0 * longest_minutes)
    return code


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sender", choices=senders.NAMES + senders.QUEUEING)
    parser.add_argument("--retrying", action="store_true", help="try again, as a plain loop does")
    parser.add_argument("--first-minutes", type=float, default=35, help="protocol time before the second try")
    parser.add_argument("--factor", type=float, default=2, help="by which the waiting grows")
    parser.add_argument("--longest-minutes", type=float, default=1440)
    parser.add_argument("--tries", type=int, default=5)
    parser.add_argument("--hours", type=float, default=48, help="protocol time a queue is watched at most")
    parser.add_argument("--as-mail-server", action="store_true",
                        help="a queue listens on port 25 of every address, and sends to port 25: for a network of its own")
    parser.add_argument("--by-mx", action="store_true",
                        help="with --as-mail-server: a queue is told no host, and looks up MX records as it always does")
    parser.add_argument("--lifetime-hours", type=float, default=120, help="after which a queue gives a message up")
    parser.add_argument("--tls", choices=["none", "opportunistic", "required", "verified", "as-told"], default="none",
                        help="verified: required, and only with certificates of TEMPFAIL_CA; as-told: TEMPFAIL_TLS")
    parser.add_argument("--tls-name", default="", help="the name a certificate must have")
    arguments = parser.parse_args()
    tls = os.environ.get("TEMPFAIL_TLS", "opportunistic") if arguments.tls == "as-told" else arguments.tls
    job = senders.Job.from_environment(tls="required" if tls == "verified" else tls, tls_name=arguments.tls_name)
    if tls != "verified":
        job.ca_file = ""
    try:
        if arguments.sender in senders.QUEUEING:
            return importlib.import_module("senders.queueing").send(
                job, arguments.sender, arguments.hours, ("0.0.0.0", 25) if arguments.as_mail_server else None,
                arguments.by_mx, 3600 * arguments.lifetime_hours)
        send = importlib.import_module(f"senders.{arguments.sender}").send
        if not arguments.retrying:
            return send(job)
        return retrying(send, job, arguments.first_minutes, arguments.factor, arguments.longest_minutes,
                        arguments.tries)
    except Unavailable as reason:
        print(f"can't run here: {reason}", file=sys.stderr)
        return SKIPPED


if __name__ == "__main__":
    sys.exit(main())
