#!/usr/bin/env python3
"""A one-shot sender of senders/ in the plain retry loop that many applications have, as the COMMAND of `tempfail test`:

    tempfail test disk-full --time-scale 1200 -- tests/peers/retrying.py swaks

It is asked again after a while, the while growing, until it has sent or is told for good. Exits as sysexits.h has it.
"""
import argparse
import os
import pathlib
import subprocess
import sys
import time

SENDERS = pathlib.Path(__file__).resolve().parents[2] / "senders"
FINAL = (0, 69)  # delivered, refused for good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sender")
    parser.add_argument("--first-minutes", type=float, default=35, help="protocol time before the second try")
    parser.add_argument("--factor", type=float, default=2, help="by which the waiting grows")
    parser.add_argument("--longest-minutes", type=float, default=1440)
    parser.add_argument("--tries", type=int, default=5)
    arguments = parser.parse_args()
    scale = float(os.environ["TEMPFAIL_TIME_SCALE"])
    driver = [sys.executable, SENDERS / arguments.sender / "send.py"]
    wait = 60.0 * arguments.first_minutes
    for attempt in range(1, arguments.tries + 1):
        code = subprocess.run(driver, env={**os.environ, "PYTHONPATH": str(SENDERS)}).returncode
        print(f"try {attempt}: exit code {code}", flush=True)
        if code in FINAL or attempt == arguments.tries:
            return code
        time.sleep(wait / scale)  # the loop's interval: a lower bound
        wait = min(wait * arguments.factor, 60.0 * arguments.longest_minutes)
    return code


if __name__ == "__main__":
    sys.exit(main())
