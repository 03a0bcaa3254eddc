//! An application that mails invoices: what could not be sent is sent with the next run of its job.
use lettre::transport::smtp::Error;
use lettre::{Message, SmtpTransport, Transport};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Unsent,
    Sent,
    Failed,
}

pub struct Invoice {
    pub customer: String,
    pub state: State,
    /// What its author reads.
    pub trouble: Option<Error>,
    /// The Message-ID, one for all tries: a server that has the message already can tell.
    pub id: String,
}

/// Sends all that is unsent.
pub fn run_job(invoices: &mut [Invoice], host: &str, port: u16) {
    let transport = SmtpTransport::builder_dangerous(host).port(port).build();
    for invoice in invoices.iter_mut().filter(|one| one.state == State::Unsent) {
        let message = Message::builder()
            .from("billing@shop.test".parse().unwrap())
            .to(invoice.customer.parse().unwrap())
            .message_id(Some(invoice.id.clone()))
            .subject("Your invoice")
            .body("Please pay.\n".to_string())
            .unwrap();
        match transport.send(&message) {
            Ok(_) => invoice.state = State::Sent,
            Err(refused) => {
                if refused.is_permanent() {
                    invoice.state = State::Failed; // else: once more
                }
                invoice.trouble = Some(refused);
            }
        }
    }
}
