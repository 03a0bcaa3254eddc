"""A little sender that finds its way by MX, for the tests of `tempfail test --dns` and of the lab. The first argument says how it behaves:

right           asks again for what can't be known now, goes from host to host, and takes nothing for what it is not
bounces         takes SERVFAIL, and no answer, for the end of the message
falls-back      takes SERVFAIL, and no answer, for a domain without MX
stops-at-first  tries the first MX alone
no-tcp          makes do with what came over UDP
ignores-null    takes a null MX for no MX
a-alone         asks for no addresses of IPv6
one-address     tries the first address of a host alone, which is one of IPv6 where there is one
gives-up        takes a connection that fails for the end of the message
no-implicit     takes a domain without MX for one that takes no mail
host-bounces    takes SERVFAIL for an MX host's address for the end of the message
domain-after-all    goes to the domain itself where no MX host has an address
no-cname        knows nothing of aliases
caches-mx       keeps the MX of its first try
searches        completes a host's name that does not exist, as a resolver with a search list does
claims          says that all was sent
raw-name        asks for a domain with letters beyond ASCII as it is
u-label         names such a domain in RCPT as it is, and does not ask whether the server knows SMTPUTF8
no-idn          gives up a recipient with such a domain

A real second is {time_scale} seconds; it tries again each half an hour, at most six times. It exits with 0 when the message
was taken, with 1 when it was given up.
"""
import os
import pathlib
import smtplib
import sys
import threading

from resolver import Later, Never, Resolver

HOW = sys.argv[1]
SCALE = float(os.environ["TEMPFAIL_TIME_SCALE"])
look_up = Resolver(os.environ["TEMPFAIL_DNS"], uses_tcp=HOW != "no-tcp", follows_aliases=HOW != "no-cname").look_up
SEARCH = ".trap.search-list-trap.test"
kept = []


def a_labels(domain):
    """As the DNS has it."""
    if domain.isascii() or HOW == "raw-name":
        return domain
    if HOW == "no-idn":
        raise Never(f"{domain} is not ASCII")
    return domain.encode("idna").decode()


def as_sent(recipient):
    local, _, domain = recipient.rpartition("@")
    return f"{local}@{domain if HOW == 'u-label' else a_labels(domain)}"


def hosts_of(domain):
    try:
        found = look_up(domain, "MX")
    except Later:
        if HOW == "bounces":
            raise Never("no name server") from None
        if HOW != "falls-back":
            raise
        found = []
    if found is None:
        raise Never(f"{domain} does not exist")
    hosts = [(int(text.split()[0]), text.split()[1].rstrip(".")) for text in found]
    if hosts and hosts[0][1] == "":
        if HOW != "ignores-null":
            raise Never(f"{domain} takes no mail")
        hosts = []
    if not hosts and HOW == "no-implicit":
        raise Never(f"{domain} has no MX")
    return [name for _, name in sorted(hosts)] or [domain]


def addresses_of(host):
    try:
        found = [] if HOW == "a-alone" else look_up(host, "AAAA") or []
        found += look_up(host, "A") or []
    except Later as error:
        if HOW == "host-bounces":
            raise Never(error) from error
        raise
    if not found and HOW == "searches":
        found = look_up(host + SEARCH, "A") or []
    return found[:1] if HOW == "one-address" else found


def one_try(domain):
    later = None
    hosts = kept[:] if HOW == "caches-mx" and kept else hosts_of(domain)
    kept[:] = hosts
    if HOW == "domain-after-all":
        hosts.append(domain)
    for host in hosts[:1] if HOW == "stops-at-first" else hosts:
        try:
            addresses = addresses_of(host)
        except Later as error:
            later = error
            continue
        for address in addresses:
            try:
                with smtplib.SMTP(address, int(os.environ["TEMPFAIL_PORT"]), timeout=60) as client:
                    client.command_encoding = "utf-8"
                    client.sendmail(os.environ["TEMPFAIL_SENDER"], [as_sent(one) for one in os.environ["TEMPFAIL_RECIPIENTS"].split()],
                                    pathlib.Path(os.environ["TEMPFAIL_MESSAGE"]).read_bytes())
                return
            except smtplib.SMTPRecipientsRefused as error:
                later = Later(error)
            except OSError as error:
                if HOW == "gives-up":
                    raise Never(error) from error
                later = Later(error)
    raise later or Never("no host has an address")


def main():
    domain = os.environ["TEMPFAIL_RECIPIENT"].rpartition("@")[2]
    for _ in range(6):
        try:
            one_try(a_labels(domain))
            print("sent")
            return 0
        except Later as error:
            print("later:", error)
        except Never as error:
            print("never:", error)
            return int(HOW != "claims")
        threading.Event().wait(1800 / SCALE)
    return int(HOW != "claims")


sys.exit(main())
