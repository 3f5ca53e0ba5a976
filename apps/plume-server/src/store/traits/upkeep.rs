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

/// A full disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FullDisk {
    /// The time since which history is not recorded.
    pub since: DateTime<Utc>,
    /// The free space from which it is recorded again, in bytes.
    pub needed: u64,
}

/// The effect of a step of [`Upkeep`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// There may be more to do.
    More,
    /// Everything is done.
    Done,
}

/// Summarizes, deletes and copies.
#[async_trait]
pub trait Upkeep: Send + Sync {
    /// Summarizes one hour or day that has ended and is not summarized yet, in steps that other writes can pass. Call it until
    /// it is done.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError). The next call continues.
    async fn summarize(&self, now: DateTime<Utc>) -> Result<Progress>;

    /// Deletes a slice of what is too old. Call it until it is done; other writes pass between two calls.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn prune(&self, now: DateTime<Utc>, retention: Retention) -> Result<Progress>;

    /// Begins and ends a transaction that could write, and changes nothing.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn probe(&self) -> Result<()>;

    /// Returns the disk if it is full, so that history is not recorded, after an attempt to end that.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError).
    async fn full_disk(&self) -> Result<Option<FullDisk>>;

    /// Copies the database to a new file while it is in use.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::store::StoreError), also if the file exists.
    async fn back_up(&self, to: &Path) -> Result<()>;
}
