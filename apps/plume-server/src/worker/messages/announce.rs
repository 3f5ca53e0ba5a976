//! The messages about an incident, decided within the transaction that changes it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use plume::monitor::{
    ids::{ChannelId, TenantId},
    incident::{Incident, Scope},
    notify::{
        Decision, DueDigests, FirstLook, Message, MessageKind, NotifyContext, NotifyPolicy, Route,
        RouteTarget, decide,
    },
};

use crate::store::model::{Announcement, Announcer};
use crate::worker::fleet::Fleet;
use crate::worker::messages::letter::{Letter, letter};

/// Time after which an incident that waits for the summary of first checks is noted again. This transaction may end after the
/// summary was written.
const NOTED: TimeDelta = TimeDelta::minutes(10);

/// The digests that are written.
#[derive(Debug, Clone, Copy)]
pub(in crate::worker) enum Issue<'a> {
    /// The daily ones of these routes.
    Daily(&'a DueDigests<'a>),
    /// The summary of what was there at the first checks.
    FirstLook,
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
    /// The tenants with incidents that wait for the summary of first checks.
    first_looks: Mutex<BTreeMap<TenantId, FirstLook>>,
}

impl Notifier {
    /// Creates a notifier.
    #[must_use]
    pub fn new(policy: NotifyPolicy, fleet: Arc<Fleet>) -> Self {
        Self { policy, fleet, first_looks: Mutex::default() }
    }

    /// Notes that an incident waits for the summary of first checks.
    fn note_first_look(&self, incident: &Incident) {
        let mut looks = self.first_looks.lock().unwrap_or_else(PoisonError::into_inner);
        looks.entry(incident.tenant.clone()).or_default().add(incident);
    }

    /// Returns the tenants whose summary of first checks is due. They stay due until [`forget_first_look`](Self::forget_first_look).
    pub(in crate::worker) fn due_first_looks(&self, now: DateTime<Utc>) -> Vec<(TenantId, FirstLook)> {
        let looks = self.first_looks.lock().unwrap_or_else(PoisonError::into_inner);
        looks
            .iter()
            .filter(|(_, look)| look.is_due(now))
            .map(|(tenant, look)| (tenant.clone(), *look))
            .collect()
    }

    /// Forgets a tenant whose summary is stored, unless more incidents were noted meanwhile.
    pub(in crate::worker) fn forget_first_look(&self, tenant: &TenantId, stored: FirstLook) {
        let mut looks = self.first_looks.lock().unwrap_or_else(PoisonError::into_inner);
        if looks.get(tenant) == Some(&stored) {
            looks.remove(tenant);
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
            (Decision::Summary(kind), Issue::FirstLook) => ForDigest::Now(kind, self.channels(incident)),
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
                self.note_first_look(incident);
                (now.checked_add_signed(NOTED), true)
            }
            _ => (None, false),
        };
        Announcement { messages, wake, for_digest }
    }
}
