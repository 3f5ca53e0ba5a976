//! Operations on sessions, tokens and accounts, and on suspended tenants.

use std::collections::BTreeSet;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use plume::monitor::ids::TenantId;

use crate::store::error::Result;
use crate::store::model::{Pass, PassCursor, PassKind};

/// Keeps sessions, tokens and accounts.
#[async_trait]
pub trait PassStore: Send + Sync {
    /// Adds a pass, or replaces the one with its id.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn put_pass(&self, kind: PassKind, pass: Pass) -> Result<()>;

    /// Changes a pass. Returns whether it exists.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn change_pass(&self, kind: PassKind, pass: Pass) -> Result<bool>;

    /// Returns a pass, also one that has ended.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn pass(&self, kind: PassKind, id: &str) -> Result<Option<Pass>>;

    /// Returns passes, those that were used last first.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn passes(&self, kind: PassKind, limit: usize) -> Result<Vec<Pass>> {
        self.passes_after(kind, None, limit).await
    }

    /// Returns the passes after that of a cursor, in the order of [`passes`](Self::passes).
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn passes_after(
        &self,
        kind: PassKind,
        after: Option<PassCursor>,
        limit: usize,
    ) -> Result<Vec<Pass>>;

    /// Returns the passes after an id, by their id. Unlike the order of use, this one does not change while pages are read.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn passes_by_id(&self, kind: PassKind, after: &str, limit: usize) -> Result<Vec<Pass>>;

    /// Records a use of a pass, if it exists.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn use_pass(&self, kind: PassKind, id: &str, at: DateTime<Utc>) -> Result<()>;

    /// Removes a pass. Returns whether it existed.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn remove_pass(&self, kind: PassKind, id: &str) -> Result<bool>;

    /// Removes all passes that have ended.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn end_passes(&self, now: DateTime<Utc>) -> Result<()>;

    /// Suspends a tenant, or lets it continue. The homes of a suspended tenant are not claimed and its messages are not
    /// taken.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::Missing`](crate::store::StoreErrorKind::Missing) for an unknown tenant.
    async fn suspend(&self, tenant: &TenantId, is_suspended: bool) -> Result<()>;

    /// Returns the suspended tenants.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn suspended(&self) -> Result<BTreeSet<TenantId>>;
}
