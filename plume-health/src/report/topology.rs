//! The node tree of a home.

use plume_types::{FreqBand, Medium, NodeId};
use serde::{Deserialize, Serialize};

use crate::facts::{NodeState, PositionUnknown};
use crate::named::named;

/// The number of Wi-Fi hops to the gateway from which a chain counts as long. Each hop costs about half of the
/// throughput, so three hops leave an eighth.
pub const LONG_CHAIN_FROM: u32 = 3;

/// The node tree of a location.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Topology {
    /// The location's name exactly as the API gives it, or its id if there is no name.
    pub location: String,
    /// All nodes, sorted by id, each once.
    pub nodes: Vec<TopologyNode>,
    /// Gaps in the whole tree, in sentences for people: nodes or devices that could not be read.
    pub unknown: Vec<String>,
}

/// A gateway or pod with its position.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TopologyNode {
    /// The id.
    pub id: NodeId,
    /// The display name, exactly as the API gives it.
    pub name: String,
    /// The connection state.
    pub state: NodeState,
    /// The position in the tree.
    pub position: Position,
    /// The number of hops to the top of its tree, 0 for the gateway; `None` if the path is not completely known.
    pub hops: Option<u32>,
    /// The nodes directly behind it, by name. Nodes with a last known position are included.
    pub children: Vec<NodeId>,
    /// The link to the parent; `None` for the gateway, or if it is not known.
    pub backhaul: Option<Medium>,
    /// The band of a Wi-Fi link to its parent.
    pub band: Option<FreqBand>,
    /// Weaknesses of the path to the gateway.
    pub weak_links: Vec<WeakLink>,
    /// The number of connected devices that are attached directly to it. If the devices are not known, this is the
    /// node's own count.
    pub devices: Option<usize>,
}

/// The position of a node in the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Position {
    /// The top of the tree.
    Gateway,
    /// Directly behind another node, by its own report.
    Behind {
        /// The node above.
        parent: NodeId,
    },
    /// The top of the tree by the last known data of other nodes or devices.
    LastKnownGateway,
    /// Directly behind another node by the last known data.
    LastKnown {
        /// The node above.
        parent: NodeId,
    },
    /// Not known.
    Unknown {
        /// The reason.
        reason: PositionUnknown,
    },
}

/// A weakness of a node's path to the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum WeakLink {
    /// The cloud rates the node's health as poor, by word or with a score below 2.
    PoorHealth,
    /// The cloud rates the node's health as fair.
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
    /// Returns the node with this id.
    #[must_use]
    pub fn get(&self, id: &NodeId) -> Option<&TopologyNode> {
        self.nodes.binary_search_by(|node| node.id.cmp(id)).ok().and_then(|at| self.nodes.get(at))
    }

    /// Returns the gateway, if exactly one node reports that it is the gateway.
    #[must_use]
    pub fn gateway(&self) -> Option<&TopologyNode> {
        self.nodes.iter().find(|node| node.position == Position::Gateway)
    }

    /// Returns the node that explains why a node is disconnected: the highest disconnected node above it with no
    /// connected node between them, or the node itself. Returns `None` for a node that is not disconnected.
    #[must_use]
    pub fn root_cause(&self, id: &NodeId) -> Option<&TopologyNode> {
        let down = |id: &NodeId| self.get(id).filter(|node| node.state == NodeState::Disconnected);
        let mut cause = down(id)?;
        // `of` builds no cycle, but the fields are public.
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
    /// Returns the node directly above, current or last known.
    #[must_use]
    pub fn parent(&self) -> Option<&NodeId> {
        match self {
            Self::Behind { parent } | Self::LastKnown { parent } => Some(parent),
            _ => None,
        }
    }
}
