//! Whether a node reaches the cloud.

use crate::named::named;

/// Whether a node reaches the cloud, as far as the report can tell; worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum NodeState {
    /// The cloud says that it is not connected.
    Disconnected,
    /// Nothing, `unavailable`, or a word this version does not know.
    Unknown,
    /// The cloud says that it is connected.
    Connected,
}

named!(NodeState { Disconnected = "disconnected", Unknown = "unknown", Connected = "connected" });
