//! The incidents of a monitor, and the messages about them.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::groups::Link;
use crate::ids::{ChannelId, IncidentId, TenantId};
use crate::incident::{Incident, IncidentChange, Scope};
use crate::monitor::fleet::Homes;
use crate::notify::{
    Decision, Digest, DueDigests, Message, NotifyContext, NotifyPolicy, RouteTarget, decide, difference,
    next_digest,
};
use crate::time::has_passed;

/// The time for which an incident is kept after its end.
const KEPT: Duration = Duration::from_secs(86_400);

/// The incidents, and the time of the next digest.
#[derive(Debug, Clone)]
pub(super) struct Board {
    pub(super) incidents: BTreeMap<IncidentId, Incident>,
    pub(super) next_digest: DateTime<Utc>,
}

/// A message that is due. Store it with the state of the monitor before it is sent.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Due {
    /// A message about one incident.
    Message(Box<Message>),
    /// A summary of milder trouble.
    Digest(Digest),
}

impl Board {
    pub(super) fn apply(&mut self, tenant: &TenantId, change: &IncidentChange) {
        if let Some(incident) = self.incidents.get_mut(&change.id) {
            incident.apply(change);
        } else if let Some(incident) = Incident::open(tenant.clone(), change) {
            self.incidents.insert(incident.id.clone(), incident);
        }
    }

    pub(super) fn link(&mut self, link: &Link) {
        if let Some(incident) = self.incidents.get_mut(&link.incident) {
            link.apply(incident);
        }
    }

    /// Decides about all incidents, also about those without a channel. Those that are over and announced are removed
    /// after a day.
    pub(super) fn decide(&mut self, policy: &NotifyPolicy, homes: &Homes, now: DateTime<Utc>) -> Vec<Due> {
        // A digest that lies ahead by days is from before the clock was set back.
        self.next_digest = self.next_digest.min(next_digest(policy, now));
        let is_digest_time = now >= self.next_digest;
        let digests_due = is_digest_time.then(|| DueDigests::new(policy, self.next_digest, now));
        let mut due = Vec::new();
        let mut digests = BTreeMap::<(TenantId, Vec<ChannelId>), Digest>::new();
        // Most incidents are over and announced, and a route takes much longer to find than that.
        for incident in self.incidents.values_mut().filter(|incident| !is_done(incident)) {
            let route = policy.route(&target(incident, homes));
            let context = NotifyContext {
                in_maintenance: in_maintenance(incident, homes, now),
                quiet_until: route.and_then(|route| route.quiet_until(now)),
            };
            let channels = || route.map(|route| route.channels.clone()).unwrap_or_default();
            match decide(incident, policy, context, now) {
                Decision::Send(kind) => {
                    let message = Message::announce(incident, kind, channels(), now);
                    due.push(Due::Message(Box::new(message)));
                }
                Decision::Digest(kind) if digests_due.as_ref().is_some_and(|due| due.has(route)) => {
                    let key = (incident.tenant.clone(), channels());
                    let digest = digests.entry(key);
                    digest
                        .or_insert_with_key(|(tenant, channels)| {
                            Digest::new(tenant.clone(), channels.clone(), now)
                        })
                        .add(incident, kind);
                }
                Decision::Digest(_) | Decision::Wait(_) | Decision::Nothing => {}
            }
        }
        if is_digest_time {
            self.next_digest = next_digest(policy, now);
        }
        self.incidents
            .retain(|_, incident| incident.closed.is_none_or(|closed| !has_passed(closed.at, now, KEPT)));
        due.extend(digests.into_values().map(Due::Digest));
        due
    }
}

impl Due {
    /// Returns the channels.
    #[must_use]
    pub fn channels(&self) -> &[ChannelId] {
        match self {
            Self::Message(message) => &message.channels,
            Self::Digest(digest) => &digest.channels,
        }
    }
}

/// Returns whether an incident needs no message until it changes, whatever its route.
fn is_done(incident: &Incident) -> bool {
    if incident.is_open() { incident.fleet.is_some() } else { difference(incident).is_none() }
}

fn in_maintenance(incident: &Incident, homes: &Homes, now: DateTime<Utc>) -> bool {
    match &incident.scope {
        Scope::Home(home) => homes.get(home).is_some_and(|home| home.profile.maintenance.is_open(now)),
        Scope::Group(_) | Scope::Source(_) => false,
    }
}

fn target(incident: &Incident, homes: &Homes) -> RouteTarget {
    let mut target = RouteTarget::new(incident.tenant.clone(), incident.severity());
    match &incident.scope {
        Scope::Home(home) => {
            if let Some(home) = homes.get(home) {
                target.tags.clone_from(&home.profile.tags);
                target.groups = home.profile.all_groups();
            }
        }
        Scope::Group(group) => target.groups = vec![group.clone()],
        Scope::Source(_) => {}
    }
    target
}
