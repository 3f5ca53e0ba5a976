//! The node tree of a home: parents, links, and root causes of disconnected pods.
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
//! # How positions are determined
//!
//! * The parent of a node is the first hop of its own `leafToRoot`. A connected node with an empty `leafToRoot` is
//!   the gateway.
//! * A node without a path of its own (a disconnected one has an empty path) is placed by the paths of others: the
//!   path `[B, A]` of a device says that `B` is behind `A`. Paths of connected things take precedence over paths of
//!   things that left; among the latter the newest counts. The result is a *last known* position. If the newest
//!   paths contradict each other, the position is unknown.
//! * If there is no connected gateway, the only node that others saw at the top is the last known gateway.
//! * Any other position is an explicit [`Position::Unknown`] with its reason: an unlisted parent, a cycle,
//!   contradicting records, several gateways, or no path.

pub use crate::facts::PositionUnknown;
pub use crate::report::{LONG_CHAIN_FROM, Position, Topology, TopologyNode, WeakLink};
