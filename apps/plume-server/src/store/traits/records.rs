//! Operations on documents and changes.

use async_trait::async_trait;
use plume::monitor::ids::TenantId;
use tokio::sync::watch;

use crate::store::error::Result;
use crate::store::model::{Change, Record, RecordKind};

/// Reads and writes documents, and reports changes.
#[async_trait]
pub trait RecordStore: Send + Sync {
    /// Returns the documents of a kind by their id.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::Sealed`](crate::store::StoreErrorKind::Sealed) if one cannot be opened.
    async fn records(&self, tenant: &TenantId, kind: RecordKind) -> Result<Vec<Record>>;

    /// Returns a document; `None` if it does not exist.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::Sealed`](crate::store::StoreErrorKind::Sealed) if it cannot be opened.
    async fn record(&self, tenant: &TenantId, kind: RecordKind, id: &str) -> Result<Option<Record>>;

    /// Returns the documents of a kind with their ids. One that cannot be opened is an error of its own, and hides no other.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError) if the store cannot be read.
    async fn each_record(&self, tenant: &TenantId, kind: RecordKind)
    -> Result<Vec<(String, Result<Record>)>>;

    /// Writes a document. `edition` is the one that was read, 0 for a new document. Returns the new edition.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::Conflict`](crate::store::StoreErrorKind::Conflict) if the document has another edition.
    async fn put_record(
        &self,
        tenant: &TenantId,
        kind: RecordKind,
        id: &str,
        edition: u64,
        body: Vec<u8>,
    ) -> Result<u64>;

    /// Removes a document of an edition.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::Conflict`](crate::store::StoreErrorKind::Conflict) if the document has another edition, or does not
    /// exist.
    async fn remove_record(&self, tenant: &TenantId, kind: RecordKind, id: &str, edition: u64) -> Result<()>;

    /// Seals every sealed document with the current key. Returns their number.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::Sealed`](crate::store::StoreErrorKind::Sealed) if one cannot be opened. Then none is changed.
    async fn reseal(&self) -> Result<usize>;

    /// Returns the changes after `seq`, oldest first, or `None` if they are not all known any more: then read everything.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn changes(&self, tenant: &TenantId, seq: u64, limit: usize) -> Result<Option<Vec<Change>>>;

    /// Returns the number of the last change, which wakes its receivers. It may skip numbers.
    fn watch(&self) -> watch::Receiver<u64>;
}
