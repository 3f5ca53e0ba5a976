//! The rights of visitors: roles, and the tenants that a visitor sees. Pure decisions without a store.

mod role;
mod visitor;

pub use role::Role;
pub use visitor::{Tenants, Visitor};
