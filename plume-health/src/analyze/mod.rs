//! The analysis of snapshots: the verdict on a home, its tree, and the differences between two reports.
//!
//! Lists are sorted once and then searched, so that the work stays linear: devices are sorted by address for all
//! rules, and ids are compared by their last eight bytes first.

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
