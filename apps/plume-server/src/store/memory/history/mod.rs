//! Samples, summaries, transitions, and their upkeep.

mod uptime;

use std::{ops::Range, path::Path};

use async_trait::async_trait;
use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use plume::{
    monitor::ids::{HomeId, TenantId},
    runtime::time,
};

use crate::store::blocks;
use crate::store::error::{Result, StoreError, StoreErrorKind};
use crate::store::memory::{MemoryStore, State, Stored};
use crate::store::model::{Logged, Point, Resolution, Summary};
use crate::store::traits::{FullDisk, HistoryStore, Progress, Retention, Upkeep};

#[async_trait]
impl HistoryStore for MemoryStore {
    async fn points(
        &self,
        tenant: &TenantId,
        home: &HomeId,
        period: Range<DateTime<Utc>>,
    ) -> Result<Vec<Point>> {
        Ok(self.read(|state| {
            let points = state.home(tenant, home).into_iter().flat_map(|stored| &stored.points);
            points.filter(|point| period.contains(&point.at)).copied().collect()
        }))
    }

    async fn summaries(
        &self,
        tenant: &TenantId,
        home: &HomeId,
        resolution: Resolution,
        period: Range<DateTime<Utc>>,
    ) -> Result<Vec<Summary>> {
        Ok(self.read(|state| {
            let series = state.home(tenant, home).map(|stored| match resolution {
                Resolution::Hour => &stored.hours,
                Resolution::Day => &stored.days,
            });
            series
                .into_iter()
                .flat_map(|series| series.range(period.clone()))
                .map(|(_, found)| *found)
                .collect()
        }))
    }

    async fn transitions(
        &self,
        tenant: &TenantId,
        home: &HomeId,
        period: Range<DateTime<Utc>>,
    ) -> Result<Vec<Logged>> {
        Ok(self.read(|state| {
            let Some(stored) = state.home(tenant, home) else { return Vec::new() };
            let all = &stored.transitions;
            let first = all.iter().rposition(|logged| logged.transition.at < period.start);
            let decided = all.iter().skip(first.unwrap_or_default());
            decided.filter(|logged| logged.transition.at < period.end).cloned().collect()
        }))
    }

    async fn latest_transitions(&self, tenant: &TenantId, limit: usize) -> Result<Vec<(HomeId, Logged)>> {
        Ok(self.read(|state| {
            let own = state.homes.iter().filter(|(_, stored)| stored.new.tenant == *tenant);
            let all = own
                .flat_map(|(home, stored)| stored.transitions.iter().map(|one| (home.clone(), one.clone())));
            let mut all: Vec<(HomeId, Logged)> = all.collect();
            all.sort_by_key(|(_, logged)| std::cmp::Reverse(logged.transition.at));
            all.truncate(limit);
            all
        }))
    }
}

#[async_trait]
impl Upkeep for MemoryStore {
    async fn full_disk(&self) -> Result<Option<FullDisk>> {
        Ok(None)
    }

    async fn summarize(&self, now: DateTime<Utc>) -> Result<Progress> {
        self.write(|state| {
            let end = hour(now - TimeDelta::minutes(5));
            state.summarized = Some(state.summarized.map_or(end, |done| done.max(end)));
            let done = state.summarized.unwrap_or(end);
            for stored in state.homes.values_mut() {
                let hours: Vec<DateTime<Utc>> = stored.points.iter().map(|point| hour(point.at)).collect();
                hours
                    .into_iter()
                    .filter(|start| *start < done)
                    .for_each(|start| stored.summarize(start, done));
            }
            Ok(Progress::Done)
        })
    }

    async fn prune(&self, now: DateTime<Utc>, retention: Retention) -> Result<Progress> {
        self.write(|state| {
            let [samples, hours, days] =
                [retention.samples, retention.hours, retention.days].map(|kept| time::before(now, kept));
            for stored in state.homes.values_mut() {
                // As in a file, what is deleted is a block: an hour of samples, a day of hours, a month of days.
                stored.points.retain(|point| blocks::hour_of(point.at) >= blocks::hour_of(samples));
                let is_kept = |resolution, start, end| {
                    blocks::block_of(resolution, start) >= blocks::block_of(resolution, end)
                };
                stored.hours.retain(|start, _| is_kept(Resolution::Hour, *start, hours));
                stored.days.retain(|start, _| is_kept(Resolution::Day, *start, days));
                let last = stored.transitions.iter().rposition(|logged| logged.transition.at < days);
                stored.transitions.drain(..last.unwrap_or_default());
            }
            let is_old = |at: Option<DateTime<Utc>>| at.is_some_and(|at| at < days);
            state.incidents.retain(|_, kept| !is_old(kept.filed.incident.closed.map(|closed| closed.at)));
            // The rows of the outbox keep their places, which are their numbers.
            let sent: Vec<i64> = (1_i64..)
                .zip(&state.outbox)
                .filter(|(_, row)| row.due.is_none() && row.stored < hours)
                .map(|(number, _)| number)
                .collect();
            state.deliveries.retain(|(_, delivery)| !sent.contains(&delivery.message));
            Ok(Progress::Done)
        })
    }

    async fn probe(&self) -> Result<()> {
        Ok(())
    }

    async fn back_up(&self, to: &Path) -> Result<()> {
        let message = format!("a store in memory has no copy in {}", to.display());
        Err(StoreError::new(StoreErrorKind::Unavailable, message))
    }
}

impl State {
    /// Summarizes the hour of a late sample.
    pub(super) fn summarize_again(&mut self, home: &HomeId, at: DateTime<Utc>) {
        let Some(done) = self.summarized.filter(|done| hour(at) < *done) else { return };
        if let Some(stored) = self.homes.get_mut(home) {
            stored.summarize(hour(at), done);
        }
    }
}

impl Stored {
    /// Summarizes an hour, and its day if the day has ended.
    fn summarize(&mut self, start: DateTime<Utc>, done: DateTime<Utc>) {
        let points: Vec<Point> =
            self.points.iter().filter(|point| hour(point.at) == start).copied().collect();
        self.hours.extend(blocks::of_points(start, &points).map(|summary| (start, summary)));
        let (day, next) = (day(start), day(start) + TimeDelta::days(1));
        if next <= done {
            let hours: Vec<Summary> = self.hours.range(day..next).map(|(_, summary)| *summary).collect();
            self.days.extend(blocks::of_summaries(day, &hours).map(|summary| (day, summary)));
        }
    }
}

fn hour(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(TimeDelta::hours(1)).unwrap_or(at)
}

fn day(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(TimeDelta::days(1)).unwrap_or(at)
}
