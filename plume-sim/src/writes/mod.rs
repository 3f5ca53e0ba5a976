//! The writes.
