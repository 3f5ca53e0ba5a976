//! The tenants of a shared call limit.

use std::{
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use plume_auth::TokenProvider;

/// The number of a tenant that has no name.
struct Unnamed(u64);

impl Default for Unnamed {
    fn default() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// Returns the tenant of a token provider: by its identity, or by its address, which is unique while a client holds it.
pub(super) fn tenant_of(tokens: &Arc<dyn TokenProvider>) -> u64 {
    match tokens.identity() {
        Some(identity) => tenant(("provider", identity.shared::<Unnamed>().0)),
        None => tenant(("address", tokens.address())),
    }
}

/// Returns the tenant of a name, stable within one process. Two tenants that collide share their turns.
pub(super) fn tenant(value: impl Hash) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(value)
}
