//! The input and the output of the renderers.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::header::CONTENT_TYPE;
use plume_telegram::{BotToken, Call};
use sha2::{Digest, Sha256};

use crate::notify::channel::Hidden;
use crate::notify::content::{Body, Names, Text};
use crate::store::model::Sending;

/// A message with all that a request depends on.
#[derive(Debug, Clone, Copy)]
pub struct Envelope<'a> {
    /// The row of the outbox.
    pub sending: &'a Sending,
    /// Its document.
    pub body: &'a Body,
    /// The names for its text.
    pub names: &'a Names,
    /// The sender of mails.
    pub from: &'a str,
    /// The token of the bot for channels without one.
    pub bot: Option<&'a Hidden>,
    /// The time of the attempt.
    pub now: DateTime<Utc>,
}

/// A request of a channel.
#[derive(Debug, Clone)]
#[expect(clippy::exhaustive_enums, reason = "`Carriers` sends each of them")]
pub enum Request {
    /// A request over HTTP.
    Http(Box<http::Request<Bytes>>),
    /// A call of the Bot API.
    Telegram(BotToken, Box<Call>),
    /// A mail.
    Mail(Box<lettre::Message>),
}

impl Envelope<'_> {
    /// Returns the id of the message: the same in every attempt, and different from that of any other message, also of one
    /// that a restored backup numbers again.
    #[must_use]
    pub fn id(&self) -> String {
        let Sending { tenant, message, stored, .. } = self.sending;
        let mut hash = Sha256::new();
        for part in [tenant.as_str(), &message.channel, &message.dedup] {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        hash.update(stored.timestamp_millis().to_be_bytes());
        format!("msg_{}", hex(hash.finalize().get(..16).unwrap_or_default()))
    }

    /// Returns the text.
    #[must_use]
    pub fn text(&self) -> Text {
        Text::of(self.body, self.names, self.sending.replaced)
    }

    /// Returns the text, marked if the receiver may have got it before.
    #[must_use]
    pub fn marked_text(&self) -> Text {
        if self.sending.is_repeat { self.text().repeated() } else { self.text() }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes a request with a JSON document.
pub(super) fn post_json(
    url: &str,
    body: Vec<u8>,
    headers: &[(&'static str, String)],
) -> Result<Request, String> {
    let mut request = http::Request::post(url).header(CONTENT_TYPE, "application/json");
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    // Neither error repeats the URL.
    let request =
        request.body(Bytes::from(body)).map_err(|_| "the URL of the channel is invalid".to_owned())?;
    Ok(Request::Http(Box::new(request)))
}
