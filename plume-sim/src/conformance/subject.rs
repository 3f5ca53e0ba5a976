//! The client under test, and what it is given.

use std::sync::Arc;

use async_trait::async_trait;
use plume_runtime::{Clock, Transport};

use crate::simulator::Endpoints;

/// A client under test: a few calls, and what came of them.
#[async_trait]
pub trait Subject: Send + Sync {
    /// The ids of all customers, from `GET Customers`, page by page with `limit` and `skip` if the client reads pages.
    async fn customers(&self) -> Result<Vec<String>, Failure>;

    /// The nodes of a location, from `GET Customers/{id}/locations/{locationId}/nodes`.
    async fn nodes(&self, customer: &str, location: &str) -> Result<Vec<SeenNode>, Failure>;

    /// Something that must not happen twice: a restart, by `PUT Customers/{id}/locations/{locationId}/nodes/{nodeId}/reboot`,
    /// or any `POST` that changes something. `None` if the client has none; the cases about it are skipped then.
    async fn change(&self, _customer: &str, _location: &str, _node: &str) -> Option<Result<(), Failure>> {
        None
    }
}

/// A node as the client understood it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SeenNode {
    /// Its `id`.
    pub id: String,
    /// Its `connectionState`, as the word the cloud sent; nothing if it was missing or not a word.
    pub state: Option<String>,
}

impl SeenNode {
    /// A node with this `id` and `connectionState`.
    #[must_use]
    pub fn new(id: impl Into<String>, state: Option<String>) -> Self {
        Self { id: id.into(), state }
    }
}

/// Why a call failed, as far as the client can tell. Where a client cannot tell two of these apart, it may name either
/// one that is close; the cases accept what the cloud itself leaves open.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// The token or the credentials are not accepted.
    Unauthorized,
    /// Another partner's resource.
    Forbidden,
    /// What was asked for does not exist.
    NotFound,
    /// The firewall blocks this address, or the client holds back because it did.
    Blocked,
    /// Too many requests.
    RateLimited,
    /// The cloud failed.
    Server,
    /// No answer came, or not the whole of it.
    Network,
    /// It is not known whether the change took place.
    OutcomeUnknown,
    /// The answer is not what was asked for.
    Unreadable,
    /// Anything else, in words.
    Other(String),
}

/// Makes clients.
pub trait Implementation: Sync {
    /// A new client with a token cache and a call limit of its own.
    fn subject(&self, setting: &Setting) -> Box<dyn Subject>;

    /// Whether the clients go by [`Setting::clock`]. Cases in which minutes pass are skipped if not.
    fn follows_the_clock(&self) -> bool {
        true
    }
}

/// What a client is given.
#[derive(Debug, Clone)]
pub struct Setting {
    pub(crate) endpoints: Endpoints,
    pub(crate) transport: Option<Arc<dyn Transport>>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Setting {
    /// URLs and credentials.
    #[must_use]
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// How bytes move in process. `None` on the wire: the client uses its own HTTP.
    #[must_use]
    pub fn transport(&self) -> Option<Arc<dyn Transport>> {
        self.transport.clone()
    }

    /// The time. In process a sleep on this clock ends at once and moves it; on the wire it is the machine's.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }
}

/// By which way the client reaches the simulator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Way {
    /// Through [`Setting::transport`].
    InProcess,
    /// Over HTTP on a loopback address; needs a tokio runtime with I/O. Cases in which minutes pass are skipped.
    #[cfg(feature = "server")]
    Wire,
}
