//! From snapshots to reports: the verdict on a home, its tree, and what changed between two reports.

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
