//! The rights of visitors: roles, tenants, rules, sessions, passwords, and the audit. Pure decisions without a store.

pub mod audit;
mod limit;
pub mod password;
mod role;
mod rules;
mod secret;
mod session;
mod visitor;

pub use limit::SignInLimit;
pub use role::Role;
pub use rules::{Claims, Denied, Granted, Rule, Rules};
pub use secret::{Shown, hex, same};
pub use session::{Account, ApiToken, Session, SessionLimits};
pub use visitor::{Tenants, Via, Visitor};
