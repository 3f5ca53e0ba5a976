//! Sessions, tokens and accounts, and suspended tenants.

use std::collections::BTreeSet;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use plume::monitor::ids::TenantId;
use rusqlite::{Row, params};

use crate::store::error::Result;
use crate::store::model::{Pass, PassCursor, PassKind};
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::statement::{count, millis, time};
use crate::store::traits::PassStore;

#[async_trait]
impl PassStore for SqliteStore {
    async fn put_pass(&self, kind: PassKind, pass: Pass) -> Result<()> {
        self.write(move |tx| {
            let Pass { id, seen, ends, body } = pass;
            tx.run(
                "INSERT OR REPLACE INTO pass (kind, id, seen, ends, body) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![kind.as_str(), id, millis(seen), ends.map(millis), body],
            )?;
            Ok(())
        })
        .await
    }

    async fn change_pass(&self, kind: PassKind, pass: Pass) -> Result<bool> {
        self.write(move |tx| {
            let Pass { id, seen, ends, body } = pass;
            let changed = tx.run(
                "UPDATE pass SET seen = ?3, ends = ?4, body = ?5 WHERE kind = ?1 AND id = ?2",
                params![kind.as_str(), id, millis(seen), ends.map(millis), body],
            )?;
            Ok(changed > 0)
        })
        .await
    }

    async fn pass(&self, kind: PassKind, id: &str) -> Result<Option<Pass>> {
        let id = id.to_owned();
        self.read(move |tx| {
            tx.first(
                "SELECT id, seen, ends, body FROM pass WHERE kind = ?1 AND id = ?2",
                [kind.as_str(), &id],
                read,
            )
        })
        .await
    }

    async fn passes_after(
        &self,
        kind: PassKind,
        after: Option<PassCursor>,
        limit: usize,
    ) -> Result<Vec<Pass>> {
        let (seen, id) = match after {
            Some(PassCursor { seen, id }) => (millis(seen), id),
            None => (i64::MAX, String::new()),
        };
        self.read(move |tx| {
            tx.all(
                "SELECT id, seen, ends, body FROM pass WHERE kind = ?1 AND (seen < ?2 OR seen = ?2 AND id > ?3) \
                 ORDER BY seen DESC, id LIMIT ?4",
                params![kind.as_str(), seen, id, count(limit)],
                read,
            )
        })
        .await
    }

    async fn passes_by_id(&self, kind: PassKind, after: &str, limit: usize) -> Result<Vec<Pass>> {
        let after = after.to_owned();
        self.read(move |tx| {
            tx.all(
                "SELECT id, seen, ends, body FROM pass WHERE kind = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
                params![kind.as_str(), after, count(limit)],
                read,
            )
        })
        .await
    }

    async fn use_pass(&self, kind: PassKind, id: &str, at: DateTime<Utc>) -> Result<()> {
        let id = id.to_owned();
        self.write(move |tx| {
            tx.run(
                "UPDATE pass SET seen = ?3 WHERE kind = ?1 AND id = ?2",
                params![kind.as_str(), id, millis(at)],
            )?;
            Ok(())
        })
        .await
    }

    async fn remove_pass(&self, kind: PassKind, id: &str) -> Result<bool> {
        let id = id.to_owned();
        self.write(move |tx| {
            Ok(tx.run("DELETE FROM pass WHERE kind = ?1 AND id = ?2", [kind.as_str(), &id])? > 0)
        })
        .await
    }

    async fn end_passes(&self, now: DateTime<Utc>) -> Result<()> {
        self.write(move |tx| {
            tx.run("DELETE FROM pass WHERE ends <= ?1", [millis(now)])?;
            Ok(())
        })
        .await
    }

    async fn suspend(&self, tenant: &TenantId, is_suspended: bool) -> Result<()> {
        let tenant = tenant.clone();
        self.write(move |tx| {
            let key = tx.known_tenant(&tenant)?;
            match is_suspended {
                true => tx.run("INSERT OR IGNORE INTO suspension (tenant) VALUES (?1)", [key])?,
                false => tx.run("DELETE FROM suspension WHERE tenant = ?1", [key])?,
            };
            Ok(())
        })
        .await
    }

    async fn suspended(&self) -> Result<BTreeSet<TenantId>> {
        self.read(|tx| {
            let found = tx.all(
                "SELECT id FROM suspension JOIN tenant ON tenant.key = suspension.tenant",
                [],
                |row| Ok(TenantId::new(row.get::<_, String>(0)?)),
            )?;
            Ok(found.into_iter().collect())
        })
        .await
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Pass> {
    let ends: Option<i64> = row.get(2)?;
    Ok(Pass { id: row.get(0)?, seen: time(row.get(1)?), ends: ends.map(time), body: row.get(3)? })
}
