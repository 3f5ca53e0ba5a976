//! The decisions of the sender. Pure.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use plume::monitor::{
    incident::Incident,
    notify::{Message, MessageKind},
};

use crate::notify::content::{Body, Entry, MAX_ENTRIES, Names, Summary, Text};
use crate::notify::sender::silence::Silence;
use crate::store::model::Sending;

/// A backlog with more messages becomes a summary, if the channel was failing or its hourly limit is near.
const FEW: usize = 5;

/// The reason of a message that a fleet incident has taken over.
pub(super) const BY_FLEET: &str = "a fleet incident reports it";

/// A message that was taken, with its document.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) sending: Sending,
    pub(super) body: Body,
}

/// A message and the older ones that it replaces.
pub(super) type Replaced = (Sending, Vec<Sending>);

/// Keeps the last message about each incident. Returns the others with the message that replaces them.
pub(super) fn newest(items: Vec<Item>) -> (Vec<Item>, Vec<Replaced>) {
    let mut last: HashMap<String, usize> = HashMap::new();
    for (index, item) in items.iter().enumerate() {
        if let Some(message) = item.body.message() {
            last.insert(message.incident.to_string(), index);
        }
    }
    let mut older: HashMap<usize, Vec<Sending>> = HashMap::new();
    let mut kept = Vec::new();
    for (index, item) in items.into_iter().enumerate() {
        let newest = item.body.message().and_then(|message| last.get(message.incident.as_str()));
        match newest.filter(|newest| **newest != index) {
            Some(newest) => older.entry(*newest).or_default().push(item.sending),
            None => kept.push((index, item)),
        }
    }
    let mut replaced = Vec::new();
    let kept = kept.into_iter().map(|(index, mut item)| {
        if let Some(older) = older.remove(&index) {
            replaced.push((item.sending.clone(), older.clone()));
            let more = older.iter().fold(0u32, |sum, old| sum.saturating_add(old.replaced).saturating_add(1));
            item.sending.replaced = item.sending.replaced.saturating_add(more);
        }
        item
    });
    let kept = kept.collect();
    (kept, replaced)
}

/// The use of a message at the time of its attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Need {
    /// It says what is true and new.
    Send,
    /// It waits until then.
    Wait(DateTime<Utc>),
    /// It is not needed any more, for this reason.
    Over(&'static str),
}

/// Compares a message with the present state of its incident.
#[must_use]
pub fn need(
    message: &Message,
    incident: Option<&Incident>,
    silences: &[Silence],
    now: DateTime<Utc>,
) -> Need {
    if let Some(until) = silences.iter().filter_map(|silence| silence.holds(message, now)).max() {
        return Need::Wait(until);
    }
    // Retention has deleted the incident; the message is all that is known of it.
    let Some(incident) = incident else { return Need::Send };
    let is_end = message.ended_at.is_some();
    match (is_end, incident.is_open()) {
        (false, false) => return Need::Over("the incident is over"),
        // The receiver must know the end of the trouble before: the new one is announced later, or never if it is short.
        (true, true) if incident.announced.is_some_and(|last| last.ended) => return Need::Send,
        (true, true) => return Need::Over("the incident is open again"),
        (true, false) => return Need::Send,
        (false, true) => {}
    }
    if incident.fleet.is_some() {
        return Need::Over(BY_FLEET);
    }
    if message.version < incident.version && message.kind == MessageKind::Reminder {
        return Need::Over("the incident has changed");
    }
    if incident.is_acknowledged() && message.kind != MessageKind::FlappingEnded {
        return Need::Over("the incident is acknowledged");
    }
    match incident.snoozed_until(now) {
        Some(until) => Need::Wait(until),
        None => Need::Send,
    }
}

/// Returns the messages of a backlog that become one summary, and those that are sent alone. `room` is the number of messages
/// that the hourly limit leaves. A message that may have arrived keeps its id while there is room, so that its receiver can
/// recognize it.
pub(super) fn merged(items: Vec<Item>, room: usize) -> (Vec<Item>, Vec<Item>) {
    let was_failing = items.iter().any(|item| item.sending.attempts > 0);
    let is_merged = items.len() > 1 && items.len() > room || items.len() > FEW && was_failing;
    let repeats = items.iter().filter(|item| item.sending.is_repeat).count();
    if !is_merged || repeats < room && items.len() - repeats < 2 {
        return (Vec::new(), items);
    }
    if repeats >= room {
        return (items, Vec::new());
    }
    items.into_iter().partition(|item| !item.sending.is_repeat)
}

