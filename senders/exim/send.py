"""Exim as the sender of a case. `-o main.NAME=VALUE` and `-o smtp.NAME=VALUE` are options of its main section and of its transport,
`-o retry=RULE` is its retry rule, and `-o route=host` sends to the case's host in a lab too, where MX records are looked up else."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from tempfail_sender import queueing  # noqa: E402 (needs the path)
from tempfail_sender.mta import has_fast_clock  # noqa: E402
from exim.server import Exim  # noqa: E402

# What Debian's package comes with.
STOCK = {"retry": "* * F,2h,15m; G,16h,1h,1.5; F,4d,6h", "queue_run": "30m"}


def make(job, settings):
    first = queueing.real_seconds(queueing.FIRST, job)
    lifetime = queueing.real_seconds(queueing.lifetime_seconds(), job)
    timeouts = () if has_fast_clock() else ("connect_timeout", "command_timeout", "data_timeout", "final_timeout")
    smtp = {name: f"{job.timeout_seconds}s" for name in timeouts}
    if job.tls == "none":
        smtp["hosts_avoid_tls"] = "*"
    if job.tls in ("required", "verified"):
        smtp["hosts_require_tls"] = "*"
    if job.implicit:
        smtp["protocol"] = "smtps"
    smtp["tls_try_verify_hosts"] = ":"
    smtp["tls_verify_hosts"] = "*" if job.verified else ":"
    if job.verified:
        smtp["tls_verify_cert_hostnames"] = "*"
        smtp["tls_sni"] = job.host
    authenticator = ""
    if job.user:
        smtp["hosts_require_auth"] = "*"
        authenticator = ("plain:\n  driver = plaintext\n  public_name = PLAIN\n"
                         f"  client_send = ^{job.user}^{job.password}\n")
    relay, receive_on = (job.host, job.port), None
    if queueing.in_a_lab(job):
        receive_on = queueing.place_in_a_lab(job)
        relay = relay if settings.get("route") == "host" else None
    told = {prefix: {name.partition(".")[2]: value for name, value in settings.items() if name.startswith(prefix + ".")}
            for prefix in ("main", "smtp")}
    usual = STOCK if has_fast_clock() else {"retry": f"* * G,{lifetime}s,{first}s,1.5", "queue_run": "1s"}
    return Exim(relay, {"smtp": {**smtp, **told["smtp"]}, "main": told["main"], "authority": job.ca if job.verified else "",
                        "authenticators": authenticator, **usual, **({"retry": settings["retry"]} if "retry" in settings else {})},
                [job.sender.rpartition("@")[2] or "sender.test"], receive_on=receive_on, relay_notifications=True)


if __name__ == "__main__":
    queueing.main(make)
