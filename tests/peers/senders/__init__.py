"""Real senders, each behind one function `send(job) -> exit code`, named by its module.

Exit codes are those of sysexits.h: what a program that calls a mailer learns from it.
"""
import dataclasses
import os
import pathlib
import signal
import subprocess
import sys

DELIVERED = 0
PERMANENT = 69   # EX_UNAVAILABLE: trying again is no use
TRANSIENT = 75   # EX_TEMPFAIL: try again later

NAMES = ["swaks", "curl", "smtplib", "msmtp", "nodemailer"]
QUEUEING = ["postfix", "exim"]


@dataclasses.dataclass
class Job:
    """What is to be sent, and where. `tempfail test` says it in the environment."""
    host: str
    port: int
    sender: str
    recipients: list
    message: pathlib.Path        # RFC 5322, lines end in CR LF
    time_scale: float = 1.0
    folder: pathlib.Path = pathlib.Path(".")  # for the sender's own files
    scenario: str = ""
    tls: str = "none"            # none, opportunistic, required
    tls_name: str = ""           # what the certificate must be for, when it is verified
    ca_file: str = ""            # verify against this; empty: do not verify
    implicit: bool = False       # TLS from the first byte
    notify: str = ""             # never, or a list of success, failure and delay (RFC 3461); empty: not said
    ret: str = ""                # full, hdrs
    envid: str = ""

    @classmethod
    def from_environment(cls, **more):
        value = os.environ.get
        needed = ("TEMPFAIL_HOST", "TEMPFAIL_PORT", "TEMPFAIL_MESSAGE", "TEMPFAIL_RECIPIENT")
        missing = [name for name in needed if not value(name)]
        if missing:
            sys.exit(f"not set: {' '.join(missing)}; this is to be run by `tempfail test … -- COMMAND`")
        return cls(host=value("TEMPFAIL_HOST"), port=int(value("TEMPFAIL_PORT")),
                   sender=value("TEMPFAIL_SENDER", "sender@sender.test"),
                   recipients=value("TEMPFAIL_RECIPIENTS", value("TEMPFAIL_RECIPIENT", "")).split(),
                   message=pathlib.Path(value("TEMPFAIL_MESSAGE")),
                   time_scale=float(value("TEMPFAIL_TIME_SCALE", "1")),
                   folder=pathlib.Path(value("TEMPFAIL_CASE_DIR", ".")),
                   scenario=value("TEMPFAIL_SCENARIO", ""), ca_file=value("TEMPFAIL_CA", ""),
                   implicit=value("TEMPFAIL_TLS_MODE") == "implicit", notify=value("TEMPFAIL_NOTIFY", ""),
                   ret=value("TEMPFAIL_RET", ""), envid=value("TEMPFAIL_ENVID", ""), **more)

    @property
    def credentials(self):
        """Name and password where the scenario is about them, else None: most servers know no AUTH."""
        return ("sender", "secret") if self.scenario.startswith("auth-fails") else None

    @property
    def timeout_seconds(self):
        """RFC 5321 section 4.5.3.2's longest, ten minutes, scaled; never so short that a busy machine is blamed."""
        return max(5, round(600 / self.time_scale))


def by_reply(code):
    """What a reply code means, by its first digit alone (RFC 5321 section 4.2.1)."""
    return {4: TRANSIENT, 5: PERMANENT}.get((code or 0) // 100, TRANSIENT)


def run(command, job, **options):
    """Runs a sender's program and shows what it says; it is ended when it takes ten times its own time-out."""
    print("+", *command, flush=True)
    try:
        done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=10 * job.timeout_seconds, **options)
    except subprocess.TimeoutExpired as late:
        print((late.output or b"").decode(errors="replace"), "\n(ended: it took too long)", flush=True)
        return -signal.SIGKILL, ""
    text = done.stdout.decode(errors="replace")
    print(text, flush=True)
    return done.returncode, text
