"""aiosmtplib, as its manual shows it."""
import asyncio
import json
import os
import sys

sys.path.insert(0, os.environ["TEMPFAIL_SENDER_CACHE"])
import aiosmtplib  # noqa: E402 (needs the path)

task = json.load(open(os.environ["TEMPFAIL_HANDOVER"]))
implicit = task["tls_mode"] == "implicit"
verified = task["tls"] == "verified"
codes = []
try:
    refused, _ = asyncio.run(aiosmtplib.send(
        open(task["message"], "rb").read(), sender=task["sender"], recipients=task["recipients"], hostname=task["host"],
        port=task["port"], timeout=max(5, 600 / task["time_scale"]), use_tls=implicit, validate_certs=verified,
        start_tls={"none": False, "opportunistic": None}.get(task["tls"], True) if not implicit else False,
        cert_bundle=task["ca"] if verified else None))
    codes = [response.code for response in refused.values()]
except aiosmtplib.SMTPRecipientsRefused as failure:
    codes = [one.code for one in failure.recipients]
except aiosmtplib.SMTPResponseException as failure:
    codes = [failure.code]
if codes:
    sys.exit(75 if min(codes) < 500 else 69)
