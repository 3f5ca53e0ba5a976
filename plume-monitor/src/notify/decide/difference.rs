//! The difference between an incident and what was last announced about it.

use crate::incident::{Announced, CloseReason, Incident, Scope, is_worse};
use crate::notify::kind::MessageKind;

/// Returns the kind of the message that an incident needs, apart from reminders. Returns `None` if the last message is
/// still true, or if the trouble ended before it was announced.
///
/// This compares two states, not the events between them. So a pair of events that cancel each other is not
/// announced, and the last state always is, however long a message was held back.
#[must_use]
pub fn difference(incident: &Incident) -> Option<MessageKind> {
    match (incident.announced, incident.closed) {
        (None, Some(_)) => None,
        (None, None) => Some(begin(incident)),
        (Some(last), Some(_)) if last.ended => None,
        (Some(last), Some(closed)) => Some(end(last, closed.reason)),
        (Some(last), None) if last.ended => Some(begin(incident)),
        (Some(last), None) => change(incident, last),
    }
}

fn begin(incident: &Incident) -> MessageKind {
    if incident.situation.flapping { MessageKind::FlappingStarted } else { MessageKind::Problem }
}

fn end(last: Announced, reason: CloseReason) -> MessageKind {
    match reason {
        CloseReason::Gone => MessageKind::Gone,
        CloseReason::Lost => MessageKind::Lost,
        CloseReason::Recovered if last.flapping => MessageKind::FlappingEnded,
        CloseReason::Recovered => MessageKind::Recovered,
    }
}

fn change(incident: &Incident, last: Announced) -> Option<MessageKind> {
    let now = &incident.situation;
    match (last.flapping, now.flapping) {
        (false, true) => Some(MessageKind::FlappingStarted),
        (true, false) => Some(MessageKind::FlappingEnded),
        _ if is_worse(now.status, incident.known_status(last)) => Some(MessageKind::Worsened),
        // The cause of a fleet incident is its group, so a new version has more homes.
        _ if incident.version > last.version && is_of_group(incident) => Some(MessageKind::Worsened),
        _ if incident.has_other_cause(last) => Some(MessageKind::OtherCause),
        (true, true) => None,
        // The last homes of a fleet incident say nothing about the others, and its end is announced.
        (false, false) if is_of_group(incident) => None,
        (false, false) => is_worse(last.status, now.status).then_some(MessageKind::Eased),
    }
}

pub(in crate::notify) fn is_of_group(incident: &Incident) -> bool {
    matches!(incident.scope, Scope::Group(_))
}
