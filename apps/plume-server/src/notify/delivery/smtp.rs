//! Mails by SMTP, step by step, so that a failure says whether the mail may have arrived.

use std::{fmt, net::SocketAddr, time::Duration};

use async_trait::async_trait;
use lettre::{
    Address, Message,
    transport::smtp::{
        Error,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, Certificate, TlsParameters},
        commands::{Data, Mail, Rcpt},
        extension::{ClientId, Extension, MailBodyParameter, MailParameter},
        response::Response,
    },
};

use crate::guard::{Guard, NoAddress};

/// Maximum time of each step.
const STEP: Duration = Duration::from_secs(10);

/// The protection of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "each of them is a way to connect")]
pub enum Security {
    /// TLS from the first byte.
    Implicit,
    /// STARTTLS, which the server must offer.
    StartTls,
    /// None.
    None,
}

/// A mail server, which the operator configures.
#[derive(Clone)]
#[expect(clippy::exhaustive_structs, reason = "the program fills it from its configuration")]
pub struct MailServer {
    /// The name or the address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The protection.
    pub security: Security,
    /// User and password, if the server requires them.
    pub login: Option<(String, String)>,
    /// The name of this machine for the server: the domain of the sender.
    pub domain: String,
    /// A certificate authority beside those of the machine, as PEM.
    pub ca: Option<String>,
    /// The addresses that may be connected to.
    pub guard: Guard,
}

impl fmt::Debug for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailServer")
            .field("host", &self.host)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

/// The failure to send a mail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(clippy::exhaustive_enums, reason = "each of them has its own consequence")]
pub enum MailError {
    /// The server must not be connected to.
    #[error("mail: {0}")]
    Refused(String),
    /// The mail was not handed over: no connection, no STARTTLS, no login.
    #[error("mail: {0}")]
    NotSent(String),
    /// The server rejected the mail.
    #[error("mail: the server rejected it: {text}")]
    Rejected {
        /// The response.
        text: String,
        /// Whether it will reject it again.
        is_final: bool,
    },
    /// The connection broke while the mail was handed over.
    #[error("mail: {0}")]
    Broken(String),
}

/// A mail that a server has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Handed {
    /// The response of the server.
    pub response: String,
    /// The recipients that the server refused, with their reasons.
    pub refused: Option<String>,
}

impl Handed {
    /// Creates the result of a mail that the server has taken for all recipients.
    #[must_use]
    pub fn new(response: impl Into<String>) -> Self {
        Self { response: response.into(), refused: None }
    }

    /// Sets [`refused`](Self::refused).
    #[must_use]
    pub fn with_refused(mut self, refused: impl Into<String>) -> Self {
        self.refused = Some(refused.into());
        self
    }
}

/// Sends mails.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Sends a mail.
    ///
    /// # Errors
    ///
    /// [`MailError`] if no recipient has it.
    async fn send(&self, mail: Message) -> Result<Handed, MailError>;
}

impl MailServer {
    fn tls(&self) -> Result<TlsParameters, MailError> {
        let failed = |error: Error| MailError::NotSent(format!("failed to prepare TLS: {error}"));
        let mut parameters = TlsParameters::builder(self.host.clone());
        if let Some(ca) = &self.ca {
            parameters =
                parameters.add_root_certificate(Certificate::from_pem(ca.as_bytes()).map_err(failed)?);
        }
        parameters.build().map_err(failed)
    }

