//! Events in a home.

use std::{borrow::Cow, sync::Arc};

use serde_json::{Map, Value};

use crate::world::homes::NodePlan;

pub(crate) const CLASSES: [&str; 3] = ["av_streaming", "gaming", "video_conferencing"];

/// A text that is a constant of this crate, or from a story or a request.
pub(crate) type Text = Cow<'static, str>;

/// One change of a location at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) at: i64,
    pub(crate) change: Change,
}

/// A change of a location. Nodes and devices are referred to by their index in the plan; nodes claimed later follow.
///
/// Changes that can overlap (two outages, two loads) come in pairs that are counted, so the end of one does not end
/// the other.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// The node loses power.
    Down {
        node: usize,
    },
    /// Power returns, or the node restarts. It is reachable after [`Change::Ready`].
    Boot {
        node: usize,
        reason: Text,
    },
    /// The node has started.
    Ready {
        node: usize,
    },
    /// The home's Internet connection is lost or restored.
    Wan {
        up: bool,
    },
    /// The node's link to its parent is lost or restored.
    Backhaul {
        node: usize,
        up: bool,
    },
    /// The node moves to another parent.
    Parent {
        node: usize,
        parent: usize,
    },
    /// The device disconnects by itself.
    Left {
        device: usize,
    },
    /// The device connects, to `node` if given, otherwise to its previous node.
    Joined {
        device: usize,
        node: Option<usize>,
    },
    /// The minimum use of the Internet connection, in percent.
    Load {
        percent: u8,
        begins: bool,
    },
    /// The available share of the Internet connection's bandwidth, in percent.
    Speed {
        percent: u8,
        begins: bool,
    },
    /// A class of traffic has poor quality.
    PoorClass {
        class: Text,
        begins: bool,
    },
    /// The node's connection has poor health.
    PoorHealth {
        node: usize,
        begins: bool,
    },
    Firmware {
        node: usize,
        version: Text,
    },
    ServiceLevel(&'static str),
    /// Replaces members of the Wi-Fi network or of its settings. The first one creates the network.
    Wifi(Map<String, Value>),
    /// Replaces name, service id and profile, as far as given.
    Renamed {
        name: Option<String>,
        service_id: Option<String>,
        profile: Option<String>,
    },
    Claimed(Arc<Claimed>),
    Unclaimed {
        node: usize,
    },
    NodeName {
        node: usize,
        nickname: String,
    },
    DeviceName {
        device: usize,
        nickname: String,
    },
    Favorite {
        device: usize,
        favorite: bool,
    },
    SpeedTest {
        node: usize,
        request: u32,
    },
    Optimized,
}

/// A node that is not in the plan.
#[derive(Debug, Clone)]
pub(crate) struct Claimed {
    pub(crate) plan: NodePlan,
    pub(crate) identity: NodeLabel,
}

/// The label on the box of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NodeLabel {
    pub(crate) serial: String,
    pub(crate) mac: String,
    pub(crate) pack_id: String,
    pub(crate) model: &'static str,
    pub(crate) firmware: Text,
}
