//! The error of a transport.

use std::{error::Error, fmt, sync::Arc};

use http::StatusCode;

/// The reason why an exchange failed without a response.
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
    step: Option<ConnectStep>,
    status: Option<StatusCode>,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

/// The step at which a connection failed. See [`TransportError::step`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConnectStep {
    /// The lookup of the server's name.
    ResolveServer,
    /// The TCP connection to the server, up to the TLS handshake.
    ConnectServer,
    /// The lookup of the proxy's name.
    ResolveProxy,
    /// The TCP connection to the proxy.
    ConnectProxy,
    /// The tunnel: the proxy was reached, but did not connect to the server.
    Tunnel,
}

/// The class of a [`TransportError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// The transport refused the request: not a valid URL, plain `http` to another machine, or settings that cannot be used.
    Refused,
    /// The async runtime of the caller cannot send the request: there is none, or it has no I/O or no timers. Nothing was
    /// sent, and callers on other runtimes are not affected.
    Runtime,
    /// The host could not be resolved or reached. Nothing was sent.
    Connect,
    /// The TLS handshake failed, for example because of the certificate. Nothing was sent.
    Tls,
    /// The proxy refused its credentials or requires some (407). The server did not get the request.
    Proxy,
    /// The server refused the request without processing any of it (HTTP/2 `REFUSED_STREAM`, or `GOAWAY` with an
    /// earlier last stream).
    Unprocessed,
    /// A time limit expired after the connection was made. The server may have got the request.
    Timeout,
    /// The connection broke during the request or the response, or the response was not HTTP.
    Interrupted,
    /// The body of the response is larger than [`Limits::max_body_bytes`](crate::Limits::max_body_bytes).
    TooLarge,
    /// The transport replays a recording that has no response to the request.
    NotRecorded,
}

impl TransportError {
    /// Creates an error. `message` is shown to people and must contain no URL and no secret.
    #[must_use]
    pub fn new(kind: TransportErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: plume_text::on_screen(&message.into()).into(),
            step: None,
            status: None,
            source: None,
        }
    }

    /// Sets the underlying error. Callers print its text with the chain of causes, so it must contain no URL and no secret.
    #[must_use]
    pub fn with_source(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// Sets the step at which the connection failed, for [`TransportErrorKind::Connect`].
    #[must_use]
    pub fn with_step(mut self, step: ConnectStep) -> Self {
        self.step = Some(step);
        self
    }

    /// Sets the status of the response whose body could not be read.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = Some(status);
        self
    }

    /// Returns the class of the failure.
    #[must_use]
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }

    /// Returns the step at which the connection failed. `None` if the transport does not know, for example after a time
    /// limit, and for other failures than [`TransportErrorKind::Connect`].
    ///
    /// ```
    /// use plume_runtime::{ConnectStep, TransportError, TransportErrorKind};
    ///
    /// let error = TransportError::new(TransportErrorKind::Connect, "the name of the server could not be resolved")
    ///     .with_step(ConnectStep::ResolveServer);
    /// assert_eq!(error.step(), Some(ConnectStep::ResolveServer));
    /// ```
    #[must_use]
    pub fn step(&self) -> Option<ConnectStep> {
        self.step
    }

    /// Returns the status of the response if its body could not be read: it was too large, too slow or cut off. `None` if
    /// there was no response, or if the transport does not know it.
    ///
    /// ```
    /// use http::StatusCode;
    /// use plume_runtime::{TransportError, TransportErrorKind};
    ///
    /// let error = TransportError::new(TransportErrorKind::TooLarge, "the response is too large").with_status(StatusCode::OK);
    /// assert_eq!(error.status(), Some(StatusCode::OK));
    /// ```
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// Returns whether the server certainly did not get the request, or processed none of it. Then even a request that is
    /// not idempotent can be repeated.
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
                | TransportErrorKind::NotRecorded
        )
    }

    /// Returns whether a retry may succeed. It is `false` for a refused request, a runtime that cannot send it, a TLS
    /// failure, a proxy that refuses the credentials, a body that is too large and a request that was not recorded.
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
                .field("step", &self.step)
                .field("status", &self.status)
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
