//! A location at the moment of a request.

use serde_json::{Map, Value};

use crate::world::history::{History, NodeHistory};
use crate::world::homes::plan;
use crate::world::homes::{DevicePlan, Link, Plan};
use crate::world::ids::{LocationKey, bare_mac};
use crate::world::state::customer::Customer;
use crate::world::time::{DAY, HOUR, MINUTE};

pub(crate) const CHANNEL_24: u32 = 6;
pub(crate) const CHANNEL_5_LOW: u32 = 44;
pub(crate) const CHANNEL_5_HIGH: u32 = 149;

/// Returns the Wi-Fi channel of the devices of a band.
pub(crate) fn channel(band: &str) -> u32 {
    if band == "2.4G" { CHANNEL_24 } else { CHANNEL_5_HIGH }
}

pub(crate) fn is_poor(node: &Node) -> bool {
    node.connected && node.health == "poor"
}

/// The inputs of measured values: the seed, the moment the simulator was built, and the moment of the request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Basis {
    pub(crate) seed: u64,
    pub(crate) anchor: i64,
    pub(crate) now: i64,
}

#[derive(Debug)]
pub(crate) struct Location {
    pub(crate) seed: u64,
    pub(crate) anchor: i64,
    pub(crate) now: i64,
    pub(crate) key: LocationKey,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) service_id: String,
    pub(crate) profile: String,
    pub(crate) customer: Customer,
    pub(crate) created: i64,
    pub(crate) updated: i64,
    pub(crate) service_level: &'static str,
    pub(crate) network: Option<Network>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) devices: Vec<Device>,
    /// `None` until a network is created.
    pub(crate) wifi: Option<Wifi>,
    /// The events that led to this state.
    pub(crate) history: History,
}

/// The current and the previous state of the Internet connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Network {
    pub(crate) online: bool,
    pub(crate) since: i64,
    pub(crate) previous_seconds: i64,
}

#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) serial: String,
    pub(crate) nickname: Option<String>,
    /// Its position in the history of the location, from 1. It stays when other nodes leave.
    pub(crate) index: u8,
    pub(crate) mac: String,
    pub(crate) pack_id: String,
    pub(crate) model: &'static str,
    pub(crate) firmware: String,
    pub(crate) link: Link,
    /// The index of the parent node. `None` for the gateway.
    pub(crate) parent: Option<usize>,
    pub(crate) connected: bool,
    pub(crate) since: i64,
    pub(crate) claimed: i64,
    /// Its last start.
    pub(crate) booted: Option<i64>,
    pub(crate) health: &'static str,
}

#[derive(Debug)]
pub(crate) struct Device {
    pub(crate) mac: String,
    pub(crate) kind: &'static plan::DeviceKind,
    pub(crate) nickname: Option<String>,
    pub(crate) favorite: bool,
    /// Its position in the location, from 1.
    pub(crate) index: u8,
    /// The index of the current or last node. `None` after it left by itself, because the cloud then drops the path.
    pub(crate) node: Option<usize>,
    pub(crate) connected: bool,
    pub(crate) since: i64,
    pub(crate) first_seen: i64,
}

/// The Wi-Fi network: the written members over the simulator's defaults.
#[derive(Debug)]
pub(crate) struct Wifi {
    pub(crate) members: Map<String, Value>,
    pub(crate) created: i64,
    pub(crate) updated: i64,
}

impl Location {
    pub(crate) fn new(
        key: LocationKey,
        customer: Customer,
        plan: &Plan,
        history: History,
        added: Option<(&str, i64)>,
        Basis { seed, anchor, now }: Basis,
    ) -> Self {
        let created = added.map_or(customer.created + HOUR / 6, |(_, at)| at);
        let planned_name = if key.ordinal == 1 { "Home" } else { "Cabin" };
        let name = history.name.clone();
        let service_id = history.service_id.clone();
        // The cloud updates every document from time to time.
        let touched = if added.is_some() { created } else { anchor - DAY };
        let mut location = Self {
            seed,
            anchor,
            now,
            key,
            id: key.id(),
            name: name.unwrap_or_else(|| added.map_or(planned_name, |(name, _)| name).to_owned()),
            service_id: service_id.unwrap_or_else(|| key.service_id()),
            profile: history.profile.clone().unwrap_or_else(|| "auto".to_owned()),
            created,
            updated: history.renamed.map_or(touched, |at| at.max(touched)),
            service_level: history.service_level.last(),
            network: network(&history, created),
            nodes: Vec::new(),
            devices: Vec::new(),
            wifi: wifi(&history, plan.wifi, created),
            customer,
            history,
        };
        location.nodes = location.build_nodes();
        location.devices = location.build_devices(&plan.devices);
        location
    }

    /// Returns when the setup of the household was complete.
    pub(crate) fn onboarded(&self) -> i64 {
        self.created + 20 * MINUTE
    }

    /// Returns the positions of the present nodes in the history, in their order.
    fn places(&self) -> impl Iterator<Item = (usize, &NodeHistory)> {
        self.history.nodes.iter().enumerate().filter(|(_, node)| node.claimed)
    }

    /// Returns the index in [`Location::nodes`] of the node at `place` in the history.
    fn index_of(&self, place: usize) -> Option<usize> {
        self.places().position(|(other, _)| other == place)
    }

