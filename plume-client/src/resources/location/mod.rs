//! One location: state, settings, devices, QoE, changes, and all of it at one moment.

mod handle;
mod snapshot;
mod speed_test;
mod writes;

pub use handle::{LocationHandle, QoeGranularity, QoePeriod};
pub use writes::{LedMode, NodeToClaim, WifiDetails, WifiUpdate};
