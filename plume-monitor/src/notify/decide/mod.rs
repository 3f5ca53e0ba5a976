//! Whether an incident needs a message now.

mod difference;

use std::time::Duration;

use chrono::{DateTime, Utc};
use plume_health::Status;

use crate::incident::{Incident, Scope};
use crate::notify::digest::CALM;
use crate::notify::kind::MessageKind;
use crate::notify::policy::NotifyPolicy;
use crate::time::{CLOCKS, has_passed, later};

pub use difference::difference;
pub(super) use difference::is_of_group;

/// The time after which trouble that is no news is in the next digest again: each daily one has it.
const DAILY: Duration = Duration::from_secs(12 * 3_600);

/// The circumstances of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct NotifyContext {
    /// Whether the home is in a maintenance window. Its messages wait for the end of the window.
    pub in_maintenance: bool,
    /// The end of the quiet hours, if it is in them: of the route of a home, of all channels of a fleet incident.
    pub quiet_until: Option<DateTime<Utc>>,
    /// The time from which a fleet incident can be announced on a channel that has had no message about it.
    pub unheard_at: Option<DateTime<Utc>>,
}

/// The decision about an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Decision {
    /// Send a message of this kind now.
    Send(MessageKind),
    /// Mention the incident in the next digest.
    Digest(MessageKind),
    /// Mention the incident in a summary, when [`SummaryTime`](crate::notify::SummaryTime) is due: of what was there at the first
    /// checks, where it replaces the hold, or of what a fleet incident left.
    Summary(MessageKind),
    /// Decide again at this time, or after the next change.
    Wait(Option<DateTime<Utc>>),
    /// The incident needs no message until it changes. A closed one never does, unless it reopens.
    Nothing,
}

/// Decides about an incident. Call it after every change of the incident, at the time of [`Decision::Wait`], and when
/// a maintenance window or quiet hours end.
///
/// A decision that is made late is the same as one in time: it is about the present difference to the last
/// announcement. See [`difference`].
#[must_use]
pub fn decide(
    incident: &Incident,
    policy: &NotifyPolicy,
    context: NotifyContext,
    now: DateTime<Utc>,
) -> Decision {
    // A fleet incident replaces the messages of its homes, but not the end of what was announced before it.
    if incident.fleet.is_some() && !ends_announced(incident) {
        return Decision::Nothing;
    }
    let in_maintenance = context.in_maintenance || incident.is_open() && incident.situation.planned;
    let context = NotifyContext { in_maintenance, ..context };
    let Some(kind) = difference(incident) else {
        return reminder(incident, policy, context, now);
    };
    if context.in_maintenance || is_silenced(incident, kind) {
        return Decision::Wait(None);
    }
    let is_remainder = is_remainder(incident, kind);
    let is_for_digest = is_mild(incident) || is_remainder && incident.situation.status == Status::Yellow;
    // A digest has a time of its own, which is not in quiet hours.
    let quiet = context.quiet_until.filter(|until| *until > now && !is_for_digest);
    let is_first_look = is_first_look(incident);
    // The summary waits for a home that was just found, and then longer than its hold.
    let hold = hold(incident, kind, now)
        .filter(|until| !is_first_look || has_passed(incident.opened_at, *until, CALM));
    match [hold, snooze(incident, now), quiet].into_iter().flatten().max() {
        Some(until) => Decision::Wait(Some(until)),
        None if is_for_digest => Decision::Digest(kind),
        None if is_first_look || is_remainder => Decision::Summary(kind),
        None => Decision::Send(kind),
    }
}

/// Returns whether trouble that was announced is over, and its end is not announced.
fn ends_announced(incident: &Incident) -> bool {
    !incident.is_open() && incident.announced.is_some_and(|last| !last.ended)
}

/// Returns whether an acknowledgement silences the message. The end of the trouble and the final status after flapping
/// are news for those who acknowledged it too.
fn is_silenced(incident: &Incident, kind: MessageKind) -> bool {
    incident.is_open() && incident.is_acknowledged() && kind != MessageKind::FlappingEnded
}

/// Returns whether neither the incident nor a message about it was worse than yellow.
fn is_mild(incident: &Incident) -> bool {
    incident.severity() == Status::Yellow
}

/// Returns whether the message is about the trouble that a home had at the end of its fleet incident, which was the news.
fn is_remainder(incident: &Incident, kind: MessageKind) -> bool {
    let is_about_it = matches!(
        kind,
        MessageKind::Problem | MessageKind::Worsened | MessageKind::OtherCause | MessageKind::Eased
    );
    is_about_it && incident.is_left()
}

/// Returns whether the trouble of a home was there at its first check, and was not announced yet.
fn is_first_look(incident: &Incident) -> bool {
    is_from_before(incident) && incident.is_open() && incident.announced.is_none()
}

/// Returns whether the trouble is that of a home at its first check.
fn is_from_before(incident: &Incident) -> bool {
    incident.situation.from_before && matches!(incident.scope, Scope::Home(_))
}

/// Returns the end of the hold of a first message, of a worsening and of a further wave of homes, or of the wait after
/// an improvement.
fn hold(incident: &Incident, kind: MessageKind, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let until = match kind {
        MessageKind::Problem | MessageKind::FlappingStarted
            if incident.announced.is_none_or(|last| last.ended) =>
        {
            incident.hold_until
        }
        MessageKind::Eased => incident.settle_until,
        // What remains of a worsening without a message may be about to end.
        MessageKind::OtherCause
            if incident.announced.is_some_and(|last| incident.has_only_worsened(last)) =>
        {
            incident.settle_until
        }
        MessageKind::Worsened if is_of_group(incident) => incident.settle_until,
        MessageKind::Worsened => incident.hold_until,
        _ => None,
    };
    let is_ahead = incident.held_at.is_some_and(|at| has_passed(now, at, CLOCKS));
    until.filter(|until| *until > now && !is_ahead)
}

fn snooze(incident: &Incident, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    incident.snoozed_until(now).filter(|_| incident.is_open())
}

/// Decides about a reminder of trouble that has not changed since it was announced.
fn reminder(
    incident: &Incident,
    policy: &NotifyPolicy,
    context: NotifyContext,
    now: DateTime<Utc>,
) -> Decision {
    let Some(last) = incident.announced.filter(|_| incident.is_open()) else {
        return Decision::Nothing;
    };
    let is_silent = incident.is_acknowledged() || is_mild(incident) || incident.situation.flapping;
    if is_silent || context.in_maintenance {
        return Decision::Wait(None);
    }
    let held = [snooze(incident, now), context.quiet_until.filter(|until| *until > now)];
    // Trouble of before the first check, and what is left of worse or wider trouble, is no news: one line in the daily digest.
    let is_daily =
        is_from_before(incident) || incident.is_left() || incident.situation.status == Status::Yellow;
    let every = if is_daily { policy.remind_every.max(DAILY) } else { policy.remind_every };
    // A message that lies ahead by so much is from before the clock was set back.
    let is_due = has_passed(last.at, now, every) || has_passed(now, last.at, every);
    match held.into_iter().flatten().max() {
        Some(until) => Decision::Wait(Some(until)),
        None if is_due && is_daily => Decision::Digest(MessageKind::Reminder),
        None if is_due => Decision::Send(MessageKind::Reminder),
        // After the reminder of the others, so that it is not one of what just began.
        None if context.unheard_at.is_some_and(|at| at <= now) => Decision::Send(MessageKind::Problem),
        None => {
            let next = later(last.at, every);
            Decision::Wait(Some(context.unheard_at.map_or(next, |at| at.min(next))))
        }
    }
}
