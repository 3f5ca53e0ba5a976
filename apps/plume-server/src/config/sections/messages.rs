//! The sections `mail`, `telegram`, `heartbeat` and `channels`: what the operator sets for the channels of all tenants.

use std::{fs, net::IpAddr, path::PathBuf};

use http::Uri;
use lettre::{message::Mailbox, transport::smtp::client::Certificate};

use crate::config::secret::Secret;
use crate::config::setting::{Form, Setting};
use crate::config::values::Values;
use crate::guard::Guard;

const ORIGINS: &str = "channels.local_origins";
const SCHEMES: [&str; 4] = ["http", "https", "smtp", "smtps"];

/// The settings of channels.
#[derive(Debug, Clone, Default)]
pub struct Messages {
    /// The mail server; `None` without a section `mail`.
    pub mail: Option<Mail>,
    /// The base of the Bot API; `None` for that of Telegram.
    pub telegram_base: Option<String>,
    /// The token of the bot for channels without one.
    pub telegram_token: Option<Secret>,
    /// The address that a working monitor pings every minute.
    pub heartbeat: Option<Secret>,
    /// Origins inside the network that messages may be sent to.
    pub local_origins: Vec<String>,
}

/// The mail server.
#[derive(Debug, Clone)]
pub struct Mail {
    /// The name or the address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The protection of the connection.
    pub tls: MailTls,
    /// The user and the password, if the server requires them.
    pub login: Option<(String, Secret)>,
    /// The sender.
    pub from: String,
    /// A certificate authority beside those of the machine, as PEM.
    pub ca: Option<String>,
}

/// The protection of the connection to a mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the carrier of mails handles each of them")]
pub enum MailTls {
    /// TLS from the first byte.
    Implicit,
    /// TLS by STARTTLS, which the server must offer.
    StartTls,
    /// None, for a relay in the own network.
    None,
}

impl MailTls {
    fn port(self) -> u16 {
        match self {
            Self::Implicit => 465,
            Self::StartTls => 587,
            Self::None => 25,
        }
    }
}

impl Setting for MailTls {
    const FORM: Form = Form::Text;
    const EXPECTED: &'static str = "\"implicit\", \"starttls\" or \"none\"";

    fn parse(text: &str) -> Option<Self> {
        match text {
            "implicit" => Some(Self::Implicit),
            "starttls" => Some(Self::StartTls),
            "none" => Some(Self::None),
            _ => None,
        }
    }

    fn show(&self) -> String {
        let word = match self {
            Self::Implicit => "implicit",
            Self::StartTls => "starttls",
            Self::None => "none",
        };
        word.to_owned()
    }
}

/// A name or an address of a machine.
struct Host(String);

impl Setting for Host {
    const FORM: Form = Form::Text;
    const EXPECTED: &'static str = "the name or the address of a machine, without scheme and port";

    fn parse(text: &str) -> Option<Self> {
        let is_name = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
        let is_host = is_name && text.bytes().any(|byte| byte.is_ascii_alphanumeric());
        (is_host || text.parse::<IpAddr>().is_ok()).then(|| Self(text.to_owned()))
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}

/// A mail address with or without a name.
struct Sender(String);

impl Setting for Sender {
    const FORM: Form = Form::Text;
    const EXPECTED: &'static str = "a mail address, for example \"Monitor <monitor@example.net>\"";

    fn parse(text: &str) -> Option<Self> {
        text.parse::<Mailbox>().is_ok().then(|| Self(text.to_owned()))
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}

pub(in crate::config) fn read(values: &mut Values) -> Messages {
    let local_origins = origins(values);
    Messages {
        mail: mail(values),
        telegram_base: telegram_base(values, &local_origins),
        telegram_token: values.take_secret("telegram.token"),
        heartbeat: heartbeat(values, &local_origins),
        local_origins,
    }
}

fn mail(values: &mut Values) -> Option<Mail> {
    let is_present = values.has("mail");
    let host = values.take::<Host>("mail.host");
    let tls = values.take::<MailTls>("mail.tls");
    let port = values.take::<u16>("mail.port");
    let from = values.take::<Sender>("mail.from");
    let user = values.take::<String>("mail.user");
    let password = values.take_secret("mail.password");
    let ca = ca(values);
    if !is_present {
        return None;
    }
    if port == Some(0) {
        values.report("mail.port", "must not be 0");
    }
    for (key, is_missing) in [("mail.host", host.is_none()), ("mail.from", from.is_none())] {
        // A value that is refused is not missing as well.
        if is_missing && !values.concern(key) {
            values.report(key, "is not set");
        }
    }
    match (&user, &password) {
        (Some(_), None) if !values.concern("mail.password") => {
            values.report("mail.user", "is set without `mail.password_file` or `mail.password_env`");
        }
        (None, Some(_)) if !values.concern("mail.user") => {
            values.report("mail.password", "is set without `mail.user`");
        }
        (Some(_), Some(_)) if tls == Some(MailTls::None) => {
            values.report("mail.tls", "must not be \"none\" with a password, which anyone could read");
        }
        _ => {}
    }
    let tls = tls.unwrap_or(MailTls::Implicit);
    Some(Mail {
        host: host?.0,
        port: port.unwrap_or_else(|| tls.port()),
        tls,
        login: user.zip(password),
        from: from?.0,
        ca,
    })
}

/// Reads a certificate from the file that a key names.
fn ca(values: &mut Values) -> Option<String> {
    const KEY: &str = "mail.ca_file";
    let path = values.take::<PathBuf>(KEY)?;
    let read = fs::read_to_string(&path).map_err(|error| error.to_string());
    let pem = read.and_then(|pem| match Certificate::from_pem(pem.as_bytes()) {
        Ok(_) if pem.contains("BEGIN CERTIFICATE") => Ok(pem),
        _ => Err("it has no certificate in PEM".to_owned()),
    });
    pem.map_err(|problem| values.report(KEY, &format!("names {}: {problem}", path.display()))).ok()
}

fn heartbeat(values: &mut Values, local: &[String]) -> Option<Secret> {
    let url = values.take_secret("heartbeat.url")?;
    match Guard::new(local.iter().cloned()).check(url.expose()) {
        Ok(()) => Some(url),
        Err(refused) => {
            let problem = format!("{refused}; an origin inside the network has to be in `{ORIGINS}`");
            values.report("heartbeat.url", &problem);
            None
        }
    }
}

fn telegram_base(values: &mut Values, local: &[String]) -> Option<String> {
    let base = values.take::<String>("telegram.base_url")?;
    match Guard::new(local.iter().cloned()).check(&base) {
        Ok(()) => Some(base),
        Err(refused) => {
            let problem = format!("{refused}; an origin inside the network has to be in `{ORIGINS}`");
            values.report("telegram.base_url", &problem);
            None
        }
    }
}

fn origins(values: &mut Values) -> Vec<String> {
    let origins = values.take_list(ORIGINS);
    for (index, origin) in origins.iter().enumerate() {
        if !is_origin(origin) {
            let problem = format!(
                "has as entry {} no origin, for example \"https://alerts.internal:9093\" or \"smtp://relay.internal:25\"",
                index + 1
            );
            values.report(ORIGINS, &problem);
        }
    }
    origins
}

/// Returns whether a text is a scheme, a host and perhaps a port.
fn is_origin(text: &str) -> bool {
    let Ok(uri) = text.parse::<Uri>() else { return false };
    let has_scheme = uri.scheme_str().is_some_and(|scheme| SCHEMES.contains(&scheme));
    let has_host = uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    has_scheme && has_host && uri.path() == "/" && uri.query().is_none()
}
