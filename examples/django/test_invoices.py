"""The three tests that everybody wants."""
import pytest
from django.test import override_settings
from invoices import Invoice, run_job


@pytest.fixture
def mail_server(tempfail):
    """tempfail() with Django's settings turned to the server."""
    with override_settings():
        def serve(scenario, **options):
            from django.conf import settings
            server = tempfail(scenario, **options)
            settings.EMAIL_HOST, settings.EMAIL_PORT = server.address
            return server
        yield serve


def test_retried_on_452(mail_server):
    server = mail_server("disk-full", role="queueing")
    invoices = [Invoice("you@example.test")]
    run_job(invoices)
    assert invoices[0].trouble.startswith("452") and server.tries(1)[0].result == "transient"
    server.advance("1h")
    run_job(invoices)
    assert invoices[0].state == "sent"
    assert server.accepted[0].message["Subject"] == "Your invoice"
    server.assert_passed()


def test_no_duplicate_when_the_connection_drops_after_the_dot(mail_server):
    server = mail_server("closed-after-final-dot", role="queueing")
    invoices = [Invoice("you@example.test")]
    for _ in range(3):
        run_job(invoices)
        server.advance("1h")
    assert [mail.recipients for mail in server.accepted] == [["you@example.test"]]
    server.assert_passed()


def test_a_5xx_reaches_the_user(mail_server):
    server = mail_server("no-such-user", role="one-shot")
    server.expect("you@example.test", sender="billing@shop.test")
    invoices = [Invoice("you@example.test")]
    run_job(invoices)
    assert invoices[0].state == "failed" and invoices[0].trouble.startswith("550")
    server.judge("permanent")
