//! The incidents of a monitor, and the messages about them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use plume_health::Status;

use crate::calendar::Calendar;
use crate::groups::Link;
use crate::ids::{ChannelId, IncidentId, TenantId};
use crate::incident::{Incident, IncidentChange, Scope};
use crate::monitor::fleet::{Home, Homes};
use crate::notify::{
    Decision, Digest, DigestKind, DueDigests, Message, MessageKind, NotifyPolicy, RouteTarget, SummaryTime,
    decide, difference, next_digest,
};
use crate::time::{has_passed, later};

/// The time for which an incident is kept after its end.
const KEPT: Duration = Duration::from_secs(86_400);

/// Incidents that wait for a summary, by its tenant, channels and kind.
type Waiting =
    BTreeMap<(TenantId, Vec<ChannelId>, DigestKind), (SummaryTime, Vec<(IncidentId, MessageKind)>)>;

/// The incidents, and the time of the next digest.
#[derive(Debug, Clone)]
pub(super) struct Board {
    incidents: BTreeMap<IncidentId, Incident>,
    pub(super) next_digest: DateTime<Utc>,
    agenda: Agenda,
}

/// The incidents of the next decision, so that its cost does not grow with all others. A decision too many is harmless.
#[derive(Debug, Clone, Default)]
struct Agenda {
    changed: BTreeSet<IncidentId>,
    later: BTreeSet<(DateTime<Utc>, IncidentId)>,
    for_digest: BTreeSet<IncidentId>,
    /// Those that wait for a summary, at most for an hour.
    for_summary: BTreeSet<IncidentId>,
    /// The time of the last decision. `None`: the next one is about all incidents.
    last: Option<DateTime<Utc>>,
}

impl Agenda {
    /// Takes the incidents of a decision now. `None`: all.
    fn take(&mut self, is_digest_time: bool, now: DateTime<Utc>) -> Option<BTreeSet<IncidentId>> {
        // Holds do not count after a clock was set back.
        if self.last.replace(now).is_none_or(|last| now < last) {
            *self = Self { last: self.last, ..Self::default() };
            return None;
        }
        let mut ids = std::mem::take(&mut self.changed);
        ids.append(&mut self.for_summary);
        while self.later.first().is_some_and(|(at, _)| *at <= now) {
            ids.extend(self.later.pop_first().map(|(_, id)| id));
        }
        if is_digest_time {
            ids.append(&mut self.for_digest);
        }
        Some(ids)
    }

    fn wake_at(&mut self, id: &IncidentId, at: Option<DateTime<Utc>>) {
        self.later.extend(at.map(|at| (at, id.clone())));
    }
}

/// A message that is due. Store it with the state of the monitor before it is sent, and send it to the channels of
/// [`Message::not_before`] then.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Due {
    /// A message about one incident.
    Message(Box<Message>),
    /// A digest or summary of many incidents.
    Digest(Digest),
}

impl Board {
    pub(super) fn new(incidents: Vec<Incident>, next_digest: DateTime<Utc>) -> Self {
        let incidents = incidents.into_iter().map(|incident| (incident.id.clone(), incident)).collect();
        Self { incidents, next_digest, agenda: Agenda::default() }
    }

    pub(super) fn incidents(&self) -> impl Iterator<Item = &Incident> {
        self.incidents.values()
    }

    /// Returns an incident to change it.
    pub(super) fn incident_mut(&mut self, id: &IncidentId) -> Option<&mut Incident> {
        let incident = self.incidents.get_mut(id)?;
        self.agenda.changed.insert(id.clone());
        Some(incident)
    }

    /// Makes the next decision one about all incidents: routes or maintenance windows have changed, or a home is gone.
    pub(super) fn decide_all(&mut self) {
        self.agenda.last = None;
    }

    pub(super) fn apply(&mut self, tenant: &TenantId, change: &IncidentChange) {
        if let Some(incident) = self.incident_mut(&change.id) {
            incident.apply(change);
        } else if let Some(incident) = Incident::open(tenant.clone(), change) {
            self.agenda.changed.insert(incident.id.clone());
            self.incidents.insert(incident.id.clone(), incident);
        }
    }

    pub(super) fn link(&mut self, link: &Link) {
        if let Some(incident) = self.incident_mut(&link.incident) {
            link.apply(incident);
        }
    }

