//! One event of a home.

use chrono::{DateTime, Utc};
use plume_types::NodeId;
use serde::{Deserialize, Serialize};

/// An event of a home.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Event {
    /// The time. Of an outage that began earlier than the period, the begin of the period.
    pub at: DateTime<Utc>,
    /// The kind.
    pub kind: EventKind,
    /// The node's name for people.
    pub name: Option<String>,
    /// The node, if the event is about one.
    pub node_id: Option<NodeId>,
    /// The event in words.
    pub text: String,
    /// The author of a change.
    pub author: Option<String>,
    /// Whether it began before `at`, at an unknown time or before the period.
    #[serde(default)]
    pub began_before: bool,
}

impl Event {
    pub(super) fn new(at: DateTime<Utc>, kind: EventKind, text: String) -> Self {
        Self { at, kind, name: None, node_id: None, text, author: None, began_before: false }
    }
}

/// The kind of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum EventKind {
    /// A node restarted.
    Restart,
    /// The location went offline, by the samples of the online report.
    Offline,
    /// The location came back.
    Online,
    /// The last change of a node's connection.
    Node,
    /// A setting was changed.
    Change,
}

plume_health::__named!(EventKind {
    Restart = "restart",
    Offline = "offline",
    Online = "online",
    Node = "node",
    Change = "change",
});
