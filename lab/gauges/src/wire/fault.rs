//! A fault of the wire, and the error in which a call has to end.

use std::sync::{Arc, atomic::AtomicUsize};

/// One way to misbehave.
pub(crate) struct Fault {
    pub(crate) name: &'static str,
    pub(crate) expected: Expected,
    /// Where the client is led.
    pub(crate) base: String,
    /// The bytes that came to a place where none may come.
    pub(crate) elsewhere: Option<Arc<AtomicUsize>>,
    /// Kept, because a server ends with its handle.
    _server: Option<testkit::wire::Server>,
}

/// What a call has to end in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    /// No fault: the gauge would see one that is not there.
    Works,
    /// An error of the network, after all tries.
    Broken,
    /// An error of the network or the time limit, after all tries.
    Flooded,
    /// The time limit, after all tries.
    Slow,
    /// An error of the network that no other try can change.
    Untrusted,
    /// An answer that is none.
    Unreadable,
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
