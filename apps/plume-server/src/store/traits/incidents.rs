//! Operations on incidents.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use plume::monitor::ids::{IncidentId, TenantId};

use crate::store::error::Result;
use crate::store::model::{Action, Announcer, Filed, IncidentQuery, OpenIncidents};

/// Reads incidents, writes the decisions of people about them, and wakes those that wait.
#[async_trait]
pub trait IncidentStore: Send + Sync {
    /// Returns an incident.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn incident(&self, tenant: &TenantId, id: &IncidentId) -> Result<Option<Filed>>;

    /// Returns a selection of incidents, the newest first.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn incidents(&self, tenant: &TenantId, query: IncidentQuery) -> Result<Vec<Filed>>;

    /// Returns the numbers of open incidents that no fleet incident announces.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn open_incidents(&self, tenant: &TenantId) -> Result<OpenIncidents>;

    /// Writes a person's decision. Returns the incident after it.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::Missing`](crate::store::StoreErrorKind::Missing);
    /// [`StoreErrorKind::Conflict`](crate::store::StoreErrorKind::Conflict) if the incident has changed since the person saw
    /// it; [`StoreErrorKind::Refused`](crate::store::StoreErrorKind::Refused) if it is closed, or a snooze ends in the past.
    async fn act(
        &self,
        tenant: &TenantId,
        id: &IncidentId,
        person: &str,
        action: Action,
        announcer: &Arc<dyn Announcer>,
    ) -> Result<Filed>;

    /// Decides about the messages of up to `limit` incidents whose time has come: holds, snoozes and reminders. Returns
    /// their number.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn wake(&self, now: DateTime<Utc>, limit: usize, announcer: &Arc<dyn Announcer>) -> Result<usize>;

    /// Makes the incidents of a tenant due that wait for a time after `now`, so that [`wake`](Self::wake) decides about their
    /// messages again: what they wait for has changed.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn hasten(&self, tenant: &TenantId, now: DateTime<Utc>) -> Result<()>;
}
