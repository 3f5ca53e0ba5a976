//! Messages and their deliveries.

mod channels;

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use plume::monitor::ids::{IncidentId, TenantId};

use crate::store::error::Result;
use crate::store::memory::{MemoryStore, State, Waiting, is_free};
use crate::store::model::{Attempt, ChangeKind, Committed, Delivery, Outcome, Outgoing, Queue, Sending};
use crate::store::traits::OutboxStore;

#[async_trait]
impl OutboxStore for MemoryStore {
    async fn queues(&self, now: DateTime<Utc>) -> Result<Vec<Queue>> {
        let lease_now = self.clock.monotonic();
        Ok(self.read(|state| {
            let mut queues: Vec<Queue> = Vec::new();
            for row in &state.outbox {
                let queue = Queue { tenant: row.tenant.clone(), channel: row.message.channel.clone() };
                let is_due = row.due.is_some_and(|due| due <= now) && is_free(row.leased_until, lease_now);
                if is_due && !queues.contains(&queue) && !state.suspended.contains(&queue.tenant) {
                    queues.push(queue);
                }
            }
            queues
        }))
    }

    async fn take_messages(
        &self,
        queue: &Queue,
        now: DateTime<Utc>,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<Sending>> {
        let lease_now = self.clock.monotonic();
        self.write(|state| {
            if state.suspended.contains(&queue.tenant) {
                return Ok(Vec::new());
            }
            let own = |row: &Waiting| row.tenant == queue.tenant && row.message.channel == queue.channel;
            let rows = state.outbox.iter_mut().enumerate().filter(|(_, row)| {
                let is_due = row.due.is_some_and(|due| due <= now || row.attempts > 0);
                own(row) && is_due && is_free(row.leased_until, lease_now)
            });
            let take = |(place, row): (usize, &mut Waiting)| {
                row.fence = row.fence.saturating_add(1);
                row.leased_until = Some(lease_now.saturating_add(lease));
                let not_before = row.due.unwrap_or(row.message.not_before);
                Sending {
                    id: number(place),
                    tenant: row.tenant.clone(),
                    fence: row.fence,
                    message: Outgoing { not_before, ..row.message.clone() },
                    attempts: row.attempts,
                    is_repeat: row.is_uncertain,
                    replaced: row.replaced,
                    stored: row.stored,
                    alive_since: row.alive_since,
                }
            };
            Ok(rows.take(limit).map(take).collect())
        })
    }

    async fn begin(&self, sending: &Sending) -> Result<Committed> {
        self.write(|state| {
            let Some(row) = state.claimed(sending) else { return Ok(Committed::Taken) };
            row.is_uncertain = true;
            Ok(Committed::Done)
        })
    }

    async fn supersede(&self, older: &[Sending], newer: &Sending, at: DateTime<Utc>) -> Result<Committed> {
        self.write(|state| {
            if state.claimed(newer).is_none() || !state.close(older, at) {
                return Ok(Committed::Taken);
            }
            if let Some(row) = state.claimed(newer) {
                row.replaced = row.replaced.saturating_add(total(older));
            }
            Ok(Committed::Done)
        })
    }

    async fn replace(&self, older: &[Sending], summary: Outgoing, at: DateTime<Utc>) -> Result<Committed> {
        self.write(|state| {
            let Some(first) = older.first() else { return Ok(Committed::Taken) };
            if !state.close(older, at) {
                return Ok(Committed::Taken);
            }
            let (channel, dedup) = (summary.channel.clone(), summary.dedup.clone());
            state.send(&first.tenant, summary, at);
            let own = |row: &&mut Waiting| {
                row.tenant == first.tenant && row.message.channel == channel && row.message.dedup == dedup
            };
            if let Some(row) = state.outbox.iter_mut().find(own) {
                row.replaced = total(older);
            }
            Ok(Committed::Done)
        })
    }

    async fn settle(&self, sending: &Sending, attempt: Attempt) -> Result<Committed> {
        self.write(|state| Ok(state.settle(sending, attempt)))
    }

    async fn deliveries(
        &self,
        tenant: &TenantId,
        incident: Option<&IncidentId>,
        limit: usize,
    ) -> Result<Vec<Delivery>> {
        Ok(self.read(|state| {
            let own = state.deliveries.iter().rev().filter(|(owner, _)| owner == tenant).map(|(_, row)| row);
            let mut found: Vec<Delivery> =
                own.filter(|row| incident.is_none() || row.incident.as_ref() == incident).cloned().collect();
            found.sort_by_key(|row| std::cmp::Reverse(row.at));
            found.truncate(limit);
            found
        }))
    }

    async fn backlog(&self, tenant: &TenantId) -> Result<(u64, u64)> {
        Ok(self.read(|state| {
            let own = state.outbox.iter().filter(|row| row.tenant == *tenant);
            own.fold((0, 0), |(waiting, dead), row| {
                (waiting + u64::from(row.due.is_some()), dead + u64::from(row.is_dead))
            })
        }))
    }
}

impl State {
    /// Returns the row of a claim that is still valid.
    fn claimed(&mut self, sending: &Sending) -> Option<&mut Waiting> {
        let own = |(place, row): &(usize, &mut Waiting)| {
            number(*place) == sending.id && row.tenant == sending.tenant && row.fence == sending.fence
        };
        let row = self.outbox.iter_mut().enumerate().find(own).map(|(_, row)| row);
        row.filter(|row| row.due.is_some())
    }

    /// Records that claimed messages are replaced. Returns whether all claims were valid.
    fn close(&mut self, older: &[Sending], at: DateTime<Utc>) -> bool {
        if !older.iter().all(|sending| self.claimed(sending).is_some()) {
            return false;
        }
        for sending in older {
            let detail = "a later message says more".to_owned();
            self.settle(sending, Attempt { at, detail, outcome: Outcome::Superseded });
        }
        true
    }

    fn settle(&mut self, sending: &Sending, attempt: Attempt) -> Committed {
        let Some(row) = self.claimed(sending) else { return Committed::Taken };
        let (due, is_uncertain) = match attempt.outcome {
            Outcome::Postponed { at } => {
                (row.due, row.leased_until) = (Some(at), None);
                return Committed::Done;
            }
            Outcome::Held { at } => {
                (row.due, row.leased_until, row.alive_since) = (Some(at), None, at);
                return Committed::Done;
            }
            Outcome::Retry { at, is_uncertain } => (Some(at), is_uncertain || sending.is_repeat),
            Outcome::Sent | Outcome::Accepted | Outcome::Dead | Outcome::Superseded => (None, false),
        };
        (row.due, row.is_uncertain, row.leased_until) = (due, is_uncertain, None);
        row.is_dead = attempt.outcome == Outcome::Dead;
        row.attempts = row.attempts.saturating_add(1);
        let delivery = Delivery {
            message: sending.id,
            channel: sending.message.channel.clone(),
            incident: sending.message.incident.clone(),
            at: attempt.at,
            outcome: attempt.outcome.as_str().to_owned(),
            detail: attempt.detail,
        };
        self.deliveries.push((sending.tenant.clone(), delivery));
        self.change(&sending.tenant, ChangeKind::Message, &sending.message.channel);
        Committed::Done
    }
}

/// The number of messages that these stand for.
fn total(older: &[Sending]) -> u32 {
    older.iter().fold(0, |sum: u32, sending| sum.saturating_add(sending.replaced).saturating_add(1))
}

fn number(place: usize) -> i64 {
    i64::try_from(place).unwrap_or(i64::MAX).saturating_add(1)
}
