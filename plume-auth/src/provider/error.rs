//! Why there is no token.

use std::{error::Error, fmt, sync::Arc, time::Duration};

use plume_runtime::{TransportError, TransportErrorKind};

/// The reason why no token was obtained.
///
/// Cloneable, because all callers that waited for the token share one failure. The text says what failed and why;
/// [`help`](AuthError::help) says what to do next. Neither contains a secret. `{:?}` is the text, its causes and the help,
/// so a `main` that returns the error prints them; `{:#?}` shows the fields.
///
/// ```
/// use plume_auth::{AuthError, AuthErrorKind};
///
/// let error = AuthError::new(AuthErrorKind::SignedOut, "the tenant is not signed in");
/// assert_eq!(error.to_string(), "the tenant is not signed in");
/// assert_eq!(format!("{error:?}"), "the tenant is not signed in\nhelp: Sign in again.");
/// assert!(!error.is_transient());
/// ```
#[derive(Clone)]
pub struct AuthError {
    inner: Arc<Inner>,
}

struct Inner {
    kind: AuthErrorKind,
    message: String,
    status: Option<u16>,
    code: Option<String>,
    retry_after: Option<Duration>,
    source: Option<TransportError>,
}

/// The class of an [`AuthError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthErrorKind {
    /// The client id or secret is wrong. A retry does not help.
    CredentialsRejected,
    /// The scope, a URL or another setting is wrong. A retry does not help.
    Configuration,
    /// The endpoint refused by policy.
    Forbidden,
    /// A firewall in front of the endpoint blocks this address for some minutes.
    Blocked,
    /// 403 without a reason: a firewall may block this address, or the credentials may be wrong.
    Unexplained,
    /// The endpoint is busy: 429, or 503 with `Retry-After`. Also the fetch limit of a registry.
    Throttled,
    /// The endpoint cannot be reached, or failed. A later attempt may succeed.
    Unavailable,
    /// The response is not one of an OAuth endpoint.
    Protocol,
    /// The API rejects the tokens that the endpoint issues.
    TokenRejected,
    /// The token source panicked.
    Internal,
    /// The tenant is not signed in: it signed out, was replaced, or was evicted.
    SignedOut,
    /// The async runtime of the caller cannot send the request, and nothing was sent. The error concerns only callers on
    /// that runtime: a cache does not back off, and callers on other runtimes fetch the token themselves.
    Runtime,
}

impl AuthError {
    /// Creates an error of the given class. `message` is shown to people and must not contain a secret.
    #[must_use]
    pub fn new(kind: AuthErrorKind, message: impl Into<String>) -> Self {
        Self::build(kind, message, |_| ())
    }

    fn build(kind: AuthErrorKind, message: impl Into<String>, add: impl FnOnce(&mut Inner)) -> Self {
        // So any error can be shown and logged.
        let message = plume_text::on_screen(&message.into()).into_owned();
        let mut inner = Inner { kind, message, status: None, code: None, retry_after: None, source: None };
        add(&mut inner);
        Self { inner: Arc::new(inner) }
    }

    /// Creates an error that stops fetches until `wait` has passed.
    #[must_use]
    pub fn throttled(message: impl Into<String>, wait: Duration) -> Self {
        Self::build(AuthErrorKind::Throttled, message, |inner| inner.retry_after = Some(wait))
    }

    pub(crate) fn answered(
        kind: AuthErrorKind,
        status: http::StatusCode,
        code: Option<String>,
        message: String,
        retry_after: Option<Duration>,
    ) -> Self {
        Self::build(kind, message, |inner| {
            (inner.status, inner.code, inner.retry_after) = (Some(status.as_u16()), code, retry_after);
        })
    }

    pub(crate) fn transport(host: &str, error: TransportError) -> Self {
        use plume_runtime::TransportErrorKind::{Proxy, Refused, Runtime, Tls, TooLarge};
        let kind = match error.kind() {
            Refused | Tls | Proxy => AuthErrorKind::Configuration,
            TooLarge => AuthErrorKind::Protocol,
            Runtime => AuthErrorKind::Runtime,
            _ => AuthErrorKind::Unavailable,
        };
        let message = match kind {
            AuthErrorKind::Runtime => {
                format!("the request to the token endpoint at {host} was not sent: {error}")
            }
            _ => format!("the request to the token endpoint at {host} failed: {error}"),
        };
        Self::build(kind, message, |inner| inner.source = Some(error))
    }