    fn build_nodes(&self) -> Vec<Node> {
        self.places()
            .map(|(place, node)| Node {
                serial: node.identity.serial.clone(),
                nickname: node.nickname.clone(),
                index: u8::try_from(place).unwrap_or(u8::MAX).saturating_add(1),
                mac: node.identity.mac.clone(),
                pack_id: node.identity.pack_id.clone(),
                model: node.identity.model,
                firmware: node.firmware.last().to_string(),
                link: node.link,
                parent: node.parent.last().and_then(|parent| self.index_of(parent)),
                connected: *node.connected.last(),
                since: node.connected.since().or(node.claimed_at).unwrap_or(self.created),
                claimed: node.claimed_at.unwrap_or_else(|| self.onboarded() - 10 * MINUTE),
                booted: node.boots.last().map(|boot| boot.at),
                health: if *node.poor.last() { "poor" } else { node.health },
            })
            .collect()
    }

    fn build_devices(&self, plans: &[DevicePlan]) -> Vec<Device> {
        let devices = plans.iter().zip(&self.history.devices).zip(1_u8..);
        devices
            .map(|((plan, device), index)| {
                let first_seen = self.customer.created + DAY + i64::from(index) * 7 * HOUR;
                Device {
                    mac: plan.mac.map_or_else(|| self.key.mac(1, index), str::to_owned),
                    kind: plan.kind,
                    nickname: device.nickname.clone().or_else(|| plan.kind.nickname.map(str::to_owned)),
                    favorite: device.favorite.unwrap_or(plan.kind.favorite),
                    index,
                    node: device.node.last().and_then(|place| self.index_of(place)),
                    connected: *device.connected.last(),
                    since: device.connected.since().unwrap_or(first_seen),
                    first_seen,
                }
            })
            .collect()
    }

    pub(crate) fn node(&self, id: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.serial == id)
    }

    pub(crate) fn device(&self, mac: &str) -> Option<&Device> {
        let bare = bare_mac(mac);
        self.devices.iter().find(|device| bare_mac(&device.mac) == bare)
    }

    pub(crate) fn gateway(&self) -> Option<&Node> {
        self.nodes.iter().find(|node| node.link == Link::Root)
    }

    /// Returns the devices that are connected through `node` now.
    pub(crate) fn devices_at(&self, node: &Node) -> impl Iterator<Item = &Device> {
        let index = self.nodes.iter().position(|other| other.serial == node.serial);
        self.devices.iter().filter(move |device| device.connected && device.node == index)
    }

    /// Returns the nodes above `node`, from its parent up to the gateway, each with the link from the node below.
    pub(crate) fn above(&self, node: &Node) -> Vec<(&Node, Link)> {
        let mut above = Vec::new();
        let mut at = node;
        // A node is visited once, so a cycle in the history ends.
        while let Some(parent) = at.parent.and_then(|index| self.nodes.get(index)) {
            if above.len() >= self.nodes.len() {
                break;
            }
            above.push((parent, at.link));
            at = parent;
        }
        above
    }

    /// Returns how long the location was offline between the two moments.
    pub(crate) fn offline_within(&self, from: i64, to: i64) -> i64 {
        self.history.offline_within(from, to)
    }

    /// Returns the history of `node`.
    pub(crate) fn history_of(&self, node: &Node) -> Option<&NodeHistory> {
        self.history.nodes.get(node.place())
    }

    /// Returns how long `node` was connected between the two moments.
    pub(crate) fn node_online_within(&self, node: &Node, from: i64, to: i64) -> i64 {
        self.history_of(node)
            .map_or(0, |node| node.connected.time_where(from.max(self.created), to, |up| *up))
    }

    /// Returns how long `device` was connected between the two moments.
    pub(crate) fn device_online_within(&self, device: &Device, from: i64, to: i64) -> i64 {
        let history = self.history.devices.get(device.place());
        history.map_or(0, |past| past.connected.time_where(from.max(device.first_seen), to, |up| *up))
    }

    /// Returns the salt of this location's measured values.
    pub(crate) fn salt(&self) -> u64 {
        u64::from(self.key.customer) << 8 | u64::from(self.key.ordinal)
    }
}

impl Node {
    /// Returns its position in the history, from 0.
    pub(crate) fn place(&self) -> usize {
        usize::from(self.index).wrapping_sub(1)
    }
}

impl Device {
    /// Returns its position in the history, from 0.
    pub(crate) fn place(&self) -> usize {
        usize::from(self.index).wrapping_sub(1)
    }
}

fn network(history: &History, created: i64) -> Option<Network> {
    let online = (*history.online.last())?;
    let since = history.online.since().unwrap_or(created);
    let before = history.online.changes().iter().rev().nth(1).map_or(created, |(at, _)| *at);
    Some(Network { online, since, previous_seconds: (since - before).max(0) / 1_000 })
}

fn wifi(history: &History, planned: bool, created: i64) -> Option<Wifi> {
    let made = created + 15 * MINUTE;
    match &history.wifi {
        Some((members, first, last)) => {
            let created = if planned { made } else { *first };
            Some(Wifi { members: members.clone(), created, updated: *last })
        }
        None if planned => Some(Wifi { members: Map::new(), created: made, updated: made }),
        None => None,
    }
}
