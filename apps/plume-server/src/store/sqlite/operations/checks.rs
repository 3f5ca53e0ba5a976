//! Claims and commits.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use plume::monitor::{
    ids::{HomeId, TenantId},
    schedule::{HomeSchedule, SchedulePolicy},
};
use rusqlite::{Row, params};

use crate::store::blocks;
use crate::store::error::Result;
use crate::store::model::{
    Announcer, CLASSES, ChangeKind, CheckResult, Claim, Committed, Decisions, Due, Enrolled, Point, Traits,
    Verdict, class, class_code, rank, status,
};
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::operations::decisions::{self, Owner};
use crate::store::sqlite::operations::upkeep::summarize_again;
use crate::store::sqlite::statement::{Tx, count, millis, span, tags, time, to_document};
use crate::store::traits::CheckStore;

#[async_trait]
impl CheckStore for SqliteStore {
    async fn due(&self, now: DateTime<Utc>, horizon: DateTime<Utc>, limit: usize) -> Result<Vec<Due>> {
        let lease_now = self.lease_now();
        self.read(move |tx| due(tx, millis(now), millis(horizon), lease_now, count(limit))).await
    }

    async fn enrolled(&self) -> Result<Vec<Enrolled>> {
        self.read(|tx| {
            tx.all(
                "SELECT tenant.id, home.id, work.class, work.since, work.due, work.runs_since_full, work.wants_full, \
                 firmware, model, region, (SELECT group_concat(tag, char(31)) FROM tag WHERE tag.home = home.key), work.data \
                 FROM work JOIN home ON home.key = work.home JOIN tenant ON tenant.key = work.tenant",
                [],
                |row| {
                    let home = HomeId::new(row.get::<_, String>(1)?);
                    let tenant = TenantId::new(row.get::<_, String>(0)?);
                    Ok(Enrolled {
                        due: Due { tenant, schedule: schedule(&home, row, 2)?, home },
                        traits: Traits { firmware: row.get(7)?, model: row.get(8)?, region: row.get(9)? },
                        tags: tags(row, 10)?,
                        data: row.get::<_, Option<i64>>(11)?.map(time),
                    })
                },
            )
        })
        .await
    }

    async fn claim(&self, homes: &[Due], lease: Duration) -> Result<Vec<Claim>> {
        let (homes, now) = (homes.to_vec(), self.lease_now());
        self.write(move |tx| {
            let until = now.saturating_add(span(lease));
            homes.iter().filter_map(|due| claim(tx, due, now, until).transpose()).collect()
        })
        .await
    }

    async fn release(&self, claim: &Claim) -> Result<()> {
        let (tenant, home, fence) = (claim.tenant.clone(), claim.home.clone(), claim.fence);
        self.write(move |tx| {
            let Some(key) = tx.home(&tenant, &home)? else { return Ok(()) };
            tx.run(
                "UPDATE work SET leased_until = NULL WHERE home = ?1 AND fence = ?2",
                params![key, fence],
            )?;
            Ok(())
        })
        .await
    }

    async fn commit(&self, result: CheckResult, announcer: &Arc<dyn Announcer>) -> Result<Committed> {
        let (announcer, now) = (Arc::clone(announcer), self.inner.clock.wall());
        let records_history = self.records_history();
        self.write(move |tx| commit(tx, &result, announcer.as_ref(), now, records_history)).await
    }

    async fn decide(
        &self,
        tenant: &TenantId,
        decisions: Decisions,
        announcer: &Arc<dyn Announcer>,
    ) -> Result<()> {
        let (tenant, announcer, now) = (tenant.clone(), Arc::clone(announcer), self.inner.clock.wall());
        self.write(move |tx| decisions::decide(tx, &tenant, &decisions, announcer.as_ref(), now)).await
    }
}

/// Reads a schedule from five columns.
fn schedule(home: &HomeId, row: &Row<'_>, first: usize) -> rusqlite::Result<HomeSchedule> {
    let since = time(row.get(first + 1)?);
    let mut schedule = HomeSchedule::new(home, &SchedulePolicy::standard(), since);
    schedule.class = class(row.get(first)?);
    schedule.due = time(row.get(first + 2)?);
    schedule.runs_since_full = row.get(first + 3)?;
    schedule.wants_full = row.get(first + 4)?;
    Ok(schedule)
}

fn due(tx: &Tx<'_>, now: i64, horizon: i64, lease_now: i64, limit: i64) -> Result<Vec<Due>> {
    const DUE: &str = "SELECT home.id, work.class, work.since, work.due, work.runs_since_full, work.wants_full \
        FROM work JOIN home ON home.key = work.home \
        WHERE work.tenant = ?1 AND work.class = ?2 AND work.due BETWEEN ?3 AND ?4 \
        AND (work.leased_until IS NULL OR work.leased_until <= ?5) ORDER BY work.due LIMIT ?6";
    let tenants =
        tx.all("SELECT key, id FROM tenant WHERE key NOT IN (SELECT tenant FROM suspension)", [], |row| {
            Ok((row.get::<_, i64>(0)?, TenantId::new(row.get::<_, String>(1)?)))
        })?;
    let mut found = Vec::new();
    for (key, tenant) in tenants {
        for class in CLASSES {
            for (from, to) in [(i64::MIN, now), (horizon.saturating_add(1), i64::MAX)] {
                let params = params![key, class_code(class), from, to, lease_now, limit];
                let rows = tx.all(DUE, params, |row| {
                    let home = HomeId::new(row.get::<_, String>(0)?);
                    Ok(Due { tenant: tenant.clone(), schedule: schedule(&home, row, 1)?, home })
                })?;
                found.extend(rows);
            }
        }
    }
    Ok(found)
}

