//! Messages and their deliveries.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use plume::monitor::ids::{IncidentId, TenantId};
use rusqlite::{Row, params};

use crate::store::error::Result;
use crate::store::model::{Attempt, ChangeKind, Committed, Delivery, Outcome, Outgoing, Sending};
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::statement::{Tx, count, millis, span, time, unsigned};
use crate::store::traits::OutboxStore;

#[async_trait]
impl OutboxStore for SqliteStore {
    async fn take_messages(&self, now: DateTime<Utc>, lease: Duration, limit: usize) -> Result<Vec<Sending>> {
        let lease_now = self.lease_now();
        self.write(move |tx| {
            let until = lease_now.saturating_add(span(lease));
            take(tx, millis(now), lease_now, until, count(limit))
        })
        .await
    }

    async fn settle(&self, sending: &Sending, attempt: Attempt) -> Result<Committed> {
        let sending = sending.clone();
        self.write(move |tx| settle(tx, &sending, &attempt)).await
    }

    async fn deliveries(
        &self,
        tenant: &TenantId,
        incident: Option<&IncidentId>,
        limit: usize,
    ) -> Result<Vec<Delivery>> {
        let (tenant, incident) = (tenant.clone(), incident.cloned());
        self.read(move |tx| {
            let Some(key) = tx.tenant(&tenant)? else { return Ok(Vec::new()) };
            let filter = if incident.is_some() { "AND incident = ?3" } else { "" };
            let sql = format!(
                "SELECT message, channel, incident, at, outcome, detail FROM delivery WHERE tenant = ?1 {filter} \
                 ORDER BY at DESC, key DESC LIMIT ?2"
            );
            match &incident {
                Some(incident) => tx.all(&sql, params![key, count(limit), incident.as_str()], delivery),
                None => tx.all(&sql, params![key, count(limit)], delivery),
            }
        })
        .await
    }

    async fn backlog(&self, tenant: &TenantId) -> Result<(u64, u64)> {
        let tenant = tenant.clone();
        self.read(move |tx| {
            let counted = tx.first(
                "SELECT count(*) FILTER (WHERE due IS NOT NULL), count(*) FILTER (WHERE is_dead) \
                 FROM outbox JOIN tenant ON tenant.key = outbox.tenant \
                 WHERE tenant.id = ?1 AND (due IS NOT NULL OR is_dead)",
                [tenant.as_str()],
                |row| Ok((unsigned(row.get(0)?), unsigned(row.get(1)?))),
            )?;
            Ok(counted.unwrap_or_default())
        })
        .await
    }
}

fn take(tx: &Tx<'_>, now: i64, lease_now: i64, until: i64, limit: i64) -> Result<Vec<Sending>> {
    let taken = tx.all(
        "SELECT outbox.key, tenant.id, fence + 1, channel, incident, dedup, due, body, attempts, is_uncertain, stored \
         FROM outbox JOIN tenant ON tenant.key = outbox.tenant \
         WHERE due <= ?1 AND (leased_until IS NULL OR leased_until <= ?2) ORDER BY due, outbox.key LIMIT ?3",
        params![now, lease_now, limit],
        |row| {
            Ok(Sending {
                id: row.get(0)?,
                tenant: TenantId::new(row.get::<_, String>(1)?),
                fence: row.get(2)?,
                message: Outgoing {
                    channel: row.get(3)?,
                    incident: row.get::<_, Option<String>>(4)?.map(IncidentId::new),
                    dedup: row.get(5)?,
                    not_before: time(row.get(6)?),
                    body: row.get(7)?,
                },
                attempts: row.get(8)?,
                is_repeat: row.get(9)?,
                stored: time(row.get(10)?),
            })
        },
    )?;
    for sending in &taken {
        // From now on, an attempt may have begun.
        tx.run(
            "UPDATE outbox SET fence = ?3, leased_until = ?4, is_uncertain = 1 \
             WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND key = ?2",
            params![sending.tenant.as_str(), sending.id, sending.fence, until],
        )?;
    }
    Ok(taken)
}

fn settle(tx: &Tx<'_>, sending: &Sending, attempt: &Attempt) -> Result<Committed> {
    let (due, is_uncertain, word) = match &attempt.outcome {
        Outcome::Accepted => (None, false, "accepted"),
        Outcome::Retry { at, is_uncertain } => {
            (Some(millis(*at)), *is_uncertain || sending.is_repeat, "retry")
        }
        Outcome::Dead => (None, false, "dead"),
        Outcome::Superseded => (None, false, "superseded"),
    };
    let is_dead = attempt.outcome == Outcome::Dead;
    // The incident has what was sent; the row stays, so that no repeated decision sends it again.
    let keeps_body = due.is_some() || is_dead;
    let tenant = tx.known_tenant(&sending.tenant)?;
    let settled = tx.run(
        "UPDATE outbox SET due = ?4, is_dead = ?5, attempts = attempts + 1, leased_until = NULL, is_uncertain = ?6, \
         body = CASE WHEN ?7 THEN body ELSE x'' END \
         WHERE tenant = ?1 AND key = ?2 AND fence = ?3 AND due IS NOT NULL",
        params![tenant, sending.id, sending.fence, due, is_dead, is_uncertain, keeps_body],
    )?;
    if settled == 0 {
        return Ok(Committed::Taken);
    }
    let message = &sending.message;
    tx.run(
        "INSERT INTO delivery (tenant, message, channel, incident, at, outcome, detail) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            tenant,
            sending.id,
            message.channel,
            message.incident.as_ref().map(|incident| incident.as_str()),
            millis(attempt.at),
            word,
            attempt.detail,
        ],
    )?;
    tx.change(tenant, ChangeKind::Message, &message.channel)?;
    Ok(Committed::Done)
}

fn delivery(row: &Row<'_>) -> rusqlite::Result<Delivery> {
    Ok(Delivery {
        message: row.get(0)?,
        channel: row.get(1)?,
        incident: row.get::<_, Option<String>>(2)?.map(IncidentId::new),
        at: time(row.get(3)?),
        outcome: row.get(4)?,
        detail: row.get(5)?,
    })
}
