"""An application that mails invoices: what could not be sent is sent with the next run of its job."""
import dataclasses
import smtplib
from email.utils import make_msgid

from django.core.mail import EmailMessage


@dataclasses.dataclass
class Invoice:
    customer: str
    state: str = "unsent"  # sent, failed
    trouble: str = ""      # what its author reads
    # One for all tries: a server that has the message already can tell.
    message_id: str = dataclasses.field(default_factory=lambda: make_msgid(domain="shop.test"))


def run_job(invoices):
    """Sends all that is unsent."""
    for invoice in invoices:
        if invoice.state != "unsent":
            continue
        mail = EmailMessage("Your invoice", "Please pay.\n", "billing@shop.test", [invoice.customer],
                            headers={"Message-ID": invoice.message_id})
        try:
            mail.send()
            invoice.state = "sent"
        except smtplib.SMTPRecipientsRefused as refused:
            note(invoice, *refused.recipients[invoice.customer])
        except smtplib.SMTPResponseException as refused:
            note(invoice, refused.smtp_code, refused.smtp_error)
        except (smtplib.SMTPServerDisconnected, OSError) as lost:
            invoice.trouble = str(lost)  # nobody knows more: try again


def note(invoice, code, text):
    invoice.trouble = f"{code} {text.decode('utf-8', 'replace')}"
    if code >= 500:
        invoice.state = "failed"
