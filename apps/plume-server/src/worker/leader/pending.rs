//! The time of the digests that are to be written.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use plume::monitor::{
    ids::TenantId,
    notify::{NotifyPolicy, next_digest},
};

/// The time of the next digests.
#[derive(Debug)]
pub(super) struct Digests {
    pub(super) next: DateTime<Utc>,
    /// The edition of the stored time.
    pub(super) edition: u64,
    /// The tenants that have theirs, if others failed.
    pub(super) done: BTreeSet<TenantId>,
}

impl Digests {
    pub(super) fn new(policy: &NotifyPolicy, now: DateTime<Utc>) -> Self {
        Self { next: next_digest(policy, now), edition: 0, done: BTreeSet::new() }
    }
}
