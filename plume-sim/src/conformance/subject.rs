//! The traits of the client under test, and its settings.

use std::sync::Arc;

use async_trait::async_trait;
use plume_runtime::{Clock, Transport};

use crate::simulator::Endpoints;

/// A client under test.
#[async_trait]
pub trait Subject: Send + Sync {
    /// Returns the ids of all customers from `GET Customers`, page by page with `limit` and `skip` if the client
    /// pages.
    async fn customers(&self) -> Result<Vec<String>, Failure>;

    /// Returns the nodes of a location from `GET Customers/{id}/locations/{locationId}/nodes`.
    async fn nodes(&self, customer: &str, location: &str) -> Result<Vec<SeenNode>, Failure>;

    /// Sends a non-idempotent change: a restart by `PUT Customers/{id}/locations/{locationId}/nodes/{nodeId}/reboot`,
    /// or any `POST` that writes. `None` if the client has none, which skips the cases about changes.
    async fn change(&self, _customer: &str, _location: &str, _node: &str) -> Option<Result<(), Failure>> {
        None
    }
}

/// A node as the client parsed it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SeenNode {
    /// The `id`.
    pub id: String,
    /// The `connectionState` as the word in the response. `None` if it is missing or not a text.
    pub state: Option<String>,
}

impl SeenNode {
    /// Returns a node with this `id` and `connectionState`.
    #[must_use]
    pub fn new(id: impl Into<String>, state: Option<String>) -> Self {
        Self { id: id.into(), state }
    }
}

/// The reason of a failed call, as far as the client knows it. A client that cannot distinguish two of these may
/// return either; the cases accept what the cloud leaves open.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// The token or the credentials are rejected.
    Unauthorized,
    /// Another partner's resource.
    Forbidden,
    /// The resource does not exist.
    NotFound,
    /// The firewall blocks this address, or the client pauses because of a block.
    Blocked,
    /// Too many requests.
    RateLimited,
    /// The cloud failed.
    Server,
    /// The response is missing or incomplete.
    Network,
    /// The outcome of a change is unknown.
    OutcomeUnknown,
    /// The response is not the expected resource.
    Unreadable,
    /// Any other failure, with a description.
    Other(String),
}

/// Creates clients.
pub trait Implementation: Sync {
    /// Returns a new client with its own token cache and call limit.
    fn subject(&self, setting: &Setting) -> Box<dyn Subject>;

    /// Returns whether the clients use [`Setting::clock`]. If not, cases that take minutes are skipped.
    fn follows_the_clock(&self) -> bool {
        true
    }
}

/// The settings of a client.
#[derive(Debug, Clone)]
pub struct Setting {
    pub(crate) endpoints: Endpoints,
    pub(crate) transport: Option<Arc<dyn Transport>>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Setting {
    /// Returns URLs and credentials.
    #[must_use]
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// Returns the in-process transport. `None` on the wire, where the client uses its own HTTP.
    #[must_use]
    pub fn transport(&self) -> Option<Arc<dyn Transport>> {
        self.transport.clone()
    }

    /// Returns the clock. In process, a sleep on this clock ends at once and advances it; on the wire it is the
    /// system clock.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }
}

/// The connection between client and simulator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Way {
    /// Through [`Setting::transport`].
    InProcess,
    /// Over HTTP on a loopback address. Requires a tokio runtime with I/O. Cases that take minutes are skipped.
    #[cfg(feature = "server")]
    Wire,
}
