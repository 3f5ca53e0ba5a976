//! One error for every call.

use std::{error::Error as StdError, fmt, sync::Arc, time::Duration};

use plume_auth::AuthError;
use plume_runtime::{TransportError, TransportErrorKind};
use plume_types::{DecodeError, ErrorBody, PartFailure, PartFailureKind, decode::without_byte_order_mark};

use crate::{Operation, SettingsError};

/// Why a call gave no result.
///
/// Cloneable. Its text says what failed and why, with the server's own words; [`Error::help`] says what to do
/// next. Neither holds a secret. Tell errors apart by [`Error::kind`].
#[derive(Clone)]
pub struct Error {
    inner: Arc<Inner>,
}

struct Inner {
    kind: ErrorKind,
    message: String,
    operation: Option<Operation>,
    status: Option<u16>,
    code: Option<String>,
    server_message: Option<String>,
    attempts: Vec<Attempt>,
    retry_after: Option<Duration>,
    excerpt: Option<String>,
    source: Option<Source>,
}

#[derive(Clone, Debug)]
enum Source {
    Auth(AuthError),
    Transport(TransportError),
    Decode(DecodeError),
}

/// The class of an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting is missing or wrong. Nothing was sent.
    Settings,
    /// An id or other argument cannot be used. Nothing was sent.
    Argument,
    /// No access token could be had.
    Auth,
    /// The API does not take this client's token for this call, even a fresh one.
    Unauthorized,
    /// The call is allowed, but not on this customer or node.
    Forbidden,
    /// There is no such thing.
    NotFound(Resource),
    /// The API finds the request wrong: a bad value, a conflict, a precondition.
    Rejected,
    /// The location or its cloud does not offer this.
    Unsupported,
    /// The firewall in front of the API blocks this address for a while.
    Blocked,
    /// The call limit is used up, here or at the API.
    RateLimited,
    /// The API could not be reached, or the connection broke.
    Network,
    /// No answer in time.
    Timeout,
    /// The request may have been carried out, but the answer never came. It was not repeated.
    OutcomeUnknown,
    /// The API failed.
    Server,
    /// The answer is not what was asked for: HTML, cut off, another shape.
    Unreadable,
    /// A list that is read page by page cannot be read to its end. What was given of it is right.
    Incomplete,
}

/// What was not found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Resource {
    /// A customer. The API answers 401 for an unknown customer and for one it will not show.
    Customer,
    /// A location.
    Location,
    /// A node.
    Node,
    /// A device.
    Device,
    /// Something else.
    Other,
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Customer => "customer",
            Self::Location => "location",
            Self::Node => "node",
            Self::Device => "device",
            Self::Other => "resource",
        })
    }
}

/// One try of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// How long the call waited before it, for the rate limit and after the failure before.
    pub waited: Duration,
    /// How it ended, for example `503 Service Unavailable`.
    pub outcome: String,
}

impl Error {
    fn build(kind: ErrorKind, message: String) -> Inner {
        Inner {
            kind,
            message,
            operation: None,
            status: None,
            code: None,
            server_message: None,
            attempts: Vec::new(),
            retry_after: None,
            excerpt: None,
            source: None,
        }
    }

    fn from_inner(inner: Inner) -> Self {
        Self { inner: Arc::new(inner) }
    }

    pub(crate) fn argument(operation: &Operation, name: &str, why: &str) -> Self {
        let message = format!("`{name}` of {operation} {why}");
        Self::from_inner(Inner {
            operation: Some(operation.clone()),
            ..Self::build(ErrorKind::Argument, message)
        })
    }

    pub(crate) fn incomplete(operation: &Operation, why: &str) -> Self {
        let message = format!("the list of {operation} cannot be read to its end: {why}");
        Self::from_inner(Inner {
            operation: Some(operation.clone()),
            ..Self::build(ErrorKind::Incomplete, message)
        })
    }

