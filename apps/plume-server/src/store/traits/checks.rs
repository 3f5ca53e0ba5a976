//! Operations of workers and of the leader.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use plume::monitor::ids::TenantId;

use crate::store::error::Result;
use crate::store::model::{Announcer, CheckResult, Claim, Committed, Decisions, Due, Enrolled};

/// Claims due homes and commits the results of their checks.
#[async_trait]
pub trait CheckStore: Send + Sync {
    /// Returns due homes without a claim: of each tenant and class at most `limit`, the most overdue first. A home that is
    /// due after `horizon` counts as due, because the clock was set back.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn due(&self, now: DateTime<Utc>, horizon: DateTime<Utc>, limit: usize) -> Result<Vec<Due>>;

    /// Returns all homes with their schedules.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn enrolled(&self) -> Result<Vec<Enrolled>>;

    /// Claims homes for the time of `lease`. The result lacks homes that another claimed first.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn claim(&self, homes: &[Due], lease: Duration) -> Result<Vec<Claim>>;

    /// Ends a claim without a result. The home stays due.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn release(&self, claim: &Claim) -> Result<()>;

    /// Writes the result of a check, whole, if its claim is still valid. The messages about changed incidents are part of it.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError). The claim stays valid, so the commit can be repeated.
    async fn commit(&self, result: CheckResult, announcer: &Arc<dyn Announcer>) -> Result<Committed>;

    /// Writes the decisions of a leader, whole.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::Conflict`](crate::store::StoreErrorKind::Conflict) if a state or an incident has another
    /// edition: another leader or a person decided meanwhile.
    async fn decide(
        &self,
        tenant: &TenantId,
        decisions: Decisions,
        announcer: &Arc<dyn Announcer>,
    ) -> Result<()>;
}
