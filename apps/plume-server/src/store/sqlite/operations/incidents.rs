//! Incidents, and what people decide about them.

use std::{cmp::Reverse, sync::Arc};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use plume::monitor::ids::{IncidentId, TenantId};
use rusqlite::{ToSql, params};

use crate::store::error::Result;
use crate::store::model::{Action, Announcer, Filed, IncidentQuery, OpenIncidents};
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::operations::decisions::{Owner, find, readable, write};
use crate::store::sqlite::statement::{Tx, count, millis, missing, signed, unsigned};
use crate::store::traits::IncidentStore;

/// Time between two attempts to read an incident that cannot be read, in milliseconds.
const UNREADABLE: i64 = 3_600_000;

#[async_trait]
impl IncidentStore for SqliteStore {
    async fn incident(&self, tenant: &TenantId, id: &IncidentId) -> Result<Option<Filed>> {
        let (tenant, id) = (tenant.clone(), id.clone());
        self.read(move |tx| match tx.tenant(&tenant)? {
            Some(key) => find(tx, Owner { key, id: &tenant }, id.as_str()),
            None => Ok(None),
        })
        .await
    }

    async fn incidents(&self, tenant: &TenantId, query: IncidentQuery) -> Result<Vec<Filed>> {
        let tenant = tenant.clone();
        self.read(move |tx| match tx.tenant(&tenant)? {
            Some(key) => select(tx, Owner { key, id: &tenant }, &query),
            None => Ok(Vec::new()),
        })
        .await
    }

    async fn open_incidents(&self, tenant: &TenantId) -> Result<OpenIncidents> {
        let (tenant, now) = (tenant.clone(), self.inner.clock.wall());
        self.read(move |tx| {
            let Some(key) = tx.tenant(&tenant)? else { return Ok(OpenIncidents::default()) };
            let found = tx.first(
                "SELECT count(*), count(*) FILTER (WHERE claimed_until IS NULL OR claimed_until <= ?2) FROM incident \
                 WHERE tenant = ?1 AND closed IS NULL AND fleet IS NULL",
                [key, millis(now)],
                |row| Ok(OpenIncidents { total: unsigned(row.get(0)?), unclaimed: unsigned(row.get(1)?) }),
            )?;
            Ok(found.unwrap_or_default())
        })
        .await
    }

    async fn act(
        &self,
        tenant: &TenantId,
        id: &IncidentId,
        person: &str,
        action: Action,
        announcer: &Arc<dyn Announcer>,
    ) -> Result<Filed> {
        let (tenant, id, person) = (tenant.clone(), id.clone(), person.to_owned());
        let (announcer, now) = (Arc::clone(announcer), self.inner.clock.wall());
        self.write(move |tx| {
            let owner = Owner { key: tx.known_tenant(&tenant)?, id: &tenant };
            let mut filed = find(tx, owner, id.as_str())?.ok_or_else(|| missing("incident", &id))?;
            action.apply(&mut filed.incident, &person, now)?;
            write(tx, owner, filed, announcer.as_ref(), now)
        })
        .await
    }

    async fn wake(&self, now: DateTime<Utc>, limit: usize, announcer: &Arc<dyn Announcer>) -> Result<usize> {
        let announcer = Arc::clone(announcer);
        let limit = count(limit);
        self.write(move |tx| {
            let waiting = tx.all(
                "SELECT tenant.key, tenant.id, incident.id, edition, document FROM incident \
                 JOIN tenant ON tenant.key = incident.tenant WHERE wake <= ?1 ORDER BY wake LIMIT ?2",
                [millis(now), limit],
                |row| {
                    let tenant = TenantId::new(row.get::<_, String>(1)?);
                    Ok((row.get(0)?, tenant, row.get::<_, String>(2)?, readable(row, 3)?))
                },
            )?;
            let number = waiting.len();
            for (key, tenant, id, found) in waiting {
                let Some(filed) = found else {
                    postpone(tx, key, &tenant, &id, now)?;
                    continue;
                };
                write(tx, Owner { key, id: &tenant }, filed, announcer.as_ref(), now)?;
            }
            Ok(number)
        })
        .await
    }

