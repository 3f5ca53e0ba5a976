//! The gateway group, below which paths name no customer, and the ids that make this possible.
//!
//! No body of this group but those of its reports is published: all of these are made up, after the same
//! things in the rest of the API and in the form of the reports (`{"items": […]}` for lists).

pub(crate) mod fields;
pub(crate) mod network;
pub(crate) mod resources;
