//! The result of a check from its sample and the stored state. No I/O.

use chrono::{DateTime, Utc};
use plume::{
    health::Status,
    monitor::{
        home::{HomeContext, HomeState, HomeStep, SampleOutcome, Transition, TransitionKind, step},
        incident::{ChangeKind, CloseReason, Incident, IncidentChange},
        schedule::{CheckDone, HomeSchedule},
    },
};

use plume_text::human;

use crate::store::model::{CheckResult, Claim, Filed, Logged, Verdict};
use crate::worker::check::Checked;
use crate::worker::policy::Policies;

/// The result to commit, and the step for the groups of the home.
pub(super) fn judge(
    claim: &Claim,
    checked: Checked,
    policies: &Policies,
    context: HomeContext,
    now: DateTime<Utc>,
) -> (CheckResult, HomeStep) {
    // A state that cannot be read is that of a home without samples: its trouble is confirmed again, not lost. Its open
    // incident ends with the next transition, see `strays`.
    let stored = claim.state.as_deref().and_then(|state| serde_json::from_slice(state).ok());
    let state = stored.unwrap_or_else(|| HomeState::new(claim.home.clone()));
    let step = step(&state, &checked.sample, &policies.monitor.home, context, now);
    let headline = headline(claim, &checked, &step);
    let verdict = Verdict {
        status: step.state.status(),
        since: step.transitions.last().map_or(claim.verdict.since, |transition| transition.since),
        headline: headline.clone(),
    };
    let logged = |transition: Transition| Logged { transition, headline: why(&transition, &step, &headline) };
    let result = CheckResult {
        tenant: claim.tenant.clone(),
        home: claim.home.clone(),
        fence: claim.fence,
        point: checked.point,
        verdict,
        traits: checked.traits,
        state: serde_json::to_vec(&step.state).unwrap_or_default(),
        schedule: schedule(claim, &checked.sample, &step, policies),
        transitions: step.transitions.iter().copied().map(logged).collect(),
        incidents: step.incidents.clone(),
    };
    (result, step)
}

/// Returns the open incidents of a home that its state does not know, closed: their state was lost. Their end is announced if
/// the home is well, and otherwise the new incident is.
pub(super) fn strays(open: Vec<Filed>, step: &HomeStep, now: DateTime<Utc>) -> Vec<Filed> {
    let own = step.state.incident().filter(|(_, is_open)| *is_open).map(|(id, _)| id);
    let strays = open.into_iter().filter(|filed| Some(&filed.incident.id) != own.as_ref());
    let closed = strays.map(|mut filed| {
        let Incident { id, scope, version, .. } = &filed.incident;
        let mut change = IncidentChange::new(id.clone(), scope.clone(), ChangeKind::Closed, now);
        (change.version, change.reason) = (*version, Some(CloseReason::Recovered));
        filed.incident.apply(&change);
        if step.state.status() != Status::Green {
            filed.incident.mark_announced(now);
        }
        filed
    });
    closed.collect()
}

/// The reason of the confirmed status. A sample that is not confirmed does not change it.
fn headline(claim: &Claim, checked: &Checked, step: &HomeStep) -> String {
    match &checked.sample.outcome {
        SampleOutcome::Checked(verdict) if verdict.status() == step.state.status() => {
            verdict.headline.to_string()
        }
        SampleOutcome::Checked(verdict) if step.state.status() == Status::Unknown => {
            format!("not confirmed yet: {}", verdict.headline)
        }
        SampleOutcome::Failed(failure) if step.state.status() == Status::Unknown => {
            format!("no data: {}", checked.failure.as_deref().unwrap_or_else(|| failure.as_str()))
        }
        _ => claim.verdict.headline.clone(),
    }
}

/// The reason of a transition. A check after a time without any confirms several at once, and its headline is about the last.
fn why(transition: &Transition, step: &HomeStep, headline: &str) -> String {
    let lasted = transition.at.signed_duration_since(transition.since).to_std().unwrap_or_default();
    match transition.kind {
        _ if transition.to == step.state.status() => headline.to_owned(),
        TransitionKind::Stale => format!("no data for {}", human(lasted)),
        _ => "there is data again".to_owned(),
    }
}

fn schedule(
    claim: &Claim,
    sample: &plume::monitor::home::Sample,
    step: &HomeStep,
    policies: &Policies,
) -> HomeSchedule {
    let mut schedule = claim.schedule;
    let done = CheckDone::new(sample.at, sample.detail, step.class).with_wants_full(step.wants_full);
    schedule.complete(&claim.home, &policies.monitor.schedule, done);
    schedule
}
