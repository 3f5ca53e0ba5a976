//! The timelines of a location.

use serde_json::{Map, Value};

use crate::world::history::event::{NodeLabel, Text};
use crate::world::history::timeline::Timeline;
use crate::world::homes::Link;

/// The history of a location until the moment of the request.
#[derive(Debug)]
pub(crate) struct History {
    /// Whether the cloud reached the gateway. `None` without a gateway.
    pub(crate) online: Timeline<Option<bool>>,
    pub(crate) nodes: Vec<NodeHistory>,
    pub(crate) devices: Vec<DeviceHistory>,
    /// The minimum use of the Internet connection, in percent. Normally 0.
    pub(crate) load: Timeline<u8>,
    /// The available share of the Internet connection's bandwidth, in percent. Normally 100.
    pub(crate) speed: Timeline<u8>,
    pub(crate) poor_classes: Timeline<Vec<Text>>,
    pub(crate) service_level: Timeline<&'static str>,
    pub(crate) name: Option<String>,
    pub(crate) service_id: Option<String>,
    pub(crate) profile: Option<String>,
    /// The last change of name, service id or profile.
    pub(crate) renamed: Option<i64>,
    /// The members of the Wi-Fi network that were set, with the times of the first and the last change.
    pub(crate) wifi: Option<(Map<String, Value>, i64, i64)>,
    /// The requested speed tests.
    pub(crate) speed_tests: Vec<AskedTest>,
    /// The times of requested optimizations.
    pub(crate) optimizations: Vec<i64>,
}

/// The history of a node. Its index in [`History::nodes`] never changes, also when nodes leave.
#[derive(Debug)]
pub(crate) struct NodeHistory {
    pub(crate) identity: NodeLabel,
    pub(crate) nickname: Option<String>,
    pub(crate) link: Link,
    pub(crate) health: &'static str,
    /// The time of the claim, if later than the location's onboarding.
    pub(crate) claimed_at: Option<i64>,
    pub(crate) claimed: bool,
    pub(crate) connected: Timeline<bool>,
    /// The parent node. `None` for the gateway.
    pub(crate) parent: Timeline<Option<usize>>,
    pub(crate) boots: Vec<Boot>,
    pub(crate) firmware: Timeline<Text>,
    /// Overrides the health with `poor`.
    pub(crate) poor: Timeline<bool>,
}

/// One start of a node.
#[derive(Debug, Clone)]
pub(crate) struct Boot {
    pub(crate) at: i64,
    pub(crate) reason: Text,
    pub(crate) firmware: Text,
}

#[derive(Debug)]
pub(crate) struct DeviceHistory {
    pub(crate) connected: Timeline<bool>,
    /// The current or last node. `None` after the device left by itself.
    pub(crate) node: Timeline<Option<usize>>,
    pub(crate) nickname: Option<String>,
    pub(crate) favorite: Option<bool>,
}

/// A requested speed test.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AskedTest {
    pub(crate) at: i64,
    pub(crate) node: usize,
    pub(crate) request: u32,
}

impl History {
    /// Returns how long the location was offline between the two moments. Without a gateway it never was.
    pub(crate) fn offline_within(&self, from: i64, to: i64) -> i64 {
        self.online.time_where(from, to, |online| *online == Some(false))
    }

    /// Returns start and end of each outage between the two moments.
    pub(crate) fn outages(&self, from: i64, to: i64) -> Vec<(i64, i64)> {
        let changes = self.online.changes();
        let ends = changes.iter().skip(1).map(|(at, _)| *at).chain([i64::MAX]);
        let spans = changes.iter().zip(ends);
        spans
            .filter(|((_, online), _)| *online == Some(false))
            .map(|((start, _), end)| (from.max(*start), to.min(end)))
            .filter(|(start, end)| start < end)
            .collect()
    }

    /// Returns whether `class` of traffic had poor quality at `moment`.
    pub(crate) fn is_poor(&self, class: &str, moment: i64) -> bool {
        self.poor_classes.at(moment).iter().any(|poor| poor == class)
    }
}
