"""Python's smtplib, as an application would use it: one try."""
from __future__ import annotations

import importlib
import ssl
import sys

from senders import DELIVERED, PERMANENT, TRANSIENT, by_reply

library = importlib.import_module("smtplib")


def send(job):
    try:
        with _connected(job) as smtp:
            smtp.set_debuglevel(1)
            if job.tls != "none" and not job.implicit:
                smtp.ehlo_or_helo_if_needed()
                if job.tls == "required" or smtp.has_extn("starttls"):
                    smtp.starttls(context=_context(job))
            if job.credentials:
                smtp.login(*job.credentials)
            refused = smtp.sendmail(job.sender, job.recipients, job.message.read_bytes())
    except library.SMTPRecipientsRefused as failure:
        codes = [code for code, _ in failure.recipients.values()]
        return _say(failure, PERMANENT if all(code >= 500 for code in codes) else TRANSIENT)
    except library.SMTPNotSupportedError as failure:
        return _say(failure, PERMANENT)
    except library.SMTPResponseException as failure:
        return _say(failure, by_reply(failure.smtp_code))
    except (OSError, library.SMTPException) as failure:
        return _say(failure, TRANSIENT)
    # Some recipients were refused, some not: smtplib calls this success and returns the refused ones.
    print("refused:", refused, file=sys.stderr)
    return DELIVERED


def _connected(job):
    where = (job.host, job.port, "smtplib.sender.test")
    if job.implicit:
        return library.SMTP_SSL(*where, timeout=job.timeout_seconds, context=_context(job))
    return library.SMTP(*where, job.timeout_seconds)


def _context(job):
    if job.ca_file:
        return ssl.create_default_context(cafile=job.ca_file)
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _say(failure, code):
    print(f"{type(failure).__name__}: {failure}", file=sys.stderr)
    return code
