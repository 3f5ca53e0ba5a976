//! Tokens for many tenants.

mod account;
mod bucket;
mod entry;
#[cfg(test)]
mod schedules;
mod shard;
mod status;
mod tenants;
mod urls;

pub use account::{Account, TenantId};
pub use status::{RegistryError, TenantStatus};
pub use tenants::{TenantProvider, TokenRegistry, TokenRegistryBuilder};
