//! Views that put much of a location into one answer.

pub(crate) mod facade;
pub(crate) mod graph;
