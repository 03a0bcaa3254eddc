"""Python's smtplib, as its manual shows it."""
import json
import os
import smtplib
import ssl
import sys

task = json.load(open(os.environ["TEMPFAIL_HANDOVER"]))
context = ssl.create_default_context(cafile=task["ca"])
if task["tls"] != "verified":
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
where = {"host": task["host"], "port": task["port"], "timeout": max(5, 600 / task["time_scale"])}
codes = []
try:
    with smtplib.SMTP_SSL(**where, context=context) if task["tls_mode"] == "implicit" else smtplib.SMTP(**where) as smtp:
        if task["tls"] != "none" and task["tls_mode"] != "implicit":
            smtp.ehlo_or_helo_if_needed()
            if task["tls"] != "opportunistic" or smtp.has_extn("starttls"):
                smtp.starttls(context=context)
        if task["user"]:
            smtp.login(task["user"], task["password"])
        refused = smtp.sendmail(task["sender"], task["recipients"], open(task["message"], "rb").read())
        codes = [code for code, _ in refused.values()]  # some were accepted: no exception says that others were not
except smtplib.SMTPRecipientsRefused as failure:
    codes = [code for code, _ in failure.recipients.values()]
except smtplib.SMTPResponseException as failure:
    codes = [failure.smtp_code]
if codes:
    sys.exit(75 if min(codes) < 500 else 69)
