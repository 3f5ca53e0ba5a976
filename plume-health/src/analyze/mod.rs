//! From snapshots to reports: the verdict on a home, its tree, and what changed between two reports.
//!
//! **What a home lists is sorted once and then asked.** Devices are parsed and sorted by address once for all rules
//! and counts, ids are compared by their last eight bytes first, and what a disconnected pod explains is written
//! straight into its finding. The sentences are in the report because users read them there; none is made twice.

mod changes;
mod confidence;
mod draft;
mod home;
mod nodes;
mod rules;
mod topology;
mod verdict;

pub use changes::diff_reports;
pub use home::analyze;
