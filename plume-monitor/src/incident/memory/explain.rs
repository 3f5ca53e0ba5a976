//! The situation that a sample shows.

use std::time::Duration;

use chrono::{DateTime, Utc};
use plume_health::Status;

use crate::incident::cause::{Cause, CauseKind};
use crate::incident::memory::state::Newest;
use crate::incident::severity::is_worse;
use crate::incident::situation::{MAX_FURTHER, Situation};

/// A sample of a home, as an incident sees it.
#[derive(Debug, Clone)]
pub(crate) struct Observed<'a> {
    /// The time of the sample.
    pub(crate) at: DateTime<Utc>,
    /// The time of the decision.
    pub(crate) now: DateTime<Utc>,
    /// The confirmed status.
    pub(crate) status: Status,
    /// The start of the confirmed status, or of flapping.
    pub(crate) since: DateTime<Utc>,
    pub(crate) flapping: bool,
    /// The causes in the sample, worst first, with headline and steps. `None`: the sample has no data.
    pub(crate) seen: Option<Seen<'a>>,
    /// The start of the time without data, if it has lasted so long that it is an incident.
    pub(crate) no_data_since: Option<DateTime<Utc>>,
    /// The newest cause of any sample.
    pub(crate) last_cause: Option<&'a Cause>,
    pub(crate) in_maintenance: bool,
    /// The present interval of the home's checks.
    pub(crate) interval: Duration,
    /// Whether the status of the home was not known before.
    pub(crate) is_first: bool,
}

/// The causes of a sample.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub(crate) causes: &'a [Cause],
    pub(crate) headline: &'a str,
    pub(crate) steps: &'a [Box<str>],
}

pub(super) fn is_problem(status: Status) -> bool {
    !matches!(status, Status::Green | Status::Unknown)
}

/// Returns the causes that the confirmed status has. A worse cause is not confirmed yet, a milder one explains
/// nothing.
pub(super) fn confirmed<'a>(sample: &Observed<'a>) -> Vec<&'a Cause> {
    let causes = sample.seen.map(|seen| seen.causes).unwrap_or_default();
    let is_confirmed = |cause: &&Cause| {
        if is_problem(sample.status) { cause.status == sample.status } else { sample.flapping }
    };
    causes.iter().filter(is_confirmed).collect()
}

pub(super) fn situation_at_begin(sample: &Observed<'_>) -> Situation {
    let confirmed = confirmed(sample);
    match confirmed.first() {
        Some(root) => situation_of(sample, root, &confirmed),
        None => situation_without_cause(sample),
    }
}

/// Returns whether the home is only known to give no data. Mild trouble of before says nothing about what is missing.
fn is_silent(sample: &Observed<'_>) -> bool {
    sample.no_data_since.is_some() && !is_worse(sample.status, Status::Unknown)
}

/// Returns the situation of a home whose newest sample does not explain its status.
fn situation_without_cause(sample: &Observed<'_>) -> Situation {
    let known = !is_silent(sample) && (is_problem(sample.status) || sample.flapping);
    let root = match sample.last_cause {
        Some(cause) if known => cause.clone(),
        _ if known => Cause::new(CauseKind::Status, "", sample.status, "the status keeps changing"),
        _ => Cause::new(CauseKind::NoData, "", Status::Unknown, "no data"),
    };
    let since = if known { sample.since } else { sample.no_data_since.unwrap_or(sample.at) };
    let headline = root.message.clone();
    let mut situation = Situation::new(root, since, headline);
    situation.flapping = known && sample.flapping;
    if known && is_problem(sample.status) {
        situation.status = sample.status;
    }
    situation
}

/// Returns the situation after a sample. Returns `None` if the sample confirms nothing about an incident that has a
/// cause already.
pub(super) fn situation_now(newest: &Newest, sample: &Observed<'_>) -> Option<Situation> {
    if is_silent(sample) {
        return Some(situation_without_cause(sample));
    }
    if newest.is_without_data() && sample.seen.is_none() {
        return None;
    }
    let confirmed = confirmed(sample);
    let kept = confirmed.iter().find(|cause| cause.key() == newest.root).or(confirmed.first());
    let mut situation = match kept {
        Some(root) => situation_of(sample, root, &confirmed),
        None if changes_without_cause(newest, sample) => situation_without_cause(sample),
        None => return None,
    };
    situation.since = newest.since;
    if sample.flapping && !is_problem(sample.status) {
        situation.status = newest.status;
    }
    Some(situation)
}

/// Returns whether the incident changes although the sample has no cause.
fn changes_without_cause(newest: &Newest, sample: &Observed<'_>) -> bool {
    (is_problem(sample.status) && sample.status != newest.status) || sample.flapping != newest.flapping
}

fn situation_of(sample: &Observed<'_>, root: &Cause, confirmed: &[&Cause]) -> Situation {
    let (headline, steps) = sample.seen.map_or(("", &[][..]), |seen| (seen.headline, seen.steps));
    let mut situation = Situation::new(root.clone(), sample.since, headline);
    situation.flapping = sample.flapping;
    let further = confirmed.iter().filter(|cause| !cause.is_same(root)).take(MAX_FURTHER);
    situation.further = further.map(|cause| cause.brief()).collect();
    situation.steps = steps.to_vec();
    situation
}
