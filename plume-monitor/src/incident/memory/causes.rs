//! Whether a sample shows another cause of the same trouble.

use std::time::Duration;

use chrono::{DateTime, Utc};
use plume_health::Status;

use crate::incident::cause::Cause;
use crate::incident::memory::state::{Candidate, Newest};
use crate::time::has_passed;

/// Observes the causes of a sample that are as bad as the confirmed status. Returns whether one that is not known
/// yet has lasted long enough, in this sample and in one before it. A yellow cause is no news.
///
/// During the grace after an improvement no cause counts: pods that return later than their gateway are not news. One
/// that is still there after the grace counts at once.
pub(super) fn observe(
    newest: &mut Newest,
    causes: &[&Cause],
    at: DateTime<Utc>,
    now: DateTime<Utc>,
    cause_after: Duration,
) -> bool {
    let unknown = |cause: &&&Cause| cause.status <= Status::Orange && !newest.knows(cause);
    let lasting =
        newest.candidate.filter(|candidate| causes.iter().any(|cause| cause.key() == candidate.key));
    let candidate = lasting
        .or_else(|| causes.iter().find(unknown).map(|cause| Candidate { key: cause.key(), since: at }));
    newest.candidate = candidate;
    let is_news = lasting.is_some_and(|candidate| has_passed(candidate.since, at, cause_after));
    if !is_news || newest.is_settling(now) {
        return false;
    }
    newest.candidate = None;
    newest.learn(causes.iter().copied());
    true
}
