//! The daily digests, and the summaries of many homes.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use plume::monitor::{
    ids::{ChannelId, TenantId},
    incident::Incident,
    monitor::OPERATOR,
    notify::{Digest, DigestKind, DueDigests, Message, MessageKind, next_digest},
};

use crate::store::{
    StoreError, StoreErrorKind,
    model::{Decisions, Filed, IncidentCursor, IncidentQuery},
};
use crate::worker::leader::Leader;
use crate::worker::messages::{ForDigest, Issue, Letter, letter};

/// Maximum number of incidents that are read or written at once, so that other writes pass.
const SLICE: usize = 200;
/// The name of the stored time of the next digests.
const DIGESTS: &str = "digests";

/// The lines of a digest: the places of incidents, with the kinds of their messages.
type Lines = Vec<(usize, MessageKind)>;

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
            match self.digest_of(&tenant.id, Issue::Daily(&due), now).await {
                Ok(()) => drop(self.digests.done.insert(tenant.id)),
                // The next tick repeats it.
                Err(error) => failed = Err(error),
            }
        }
        failed?;
        self.save_digests(next_digest(policy, now)).await
    }

    /// Writes the summaries that are due.
    pub(super) async fn summaries(&self) -> Result<(), StoreError> {
        let now = self.parts.clock.wall();
        let mut done = Ok(());
        for (tenant, time) in self.parts.notifier.due_summaries(now) {
            match self.digest_of(&tenant, Issue::Summary, now).await {
                Ok(()) => self.parts.notifier.forget_summary(&tenant, time),
                // The next tick repeats it.
                Err(error) => done = Err(error),
            }
        }
        done
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
        issue: Issue<'_>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut entries: BTreeMap<(DigestKind, Vec<ChannelId>), Lines> = BTreeMap::new();
        let kind_of = |incident: &Incident| match issue {
            Issue::Daily(_) => DigestKind::Daily,
            Issue::Summary => DigestKind::of_summary(incident),
        };
        let mut edited: Vec<Filed> = Vec::new();
        let mut query = IncidentQuery { for_digest: true, limit: SLICE, ..IncidentQuery::default() };
        loop {
            let found = self.parts.store.incidents(tenant, query.clone()).await?;
            let is_last = found.len() < SLICE;
            query.after = found.last().map(|filed| IncidentCursor::of(&filed.incident));
            for filed in found {
                match self.parts.notifier.for_digest(&filed.incident, issue, now) {
                    ForDigest::Now(kind, channels) => {
                        let digest = (kind_of(&filed.incident), channels);
                        entries.entry(digest).or_default().push((edited.len(), kind));
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
        let mut outbox = Vec::new();
        for ((kind, channels), entries) in entries {
            let digest = Digest::new(kind, tenant.clone(), channels, now);
            outbox.extend(letter(&written(digest, &entries, &mut edited)));
        }
        for slice in edited.chunks(SLICE) {
            let (edited, outbox) = (slice.to_vec(), std::mem::take(&mut outbox));
            self.decide(tenant, Decisions { edited, outbox, ..Decisions::default() }).await?;
        }
        Ok(())
    }
}

/// Adds incidents to a digest, and records in them that they were announced. One incident of a summary is a message of its own.
fn written(mut digest: Digest, entries: &[(usize, MessageKind)], edited: &mut [Filed]) -> Letter {
    if let (true, [(place, kind)]) = (digest.kind != DigestKind::Daily, entries)
        && let Some(filed) = edited.get_mut(*place)
    {
        let message = Message::announce(&mut filed.incident, *kind, digest.channels, digest.at);
        return Letter::Message(Box::new(message));
    }
    for (place, kind) in entries {
        if let Some(filed) = edited.get_mut(*place) {
            digest.add(&mut filed.incident, *kind);
        }
    }
    Letter::Digest { digest }
}
