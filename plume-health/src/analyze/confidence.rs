//! How far to trust a finding and a verdict. The rules stand in the docs of [`Confidence`].

use chrono::{DateTime, TimeDelta, Utc};
use plume_types::LocationSnapshot;

use super::Draft;
use crate::{Confidence, DevicePolicy, Policy, Status};

/// Of something that the cloud says in a word, by one record or by several.
pub(super) fn of_word(contested: bool) -> Confidence {
    if contested { Confidence::Uncertain } else { Confidence::Certain }
}

/// Of a quality: where a score begins to be poor is our opinion and not the cloud's.
pub(super) fn of_quality(has_word: bool, contested: bool) -> Confidence {
    match (contested, has_word) {
        (true, _) => Confidence::Uncertain,
        (false, true) => Confidence::Certain,
        (false, false) => Confidence::Likely,
    }
}

/// Of a device that should be here. Most devices that left lately have just left.
pub(super) fn of_device(devices: &DevicePolicy, contested: bool) -> Confidence {
    match devices {
        _ if contested => Confidence::Uncertain,
        DevicePolicy::Recent { .. } => Confidence::Likely,
        _ => Confidence::Certain,
    }
}

/// Whether the answers are older than half of what the policy takes. Those from the future are fresh.
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

pub(super) fn of_report(status: Status, draft: &Draft, aged: bool) -> Confidence {
    let needed = draft.unknown.iter().any(|unknown| unknown.needed);
    if status == Status::Unknown || (needed && status != Status::Red) {
        return Confidence::Uncertain;
    }
    let deciding = draft.findings.iter().filter(|finding| finding.status == status);
    let best = deciding.map(|finding| finding.confidence).max();
    let found =
        if status == Status::Green { Confidence::Certain } else { best.unwrap_or(Confidence::Certain) };
    let optional = status >= Status::Yellow && !draft.unknown.is_empty();
    if optional || aged { found.min(Confidence::Likely) } else { found }
}
