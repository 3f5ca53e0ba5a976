//! Tokens for many tenants.
//!
//! **A tenant's entry never changes.** `TokenRegistry` gives a tenant one entry with one account in it; another
//! account, be it only another secret, is another entry with a cache of its own, so there is nothing in which two
//! configurations could meet. Secrets are compared themselves, because a digest could be shared. A provider that
//! somebody holds goes on with a new secret and with nothing else: at other URLs it would carry the new tokens to the
//! old API. For the same reason the URLs of an account can change within their hosts only; beyond them the credential
//! must be entered again. (`plume-auth/tests/registry.rs`, `lab/gauges/src/bin/tenants.rs`)

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
