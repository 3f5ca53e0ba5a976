//! The daily digests.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use plume::monitor::{
    ids::{ChannelId, TenantId},
    monitor::OPERATOR,
    notify::{Digest, DueDigests, next_digest},
};

use crate::store::{
    StoreError, StoreErrorKind,
    model::{Decisions, Filed, IncidentCursor, IncidentQuery},
};
use crate::worker::leader::Leader;
use crate::worker::messages::{ForDigest, Letter, letter};

/// Maximum number of incidents that are read or written at once, so that other writes pass.
const SLICE: usize = 200;
/// The name of the stored time of the next digests.
const DIGESTS: &str = "digests";

impl Leader {
    /// Takes over the stored time: digests that were due while no leader ran are late, not lost.
    pub(super) async fn read_digests(&mut self) -> Result<(), StoreError> {
        if let Some(record) = self.stored(DIGESTS).await? {
            self.digests.edition = record.edition;
            let next: Option<DateTime<Utc>> = serde_json::from_slice(&record.body).ok();
            // A later one is of a clock that was set back.
            self.digests.next = next.map_or(self.digests.next, |next| next.min(self.digests.next));
            return Ok(());
        }
        self.save_digests(self.digests.next).await
    }

    /// Writes the digests of all tenants that are due.
    pub(super) async fn digest(&mut self) -> Result<(), StoreError> {
        let (now, since) = (self.parts.clock.wall(), self.digests.next);
        if now < since {
            return Ok(());
        }
        let policies = std::sync::Arc::clone(&self.parts.policies);
        let policy = &policies.monitor.notify;
        let due = DueDigests::new(policy, since, now);
        let mut failed = Ok(());
        for tenant in self.parts.store.tenants().await? {
            if self.digests.done.contains(&tenant.id) {
                continue;
            }
            match self.digest_of(&tenant.id, &due, now).await {
                Ok(()) => drop(self.digests.done.insert(tenant.id)),
                // The next tick repeats it.
                Err(error) => failed = Err(error),
            }
        }
        failed?;
        self.save_digests(next_digest(policy, now)).await
    }

    async fn save_digests(&mut self, next: DateTime<Utc>) -> Result<(), StoreError> {
        let body = serde_json::to_vec(&next).unwrap_or_default();
        let states = vec![(DIGESTS.to_owned(), self.digests.edition, body)];
        match self.decide(&TenantId::new(OPERATOR), Decisions { states, ..Decisions::default() }).await {
            Ok(()) => self.digests.edition = self.digests.edition.saturating_add(1),
            Err(error) if error.kind() == StoreErrorKind::Conflict => {
                self.digests.edition = self.stored(DIGESTS).await?.map_or(0, |record| record.edition);
                return Err(error);
            }
            Err(error) => return Err(error),
        }
        self.digests.next = next;
        self.digests.done.clear();
        Ok(())
    }

    /// Writes the digests of a tenant. What is stored with an incident is that it was announced, so an end in between repeats
    /// the entries of the later slices.
    async fn digest_of(
        &self,
        tenant: &TenantId,
        due: &DueDigests<'_>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut digests: BTreeMap<Vec<ChannelId>, Digest> = BTreeMap::new();
        let mut edited: Vec<Filed> = Vec::new();
        let mut query = IncidentQuery { for_digest: true, limit: SLICE, ..IncidentQuery::default() };
        loop {
            let found = self.parts.store.incidents(tenant, query.clone()).await?;
            let is_last = found.len() < SLICE;
            query.after = found.last().map(|filed| IncidentCursor::of(&filed.incident));
            for mut filed in found {
                match self.parts.notifier.for_digest(&filed.incident, due, now) {
                    ForDigest::Now(kind, channels) => {
                        let new = || Digest::new(tenant.clone(), channels.clone(), now);
                        digests.entry(channels.clone()).or_insert_with(new).add(&mut filed.incident, kind);
                    }
                    ForDigest::Later => continue,
                    // Written again, it gets the time of its next decision.
                    ForDigest::Not => {}
                }
                edited.push(filed);
            }
            if is_last {
                break;
            }
        }
        let letters = digests.into_values().map(|digest| Letter::Digest { digest });
        let mut outbox: Vec<_> = letters.flat_map(|digest| letter(&digest)).collect();
        for slice in edited.chunks(SLICE) {
            let (edited, outbox) = (slice.to_vec(), std::mem::take(&mut outbox));
            self.decide(tenant, Decisions { edited, outbox, ..Decisions::default() }).await?;
        }
        Ok(())
    }
}
