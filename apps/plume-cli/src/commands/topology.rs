//! `plume topology`: gateway, pods and devices as a tree.

use std::collections::BTreeMap;

use clap::Args;
use plume::{
    cli::exit,
    health::{
        NodeState,
        topology::{Position, Topology, TopologyNode, WeakLink},
    },
    types::{ConnectionState, Device, Field, FreqBand, Medium},
};
use serde::Serialize;

use crate::args::{LocationIds, help};
use crate::failure::Result;
use crate::output::{Cell, Column, Outcome, Rows, Schemas, Screen, Tree};
use crate::session::Session;

/// Show gateway, pods and devices as a tree
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume --demo topology --home two-pods-down",
    "plume topology 5f0000000000000000000001 5f0000000000000000000002 --no-devices",
]))]
pub(crate) struct ShowTopology {
    #[command(flatten)]
    ids: LocationIds,
    /// Show only the gateway and the pods
    #[arg(long)]
    no_devices: bool,
}

/// A node or device with its place.
#[derive(Debug, Serialize)]
pub(crate) struct Member {
    kind: Kind,
    id: String,
    name: String,
    state: NodeState,
    /// The node above; `null` for the gateway, and if it is not known.
    parent: Option<String>,
    place: Place,
    /// The reason of an unknown place.
    reason: Option<&'static str>,
    /// The link to the node above.
    medium: Option<String>,
    band: Option<String>,
    channel: Option<u32>,
    /// The cloud's rating of the link.
    rating: Option<String>,
    weak_links: Vec<WeakLink>,
    /// The number of connected devices that are attached to it.
    devices: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Gateway,
    Pod,
    Device,
}

/// How a place is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Place {
    Current,
    LastKnown,
    Unknown,
}

const SCHEMAS: Schemas = Schemas { list: "plume.topology/1", row: "plume.topology.member/1" };

const COLUMNS: [Column<Member>; 9] = [
    Column::word("KIND", |member| Cell::new(member.kind.word())),
    Column::text("NAME", |member| Cell::new(&member.name)),
    Column::word("ID", |member| Cell::new(&member.id)),
    Column::word("STATE", |member| Cell::new(member.state)),
    Column::word("PARENT", |member| Cell::option(member.parent.as_ref())),
    Column::word("PLACE", |member| Cell::new(member.place.word())),
    Column::word("MEDIUM", |member| Cell::option(member.medium.as_ref())),
    Column::word("BAND", |member| Cell::option(member.band.as_ref())),
    Column::word("RATING", |member| Cell::option(member.rating.as_ref())),
];

impl ShowTopology {
    pub(crate) async fn run(self, session: &Session) -> Result<Outcome<Member>> {
        let snapshot = session.location(&self.ids).await?.snapshot().await?;
        let topology = Topology::of(&snapshot);
        for gap in &topology.unknown {
            session.warn(gap);
        }
        let devices =
            if self.no_devices { &[] } else { snapshot.devices.known().map_or(&[][..], |list| list) };
        let rating = |node: &TopologyNode| {
            let nodes = snapshot.nodes.known().map_or(&[][..], |list| list);
            nodes.iter().find(|other| other.id == node.id).and_then(|node| rating(&node.health))
        };
        let nodes = topology.nodes.iter().map(|node| Member::of_node(node, rating(node)));
        let known = |id: &str| topology.nodes.iter().any(|node| node.id.as_str() == id);
        let mut members: Vec<Member> = nodes.collect();
        members.extend(devices.iter().map(|device| Member::of_device(device, known)));
        let text = draw(snapshot.display_name(), &members, session.screen());
        let rows = Rows { items: members, unreadable: 0, more: None };
        let code = if topology.unknown.is_empty() { exit::DONE } else { exit::PARTLY };
        Ok(Outcome { code, ..Outcome::list(SCHEMAS, rows, &COLUMNS).with_text(text) })
    }
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Pod => "pod",
            Self::Device => "device",
        }
    }
}

impl Place {
    fn word(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::LastKnown => "last known",
            Self::Unknown => "unknown",
        }
    }
}

impl Member {
    fn of_node(node: &TopologyNode, rating: Option<String>) -> Self {
        let (kind, place, reason) = match &node.position {
            Position::Gateway => (Kind::Gateway, Place::Current, None),
            Position::LastKnownGateway => (Kind::Gateway, Place::LastKnown, None),
            Position::Behind { .. } => (Kind::Pod, Place::Current, None),
            Position::LastKnown { .. } => (Kind::Pod, Place::LastKnown, None),
            Position::Unknown { reason } => (Kind::Pod, Place::Unknown, Some(reason.reason())),
            _ => (Kind::Pod, Place::Unknown, None),
        };
        Self {
            kind,
            id: node.id.to_string(),
            name: node.name.clone(),
            state: node.state,
            parent: node.position.parent().map(ToString::to_string),
            place,
            reason,
            medium: node.backhaul.as_ref().map(ToString::to_string),
            band: node.band.as_ref().map(ToString::to_string),
            channel: None,
            rating: rating.filter(|_| node.state == NodeState::Connected),
            weak_links: node.weak_links.clone(),
            devices: node.devices,
        }
    }

