//! How much a sample says about the status of a home.

use plume_health::{RuleId, Status};

use crate::home::sample::outcome::{Sample, SampleOutcome, Verdict};
use crate::incident::{Cause, CauseKind};
use crate::schedule::CheckDetail;
use crate::tracker::RuleStatuses;

/// The maximum number of causes that are kept from a full check for the cheap ones after it.
const MAX_CARRIED: usize = 3;

/// The evidence of a sample with data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::home) struct Evidence {
    /// The statuses for the trackers.
    pub(in crate::home) statuses: RuleStatuses,
    /// The causes that the statuses come from, worst first.
    pub(in crate::home) causes: Vec<Cause>,
    /// Whether only a full check can confirm what the last full one has found.
    pub(in crate::home) needs_full: bool,
}

/// Returns the evidence of a sample. Returns `None` if the sample has no data.
///
/// A check of the nodes does not see the quality of the traffic, the devices and the subscription. Trouble that the
/// last full check found there is carried over as far as it is confirmed: it is neither confirmed nor ended by a
/// check that does not see it.
pub(in crate::home) fn evidence(sample: &Sample, carried: &[Cause], confirmed: Status) -> Option<Evidence> {
    let SampleOutcome::Checked(verdict) = &sample.outcome else {
        return None;
    };
    match sample.detail {
        CheckDetail::Full => full(verdict, confirmed),
        CheckDetail::Nodes => nodes(verdict, carried, confirmed),
    }
}

fn full(verdict: &Verdict, confirmed: Status) -> Option<Evidence> {
    if verdict.status() == Status::Unknown {
        return None;
    }
    let needs_full = verdict.causes.iter().any(|cause| !seen_by_nodes(cause) && cause.status < confirmed);
    Some(from_causes(verdict.causes.clone(), verdict.complete, needs_full))
}

fn nodes(verdict: &Verdict, carried: &[Cause], confirmed: Status) -> Option<Evidence> {
    if !verdict.nodes_known {
        return None;
    }
    let mut causes: Vec<Cause> =
        verdict.causes.iter().filter(|cause| seen_by_nodes(cause)).cloned().collect();
    let (kept, open): (Vec<&Cause>, Vec<&Cause>) =
        carried.iter().partition(|cause| cause.status >= confirmed);
    causes.extend(kept.into_iter().cloned());
    causes.sort_by_key(|cause| cause.status);
    Some(from_causes(causes, open.is_empty(), !open.is_empty()))
}

fn from_causes(causes: Vec<Cause>, complete: bool, needs_full: bool) -> Evidence {
    let rules = causes.iter().filter_map(|cause| Some((rule(cause)?, cause.status)));
    Evidence { statuses: RuleStatuses::new(rules, complete), causes, needs_full }
}

/// Returns the causes of a full check that checks of the nodes do not see.
pub(in crate::home) fn to_carry(sample: &Sample) -> Option<Vec<Cause>> {
    match (&sample.outcome, sample.detail) {
        (SampleOutcome::Checked(verdict), CheckDetail::Full) if verdict.status() != Status::Unknown => {
            let hidden = verdict.causes.iter().filter(|cause| !seen_by_nodes(cause)).take(MAX_CARRIED);
            Some(hidden.map(Cause::brief).collect())
        }
        _ => None,
    }
}

fn rule(cause: &Cause) -> Option<RuleId> {
    match &cause.kind {
        CauseKind::Rule(rule) => Some(rule.clone()),
        _ => None,
    }
}

fn seen_by_nodes(cause: &Cause) -> bool {
    matches!(
        rule(cause),
        Some(RuleId::LocationOffline | RuleId::NodeDisconnected | RuleId::NodeHealth | RuleId::NodeAlert)
    )
}
