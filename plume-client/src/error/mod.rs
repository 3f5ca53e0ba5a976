//! One error for every call.

mod answer;
mod attempt;
mod excerpt;
mod show;

use std::{
    error::Error as StdError,
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use plume_auth::{AuthError, AuthErrorKind};
use plume_runtime::{TransportError, TransportErrorKind};
use plume_types::{DecodeError, Drift, PartFailure, PartFailureKind};

use crate::operation::Operation;
use crate::settings::SettingsError;
use crate::times::http_date;
pub use attempt::{Attempt, NotRetried};
use plume_text::human;
pub use show::Report;

/// Why a call gave no result.
///
/// Cloneable. Its text says what failed and why, with the server's own words; [`Error::help`] says what to do
/// next, [`Error::report`] shows everything, and [`troubleshooting`](crate::troubleshooting) explains each kind. None of
/// them holds a secret. Tell errors apart by [`Error::kind`].
#[derive(Clone)]
pub struct Error {
    inner: Arc<Inner>,
}

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: String,
    operation: Option<Operation>,
    status: Option<u16>,
    code: Option<String>,
    server_message: Option<String>,
    request_id: Option<String>,
    attempts: Vec<Attempt>,
    not_retried: Option<NotRetried>,
    retry_after: Option<Duration>,
    blocked_until: Option<SystemTime>,
    excerpt: Option<String>,
    source: Option<Source>,
}

#[derive(Clone, Debug)]
enum Source {
    Auth(AuthError),
    Transport(TransportError),
    Decode(DecodeError),
    Drift(Arc<Drift>),
}

/// The class of an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting is missing or wrong. Nothing was sent.
    Settings,
    /// The async runtime of the caller cannot carry the call: there is none, or it has no I/O or no timers. Nothing was sent,
    /// and calls on other runtimes are not affected.
    Runtime,
    /// An id or other argument cannot be used. Nothing was sent.
    Argument,
    /// No access token could be had.
    Auth,
    /// The API answered 401, and it means the access token, or there is no way to find out whether it does.
    Unauthorized,
    /// Not on this customer or node, or not with this client's role.
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
    /// As many calls wait for the call limit as may; this one was not even queued.
    Overloaded,
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
    /// In strict mode: the answer was read, but holds what the models do not know.
    Drift,
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

