//! The audit: who did what, when, and with which result. Its rows form a chain, so that a change of stored rows is found.

mod chain;
mod row;

pub use chain::{Broken, Chain, Mac, Walk};
pub use row::{AuditEvent, AuditRow};
