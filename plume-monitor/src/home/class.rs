//! The class of the next check, and the condition of a home.

use chrono::{DateTime, Utc};
use plume_health::Status;

use crate::home::policy::MonitorPolicy;
use crate::home::state::HomeState;
use crate::home::track::Tracked;
use crate::schedule::{CheckClass, CheckDetail};
use crate::time::has_passed;

/// The condition of a home, as its groups see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum HomeCondition {
    /// Red or orange, confirmed.
    Bad,
    /// Red or orange in the newest sample, not confirmed.
    Suspect,
    /// Neither red nor orange.
    Good,
    /// The newest sample has no data, and no trouble is confirmed.
    Unknown,
    /// There has been no data for so long that an incident is open, and no trouble is confirmed.
    NoData,
}

plume_health::__named!(HomeCondition { Bad = "bad", Suspect = "suspect", Good = "good", Unknown = "unknown", NoData = "no_data" });

pub(super) fn class(
    state: &HomeState,
    policy: &MonitorPolicy,
    in_maintenance: bool,
    now: DateTime<Utc>,
) -> CheckClass {
    let green_since = state.trackers.since().filter(|_| state.status() == Status::Green);
    if in_maintenance {
        CheckClass::Maintenance
    } else if is_suspect(state) {
        CheckClass::Suspect
    } else if state.incident.is_open() && !state.incident.is_without_data() {
        // More checks of the homes without data would make the share of failed checks larger than that of homes.
        CheckClass::Incident
    } else if green_since.is_some_and(|since| has_passed(since, now, policy.long_green_after)) {
        CheckClass::LongGreen
    } else {
        CheckClass::Normal
    }
}

/// Returns whether a change is not confirmed yet. A home that flaps or has no data would be a suspect for a long
/// time, at the cost of the others.
pub(super) fn is_suspect(state: &HomeState) -> bool {
    state.trackers.is_changing() && !state.trackers.is_flapping() && !state.silence.stale
}

/// Returns whether the next check is to be a full one: after the first suspicion and after a transition, if the
/// check was a cheap one, and while a suspicion rests on data that only a full check has.
pub(super) fn wants_full(
    detail: CheckDetail,
    tracked: &Tracked,
    was_suspect: bool,
    is_suspect: bool,
) -> bool {
    let is_news = tracked.event.is_some() || (is_suspect && !was_suspect);
    let needs_full = tracked.evidence.as_ref().is_some_and(|evidence| evidence.needs_full);
    (is_news && detail == CheckDetail::Nodes) || (is_suspect && needs_full)
}

pub(super) fn condition(state: &HomeState) -> HomeCondition {
    let is_bad = |status: Status| status <= Status::Orange;
    let without_data = state.silence.since.is_some() || state.silence.stale;
    if is_bad(state.trackers.status()) {
        HomeCondition::Bad
    } else if without_data && state.incident.is_without_data() {
        HomeCondition::NoData
    } else if without_data {
        HomeCondition::Unknown
    } else if state.last_status.is_some_and(is_bad) {
        HomeCondition::Suspect
    } else if state.last_status.is_some() {
        HomeCondition::Good
    } else {
        HomeCondition::Unknown
    }
}
