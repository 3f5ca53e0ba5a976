//! The rights of visitors: roles, tenants, rules, sessions, passwords, and the audit. Pure decisions without a store.

pub mod audit;
pub mod oidc;
mod role;
mod rules;
mod secret;
mod session;
mod sign_in;
mod visitor;

pub use role::Role;
pub use rules::{Claims, Denied, Granted, Rule, Rules};
pub use secret::{Shown, hex, same};
pub use session::{Account, ApiToken, Session, SessionLimits};
pub use sign_in::{ProviderSettings, Proxies, SignIn, SignInLimit, network, password};
pub use visitor::{Tenants, Via, Visitor};
