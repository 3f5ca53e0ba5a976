//! The wrappers of lists.

/// The names of members that wrap the rows of searches in some clouds.
pub(super) const ROWS: &[&str] = &["data", "items", "results"];
