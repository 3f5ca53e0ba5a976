//! The queues of channels.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use plume::monitor::ids::TenantId;

use crate::store::error::Result;
use crate::store::memory::{MemoryStore, State, Waiting};
use crate::store::model::{Backlog, ChangeKind, DeadLetter, Delivery};
use crate::store::traits::ChannelStore;

#[async_trait]
impl ChannelStore for MemoryStore {
    async fn backlogs(&self, tenant: &TenantId) -> Result<Vec<Backlog>> {
        Ok(self.read(|state| {
            let mut found: BTreeMap<&str, Backlog> = BTreeMap::new();
            let own = state.outbox.iter().filter(|row| row.tenant == *tenant);
            for row in own.filter(|row| row.due.is_some() || row.is_dead) {
                let channel = row.message.channel.as_str();
                let new = || Backlog { channel: channel.to_owned(), waiting: 0, oldest: None, dead: 0 };
                let backlog = found.entry(channel).or_insert_with(new);
                backlog.dead += u64::from(row.is_dead);
                if row.due.is_some() {
                    backlog.waiting += 1;
                    backlog.oldest = backlog.oldest.into_iter().chain([row.stored]).min();
                }
            }
            found.into_values().collect()
        }))
    }

    async fn channel_deliveries(
        &self,
        tenant: &TenantId,
        channel: &str,
        limit: usize,
    ) -> Result<Vec<Delivery>> {
        Ok(self.read(|state| {
            let own = state.deliveries.iter().rev().filter(|(owner, _)| owner == tenant).map(|(_, row)| row);
            let mut found: Vec<Delivery> = own.filter(|row| row.channel == channel).cloned().collect();
            found.sort_by_key(|row| std::cmp::Reverse(row.at));
            found.truncate(limit);
            found
        }))
    }

    async fn sent_since(
        &self,
        tenant: &TenantId,
        channel: &str,
        since: DateTime<Utc>,
    ) -> Result<Vec<DateTime<Utc>>> {
        Ok(self.read(|state| {
            let own =
                state.deliveries.iter().filter(|(owner, row)| owner == tenant && row.channel == channel);
            let sent = own.filter(|(_, row)| matches!(row.outcome.as_str(), "sent" | "accepted"));
            let mut times: Vec<_> = sent.map(|(_, row)| row.at).filter(|at| *at >= since).collect();
            times.sort_unstable();
            times
        }))
    }

    async fn dead_letters(&self, tenant: &TenantId, channel: &str, limit: usize) -> Result<Vec<DeadLetter>> {
        Ok(self.read(|state| {
            let letter = |(place, row): (usize, &Waiting)| DeadLetter {
                id: super::number(place),
                stored: row.stored,
                attempts: row.attempts,
                incident: row.message.incident.clone(),
                body: row.message.body.clone(),
            };
            let all = state.outbox.iter().enumerate().rev();
            all.filter(|(_, row)| is_dead(row, tenant, channel)).map(letter).take(limit).collect()
        }))
    }

    async fn revive(
        &self,
        tenant: &TenantId,
        channel: &str,
        message: Option<i64>,
        now: DateTime<Utc>,
    ) -> Result<usize> {
        self.write(|state| {
            Ok(state.end_dead(tenant, channel, message, |row| {
                (row.due, row.leased_until) = (Some(now), None);
                (row.attempts, row.alive_since) = (0, now);
            }))
        })
    }

    async fn hurry(&self, tenant: &TenantId, channel: &str, now: DateTime<Utc>) -> Result<()> {
        self.write(|state| {
            let own = state.outbox.iter_mut();
            let own = own.filter(|row| row.tenant == *tenant && row.message.channel == channel);
            own.filter(|row| row.leased_until.is_none() && row.alive_since <= now)
                .for_each(|row| row.due = row.due.map(|due| due.min(now)));
            Ok(())
        })
    }

    async fn discard(&self, tenant: &TenantId, channel: &str, message: Option<i64>) -> Result<usize> {
        self.write(|state| Ok(state.end_dead(tenant, channel, message, |row| row.message.body.clear())))
    }
}

fn is_dead(row: &Waiting, tenant: &TenantId, channel: &str) -> bool {
    row.is_dead && row.tenant == *tenant && row.message.channel == channel
}

impl State {
    fn end_dead(
        &mut self,
        tenant: &TenantId,
        channel: &str,
        message: Option<i64>,
        end: impl Fn(&mut Waiting),
    ) -> usize {
        let mut ended = 0;
        for (place, row) in self.outbox.iter_mut().enumerate() {
            let is_meant = message.is_none_or(|message| message == super::number(place));
            if is_meant && is_dead(row, tenant, channel) {
                row.is_dead = false;
                end(row);
                ended += 1;
            }
        }
        self.change(tenant, ChangeKind::Message, channel);
        ended
    }
}
