//! Operations on the audit.

use async_trait::async_trait;

use crate::access::audit::{AuditEvent, AuditRow, Broken};
use crate::store::error::Result;
use crate::store::model::AuditQuery;

/// Keeps the audit, which only grows.
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

    /// Checks that the rows of the audit are those that were written. Returns their number, or the first difference.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn check_audit(&self) -> Result<std::result::Result<u64, Broken>>;
}
