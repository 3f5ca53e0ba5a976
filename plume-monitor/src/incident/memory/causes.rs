//! Whether a sample shows another cause of the same trouble.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::incident::cause::Cause;
use crate::incident::memory::state::{Candidate, Newest};
use crate::time::has_passed;

/// Observes the causes of a sample that are as bad as the confirmed status. Returns whether one that is not known
/// yet has lasted long enough, in this sample and in one before it.
///
/// During the grace after an improvement there is no other cause: pods that return later than their gateway are not
/// news.
pub(super) fn observe(
    newest: &mut Newest,
    causes: &[&Cause],
    at: DateTime<Utc>,
    now: DateTime<Utc>,
    cause_after: Duration,
) -> bool {
    if newest.is_settling(now) {
        newest.candidate = None;
        return false;
    }
    let unknown = |cause: &&&Cause| !newest.knows(cause);
    let lasting =
        newest.candidate.filter(|candidate| causes.iter().any(|cause| cause.key() == candidate.key));
    match lasting {
        Some(candidate) if has_passed(candidate.since, at, cause_after) => {
            newest.candidate = None;
            newest.learn(causes.iter().copied());
            true
        }
        Some(_) => false,
        None => {
            newest.candidate =
                causes.iter().find(unknown).map(|cause| Candidate { key: cause.key(), since: at });
            false
        }
    }
}
