//! The tree of a home: which pod hangs on which, by what link, and what that explains.
//!
//! ```
//! use plume_health::topology::{Position, Topology};
//! use plume_types::{ConnectionState, Hop, List, LocationSnapshot, Node, Part};
//!
//! let mut gateway = Node::new("TST0000001");
//! gateway.connection_state = ConnectionState::Connected.into();
//! gateway.leaf_to_root = List::default().into();
//! let mut pod = Node::new("TST0000002");
//! pod.connection_state = ConnectionState::Connected.into();
//! pod.leaf_to_root = List::from(vec![Hop::new("TST0000001")]).into();
//! let mut snapshot = LocationSnapshot::new("customer", "location", "2026-01-15T10:00:00Z".parse()?);
//! snapshot.nodes = Part::Known(vec![pod, gateway].into());
//!
//! let topology = Topology::of(&snapshot);
//! assert_eq!(topology.gateway().map(|node| node.id.as_str()), Some("TST0000001"));
//! let pod = topology.get(&"TST0000002".into()).unwrap();
//! assert_eq!(pod.position, Position::Behind { parent: "TST0000001".into() });
//! assert_eq!(pod.hops, Some(1));
//! # Ok::<(), chrono::ParseError>(())
//! ```
//!
//! # What is taken for a position
//!
//! * The parent of a node is the first step of its own `leafToRoot`. A connected node with an empty one is
//!   the gateway.
//! * A node that does not tell (a disconnected one has an empty way) is placed where the ways of others saw
//!   it: the way `[B, A]` of a device says that `B` hangs behind `A`. The way of something connected goes
//!   before one of something that has left, and of those the newest. That is a *last known* position. If the
//!   newest ways contradict each other, the position is unknown.
//! * Without a connected gateway, the only node that others saw at the top is the last known gateway.
//! * Everything else is an explicit [`Position::Unknown`] with its reason: a parent that is not in the list,
//!   a circle, records that contradict each other, several gateways, no way at all.

mod tree;

use plume_types::{ConnectionState, Device, Field, FreqBand, LocationSnapshot, Medium, Node, NodeId};
use serde::Serialize;

use self::tree::{Member, Place};
pub(crate) use self::tree::{Positions, Tree, by_id};
use crate::analyze::address::Address;
use crate::analyze::quality::Quality;
use crate::analyze::{known, quality};
use crate::policy::POOR_BELOW;
use crate::render::Rendering;
use crate::report::NodeState;
use crate::{render, words};

/// From this many Wi-Fi hops to the gateway a chain counts as long: each one costs about half of the
/// throughput, so that an eighth is left.
pub const LONG_CHAIN_FROM: u32 = 3;

/// The tree of a location.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Topology {
    /// The location's name, exactly as the API gives it, else its id.
    pub location: String,
    /// Every node once, in the order of the ids.
    pub nodes: Vec<TopologyNode>,
    /// What is not known about the whole, in sentences for people: nodes or devices that could not be read.
    pub unknown: Vec<String>,
}

/// A gateway or pod in its place.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TopologyNode {
    /// The node.
    pub id: NodeId,
    /// Its name for people, exactly as the API gives it.
    pub name: String,
    /// Whether it is connected.
    pub state: NodeState,
    /// Where it is.
    pub position: Position,
    /// Steps to the top of its tree, 0 for the gateway; `None` where the way up is not known to its end.
    pub hops: Option<u32>,
    /// The nodes directly behind it, by name; those with a last known position included.
    pub children: Vec<NodeId>,
    /// How it is attached to its parent; `None` if unknown, and on the gateway.
    pub backhaul: Option<Medium>,
    /// The band of a Wi-Fi link to its parent.
    pub band: Option<FreqBand>,
    /// What makes its way to the gateway weak.
    pub weak_links: Vec<WeakLink>,
    /// Connected devices that hang directly on it: counted, or the node's own count when the devices are not
    /// known.
    pub devices: Option<usize>,
}

/// Where a node is in the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Position {
    /// At the top.
    Gateway,
    /// Directly behind another node, as it says itself.
    Behind {
        /// That node.
        parent: NodeId,
    },
    /// At the top when others last saw it.
    LastKnownGateway,
    /// Directly behind another node when it, or others, last told.
    LastKnown {
        /// That node.
        parent: NodeId,
    },
    /// Nobody can tell.
    Unknown {
        /// Why.
        reason: PositionUnknown,
    },
}

