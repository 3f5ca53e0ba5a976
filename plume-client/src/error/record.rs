//! The error of all calls.

use std::{error::Error as StdError, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use plume_auth::{AuthError, AuthErrorKind};
use plume_runtime::TransportError;
use plume_types::{DecodeError, DecodeErrorKind, Drift, PartFailure, PartFailureKind};

use crate::error::attempt::{Attempt, NotRetried};
use crate::error::kind::ErrorKind;
use crate::operations::Operation;

/// The error of a call.
///
/// ```no_run
/// # async fn run(client: plume_client::Client) -> Result<(), plume_client::Error> {
/// match client.customer("5f0000000000000000000001").get().await {
///     Ok(customer) => println!("{}", customer.display_name()),
///     Err(error) if error.is_not_found() => println!("no such customer"),
///     Err(error) if error.is_blocked() => println!("blocked for {:?}", error.retry_after()),
///     Err(error) => return Err(error),
/// }
/// # Ok(()) }
/// ```
///
/// The text says what failed and why, with the server's message. [`Error::help`] is advice, [`Error::report`] adds
/// attempts and causes, and [`troubleshooting`](crate::troubleshooting) explains each text. None of them holds a secret.
///
/// `{:?}` is the report, so a `main` that returns an error prints it with its help. `{:#?}` is the struct.
#[derive(Clone)]
pub struct Error {
    pub(super) inner: Arc<Inner>,
}

#[derive(Clone)]
pub(super) struct Inner {
    pub(super) kind: ErrorKind,
    pub(super) message: String,
    pub(super) operation: Option<Operation>,
    pub(super) status: Option<u16>,
    pub(super) code: Option<String>,
    pub(super) server_message: Option<String>,
    pub(super) request_id: Option<String>,
    pub(super) attempts: Vec<Attempt>,
    pub(super) not_retried: Option<NotRetried>,
    pub(super) retry_after: Option<Duration>,
    pub(super) blocked_until: Option<DateTime<Utc>>,
    pub(super) excerpt: Option<String>,
    /// Whether the base URL of the service has no path.
    pub(super) is_bare_base: bool,
    pub(super) source: Option<Source>,
}

#[derive(Clone, Debug)]
pub(super) enum Source {
    Auth(AuthError),
    Transport(TransportError),
    Decode(DecodeError),
    Drift(Arc<Drift>),
}

impl Error {
    pub(super) fn build(kind: ErrorKind, message: String) -> Inner {
        // Errors are fit for screens and logs, whatever text goes into them.
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
            is_bare_base: false,
            source: None,
        }
    }

    pub(super) fn of(operation: &Operation, kind: ErrorKind, message: String) -> Inner {
        Inner { operation: Some(operation.clone()), ..Self::build(kind, message) }
    }

    pub(super) fn plain(operation: &Operation, kind: ErrorKind, message: String) -> Self {
        Self::from_inner(Self::of(operation, kind, message))
    }

    pub(super) fn from_inner(inner: Inner) -> Self {
        Self { inner: Arc::new(inner) }
    }

    /// Returns the kind of the error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// Returns the operation. Its path template is safe to log, unlike the real path.
    #[must_use]
    pub fn operation(&self) -> Option<&Operation> {
        self.inner.operation.as_ref()
    }

    /// Returns the HTTP status, if there was a response.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.inner.status
    }

    /// Returns the server's code, for example `MODEL_NOT_FOUND`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.inner.code.as_deref()
    }

    /// Returns the server's message. It can hold ids and e-mail addresses.
    #[must_use]
    pub fn server_message(&self) -> Option<&str> {
        self.inner.server_message.as_deref()
    }

    /// Returns all attempts. Empty if nothing was sent. The last one is a success if its response could not be decoded.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.inner.attempts
    }

    /// Returns the reason why there was no further attempt. `None` for a failure before the first attempt or after a
    /// successful one.
    #[must_use]
    pub fn not_retried(&self) -> Option<NotRetried> {
        self.inner.not_retried
    }

    /// Returns the id that the server or a gateway gave the request, for support tickets.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.inner.request_id.as_deref()
    }

    /// Returns the latest end of the firewall's block, for [`ErrorKind::Blocked`].
    #[must_use]
    pub fn blocked_until(&self) -> Option<DateTime<Utc>> {
        self.inner.blocked_until
    }

    /// Returns the parts that the models do not know, for [`ErrorKind::Drift`].
    #[must_use]
    pub fn drift(&self) -> Option<&Drift> {
        match &self.inner.source {
            Some(Source::Drift(drift)) => Some(drift),
            _ => None,
        }
    }

    /// Returns the wait before a retry makes sense, where known. A `Retry-After` of more than 300 s counts as 300 s, the
    /// longest block of the firewall.
    ///
    /// After a 429 the call limit pauses all calls too, for 10 s at most: a longer `Retry-After` usually concerns one
    /// operation, and the others should not wait for it. So other calls may be sent before this time.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.inner.retry_after
    }

    /// Returns the beginning of a body that could not be decoded: one line, at most 160 characters, with field and tag
    /// names but without values.
    #[must_use]
    pub fn excerpt(&self) -> Option<&str> {
        self.inner.excerpt.as_deref()
    }

    /// Returns the place in the response where decoding failed, for example `nodes[3].health`.
    #[must_use]
    pub fn json_path(&self) -> Option<&str> {
        match &self.inner.source {
            Some(Source::Decode(error)) => Some(error.path()),
            _ => None,
        }
    }

    /// Returns the error of the token provider, for [`ErrorKind::Auth`] and [`ErrorKind::Runtime`].
    #[must_use]
    pub fn auth_error(&self) -> Option<&AuthError> {
        match &self.inner.source {
            Some(Source::Auth(error)) => Some(error),
            _ => None,
        }
    }

    /// Returns whether the location does not know its own network yet (412, `limits-and-errors` §3). It takes some
    /// ten seconds, which is too long for a retry within the call.
    pub(super) fn is_not_ready(&self) -> bool {
        self.inner.status == Some(http::StatusCode::PRECONDITION_FAILED.as_u16())
    }

    /// Returns whether the body of a success ends too early.
    pub(super) fn is_cut_off(&self) -> bool {
        matches!(&self.inner.source, Some(Source::Decode(error)) if error.kind() == DecodeErrorKind::CutOff)
    }

    /// Returns whether the path of the operation has an id.
    pub(super) fn names_an_id(&self) -> bool {
        self.inner.operation.as_ref().is_some_and(|operation| operation.path.contains('{'))
    }

    /// Returns whether the last attempt can have reached the server.
    pub(super) fn was_sent(&self) -> bool {
        match &self.inner.source {
            Some(Source::Transport(error)) => !error.never_sent(),
            _ => self.inner.status.is_some() && self.inner.kind != ErrorKind::Auth,
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
            // The token endpoint is a part of the cloud.
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

impl StdError for Error {
    // The message holds the text of these sources, so the chain continues below them.
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self.inner.source.as_ref()? {
            Source::Auth(error) => error.source(),
            Source::Transport(error) => error.source(),
            Source::Decode(_) | Source::Drift(_) => None,
        }
    }
}
