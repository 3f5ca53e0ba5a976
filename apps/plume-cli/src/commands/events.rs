//! `plume events`: restarts, changes and outages of a location.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;
use plume::{
    Error, Granularity,
    cli::exit,
    health::uptime::{SampleState, UptimeSample, samples},
    types::{AuditTrail, List, Node, NodeId, Reboot},
};
use serde::Serialize;

use crate::args::{Length, LocationIds, Since, help};
use crate::failure::Result;
use crate::output::{Cell, Column, Outcome, Rows, Schemas, now};
use crate::session::Session;

/// List restarts, changes and outages of a location, newest first
#[derive(Debug, Args)]
#[command(after_help = help([
    "plume --demo events --story power-cut --after 40",
    "plume events 5f0000000000000000000001 5f0000000000000000000002 --since 24h -o csv",
]))]
pub(crate) struct Events {
    #[command(flatten)]
    ids: LocationIds,
    /// The begin: a duration before now like 24h or 7d, a date, or a time like 2026-01-15T10:00:00Z
    #[arg(long, value_name = "TIME", value_parser = Since::parse, default_value = "7d")]
    since: Since,
    #[command(flatten)]
    length: Length,
}

/// Something that happened.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Event {
    at: DateTime<Utc>,
    kind: Kind,
    /// The node, for people.
    name: Option<String>,
    node_id: Option<NodeId>,
    text: String,
    author: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// A node restarted.
    Restart,
    /// The location went offline, by the hours of the online report.
    Offline,
    /// The location came back.
    Online,
    /// The last change of a node's connection.
    Node,
    /// A setting was changed.
    Change,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Restart => "restart",
            Self::Offline => "offline",
            Self::Online => "online",
            Self::Node => "node",
            Self::Change => "change",
        }
    }
}

const SCHEMAS: Schemas = Schemas { list: "plume.event.list/1", row: "plume.event/1" };

const COLUMNS: [Column<Event>; 5] = [
    Column::word("TIME", |event| Cell::clock(event.at)),
    Column::word("EVENT", |event| Cell::new(event.kind.word())),
    Column::extra(Column::text("NODE", |event| Cell::option(event.name.as_ref()))),
    Column::text("DETAILS", |event| Cell::new(&event.text)),
    Column::extra(Column::text("AUTHOR", |event| Cell::option(event.author.as_ref()))),
];

/// The number of rows without --limit and --all.
const DEFAULT_LIMIT: u32 = 50;
/// The longest online report, in hours.
const MAX_HOURS: i64 = 30 * 24;

impl Events {
    pub(crate) async fn run(self, session: &Session) -> Result<Outcome<Event>> {
        let location = session.location(&self.ids).await?;
        let (now, since) = (now(), self.since.before(now()));
        let hours = (now - since).num_hours().saturating_add(1).clamp(1, MAX_HOURS);
        let (reports, gateway) = (location.reports(), session.client()?.gateway_reports());
        let (nodes, restarts, changes, online) = tokio::join!(
            location.nodes(),
            gateway.reboot_history(location.id().clone()),
            location.audit_trail(),
            reports.online_stats(Granularity::Hours, u32::try_from(hours).ok()),
        );
        if now - since > TimeDelta::hours(MAX_HOURS) {
            session.warn(&format!("outages are known of the last {} days only", MAX_HOURS / 24));
        }
        let (mut missing, mut unreadable) = (Vec::new(), 0);
        let mut or_missing = |part: &str, error: Error| missing.push((part.to_owned(), error));
        let nodes = nodes.unwrap_or_else(|error| {
            or_missing("the nodes", error);
            List::default()
        });
        unreadable += nodes.unreadable();
        let mut events: Vec<Event> = nodes.iter().filter_map(of_node).collect();
        match restarts {
            Ok(history) => {
                let (list, lost) = history.items.elements();
                unreadable += lost;
                events.extend(list.iter().filter_map(|reboot| of_restart(reboot, &nodes)));
            }
            Err(error) => or_missing("the restarts", error),
        }
        match changes {
            Ok(trail) => {
                unreadable += trail.unreadable();
                events.extend(trail.iter().filter_map(of_change));
            }
            Err(error) => or_missing("the changes of settings", error),
        }
        match online {
            Ok(stats) => events.extend(of_samples(&samples(&stats))),
            Err(error) => or_missing("the outages", error),
        }
        // Without any part there is no list. An unknown location is an error, whatever the other parts say.
        let only = missing.len() == 4;
        if let Some(at) = missing.iter().position(|(_, error)| only || is_about_location(error)) {
            return Err(missing.swap_remove(at).1.into());
        }
        for (part, error) in &missing {
            session.warn(&format!("{part} could not be read: {error}"));
        }
        let code = if missing.is_empty() && unreadable == 0 { exit::DONE } else { exit::PARTLY };
        // The newest ones may lie behind this machine's clock.
        events.retain(|event| event.at >= since);
        events.sort_by(|a, b| b.at.cmp(&a.at).then(a.kind.cmp(&b.kind)).then_with(|| a.name.cmp(&b.name)));
        let rows = Rows { items: events, unreadable: unreadable as u64, more: None };
        let rows = rows.cut(&self.length.or(DEFAULT_LIMIT));
        Ok(Outcome { code, ..Outcome::list(SCHEMAS, rows, &COLUMNS) })
    }
}

