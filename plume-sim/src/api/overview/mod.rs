//! Views that combine many parts of a location.

pub(crate) mod facade;
pub(crate) mod graph;
