//! The order of transitions.

use chrono::{DateTime, Utc};
use plume_health::Status;

use crate::home::Transition;

/// Returns the statuses of a home with the time at which each began, oldest first, for
/// [`availability`](crate::sla::availability) and every other picture of a history.
///
/// `transitions` are in the order of the decisions, as in [`HomeStep::transitions`](crate::home::HomeStep::transitions).
/// [`since`](Transition::since) is no order: a change that was pending before a gap without data keeps its first sample,
/// which is before the gap. So a status begins at the earliest with the status before it. It begins at the latest with
/// each later decision, for a wall clock that was ahead for some time.
///
/// ```
/// use plume_health::Status;
/// use plume_monitor::home::Transition;
/// use plume_monitor::sla::in_order;
///
/// // No data from 10:02 on, and an outage after it of which there was one sample before, at 10:01.
/// let transitions: Vec<Transition> = serde_json::from_str(
///     r#"[
///         {"kind": "stale", "from": "green", "to": "unknown", "since": "2026-01-15T10:02:00Z", "at": "2026-01-15T10:12:00Z"},
///         {"kind": "fresh", "from": "unknown", "to": "green", "since": "2026-01-15T10:32:00Z", "at": "2026-01-15T10:32:00Z"},
///         {"kind": "entered", "from": "green", "to": "red", "since": "2026-01-15T10:01:00Z", "at": "2026-01-15T10:32:00Z"}
///     ]"#,
/// )?;
/// let statuses = in_order(&transitions);
/// assert_eq!(statuses[2], ("2026-01-15T10:32:00Z".parse()?, Status::Red));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn in_order<'a>(transitions: impl IntoIterator<Item = &'a Transition>) -> Vec<(DateTime<Utc>, Status)> {
    let transitions: Vec<&Transition> = transitions.into_iter().collect();
    let mut latest = DateTime::<Utc>::MAX_UTC;
    let mut statuses: Vec<_> = transitions
        .into_iter()
        .rev()
        .map(|transition| {
            latest = latest.min(transition.at);
            (transition.since.min(latest), transition.to)
        })
        .collect();
    statuses.reverse();
    let mut earliest = DateTime::<Utc>::MIN_UTC;
    for (since, _) in &mut statuses {
        earliest = earliest.max(*since);
        *since = earliest;
    }
    statuses
}
