//! A fault of the wire, and the expected error of a call.

use std::sync::{Arc, atomic::AtomicUsize};

/// One way to misbehave.
pub(crate) struct Fault {
    pub(crate) name: &'static str,
    pub(crate) expected: Expected,
    /// The URL for the client.
    pub(crate) base: String,
    /// The bytes received at a place that must receive none.
    pub(crate) elsewhere: Option<Arc<AtomicUsize>>,
    /// Kept, because a server ends with its handle.
    _server: Option<testkit::wire::Server>,
}

/// The expected outcome of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    /// Success, as a control.
    Works,
    /// A network error, after all attempts.
    Broken,
    /// A network error or a timeout, after all attempts.
    Flooded,
    /// A timeout, after all attempts.
    Slow,
    /// A network error that is not retried.
    Untrusted,
    /// A response that cannot be decoded.
    Unreadable,
    /// A response whose JSON is cut off: it may be whole later.
    CutOff,
}

impl Fault {
    pub(crate) fn new(name: &'static str, expected: Expected, server: testkit::wire::Server) -> Self {
        let base = format!("http://{}/api", server.address);
        Self { _server: Some(server), ..Self::nowhere(name, expected, base) }
    }

    pub(crate) fn nowhere(name: &'static str, expected: Expected, base: String) -> Self {
        Self { name, expected, base, elsewhere: None, _server: None }
    }

    /// The same over TLS.
    pub(crate) fn secure(mut self) -> Self {
        self.base = self.base.replacen("http://", "https://", 1);
        self
    }

    pub(crate) fn watching(mut self, elsewhere: &Arc<AtomicUsize>) -> Self {
        self.elsewhere = Some(Arc::clone(elsewhere));
        self
    }
}
