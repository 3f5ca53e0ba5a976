//! The tree of a home.

use plume_types::{FreqBand, Medium, NodeId};
use serde::Serialize;

use crate::facts::{NodeState, PositionUnknown};
use crate::named::named;

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

/// What makes the way of a node to the gateway weak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

named!(WeakLink {
    PoorHealth = "poor_health",
    FairHealth = "fair_health",
    Band2_4 = "band2_4",
    LongChain = "long_chain",
});

impl Topology {
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