fn claim(tx: &Tx<'_>, due: &Due, now: i64, until: i64) -> Result<Option<Claim>> {
    let Some(key) = tx.home(&due.tenant, &due.home)? else { return Ok(None) };
    let taken = tx.first(
        "UPDATE work SET fence = fence + 1, leased_until = ?2 \
         WHERE home = ?1 AND due = ?3 AND (leased_until IS NULL OR leased_until <= ?4) \
         AND tenant NOT IN (SELECT tenant FROM suspension) \
         RETURNING fence, class, since, due, runs_since_full, wants_full, state",
        params![key, until, millis(due.schedule.due), now],
        |row| Ok((row.get(0)?, schedule(&due.home, row, 1)?, row.get(6)?)),
    )?;
    let Some((fence, schedule, state)) = taken else { return Ok(None) };
    tx.first("SELECT customer, location, firmware, model, region, status, since, headline FROM home WHERE key = ?1", [key], |row| {
        Ok(Claim {
            tenant: due.tenant.clone(),
            home: due.home.clone(),
            fence,
            customer: row.get(0)?,
            location: row.get(1)?,
            traits: Traits { firmware: row.get(2)?, model: row.get(3)?, region: row.get(4)? },
            verdict: Verdict { status: status(row.get(5)?), since: time(row.get(6)?), headline: row.get(7)? },
            schedule,
            state,
        })
    })
}

fn commit(
    tx: &Tx<'_>,
    result: &CheckResult,
    announcer: &dyn Announcer,
    now: DateTime<Utc>,
    records_history: bool,
) -> Result<Committed> {
    let Some(home) = tx.home(&result.tenant, &result.home)? else { return Ok(Committed::Taken) };
    let HomeSchedule { class, due, since, runs_since_full, wants_full, .. } = result.schedule;
    let tenant = tx.first(
        "UPDATE work SET class = ?3, due = ?4, since = ?5, runs_since_full = ?6, wants_full = ?7, checked = ?8, \
         state = ?9, data = coalesce(?10, data), leased_until = NULL WHERE home = ?1 AND fence = ?2 AND leased_until IS NOT NULL \
         RETURNING tenant",
        params![
            home,
            result.fence,
            class_code(class),
            millis(due),
            millis(since),
            runs_since_full,
            wants_full,
            millis(result.point.at),
            result.state,
            result.point.has_data().then(|| millis(result.point.at)),
        ],
        |row| row.get::<_, i64>(0),
    )?;
    let Some(tenant) = tenant else { return Ok(Committed::Taken) };
    if records_history {
        add_point(tx, home, &result.point)?;
    }
    update_home(tx, tenant, home, result)?;
    for logged in &result.transitions {
        let (since, at) = (millis(logged.transition.since), millis(logged.transition.at));
        tx.run(
            "INSERT INTO transition (tenant, home, since, at, headline, document) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![tenant, home, since, at, logged.headline, to_document(&logged.transition)?],
        )?;
    }
    let owner = Owner { key: tenant, id: &result.tenant };
    result.incidents.iter().try_for_each(|change| decisions::apply(tx, owner, change, announcer, now))?;
    Ok(Committed::Done)
}

fn add_point(tx: &Tx<'_>, home: i64, point: &Point) -> Result<()> {
    let (block, entry) = blocks::append(point);
    let hour = blocks::hour_of(point.at);
    tx.run(
        "INSERT INTO sample (home, block, data) VALUES (?1, ?2, ?3) \
         ON CONFLICT DO UPDATE SET data = CAST(data || ?4 AS BLOB)",
        params![home, hour, block, entry],
    )?;
    summarize_again(tx, home, hour)
}

fn update_home(tx: &Tx<'_>, tenant: i64, home: i64, result: &CheckResult) -> Result<()> {
    let verdict = &result.verdict;
    let changed = tx.run(
        "UPDATE home SET status = ?2, since = ?3, headline = ?4 WHERE key = ?1 \
         AND (status <> ?2 OR since <> ?3 OR headline <> ?4)",
        params![home, rank(verdict.status), millis(verdict.since), verdict.headline],
    )?;
    let regrouped = match &result.traits {
        Some(Traits { firmware, model, region }) => tx.run(
            "UPDATE home SET firmware = ?2, model = ?3, region = coalesce(?4, region) WHERE key = ?1 \
             AND (firmware IS NOT ?2 OR model IS NOT ?3 OR region IS NOT coalesce(?4, region))",
            params![home, firmware, model, region],
        )?,
        None => 0,
    };
    if changed + regrouped > 0 {
        tx.change(tenant, ChangeKind::Home, result.home.as_str())?;
    }
    Ok(())
}
