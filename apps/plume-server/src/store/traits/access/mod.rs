//! Operations on the access of visitors.

mod audit;
mod passes;

pub use audit::AuditStore;
pub use passes::PassStore;
