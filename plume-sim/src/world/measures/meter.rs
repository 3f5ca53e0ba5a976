//! Measured values of nodes and devices, and whether they were online.

use crate::world::noise::{self, tenths};
use crate::world::state::{Device, Location, Node};

/// Returns the quality of the device's connection, from 1 to 5.
pub(crate) fn device_score(location: &Location, device: &Device) -> f64 {
    tenths(noise::between(location.seed, &[location.salt(), u64::from(device.index), 0xde7], 4.0, 4.9))
}

/// The measured values of one node or device. They depend on the seed, the subject and the moment, never on earlier
/// requests.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Meter {
    seed: u64,
    location: u64,
    thing: u64,
}

impl Meter {
    /// Creates a meter. `thing` is the serial number, the MAC address or another key within the location.
    pub(crate) fn new(location: &Location, thing: &str) -> Self {
        Self { seed: location.seed, location: location.salt(), thing: noise::salt(thing) }
    }

    fn salts(self, what: &str, at: i64) -> [u64; 4] {
        [self.location, self.thing, noise::salt(what), u64::try_from(at).unwrap_or(0)]
    }

    pub(crate) fn read(self, what: &str, at: i64, low: f64, high: f64) -> f64 {
        tenths(noise::between(self.seed, &self.salts(what, at), low, high))
    }

    pub(crate) fn count(self, what: &str, at: i64, bound: u64) -> u64 {
        noise::below(self.seed, &self.salts(what, at), bound)
    }

    /// Returns 24 hex digits, the form of document ids.
    pub(crate) fn document_id(self, what: &str, at: i64) -> String {
        let hash = noise::hash(self.seed, &self.salts(what, at));
        format!("5ca1ab1e{hash:016x}")
    }
}

/// Returns whether the location was online for most of the time between the two moments.
pub(crate) fn online(location: &Location, start: i64, end: i64) -> bool {
    location.network.is_some()
        && start >= location.created
        && location.offline_within(start, end) * 2 <= end - start
}

pub(crate) fn node_there(location: &Location, node: &Node, start: i64, end: i64) -> bool {
    location.node_online_within(node, start, end) > 0
}

/// Returns the health of a node at a moment.
pub(crate) fn health_at(location: &Location, node: &Node, moment: i64) -> &'static str {
    location.history_of(node).map_or("", |past| if *past.poor.at(moment) { "poor" } else { past.health })
}

pub(crate) fn device_there(location: &Location, device: &Device, start: i64, end: i64) -> bool {
    location.device_online_within(device, start, end) > 0
}
