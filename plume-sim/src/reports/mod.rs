//! The reports service: measured values and past events.

pub(crate) mod gateway;
pub(crate) mod span;
pub(crate) mod speed_tests;
pub(crate) mod statistics;
pub(crate) mod telemetry;
