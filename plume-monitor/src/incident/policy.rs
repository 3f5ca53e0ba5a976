//! The policy of incidents.

use std::time::Duration;

use plume_health::policy::span;
use serde::{Deserialize, Serialize};

/// The times of an incident. Settings that the configuration leaves out stay as in the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct IncidentPolicy {
    /// The time for which the first message about a red or orange home is held, so that a fleet incident can replace
    /// it. At most [`LONGEST_HOLD`].
    #[serde(with = "span")]
    pub hold: Duration,
    /// The time after an improvement in which the remaining trouble counts as a consequence of the former cause.
    #[serde(with = "span")]
    pub grace: Duration,
    /// The time after the end of an incident in which new trouble reopens it.
    #[serde(with = "span")]
    pub reopen_within: Duration,
    /// The time for which another cause of the same status must last, with two samples at least, before it is
    /// announced.
    #[serde(with = "span")]
    pub cause_after: Duration,
}

/// The longest time for which a message is held.
pub const LONGEST_HOLD: Duration = Duration::from_secs(120);

/// The longest time for which the decisions about groups hold a message. The next decision about messages is some
/// seconds later, and still within [`LONGEST_HOLD`].
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(110);

/// Returns the time within which homes that lose their data together are seen to have lost it: one interval of their
/// checks, from five minutes to half an hour. There is no hurry.
pub(crate) fn no_data_window(interval: Duration) -> Duration {
    interval.clamp(Duration::from_secs(300), Duration::from_secs(1_800))
}

impl IncidentPolicy {
    /// Returns the standard: a hold of 60 seconds, a grace of 5 minutes, 10 minutes to reopen, and 60 seconds for
    /// another cause.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            hold: Duration::from_secs(60),
            grace: Duration::from_secs(300),
            reopen_within: Duration::from_secs(600),
            cause_after: Duration::from_secs(60),
        }
    }
}

impl Default for IncidentPolicy {
    /// [`IncidentPolicy::standard`].
    fn default() -> Self {
        Self::standard()
    }
}
