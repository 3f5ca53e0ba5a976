//! Mail: plain text with an id that is the same in every attempt.

use lettre::message::{
    Mailbox, Message, SinglePart,
    header::{Header, HeaderName, HeaderValue},
};
use sha2::{Digest, Sha256};

use crate::notify::render::envelope::{Envelope, Request};

/// Maximum length of a subject in characters.
const SUBJECT: usize = 150;

/// Stops automatic replies (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

pub(super) fn render(to: &[String], envelope: &Envelope<'_>) -> Result<Request, String> {
    let from: Mailbox =
        envelope.from.parse().map_err(|_| "the sender of mails is no mail address".to_owned())?;
    let domain = from.email.domain().to_owned();
    let text = envelope.text();
    let mut mail = Message::builder()
        .from(from)
        .date(envelope.sending.stored.into())
        .message_id(Some(format!("<{}@{domain}>", envelope.id())))
        // A name that looks like an encoded word (RFC 2047) would be decoded by the reader.
        .subject(plume_text::shorten(&text.title, SUBJECT).replace("=?", "=\u{200b}?"))
        .header(AutoSubmitted);
    if let Some(incident) = &envelope.sending.message.incident {
        // Mails about one incident are one conversation.
        let hash = Sha256::digest(format!("{}\0{incident}", envelope.sending.tenant));
        let thread: String = hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
        mail = mail.references(format!("<incident_{thread}@{domain}>"));
    }
    for address in to {
        let address: Mailbox = address.parse().map_err(|_| "a recipient is no mail address".to_owned())?;
        mail = mail.to(address);
    }
    let mut lines = text.joined();
    lines.push('\n');
    let mail = mail.singlepart(SinglePart::plain(lines)).map_err(|error| format!("the mail: {error}"))?;
    Ok(Request::Mail(Box::new(mail)))
}
