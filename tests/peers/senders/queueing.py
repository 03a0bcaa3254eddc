"""Postfix and Exim as senders of one case: start, submit, watch the queue, end; what they did is kept as JSON."""
import dataclasses
import json
import math
import signal
import threading

from exim import Exim
from mta import status_of
from postfix import Postfix
from senders import DELIVERED, PERMANENT, TRANSIENT

# Protocol time, as RFC 5321 section 4.5.4.1 asks for: thirty minutes at first, up to five days.
FIRST, LONGEST, LIFETIME = 1800, 4 * 3600, 5 * 86400


def _seconds(protocol, job):
    """Real whole seconds, at least one: the shortest both programs know. They cut off parts of seconds: one more."""
    return 1 + math.ceil(protocol / job.time_scale)


def _postfix(job, as_mail_server, by_mx, lifetime):
    settings = {
        "minimal_backoff_time": f"{_seconds(FIRST, job)}s",
        "maximal_backoff_time": f"{_seconds(LONGEST, job)}s",
        "maximal_queue_lifetime": f"{_seconds(lifetime, job)}s",
        "bounce_queue_lifetime": f"{_seconds(lifetime, job)}s",
        "smtp_tls_security_level": {"none": "none", "opportunistic": "may", "required": "encrypt"}[job.tls],
    }
    if job.ca_file:
        settings["smtp_tls_CAfile"] = job.ca_file
        if job.tls == "required":
            settings["smtp_tls_security_level"] = "verify"
            settings["smtp_tls_verify_cert_match"] = job.tls_name or "nexthop"
    if job.implicit:
        settings["smtp_tls_wrappermode"] = "yes"
        if job.tls != "required":
            settings["smtp_tls_security_level"] = "encrypt"
    if job.credentials:
        settings["smtp_sasl_auth_enable"] = "yes"
        settings["smtp_sasl_password_maps"] = "static:" + ":".join(job.credentials)
        settings["smtp_sasl_security_options"] = "noanonymous"
    for stage in ("connect", "helo", "starttls", "mail", "rcpt", "data_init", "data_xfer", "data_done"):
        settings[f"smtp_{stage}_timeout"] = f"{job.timeout_seconds}s"
    if as_mail_server:
        settings["inet_interfaces"] = "all"
    if as_mail_server and not by_mx:
        settings["relayhost"] = f"[{job.host}]"
    return Postfix(None if by_mx else (job.host, job.port), settings, _local_domains(job), receive_on=as_mail_server,
                   relay_notifications=True)


def _exim(job, as_mail_server, by_mx, lifetime):
    first, lifetime = _seconds(FIRST, job), _seconds(lifetime, job)
    smtp = {name: f"{job.timeout_seconds}s" for name in
            ("connect_timeout", "command_timeout", "data_timeout", "final_timeout")}
    if job.tls == "none":
        smtp["hosts_avoid_tls"] = "*"
    if job.tls == "required":
        smtp["hosts_require_tls"] = "*"
    if job.implicit:
        smtp["protocol"] = "smtps"
    smtp["tls_try_verify_hosts"] = ":"
    smtp["tls_verify_hosts"] = "*" if job.ca_file and job.tls == "required" else ":"
    if job.ca_file:
        smtp["tls_verify_cert_hostnames"] = "*"
        smtp["tls_sni"] = job.tls_name or job.host
    authenticator = ""
    if job.credentials:
        smtp["hosts_require_auth"] = "*"
        authenticator = ("plain:\n  driver = plaintext\n  public_name = PLAIN\n"
                         f"  client_send = ^{job.credentials[0]}^{job.credentials[1]}\n")
    settings = {"smtp": smtp, "authority": job.ca_file, "authenticators": authenticator, "retry": f"* * G,{lifetime}s,{first}s,1.5", "queue_run": "1s"}
    return Exim(None if by_mx else (job.host, job.port), settings, _local_domains(job), receive_on=as_mail_server, relay_notifications=True)


def _requests(job):
    """What the message's author asks for, as sendmail takes it."""
    asked = {"-N": job.notify, "-R": job.ret, "-V": job.envid}
    return [word for option, value in asked.items() if value for word in (option, value)]


def _local_domains(job):
    return (job.sender.rpartition("@")[2],)


def send(job, name, hours, as_mail_server=None, by_mx=False, lifetime=LIFETIME):
    """Until nothing is queued any more, `hours` of protocol time have passed, or it is told to end (SIGTERM).

    `as_mail_server`, an address and a port: it listens there, and knows no port to send to but its own default. `by_mx`: it
    is told no host either, and looks one up. `lifetime`: seconds of protocol time after which it gives a message up.
    """
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: ended.set())
    with {"postfix": _postfix, "exim": _exim}[name](job, as_mail_server, by_mx, lifetime) as server:
        # Exim's sendmail knows no such options.
        asked = {"requests": _requests(job)} if name == "postfix" else {}
        server.submit(job.sender, job.recipients, job.message.read_bytes().replace(b"\r\n", b"\n"), **asked)
        server.wait_for(lambda: ended.is_set() or server.queue_is_empty(), 3600 * hours / job.time_scale)
        print(server.log(), flush=True)
        result = _result(server, job)
        (job.folder / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n")
    if not result["finished"]:
        return TRANSIENT
    return PERMANENT if "bounced" in result["last"].values() else DELIVERED


def _result(server, job):
    tries = [one for one in server.deliveries() if one.recipient in job.recipients]
    return {
        "finished": server.queue_is_empty(),
        "last": {one.recipient: one.status for one in tries},
        "tries": [dataclasses.asdict(one) for one in tries],
        "notifications": [{"subject": str(message["Subject"]), "recipients": status_of(message)}
                          for message in server.notifications()],
    }
