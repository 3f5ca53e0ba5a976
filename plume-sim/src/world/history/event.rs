//! What can happen in a home.

use std::{borrow::Cow, sync::Arc};

use serde_json::{Map, Value};

use crate::world::homes::NodePlan;

pub(crate) const CLASSES: [&str; 3] = ["av_streaming", "gaming", "video_conferencing"];

/// A text that is either a constant of this crate or came from a story or a request.
pub(crate) type Text = Cow<'static, str>;

/// One change of a location, at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) at: i64,
    pub(crate) change: Change,
}

/// Nodes and devices are named by their place in the plan, from 0; nodes claimed later come after those.
///
/// What can overlap (two outages, two loads) comes in pairs that are counted, so that the end of one does not
/// end the other.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// The node has no power.
    Down {
        node: usize,
    },
    /// Power is there again, or the node restarts. It can be reached once it is [`Change::Ready`].
    Boot {
        node: usize,
        reason: Text,
    },
    /// The node has started.
    Ready {
        node: usize,
    },
    /// The Internet connection of the home goes or comes back.
    Wan {
        up: bool,
    },
    /// The node's link to the one above it goes or comes back.
    Backhaul {
        node: usize,
        up: bool,
    },
    /// The node hangs on another one from now on.
    Parent {
        node: usize,
        parent: usize,
    },
    /// The device goes away by itself.
    Left {
        device: usize,
    },
    /// The device is there, on `node` if one is given, else where it was.
    Joined {
        device: usize,
        node: Option<usize>,
    },
    /// The Internet connection is used to so many percent at least.
    Load {
        percent: u8,
        begins: bool,
    },
    /// The Internet connection gives so many percent of its bandwidth.
    Speed {
        percent: u8,
        begins: bool,
    },
    /// A class of traffic is of poor quality.
    PoorClass {
        class: Text,
        begins: bool,
    },
    /// The node's connection is of poor health.
    PoorHealth {
        node: usize,
        begins: bool,
    },
    Firmware {
        node: usize,
        version: Text,
    },
    ServiceLevel(&'static str),
    /// Members of the Wi-Fi network, or of its settings, are replaced. The first one creates it.
    Wifi(Map<String, Value>),
    /// Name, service id and profile, as far as they are given.
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

/// A node that was not in the plan.
#[derive(Debug, Clone)]
pub(crate) struct Claimed {
    pub(crate) plan: NodePlan,
    pub(crate) identity: NodeLabel,
}

/// What is printed on the box of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NodeLabel {
    pub(crate) serial: String,
    pub(crate) mac: String,
    pub(crate) pack_id: String,
    pub(crate) model: &'static str,
    pub(crate) firmware: Text,
}
