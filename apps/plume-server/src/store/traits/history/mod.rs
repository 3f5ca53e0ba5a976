//! Operations on samples, summaries and transitions.

mod uptime;

use std::ops::Range;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use plume::monitor::ids::{HomeId, TenantId};

pub use uptime::UptimeStore;

use crate::store::error::Result;
use crate::store::model::{Logged, Point, Resolution, Summary};

/// Reads the history of a home.
#[async_trait]
pub trait HistoryStore: Send + Sync {
    /// Returns the samples of a period by their time.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn points(
        &self,
        tenant: &TenantId,
        home: &HomeId,
        period: Range<DateTime<Utc>>,
    ) -> Result<Vec<Point>>;

    /// Returns the summaries whose start lies in a period.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn summaries(
        &self,
        tenant: &TenantId,
        home: &HomeId,
        resolution: Resolution,
        period: Range<DateTime<Utc>>,
    ) -> Result<Vec<Summary>>;

    /// Returns the transitions that were decided in a period, in the order of the decisions, and the last one before it.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn transitions(
        &self,
        tenant: &TenantId,
        home: &HomeId,
        period: Range<DateTime<Utc>>,
    ) -> Result<Vec<Logged>>;

    /// Returns the latest transitions of all homes of a tenant, the newest first.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn latest_transitions(&self, tenant: &TenantId, limit: usize) -> Result<Vec<(HomeId, Logged)>>;
}
