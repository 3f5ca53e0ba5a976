//! What looks at many Plume homes, or at one again and again, for those who operate a fleet.
//!
//! | module | question |
//! |---|---|
//! | [`tracker`] | when is a change of status worth a message? |
//! | [`sla`] | was the promised uptime kept? |
//! | [`baseline`] | is a value usual at this hour of the week? |
//! | [`change`] | what is different between two snapshots of a home? |
//! | [`fleet`] | how are many homes, and what do the disrupted ones share? |
//!
//! The verdict on one home is made by `plume-health`. Like that crate this one does no I/O, is not async, reads no
//! clock (`now` is an argument) and never panics.
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod baseline;
pub mod change;
pub mod fleet;
#[cfg(test)]
#[allow(
    clippy::indexing_slicing,
    clippy::cast_possible_wrap,
    clippy::cast_possible_truncation,
    reason = "a test may panic"
)]
mod linear;
pub mod sla;
pub mod tracker;
