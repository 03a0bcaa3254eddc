//! The three tests that everybody wants.
use invoices::{run_job, Invoice, State};
use tempfail::{Options, Outcome};

const CUSTOMER: &str = "you@example.test";

fn invoice() -> [Invoice; 1] {
    [Invoice { customer: CUSTOMER.into(), state: State::Unsent, trouble: None, id: "<1@shop.test>".into() }]
}

#[test]
fn retried_on_452() -> Result<(), tempfail::Error> {
    let server = tempfail::serve("disk-full", &Options::new().role("queueing"))?;
    let mut invoices = invoice();
    run_job(&mut invoices, &server.host, server.port);
    assert!(invoices[0].trouble.as_ref().unwrap().to_string().contains("452"));
    server.advance("1h")?;
    run_job(&mut invoices, &server.host, server.port);
    let accepted = server.accepted(1, std::time::Duration::from_secs(10))?;
    assert_eq!(accepted[0].header("subject").as_deref(), Some("Your invoice"));
    server.assert_passed();
    Ok(())
}

#[test]
fn no_duplicate_when_the_connection_drops_after_the_dot() -> Result<(), tempfail::Error> {
    let server = tempfail::serve("closed-after-final-dot", &Options::new().role("queueing"))?;
    let mut invoices = invoice();
    for _ in 0..3 {
        run_job(&mut invoices, &server.host, server.port);
        server.advance("1h")?;
    }
    let accepted = server.accepted(0, Default::default())?;
    assert_eq!(accepted.iter().map(|mail| mail.recipients.join(" ")).collect::<Vec<_>>(), [CUSTOMER]);
    server.assert_passed();
    Ok(())
}

#[test]
fn a_5xx_reaches_the_user() -> Result<(), tempfail::Error> {
    let server = tempfail::serve("no-such-user", &Options::new().role("one-shot"))?;
    server.expect("billing@shop.test", &[CUSTOMER], None)?;
    let mut invoices = invoice();
    run_job(&mut invoices, &server.host, server.port);
    assert_eq!(invoices[0].state, State::Failed);
    let told = invoices[0].trouble.as_ref().unwrap();
    server.judge(Outcome::by_reply(told.status().map(Into::into), ""));
    Ok(())
}
