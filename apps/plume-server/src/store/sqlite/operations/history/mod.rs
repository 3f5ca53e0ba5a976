//! Samples, summaries and transitions.

mod uptime;

use std::ops::Range;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use plume::monitor::ids::{HomeId, TenantId};
use rusqlite::{Row, params};

use crate::store::blocks;
use crate::store::error::Result;
use crate::store::model::{Logged, Point, Resolution, Summary};
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::statement::{Tx, count, from_document, millis};
use crate::store::traits::HistoryStore;

#[async_trait]
impl HistoryStore for SqliteStore {
    async fn points(
        &self,
        tenant: &TenantId,
        home: &HomeId,
        period: Range<DateTime<Utc>>,
    ) -> Result<Vec<Point>> {
        let (tenant, home) = (tenant.clone(), home.clone());
        self.read(move |tx| {
            let Some(home) = tx.home(&tenant, &home)? else { return Ok(Vec::new()) };
            let blocks = tx.all(
                "SELECT block, data FROM sample WHERE home = ?1 AND block BETWEEN ?2 AND ?3 ORDER BY block",
                params![home, blocks::hour_of(period.start), blocks::hour_of(period.end)],
                |row| Ok(blocks::decode_points(row.get(0)?, row.get_ref(1)?.as_blob()?)),
            )?;
            Ok(blocks.into_iter().flatten().filter(|point| period.contains(&point.at)).collect())
        })
        .await
    }

    async fn summaries(
        &self,
        tenant: &TenantId,
        home: &HomeId,
        resolution: Resolution,
        period: Range<DateTime<Utc>>,
    ) -> Result<Vec<Summary>> {
        let (tenant, home) = (tenant.clone(), home.clone());
        self.read(move |tx| {
            let Some(home) = tx.home(&tenant, &home)? else { return Ok(Vec::new()) };
            let sql = match resolution {
                Resolution::Hour => {
                    "SELECT block, data FROM hour WHERE home = ?1 AND block BETWEEN ?2 AND ?3 ORDER BY block"
                }
                Resolution::Day => {
                    "SELECT block, data FROM day WHERE home = ?1 AND block BETWEEN ?2 AND ?3 ORDER BY block"
                }
            };
            let [from, to] = [period.start, period.end].map(|time| blocks::block_of(resolution, time));
            let blocks = tx.all(sql, params![home, from, to], |row| {
                Ok(blocks::decode_summaries(resolution, row.get(0)?, row.get_ref(1)?.as_blob()?))
            })?;
            Ok(blocks.into_iter().flatten().filter(|summary| period.contains(&summary.start)).collect())
        })
        .await
    }

    async fn transitions(
        &self,
        tenant: &TenantId,
        home: &HomeId,
        period: Range<DateTime<Utc>>,
    ) -> Result<Vec<Logged>> {
        let (tenant, home) = (tenant.clone(), home.clone());
        self.read(move |tx| {
            let Some(home) = tx.home(&tenant, &home)? else { return Ok(Vec::new()) };
            let first = decided_before(tx, home, period.start)?;
            tx.all(
                "SELECT headline, document FROM transition WHERE home = ?1 AND key >= ?2 AND at < ?3 ORDER BY key",
                params![home, first, millis(period.end)],
                |row| read(row, 0),
            )
        })
        .await
    }

    async fn latest_transitions(&self, tenant: &TenantId, limit: usize) -> Result<Vec<(HomeId, Logged)>> {
        let tenant = tenant.clone();
        self.read(move |tx| {
            let Some(key) = tx.tenant(&tenant)? else { return Ok(Vec::new()) };
            tx.all(
                "SELECT home.id, transition.headline, document FROM transition JOIN home ON home.key = transition.home \
                 WHERE transition.tenant = ?1 ORDER BY at DESC, transition.key DESC LIMIT ?2",
                params![key, count(limit)],
                |row| Ok((HomeId::new(row.get::<_, String>(0)?), read(row, 1)?)),
            )
        })
        .await
    }
}

/// Reads a transition from two columns.
fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<Logged> {
    Ok(Logged { headline: row.get(first)?, transition: from_document(row, first + 1)? })
}

/// Returns the key of the last transition of a home that was decided before a time, or a key before all. The keys are in
/// the order of the decisions, whatever the clock did.
fn decided_before(tx: &Tx<'_>, home: i64, time: DateTime<Utc>) -> Result<i64> {
    let sql = "SELECT key FROM transition WHERE home = ?1 AND at < ?2 ORDER BY key DESC LIMIT 1";
    Ok(tx.first(sql, params![home, millis(time)], |row| row.get(0))?.unwrap_or_default())
}
