"""What drivers in Python share: the message that is to be sent, and what exit statuses say.

    job = Job.of_this_run()      # as `tempfail test` has handed it over
    sys.exit(by_reply(452))      # temporary, as sysexits.h has it

Python's standard library is all that this needs.
"""
import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import sys

DELIVERED = 0
PERMANENT = 69    # EX_UNAVAILABLE: a retry does not help
TEMPORARY = 75    # EX_TEMPFAIL: try again later
CANNOT = 89       # the sender does not do what the scenario asks for
NOT_STARTED = 127  # the program could not be run


@dataclasses.dataclass
class Job:
    """A message that is to be sent, and where (docs/handover.schema.json)."""
    host: str
    port: int
    sender: str
    recipients: list
    message: pathlib.Path        # RFC 5322, lines end in CR LF
    message_lf: pathlib.Path     # the same, lines end in LF
    time_scale: float
    folder: pathlib.Path         # for the sender's own files; kept with the report
    tls: str                     # none, opportunistic, required, verified
    tls_mode: str                # none, starttls, implicit: how the server speaks it
    ca: str                      # the authority to verify against; empty where there is no TLS
    user: str                    # empty: the server asks for no name
    password: str
    dns: str                     # where the name server is; empty: nowhere
    parameters: list             # of ESMTP that the message is to be sent with

    @classmethod
    def of_this_run(cls):
        """The one message of a sender that is given one."""
        return cls.all_of_this_run()[0]

    @classmethod
    def all_of_this_run(cls):
        path = os.environ.get("TEMPFAIL_HANDOVERS")
        if not path:
            sys.exit("TEMPFAIL_HANDOVERS is not set: run this with `tempfail test`")
        return [cls._from(task) for task in json.loads(pathlib.Path(path).read_text())]

    @classmethod
    def _from(cls, task):
        return cls(host=task["host"], port=task["port"], sender=task["sender"], recipients=task["recipients"],
                   message=pathlib.Path(task["message"]), message_lf=pathlib.Path(task["message_lf"]),
                   time_scale=task["time_scale"], folder=pathlib.Path(os.environ.get("TEMPFAIL_CASE_DIR", ".")),
                   tls=task["tls"], tls_mode=task["tls_mode"], ca=task["ca"] or "", user=task["user"] or "",
                   password=task["password"] or "", dns=task["dns"] or "", parameters=task["parameters"])

    @property
    def implicit(self):
        return self.tls_mode == "implicit"

    @property
    def verified(self):
        return self.tls == "verified"

    @property
    def timeout_seconds(self):
        """The longest of RFC 5321 section 4.5.3.2, ten minutes, scaled; never so short that a busy machine is blamed."""
        return max(5, round(600 / self.time_scale))


def by_reply(code):
    """What a reply code means, by its first digit alone (RFC 5321 section 4.2.1)."""
    return PERMANENT if (code or 0) // 100 == 5 else TEMPORARY


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
