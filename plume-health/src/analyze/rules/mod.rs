//! One file for each kind of thing that the rules judge.

pub(super) mod devices;
pub(super) mod location;
pub(super) mod nodes;
pub(super) mod qoe;
