//! Gauges of the token core.

pub(crate) mod badcaches;
pub(crate) mod herd;
pub(crate) mod hot;
pub(crate) mod leak;
pub(crate) mod outage;
mod rig;
