//! The reports service: what was measured and what happened.

pub(crate) mod gateway;
pub(crate) mod span;
pub(crate) mod speed_tests;
pub(crate) mod statistics;
pub(crate) mod telemetry;
