//! The messages about an incident, decided within the transaction that changes it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use plume::monitor::{
    ids::{ChannelId, TenantId},
    incident::{Incident, Scope},
    notify::{Decision, DueDigests, MessageKind, NotifyContext, NotifyPolicy, Routing, SummaryTime, decide},
};

use crate::store::model::{Announcement, Announcer};
use crate::worker::fleet::Fleet;
use crate::worker::messages::letter::{Letter, letter};

/// Time after which an incident that waits for a summary is noted again. This transaction may end after the
/// summary was written.
const NOTED: TimeDelta = TimeDelta::minutes(10);

/// The digests that are written.
#[derive(Debug, Clone, Copy)]
pub(in crate::worker) enum Issue<'a> {
    /// The daily ones of these routes.
    Daily(&'a DueDigests<'a>),
    /// The summaries.
    Summary,
}

/// The decision about an incident at the time of a digest.
#[derive(Debug)]
pub(in crate::worker) enum ForDigest {
    /// It is in the digest of these channels.
    Now(MessageKind, Vec<ChannelId>),
    /// The digest of its route is later.
    Later,
    /// It is not for a digest any more, for example in maintenance.
    Not,
}

/// Decides by the policy, and by the groups and tags of the fleet.
#[derive(Debug)]
pub struct Notifier {
    policy: NotifyPolicy,
    fleet: Arc<Fleet>,
    /// The tenants with incidents that wait for a summary.
    summaries: Mutex<BTreeMap<TenantId, SummaryTime>>,
}

impl Notifier {
    /// Creates a notifier.
    #[must_use]
    pub fn new(policy: NotifyPolicy, fleet: Arc<Fleet>) -> Self {
        Self { policy, fleet, summaries: Mutex::default() }
    }

    /// Notes that an incident waits for a summary.
    fn note_for_summary(&self, incident: &Incident) {
        let mut summaries = self.summaries.lock().unwrap_or_else(PoisonError::into_inner);
        summaries.entry(incident.tenant.clone()).or_default().add(incident);
    }

    /// Returns the tenants whose summaries are due. They stay due until [`forget_summary`](Self::forget_summary).
    pub(in crate::worker) fn due_summaries(&self, now: DateTime<Utc>) -> Vec<(TenantId, SummaryTime)> {
        let summaries = self.summaries.lock().unwrap_or_else(PoisonError::into_inner);
        summaries
            .iter()
            .filter(|(_, time)| time.is_due(now))
            .map(|(tenant, time)| (tenant.clone(), *time))
            .collect()
    }

    /// Forgets a tenant whose summary is stored, unless more incidents were noted meanwhile.
    pub(in crate::worker) fn forget_summary(&self, tenant: &TenantId, stored: SummaryTime) {
        let mut summaries = self.summaries.lock().unwrap_or_else(PoisonError::into_inner);
        if summaries.get(tenant) == Some(&stored) {
            summaries.remove(tenant);
        }
    }

    fn routing(&self, incident: &Incident) -> Routing<'_> {
        let (own, homes) = self.fleet.targets(incident);
        self.policy.routing(own, homes)
    }

    /// Decides about an incident whose message is for a digest.
    pub(in crate::worker) fn for_digest(
        &self,
        incident: &Incident,
        issue: Issue<'_>,
        now: DateTime<Utc>,
    ) -> ForDigest {
        let routing = self.routing(incident);
        let (context, _) = self.context(incident, &routing, now);
        match (decide(incident, &self.policy, context, now), issue) {
            (Decision::Digest(kind), Issue::Daily(due)) if due.has(routing.first()) => {
                ForDigest::Now(kind, routing.channels())
            }
            (Decision::Summary(kind), Issue::Summary) => ForDigest::Now(kind, routing.channels()),
            (Decision::Digest(_) | Decision::Summary(_), _) => ForDigest::Later,
            _ => ForDigest::Not,
        }
    }

    /// Returns the circumstances of a decision, and the end of the maintenance that the home is in.
    fn context(
        &self,
        incident: &Incident,
        routing: &Routing<'_>,
        now: DateTime<Utc>,
    ) -> (NotifyContext, Option<DateTime<Utc>>) {
        let maintenance = match &incident.scope {
            Scope::Home(home) => self.fleet.maintenance(home, now),
            _ => None,
        };
        (routing.context(incident, maintenance.is_some(), now), maintenance)
    }
}

impl Announcer for Notifier {
    fn announce(&self, incident: &mut Incident, now: DateTime<Utc>) -> Announcement {
        let routing = self.routing(incident);
        let (mut context, maintenance) = self.context(incident, &routing, now);
        let mut messages = Vec::new();
        let mut decision = decide(incident, &self.policy, context, now);
        // What follows the message is a reminder, unless the incident changes, or one for other channels.
        for _ in 0..2 {
            let Decision::Send(kind) = decision else { break };
            messages.extend(letter(&Letter::Message(Box::new(routing.announce(incident, kind, now)))));
            (context, _) = self.context(incident, &routing, now);
            decision = decide(incident, &self.policy, context, now);
        }
        let (wake, for_digest) = match decision {
            Decision::Wait(next) => (next.or(maintenance), false),
            Decision::Digest(_) => (None, true),
            Decision::Summary(_) => {
                self.note_for_summary(incident);
                (now.checked_add_signed(NOTED), true)
            }
            _ => (None, false),
        };
        Announcement { messages, wake, for_digest }
    }
}
