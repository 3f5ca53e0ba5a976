//! Operations of the sender of messages, and of people on its queues.

mod channels;

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use plume::monitor::ids::{IncidentId, TenantId};

pub use channels::ChannelStore;

use crate::store::error::Result;
use crate::store::model::{Attempt, Committed, Delivery, Outgoing, Queue, Sending};

/// Takes messages and records what became of them.
#[async_trait]
pub trait OutboxStore: Send + Sync {
    /// Returns the channels with a message that is due and not claimed.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn queues(&self, now: DateTime<Utc>) -> Result<Vec<Queue>>;

    /// Claims the messages of a channel for the time of `lease`, in the order in which they were stored: those that are due,
    /// and those that wait for another attempt.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn take_messages(
        &self,
        queue: &Queue,
        now: DateTime<Utc>,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<Sending>>;

    /// Records that an attempt of a claimed message begins. Until it is settled, the message may have reached the receiver.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn begin(&self, sending: &Sending) -> Result<Committed>;

    /// Records that a claimed message replaces other claimed ones of its channel, which are not sent. All claims have to be
    /// valid.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn supersede(&self, older: &[Sending], newer: &Sending, at: DateTime<Utc>) -> Result<Committed>;

    /// Stores a message that replaces claimed ones of its channel, which are not sent. All claims have to be valid.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn replace(&self, older: &[Sending], summary: Outgoing, at: DateTime<Utc>) -> Result<Committed>;

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
