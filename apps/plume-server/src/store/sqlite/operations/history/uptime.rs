//! Counted times. A page reads the rows of one part of an index.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use plume::monitor::{
    home::Transition,
    ids::{HomeId, TenantId},
};
use rusqlite::{Row, params};

use crate::store::error::Result;
use crate::store::model::{
    Counted, GroupUptime, HomeHistory, HomeUptime, Page, Traits, Uptime, UptimeCursor, UptimeGroup,
    UptimePeriod, status,
};
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::operations::history::decided_before;
use crate::store::sqlite::statement::{Tx, count, from_document, millis, signed, tags, time, unsigned};
use crate::store::traits::UptimeStore;

#[async_trait]
impl UptimeStore for SqliteStore {
    async fn histories(
        &self,
        after: Option<&HomeId>,
        since: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<HomeHistory>> {
        let after = after.map_or_else(String::new, |after| after.as_str().to_owned());
        self.read(move |tx| {
            let homes = tx.all(
                "SELECT home.key, tenant.id, home.id, firmware, model, region, status, \
                 (SELECT group_concat(tag, char(31)) FROM tag WHERE tag.home = home.key) \
                 FROM home JOIN tenant ON tenant.key = home.tenant WHERE home.id > ?1 ORDER BY home.id LIMIT ?2",
                params![after, count(limit)],
                |row| {
                    let history = HomeHistory {
                        tenant: TenantId::new(row.get::<_, String>(1)?),
                        home: HomeId::new(row.get::<_, String>(2)?),
                        traits: Traits { firmware: row.get(3)?, model: row.get(4)?, region: row.get(5)? },
                        tags: tags(row, 7)?,
                        before: status(row.get(6)?),
                        changes: Vec::new(),
                    };
                    Ok((row.get::<_, i64>(0)?, history))
                },
            )?;
            homes.into_iter().map(|(key, history)| with_changes(tx, key, history, since)).collect()
        })
        .await
    }

    async fn put_uptimes(&self, at: DateTime<Utc>, counted: Vec<Counted>) -> Result<()> {
        self.write(move |tx| {
            for Counted { tenant, home, times } in &counted {
                let (Some(owner), Some(key)) = (tx.tenant(tenant)?, tx.home(tenant, home)?) else { continue };
                for (period, found) in UptimePeriod::ALL.into_iter().zip(times) {
                    let Uptime { up, degraded, down, unknown, maintenance, percent } = found;
                    tx.run(
                        "INSERT INTO uptime (home, period, tenant, at, rank, percent, up, degraded, down, unknown, maintenance, id) \
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) \
                         ON CONFLICT DO UPDATE SET at = ?4, rank = ?5, percent = ?6, up = ?7, degraded = ?8, down = ?9, \
                         unknown = ?10, maintenance = ?11",
                        params![
                            key, period.code(), owner, millis(at), found.rank(), percent, up, degraded, down, unknown,
                            maintenance, home.as_str()
                        ],
                    )?;
                }
            }
            Ok(())
        })
        .await
    }

    async fn put_group_uptimes(&self, tenant: &TenantId, groups: Vec<GroupUptime>) -> Result<()> {
        let tenant = tenant.clone();
        self.write(move |tx| {
            let owner = tx.known_tenant(&tenant)?;
            tx.run("DELETE FROM group_uptime WHERE tenant = ?1", [owner])?;
            for GroupUptime { kind, value, period, homes, at, time } in &groups {
                let Uptime { up, degraded, down, unknown, maintenance, percent } = time;
                tx.run(
                    "INSERT INTO group_uptime (tenant, period, kind, value, homes, at, rank, percent, up, degraded, down, \
                     unknown, maintenance) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
                    params![
                        owner, period.code(), kind.as_str(), value, signed(*homes), millis(*at), time.rank(), percent,
                        up, degraded, down, unknown, maintenance
                    ],
                )?;
            }
            Ok(())
        })
        .await
    }

    async fn uptimes(
        &self,
        tenant: &TenantId,
        period: UptimePeriod,
        after: Option<UptimeCursor>,
        limit: usize,
    ) -> Result<Page<HomeUptime, UptimeCursor>> {
        let tenant = tenant.clone();
        self.read(move |tx| {
            let Some(owner) = tx.tenant(&tenant)? else { return Ok(Page { items: Vec::new(), next: None }) };
            let (rank, id) = after.map_or((-1.0, String::new()), |after| (after.rank, after.home.as_str().to_owned()));
            let mut items = tx.all(
                "SELECT home.id, home.name, region, at, percent, up, degraded, down, unknown, maintenance FROM uptime \
                 JOIN home ON home.key = uptime.home WHERE uptime.tenant = ?1 AND period = ?2 \
                 AND (rank, uptime.id) > (?3, ?4) ORDER BY rank, uptime.id LIMIT ?5",
                params![owner, period.code(), rank, id, count(limit.saturating_add(1))],
                |row| {
                    Ok(HomeUptime {
                        home: HomeId::new(row.get::<_, String>(0)?),
                        name: row.get(1)?,
                        region: row.get(2)?,
                        at: time(row.get(3)?),
                        time: read(row, 4)?,
                    })
                },
            )?;
            let has_more = items.len() > limit;
            items.truncate(limit);
            let last = items.last().filter(|_| has_more);
            let next = last.map(|last| UptimeCursor { rank: last.time.rank(), home: last.home.clone() });
            Ok(Page { items, next })
        })
        .await
    }

    async fn group_uptimes(
        &self,
        tenant: &TenantId,
        period: UptimePeriod,
        kind: UptimeGroup,
        limit: usize,
    ) -> Result<Vec<GroupUptime>> {
        let tenant = tenant.clone();
        self.read(move |tx| {
            let Some(owner) = tx.tenant(&tenant)? else { return Ok(Vec::new()) };
            tx.all(
                "SELECT value, homes, at, percent, up, degraded, down, unknown, maintenance FROM group_uptime \
                 WHERE tenant = ?1 AND period = ?2 AND kind = ?3 ORDER BY rank, value LIMIT ?4",
                params![owner, period.code(), kind.as_str(), count(limit)],
                |row| {
                    Ok(GroupUptime {
                        kind,
                        value: row.get(0)?,
                        period,
                        homes: unsigned(row.get(1)?),
                        at: time(row.get(2)?),
                        time: read(row, 3)?,
                    })
                },
            )
        })
        .await
    }
}

/// Reads a time by class from six columns.
fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<Uptime> {
    Ok(Uptime {
        percent: row.get(first)?,
        up: row.get(first + 1)?,
        degraded: row.get(first + 2)?,
        down: row.get(first + 3)?,
        unknown: row.get(first + 4)?,
        maintenance: row.get(first + 5)?,
    })
}

/// Adds the changes since a time, and the status before them.
fn with_changes(tx: &Tx<'_>, key: i64, history: HomeHistory, since: DateTime<Utc>) -> Result<HomeHistory> {
    let first = decided_before(tx, key, since)?;
    let transitions: Vec<Transition> = tx.all(
        "SELECT document FROM transition WHERE home = ?1 AND key >= ?2 ORDER BY key",
        params![key, first],
        |row| from_document(row, 0),
    )?;
    Ok(history.with_changes(&transitions, since))
}
