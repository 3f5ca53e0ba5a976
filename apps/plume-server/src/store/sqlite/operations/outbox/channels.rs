//! The queues of channels.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use plume::monitor::ids::{IncidentId, TenantId};
use rusqlite::params;

use crate::store::error::Result;
use crate::store::model::{Backlog, ChangeKind, DeadLetter, Delivery};
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::operations::outbox::delivery;
use crate::store::sqlite::statement::{count, millis, time, unsigned};
use crate::store::traits::ChannelStore;

#[async_trait]
impl ChannelStore for SqliteStore {
    async fn backlogs(&self, tenant: &TenantId) -> Result<Vec<Backlog>> {
        let tenant = tenant.clone();
        self.read(move |tx| {
            let Some(key) = tx.tenant(&tenant)? else { return Ok(Vec::new()) };
            tx.all(
                "SELECT channel, count(due), min(CASE WHEN due IS NULL THEN NULL ELSE stored END), sum(is_dead) \
                 FROM outbox WHERE tenant = ?1 AND (due IS NOT NULL OR is_dead) GROUP BY channel ORDER BY channel",
                [key],
                |row| {
                    Ok(Backlog {
                        channel: row.get(0)?,
                        waiting: unsigned(row.get(1)?),
                        oldest: row.get::<_, Option<i64>>(2)?.map(time),
                        dead: unsigned(row.get(3)?),
                    })
                },
            )
        })
        .await
    }

    async fn channel_deliveries(
        &self,
        tenant: &TenantId,
        channel: &str,
        limit: usize,
    ) -> Result<Vec<Delivery>> {
        let (tenant, channel) = (tenant.clone(), channel.to_owned());
        self.read(move |tx| {
            let Some(key) = tx.tenant(&tenant)? else { return Ok(Vec::new()) };
            tx.all(
                "SELECT message, channel, incident, at, outcome, detail FROM delivery \
                 WHERE tenant = ?1 AND channel = ?2 ORDER BY at DESC, key DESC LIMIT ?3",
                params![key, channel, count(limit)],
                delivery,
            )
        })
        .await
    }

    async fn sent_since(
        &self,
        tenant: &TenantId,
        channel: &str,
        since: DateTime<Utc>,
    ) -> Result<Vec<DateTime<Utc>>> {
        let (tenant, channel) = (tenant.clone(), channel.to_owned());
        self.read(move |tx| {
            let Some(key) = tx.tenant(&tenant)? else { return Ok(Vec::new()) };
            tx.all(
                "SELECT at FROM delivery WHERE tenant = ?1 AND channel = ?2 AND at >= ?3 \
                 AND outcome IN ('sent', 'accepted') ORDER BY at",
                params![key, channel, millis(since)],
                |row| row.get(0).map(time),
            )
        })
        .await
    }

    async fn dead_letters(&self, tenant: &TenantId, channel: &str, limit: usize) -> Result<Vec<DeadLetter>> {
        let (tenant, channel) = (tenant.clone(), channel.to_owned());
        self.read(move |tx| {
            let Some(key) = tx.tenant(&tenant)? else { return Ok(Vec::new()) };
            tx.all(
                "SELECT key, stored, attempts, incident, body FROM outbox \
                 WHERE tenant = ?1 AND channel = ?2 AND is_dead ORDER BY key DESC LIMIT ?3",
                params![key, channel, count(limit)],
                |row| {
                    Ok(DeadLetter {
                        id: row.get(0)?,
                        stored: time(row.get(1)?),
                        attempts: row.get(2)?,
                        incident: row.get::<_, Option<String>>(3)?.map(IncidentId::new),
                        body: row.get(4)?,
                    })
                },
            )
        })
        .await
    }

    async fn revive(
        &self,
        tenant: &TenantId,
        channel: &str,
        message: Option<i64>,
        now: DateTime<Utc>,
    ) -> Result<usize> {
        let (tenant, channel) = (tenant.clone(), channel.to_owned());
        self.write(move |tx| {
            let key = tx.known_tenant(&tenant)?;
            let revived = tx.run(
                "UPDATE outbox SET due = ?4, is_dead = 0, leased_until = NULL, attempts = 0, alive_since = ?4 \
                 WHERE tenant = ?1 AND channel = ?2 AND is_dead AND (?3 IS NULL OR key = ?3)",
                params![key, channel, message, millis(now)],
            )?;
            tx.change(key, ChangeKind::Message, &channel)?;
            Ok(revived)
        })
        .await
    }

    async fn hurry(&self, tenant: &TenantId, channel: &str, now: DateTime<Utc>) -> Result<()> {
        let (tenant, channel) = (tenant.clone(), channel.to_owned());
        self.write(move |tx| {
            let key = tx.known_tenant(&tenant)?;
            tx.run(
                "UPDATE outbox SET due = ?3 WHERE tenant = ?1 AND channel = ?2 AND due > ?3 \
                 AND alive_since <= ?3 AND leased_until IS NULL",
                params![key, channel, millis(now)],
            )?;
            Ok(())
        })
        .await
    }

    async fn discard(&self, tenant: &TenantId, channel: &str, message: Option<i64>) -> Result<usize> {
        let (tenant, channel) = (tenant.clone(), channel.to_owned());
        self.write(move |tx| {
            let key = tx.known_tenant(&tenant)?;
            let discarded = tx.run(
                "UPDATE outbox SET is_dead = 0, body = x'' \
                 WHERE tenant = ?1 AND channel = ?2 AND is_dead AND (?3 IS NULL OR key = ?3)",
                params![key, channel, message],
            )?;
            tx.change(key, ChangeKind::Message, &channel)?;
            Ok(discarded)
        })
        .await
    }
}
