"""Postfix as the sender of a case. `-o route=host` sends to the case's host in a lab too, where MX records are looked up else;
any other -o is a line of main.cf."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from tempfail_sender import queueing  # noqa: E402 (needs the path)
from tempfail_sender.mta import has_fast_clock  # noqa: E402
from postfix.server import Postfix  # noqa: E402

LEVELS = {"none": "none", "opportunistic": "may", "required": "encrypt", "verified": "verify"}


def schedule(job):
    """As RFC 5321 section 4.5.4.1 asks for, in the time scale."""
    lifetime = queueing.real_seconds(queueing.lifetime_seconds(), job)
    stages = ("connect", "helo", "starttls", "mail", "rcpt", "data_init", "data_xfer", "data_done")
    return {
        "minimal_backoff_time": f"{queueing.real_seconds(queueing.FIRST, job)}s",
        "maximal_backoff_time": f"{queueing.real_seconds(queueing.LONGEST, job)}s",
        "maximal_queue_lifetime": f"{lifetime}s",
        "bounce_queue_lifetime": f"{lifetime}s",
        **{f"smtp_{stage}_timeout": f"{job.timeout_seconds}s" for stage in stages},
    }


def make(job, settings):
    main = {"smtp_tls_security_level": LEVELS[job.tls], **({} if has_fast_clock() else schedule(job))}
    if job.verified:
        main["smtp_tls_CAfile"] = job.ca
        main["smtp_tls_verify_cert_match"] = "nexthop"
    if job.implicit:
        main["smtp_tls_wrappermode"] = "yes"
        main["smtp_tls_security_level"] = "verify" if job.verified else "encrypt"
    if job.user:
        main["smtp_sasl_auth_enable"] = "yes"
        main["smtp_sasl_password_maps"] = f"static:{job.user}:{job.password}"
        main["smtp_sasl_security_options"] = "noanonymous"
    relay, receive_on = (job.host, job.port), None
    if queueing.in_a_lab(job):
        main["inet_interfaces"] = "all"
        receive_on = queueing.place_in_a_lab(job)
        by_host = settings.pop("route", "mx") == "host"
        relay = relay if by_host else None
        if by_host:
            main["relayhost"] = f"[{job.host}]"
    return Postfix(relay, {**main, **settings}, [job.sender.rpartition("@")[2] or "sender.test"], receive_on=receive_on,
                   relay_notifications=True)


if __name__ == "__main__":
    queueing.main(make)
