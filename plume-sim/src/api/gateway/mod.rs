//! The gateway group: paths without a customer, and the opaque ids they use.
//!
//! Except for reports, no body of this group is published. They are made up from the corresponding resources of the
//! API, in the form of the reports (`{"items": […]}` for lists).

pub(crate) mod fields;
pub(crate) mod network;
pub(crate) mod resources;