impl Error {
    fn build(kind: ErrorKind, message: String) -> Inner {
        // Whatever went into it, an error can be shown and logged.
        let message = plume_text::on_screen(&message).into_owned();
        Inner {
            kind,
            message,
            operation: None,
            status: None,
            code: None,
            server_message: None,
            request_id: None,
            attempts: Vec::new(),
            not_retried: None,
            retry_after: None,
            blocked_until: None,
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

    pub(crate) fn auth(operation: &Operation, error: AuthError) -> Self {
        let message = format!("no access token: {error}");
        let kind = match error.kind() {
            AuthErrorKind::Runtime => ErrorKind::Runtime,
            _ => ErrorKind::Auth,
        };
        Self::from_inner(Inner {
            operation: Some(operation.clone()),
            status: error.status(),
            code: error.code().map(str::to_owned),
            retry_after: error.retry_after(),
            source: Some(Source::Auth(error)),
            ..Self::build(kind, message)
        })
    }

    pub(crate) fn transport(operation: &Operation, host: &str, error: TransportError) -> Self {
        let kind = match error.kind() {
            TransportErrorKind::Refused => ErrorKind::Settings,
            TransportErrorKind::Runtime => ErrorKind::Runtime,
            TransportErrorKind::TooLarge => ErrorKind::Unreadable,
            _ if !error.never_sent() && !operation.safety.may_repeat() => ErrorKind::OutcomeUnknown,
            TransportErrorKind::Timeout => ErrorKind::Timeout,
            _ => ErrorKind::Network,
        };
        let message = format!("{operation} at {host} failed: {error}");
        Self::from_inner(Inner {
            operation: Some(operation.clone()),
            source: Some(Source::Transport(error)),
            ..Self::build(kind, message)
        })
    }

    pub(crate) fn out_of_time(operation: &Operation, what: &str) -> Self {
        let message = format!("{operation} failed: no {what} within the call's time");
        Self::from_inner(Inner {
            operation: Some(operation.clone()),
            ..Self::build(ErrorKind::Timeout, message)
        })
    }

    /// The deadline came before the request could be sent.
    pub(crate) fn too_late(operation: &Operation) -> Self {
        Self::from_inner(Inner {
            operation: Some(operation.clone()),
            ..Self::build(ErrorKind::Timeout, format!("{operation} was not sent: the call's time is used up"))
        })
    }

    /// The address is blocked until `until`; nothing was sent.
    pub(crate) fn blocked(operation: &Operation, wait: Duration, until: SystemTime) -> Self {
        let end = http_date(until).map(|until| format!(", until {until}")).unwrap_or_default();
        let message = format!(
            "{operation} was not sent: the API's firewall blocks this address for another {} at the most{end}",
            human(wait),
        );
        Self::from_inner(Inner {
            operation: Some(operation.clone()),
            retry_after: Some(wait),
            blocked_until: Some(until),
            ..Self::build(ErrorKind::Blocked, message)
        })
    }

    /// The limiter's queue is full; nothing was sent.
    pub(crate) fn overloaded(operation: &Operation) -> Self {
        let message =
            format!("{operation} was not sent: as many calls as may wait already wait for the call limit");
        Self::from_inner(Inner {
            operation: Some(operation.clone()),
            ..Self::build(ErrorKind::Overloaded, message)
        })
    }

    /// The limiter lets no call through within the call's time; nothing was sent. [`Duration::MAX`] is never.
    pub(crate) fn limited(operation: &Operation, wait: Duration) -> Self {
        let (kind, retry_after, why) = match wait {
            Duration::MAX => (
                ErrorKind::Settings,
                None,
                "the settings of the call limit (`CallRate`) allow no further call".to_owned(),
            ),
            wait => {
                let when = human(wait);
                let why =
                    format!("the call limit leaves no room for it within its time; try again in {when}");
                (ErrorKind::RateLimited, Some(wait), why)
            }
        };
        Self::from_inner(Inner {
            operation: Some(operation.clone()),
            retry_after,
            ..Self::build(kind, format!("{operation} was not sent: {why}"))
        })
    }

    /// In strict mode: what the models do not know.
    pub(crate) fn drifted(operation: &Operation, status: http::StatusCode, drift: Drift) -> Self {
        const SHOWN: usize = 5;
        let mut places: Vec<String> =
            drift.iter().map(|place| format!("{} ({})", place.path, place.kind)).collect();
        places.sort_unstable();
        let more = places.len().saturating_sub(SHOWN);
        places.truncate(SHOWN);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let message = format!(
            "the answer to {operation} ({status}) differs from the models at {}{more}",
            places.join(", ")
        );
        Self::from_inner(Inner {
            operation: Some(operation.clone()),
            status: Some(status.as_u16()),
            source: Some(Source::Drift(Arc::new(drift))),
            ..Self::build(ErrorKind::Drift, message)
        })
    }

    /// Adds that the clocks disagree.
    pub(crate) fn with_clocks(mut self, off: Duration) -> Self {
        let what = format!("; the clocks disagree: the token's own expiry is off by {}", human(off));
        Arc::make_mut(&mut self.inner).message.push_str(&what);
        self
    }

    /// Adds the end of a block.
    pub(crate) fn with_block_end(mut self, until: SystemTime) -> Self {
        let inner = Arc::make_mut(&mut self.inner);
        inner.blocked_until = Some(until);
        if let Some(until) = http_date(until) {
            inner.message.push_str(&format!("; until {until} at the latest"));
        }
        self
    }

    /// Adds what was tried, and why it was not tried again.
    pub(crate) fn after(mut self, attempts: Vec<Attempt>, not_retried: Option<NotRetried>) -> Self {
        let inner = Arc::make_mut(&mut self.inner);
        inner.attempts = attempts;
        inner.not_retried = not_retried;
        self
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

    /// Why it was not tried again. `None` for what was found wrong before or after all tries.
    #[must_use]
    pub fn not_retried(&self) -> Option<NotRetried> {
        self.inner.not_retried
    }

    /// The id under which the server, or a gateway in front of it, knows the request. Support asks for it.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.inner.request_id.as_deref()
    }

    /// When the firewall's block ends at the latest, for [`ErrorKind::Blocked`].
    #[must_use]
    pub fn blocked_until(&self) -> Option<SystemTime> {
        self.inner.blocked_until
    }

    /// What the models do not know, for [`ErrorKind::Drift`].
    #[must_use]
    pub fn drift(&self) -> Option<&Drift> {
        match &self.inner.source {
            Some(Source::Drift(drift)) => Some(drift),
            _ => None,
        }
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

    /// Whether time ran out: at the network, or while the call waited.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.inner.kind == ErrorKind::Timeout
    }

    /// Whether the firewall blocks this address for a while.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.inner.kind == ErrorKind::Blocked
    }

    /// Whether the call was stopped by a limit, or by a server that asks to come back later: our call limit, 429, a
    /// firewall's 403, or 503 with `Retry-After`, at the API or at the token endpoint.
    #[must_use]
    pub fn is_limited(&self) -> bool {
        match self.inner.kind {
            ErrorKind::Blocked | ErrorKind::RateLimited | ErrorKind::Overloaded => true,
            // It says when to come back; without a time it is an outage.
            ErrorKind::Server => self.inner.status == Some(503) && self.inner.retry_after.is_some(),
            ErrorKind::Auth => self.auth_error().is_some_and(|error| {
                matches!(error.kind(), AuthErrorKind::Blocked | AuthErrorKind::Throttled)
            }),
            _ => false,
        }
    }

    /// Whether signing in or the rights of the client are the problem.
    #[must_use]
    pub fn is_auth(&self) -> bool {
        matches!(self.inner.kind, ErrorKind::Auth | ErrorKind::Unauthorized | ErrorKind::Forbidden)
    }

    /// Whether a change may have taken place although the call failed.
    #[must_use]
    pub fn may_have_happened(&self) -> bool {
        let changes = self
            .inner
            .operation
            .as_ref()
            .is_some_and(|operation| operation.safety != crate::operation::Safety::Safe);
        // A success that could not be read, or any try whose outcome nobody knows, also where a later one was refused.
        let answered = matches!(self.inner.kind, ErrorKind::Unreadable | ErrorKind::Drift)
            && self.inner.status.is_some_and(|status| (200..300).contains(&status));
        self.inner.kind == ErrorKind::OutcomeUnknown
            || changes && (answered || self.inner.attempts.iter().any(|attempt| attempt.maybe_done))
    }

    /// Whether the same call may succeed later without anybody changing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self.inner.kind {
            ErrorKind::Blocked
            | ErrorKind::RateLimited
            | ErrorKind::Overloaded
            | ErrorKind::Timeout
            | ErrorKind::Server => true,
            // A certificate that is not trusted stays so.
            ErrorKind::Network => match &self.inner.source {
                Some(Source::Transport(error)) => error.is_transient(),
                _ => true,
            },
            ErrorKind::Auth => self.auth_error().is_some_and(AuthError::is_transient),
            // It passes if only the check of the token failed, or if it says when to try again.
            ErrorKind::Unauthorized => {
                self.inner.not_retried == Some(NotRetried::Unchecked) || self.inner.retry_after.is_some()
            }
            ErrorKind::Rejected => self.is_not_ready(),
            _ => false,
        }
    }

    /// Whether repeating the same call later is harmless and may help: the failure passes
    /// ([`Error::is_transient`]), and it cannot make a change happen twice.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        let repeatable = self.inner.operation.as_ref().is_none_or(|operation| operation.safety.may_repeat());
        self.is_transient() && (repeatable || !self.was_sent())
    }

    /// Whether the location does not know its own network yet (412, `limits-and-errors` §3). It takes some ten seconds,
    /// longer than a call should wait by itself.
    fn is_not_ready(&self) -> bool {
        self.inner.status == Some(http::StatusCode::PRECONDITION_FAILED.as_u16())
    }

    /// Whether the last try can have reached the server.
    fn was_sent(&self) -> bool {
        match &self.inner.source {
            Some(Source::Transport(error)) => !error.never_sent(),
            _ => self.inner.status.is_some() && self.inner.kind != ErrorKind::Auth,
        }
    }

    /// What to do next, in one line.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match (&self.inner.source, self.inner.kind) {
            (Some(Source::Auth(error)), _) => error.help(),
            (Some(Source::Transport(error)), _) if error.kind() == TransportErrorKind::Proxy => {
                "Check the user name and password in the URL of the proxy."
            }
            (_, ErrorKind::Settings) => "Correct the setting and start again.",
            (_, ErrorKind::Runtime) => {
                "Make the call on a tokio runtime with I/O and timers (`enable_all`), or wait for it with `Blocking`."
            }
            (_, ErrorKind::Argument) => "Correct what the message names. Nothing was sent.",
            (_, ErrorKind::Unauthorized) if self.inner.not_retried == Some(NotRetried::Unchecked) => {
                "Try again later: whether the token is the cause could not be checked."
            }
            (_, ErrorKind::Auth | ErrorKind::Unauthorized) => {
                "Check that the credentials belong to this cloud, that the id exists, and that the client's role allows this call."
            }
            (_, ErrorKind::Forbidden) => {
                "Check that the customer or node belongs to this partner, and that the client's role allows this call."
            }
            (_, ErrorKind::NotFound(Resource::Customer)) => {
                "Check the id; it may belong to another partner or cloud, or need another role."
            }
            (_, ErrorKind::NotFound(Resource::Other)) => "Check the ids and the base URL.",
            (_, ErrorKind::NotFound(_)) => "Check the id; it may belong to another partner or cloud.",
            (_, ErrorKind::Rejected) if self.is_not_ready() => "Try again in ten seconds.",
            (_, ErrorKind::Rejected) if self.inner.server_message.is_none() => {
                "The API does not say what it finds wrong: check the ids and values against the operation's documentation."
            }
            (_, ErrorKind::Rejected) => "Correct the request as the message says.",
            (_, ErrorKind::Unsupported) => "Nothing is wrong; the cloud has no such data for this location.",
            (_, ErrorKind::Blocked) => {
                "Wait five minutes. The cloud blocks an address after 2000 calls in five minutes; other programs behind the same address count too."
            }
            (_, ErrorKind::RateLimited) => "Wait, or make fewer calls.",
            (_, ErrorKind::Overloaded) => {
                "Make fewer calls at once, or let the less urgent ones wait in your program."
            }
            (_, ErrorKind::Drift) => {
                "Update the SDK, or turn strict mode off: the answer can be used as it is."
            }
            (Some(Source::Transport(error)), ErrorKind::Network)
                if error.kind() == TransportErrorKind::Tls =>
            {
                "Check the base URL, this machine's clock and its certificates; for a certificate authority of your own set PLUME_EXTRA_ROOTS to a PEM file with its root."
            }
            (_, ErrorKind::Network) => {
                "Check the network, the base URL and the proxy if there is one, then try again."
            }
            (_, ErrorKind::Timeout | ErrorKind::Server) => "Try again later.",
            (_, ErrorKind::OutcomeUnknown) => "Look whether the change took place before you repeat it.",
            (_, ErrorKind::Incomplete) => {
                "Go on from the continuation, give the list a fixed order, or raise the number of pages."
            }
            (Some(Source::Transport(_)), ErrorKind::Unreadable) => {
                "Ask for less at once, or allow larger answers in the client's limits."
            }
            (_, ErrorKind::Unreadable) if self.inner.server_message.is_some() => {
                "The API sent an error in the place of the answer: do as its message says."
            }
            (_, ErrorKind::Unreadable) => {
                "Check the base URL, and that no proxy or log-in page answers in the API's place."
            }
        }
    }

    pub(crate) fn part_failure(&self) -> PartFailure {
        let kind = match self.inner.kind {
            ErrorKind::Unsupported => PartFailureKind::Unsupported,
            _ if self.is_limited() => PartFailureKind::Limited,
            ErrorKind::Network | ErrorKind::Timeout | ErrorKind::OutcomeUnknown | ErrorKind::Runtime => {
                PartFailureKind::Unreachable
            }
            ErrorKind::Server => PartFailureKind::ServerError,
            ErrorKind::Unreadable | ErrorKind::Drift => PartFailureKind::Unreadable,
            // Where the token comes from belongs to the cloud too.
            ErrorKind::Auth => match self.auth_error() {
                Some(error) if error.is_unreachable() => PartFailureKind::Unreachable,
                Some(error) if error.kind() == AuthErrorKind::Protocol => PartFailureKind::Unreadable,
                Some(error) if error.kind() == AuthErrorKind::Unavailable => PartFailureKind::ServerError,
                _ => PartFailureKind::Refused,
            },
            _ => PartFailureKind::Refused,
        };
        PartFailure::new(kind, self.to_string())
    }
}

impl From<SettingsError> for Error {
    fn from(error: SettingsError) -> Self {
        // One line for each setting.
        Self::from_inner(Inner {
            message: error.to_string(),
            ..Self::build(ErrorKind::Settings, String::new())
        })
    }
}

impl StdError for Error {
    // The text of these sources already stands in the message, so the chain goes on below them.
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self.inner.source.as_ref()? {
            Source::Auth(error) => error.source(),
            Source::Transport(error) => error.source(),
            Source::Decode(_) | Source::Drift(_) => None,
        }
    }
}
