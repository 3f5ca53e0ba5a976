//! Operations on the counted times of homes and groups.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use plume::monitor::ids::{HomeId, TenantId};

use crate::store::error::Result;
use crate::store::model::{
    Counted, GroupUptime, HomeHistory, HomeUptime, Page, UptimeCursor, UptimeGroup, UptimePeriod,
};

/// Reads what is to be counted, and keeps the counted times, so that a page reads no history.
#[async_trait]
pub trait UptimeStore: Send + Sync {
    /// Returns homes of all tenants after `after` in the order of their ids, each with its changes since `since`.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn histories(
        &self,
        after: Option<&HomeId>,
        since: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<HomeHistory>>;

    /// Replaces the counted times of homes. A home that does not exist any more is left out.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn put_uptimes(&self, at: DateTime<Utc>, counted: Vec<Counted>) -> Result<()>;

    /// Replaces the counted times of all groups of a tenant.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::Missing`](crate::store::StoreErrorKind::Missing) for an unknown tenant.
    async fn put_group_uptimes(&self, tenant: &TenantId, groups: Vec<GroupUptime>) -> Result<()>;

    /// Returns a part of the homes of a tenant, the worst first, those without a known time last.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn uptimes(
        &self,
        tenant: &TenantId,
        period: UptimePeriod,
        after: Option<UptimeCursor>,
        limit: usize,
    ) -> Result<Page<HomeUptime, UptimeCursor>>;

    /// Returns up to `limit` groups of a kind, the worst first.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn group_uptimes(
        &self,
        tenant: &TenantId,
        period: UptimePeriod,
        kind: UptimeGroup,
        limit: usize,
    ) -> Result<Vec<GroupUptime>>;
}
