//! The events of a story.

use std::time::Duration;

use serde::Deserialize;

use crate::world::history::{Change, Script};
use crate::world::homes::Plan;
use crate::world::stories::field;

/// Ten years: a longer span would exceed the calendar.
const LONGEST: i64 = 3_653 * 86_400_000;

/// One event in a home. Where `lasts` is `None`, the event is permanent.
///
/// A node is named `gateway`, by its nickname (`Living Room`), or by its number from 1 (`2`); a device by its
/// nickname or name, or by its number from 1. Homes without such a node or device skip the event.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum StoryEvent {
    /// `power-loss`: the node loses power. After power returns, it takes 97 seconds to start.
    PowerLoss {
        /// The node.
        #[serde(default = "field::gateway", deserialize_with = "field::node")]
        node: String,
        /// The duration.
        #[serde(rename = "for", default, deserialize_with = "field::lasts")]
        lasts: Option<Duration>,
    },
    /// `reboot`: the node restarts.
    Reboot {
        /// The node.
        #[serde(default = "field::gateway", deserialize_with = "field::node")]
        node: String,
        /// The reason shown in reports.
        #[serde(default = "field::reboot", deserialize_with = "field::reason")]
        reason: String,
    },
    /// `firmware-upgrade`: every node installs this version and restarts, one after another.
    FirmwareUpgrade {
        /// The version.
        #[serde(deserialize_with = "field::version")]
        version: String,
    },
    /// `wan-outage`: the Internet connection is lost; the nodes keep running.
    WanOutage {
        /// The duration.
        #[serde(rename = "for", default, deserialize_with = "field::lasts")]
        lasts: Option<Duration>,
    },
    /// `backhaul-loss`: the pod loses its link to the mesh. Its health is poor for half an hour after the link
    /// returns.
    BackhaulLoss {
        /// The node.
        #[serde(deserialize_with = "field::node")]
        node: String,
        /// The duration.
        #[serde(rename = "for", default, deserialize_with = "field::lasts")]
        lasts: Option<Duration>,
    },
    /// `pod-roams`: the pod moves to another parent node.
    PodRoams {
        /// The node.
        #[serde(deserialize_with = "field::node")]
        node: String,
        /// The new parent node.
        #[serde(deserialize_with = "field::to")]
        to: String,
    },
    /// `poor-health`: the health of the node is poor, which raises an alert.
    PoorHealth {
        /// The node.
        #[serde(default = "field::gateway", deserialize_with = "field::node")]
        node: String,
        /// The duration.
        #[serde(rename = "for", default, deserialize_with = "field::lasts")]
        lasts: Option<Duration>,
    },
    /// `device-leaves`: the device disconnects, and reconnects after the duration, if given.
    DeviceLeaves {
        /// The device.
        #[serde(deserialize_with = "field::device")]
        device: String,
        /// The duration.
        #[serde(rename = "for", default, deserialize_with = "field::lasts")]
        lasts: Option<Duration>,
    },
    /// `device-joins`: the device connects, to this node if given.
    DeviceJoins {
        /// The device.
        #[serde(deserialize_with = "field::device")]
        device: String,
        /// The node.
        #[serde(default, deserialize_with = "field::maybe_node")]
        node: Option<String>,
    },
    /// `saturation`: the Internet connection is used to at least this percentage.
    Saturation {
        /// 1 to 100.
        #[serde(deserialize_with = "field::percent")]
        percent: u8,
        /// The duration.
        #[serde(rename = "for", default, deserialize_with = "field::lasts")]
        lasts: Option<Duration>,
    },
    /// `speed-drop`: the Internet connection has this percentage of its bandwidth.
    SpeedDrop {
        /// 1 to 100.
        #[serde(deserialize_with = "field::percent")]
        percent: u8,
        /// The duration.
        #[serde(rename = "for", default, deserialize_with = "field::lasts")]
        lasts: Option<Duration>,
    },
    /// `poor-qoe`: a class of traffic, such as `video_conferencing`, has poor quality.
    PoorQoe {
        /// The class.
        #[serde(deserialize_with = "field::class")]
        class: String,
        /// The duration.
        #[serde(rename = "for", default, deserialize_with = "field::lasts")]
        lasts: Option<Duration>,
    },
    /// `service-level`: the subscription changes.
    ServiceLevel {
        /// The new level.
        level: Level,
    },
    /// `ssid`: the Wi-Fi network gets another name.
    Ssid {
        /// The new name.
        #[serde(rename = "name", deserialize_with = "field::name")]
        ssid: String,
    },
}

