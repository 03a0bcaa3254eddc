"""Django's send_mail(), as its manual shows it. It writes the message itself, and says no more than how many were sent."""
import json
import os
import smtplib
import sys

sys.path.insert(0, os.environ["TEMPFAIL_SENDER_CACHE"])
from django.conf import settings  # noqa: E402 (needs the path)
from django.core.mail import send_mail  # noqa: E402

task = json.load(open(os.environ["TEMPFAIL_HANDOVER"]))
if task["tls"] == "verified":
    os.environ["SSL_CERT_FILE"] = task["ca"]  # Django always verifies, by what the system trusts
settings.configure(EMAIL_HOST=task["host"], EMAIL_PORT=task["port"], EMAIL_TIMEOUT=max(5, 600 / task["time_scale"]),
                   EMAIL_USE_TLS=task["tls"] == "verified" and task["tls_mode"] != "implicit",
                   EMAIL_USE_SSL=task["tls_mode"] == "implicit")
codes = []
try:
    sent = send_mail("tempfail", "A message.\n", task["sender"] or "<>", task["recipients"])
    if sent != 1:
        sys.exit(1)
except smtplib.SMTPRecipientsRefused as failure:
    codes = [code for code, _ in failure.recipients.values()]
except smtplib.SMTPResponseException as failure:
    codes = [failure.smtp_code]
if codes:
    sys.exit(75 if min(codes) < 500 else 69)
