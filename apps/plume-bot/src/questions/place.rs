//! Places, and the reports about them.

use plume::WanPeriod;
use serde::{Deserialize, Serialize};

/// A location, as this bot stores it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub customer: String,
    pub location: String,
    pub name: Option<String>,
}

/// A report about a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    Health,
    Status,
    Nodes(usize),
    Devices(usize),
    Wifi,
    Wan(WanPeriod),
    /// The online times of the last hours.
    Stats(u32),
}