    /// Creates the error of the fetch limit of a registry.
    pub(crate) fn throttled_here(wait: Duration) -> Self {
        let message = format!(
            "too many token requests of this tenant; the next one is allowed in {}",
            plume_text::human(wait)
        );
        Self::throttled(message, wait)
    }

    /// Returns the class of the failure.
    #[must_use]
    pub fn kind(&self) -> AuthErrorKind {
        self.inner.kind
    }

    /// Returns the HTTP status of the endpoint, if it responded.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.inner.status
    }

    /// Returns the endpoint's error code, for example `invalid_client` (RFC 6749 §5.2).
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.inner.code.as_deref()
    }

    /// Returns the minimum wait before the next attempt, set by the endpoint or by the fetch limit of a registry.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.inner.retry_after
    }

    /// Returns whether a later attempt may succeed without a change of settings.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(
            self.inner.kind,
            AuthErrorKind::Blocked
                | AuthErrorKind::Unexplained
                | AuthErrorKind::Throttled
                | AuthErrorKind::Unavailable
                | AuthErrorKind::TokenRejected
                | AuthErrorKind::Protocol
                | AuthErrorKind::Internal
        )
    }

    /// Returns whether the endpoint could not be reached.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        self.inner.source.as_ref().is_some_and(TransportError::is_transient)
    }

    fn transport_kind(&self) -> Option<TransportErrorKind> {
        self.inner.source.as_ref().map(TransportError::kind)
    }

    /// Returns the next step to take, in one line.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self.inner.kind {
            AuthErrorKind::CredentialsRejected => {
                "Check the authorization header: copy it again from the Plume Portal, or create a new one. A cache sends no further request with these credentials for up to a minute."
            }
            AuthErrorKind::Configuration if self.inner.source.is_some() => match self.transport_kind() {
                Some(TransportErrorKind::Proxy) => {
                    "Check the user name and password in the URL of the proxy."
                }
                Some(TransportErrorKind::Refused) => "Correct what the message names. Nothing was sent.",
                _ => {
                    "Check the SSO URL, this machine's clock and its certificates; for a certificate authority of your own set PLUME_EXTRA_ROOTS to a PEM file with its root."
                }
            },
            AuthErrorKind::Configuration => {
                "Check the SSO URL, the authorization header and the partner id against the Plume Portal."
            }
            AuthErrorKind::Forbidden => {
                "Ask Plume support whether this client and this address may request tokens."
            }
            AuthErrorKind::Blocked => {
                "Wait for some minutes. A firewall blocks this address; every further request prolongs the block."
            }
            AuthErrorKind::TokenRejected => {
                "Check that the API base and the SSO URL belong to the same Plume cloud, and that the customer exists."
            }
            AuthErrorKind::Unexplained => {
                "Check the authorization header; if it is right, wait five minutes, because a firewall may block this address."
            }
            // The fetch limit of a registry.
            AuthErrorKind::Throttled if self.inner.status.is_none() => "Wait as long as the message says.",
            AuthErrorKind::Throttled if self.inner.retry_after.is_none() => {
                "Make fewer token requests, or retry later."
            }
            AuthErrorKind::Throttled => "Wait as long as the token endpoint requires, then retry.",
            AuthErrorKind::Unavailable if self.inner.status.is_some() => {
                "Retry later: the token endpoint is failing."
            }
            AuthErrorKind::Unavailable => {
                "Check the network, the SSO URL and the proxy if there is one, then retry."
            }
            AuthErrorKind::Protocol => {
                "Check that the SSO URL is the token endpoint (…/oauth2/<id>/v1/token) and that no proxy answers in its place."
            }
            AuthErrorKind::Internal => "This is a bug in the token source.",
            AuthErrorKind::SignedOut => "Sign in again.",
            AuthErrorKind::Runtime => {
                "Make the call on a tokio runtime with I/O and timers (`enable_all`), or wait for it with `Blocking`."
            }
        }
    }
}

impl fmt::Display for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.inner.message)
    }
}

impl fmt::Debug for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            let inner = &self.inner;
            f.debug_struct("AuthError")
                .field("kind", &inner.kind)
                .field("message", &inner.message)
                .field("status", &inner.status)
                .field("code", &inner.code)
                .field("retry_after", &inner.retry_after)
                .field("source", &inner.source)
                .finish()
        } else {
            plume_text::write_report(f, self, Some(self.help()))
        }
    }
}

impl Error for AuthError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.inner.source.as_ref().map(|source| source as &(dyn Error + 'static))
    }
}