fn is_about_location(error: &Error) -> bool {
    use plume::{ErrorKind, Resource};
    matches!(error.kind(), ErrorKind::NotFound(Resource::Customer | Resource::Location))
}

fn event(at: DateTime<Utc>, kind: Kind, text: String) -> Event {
    Event { at, kind, name: None, node_id: None, text, author: None }
}

fn of_node(node: &Node) -> Option<Event> {
    let at = *node.connection_state_changed_at.known()?;
    let state = node.connection_state.known()?;
    let event = event(at, Kind::Node, format!("{state} since then"));
    Some(Event { name: Some(node.display_name().to_owned()), node_id: Some(node.id.clone()), ..event })
}

fn of_restart(reboot: &Reboot, nodes: &[Node]) -> Option<Event> {
    let node = |id: &NodeId| nodes.iter().find(|node| node.id == *id);
    let name = |id: &NodeId| node(id).map_or(id.to_string(), |node| node.display_name().to_owned());
    let reason = reboot.reason.as_ref().or(reboot.reboot_type.as_ref());
    let mut facts: Vec<String> = reason.into_iter().cloned().collect();
    facts.extend(reboot.firmware_version.as_ref().map(|version| format!("firmware {version}")));
    let event = event(reboot.occurred_at?, Kind::Restart, facts.join(", "));
    Some(Event { name: reboot.node_id.as_ref().map(name), node_id: reboot.node_id.clone(), ..event })
}

/// The details of a change are free form and may hold secrets, so they are left out.
fn of_change(change: &AuditTrail) -> Option<Event> {
    let text = change.event.as_ref().map_or("unknown change".to_owned(), ToString::to_string);
    Some(Event { author: change.author.clone(), ..event(change.created_at?, Kind::Change, text) })
}

/// Each outage has a begin, and an end if the location came back. Samples without a value are neither.
fn of_samples(samples: &[UptimeSample]) -> Vec<Event> {
    let mut events = Vec::new();
    let mut offline_since: Option<DateTime<Utc>> = None;
    for sample in samples {
        match (sample.state, offline_since) {
            (SampleState::Offline, None) => {
                offline_since = Some(sample.at);
                events.push(event(sample.at, Kind::Offline, "offline within the hour".to_owned()));
            }
            (SampleState::Online | SampleState::Intermittent, Some(from)) => {
                let passed = Duration::from_secs((sample.at - from).num_seconds().unsigned_abs());
                let text = format!("online again after at most {}", plume_text::human(passed));
                events.push(event(sample.at, Kind::Online, text));
                offline_since = None;
            }
            _ => {}
        }
    }
    events
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_lasts_until_the_location_is_known_to_be_back() {
        let at = |hour: i64| DateTime::from_timestamp(1_768_471_200 + 3_600 * hour, 0).unwrap();
        let stats = [(0, "online"), (1, "offline"), (2, ""), (3, "offline"), (4, "online"), (5, "offline")];
        let rows = stats.map(|(hour, value)| serde_json::json!({"timestamp": at(hour), "value": value}));
        let stats = serde_json::from_value(serde_json::json!({ "locationState": rows })).unwrap();
        let events = of_samples(&samples(&stats));
        let found: Vec<_> = events.iter().map(|event| (event.at, event.kind)).collect();
        assert_eq!(found, [(at(1), Kind::Offline), (at(4), Kind::Online), (at(5), Kind::Offline)]);
        assert_eq!(events[1].text, "online again after at most 3 h");
    }
}