    fn of_device(device: &Device, is_listed: impl Fn(&str) -> bool) -> Self {
        let state = match &device.connection_state {
            Field::Known(ConnectionState::Connected) => NodeState::Connected,
            Field::Known(ConnectionState::Disconnected) => NodeState::Disconnected,
            _ => NodeState::Unknown,
        };
        let parent = device.node().map(ToString::to_string);
        let (place, reason) = match &parent {
            Some(parent) if !is_listed(parent) => {
                (Place::Unknown, Some("its node is not in the list of nodes"))
            }
            Some(_) if state == NodeState::Connected => (Place::Current, None),
            Some(_) => (Place::LastKnown, None),
            None => (Place::Unknown, Some("its path to the gateway is missing")),
        };
        let linked = state == NodeState::Connected;
        Self {
            kind: Kind::Device,
            id: device.mac.to_string(),
            name: device.display_name().to_owned(),
            state,
            parent,
            place,
            reason,
            medium: device.medium.as_ref().filter(|_| linked).map(ToString::to_string),
            band: device.freq_band.as_ref().filter(|_| linked).map(ToString::to_string),
            channel: device.channel.filter(|_| linked),
            rating: rating(&device.health).filter(|_| linked),
            weak_links: Vec::new(),
            devices: None,
        }
    }

    /// `Office (pod, Wi-Fi 5GU, good, 3 devices)`.
    fn line(&self) -> String {
        let mut facts = Vec::new();
        match self.state {
            NodeState::Disconnected => facts.push("OFFLINE".to_owned()),
            NodeState::Connected => {}
            _ => facts.push("state unknown".to_owned()),
        }
        match (self.kind, self.place) {
            (Kind::Gateway, Place::LastKnown) => facts.push("last known as gateway".to_owned()),
            (Kind::Gateway | Kind::Pod, _) => facts.push(self.kind.word().to_owned()),
            (Kind::Device, _) => {}
        }
        if self.place == Place::LastKnown && self.parent.is_some() {
            facts.push("last known here".to_owned());
        }
        facts.extend(self.medium.as_deref().map(|medium| {
            let medium = match Medium::from(medium) {
                Medium::Wifi => "Wi-Fi",
                Medium::Ethernet => "Ethernet",
                Medium::Moca => "MoCA",
                _ => medium,
            };
            let band = self.band.as_deref().filter(|_| medium == "Wi-Fi").map(band).unwrap_or_default();
            format!("{medium}{band}")
        }));
        facts
            .extend(self.channel.filter(|_| self.band.is_some()).map(|channel| format!("channel {channel}")));
        facts.extend(self.rating.as_ref().map(|rating| format!("rated {rating}")));
        for weak in &self.weak_links {
            facts.extend(match weak {
                WeakLink::Band2_4 => Some("weak: backhaul on 2.4 GHz".to_owned()),
                WeakLink::LongChain => Some("weak: long chain of Wi-Fi hops".to_owned()),
                // The rating says so.
                _ => None,
            });
        }
        facts.extend(self.devices.filter(|_| self.state != NodeState::Disconnected).map(|devices| {
            match devices {
                1 => "1 device".to_owned(),
                devices => format!("{devices} devices"),
            }
        }));
        facts.extend(self.reason.map(str::to_owned));
        if facts.is_empty() { self.name.clone() } else { format!("{} ({})", self.name, facts.join(", ")) }
    }
}

fn band(band: &str) -> String {
    match FreqBand::from(band) {
        FreqBand::Band2_4 => " 2.4 GHz".to_owned(),
        _ => match band.chars().next() {
            Some(number @ ('5' | '6')) => format!(" {number} GHz"),
            _ => format!(" {band}"),
        },
    }
}

fn rating(health: &Field<plume::types::Health>) -> Option<String> {
    health.known()?.status.known().map(ToString::to_string)
}

/// The tree with the gateway at its top; below it, what has no known place.
fn draw(location: &str, members: &[Member], screen: Screen) -> String {
    let mut tree = Tree::new(location, screen);
    let is_top = |member: &&Member| member.parent.is_none() && member.place != Place::Unknown;
    let tops: Vec<&Member> = members.iter().filter(is_top).collect();
    let unplaced: Vec<&Member> = members.iter().filter(|member| member.place == Place::Unknown).collect();
    let mut below = BTreeMap::<&str, Vec<&Member>>::new();
    for member in members.iter().filter(|member| member.place != Place::Unknown) {
        below.entry(member.parent.as_deref().unwrap_or_default()).or_default().push(member);
    }
    // Nodes before devices, then by name.
    below.values_mut().for_each(|members| {
        members.sort_by_key(|member| (member.kind == Kind::Device, &member.name));
    });
    let children = |member: &Member| match member.kind {
        // A device can have the id of a node.
        Kind::Device => Vec::new(),
        _ => below.get(member.id.as_str()).cloned().unwrap_or_default(),
    };
    if members.is_empty() {
        tree.leaf("no nodes and no devices");
    }
    tree.branches(&tops, &|member| member.line(), &children);
    if !unplaced.is_empty() {
        tree.heading("Place unknown");
        // Items that were last behind them are below them.
        tree.branches(&unplaced, &|member| member.line(), &children);
    }
    tree.finish()
}
