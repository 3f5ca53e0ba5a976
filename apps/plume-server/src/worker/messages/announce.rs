//! The messages about an incident, decided within the transaction that changes it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use plume::monitor::{
    ids::{ChannelId, TenantId},
    incident::{Incident, Scope},
    notify::{
        Decision, DueDigests, Message, MessageKind, NotifyContext, NotifyPolicy, Route, RouteTarget,
        SummaryTime, decide,
    },
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

    fn route(&self, incident: &Incident) -> Option<&Route> {
        let mut target = RouteTarget::new(incident.tenant.clone(), incident.severity());
        match &incident.scope {
            Scope::Home(home) => self.fleet.describe(home, &mut target),
            Scope::Group(group) => target.groups.push(group.clone()),
            _ => {}
        }
        self.policy.route(&target)
    }

    /// Returns the channels of an incident.
    fn channels(&self, incident: &Incident) -> Vec<ChannelId> {
        self.route(incident).map(|route| route.channels.clone()).unwrap_or_default()
    }

    /// Decides about an incident whose message is for a digest.
    pub(in crate::worker) fn for_digest(
        &self,
        incident: &Incident,
        issue: Issue<'_>,
        now: DateTime<Utc>,
    ) -> ForDigest {
        let (context, _) = self.context(incident, now);
        match (decide(incident, &self.policy, context, now), issue) {
            (Decision::Digest(kind), Issue::Daily(due)) if due.has(self.route(incident)) => {
                ForDigest::Now(kind, self.channels(incident))
            }
            (Decision::Summary(kind), Issue::Summary) => ForDigest::Now(kind, self.channels(incident)),
            (Decision::Digest(_) | Decision::Summary(_), _) => ForDigest::Later,
            _ => ForDigest::Not,
        }
    }

    /// Returns the circumstances of a decision, and the end of the maintenance that the home is in.
    fn context(&self, incident: &Incident, now: DateTime<Utc>) -> (NotifyContext, Option<DateTime<Utc>>) {
        let maintenance = match &incident.scope {
            Scope::Home(home) => self.fleet.maintenance(home, now),
            _ => None,
        };
        let mut context = NotifyContext::default();
        context.in_maintenance = maintenance.is_some();
        context.quiet_until = self.route(incident).and_then(|route| route.quiet_until(now));
        (context, maintenance)
    }
}

impl Announcer for Notifier {
    fn announce(&self, incident: &mut Incident, now: DateTime<Utc>) -> Announcement {
        let (context, maintenance) = self.context(incident, now);
        let mut messages = Vec::new();
        let mut decision = decide(incident, &self.policy, context, now);
        if let Decision::Send(kind) = decision {
            let message = Message::announce(incident, kind, self.channels(incident), now);
            messages = letter(&Letter::Message(Box::new(message)));
            // What follows is a reminder, unless the incident changes.
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
