//! Messages and their deliveries.

mod channels;

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use plume::monitor::ids::{IncidentId, TenantId};
use rusqlite::{Row, params};

use crate::store::error::Result;
use crate::store::model::{Attempt, ChangeKind, Committed, Delivery, Outcome, Outgoing, Queue, Sending};
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::operations::decisions::{Owner, put_message};
use crate::store::sqlite::statement::{Tx, count, millis, span, time, unsigned};
use crate::store::traits::OutboxStore;

#[async_trait]
impl OutboxStore for SqliteStore {
    async fn queues(&self, now: DateTime<Utc>) -> Result<Vec<Queue>> {
        let lease_now = self.lease_now();
        self.read(move |tx| {
            tx.all(
                "SELECT DISTINCT tenant.id, channel FROM outbox JOIN tenant ON tenant.key = outbox.tenant \
                 WHERE due <= ?1 AND (leased_until IS NULL OR leased_until <= ?2) \
                 AND outbox.tenant NOT IN (SELECT tenant FROM suspension)",
                [millis(now), lease_now],
                |row| Ok(Queue { tenant: TenantId::new(row.get::<_, String>(0)?), channel: row.get(1)? }),
            )
        })
        .await
    }

    async fn take_messages(
        &self,
        queue: &Queue,
        now: DateTime<Utc>,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<Sending>> {
        let (queue, lease_now) = (queue.clone(), self.lease_now());
        self.write(move |tx| {
            let times = Times { now: millis(now), lease_now, until: lease_now.saturating_add(span(lease)) };
            take(tx, &queue, times, count(limit))
        })
        .await
    }

    async fn begin(&self, sending: &Sending) -> Result<Committed> {
        let sending = sending.clone();
        self.write(move |tx| {
            let tenant = tx.known_tenant(&sending.tenant)?;
            let begun = tx.run(
                "UPDATE outbox SET is_uncertain = 1 WHERE tenant = ?1 AND key = ?2 AND fence = ?3 AND due IS NOT NULL",
                [tenant, sending.id, sending.fence],
            )?;
            Ok(if begun == 0 { Committed::Taken } else { Committed::Done })
        })
        .await
    }

    async fn supersede(&self, older: &[Sending], newer: &Sending, at: DateTime<Utc>) -> Result<Committed> {
        let (older, newer) = (older.to_vec(), newer.clone());
        self.write(move |tx| {
            if !(is_valid(tx, &newer)? && close(tx, &older, at)?) {
                return Ok(Committed::Taken);
            }
            tx.run(
                "UPDATE outbox SET replaced = replaced + ?3 WHERE tenant = ?1 AND key = ?2",
                params![tx.known_tenant(&newer.tenant)?, newer.id, total(&older)],
            )?;
            Ok(Committed::Done)
        })
        .await
    }

    async fn replace(&self, older: &[Sending], summary: Outgoing, at: DateTime<Utc>) -> Result<Committed> {
        let older = older.to_vec();
        self.write(move |tx| {
            let Some(first) = older.first() else { return Ok(Committed::Taken) };
            if !close(tx, &older, at)? {
                return Ok(Committed::Taken);
            }
            let owner = Owner { key: tx.known_tenant(&first.tenant)?, id: &first.tenant };
            put_message(tx, owner, &summary, millis(at))?;
            tx.run(
                "UPDATE outbox SET replaced = ?4 WHERE tenant = ?1 AND channel = ?2 AND dedup = ?3",
                params![owner.key, summary.channel, summary.dedup, total(&older)],
            )?;
            Ok(Committed::Done)
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

/// The times of a claim in milliseconds: of the wall clock, of the clock of leases, and the end of the claim.
#[derive(Debug, Clone, Copy)]
struct Times {
    now: i64,
    lease_now: i64,
    until: i64,
}

fn take(tx: &Tx<'_>, queue: &Queue, times: Times, limit: i64) -> Result<Vec<Sending>> {
    let Some(tenant) = tx.tenant(&queue.tenant)? else { return Ok(Vec::new()) };
    let taken = tx.all(
        "SELECT key, fence + 1, incident, dedup, due, body, attempts, is_uncertain, replaced, stored, alive_since \
         FROM outbox \
         WHERE tenant = ?1 AND channel = ?2 AND due IS NOT NULL AND (due <= ?3 OR attempts > 0) \
         AND (leased_until IS NULL OR leased_until <= ?4) \
         AND tenant NOT IN (SELECT tenant FROM suspension) ORDER BY key LIMIT ?5",
        params![tenant, queue.channel, times.now, times.lease_now, limit],
        |row| {
            Ok(Sending {
                id: row.get(0)?,
                tenant: queue.tenant.clone(),
                fence: row.get(1)?,
                message: Outgoing {
                    channel: queue.channel.clone(),
                    incident: row.get::<_, Option<String>>(2)?.map(IncidentId::new),
                    dedup: row.get(3)?,
                    not_before: time(row.get(4)?),
                    body: row.get(5)?,
                },
                attempts: row.get(6)?,
                is_repeat: row.get(7)?,
                replaced: row.get(8)?,
                stored: time(row.get(9)?),
                alive_since: time(row.get(10)?),
            })
        },
    )?;
    for sending in &taken {
        tx.run(
            "UPDATE outbox SET fence = ?3, leased_until = ?4 WHERE tenant = ?1 AND key = ?2",
            params![tenant, sending.id, sending.fence, times.until],
        )?;
    }
    Ok(taken)
}

/// Returns whether a claim is still valid.
fn is_valid(tx: &Tx<'_>, sending: &Sending) -> Result<bool> {
    let found = tx.first(
        "SELECT 1 FROM outbox WHERE tenant = ?1 AND key = ?2 AND fence = ?3 AND due IS NOT NULL",
        [tx.known_tenant(&sending.tenant)?, sending.id, sending.fence],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

/// Records that claimed messages are replaced. Returns whether all claims were valid; otherwise nothing is changed.
fn close(tx: &Tx<'_>, older: &[Sending], at: DateTime<Utc>) -> Result<bool> {
    for sending in older {
        if !is_valid(tx, sending)? {
            return Ok(false);
        }
    }
    for sending in older {
        let detail = "a later message says more".to_owned();
        settle(tx, sending, &Attempt { at, detail, outcome: Outcome::Superseded })?;
    }
    Ok(true)
}

/// The number of messages that these stand for.
fn total(older: &[Sending]) -> i64 {
    older
        .iter()
        .fold(0, |sum: i64, sending| sum.saturating_add(i64::from(sending.replaced)).saturating_add(1))
}

fn settle(tx: &Tx<'_>, sending: &Sending, attempt: &Attempt) -> Result<Committed> {
    match attempt.outcome {
        Outcome::Postponed { at } => return postpone(tx, sending, at, false),
        Outcome::Held { at } => return postpone(tx, sending, at, true),
        _ => {}
    }
    let (due, is_uncertain) = match attempt.outcome {
        Outcome::Retry { at, is_uncertain } => (Some(millis(at)), is_uncertain || sending.is_repeat),
        _ => (None, false),
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
            attempt.outcome.as_str(),
            attempt.detail,
        ],
    )?;
    tx.change(tenant, ChangeKind::Message, &message.channel)?;
    Ok(Committed::Done)
}

fn postpone(tx: &Tx<'_>, sending: &Sending, at: DateTime<Utc>, is_held: bool) -> Result<Committed> {
    let postponed = tx.run(
        "UPDATE outbox SET due = ?4, leased_until = NULL, alive_since = CASE WHEN ?5 THEN ?4 ELSE alive_since END \
         WHERE tenant = ?1 AND key = ?2 AND fence = ?3 AND due IS NOT NULL",
        params![tx.known_tenant(&sending.tenant)?, sending.id, sending.fence, millis(at), is_held],
    )?;
    Ok(if postponed == 0 { Committed::Taken } else { Committed::Done })
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
