//! The rules, one file for each kind of subject.

pub(super) mod devices;
pub(super) mod location;
pub(super) mod nodes;
pub(super) mod qoe;
