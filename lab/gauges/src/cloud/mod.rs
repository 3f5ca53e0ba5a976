//! Gauges of the client and of the simulated cloud.

pub(crate) mod judge;
pub(crate) mod pages;
pub(crate) mod sim;
pub(crate) mod unknown;
pub(crate) mod window;
