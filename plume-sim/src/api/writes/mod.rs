//! The handlers of writes.
//!
//! Each handler completes its checks before it changes the world. The change becomes part of the location's history
//! and a row of the audit trail.

pub(crate) mod customers;
pub(crate) mod devices;
mod fields;
pub(crate) mod locations;
pub(crate) mod nodes;
pub(crate) mod speed_tests;
pub(crate) mod trail;
pub(crate) mod wifi;