/// Why a position is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PositionUnknown {
    /// The answer has no way to the gateway.
    NoPath,
    /// The way could not be read.
    UnreadablePath,
    /// It is disconnected, and no way of anything else leads over it.
    Disconnected,
    /// Its parent is not in the list of nodes.
    ParentNotListed,
    /// Following the parents leads back to it.
    Cycle,
    /// Its records, or the ways over it, contradict each other.
    Contradiction,
    /// More than one node says that it is the gateway.
    SeveralGateways,
}

/// What makes the way of a node to the gateway weak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WeakLink {
    /// The cloud judges it as poor, by word or with a score below 2.
    PoorHealth,
    /// The cloud judges it as fair.
    FairHealth,
    /// The backhaul is on 2.4 GHz.
    Band2_4,
    /// [`LONG_CHAIN_FROM`] or more Wi-Fi hops to the gateway.
    LongChain,
}

/// What is handed down the tree.
#[derive(Clone)]
struct Depth {
    hops: Option<u32>,
    /// Hops that are not by cable.
    wireless: u32,
}

impl Topology {
    /// The tree of a location. Total: whatever the ways say, this ends, in time in proportion to the input.
    #[must_use]
    pub fn of(snapshot: &LocationSnapshot) -> Self {
        let mut unknown = Vec::new();
        let nodes: &[Node] = match known(&snapshot.nodes) {
            Ok(nodes) => {
                if nodes.unreadable() > 0 {
                    unknown.push(words::nodes_unreadable(nodes.unreadable()));
                }
                nodes
            }
            Err(reason) => {
                unknown.push(words::topology::nodes_unknown(&reason));
                &[]
            }
        };
        let devices: Option<&[Device]> = match known(&snapshot.devices) {
            Ok(devices) => {
                if devices.unreadable() > 0 {
                    unknown.push(words::devices_unreadable(devices.unreadable()));
                }
                Some(devices)
            }
            Err(reason) => {
                unknown.push(words::topology::devices_unknown(&reason));
                None
            }
        };
        let records = by_id(nodes);
        let tree = Tree::of(&records, devices.unwrap_or_default());
        Self { location: snapshot.name().to_owned(), nodes: describe(&tree, devices), unknown }
    }

    /// The node, if there is one with this id.
    #[must_use]
    pub fn get(&self, id: &NodeId) -> Option<&TopologyNode> {
        self.nodes.binary_search_by(|node| node.id.cmp(id)).ok().and_then(|at| self.nodes.get(at))
    }

    /// The gateway, if exactly one node says that it is.
    #[must_use]
    pub fn gateway(&self) -> Option<&TopologyNode> {
        self.nodes.iter().find(|node| node.position == Position::Gateway)
    }

    /// Why a disconnected node is disconnected, as far as the tree tells: the highest disconnected node above
    /// it that no connected one separates it from, or itself. `None` for a node that is not disconnected.
    #[must_use]
    pub fn root_cause(&self, id: &NodeId) -> Option<&TopologyNode> {
        let down = |id: &NodeId| self.get(id).filter(|node| node.state == NodeState::Disconnected);
        let mut cause = down(id)?;
        // `of` leaves no circle, but the fields are public.
        for _ in 0..self.nodes.len() {
            match cause.position.parent().and_then(down) {
                Some(above) => cause = above,
                None => break,
            }
        }
        Some(cause)
    }

    /// Writes the tree. In all formats but JSON at most 20 nodes are shown; see
    /// [`HealthReport::render`](crate::HealthReport::render).
    #[must_use]
    pub fn render(&self, format: impl Into<Rendering>) -> String {
        render::render(format, self, render::topology::layout)
    }
}

impl Position {
    /// The node directly above, now or last known.
    #[must_use]
    pub fn parent(&self) -> Option<&NodeId> {
        match self {
            Self::Behind { parent } | Self::LastKnown { parent } => Some(parent),
            _ => None,
        }
    }
}

