//! Summaries, retention and copies.

mod prune;

use std::{ops::Range, path::Path, sync::Arc};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::params;

use crate::store::blocks;
use crate::store::error::Result;
use crate::store::model::{Resolution, Summary};
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::file::back_up;
use crate::store::sqlite::queue::{gone, thread};
use crate::store::sqlite::statement::Tx;
use crate::store::traits::{FullDisk, Progress, Retention, Upkeep};

/// Time after the end of an hour for results that are late.
const LATE: TimeDelta = TimeDelta::minutes(5);
/// The number of homes in one step.
const STEP: i64 = 250;
/// The names of the progress: the first hour or day that is not summarized.
const HOURS: &str = "hours";
const DAYS: &str = "days";
const HOURS_OF_DAY: i64 = 24;
/// A longer range of hours or days is searched for those that have something.
const FAR: i64 = 48;
const FIRST_SAMPLE: &str = "SELECT min(block) FROM sample WHERE block >= ?1";
const FIRST_HOUR: &str = "SELECT min(block) FROM hour WHERE block >= ?1";

#[async_trait]
impl Upkeep for SqliteStore {
    async fn summarize(&self, now: DateTime<Utc>) -> Result<Progress> {
        if !self.records_history() {
            return Ok(Progress::Done);
        }
        let end = blocks::hour_of(now.checked_sub_signed(LATE).unwrap_or(now));
        let first = self.read(|tx| Ok((progress(tx, HOURS)?, progress(tx, DAYS)?, oldest(tx)?))).await?;
        let (hours, days, oldest) = first;
        // Without progress there is no summary, and without a sample nothing to summarize.
        let Some(start) = hours.or(oldest) else { return Ok(Progress::Done) };
        let day = days.unwrap_or_else(|| start.div_euclid(HOURS_OF_DAY));
        if start < end {
            let hour = self.next(FIRST_SAMPLE, start..end).await?;
            if hour < end {
                self.summarize_hour(hour).await?;
            }
            self.write(move |tx| {
                set_progress(tx, HOURS, hour.saturating_add(1).min(end))?;
                set_progress(tx, DAYS, day)
            })
            .await?;
            return Ok(Progress::More);
        }
        let ended = start.div_euclid(HOURS_OF_DAY);
        if day < ended {
            let day = self.next(FIRST_HOUR, day..ended).await?;
            if day < ended {
                self.summarize_day(day).await?;
            }
            self.write(move |tx| set_progress(tx, DAYS, day.saturating_add(1).min(ended))).await?;
            return Ok(Progress::More);
        }
        Ok(Progress::Done)
    }

    async fn prune(&self, now: DateTime<Utc>, retention: Retention) -> Result<Progress> {
        let found = self.read(move |tx| prune::find(tx, now, retention)).await?;
        self.write(move |tx| prune::delete(tx, &found)).await
    }

    async fn probe(&self) -> Result<()> {
        // No progress has this name. A transaction without a change adds nothing to the log.
        self.write(|tx| tx.run("UPDATE progress SET value = value WHERE name = 'probe'", []).map(drop)).await
    }

    async fn full_disk(&self) -> Result<Option<FullDisk>> {
        let Some(reserve) = self.inner.reserve.get() else { return Ok(None) };
        if reserve.spent_since().is_some() {
            let inner = Arc::clone(&self.inner);
            let (done, receiver) = tokio::sync::oneshot::channel();
            // A thread of its own, as it writes and syncs many megabytes.
            thread("reserve", move || {
                if let Some(reserve) = inner.reserve.get() {
                    reserve.restore();
                }
                drop(inner);
                let _ = done.send(());
            })?;
            receiver.await.map_err(|_| gone())?;
        }
        Ok(reserve.spent_since().map(|since| FullDisk { since, needed: reserve.needed() }))
    }

    async fn back_up(&self, to: &Path) -> Result<()> {
        let (from, to) = (self.inner.path.clone(), to.to_owned());
        let (answer, receiver) = tokio::sync::oneshot::channel();
        // A thread of its own: the copy of a large file would keep a reader for seconds.
        thread("backup", move || {
            let _ = answer.send(back_up(&from, &to));
        })?;
        receiver.await.map_err(|_| gone())?
    }
}

impl SqliteStore {
    /// Returns the first block of a range. A long range, which a jump of the clock makes, is searched for the first one that has
    /// something; its end if none has.
    async fn next(&self, sql: &'static str, blocks: Range<i64>) -> Result<i64> {
        let Range { start, end } = blocks;
        if end.saturating_sub(start) <= FAR {
            return Ok(start);
        }
        let found = self.read(move |tx| tx.first(sql, [start], |row| row.get::<_, Option<i64>>(0))).await?;
        Ok(found.flatten().unwrap_or(end).min(end))
    }

