//! Operations of people on the queues of channels.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use plume::monitor::ids::TenantId;

use crate::store::error::Result;
use crate::store::model::{Backlog, DeadLetter, Delivery};

/// Shows the queues of channels, and decides about their dead letters.
#[async_trait]
pub trait ChannelStore: Send + Sync {
    /// Returns the channels with messages that wait or are dead letters.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn backlogs(&self, tenant: &TenantId) -> Result<Vec<Backlog>>;

    /// Returns attempts of a channel, the newest first.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn channel_deliveries(
        &self,
        tenant: &TenantId,
        channel: &str,
        limit: usize,
    ) -> Result<Vec<Delivery>>;

    /// Returns the times of the messages of a channel that were sent since a time, the oldest first.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn sent_since(
        &self,
        tenant: &TenantId,
        channel: &str,
        since: DateTime<Utc>,
    ) -> Result<Vec<DateTime<Utc>>>;

    /// Returns dead letters of a channel, the newest first.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn dead_letters(&self, tenant: &TenantId, channel: &str, limit: usize) -> Result<Vec<DeadLetter>>;

    /// Makes the messages of a channel due that wait for their next attempt and are not being sent: people have repaired it, or
    /// look for a result. Those that were stored for a later time wait for it.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn hurry(&self, tenant: &TenantId, channel: &str, now: DateTime<Utc>) -> Result<()>;

    /// Lets a dead letter of a channel, or all of them, be sent again, with all attempts of a new message. Returns their number.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn revive(
        &self,
        tenant: &TenantId,
        channel: &str,
        message: Option<i64>,
        now: DateTime<Utc>,
    ) -> Result<usize>;

    /// Gives a dead letter of a channel up, or all of them. The delivery log keeps their attempts. Returns their number.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn discard(&self, tenant: &TenantId, channel: &str, message: Option<i64>) -> Result<usize>;
}