    pub(crate) fn missing_base(operation: &Operation, setting: &str) -> Self {
        let message = format!("{setting} is not set, and {operation} needs it");
        Self::from_inner(Inner {
            operation: Some(operation.clone()),
            ..Self::build(ErrorKind::Settings, message)
        })
    }

    pub(crate) fn auth(operation: &Operation, error: AuthError, attempts: Vec<Attempt>) -> Self {
        let message = format!("no access token: {error}");
        Self::from_inner(Inner {
            operation: Some(operation.clone()),
            status: error.status(),
            code: error.code().map(str::to_owned),
            retry_after: error.retry_after(),
            attempts,
            source: Some(Source::Auth(error)),
            ..Self::build(ErrorKind::Auth, message)
        })
    }

    pub(crate) fn transport(
        operation: &Operation,
        host: &str,
        error: TransportError,
        attempts: Vec<Attempt>,
    ) -> Self {
        let kind = match error.kind() {
            TransportErrorKind::Refused => ErrorKind::Settings,
            TransportErrorKind::TooLarge => ErrorKind::Unreadable,
            _ if !error.never_sent() && !operation.safety.may_repeat() => ErrorKind::OutcomeUnknown,
            TransportErrorKind::Timeout => ErrorKind::Timeout,
            _ => ErrorKind::Network,
        };
        let message = format!("{operation} at {host} failed: {error}{}", tried(&attempts));
        Self::from_inner(Inner {
            operation: Some(operation.clone()),
            attempts,
            source: Some(Source::Transport(error)),
            ..Self::build(kind, message)
        })
    }

    pub(crate) fn out_of_time(operation: &Operation, what: &str, attempts: Vec<Attempt>) -> Self {
        let message = format!("{operation} failed: no {what} within the call's time{}", tried(&attempts));
        Self::from_inner(Inner {
            operation: Some(operation.clone()),
            attempts,
            ..Self::build(ErrorKind::Timeout, message)
        })
    }

    pub(crate) fn limited(
        operation: &Operation,
        kind: ErrorKind,
        wait: Duration,
        attempts: Vec<Attempt>,
    ) -> Self {
        let seconds = wait.as_secs_f64().ceil();
        let message = match kind {
            ErrorKind::Blocked => format!(
                "{operation} was not sent: the API's firewall blocks this address for another {seconds} s at the most"
            ),
            _ => format!(
                "{operation} was not sent: the call limit leaves no room for it within its time; try again in {seconds} s"
            ),
        };
        Self::from_inner(Inner {
            operation: Some(operation.clone()),
            attempts,
            retry_after: Some(wait),
            ..Self::build(kind, message)
        })
    }

    pub(crate) fn answered(
        kind: ErrorKind,
        operation: &Operation,
        status: http::StatusCode,
        body: &[u8],
        retry_after: Option<Duration>,
        attempts: Vec<Attempt>,
    ) -> Self {
        let parsed = ErrorBody::parse(body);
        let short = |text: &String| shorten(text, MAX_MESSAGE);
        let code = parsed.as_ref().and_then(|body| body.code.as_ref().map(short));
        let server_message = parsed.as_ref().and_then(|body| body.message.as_ref().map(short));
        let said = match (&code, &server_message) {
            (Some(code), Some(message)) => format!("{code}: {message}"),
            (Some(word), None) | (None, Some(word)) => word.clone(),
            (None, None) if status.is_redirection() => "a redirect, which is not followed".to_owned(),
            (None, None) => String::new(),
        };
        let detail = if said.is_empty() { status.to_string() } else { format!("{status}, {said}") };
        let lead = match kind {
            ErrorKind::NotFound(Resource::Customer) if status == http::StatusCode::UNAUTHORIZED => {
                "no such customer, or this client may not see it".to_owned()
            }
            ErrorKind::NotFound(Resource::Other) => "there is nothing at this address".to_owned(),
            ErrorKind::NotFound(resource) => format!("no such {resource}"),
            ErrorKind::Unauthorized => "the API does not accept this client's token for this".to_owned(),
            ErrorKind::Forbidden => "not allowed".to_owned(),
            ErrorKind::Blocked => "the API's firewall blocks this address".to_owned(),
            ErrorKind::RateLimited => "the API asks for patience".to_owned(),
            ErrorKind::Unsupported => "not offered for this location".to_owned(),
            ErrorKind::Server => "the API failed".to_owned(),
            _ => "the API refused the request".to_owned(),
        };
        let message = format!("{lead} ({operation}: {detail}){}", tried(&attempts));
        let excerpt = if parsed.is_some() { None } else { excerpt(body) };
        Self::from_inner(Inner {
            operation: Some(operation.clone()),
            status: Some(status.as_u16()),
            code,
            server_message,
            attempts,
            retry_after,
            excerpt,
            ..Self::build(kind, message)
        })
    }

