//! lettre, as its manual shows it.
use lettre::address::Envelope;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{Address, SmtpTransport, Transport};
use std::{env, fs, process, time::Duration};

fn main() {
    let text = fs::read_to_string(env::var("TEMPFAIL_HANDOVER").unwrap()).unwrap();
    let task: serde_json::Value = serde_json::from_str(&text).unwrap();
    let word = |key: &str| task[key].as_str().unwrap_or("");
    let host = word("host");
    let mut parameters = TlsParameters::builder(host.to_string());
    if word("tls") == "verified" {
        parameters = parameters.add_root_certificate(Certificate::from_pem(&fs::read(word("ca")).unwrap()).unwrap());
    } else {
        parameters = parameters.dangerous_accept_invalid_certs(true).dangerous_accept_invalid_hostnames(true);
    }
    let parameters = parameters.build().unwrap();
    let tls = match (word("tls_mode"), word("tls")) {
        ("implicit", _) => Tls::Wrapper(parameters),
        (_, "none") => Tls::None,
        (_, "opportunistic") => Tls::Opportunistic(parameters),
        _ => Tls::Required(parameters),
    };
    let seconds = (600.0 / task["time_scale"].as_f64().unwrap()).max(5.0);
    let transport = SmtpTransport::builder_dangerous(host)
        .port(task["port"].as_u64().unwrap() as u16)
        .tls(tls)
        .timeout(Some(Duration::from_secs_f64(seconds)))
        .build();
    let address = |text: &str| text.parse::<Address>();
    let sender = if word("sender").is_empty() { Ok(None) } else { address(word("sender")).map(Some) };
    let recipients = task["recipients"].as_array().unwrap().iter().map(|one| address(one.as_str().unwrap())).collect();
    let (Ok(sender), Ok(recipients)) = (sender, recipients) else { process::exit(89) }; // it takes no such address
    let envelope = Envelope::new(sender, recipients).unwrap();
    if let Err(failure) = transport.send_raw(&envelope, &fs::read(word("message")).unwrap()) {
        eprintln!("{failure:?}");
        process::exit(if failure.is_permanent() { 69 } else { 75 });
    }
}