/// Merges messages, and older summaries among them.
pub(super) fn summary(items: &[Item], names: &Names) -> Summary {
    let from = items.iter().map(|item| item.sending.stored).min().unwrap_or(DateTime::UNIX_EPOCH);
    let mut summary = Summary { from, total: 0, entries: Vec::new() };
    for Item { sending, body } in items {
        if let Body::Summary { summary: older } = body {
            summary.from = summary.from.min(older.from);
            summary.total = summary.total.saturating_add(older.total);
            summary.entries.extend(older.entries.iter().cloned());
            continue;
        }
        summary.total = summary.total.saturating_add(1).saturating_add(sending.replaced.into());
        let text = Text::of(body, names, 0);
        summary.entries.push(Entry {
            incident: body.message().map(|message| message.incident.to_string()),
            status: body.status(),
            title: text.title,
            line: text.lines.into_iter().next().unwrap_or_default(),
        });
    }
    newest_entries(&mut summary.entries);
    summary
}

/// Keeps the last entry of each incident, and the last ones of all.
fn newest_entries(entries: &mut Vec<Entry>) {
    let mut last: HashMap<String, usize> = HashMap::new();
    for (index, entry) in entries.iter().enumerate() {
        if let Some(incident) = &entry.incident {
            last.insert(incident.clone(), index);
        }
    }
    let mut index = 0;
    entries.retain(|entry| {
        let is_last = entry.incident.as_ref().is_none_or(|incident| last.get(incident) == Some(&index));
        index += 1;
        is_last
    });
    let extra = entries.len().saturating_sub(MAX_ENTRIES);
    entries.drain(..extra);
}

#[cfg(test)]
mod tests {
    use plume::health::{RuleId, Status};
    use plume::monitor::ids::HomeId;
    use plume::monitor::incident::{Cause, CauseKind, ChangeKind, IncidentChange, Scope, Situation};

    use super::*;
    use crate::notify::content::Notice;
    use crate::store::model::Outgoing;

    #[test]
    fn an_end_is_sent_unless_the_new_trouble_is_announced() {
        let at = DateTime::UNIX_EPOCH;
        let change = |kind| {
            let scope = Scope::Home(HomeId::new("home"));
            let mut change = IncidentChange::new("home:1".into(), scope, kind, at);
            let rule = CauseKind::Rule(RuleId::LocationOffline);
            let root = Cause::new(rule, "home", Status::Red, "The location is offline");
            change.situation = Some(Situation::new(root, at, "offline"));
            change
        };
        let mut incident = Incident::open("tenant".into(), &change(ChangeKind::Opened)).unwrap();
        let announce =
            |incident: &mut Incident, kind| Message::announce(incident, kind, vec!["chat".into()], at);
        let _ = announce(&mut incident, MessageKind::Problem);
        incident.apply(&change(ChangeKind::Closed));
        let end = announce(&mut incident, MessageKind::Recovered);
        assert_eq!(need(&end, Some(&incident), &[], at), Need::Send);
        // It may end again before it is announced, and then nothing else says that the first one is over.
        incident.apply(&change(ChangeKind::Reopened));
        assert_eq!(need(&end, Some(&incident), &[], at), Need::Send);
        let _ = announce(&mut incident, MessageKind::Problem);
        assert_eq!(need(&end, Some(&incident), &[], at), Need::Over("the incident is open again"));
    }

    /// Messages, of which the first ones were attempted. These may have arrived.
    fn backlog(count: i64, repeats: i64) -> Vec<Item> {
        let item = |id: i64| {
            let body = Body::Notice { notice: Notice { title: String::new(), lines: Vec::new() } };
            let message = Outgoing {
                channel: "main".into(),
                incident: None,
                dedup: id.to_string(),
                not_before: DateTime::UNIX_EPOCH,
                body: Vec::new(),
            };
            let sending = Sending {
                id,
                tenant: "t".into(),
                fence: 1,
                message,
                attempts: u32::from(id < repeats),
                is_repeat: id < repeats,
                replaced: 0,
                stored: DateTime::UNIX_EPOCH,
                alive_since: DateTime::UNIX_EPOCH,
            };
            Item { sending, body }
        };
        (0..count).map(item).collect()
    }

    #[test]
    fn a_message_that_may_have_arrived_keeps_its_id_while_there_is_room() {
        let sizes = |count, repeats, room| {
            let (merged, alone) = merged(backlog(count, repeats), room);
            assert!(merged.len() != 1, "one message is no summary");
            (merged.len(), alone.len())
        };
        assert_eq!(sizes(5, 1, 100), (0, 5), "a few are sent alone");
        assert_eq!(sizes(100, 0, 100), (0, 100), "the channel works");
        assert_eq!(sizes(6, 1, 100), (5, 1));
        assert_eq!(sizes(40, 3, 100), (37, 3));
        assert_eq!(sizes(6, 6, 100), (0, 6));
        assert_eq!(sizes(6, 5, 100), (0, 6));
        // The limit counts the summary, too.
        assert_eq!(sizes(40, 3, 4), (37, 3));
        assert_eq!(sizes(40, 3, 3), (40, 0));
        assert_eq!(sizes(2, 0, 1), (2, 0));
        assert_eq!(sizes(2, 1, 1), (2, 0));
    }
}
