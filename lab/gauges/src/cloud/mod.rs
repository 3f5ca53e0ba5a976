//! Gauges of the client and of the simulated cloud.

pub(crate) mod judge;
pub(crate) mod pages;
pub(crate) mod sim;
pub(crate) mod unknown;
mod virtual_time;
pub(crate) mod window;
