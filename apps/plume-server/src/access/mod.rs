//! The rights of visitors: roles, and the tenants that a visitor sees. Pure decisions without a store.

pub mod audit;
mod role;
mod visitor;

pub use role::Role;
pub use visitor::{Tenants, Visitor};
