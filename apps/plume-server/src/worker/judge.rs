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
    let status = step.state.status();
    match &checked.sample.outcome {
        SampleOutcome::Checked(verdict) if verdict.status() == status => verdict.headline.to_string(),
        SampleOutcome::Checked(verdict) if status == Status::Unknown => {
            format!("not confirmed yet: {}", verdict.headline)
        }
        SampleOutcome::Checked(verdict) if status != claim.verdict.status => {
            // A cheap check confirms what only a full one sees, and one that finds worse confirms the milder status.
            let seen = verdict.causes.iter().chain(step.state.last_cause());
            match seen.clone().find(|cause| cause.status == status) {
                Some(cause) => cause.message.to_string(),
                None => format!("worse at this moment, not confirmed yet: {}", verdict.headline),
            }
        }
        SampleOutcome::Failed(failure) if status == Status::Unknown => {
            format!("no data: {}", checked.failure.as_deref().unwrap_or_else(|| failure.as_str()))
        }
        _ => claim.verdict.headline.clone(),
    }
}

/// The reason of a transition. A check after a time without any confirms several at once, and its headline is about the last.
fn why(transition: &Transition, step: &HomeStep, headline: &str) -> String {
    let lasted = transition.at.signed_duration_since(transition.since).to_std().unwrap_or_default();
    match transition.kind {
        TransitionKind::FlappingStarted => "the status keeps changing".to_owned(),
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

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use plume::{
        health::RuleId,
        monitor::{
            home::{self, Sample},
            ids::{HomeId, TenantId},
            incident::{Cause, CauseKind},
            schedule::{CheckDetail, SchedulePolicy},
        },
    };

    use super::*;
    use crate::store::model::{Point, Traits};

    /// The causes of a check, with their rules.
    type Causes<'a> = &'a [(RuleId, Status, &'a str)];

    /// Returns the changes of a new home by checks that are 90 s apart.
    fn changes(checks: &[(CheckDetail, Causes<'_>)]) -> Vec<(TransitionKind, Status, String)> {
        let (policies, home) = (Policies::default(), HomeId::new("h"));
        let start = DateTime::UNIX_EPOCH + TimeDelta::days(1);
        let mut claim = Claim {
            tenant: TenantId::new("north"),
            home: home.clone(),
            fence: 1,
            customer: String::new(),
            location: String::new(),
            traits: Traits::default(),
            verdict: Verdict {
                status: Status::Unknown,
                since: start,
                headline: "not checked yet".to_owned(),
            },
            schedule: HomeSchedule::new(&home, &SchedulePolicy::standard(), start),
            state: None,
        };
        let (mut at, mut changes) = (start, Vec::new());
        for (detail, causes) in checks {
            let cause = |(rule, status, message): &(RuleId, Status, &str)| {
                Cause::new(CauseKind::Rule(rule.clone()), "h", *status, *message)
            };
            let headline = match causes.first() {
                Some((_, _, message)) => format!("🔴 LOCATION OFFLINE - {message}"),
                None => "🟢 ALL SYSTEMS OPERATIONAL - No issues detected".to_owned(),
            };
            let verdict = home::Verdict::new(causes.iter().map(cause).collect(), headline);
            let point = Point {
                at,
                status: verdict.status(),
                is_full: false,
                failure: 0,
                took_ms: 1,
                pods: None,
                devices: None,
            };
            let sample = Sample::checked(at, *detail, verdict);
            let checked = Checked { sample, point, traits: None, failure: None };
            let (result, _) = judge(&claim, checked, &policies, HomeContext::default(), at);
            let logged = result.transitions.iter();
            changes.extend(logged.map(|one| (one.transition.kind, one.transition.to, one.headline.clone())));
            (claim.verdict, claim.state) = (result.verdict, Some(result.state));
            at += TimeDelta::seconds(90);
        }
        changes
    }

    const OFFLINE: (RuleId, Status, &str) =
        (RuleId::LocationOffline, Status::Red, "All 4 pods are disconnected");
    const POD: (RuleId, Status, &str) = (RuleId::NodeDisconnected, Status::Orange, "1 pod is disconnected");
    const QOE: (RuleId, Status, &str) = (RuleId::PoorQoe, Status::Yellow, "The video stutters");

    #[test]
    fn the_reason_of_a_change_is_that_of_the_check_that_confirmed_it() {
        // The cheap checks do not see the quality of the traffic, and leave it as the full one saw it.
        let (full, cheap): (_, (_, Causes<'_>)) =
            ((CheckDetail::Full, &[OFFLINE, QOE][..]), (CheckDetail::Nodes, &[]));
        let found = changes(&[full, full, cheap, cheap, cheap]);
        let last = found.last().unwrap();
        assert_eq!((last.1, last.2.as_str()), (Status::Yellow, "The video stutters"), "{found:?}");
        // The second check finds worse than what it confirms.
        let found = changes(&[(CheckDetail::Full, &[POD]), (CheckDetail::Full, &[OFFLINE])]);
        let last = found.last().unwrap();
        let expected =
            "worse at this moment, not confirmed yet: 🔴 LOCATION OFFLINE - All 4 pods are disconnected";
        assert_eq!((last.1, last.2.as_str()), (Status::Orange, expected), "{found:?}");
    }

    #[test]
    fn the_start_of_flapping_has_its_own_reason() {
        let off: Causes<'_> = &[OFFLINE];
        let checks: Vec<_> =
            (0..20).map(|number| (CheckDetail::Full, if number % 2 == 0 { &[] } else { off })).collect();
        let found = changes(&checks);
        let started = found.iter().find(|(kind, ..)| *kind == TransitionKind::FlappingStarted).unwrap();
        assert_eq!(started.2, "the status keeps changing", "{found:?}");
    }
}
