//! Maintenance of the store.

use std::{path::Path, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::store::error::Result;

/// The time for which history is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Of samples.
    pub samples: Duration,
    /// Of summaries of hours, and of messages that are sent, with their deliveries.
    pub hours: Duration,
    /// Of summaries of days, transitions and closed incidents.
    pub days: Duration,
}

impl Default for Retention {
    /// Samples for 7 days, hours for 60 days, days for 2 years.
    fn default() -> Self {
        let days = |days: u64| Duration::from_secs(days * 24 * 60 * 60);
        Self { samples: days(7), hours: days(60), days: days(730) }
    }
}

/// The effect of a step of [`Upkeep::prune`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pruned {
    /// There may be more to delete.
    More,
    /// Everything that is too old is deleted.
    Done,
}

/// Summarizes, deletes and copies.
#[async_trait]
pub trait Upkeep: Send + Sync {
    /// Summarizes the hours and days that have ended and are not summarized yet, in steps that other writes can pass.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError). The next call continues.
    async fn summarize(&self, now: DateTime<Utc>) -> Result<()>;

    /// Deletes a slice of what is too old. Call it until it is done; other writes pass between two calls.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn prune(&self, now: DateTime<Utc>, retention: Retention) -> Result<Pruned>;

    /// Begins and ends a transaction that could write, and changes nothing.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn probe(&self) -> Result<()>;

    /// Returns the time since which history is not recorded because the disk is full, after an attempt to end that.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn full_since(&self) -> Result<Option<DateTime<Utc>>>;

    /// Copies the database to a new file while it is in use.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError), also if the file exists.
    async fn back_up(&self, to: &Path) -> Result<()>;
}
