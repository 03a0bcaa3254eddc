"""Python's smtplib, once: tempfail test --role one-shot -- python3 send.py"""
import json
import os
import smtplib
import sys

task = json.load(open(os.environ["TEMPFAIL_HANDOVER"]))
codes = []
try:
    with smtplib.SMTP(task["host"], task["port"], timeout=60) as smtp:
        refused = smtp.sendmail(task["sender"], task["recipients"], open(task["message"], "rb").read())
        codes = [code for code, _ in refused.values()]  # some were accepted: no exception says that others were not
except smtplib.SMTPRecipientsRefused as failure:
    codes = [code for code, _ in failure.recipients.values()]
except smtplib.SMTPResponseException as failure:
    codes = [failure.smtp_code]
if codes:
    sys.exit(75 if min(codes) < 500 else 69)
