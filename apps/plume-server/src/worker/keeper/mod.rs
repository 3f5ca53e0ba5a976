//! The upkeep of the store. After a pause it takes minutes, so it is a task of its own: no decision waits for it.

mod agreement;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use plume::runtime::time;

use crate::stop::Stopping;
use crate::store::{
    Progress, Retention, StoreError, StoreErrorKind,
    model::{Record, RecordKind},
};
use crate::worker::maintenance::Maintenance;
use crate::worker::run::Parts;
use crate::worker::uptime::{count, interval};

pub(super) use agreement::Agreement;

/// Time between two rounds.
const EVERY: Duration = Duration::from_secs(300);
/// Time for which the clock must have been steady, since the start or its last step, before history is deleted: a date that is
/// wrong for minutes deletes none. After a step, nothing is summarized either.
const STEADY: Duration = Duration::from_secs(3_600);
/// Maximum number of rows of the audit.
const AUDITED: u64 = 1_000_000;
/// A maintenance window that is over is kept for this time: the longest period of the service level, with that of its count.
const WINDOWS: TimeDelta = TimeDelta::days(62);
/// The name of a home that was removed is kept for this time, for messages about it.
const REMOVED: TimeDelta = TimeDelta::days(60);
/// A step of the wall clock that matters for the age of history.
const STEP: TimeDelta = TimeDelta::hours(1);

/// Summarizes and deletes history, and counts uptime.
#[derive(Debug)]
pub struct Keeper {
    parts: Parts,
    agreement: Agreement,
    /// Whether the wall clock made a step since it was steady.
    is_odd: bool,
    /// The last count of uptime, on the monotonic clock.
    counted: Option<Duration>,
}

impl Keeper {
    /// Creates the keeper of a store.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let agreement = Agreement::new(parts.clock.as_ref());
        Self { parts, agreement, is_odd: false, counted: None }
    }

    /// Works until the request to stop.
    pub async fn run(mut self, mut stopping: Stopping) {
        while !stopping.is_requested() {
            self.round(&stopping).await;
            tokio::select! {
                () = self.parts.clock.sleep(EVERY) => {}
                () = stopping.requested() => break,
            }
        }
    }

    /// Does what is due, slice by slice until the request to stop. The next round repeats what fails.
    pub async fn round(&mut self, stopping: &Stopping) {
        let done = self.summarize(stopping).await;
        self.parts.report("summarize history", done);
        let done = self.count(stopping).await;
        self.parts.report("count uptime", done);
    }

    async fn summarize(&mut self, stopping: &Stopping) -> Result<(), StoreError> {
        let (store, clock) = (&self.parts.store, &self.parts.clock);
        self.is_odd |= self.agreement.step(clock.as_ref(), STEP).is_some();
        let is_steady = self.agreement.lasts(clock.as_ref()) >= STEADY;
        self.is_odd &= !is_steady;
        if self.is_odd {
            return Ok(());
        }
        while !stopping.is_requested() && store.summarize(clock.wall()).await? == Progress::More {}
        if !is_steady {
            return Ok(());
        }
        while !stopping.is_requested()
            && store.prune(clock.wall(), Retention::default()).await? == Progress::More
        {}
        let old = time::before(clock.wall(), Retention::default().days);
        while !stopping.is_requested() && store.prune_audit(old, AUDITED).await? > 0 {}
        self.forget(RecordKind::Window, old_windows, WINDOWS).await?;
        self.forget(RecordKind::Removed, |record, old| record.changed <= old, REMOVED).await
    }

    /// Removes the documents of a kind that were over before a time.
    async fn forget(
        &self,
        kind: RecordKind,
        is_over: impl Fn(&Record, DateTime<Utc>) -> bool,
        kept: TimeDelta,
    ) -> Result<(), StoreError> {
        let (store, clock) = (&self.parts.store, &self.parts.clock);
        let Some(old) = clock.wall().checked_sub_signed(kept) else { return Ok(()) };
        for tenant in store.tenants().await? {
            for record in store.records(&tenant.id, kind).await? {
                if !is_over(&record, old) {
                    continue;
                }
                match store.remove_record(&tenant.id, kind, &record.id, record.edition).await {
                    // A person was first.
                    Err(error) if error.kind() != StoreErrorKind::Conflict => return Err(error),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Counts the time of all homes by class, if a count is due.
    async fn count(&mut self, stopping: &Stopping) -> Result<(), StoreError> {
        let (parts, now) = (&self.parts, self.parts.clock.monotonic());
        let homes = parts.fleet.status().homes;
        if self.counted.is_some_and(|counted| now.saturating_sub(counted) < interval(homes)) {
            return Ok(());
        }
        count(parts, stopping).await?;
        self.counted = Some(now);
        Ok(())
    }
}

/// Returns whether the window of a document does not open after a time.
fn old_windows(record: &Record, at: DateTime<Utc>) -> bool {
    serde_json::from_slice::<Maintenance>(&record.body).is_ok_and(|window| window.is_over(at))
}
