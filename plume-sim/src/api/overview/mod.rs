//! Views that put much of a location into one answer.

pub(crate) mod facade;
mod gone;
pub(crate) mod graph;
