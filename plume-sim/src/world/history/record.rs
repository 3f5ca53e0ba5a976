//! What came out of the events of a location: its timelines.

use serde_json::{Map, Value};

use crate::world::history::event::{NodeLabel, Text};
use crate::world::history::timeline::Timeline;
use crate::world::homes::Link;

/// What happened in one location until the moment at which it was asked for.
#[derive(Debug)]
pub(crate) struct History {
    /// Whether the cloud reached the gateway; none while there is no gateway to reach.
    pub(crate) online: Timeline<Option<bool>>,
    pub(crate) nodes: Vec<NodeHistory>,
    pub(crate) devices: Vec<DeviceHistory>,
    /// The use of the Internet connection, in percent, that is exceeded whatever people do; 0 as a rule.
    pub(crate) load: Timeline<u8>,
    /// The share of its bandwidth, in percent, that the Internet connection gives; 100 as a rule.
    pub(crate) speed: Timeline<u8>,
    pub(crate) poor_classes: Timeline<Vec<Text>>,
    pub(crate) service_level: Timeline<&'static str>,
    pub(crate) name: Option<String>,
    pub(crate) service_id: Option<String>,
    pub(crate) profile: Option<String>,
    /// When name, service id or profile were changed last.
    pub(crate) renamed: Option<i64>,
    /// The members of the Wi-Fi network that were set, with the moments of the first and the last change.
    pub(crate) wifi: Option<(Map<String, Value>, i64, i64)>,
    /// Speed tests that were asked for.
    pub(crate) speed_tests: Vec<AskedTest>,
    /// When an optimization was asked for.
    pub(crate) optimizations: Vec<i64>,
}

/// What happened to one node. Its place in [`History::nodes`] never changes, also when nodes leave.
#[derive(Debug)]
pub(crate) struct NodeHistory {
    pub(crate) identity: NodeLabel,
    pub(crate) nickname: Option<String>,
    pub(crate) link: Link,
    pub(crate) health: &'static str,
    /// When it was claimed, if that was after the location's onboarding.
    pub(crate) claimed_at: Option<i64>,
    pub(crate) claimed: bool,
    pub(crate) connected: Timeline<bool>,
    /// The node it hangs on; none if it is the gateway.
    pub(crate) parent: Timeline<Option<usize>>,
    pub(crate) boots: Vec<Boot>,
    pub(crate) firmware: Timeline<Text>,
    /// Its health is poor, whatever it is else.
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
    /// The node it hangs on or hung on; none once it left by itself.
    pub(crate) node: Timeline<Option<usize>>,
    pub(crate) nickname: Option<String>,
    pub(crate) favorite: Option<bool>,
}

/// A speed test that was asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AskedTest {
    pub(crate) at: i64,
    pub(crate) node: usize,
    pub(crate) request: u32,
}

impl History {
    /// How long the location was offline between the two moments. Without a gateway it never was.
    pub(crate) fn offline_within(&self, from: i64, to: i64) -> i64 {
        self.online.time_where(from, to, |online| *online == Some(false))
    }

    /// The times between the two moments in which the location was offline: beginnings and ends.
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

    /// Whether `class` of traffic was of poor quality at `moment`.
    pub(crate) fn is_poor(&self, class: &str, moment: i64) -> bool {
        self.poor_classes.at(moment).iter().any(|poor| poor == class)
    }
}
