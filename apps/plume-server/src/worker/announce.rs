//! The messages about an incident, decided within the transaction that changes it.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use plume::monitor::{
    incident::{Incident, Scope},
    notify::{Decision, Message, NotifyContext, NotifyPolicy, RouteTarget, decide},
};

use crate::store::model::{Announcement, Announcer, Outgoing};
use crate::worker::fleet::Fleet;

/// Decides by the policy, and by the groups and tags of the fleet.
#[derive(Debug)]
pub struct Notifier {
    policy: NotifyPolicy,
    fleet: Arc<Fleet>,
}

impl Notifier {
    /// Creates a notifier.
    #[must_use]
    pub fn new(policy: NotifyPolicy, fleet: Arc<Fleet>) -> Self {
        Self { policy, fleet }
    }

    fn channels(&self, incident: &Incident) -> Vec<plume::monitor::ids::ChannelId> {
        let mut target = RouteTarget::new(incident.tenant.clone(), incident.severity());
        match &incident.scope {
            Scope::Home(home) => self.fleet.describe(home, &mut target),
            Scope::Group(group) => target.groups.push(group.clone()),
            _ => {}
        }
        self.policy.route(&target).map(|route| route.channels.clone()).unwrap_or_default()
    }
}

impl Announcer for Notifier {
    fn announce(&self, incident: &mut Incident, now: DateTime<Utc>) -> Announcement {
        match decide(incident, &self.policy, NotifyContext::default(), now) {
            Decision::Send(kind) => {
                let message = Message::announce(incident, kind, self.channels(incident), now);
                // What follows is a reminder, unless the incident changes.
                let next = match decide(incident, &self.policy, NotifyContext::default(), now) {
                    Decision::Wait(next) => next,
                    _ => None,
                };
                Announcement { messages: outgoing(&message), wake: next, for_digest: false }
            }
            Decision::Digest(_) => Announcement { for_digest: true, ..Announcement::default() },
            Decision::Wait(next) => Announcement { wake: next, ..Announcement::default() },
            _ => Announcement::default(),
        }
    }
}

/// One row for each channel.
fn outgoing(message: &Message) -> Vec<Outgoing> {
    let body = serde_json::to_vec(message).unwrap_or_default();
    let row = |channel: &plume::monitor::ids::ChannelId| Outgoing {
        channel: channel.to_string(),
        incident: Some(message.incident.clone()),
        dedup: message.key.to_string(),
        not_before: message.at,
        body: body.clone(),
    };
    message.channels.iter().map(row).collect()
}
