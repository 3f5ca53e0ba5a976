//! Incidents, and what people decide about them.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use plume::monitor::ids::{IncidentId, TenantId};
use rusqlite::ToSql;

use crate::store::error::Result;
use crate::store::model::{Action, Announcer, Filed, IncidentQuery};
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::operations::decisions::{Owner, filed, find, write};
use crate::store::sqlite::statement::{Tx, count, millis, missing};
use crate::store::traits::IncidentStore;

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
                "SELECT tenant.key, tenant.id, edition, document FROM incident \
                 JOIN tenant ON tenant.key = incident.tenant WHERE wake <= ?1 ORDER BY wake LIMIT ?2",
                [millis(now), limit],
                |row| Ok((row.get(0)?, TenantId::new(row.get::<_, String>(1)?), filed(row, 2)?)),
            )?;
            let number = waiting.len();
            for (key, id, filed) in waiting {
                write(tx, Owner { key, id: &id }, filed, announcer.as_ref(), now)?;
            }
            Ok(number)
        })
        .await
    }
}

fn select(tx: &Tx<'_>, owner: Owner<'_>, query: &IncidentQuery) -> Result<Vec<Filed>> {
    let mut sql = "SELECT edition, document FROM incident WHERE tenant = ?".to_owned();
    let mut values: Vec<Box<dyn ToSql>> = vec![Box::new(owner.key)];
    if query.is_open {
        sql.push_str(" AND closed IS NULL");
    }
    if query.is_root {
        sql.push_str(" AND fleet IS NULL");
    }
    if query.for_digest {
        sql.push_str(" AND for_digest");
    }
    if let Some(home) = &query.home {
        let Some(key) = tx.home(owner.id, home)? else { return Ok(Vec::new()) };
        sql.push_str(" AND home = ?");
        values.push(Box::new(key));
    }
    if let Some(fleet) = &query.fleet {
        sql.push_str(" AND fleet = ?");
        values.push(Box::new(fleet.as_str().to_owned()));
    }
    if let Some(after) = &query.after {
        let (opened, id) = after.order();
        sql.push_str(" AND (opened, id) < (?, ?)");
        values.push(Box::new(opened));
        values.push(Box::new(id.to_owned()));
    }
    sql.push_str(" ORDER BY opened DESC, id DESC LIMIT ?");
    values.push(Box::new(count(query.limit)));
    tx.all(&sql, rusqlite::params_from_iter(values), |row| filed(row, 0))
}
