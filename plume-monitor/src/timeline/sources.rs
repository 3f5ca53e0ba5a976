//! The events of each response, and their order.

use std::cmp::Reverse;
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use plume_health::uptime;
use plume_types::{AuditTrail, List, Node, NodeId, OnlineStats, Reboot, RebootHistory};

use crate::timeline::event::{Event, EventKind};
use crate::timeline::outages;

/// Collects the events of a home since a time. Each response may be missing.
///
/// The work is linear in the responses, apart from the sorting of the events.
#[derive(Debug, Clone)]
pub struct Timeline {
    since: DateTime<Utc>,
    names: HashMap<NodeId, String>,
    events: Vec<Event>,
    unreadable: u64,
}

impl Timeline {
    /// Returns a timeline of a period that begins at this time. Events after the caller's own time are kept: the clocks of
    /// the cloud and of nodes differ.
    #[must_use]
    pub fn since(since: DateTime<Utc>) -> Self {
        Self { since, names: HashMap::new(), events: Vec::new(), unreadable: 0 }
    }

    /// Adds the last change of each node's connection, and the nodes' names for the other events.
    pub fn add_nodes(&mut self, nodes: &List<Node>) {
        self.unreadable += nodes.unreadable() as u64;
        for node in nodes {
            let name = node.display_name().to_owned();
            if let (Some(at), Some(state)) =
                (node.connection_state_changed_at.known(), node.connection_state.known())
            {
                let event = Event::new(*at, EventKind::Node, format!("{state} since then"));
                let (name, node_id) = (Some(name.clone()), Some(node.id.clone()));
                self.events.push(Event { name, node_id, ..event });
            }
            self.names.insert(node.id.clone(), name);
        }
    }

    /// Adds the restarts of nodes.
    pub fn add_restarts(&mut self, history: &RebootHistory) {
        let (restarts, unreadable) = history.items.elements();
        self.unreadable += unreadable as u64;
        self.events.extend(restarts.iter().filter_map(of_restart));
    }

    /// Adds the changes of settings. Their details are free form and may hold secrets, so they are left out.
    pub fn add_changes(&mut self, trail: &List<AuditTrail>) {
        self.unreadable += trail.unreadable() as u64;
        self.events.extend(trail.iter().filter_map(of_change));
    }

    /// Adds the outages of an online report. An outage that began before the period is an event at its begin.
    pub fn add_online(&mut self, stats: &OnlineStats) {
        self.events.extend(outages::events(&uptime::samples(stats), self.since));
    }

    /// Returns the number of rows that could not be read, and may be events.
    #[must_use]
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// Returns the events of the period, newest first.
    #[must_use]
    pub fn into_events(self) -> Vec<Event> {
        let Self { since, names, mut events, .. } = self;
        events.retain(|event| event.at >= since);
        for event in &mut events {
            if event.name.is_none() {
                let name = |id: &NodeId| names.get(id).cloned().unwrap_or_else(|| id.to_string());
                event.name = event.node_id.as_ref().map(name);
            }
        }
        events.sort_by(|a, b| (Reverse(a.at), a.kind, &a.name).cmp(&(Reverse(b.at), b.kind, &b.name)));
        events
    }
}

fn of_restart(reboot: &Reboot) -> Option<Event> {
    let reason = reboot.reason.as_ref().or(reboot.reboot_type.as_ref());
    let mut facts: Vec<String> = reason.into_iter().cloned().collect();
    facts.extend(reboot.firmware_version.as_ref().map(|version| format!("firmware {version}")));
    let event = Event::new(reboot.occurred_at?, EventKind::Restart, facts.join(", "));
    Some(Event { node_id: reboot.node_id.clone(), ..event })
}

fn of_change(change: &AuditTrail) -> Option<Event> {
    let text = change.event.as_ref().map_or("unknown change".to_owned(), ToString::to_string);
    let event = Event::new(change.created_at?, EventKind::Change, text);
    Some(Event { author: change.author.clone(), ..event })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn events_are_joined_newest_first_with_the_names_of_their_nodes() {
        let restarts = json!({"items": [
            {"occurredAt": "2026-01-15T09:00:00Z", "nodeId": "TST0000001", "reason": "power cycle",
             "firmwareVersion": "8.5.2"},
            {"occurredAt": "2026-01-15T07:00:00Z", "nodeId": "TST0000009"},
            {"occurredAt": "2026-01-10T07:00:00Z", "nodeId": "TST0000001"}, 17
        ]});
        let nodes = json!([{"id": "TST0000001", "nickname": "Hall", "connectionState": "connected",
            "connectionStateChangeAt": "2026-01-15T09:01:00Z"}]);
        let changes = json!([{"createdAt": "2026-01-15T08:00:00Z", "author": "jo", "details": "secret"}]);
        let mut timeline = Timeline::since("2026-01-15T00:00:00Z".parse().unwrap());
        // The order of the responses does not matter.
        timeline.add_restarts(&serde_json::from_value(restarts).unwrap());
        timeline.add_nodes(&serde_json::from_value(nodes).unwrap());
        timeline.add_changes(&serde_json::from_value(changes).unwrap());
        assert_eq!(timeline.unreadable(), 1);
        let events = timeline.into_events();
        let shown =
            |event: &Event| (event.kind.as_str(), event.name.clone().unwrap_or_default(), event.text.clone());
        let expected = [
            ("node", "Hall", "connected since then"),
            ("restart", "Hall", "power cycle, firmware 8.5.2"),
            ("change", "", "unknown change"),
            ("restart", "TST0000009", ""),
        ];
        let expected = expected.map(|(kind, name, text)| (kind, name.to_owned(), text.to_owned()));
        assert_eq!(events.iter().map(shown).collect::<Vec<_>>(), expected);
    }
}
