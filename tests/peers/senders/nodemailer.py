"""nodemailer for Node.js, as an application would use it: one try."""
import json
import os
import pathlib

from fetch_peer import fetch
from senders import DELIVERED, PERMANENT, TRANSIENT, by_reply, run


def send(job):
    modules = fetch("nodemailer").root / "usr/share/nodejs"
    plan = {"host": job.host, "port": job.port, "from": job.sender, "to": job.recipients, "message": str(job.message),
            "timeout": 1000 * job.timeout_seconds, "tls": job.tls, "name": job.tls_name, "ca": job.ca_file, "implicit": job.implicit,
            "auth": dict(zip(("user", "pass"), job.credentials)) if job.credentials else None}
    script = pathlib.Path(__file__).with_name("nodemailer_send.js")
    code, transcript = run(["node", script, json.dumps(plan)], job, env={**os.environ, "NODE_PATH": str(modules)})
    if code == 0:
        return DELIVERED
    # Its last line that is JSON: {"responseCode": 452, …}, without a code when the connection failed.
    try:
        failure = json.loads([line for line in transcript.splitlines() if line.startswith("{")][-1])
    except (IndexError, ValueError):
        return TRANSIENT
    if failure.get("code") in ("EENVELOPE", "EMESSAGE") and not failure.get("responseCode"):
        return PERMANENT
    return by_reply(failure.get("responseCode"))