    async fn hasten(&self, tenant: &TenantId, now: DateTime<Utc>) -> Result<()> {
        let tenant = tenant.clone();
        self.write(move |tx| {
            let Some(key) = tx.tenant(&tenant)? else { return Ok(()) };
            tx.run("UPDATE incident SET wake = ?2 WHERE wake > ?2 AND tenant = ?1", [key, millis(now)])?;
            Ok(())
        })
        .await
    }
}

/// Lets an incident wait that cannot be read, so that it stops no other. It stays as it is: a newer version may read it.
fn postpone(tx: &Tx<'_>, key: i64, tenant: &TenantId, id: &str, now: DateTime<Utc>) -> Result<()> {
    tracing::error!(%tenant, incident = id, "an incident cannot be read, and its messages are not sent");
    tx.run(
        "UPDATE incident SET wake = ?3 WHERE tenant = ?1 AND id = ?2",
        params![key, id, millis(now).saturating_add(UNREADABLE)],
    )?;
    Ok(())
}

fn select(tx: &Tx<'_>, owner: Owner<'_>, query: &IncidentQuery) -> Result<Vec<Filed>> {
    let home = match &query.home {
        Some(home) => match tx.home(owner.id, home)? {
            Some(key) => Some(key),
            None => return Ok(Vec::new()),
        },
        None => None,
    };
    let (sql, values) = selection(owner.key, home, query);
    // Those that cannot be read are missing here, and the log has them. The list continues behind them.
    let mut skipped = 0;
    loop {
        let limit = query.limit.saturating_add(skipped);
        let rows = count(limit);
        let params = values.iter().map(AsRef::as_ref).chain([&rows as &dyn ToSql]);
        let found = tx.all(&sql, rusqlite::params_from_iter(params), |row| readable(row, 0))?;
        let is_end = found.len() < limit;
        let unreadable = found.iter().filter(|filed| filed.is_none()).count();
        if is_end || unreadable <= skipped {
            return Ok(found.into_iter().flatten().take(query.limit).collect());
        }
        skipped = unreadable;
    }
}

/// Returns the statement of a selection, without the number of rows. Each has an index with its order.
pub(in crate::store::sqlite) fn selection(
    tenant: i64,
    home: Option<i64>,
    query: &IncidentQuery,
) -> (String, Vec<Box<dyn ToSql>>) {
    let mut sql = "SELECT edition, document FROM incident WHERE tenant = ?".to_owned();
    let mut values: Vec<Box<dyn ToSql>> = vec![Box::new(tenant)];
    if query.is_open {
        sql.push_str(" AND closed IS NULL");
    }
    if query.is_root {
        sql.push_str(" AND fleet IS NULL");
    }
    if query.for_digest {
        sql.push_str(" AND for_digest");
    }
    if let Some(home) = home {
        sql.push_str(" AND home = ?");
        values.push(Box::new(home));
    }
    if let Some(fleet) = &query.fleet {
        sql.push_str(" AND fleet = ?");
        values.push(Box::new(fleet.as_str().to_owned()));
    }
    if let Some(after) = &query.after {
        let (Reverse(rank), homes, opened, id) = after.order();
        if query.worst_first {
            sql.push_str(" AND rank >= ? AND (rank > ? OR (homes, opened, id) < (?, ?, ?))");
            values.extend([Box::new(rank) as Box<dyn ToSql>, Box::new(rank), Box::new(signed(homes))]);
        } else {
            sql.push_str(" AND (opened, id) < (?, ?)");
        }
        values.push(Box::new(opened));
        values.push(Box::new(id.to_owned()));
    }
    sql.push_str(match query.worst_first {
        true => " ORDER BY rank, homes DESC, opened DESC, id DESC LIMIT ?",
        false => " ORDER BY opened DESC, id DESC LIMIT ?",
    });
    (sql, values)
}
