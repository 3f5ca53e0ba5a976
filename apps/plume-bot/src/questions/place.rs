//! Places, and what can be reported about them.

use plume::WanPeriod;
use serde::{Deserialize, Serialize};

/// A location, as this bot remembers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub customer: String,
    pub location: String,
    pub name: Option<String>,
}

/// What can be reported about a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    Health,
    Status,
    Nodes(usize),
    Devices(usize),
    Wifi,
    Wan(WanPeriod),
    /// When it was online in the last hours.
    Stats(u32),
}
