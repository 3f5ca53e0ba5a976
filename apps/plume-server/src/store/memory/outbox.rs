//! Messages and their deliveries.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use plume::monitor::ids::{IncidentId, TenantId};

use crate::store::error::Result;
use crate::store::memory::{MemoryStore, Waiting, is_free};
use crate::store::model::{Attempt, ChangeKind, Committed, Delivery, Outcome, Sending};
use crate::store::traits::OutboxStore;

#[async_trait]
impl OutboxStore for MemoryStore {
    async fn take_messages(&self, now: DateTime<Utc>, lease: Duration, limit: usize) -> Result<Vec<Sending>> {
        let lease_now = self.clock.monotonic();
        self.write(|state| {
            let mut due: Vec<(DateTime<Utc>, usize)> = state
                .outbox
                .iter()
                .enumerate()
                .filter(|(_, row)| is_free(row.leased_until, lease_now))
                .filter_map(|(place, row)| Some((row.due.filter(|due| *due <= now)?, place)))
                .collect();
            due.sort_unstable();
            due.truncate(limit);
            let mut taken = Vec::new();
            for (not_before, place) in due {
                let Some(row) = state.outbox.get_mut(place) else { continue };
                row.fence = row.fence.saturating_add(1);
                row.leased_until = Some(lease_now.saturating_add(lease));
                let is_repeat = std::mem::replace(&mut row.is_uncertain, true);
                let mut message = row.message.clone();
                message.not_before = not_before;
                taken.push(Sending {
                    id: number(place),
                    tenant: row.tenant.clone(),
                    fence: row.fence,
                    message,
                    attempts: row.attempts,
                    is_repeat,
                    stored: row.stored,
                });
            }
            Ok(taken)
        })
    }

    async fn settle(&self, sending: &Sending, attempt: Attempt) -> Result<Committed> {
        self.write(|state| {
            let own = |(place, row): &(usize, &mut Waiting)| {
                number(*place) == sending.id && row.tenant == sending.tenant && row.fence == sending.fence
            };
            let row = state.outbox.iter_mut().enumerate().find(own).map(|(_, row)| row);
            let Some(row) = row.filter(|row| row.due.is_some()) else { return Ok(Committed::Taken) };
            let (due, is_uncertain, word) = match attempt.outcome {
                Outcome::Accepted => (None, false, "accepted"),
                Outcome::Retry { at, is_uncertain } => (Some(at), is_uncertain || sending.is_repeat, "retry"),
                Outcome::Dead => (None, false, "dead"),
                Outcome::Superseded => (None, false, "superseded"),
            };
            (row.due, row.is_uncertain, row.leased_until) = (due, is_uncertain, None);
            row.is_dead = attempt.outcome == Outcome::Dead;
            row.attempts = row.attempts.saturating_add(1);
            let delivery = Delivery {
                message: sending.id,
                channel: sending.message.channel.clone(),
                incident: sending.message.incident.clone(),
                at: attempt.at,
                outcome: word.to_owned(),
                detail: attempt.detail,
            };
            state.deliveries.push((sending.tenant.clone(), delivery));
            state.change(&sending.tenant, ChangeKind::Message, &sending.message.channel);
            Ok(Committed::Done)
        })
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

fn number(place: usize) -> i64 {
    i64::try_from(place).unwrap_or(i64::MAX).saturating_add(1)
}
