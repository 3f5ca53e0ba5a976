//! Operations on the audit.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::access::audit::{AuditEvent, AuditRow, Broken};
use crate::store::error::Result;
use crate::store::model::AuditQuery;

/// Keeps the audit. Its rows are added, never changed, and removed for their age or number only.
#[async_trait]
pub trait AuditStore: Send + Sync {
    /// Adds a row to the audit. Returns its number.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::Sealed`](crate::store::StoreErrorKind::Sealed) if the head of the chain cannot be opened.
    async fn audit(&self, event: AuditEvent) -> Result<u64>;

    /// Returns a selection of the audit.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn audit_rows(&self, query: AuditQuery) -> Result<Vec<AuditRow>>;

    /// Removes a slice of the rows from before a time, and of those beyond the last `most`. Rows that were changed stay, and so
    /// do all after them. Returns the number of removed rows; call it until it is 0.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn prune_audit(&self, before: DateTime<Utc>, most: u64) -> Result<usize>;

    /// Checks that the rows of the audit are those that were written. Returns their number, or the first difference.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn check_audit(&self) -> Result<std::result::Result<u64, Broken>>;
}
