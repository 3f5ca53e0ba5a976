//! The connection state of a node.

use crate::named::named;

/// The connection of a node to the cloud, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum NodeState {
    /// The cloud reports that it is not connected.
    Disconnected,
    /// No state, `unavailable`, or a word that this version does not know.
    Unknown,
    /// The cloud reports that it is connected.
    Connected,
}

named!(NodeState { Disconnected = "disconnected", Unknown = "unknown", Connected = "connected" });