    async fn summarize_hour(&self, hour: i64) -> Result<()> {
        let read = move |tx: &Tx<'_>, home: i64, last: i64| {
            let start = blocks::hour_start(hour);
            let found = tx.all(
                "SELECT home.key, data FROM home CROSS JOIN sample ON sample.home = home.key AND block = ?3 \
                 WHERE home.key > ?1 AND home.key <= ?2",
                params![home, last, hour],
                |row| Ok((row.get(0)?, blocks::decode_points(hour, row.get_ref(1)?.as_blob()?))),
            )?;
            let summary = |(home, points): (i64, Vec<_>)| Some((home, blocks::of_points(start, &points)?));
            Ok(found.into_iter().filter_map(summary).collect())
        };
        self.each_slice(read, Resolution::Hour).await
    }

    async fn summarize_day(&self, day: i64) -> Result<()> {
        let read = move |tx: &Tx<'_>, home: i64, last: i64| {
            let start = blocks::hour_start(day.saturating_mul(HOURS_OF_DAY));
            let found = tx.all(
                "SELECT home.key, data FROM home CROSS JOIN hour ON hour.home = home.key AND block = ?3 \
                 WHERE home.key > ?1 AND home.key <= ?2",
                params![home, last, day],
                |row| {
                    let data = row.get_ref(1)?.as_blob()?;
                    Ok((row.get(0)?, blocks::decode_summaries(Resolution::Hour, day, data)))
                },
            )?;
            let summary = |(home, hours): (i64, Vec<_>)| Some((home, blocks::of_summaries(start, &hours)?));
            Ok(found.into_iter().filter_map(summary).collect())
        };
        self.each_slice(read, Resolution::Day).await
    }

    /// Writes the summaries that `read` finds for the homes after the first key up to the second one, slice by slice.
    async fn each_slice(
        &self,
        read: impl Fn(&Tx<'_>, i64, i64) -> Result<Vec<(i64, Summary)>> + Clone + Send + 'static,
        resolution: Resolution,
    ) -> Result<()> {
        let mut home = 0;
        loop {
            let read = read.clone();
            let (last, found) = self
                .read(move |tx| {
                    let last = tx.first(
                        "SELECT max(key) FROM (SELECT key FROM home WHERE key > ?1 ORDER BY key LIMIT ?2)",
                        params![home, STEP],
                        |row| row.get::<_, Option<i64>>(0),
                    )?;
                    match last.flatten() {
                        Some(last) => Ok((Some(last), read(tx, home, last)?)),
                        None => Ok((None, Vec::new())),
                    }
                })
                .await?;
            let Some(last) = last else { return Ok(()) };
            home = last;
            if !found.is_empty() {
                self.write(move |tx| {
                    found.iter().try_for_each(|(home, summary)| put_summary(tx, *home, resolution, summary))
                })
                .await?;
            }
        }
    }
}

/// Summarizes an hour again if it was summarized already: the clock was set back, or a result came very late.
pub(super) fn summarize_again(tx: &Tx<'_>, home: i64, hour: i64) -> Result<()> {
    if progress(tx, HOURS)?.is_none_or(|hours| hour >= hours) {
        return Ok(());
    }
    let points = tx.first("SELECT data FROM sample WHERE home = ?1 AND block = ?2", [home, hour], |row| {
        Ok(blocks::decode_points(hour, row.get_ref(0)?.as_blob()?))
    })?;
    if let Some(summary) = blocks::of_points(blocks::hour_start(hour), &points.unwrap_or_default()) {
        put_summary(tx, home, Resolution::Hour, &summary)?;
    }
    let day = hour.div_euclid(HOURS_OF_DAY);
    if progress(tx, DAYS)?.is_some_and(|days| day < days) {
        let hours = tx.first("SELECT data FROM hour WHERE home = ?1 AND block = ?2", [home, day], |row| {
            Ok(blocks::decode_summaries(Resolution::Hour, day, row.get_ref(0)?.as_blob()?))
        })?;
        let start = blocks::hour_start(day.saturating_mul(HOURS_OF_DAY));
        if let Some(summary) = blocks::of_summaries(start, &hours.unwrap_or_default()) {
            put_summary(tx, home, Resolution::Day, &summary)?;
        }
    }
    Ok(())
}

/// Writes a summary in the place of an older one of the same time.
fn put_summary(tx: &Tx<'_>, home: i64, resolution: Resolution, summary: &Summary) -> Result<()> {
    let (find, put) = match resolution {
        Resolution::Hour => (
            "SELECT data FROM hour WHERE home = ?1 AND block = ?2",
            "INSERT INTO hour (home, block, data) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET data = ?3",
        ),
        Resolution::Day => (
            "SELECT data FROM day WHERE home = ?1 AND block = ?2",
            "INSERT INTO day (home, block, data) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET data = ?3",
        ),
    };
    let block = blocks::block_of(resolution, summary.start);
    let old = tx.first(find, [home, block], |row| {
        Ok(blocks::decode_summaries(resolution, block, row.get_ref(0)?.as_blob()?))
    })?;
    let mut summaries = old.unwrap_or_default();
    summaries.retain(|old| old.start != summary.start);
    summaries.push(*summary);
    summaries.sort_by_key(|summary| summary.start);
    tx.run(put, params![home, block, blocks::encode_summaries(resolution, &summaries)])?;
    Ok(())
}

fn progress(tx: &Tx<'_>, name: &str) -> Result<Option<i64>> {
    tx.first("SELECT value FROM progress WHERE name = ?1", [name], |row| row.get(0))
}

fn set_progress(tx: &Tx<'_>, name: &str, value: i64) -> Result<()> {
    tx.run(
        "INSERT INTO progress (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2",
        params![name, value],
    )?;
    Ok(())
}

/// The first hour with a sample. It reads the whole table, which is small before the first summary.
fn oldest(tx: &Tx<'_>) -> Result<Option<i64>> {
    if progress(tx, HOURS)?.is_some() {
        return Ok(None);
    }
    Ok(tx.first("SELECT min(block) FROM sample", [], |row| row.get::<_, Option<i64>>(0))?.flatten())
}
