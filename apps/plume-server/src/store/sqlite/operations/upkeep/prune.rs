//! The deletion of old history in slices.

use std::time::Duration;

use chrono::{DateTime, Utc};
use rusqlite::params;

use crate::store::blocks;
use crate::store::error::Result;
use crate::store::model::Resolution;
use crate::store::sqlite::statement::{Tx, millis};
use crate::store::traits::{Progress, Retention};

/// Maximum number of rows that one transaction deletes.
const SLICE: i64 = 1_000;
/// The number of changes that are kept for live pages.
const CHANGES: i64 = 10_000;
/// Maximum number of pages that are given back at once.
const PAGES: i64 = 256;

/// The rows of a slice.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// A table with blocks, and the keys.
    blocks: Vec<(Series, i64, i64)>,
    transitions: Vec<i64>,
    incidents: Vec<i64>,
    messages: Vec<i64>,
    /// The last change that is deleted.
    changes: Option<i64>,
}

#[derive(Debug, Clone, Copy)]
enum Series {
    Sample,
    Hour,
    Day,
}

impl Series {
    fn find(self) -> &'static str {
        match self {
            Self::Sample => {
                "SELECT home.key, block FROM home CROSS JOIN sample ON sample.home = home.key AND block < ?1 LIMIT ?2"
            }
            Self::Hour => {
                "SELECT home.key, block FROM home CROSS JOIN hour ON hour.home = home.key AND block < ?1 LIMIT ?2"
            }
            Self::Day => {
                "SELECT home.key, block FROM home CROSS JOIN day ON day.home = home.key AND block < ?1 LIMIT ?2"
            }
        }
    }

    fn delete(self) -> &'static str {
        match self {
            Self::Sample => "DELETE FROM sample WHERE home = ?1 AND block = ?2",
            Self::Hour => "DELETE FROM hour WHERE home = ?1 AND block = ?2",
            Self::Day => "DELETE FROM day WHERE home = ?1 AND block = ?2",
        }
    }
}

/// Finds the next rows to delete. It only reads, so it may take longer than a transaction of the writer should.
pub(super) fn find(tx: &Tx<'_>, now: DateTime<Utc>, retention: Retention) -> Result<Found> {
    let before = |kept: Duration| plume::runtime::time::before(now, kept);
    let (samples, hours, days) = (before(retention.samples), before(retention.hours), before(retention.days));
    let mut found = Found::default();
    let mut left = SLICE;
    for (series, end) in [
        (Series::Sample, blocks::hour_of(samples)),
        (Series::Hour, blocks::block_of(Resolution::Hour, hours)),
        (Series::Day, blocks::block_of(Resolution::Day, days)),
    ] {
        let rows = tx.all(series.find(), [end, left], |row| Ok((series, row.get(0)?, row.get(1)?)))?;
        left = left.saturating_sub(i64::try_from(rows.len()).unwrap_or(i64::MAX));
        found.blocks.extend(rows);
    }
    let keys = |sql: &str, end, left| tx.all(sql, [millis(end), left], |row| row.get::<_, i64>(0));
    // The last one before the period says which status the home had at its start.
    found.transitions = keys(
        "SELECT old.key FROM tenant CROSS JOIN transition AS old ON old.tenant = tenant.key AND old.at < ?1 \
         WHERE (SELECT next.at FROM transition AS next WHERE next.home = old.home AND next.key > old.key \
         ORDER BY next.key LIMIT 1) < ?1 LIMIT ?2",
        days,
        left,
    )?;
    left = left.saturating_sub(i64::try_from(found.transitions.len()).unwrap_or(i64::MAX));
    found.incidents = keys(
        "SELECT incident.key FROM tenant CROSS JOIN incident ON incident.tenant = tenant.key AND opened < ?1 \
         WHERE closed < ?1 LIMIT ?2",
        days,
        left,
    )?;
    left = left.saturating_sub(i64::try_from(found.incidents.len()).unwrap_or(i64::MAX));
    found.messages = keys(
        "SELECT outbox.key FROM tenant CROSS JOIN outbox ON outbox.tenant = tenant.key AND stored < ?1 \
         WHERE due IS NULL LIMIT ?2",
        hours,
        left,
    )?;
    found.changes = tx
        .first(
            "SELECT min(min(seq) + ?2 - 1, max(seq) - ?1) FROM change HAVING max(seq) - ?1 >= min(seq)",
            [CHANGES, SLICE],
            |row| row.get(0),
        )?
        .flatten();
    Ok(found)
}

/// Deletes what was found, and gives pages back to the file system.
pub(super) fn delete(tx: &Tx<'_>, found: &Found) -> Result<Progress> {
    let mut deleted = 0;
    for (series, home, block) in &found.blocks {
        deleted += tx.run(series.delete(), [home, block])?;
    }
    for (sql, keys) in [
        ("DELETE FROM transition WHERE key = ?1", &found.transitions),
        ("DELETE FROM incident WHERE key = ?1", &found.incidents),
        ("DELETE FROM outbox WHERE key = ?1", &found.messages),
    ] {
        for key in keys {
            deleted += tx.run(sql, [key])?;
        }
    }
    if let Some(last) = found.changes {
        deleted += tx.run("DELETE FROM change WHERE seq <= ?1", params![last])?;
    }
    tx.all(&format!("PRAGMA incremental_vacuum({PAGES})"), [], |_| Ok(()))?;
    Ok(if deleted > 0 { Progress::More } else { Progress::Done })
}