/// A service level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Level {
    /// `noService`
    NoService,
    /// `basicService`
    BasicService,
    /// `fullService`
    FullService,
}

impl Level {
    pub(crate) const ALL: [(&'static str, Self); 3] = [
        ("noService", Self::NoService),
        ("basicService", Self::BasicService),
        ("fullService", Self::FullService),
    ];

    pub(crate) fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, level)| *level == self).map_or("", |(word, _)| word)
    }
}

pub(crate) fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(LONGEST).min(LONGEST)
}

impl StoryEvent {
    /// Adds the changes of this event in a home with this plan to `script`, starting at `at`.
    pub(crate) fn tell(&self, script: &mut Script, plan: &Plan, at: i64) {
        self.tell_if_possible(script, plan, at);
    }

    fn tell_if_possible(&self, script: &mut Script, plan: &Plan, at: i64) -> Option<()> {
        let end = |lasts: &Option<Duration>| lasts.map(|span| at + millis(span));
        match self {
            Self::PowerLoss { node, lasts } => {
                script.power_loss(at, end(lasts), find_node(plan, node)?, "power cycle");
            }
            Self::Reboot { node, reason } => script.reboot(at, find_node(plan, node)?, reason.clone()),
            Self::FirmwareUpgrade { version } => {
                // The gateway restarts last, so each pod can download its firmware.
                for (node, turn) in (0..plan.nodes.len()).rev().zip(0_i64..) {
                    script.upgrade(at + turn * 5 * 60_000, node, version.clone());
                }
            }
            Self::WanOutage { lasts } => script.wan_outage(at, end(lasts)),
            Self::BackhaulLoss { node, lasts } => {
                let node = find_node(plan, node).filter(|node| *node > 0)?;
                script.backhaul_loss(at, end(lasts), node);
            }
            Self::PodRoams { node, to } => {
                let (node, parent) = (find_node(plan, node)?, find_node(plan, to)?);
                script.at(at, Change::Parent { node, parent });
            }
            Self::PoorHealth { node, lasts } => {
                let node = find_node(plan, node)?;
                script.span(at, end(lasts), |begins| Change::PoorHealth { node, begins });
            }
            Self::DeviceLeaves { device, lasts } => {
                let device = find_device(plan, device)?;
                script.at(at, Change::Left { device });
                if let Some(end) = end(lasts) {
                    script.at(end, Change::Joined { device, node: None });
                }
            }
            Self::DeviceJoins { device, node } => {
                let device = find_device(plan, device)?;
                let node = match node {
                    Some(node) => Some(find_node(plan, node)?),
                    None => None,
                };
                script.at(at, Change::Joined { device, node });
            }
            Self::Saturation { percent, lasts } => {
                let percent = (*percent).min(100);
                script.span(at, end(lasts), |begins| Change::Load { percent, begins });
            }
            Self::SpeedDrop { percent, lasts } => {
                let percent = (*percent).min(100);
                script.span(at, end(lasts), |begins| Change::Speed { percent, begins });
            }
            Self::PoorQoe { class, lasts } => {
                script
                    .span(at, end(lasts), |begins| Change::PoorClass { class: class.clone().into(), begins });
            }
            Self::ServiceLevel { level } => script.at(at, Change::ServiceLevel(level.word())),
            Self::Ssid { ssid } => {
                let member = ("ssid".to_owned(), serde_json::Value::from(ssid.as_str()));
                script.at(at, Change::Wifi([member].into_iter().collect()));
            }
        }
        Some(())
    }
}

fn number(text: &str, count: usize) -> Option<usize> {
    text.parse::<usize>().ok()?.checked_sub(1).filter(|index| *index < count)
}

fn find_node(plan: &Plan, name: &str) -> Option<usize> {
    if name.eq_ignore_ascii_case("gateway") {
        return (!plan.nodes.is_empty()).then_some(0);
    }
    let called =
        |nickname: Option<&str>| nickname.is_some_and(|nickname| nickname.eq_ignore_ascii_case(name));
    let by_name = plan.nodes.iter().position(|node| called(node.nickname));
    by_name.or_else(|| number(name, plan.nodes.len()))
}

fn find_device(plan: &Plan, name: &str) -> Option<usize> {
    let called = |text: Option<&str>| text.is_some_and(|text| text.eq_ignore_ascii_case(name));
    let by_name =
        plan.devices.iter().position(|device| called(device.kind.nickname) || called(Some(device.kind.name)));
    by_name.or_else(|| number(name, plan.devices.len()))
}
