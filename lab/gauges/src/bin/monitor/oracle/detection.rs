//! Laws about the transitions, judged by the simulator's outages.

use std::time::Duration;

use crate::journal::{Journal, Status, Transition};
use crate::oracle::delays::Delays;
use crate::oracle::law::{Law, Verdict, storms, touched, unreadable};
use crate::scenario::{Scenario, Span};

/// Dwell of the policy and the allowance on top of two intervals.
const DWELL: Duration = Duration::from_secs(60);
const ALLOWANCE: Duration = Duration::from_secs(60);
/// The interval of a normal check.
const NORMAL: Duration = Duration::from_secs(300);
/// The time of green after which the interval is twice as long.
const LONG_GREEN: Duration = Duration::from_secs(7 * 86_400);
/// The time after a disturbance for which detection may be late.
const RECOVERY: Duration = Duration::from_secs(900);
/// A home with another outage this short before may be in the state of flapping.
const UNSTEADY: Duration = Duration::from_secs(3 * 3_600);

/// The truth about one home: its tenant and its outages.
#[derive(Debug, Clone)]
pub(crate) struct Truth {
    pub(crate) tenant: usize,
    pub(crate) outages: Vec<(Duration, Duration)>,
}

/// Judges all transitions. `stretch` is the largest factor of the run. Returns the times from an outage to its
/// transition.
pub(crate) fn judge(
    truths: &[Truth],
    journal: &Journal,
    scenario: &Scenario,
    stretch: f64,
    end: Duration,
    verdict: &mut Verdict,
) -> Delays {
    let mut of_home: Vec<Vec<&Transition>> = vec![Vec::new(); truths.len()];
    for transition in &journal.transitions {
        if let Some(list) = of_home.get_mut(transition.home) {
            list.push(transition);
        }
    }
    let interval = if end > LONG_GREEN { 2 * NORMAL } else { NORMAL };
    let limit = interval.mul_f64(2.0 * stretch) + DWELL + ALLOWANCE;
    let mut detected = Delays::default();
    for (home, (truth, transitions)) in truths.iter().zip(&of_home).enumerate() {
        let unreadable = unreadable(scenario, truth.tenant);
        let mut disturbed = unreadable.clone();
        disturbed.extend(storms(scenario));
        outages(home, truth, transitions, &disturbed, limit, end, &mut detected, verdict);
        false_alarms(home, truth, transitions, &unreadable, limit, verdict);
        unknown(home, transitions, &unreadable, verdict);
        last(home, truth, journal, &disturbed, limit, end, verdict);
    }
    detected
}

#[expect(clippy::too_many_arguments, reason = "one law")]
fn outages(
    home: usize,
    truth: &Truth,
    transitions: &[&Transition],
    disturbed: &[Span],
    limit: Duration,
    end: Duration,
    detected: &mut Delays,
    verdict: &mut Verdict,
) {
    let mut before: Option<Duration> = None;
    for (from, until) in &truth.outages {
        let steady = before.is_none_or(|before| before + UNSTEADY < *from);
        before = Some(*until);
        let must = *from + limit;
        if !steady || *until < must || must > end || touched(disturbed, *from, must, RECOVERY) {
            continue;
        }
        let found = transitions.iter().find(|transition| {
            transition.at >= *from && (transition.to == Status::Down || transition.flapping)
        });
        match found {
            Some(transition) if transition.at <= must => detected.add(transition.at - *from),
            other => verdict.break_law(Law::Detection, || {
                let at = other.map(|transition| transition.at);
                format!("home {home} is offline from {from:?} to {until:?}, found at {at:?}, due at {must:?}")
            }),
        }
    }
}

fn false_alarms(
    home: usize,
    truth: &Truth,
    transitions: &[&Transition],
    unreadable: &[Span],
    limit: Duration,
    verdict: &mut Verdict,
) {
    for transition in transitions.iter().filter(|transition| transition.to == Status::Down) {
        let at = transition.at;
        // The end of an outage may be hidden by an outage of the cloud.
        let hidden = |until: Duration| until < at && touched(unreadable, until, at, RECOVERY);
        let cause =
            truth.outages.iter().any(|(from, until)| *from <= at && (*until + limit >= at || hidden(*until)));
        if !cause {
            verdict.break_law(Law::FalseAlarm, || {
                format!("home {home} is down at {:?}: {transition:?}", transition.at)
            });
        }
    }
}

fn unknown(home: usize, transitions: &[&Transition], disturbed: &[Span], verdict: &mut Verdict) {
    for transition in transitions {
        let moved = transition.to != Status::Unknown && transition.from != transition.to;
        if transition.by_failure && moved {
            verdict
                .break_law(Law::Unknown, || format!("home {home} changed by a failed check: {transition:?}"));
        }
        let inside =
            disturbed.iter().any(|span| span.from + DWELL < transition.at && transition.at < span.until);
        if inside && transition.to == Status::Down {
            verdict.break_law(Law::Unknown, || {
                format!("home {home} turned red without a cloud: {transition:?}")
            });
        }
    }
}

fn last(
    home: usize,
    truth: &Truth,
    journal: &Journal,
    disturbed: &[Span],
    limit: Duration,
    end: Duration,
    verdict: &mut Verdict,
) {
    let settled = end.saturating_sub(2 * limit);
    if touched(disturbed, settled, end, RECOVERY) {
        return;
    }
    let recent = truth
        .outages
        .iter()
        .any(|(from, until)| *until > end.saturating_sub(UNSTEADY) && *from > Duration::ZERO);
    let down = truth.outages.iter().any(|(from, until)| *from == Duration::ZERO && *until >= end);
    let status = journal.last.get(home).copied().unwrap_or(Status::Unknown);
    let wrong = if down { status != Status::Down } else { !recent && status == Status::Down };
    if wrong {
        verdict.break_law(Law::Final, || format!("home {home} ends {status:?}, offline: {down}"));
    }
}
