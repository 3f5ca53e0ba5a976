//! Locations with their nodes, devices and Wi-Fi networks.

pub(crate) mod devices;
pub(crate) mod location;
pub(crate) mod nodes;
pub(crate) mod wifi;
