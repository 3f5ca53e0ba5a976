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

pub use crate::facts::PositionUnknown;
pub use crate::report::{LONG_CHAIN_FROM, Position, Topology, TopologyNode, WeakLink};
