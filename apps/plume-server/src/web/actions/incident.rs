//! Decisions and notes about an incident.

use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use plume::monitor::incident::{Incident, Seen};

use crate::access::Visitor;
use crate::store::{
    StoreErrorKind,
    model::{Action, Filed},
};
use crate::web::actions::denied::Denied;
use crate::web::dashboard::Visible;
use crate::web::view::within;

/// Maximum length of a name and of a note in characters.
const NAME: usize = 60;
const NOTE: usize = 2_000;
/// Maximum length of a snooze in hours.
const LONGEST_SNOOZE: i64 = 24 * 7;
/// The same decision of the same person within this time is a repetition: a second click, or a retry of a program.
const REPEATED: TimeDelta = TimeDelta::minutes(10);

/// A decision of a person, or a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Decision<'a> {
    Acknowledge,
    Release,
    /// For a number of hours.
    Snooze(i64),
    Note(&'a str),
}

/// A decision as a person made it.
#[derive(Clone, Copy)]
pub(in crate::web) struct Ordered<'a> {
    pub(in crate::web) decision: Decision<'a>,
    /// The typed name, which counts only on a server without sign-in.
    pub(in crate::web) person: &'a str,
    /// The version and the edits that the person saw. A note needs none.
    pub(in crate::web) seen: Option<(u32, u32)>,
}

/// The name of a person, and the incident after the decision.
#[derive(Debug)]
pub(in crate::web) struct Decided {
    pub(in crate::web) person: String,
    pub(in crate::web) incident: Incident,
}

/// Carries out a decision. A repetition changes nothing and has the same result.
pub(in crate::web) async fn decide(
    visible: &Visible,
    tenant: &str,
    incident: &str,
    ordered: Ordered<'_>,
) -> Result<Decided, Denied> {
    let person = person(visible.visitor(), ordered.person)?;
    let now = visible.now();
    let found = visible.incident(tenant, incident).await?;
    let (tenant, Filed { incident, .. }) = found.ok_or(Denied::Missing("incident"))?;
    let action = action(ordered.decision, incident.seen(), now)?;
    let is_current = ordered.seen == Some((incident.version, incident.edits));
    if is_repeated(&incident, &person, &action, ordered.seen, now)
        && tenant.has_done(&incident.id, &person, &action, now, REPEATED).await?
    {
        return Ok(Decided { person, incident });
    }
    if !matches!(action, Action::Note { .. }) && !is_current {
        return Err(changed());
    }
    if matches!(action, Action::Release { .. }) && is_free(&incident, now) {
        let (status, title) = (StatusCode::CONFLICT, "Nothing to give back");
        return Err(Denied::because(
            status,
            title,
            "No one has this incident: it is neither acknowledged nor snoozed.",
        ));
    }
    // The store compares again, in its transaction.
    match tenant.act(&incident.id, &person, action).await {
        Ok(Filed { incident, .. }) => Ok(Decided { person, incident }),
        Err(error) if error.kind() == StoreErrorKind::Conflict => Err(changed()),
        Err(error) => Err(error.into()),
    }
}

/// Returns whether no one has an incident now.
fn is_free(incident: &Incident, now: DateTime<Utc>) -> bool {
    !incident.is_acknowledged() && incident.snoozed_until(now).is_none()
}

/// Returns the name that others see beside a decision.
fn person(visitor: &Visitor, typed: &str) -> Result<String, Denied> {
    if !visitor.is_local() {
        let name = plume_text::on_screen(visitor.name().trim());
        return Ok(plume_text::shorten(&name, NAME));
    }
    let person = within(typed, NAME, "name").map_err(too_long)?;
    if person.is_empty() {
        let (status, title) = (StatusCode::UNPROCESSABLE_ENTITY, "A name is missing");
        return Err(Denied::because(status, title, "Others must see who has it."));
    }
    Ok(person)
}