    pub(crate) fn unreadable(
        operation: &Operation,
        status: http::StatusCode,
        body: &[u8],
        error: DecodeError,
    ) -> Self {
        let excerpt = excerpt(body);
        let shown = excerpt.as_ref().map(|text| format!("; it begins with {text}")).unwrap_or_default();
        let message =
            format!("the answer to {operation} ({status}) is not what was asked for: {error}{shown}");
        Self::from_inner(Inner {
            operation: Some(operation.clone()),
            status: Some(status.as_u16()),
            excerpt,
            source: Some(Source::Decode(error)),
            ..Self::build(ErrorKind::Unreadable, message)
        })
    }

    /// The class of the failure.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// The operation, with its path template: safe to log, unlike the real path.
    #[must_use]
    pub fn operation(&self) -> Option<&Operation> {
        self.inner.operation.as_ref()
    }

    /// The HTTP status, if the server answered.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.inner.status
    }

    /// The server's own code, for example `MODEL_NOT_FOUND`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.inner.code.as_deref()
    }

    /// The server's own message. It can hold ids and e-mail addresses.
    #[must_use]
    pub fn server_message(&self) -> Option<&str> {
        self.inner.server_message.as_deref()
    }

    /// Every try that was made.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.inner.attempts
    }

    /// How long to wait before another try makes sense, where known.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.inner.retry_after
    }

    /// The beginning of a body that could not be understood: one line, at most 160 characters, with field and
    /// tag names but without values.
    #[must_use]
    pub fn excerpt(&self) -> Option<&str> {
        self.inner.excerpt.as_deref()
    }

    /// Where in the answer the decoding failed, for example `nodes[3].health`.
    #[must_use]
    pub fn json_path(&self) -> Option<&str> {
        match &self.inner.source {
            Some(Source::Decode(error)) => Some(error.path()),
            _ => None,
        }
    }

    /// The token provider's error, when that is why the call failed.
    #[must_use]
    pub fn auth_error(&self) -> Option<&AuthError> {
        match &self.inner.source {
            Some(Source::Auth(error)) => Some(error),
            _ => None,
        }
    }

    /// Whether there is no such thing.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self.inner.kind, ErrorKind::NotFound(_))
    }

    /// Whether the same call may succeed later without anybody changing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self.inner.kind {
            ErrorKind::Blocked | ErrorKind::RateLimited | ErrorKind::Timeout | ErrorKind::Server => true,
            // A certificate that is not trusted stays so.
            ErrorKind::Network => match &self.inner.source {
                Some(Source::Transport(error)) => error.is_transient(),
                _ => true,
            },
            ErrorKind::Auth => self.auth_error().is_some_and(AuthError::is_transient),
            _ => false,
        }
    }

    /// What to do next, in one line.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match (&self.inner.source, self.inner.kind) {
            (Some(Source::Auth(error)), _) => error.help(),
            (_, ErrorKind::Settings) => "Correct the setting and start again.",
            (_, ErrorKind::Argument) => "Check the id.",
            (_, ErrorKind::Auth | ErrorKind::Unauthorized) => {
                "Check that the credentials belong to this cloud and that the client's role allows this call."
            }
            (_, ErrorKind::Forbidden) => "Check that the customer or node belongs to this partner.",
            (_, ErrorKind::NotFound(Resource::Other)) => "Check the ids and the base URL.",
            (_, ErrorKind::NotFound(_)) => "Check the id; it may belong to another partner or cloud.",
            (_, ErrorKind::Rejected) => "Correct the request as the message says.",
            (_, ErrorKind::Unsupported) => "Nothing is wrong; the cloud has no such data for this location.",
            (_, ErrorKind::Blocked) => {
                "Wait five minutes. The cloud blocks an address after 2000 calls in five minutes; other programs behind the same address count too."
            }
            (_, ErrorKind::RateLimited) => "Wait, or make fewer calls.",
            (_, ErrorKind::Network) => "Check the network and the base URL, then try again.",
            (_, ErrorKind::Timeout | ErrorKind::Server) => "Try again later.",
            (_, ErrorKind::OutcomeUnknown) => "Look whether the change took place before you repeat it.",
            (_, ErrorKind::Incomplete) => {
                "Go on from the continuation, give the list a fixed order, or raise the number of pages."
            }
            (_, ErrorKind::Unreadable) => {
                "Check the base URL, and that no proxy or log-in page answers in the API's place."
            }
        }
    }

    pub(crate) fn part_failure(&self) -> PartFailure {
        let kind = match self.inner.kind {
            ErrorKind::Unsupported => PartFailureKind::Unsupported,
            ErrorKind::Blocked | ErrorKind::RateLimited => PartFailureKind::Limited,
            ErrorKind::Network | ErrorKind::Timeout | ErrorKind::OutcomeUnknown => {
                PartFailureKind::Unreachable
            }
            ErrorKind::Server => PartFailureKind::ServerError,
            ErrorKind::Unreadable => PartFailureKind::Unreadable,
            _ => PartFailureKind::Refused,
        };
        PartFailure::new(kind, self.to_string())
    }
}

