"""Reads a notification with Python's e-mail package: a parser that shares nothing with the composer."""

import email
import email.policy
import subprocess
import sys


def main():
    raw = subprocess.run([sys.argv[1]], check=True, stdout=subprocess.PIPE).stdout
    assert b"\n" not in raw.replace(b"\r\n", b""), "a bare LF"
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert message.get_content_type() == "multipart/report", message.get_content_type()
    assert message["Content-Type"].params["report-type"] == "delivery-status"
    assert message["To"].addresses[0].addr_spec == "from@sender.test", message["To"]
    assert message["Auto-Submitted"] == "auto-replied"
    assert not message.defects, message.defects
    people, status, returned = message.iter_parts()
    assert people.get_content_type() == "text/plain"
    assert "mail.x.test said: 432 4.3.2 mail queue stopped" in people.get_content()
    assert status.get_content_type() == "message/delivery-status"
    about, first, second = status.get_payload()
    assert about["Original-Envelope-Id"] == "QQ+314159", about["Original-Envelope-Id"]
    assert about["Reporting-MTA"] == "dns; mx.sender.test"
    assert first["Original-Recipient"] == "rfc822; A+b@x.test", first["Original-Recipient"]
    assert first["Final-Recipient"] == "rfc822; a@x.test"
    assert first["Action"] == "failed"
    assert first["Status"] == "4.4.7"
    assert first["Remote-MTA"] == "dns; mail.x.test"
    assert first["Diagnostic-Code"] == "smtp; 432 4.3.2 mail queue stopped"
    assert first["Last-Attempt-Date"] == "Fri, 01 Mar 2024 12:00:00 +0000"
    assert second["Status"] == "4.4.1"
    assert second["Remote-MTA"] is None
    assert second["Diagnostic-Code"].startswith("X-tempfail-send; connect-timeout at connect")
    assert returned.get_content_type() == "message/global"  # its Subject has UTF-8
    original = bytes("First line\r\n.dot\r\n--report-not\r\nKöln\r\n", "utf-8")
    assert original in raw, "the message was changed on its way"


main()
