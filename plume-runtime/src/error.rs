//! What can go wrong between a request and its answer.

use std::{error::Error, fmt, sync::Arc};

/// The reason why an exchange gave no response.
///
/// Cloneable, so that many waiting callers can share one failure. Its text contains no URL, header or body, so it is safe
/// to log. `{:?}` is the text and its causes; `{:#?}` shows the fields.
///
/// ```
/// use plume_runtime::{TransportError, TransportErrorKind};
///
/// let error = TransportError::new(TransportErrorKind::Connect, "connection refused");
/// assert!(error.never_sent() && error.is_transient());
/// ```
#[derive(Clone)]
pub struct TransportError {
    kind: TransportErrorKind,
    message: Arc<str>,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

/// The class of a [`TransportError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// The request was refused here: not a valid URL, or plain `http` to a host that is not this machine.
    Refused,
    /// The async runtime of the caller cannot carry the request: there is none, or it has no I/O or no timers. Nothing was
    /// sent, and callers on other runtimes are not affected.
    Runtime,
    /// The host could not be resolved or reached. Nothing was sent.
    Connect,
    /// The TLS handshake failed, for example because of the certificate. Nothing was sent.
    Tls,
    /// The proxy refused to pass the request on without other credentials (407). The server saw nothing.
    Proxy,
    /// The server refused the request before it processed anything of it (HTTP/2 `REFUSED_STREAM`, or `GOAWAY` with an
    /// earlier last stream).
    Unprocessed,
    /// A time limit ran out after the connection stood. The server may have seen the request.
    Timeout,
    /// The connection broke while the request or the answer was under way, or the answer was not HTTP.
    Interrupted,
    /// The answer's body is larger than [`Limits::max_body_bytes`](crate::Limits::max_body_bytes) allows.
    TooLarge,
}

impl TransportError {
    /// An error of the given kind. `message` is shown to people: no URL, no secret.
    #[must_use]
    pub fn new(kind: TransportErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: plume_text::on_screen(&message.into()).into(), source: None }
    }

    /// Adds the underlying error. Its text is shown by callers that print the chain, so it must hold no URL
    /// and no secret either.
    #[must_use]
    pub fn with_source(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// The class of the failure.
    #[must_use]
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    /// Whether it is certain that the server never saw the request, or processed nothing of it, so that repeating it is
    /// harmless even for a request that is not idempotent.
    #[must_use]
    pub fn never_sent(&self) -> bool {
        matches!(
            self.kind,
            TransportErrorKind::Refused
                | TransportErrorKind::Runtime
                | TransportErrorKind::Connect
                | TransportErrorKind::Tls
                | TransportErrorKind::Proxy
                | TransportErrorKind::Unprocessed
        )
    }

    /// Whether a second try may help: everything but a refused request, a runtime that cannot carry it, a TLS
    /// failure, a proxy that wants other credentials and a body that is too large.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(
            self.kind,
            TransportErrorKind::Connect
                | TransportErrorKind::Unprocessed
                | TransportErrorKind::Timeout
                | TransportErrorKind::Interrupted
        )
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            f.debug_struct("TransportError")
                .field("kind", &self.kind)
                .field("message", &self.message)
                .field("source", &self.source)
                .finish()
        } else {
            plume_text::write_report(f, self, None)
        }
    }
}

impl Error for TransportError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| source.as_ref() as &(dyn Error + 'static))
    }
}