impl From<SettingsError> for Error {
    fn from(error: SettingsError) -> Self {
        Self::from_inner(Self::build(ErrorKind::Settings, error.to_string()))
    }
}

/// How many tries there were, and how the earlier ones ended where that differs from the last.
fn tried(attempts: &[Attempt]) -> String {
    let Some((last, earlier)) = attempts.split_last() else { return String::new() };
    if earlier.is_empty() {
        return String::new();
    }
    let mut others: Vec<&str> = Vec::new();
    for attempt in earlier {
        if attempt.outcome != last.outcome && !others.contains(&attempt.outcome.as_str()) {
            others.push(&attempt.outcome);
        }
    }
    let before = if others.is_empty() { String::new() } else { format!(" (before: {})", others.join("; ")) };
    format!(", after {} tries{before}", attempts.len())
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.inner.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.inner.kind)
            .field("message", &self.inner.message)
            .field("operation", &self.inner.operation.as_ref().map(|operation| operation.name))
            .field("status", &self.inner.status)
            .field("attempts", &self.inner.attempts)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    // The text of these sources already stands in the message, so the chain goes on below them.
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self.inner.source.as_ref()? {
            Source::Auth(error) => error.source(),
            Source::Transport(error) => error.source(),
            Source::Decode(_) => None,
        }
    }
}

const MAX_MESSAGE: usize = 300;
const MAX_EXCERPT: usize = 160;

fn shorten(text: &str, max: usize) -> String {
    let mut short: String = text
        .chars()
        .take(max)
        .map(|character| if character.is_control() { ' ' } else { character })
        .collect();
    if text.chars().nth(max).is_some() {
        short.push('…');
    }
    short
}

