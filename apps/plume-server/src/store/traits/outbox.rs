//! Operations of the sender of messages.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use plume::monitor::ids::{IncidentId, TenantId};

use crate::store::error::Result;
use crate::store::model::{Attempt, Committed, Delivery, Sending};

/// Takes messages and records what became of them.
#[async_trait]
pub trait OutboxStore: Send + Sync {
    /// Claims messages that are due for the time of `lease`, the oldest first.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn take_messages(&self, now: DateTime<Utc>, lease: Duration, limit: usize) -> Result<Vec<Sending>>;

    /// Records an attempt of a claimed message. A claim that another has replaced has no effect.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn settle(&self, sending: &Sending, attempt: Attempt) -> Result<Committed>;

    /// Returns attempts, the newest first, of all messages or of those about an incident.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn deliveries(
        &self,
        tenant: &TenantId,
        incident: Option<&IncidentId>,
        limit: usize,
    ) -> Result<Vec<Delivery>>;

    /// Returns the number of messages that wait, and of dead letters.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn backlog(&self, tenant: &TenantId) -> Result<(u64, u64)>;
}
