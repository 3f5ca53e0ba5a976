//! Sessions, tokens and accounts, suspended tenants, and the audit.

mod audit;
mod passes;

pub(super) use audit::reseal;
