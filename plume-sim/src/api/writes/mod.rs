//! The operations that change something.
//!
//! Each handler checks everything first and changes the world only when nothing can be refused any more. What
//! it changes becomes part of the history of the location, and a row of the audit trail tells who asked.

pub(crate) mod customers;
pub(crate) mod devices;
mod fields;
pub(crate) mod locations;
pub(crate) mod nodes;
pub(crate) mod speed_tests;
pub(crate) mod trail;
pub(crate) mod wifi;
