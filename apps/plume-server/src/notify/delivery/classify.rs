//! The meaning of a response. Pure.

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Response, StatusCode};
use plume::runtime::{TransportError, TransportErrorKind, retry_after};
use plume_telegram::ApiError;
use plume_text::shorten;

use crate::notify::channel::Target;
use crate::notify::delivery::smtp::{Handed, MailError};

/// Maximum length of a receiver's text in the delivery log.
const MAX_DETAIL: usize = 160;

/// The outcome of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the sender handles each of them")]
pub enum Verdict {
    /// The receiver has the message.
    Sent,
    /// A service accepted it, and does not report whether the receiver got it.
    Accepted,
    /// Another attempt may succeed.
    Retry {
        /// The wait that the receiver requests.
        after: Option<Duration>,
        /// Whether this attempt may have reached the receiver.
        is_uncertain: bool,
    },
    /// No other attempt can succeed.
    Failed,
}

/// A verdict, and its reason for the delivery log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The verdict.
    pub verdict: Verdict,
    /// The response or the cause, in one line without secrets.
    pub detail: String,
    /// The receivers that refuse a message that others have, with their reasons.
    pub refused: Option<String>,
}

/// The response of a receiver, or its absence.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "`classify` handles each of them")]
pub enum Reply {
    /// Of a request over HTTP.
    Http(Result<Response<Bytes>, TransportError>),
    /// Of the Bot API.
    Telegram(Result<(), ApiError>),
    /// Of the mail server.
    Mail(Result<Handed, MailError>),
    /// The request took too long.
    Late,
    /// There is no request, for this reason.
    Impossible(String),
}

/// Classifies the response of a receiver.
#[must_use]
pub fn classify(target: &Target, reply: &Reply, now: DateTime<Utc>) -> Judged {
    let (verdict, detail) = match reply {
        Reply::Http(Ok(response)) => {
            let after = retry_after(response.headers(), now);
            (of_status(target, response.status(), response.body(), after), describe(target, response))
        }
        Reply::Http(Err(error)) => match error.status() {
            // The status decides: a body that cannot be read changes nothing.
            Some(status) => (of_status(target, status, &[], None), in_words(status)),
            None => (of_transport(error), error.to_string()),
        },
        Reply::Telegram(Ok(())) => (Verdict::Sent, "accepted by Telegram".to_owned()),
        Reply::Telegram(Err(error)) => (of_telegram(error), of_refusal(error)),
        Reply::Mail(Ok(Handed { response, refused: None })) => (Verdict::Accepted, response.clone()),
        Reply::Mail(Ok(Handed { response, refused: Some(refused) })) => {
            (Verdict::Accepted, format!("{response}; refused {refused}"))
        }
        Reply::Mail(Err(error)) => (of_mail(error), error.to_string()),
        Reply::Late => (Verdict::Retry { after: None, is_uncertain: true }, "no response in time".to_owned()),
        Reply::Impossible(reason) => (Verdict::Failed, reason.clone()),
    };
    let refused = match reply {
        Reply::Mail(Ok(handed)) => handed.refused.as_deref().map(|refused| shorten(refused, MAX_DETAIL)),
        _ => None,
    };
    Judged { verdict, detail: shorten(&detail, MAX_DETAIL), refused }
}

fn of_status(target: &Target, status: StatusCode, body: &[u8], after: Option<Duration>) -> Verdict {
    let retry = |is_uncertain| Verdict::Retry { after, is_uncertain };
    match status {
        // An older connector of Teams reports the failure of the next hop with a 200.
        _ if status.is_success() && matches!(target, Target::Teams { .. }) && is_failure(body) => {
            retry(false)
        }
        // A workflow accepts a card before it posts it.
        _ if status.is_success() && matches!(target, Target::Teams { .. }) => Verdict::Accepted,
        _ if status.is_success() => Verdict::Sent,
        // The receiver says that the message, or the channel, will never do.
        StatusCode::BAD_REQUEST
        | StatusCode::GONE
        | StatusCode::PAYLOAD_TOO_LARGE
        | StatusCode::UNPROCESSABLE_ENTITY => Verdict::Failed,
        StatusCode::SERVICE_UNAVAILABLE => retry(false),
        _ if status.is_server_error() => retry(true),
        // People repair addresses and credentials within a day. Redirects are not followed.
        _ => retry(false),
    }
}

fn is_failure(body: &[u8]) -> bool {
    String::from_utf8_lossy(body).contains("Webhook message delivery failed")
}

fn describe(target: &Target, response: &Response<Bytes>) -> String {
    let status = response.status();
    // Slack and Alertmanager explain a refusal in a line; a webhook may answer anything.
    let explains = matches!(target, Target::Slack { .. } | Target::Alertmanager { .. });
    if status.is_success() || !explains || response.body().is_empty() {
        return in_words(status);
    }
    format!("{}: {}", in_words(status), String::from_utf8_lossy(response.body()))
}

/// Returns a status in words. A redirect looks like a receiver that works.
pub(super) fn in_words(status: StatusCode) -> String {
    match status {
        StatusCode::MOVED_PERMANENTLY
        | StatusCode::FOUND
        | StatusCode::SEE_OTHER
        | StatusCode::TEMPORARY_REDIRECT
        | StatusCode::PERMANENT_REDIRECT => format!("{status} (redirects are not followed)"),
        _ => status.to_string(),
    }
}

fn of_transport(error: &TransportError) -> Verdict {
    match error.kind() {
        TransportErrorKind::Refused => Verdict::Failed,
        _ => Verdict::Retry { after: None, is_uncertain: !error.never_sent() },
    }
}

fn of_telegram(error: &ApiError) -> Verdict {
    match error {
        ApiError::Unreachable { never_sent, .. } => Verdict::Retry { after: None, is_uncertain: !never_sent },
        ApiError::Refused { code: 429, .. } => {
            Verdict::Retry { after: error.retry_after(), is_uncertain: false }
        }
        // People correct the token and the id of the chat within a day.
        ApiError::Refused { code: 401 | 404, .. } | ApiError::Refused { migrate_to: Some(_), .. } => {
            Verdict::Retry { after: None, is_uncertain: false }
        }
        ApiError::Refused { code: 500.., .. } | ApiError::Unreadable { .. } => {
            Verdict::Retry { after: None, is_uncertain: true }
        }
        _ => Verdict::Failed,
    }
}

fn of_refusal(error: &ApiError) -> String {
    match error {
        ApiError::Refused { migrate_to: Some(chat), .. } => {
            format!("the id of the chat is {chat} now: {error}")
        }
        error => error.to_string(),
    }
}

fn of_mail(error: &MailError) -> Verdict {
    match error {
        MailError::Refused(_) | MailError::Rejected { is_final: true, .. } => Verdict::Failed,
        MailError::NotSent(_) | MailError::Rejected { .. } => {
            Verdict::Retry { after: None, is_uncertain: false }
        }
        MailError::Broken(_) => Verdict::Retry { after: None, is_uncertain: true },
    }
}
