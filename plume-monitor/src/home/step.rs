//! One step: a state and a sample in, a state and decisions out.

use std::time::Duration;

use chrono::{DateTime, Utc};
use plume_health::Status;

use crate::home::class::{self, HomeCondition};
use crate::home::policy::MonitorPolicy;
use crate::home::sample::{HomeContext, Sample, SampleOutcome};
use crate::home::state::HomeState;
use crate::home::track::Tracked;
use crate::home::transition::Transition;
use crate::incident::{IncidentChange, Observed, SeenCauses};
use crate::schedule::CheckClass;
use crate::time::has_passed;

/// The decisions after a sample.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct HomeStep {
    /// The new state.
    pub state: HomeState,
    /// The confirmed changes of status, oldest first: at most three, usually none.
    pub transitions: Vec<Transition>,
    /// The change of the home's incident.
    pub incidents: Vec<IncidentChange>,
    /// The class of the next check.
    pub class: CheckClass,
    /// Whether the next check is to be a full one.
    pub wants_full: bool,
    /// The condition of the home, for the groups that it belongs to.
    pub condition: HomeCondition,
    /// The present interval of the home's checks.
    pub interval: Duration,
    /// The time of the last check before this one that had data.
    pub before: Option<DateTime<Utc>>,
    /// Whether the home is in a maintenance window.
    pub in_maintenance: bool,
}

/// Decides about a sample.
///
/// A sample that is not newer than the one before changes nothing, except that a clock that was set back is
/// recognized (see [`HealthTracker`](crate::tracker::HealthTracker)).
#[must_use]
pub fn step(
    state: &HomeState,
    sample: &Sample,
    policy: &MonitorPolicy,
    context: HomeContext,
    now: DateTime<Utc>,
) -> HomeStep {
    let mut next = state.clone();
    let Some(seen) = next.track(sample, policy, context) else {
        return finish(next, Vec::new(), None, false, policy, context, now);
    };
    let transitions = seen.transitions(state, &next, context);
    let is_first = state.confirmed() == Status::Unknown;
    let change = next.observe_incident(sample, &seen, policy, context, is_first, now);
    let is_suspect = class::is_suspect(&next);
    let was_suspect = std::mem::replace(&mut next.suspect, is_suspect);
    let wants_full = class::wants_full(sample.detail, &seen, was_suspect, is_suspect);
    let before = state.silence.data_until.or(state.silence.since).or(state.last_at());
    // A time that lies ahead is from before the clock was set back.
    let before = before.map(|before| before.min(sample.at));
    HomeStep { before, ..finish(next, transitions, change, wants_full, policy, context, now) }
}

/// Closes the incident of a home that was deleted or moved to another tenant.
#[must_use]
pub fn gone(state: &HomeState, now: DateTime<Utc>) -> (HomeState, Option<IncidentChange>) {
    let mut next = state.clone();
    let change = next.incident.gone(&state.home, now);
    (next, change)
}

fn finish(
    state: HomeState,
    transitions: Vec<Transition>,
    change: Option<IncidentChange>,
    wants_full: bool,
    policy: &MonitorPolicy,
    context: HomeContext,
    now: DateTime<Utc>,
) -> HomeStep {
    HomeStep {
        class: class::class(&state, policy, context.in_maintenance, now),
        condition: class::condition(&state),
        interval: context.interval,
        before: None,
        in_maintenance: context.in_maintenance,
        state,
        transitions,
        incidents: change.into_iter().collect(),
        wants_full,
    }
}

impl HomeState {
    fn observe_incident(
        &mut self,
        sample: &Sample,
        tracked: &Tracked,
        policy: &MonitorPolicy,
        context: HomeContext,
        is_first: bool,
        now: DateTime<Utc>,
    ) -> Option<IncidentChange> {
        let verdict = match &sample.outcome {
            SampleOutcome::Checked(verdict) => Some(verdict),
            SampleOutcome::Failed(_) => None,
        };
        let seen = tracked.evidence.as_ref().zip(verdict).map(|(evidence, verdict)| {
            let causes = evidence.causes.as_slice();
            match causes.first() {
                // A check that does not see the worst cause says nothing about it: "no issues detected".
                Some(worst) if verdict.causes.first() != Some(worst) => {
                    SeenCauses { causes, headline: &worst.message, steps: &[] }
                }
                _ => SeenCauses { causes, headline: &verdict.headline, steps: &verdict.steps },
            }
        });
        let no_data_since = self.silence.unexplained_since;
        let event_since = tracked.event.map(|event| event.since);
        let observed = Observed {
            at: tracked.at,
            now,
            status: self.trackers.status(),
            since: event_since.or(self.trackers.since()).unwrap_or(tracked.at),
            flapping: self.trackers.is_flapping(),
            seen,
            no_data_since: no_data_since.filter(|since| has_passed(*since, tracked.at, policy.unknown_after)),
            last_cause: self.last_cause.as_ref(),
            in_maintenance: context.in_maintenance,
            interval: context.interval,
            is_first,
        };
        self.incident.observe(&self.home, &policy.incident, &observed)
    }
}