fn too_long(detail: impl Into<String>) -> Denied {
    Denied::because(StatusCode::UNPROCESSABLE_ENTITY, "Too long", detail).with_help("Nothing was stored.")
}

fn changed() -> Denied {
    let detail = "Another person changed this incident, or its trouble changed, after it was read. \
                  Nothing of yours was stored.";
    Denied::because(StatusCode::CONFLICT, "Changed meanwhile", detail)
        .with_help("Read it again to see who has it now.")
}

fn action(decision: Decision<'_>, seen: Seen, now: DateTime<Utc>) -> Result<Action, Denied> {
    match decision {
        Decision::Acknowledge => Ok(Action::Acknowledge { seen }),
        Decision::Release => Ok(Action::Release { seen }),
        Decision::Snooze(hours) => {
            let time = TimeDelta::try_hours(hours).filter(|_| (1..=LONGEST_SNOOZE).contains(&hours));
            let until = time.and_then(|time| now.checked_add_signed(time));
            let until = until.ok_or_else(|| Denied::impossible("A snooze lasts 1 to 168 hours."))?;
            Ok(Action::Snooze { seen, until })
        }
        Decision::Note(text) => {
            let text = text.trim();
            match text.chars().count() {
                0 => Err(Denied::impossible("The note is empty.")),
                count if count > NOTE => {
                    Err(too_long(format!("The note has {count} characters; at most {NOTE} are possible.")))
                }
                _ => Ok(Action::Note { text: text.to_owned() }),
            }
        }
    }
}

/// Returns whether the incident has what an action would do already, by a person of the same name.
fn is_repeated(
    incident: &Incident,
    person: &str,
    action: &Action,
    seen: Option<(u32, u32)>,
    now: DateTime<Utc>,
) -> bool {
    let (version, edits) = (incident.version, incident.edits);
    let is_recent = |at: DateTime<Utc>| now.signed_duration_since(at) < REPEATED;
    let is_next = incident.is_open() && seen.and_then(|(_, edits)| edits.checked_add(1)) == Some(edits);
    let is_own = is_next && seen.is_some_and(|(seen, _)| seen == version);
    match action {
        Action::Acknowledge { .. } => incident.acknowledged.as_ref().is_some_and(|done| {
            is_own && done.version == version && &*done.by == person && is_recent(done.at)
        }),
        Action::Snooze { until, .. } => incident.snoozed.as_ref().is_some_and(|done| {
            let later = until.signed_duration_since(done.until);
            is_own
                && done.version == version
                && &*done.by == person
                && (TimeDelta::zero()..REPEATED).contains(&later)
        }),
        Action::Release { .. } => is_own && incident.acknowledged.is_none() && incident.snoozed.is_none(),
        Action::Note { text } => incident
            .notes
            .last()
            .is_some_and(|note| &*note.by == person && *note.text == **text && is_recent(note.at)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_complete_decision_is_an_action() {
        let now = DateTime::UNIX_EPOCH;
        let seen: Seen = serde_json::from_str(r#"{"version": 2, "edits": 1}"#).unwrap();
        let action = |decision| action(decision, seen, now).ok();
        assert_eq!(action(Decision::Acknowledge), Some(Action::Acknowledge { seen }));
        let until = now + TimeDelta::hours(4);
        assert_eq!(action(Decision::Snooze(4)), Some(Action::Snooze { seen, until }));
        assert!(action(Decision::Snooze(LONGEST_SNOOZE)).is_some());
        for hours in [i64::MIN, -1, 0, LONGEST_SNOOZE + 1, i64::MAX] {
            assert_eq!(action(Decision::Snooze(hours)), None, "{hours}");
        }
        let (long, longer) = ("🏠".repeat(NOTE), "x".repeat(NOTE + 1));
        assert_eq!(action(Decision::Note(&long)), Some(Action::Note { text: long.clone() }));
        assert_eq!(action(Decision::Note(&longer)), None);
        assert_eq!(action(Decision::Note(" \n")), None);
    }
}