    /// Decides about the incidents that have changed or whose time has come, also about those without a channel. Those
    /// that are over and announced are removed after a day.
    pub(super) fn decide(&mut self, policy: &NotifyPolicy, homes: &Homes, now: DateTime<Utc>) -> Vec<Due> {
        // A digest that lies ahead by days is from before the clock was set back.
        self.next_digest = self.next_digest.min(next_digest(policy, now));
        let is_digest_time = now >= self.next_digest;
        let digests_due = is_digest_time.then(|| DueDigests::new(policy, self.next_digest, now));
        let mut due = Vec::new();
        let mut digests = BTreeMap::<(TenantId, Vec<ChannelId>), Digest>::new();
        let mut waiting = Waiting::new();
        let ids = self.agenda.take(is_digest_time, now);
        for id in ids.unwrap_or_else(|| self.incidents.keys().cloned().collect()) {
            let Some(incident) = self.incidents.get(&id) else { continue };
            // Most incidents are over and announced, and a route takes much longer to find than that.
            if is_done(incident) {
                match incident.closed {
                    Some(closed) if has_passed(closed.at, now, KEPT) => drop(self.incidents.remove(&id)),
                    closed => self.agenda.wake_at(&id, closed.map(|closed| later(closed.at, KEPT))),
                }
                continue;
            }
            let routing =
                policy.routing(target(incident, incident.severity(), homes), self.of_homes(incident, homes));
            let maintenance = maintenance(incident, homes).filter(|calendar| calendar.is_open(now));
            let context = routing.context(incident, maintenance.is_some(), now);
            let Some(incident) = self.incidents.get_mut(&id) else { continue };
            self.agenda.wake_at(&id, maintenance.and_then(|calendar| calendar.next_change(now)));
            match decide(incident, policy, context, now) {
                Decision::Send(kind) => {
                    due.push(Due::Message(Box::new(routing.announce(incident, kind, now))));
                    self.agenda.changed.insert(id);
                }
                Decision::Digest(kind)
                    if digests_due.as_ref().is_some_and(|due| due.has(routing.first())) =>
                {
                    let key = (incident.tenant.clone(), routing.channels());
                    let digest = digests.entry(key);
                    digest
                        .or_insert_with_key(|(tenant, channels)| {
                            Digest::new(DigestKind::Daily, tenant.clone(), channels.clone(), now)
                        })
                        .add(incident, kind);
                    self.agenda.changed.insert(id);
                }
                Decision::Digest(_) => drop(self.agenda.for_digest.insert(id)),
                Decision::Summary(kind) => {
                    let kind_of_summary = DigestKind::of_summary(incident);
                    let key = (incident.tenant.clone(), routing.channels(), kind_of_summary);
                    let (time, found) = waiting.entry(key).or_default();
                    time.add(incident);
                    found.push((id.clone(), kind));
                    self.agenda.for_summary.insert(id);
                }
                Decision::Wait(at) => self.agenda.wake_at(&id, at),
                Decision::Nothing => {}
            }
        }
        if is_digest_time {
            self.next_digest = next_digest(policy, now);
        }
        due.extend(digests.into_values().map(Due::Digest));
        due.extend(self.summaries(waiting, now));
        due
    }

    /// Returns the targets of the homes of a fleet incident.
    fn of_homes(&self, fleet: &Incident, homes: &Homes) -> Vec<RouteTarget> {
        if !matches!(fleet.scope, Scope::Group(_)) {
            return Vec::new();
        }
        let is_of_fleet = |home: &&Incident| home.is_open() && home.fleet.as_ref() == Some(&fleet.id);
        self.incidents
            .values()
            .filter(is_of_fleet)
            .map(|home| target(home, fleet.severity(), homes))
            .collect()
    }

    /// Returns the summaries that are due. One home is a message of its own.
    fn summaries(&mut self, waiting: Waiting, now: DateTime<Utc>) -> Vec<Due> {
        let mut due = Vec::new();
        for ((tenant, channels, kind), (_, found)) in
            waiting.into_iter().filter(|(_, (time, _))| time.is_due(now))
        {
            self.agenda.changed.extend(found.iter().map(|(id, _)| id.clone()));
            if let [(id, kind)] = found.as_slice() {
                let incident = self.incidents.get_mut(id);
                let message = incident.map(|incident| Message::announce(incident, *kind, channels, now));
                due.extend(message.map(|message| Due::Message(Box::new(message))));
                continue;
            }
            let mut summary = Digest::new(kind, tenant, channels, now);
            for (id, kind) in found {
                if let Some(incident) = self.incidents.get_mut(&id) {
                    summary.add(incident, kind);
                }
            }
            due.push(Due::Digest(summary));
        }
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

fn maintenance<'a>(incident: &Incident, homes: &'a Homes) -> Option<&'a Calendar> {
    home_of(incident, homes).map(|home| &home.profile.maintenance)
}

/// Returns the home of an incident, unless it is gone or another tenant has it now.
fn home_of<'a>(incident: &Incident, homes: &'a Homes) -> Option<&'a Home> {
    match &incident.scope {
        Scope::Home(home) => homes.get(home).filter(|home| home.profile.tenant == incident.tenant),
        Scope::Group(_) | Scope::Source(_) => None,
    }
}

fn target(incident: &Incident, severity: Status, homes: &Homes) -> RouteTarget {
    let mut target = RouteTarget::new(incident.tenant.clone(), severity);
    match &incident.scope {
        Scope::Home(_) => {
            if let Some(home) = home_of(incident, homes) {
                target.tags.clone_from(&home.profile.tags);
                target.groups = home.profile.all_groups();
            }
        }
        Scope::Group(group) => target.groups = vec![group.clone()],
        Scope::Source(_) => {}
    }
    target
}
