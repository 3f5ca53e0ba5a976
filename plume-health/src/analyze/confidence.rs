//! The confidence of findings and reports. The docs of [`Confidence`] list the rules.

use chrono::{DateTime, TimeDelta, Utc};
use plume_types::LocationSnapshot;

use crate::analyze::draft::Draft;
use crate::phrases;
use crate::policy::{DevicePolicy, Policy};
use crate::report::{Confidence, Finding, RuleId, Status};

/// Returns the confidence of a fact that the cloud states, by one record or by several.
pub(super) fn of_word(contested: bool) -> Confidence {
    if contested { Confidence::Uncertain } else { Confidence::Certain }
}

/// Returns the confidence of a quality: the limit of a poor score is ours, not the cloud's.
pub(super) fn of_quality(has_word: bool, contested: bool) -> Confidence {
    match (contested, has_word) {
        (true, _) => Confidence::Uncertain,
        (false, true) => Confidence::Certain,
        (false, false) => Confidence::Likely,
    }
}

/// Returns the confidence about an expected device. Most devices that disconnected recently have just left.
pub(super) fn of_device(devices: &DevicePolicy, contested: bool) -> Confidence {
    match devices {
        _ if contested => Confidence::Uncertain,
        DevicePolicy::Recent { .. } => Confidence::Likely,
        _ => Confidence::Certain,
    }
}

/// Returns whether the data is older than half of the policy's limit. Data from the future is fresh.
pub(super) fn has_aged(snapshot: &LocationSnapshot, policy: &Policy, now: DateTime<Utc>) -> bool {
    policy
        .max_age
        .and_then(|max_age| TimeDelta::from_std(max_age / 2).ok())
        .is_some_and(|half| now.signed_duration_since(snapshot.taken_at) > half)
}

pub(super) fn lower_by_age(draft: &mut Draft, aged: bool) {
    if aged {
        for finding in &mut draft.findings {
            finding.confidence = finding.confidence.min(Confidence::Likely);
        }
    }
}

/// Returns the confidence of the report, with the reasons why it is not certain. The findings are as before their
/// age counted.
pub(super) fn of_report(status: Status, draft: &Draft, aged: bool) -> (Confidence, Vec<String>) {
    let mut confidence = Confidence::Certain;
    let mut doubts = Vec::new();
    let mut doubt = |at_most: Confidence, why: &str| {
        confidence = confidence.min(at_most);
        if !doubts.iter().any(|known| known == why) {
            doubts.push(why.to_owned());
        }
    };
    let needed = draft.unknown.iter().any(|unknown| unknown.needed);
    if status == Status::Unknown || (needed && status != Status::Red) {
        doubt(Confidence::Uncertain, phrases::MAY_BE_WORSE);
    } else if status >= Status::Yellow && !draft.unknown.is_empty() {
        doubt(Confidence::Likely, phrases::NOT_ALL_CHECKED);
    }
    if status != Status::Green {
        let deciding = || draft.findings.iter().filter(|finding| finding.status == status);
        // One certain finding is enough.
        if let Some(best) = deciding().map(|finding| finding.confidence).max()
            && best != Confidence::Certain
        {
            deciding().for_each(|finding| doubt(best, why_not_certain(finding)));
        }
    }
    if aged {
        doubt(Confidence::Likely, phrases::NOT_FRESH);
    }
    (confidence, doubts)
}

fn why_not_certain(finding: &Finding) -> &'static str {
    match (finding.confidence, &finding.rule) {
        (Confidence::Uncertain, _) => phrases::RECORDS_DIFFER,
        (_, RuleId::LocationOffline) => phrases::WITNESSES_DIFFER,
        (_, RuleId::DeviceDisconnected) => phrases::MAY_HAVE_LEFT,
        (_, RuleId::ReducedService) => phrases::WORD_NOT_KNOWN,
        _ => phrases::SCORE_ALONE,
    }
}
