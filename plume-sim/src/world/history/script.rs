//! Builds the single changes of one event.

use crate::world::history::event::{Change, Event, Text};
use crate::world::homes::Plan;
use crate::world::ids::LocationKey;
use crate::world::noise;
use crate::world::time::{DAY, HOUR, MINUTE, SECOND, floor};

/// The time from power to being reachable.
pub(crate) const BOOT: i64 = 97 * SECOND;
/// The time for which a pod's link stays weak after its return.
const UNSTEADY: i64 = 30 * MINUTE;

/// The events of one location, unsorted.
#[derive(Debug, Default)]
pub(crate) struct Script(Vec<Event>);

impl Script {
    pub(crate) fn at(&mut self, at: i64, change: Change) {
        self.0.push(Event { at, change });
    }

    /// Returns the events by time. Events of one moment keep their order.
    pub(crate) fn into_events(mut self) -> Vec<Event> {
        self.0.sort_by_key(|event| event.at);
        self.0
    }

    pub(crate) fn extend(&mut self, events: impl IntoIterator<Item = Event>) {
        self.0.extend(events);
    }

    /// Starts the node at `at`.
    pub(crate) fn boot(&mut self, at: i64, node: usize, reason: impl Into<Text>) {
        self.at(at, Change::Boot { node, reason: reason.into() });
        self.at(at + BOOT, Change::Ready { node });
    }

    /// Takes the node's power away until `end`, or permanently.
    pub(crate) fn power_loss(&mut self, at: i64, end: Option<i64>, node: usize, reason: impl Into<Text>) {
        self.at(at, Change::Down { node });
        if let Some(end) = end {
            self.boot(end, node, reason);
        }
    }

    /// Restarts the node at once.
    pub(crate) fn reboot(&mut self, at: i64, node: usize, reason: impl Into<Text>) {
        self.power_loss(at, Some(at), node, reason);
    }

    /// Restarts the node with other firmware.
    pub(crate) fn upgrade(&mut self, at: i64, node: usize, version: impl Into<Text>) {
        self.at(at, Change::Down { node });
        // The firmware is written while the node is offline, before it starts.
        self.at(at + MINUTE, Change::Firmware { node, version: version.into() });
        self.boot(at + MINUTE, node, "firmware upgrade");
    }

    pub(crate) fn wan_outage(&mut self, at: i64, end: Option<i64>) {
        self.at(at, Change::Wan { up: false });
        if let Some(end) = end {
            self.at(end, Change::Wan { up: true });
        }
    }

    /// Breaks the link of the pod to its parent. Its health stays poor for a while after the link returns.
    pub(crate) fn backhaul_loss(&mut self, at: i64, end: Option<i64>, node: usize) {
        self.at(at, Change::Backhaul { node, up: false });
        self.span(at, end.map(|end| end + UNSTEADY), |begins| Change::PoorHealth { node, begins });
        if let Some(end) = end {
            self.at(end, Change::Backhaul { node, up: true });
        }
    }

    /// Adds a change that starts and, with `end`, ends.
    pub(crate) fn span(&mut self, at: i64, end: Option<i64>, change: impl Fn(bool) -> Change) {
        self.at(at, change(true));
        if let Some(end) = end {
            self.at(end, change(false));
        }
    }

    /// Returns the events before the simulator was built: one power cut five days ago, the arrival of the devices,
    /// and two hours ago the losses of the plan.
    pub(crate) fn before(plan: &Plan, seed: u64, key: LocationKey, anchor: i64) -> Self {
        let mut script = Self::default();
        // The outage is within one hour, so hourly samples show it.
        let restart = floor(anchor - 5 * DAY, HOUR) + HOUR / 4;
        let lost = anchor - 2 * HOUR;
        for (index, node) in plan.nodes.iter().enumerate() {
            let reason = if index == 0 { "power cycle" } else { "uplink lost" };
            script.power_loss(restart - 412 * SECOND, Some(restart - BOOT), index, reason);
            if !node.up {
                script.power_loss(lost, None, index, "");
            }
        }
        for (index, device) in plan.devices.iter().enumerate() {
            let number = u64::try_from(index).unwrap_or(0) + 1;
            let salts = [u64::from(key.customer), u64::from(key.ordinal), number];
            let here_for = i64::try_from(noise::below(seed, &salts, 70)).unwrap_or(0);
            let came = anchor - (here_for + 1) * HOUR;
            if device.gone {
                script.at(lost, Change::Left { device: index });
            } else if plan.nodes.get(device.node).is_some_and(|node| node.up) {
                script.at(came - 10 * MINUTE, Change::Left { device: index });
                script.at(came, Change::Joined { device: index, node: None });
            }
        }
        script
    }
}