/// The beginning of a body, safe to show: what kind of thing it is, without what it says. Names, addresses and
/// keys stand in the values of JSON and in the text of markup, so only field and tag names stay.
pub(crate) fn excerpt(body: &[u8]) -> Option<String> {
    // Enough to fill the excerpt even if much is left out.
    const LOOK_AT: usize = 2_048;
    let body = without_byte_order_mark(body);
    let text = String::from_utf8_lossy(body.get(..LOOK_AT).unwrap_or(body));
    let text = text.trim();
    let shown = match text.chars().next()? {
        '{' | '[' => json_shape(text),
        '<' => markup_shape(text),
        _ => format!("{} bytes of other text", body.len()),
    };
    Some(shorten(&shown, MAX_EXCERPT))
}

/// JSON with `…` in place of every value.
fn json_shape(json: &str) -> String {
    let mut shown = String::new();
    let mut rest = json;
    while let Some(first) = rest.chars().next() {
        if first == '"' {
            let after = rest.get(1..).unwrap_or_default();
            let Some((text, tail)) = split_string(after) else {
                // Cut off inside a text: whether it is a name or a value cannot be told.
                shown.push_str("\"…");
                break;
            };
            if tail.trim_start().starts_with(':') {
                shown.push_str(&format!("\"{text}\""));
            } else {
                shown.push_str("\"…\"");
            }
            rest = tail;
        } else if "{}[],:".contains(first) {
            shown.push(first);
            rest = rest.get(1..).unwrap_or_default();
        } else if first.is_whitespace() {
            rest = rest.trim_start();
        } else {
            // A number, a flag, or anything else that is no structure.
            let end = rest.find(|c: char| "\"{}[],:".contains(c)).unwrap_or(rest.len());
            shown.push('…');
            rest = rest.get(end..).unwrap_or_default();
        }
    }
    shown
}

/// The text up to the closing quote, and what follows it.
fn split_string(after_quote: &str) -> Option<(&str, &str)> {
    let mut escaped = false;
    for (index, character) in after_quote.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some((after_quote.get(..index)?, after_quote.get(index + 1..)?)),
            _ => {}
        }
    }
    None
}

/// The names of the tags, without attributes and text.
fn markup_shape(markup: &str) -> String {
    let name = |tag: &str| {
        let end = tag.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(tag.len());
        tag.get(..end).map(|name| format!("<{name}>"))
    };
    markup.split('<').skip(1).filter(|tag| !tag.starts_with('/')).filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_shows_the_shape_and_no_value() {
        let show = |body: &str| excerpt(body.as_bytes()).unwrap_or_default();
        assert_eq!(
            show(r#"{"wifiNetwork":{"ssid":"canary","encryptionKey":"can\"ary","keys":[1, true]}}"#),
            r#"{"wifiNetwork":{"ssid":"…","encryptionKey":"…","keys":[…,…]}}"#
        );
        assert_eq!(show(r#"{"encryptionKey":"canary"#), r#"{"encryptionKey":"…"#);
        assert_eq!(show("<html class=\"canary\">\n <h1>canary</h1>"), "<html><h1>");
        assert_eq!(excerpt(b"  \n"), None);
        assert_eq!(show("canary"), "6 bytes of other text");
        assert_eq!(show(&"[1,".repeat(5_000)).chars().count(), MAX_EXCERPT + 1);
    }

    #[test]
    fn no_form_of_a_body_shows_a_secret() {
        for body in [
            "<wifiNetwork><encryptionKey>12345678</encryptionKey></wifiNetwork>",
            r#"callback({"wifiNetwork":{"encryptionKey":"12345678"}})"#,
            "\u{feff}{\"encryptionKey\":\"12345678",
            r#"{"encryptionKey":12345678}"#,
            r#""12345678""#,
            "12345678",
            "encryptionKey=12345678",
        ] {
            let shown = excerpt(body.as_bytes()).unwrap_or_default();
            assert!(!shown.contains("12345678"), "{body}: {shown}");
        }
    }
}
