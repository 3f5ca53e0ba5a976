//! The configuration of a location, apart from the location itself.

pub(crate) mod events;
pub(crate) mod network;
pub(crate) mod node_parts;
pub(crate) mod parts;
pub(crate) mod wlans;
