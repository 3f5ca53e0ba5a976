//! Token providers of many tenants.
//!
//! **A tenant's entry never changes.** `TokenRegistry` gives a tenant one entry with one account. Another account, even if
//! only the secret differs, is another entry with a cache of its own, so two configurations share no state. Secrets are
//! compared directly, because digests could collide. A provider that a caller holds continues with a new secret and with
//! no other change: at other URLs it would send the new tokens to the old API. For the same reason the URLs of an account
//! can change within their hosts only; for another host the credential must be entered again.
//! (`plume-auth/tests/registry.rs`, `lab/gauges/src/bin/tenants.rs`)

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
