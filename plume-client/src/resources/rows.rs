//! How lists are wrapped.

/// Names that wrap the rows of searches in some clouds.
pub(super) const ROWS: &[&str] = &["data", "items", "results"];