    async fn connect(&self, hello: &ClientId) -> Result<AsyncSmtpConnection, MailError> {
        let scheme = if self.security == Security::Implicit { "smtps" } else { "smtp" };
        let addresses =
            self.guard.addresses(scheme, &self.host, self.port).await.map_err(|error| match error {
                NoAddress::Refused { .. } => MailError::Refused(error.to_string()),
                NoAddress::Unknown { .. } => MailError::NotSent(error.to_string()),
            })?;
        let mut last = MailError::NotSent("there is no address".to_owned());
        for address in addresses {
            match self.open(address, hello).await {
                Ok(connection) => return Ok(connection),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    async fn open(&self, address: SocketAddr, hello: &ClientId) -> Result<AsyncSmtpConnection, MailError> {
        let failed =
            |error: Error| MailError::NotSent(format!("failed to connect to {}: {error}", self.host));
        let implicit = (self.security == Security::Implicit).then(|| self.tls()).transpose()?;
        let mut connection = AsyncSmtpConnection::connect_tokio1(address, Some(STEP), hello, implicit, None)
            .await
            .map_err(failed)?;
        if self.security == Security::StartTls {
            if !connection.can_starttls() {
                connection.abort().await;
                let text = format!("{} does not offer STARTTLS; nothing is sent without it", self.host);
                return Err(MailError::NotSent(text));
            }
            connection.starttls(self.tls()?, hello).await.map_err(failed)?;
        }
        if let Some((user, password)) = &self.login {
            let login = Credentials::new(user.clone(), password.clone());
            if let Err(error) = connection.auth(DEFAULT_MECHANISMS, &login).await {
                connection.abort().await;
                return Err(MailError::NotSent(format!("the login at {} failed: {error}", self.host)));
            }
        }
        Ok(connection)
    }
}

#[async_trait]
impl Mailer for MailServer {
    async fn send(&self, mail: Message) -> Result<Handed, MailError> {
        let hello = ClientId::Domain(self.domain.clone());
        let mut connection = self.connect(&hello).await?;
        let handed_over = hand_over(&mut connection, &mail).await;
        match &handed_over {
            // The mail is accepted, whatever becomes of the connection.
            Ok(_) => drop(connection.quit().await),
            Err(_) => connection.abort().await,
        }
        handed_over
    }
}

/// Hands a mail over. A recipient that the server refuses keeps it from no other; the response names it.
async fn hand_over(connection: &mut AsyncSmtpConnection, mail: &Message) -> Result<Handed, MailError> {
    let (envelope, content) = (mail.envelope(), mail.formatted());
    let is_foreign = |address: &Address| !address.to_string().is_ascii();
    let has_foreign = envelope.to().iter().chain(envelope.from()).any(is_foreign);
    let options = options(connection, has_foreign, content.is_ascii())?;
    connection.command(Mail::new(envelope.from().cloned(), options)).await.map_err(rejected)?;
    let (mut refused, mut accepted) = (Vec::new(), 0_u32);
    for to in envelope.to() {
        match connection.command(Rcpt::new(to.clone(), Vec::new())).await {
            Ok(_) => accepted = accepted.saturating_add(1),
            Err(error) if error.status().is_some() => refused.push((to, error)),
            Err(error) => return Err(rejected(error)),
        }
    }
    if accepted == 0 {
        // One that may accept it later is a reason to repeat.
        let is_final = refused.iter().all(|(_, error)| error.is_permanent());
        return Err(MailError::Rejected { text: lines(&refused), is_final });
    }
    connection.command(Data).await.map_err(rejected)?;
    let response = connection.message(&content).await.map_err(rejected)?;
    let refused = (!refused.is_empty()).then(|| lines(&refused));
    Ok(Handed { response: text(&response), refused })
}

fn lines(refused: &[(&Address, Error)]) -> String {
    let lines: Vec<String> = refused.iter().map(|(to, error)| format!("{to}: {error}")).collect();
    lines.join("; ")
}

/// Returns the options of a mail. The server must support those that it needs.
fn options(
    connection: &AsyncSmtpConnection,
    has_foreign_addresses: bool,
    is_ascii: bool,
) -> Result<Vec<MailParameter>, MailError> {
    let mut options = Vec::new();
    let needed = [
        (has_foreign_addresses, Extension::SmtpUtfEight, MailParameter::SmtpUtfEight),
        (!is_ascii, Extension::EightBitMime, MailParameter::Body(MailBodyParameter::EightBitMime)),
    ];
    for (is_needed, extension, option) in needed {
        if is_needed && !connection.server_info().supports_feature(extension) {
            let text = format!("it does not support {extension}, which the mail needs");
            return Err(MailError::Rejected { text, is_final: true });
        }
        options.extend(is_needed.then_some(option));
    }
    Ok(options)
}

#[expect(clippy::needless_pass_by_value, reason = "the argument of `map_err`")]
fn rejected(error: Error) -> MailError {
    match error.status() {
        Some(_) => MailError::Rejected { text: error.to_string(), is_final: error.is_permanent() },
        None => MailError::Broken(error.to_string()),
    }
}

fn text(response: &Response) -> String {
    format!("{} {}", response.code(), response.message().collect::<Vec<_>>().join(" "))
}