fn describe(tree: &Tree<'_>, devices: Option<&[Device]>) -> Vec<TopologyNode> {
    let depths = tree.hand_down(|member, above: Option<&Depth>| {
        let cost = u32::from(!matches!(backhaul(member), Some(Medium::Ethernet | Medium::Moca)));
        match (member.place, above) {
            (Place::Under { .. }, Some(above)) => Depth {
                hops: above.hops.map(|hops| hops.saturating_add(1)),
                wireless: above.wireless.saturating_add(cost),
            },
            (Place::Root | Place::LastRoot, _) => Depth { hops: Some(0), wireless: 0 },
            _ => Depth { hops: None, wireless: 0 },
        }
    });
    let counts = devices.map(|devices| count_devices(tree, devices));
    let mut children: Vec<Vec<(&str, &NodeId)>> = vec![Vec::new(); tree.members.len()];
    for member in &tree.members {
        if let Some(siblings) = member.place.parent().and_then(|parent| children.get_mut(parent)) {
            siblings.push((member.name(), member.id));
        }
    }
    tree.members
        .iter()
        .zip(depths)
        .zip(&mut children)
        .enumerate()
        .map(|(at, ((member, depth), children))| {
            children.sort_unstable();
            let own_count = || member.records.iter().filter_map(|node| node.connected_device_count).min();
            let devices = match &counts {
                Some(counts) => counts.get(at).copied(),
                None => own_count().and_then(|count| usize::try_from(count).ok()),
            };
            TopologyNode {
                id: member.id.clone(),
                name: member.name().to_owned(),
                state: member.state,
                position: position(tree, member.place),
                hops: depth.as_ref().and_then(|depth| depth.hops),
                children: children.iter().map(|(_, id)| (*id).clone()).collect(),
                backhaul: backhaul(member).cloned(),
                band: band(member),
                weak_links: weak_links(member, depth.as_ref()),
                devices,
            }
        })
        .collect()
}

fn position(tree: &Tree<'_>, place: Place) -> Position {
    let unlisted = Position::Unknown { reason: PositionUnknown::ParentNotListed };
    match place {
        Place::Root => Position::Gateway,
        Place::LastRoot => Position::LastKnownGateway,
        Place::Unknown(reason) => Position::Unknown { reason },
        Place::Under { parent, last_known } => match tree.members.get(parent).map(|member| member.id.clone())
        {
            Some(parent) if last_known => Position::LastKnown { parent },
            Some(parent) => Position::Behind { parent },
            None => unlisted,
        },
    }
}

impl<'a> Member<'a> {
    fn name(&self) -> &'a str {
        self.records.iter().map(|node| node.display_name()).min().unwrap_or(self.id.as_str())
    }

    /// What all records that tell it agree on.
    fn agreed<T: PartialEq>(&self, field: impl Fn(&'a Node) -> Option<T>) -> Option<T> {
        let mut values = self.records.iter().filter_map(|node| field(node));
        let first = values.next()?;
        values.all(|other| other == first).then_some(first)
    }
}

/// The link of a disconnected node is no link.
fn backhaul<'a>(member: &Member<'a>) -> Option<&'a Medium> {
    if member.state == NodeState::Disconnected || !matches!(member.place, Place::Under { .. }) {
        return None;
    }
    member.agreed(|node| node.backhaul_type.as_ref()).filter(|medium| **medium != Medium::NotKnown)
}

fn band(member: &Member<'_>) -> Option<FreqBand> {
    match backhaul(member) {
        Some(Medium::Wifi) => {}
        _ => return None,
    }
    // A channel alone does not tell the band: 2.4 and 6 GHz share numbers.
    member
        .agreed(|node| {
            let hop = node.leaf_to_root.known()?.first()?;
            hop.freq_band.as_deref().or(hop.radio.as_deref())
        })
        .map(FreqBand::from)
}

fn weak_links(member: &Member<'_>, depth: Option<&Depth>) -> Vec<WeakLink> {
    let mut weak = Vec::new();
    if member.state == NodeState::Disconnected || !matches!(member.place, Place::Under { .. }) {
        return weak;
    }
    let health = member.records.iter().map(|node| quality::of_health(&node.health, POOR_BELOW)).min();
    match health {
        Some(Quality::Poor) => weak.push(WeakLink::PoorHealth),
        Some(Quality::Fair) => weak.push(WeakLink::FairHealth),
        _ => {}
    }
    if band(member) == Some(FreqBand::Band2_4) {
        weak.push(WeakLink::Band2_4);
    }
    if depth.is_some_and(|depth| depth.hops.is_some() && depth.wireless >= LONG_CHAIN_FROM) {
        weak.push(WeakLink::LongChain);
    }
    weak
}

/// Connected devices by the node they hang on, each device once.
fn count_devices(tree: &Tree<'_>, devices: &[Device]) -> Vec<usize> {
    let connected = Field::Known(ConnectionState::Connected);
    let mut placed: Vec<_> = devices
        .iter()
        .filter(|device| device.connection_state == connected)
        .filter(|device| device.leaf_to_root.known().is_some_and(|way| way.unreadable() == 0))
        .filter_map(|device| Some((Address::from(&device.mac), tree.index(device.node()?)?)))
        .collect();
    placed.sort_unstable();
    placed.dedup_by_key(|(address, _)| *address);
    let mut counts = vec![0_usize; tree.members.len()];
    for (_, at) in placed {
        if let Some(count) = counts.get_mut(at) {
            *count = count.saturating_add(1);
        }
    }
    counts
}
