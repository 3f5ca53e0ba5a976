//! The state of a home.

use chrono::{DateTime, Utc};
use plume_health::Status;
use serde::{Deserialize, Serialize};

use crate::home::silence::Silence;
use crate::ids::{HomeId, IncidentId};
use crate::incident::{Cause, IncidentMemory};
use crate::tracker::RuleTrackers;
use crate::version;

/// The version of the [`HomeState`] format that this version of the crate reads and writes.
pub const HOME_STATE_VERSION: u32 = 1;

/// All that the next decision about a home needs to know, in at most 2 KiB of JSON with the standard policies.
///
/// ```
/// use plume_health::Status;
/// use plume_monitor::home::HomeState;
///
/// let state = HomeState::new("home-1".into());
/// let stored = serde_json::to_string(&state)?;
/// assert_eq!(serde_json::from_str::<HomeState>(&stored)?, state);
/// assert_eq!(state.status(), Status::Unknown);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct HomeState {
    #[serde(deserialize_with = "version::read::<HOME_STATE_VERSION, _>")]
    pub(super) version: u32,
    pub(super) home: HomeId,
    #[serde(default)]
    pub(super) trackers: RuleTrackers,
    #[serde(default)]
    pub(super) incident: IncidentMemory,
    #[serde(default)]
    pub(super) silence: Silence,
    /// The newest sample that counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) last_at: Option<DateTime<Utc>>,
    /// The status of the newest sample with data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) last_status: Option<Status>,
    /// Whether the newest sample made the home a suspect.
    #[serde(default)]
    pub(super) suspect: bool,
    /// Causes from the last full check that cheap checks do not see.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) carried: Vec<Cause>,
    /// The worst cause of the newest sample with a cause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) last_cause: Option<Cause>,
}

impl HomeState {
    /// Returns the state of a home without samples.
    #[must_use]
    pub fn new(home: HomeId) -> Self {
        Self {
            version: HOME_STATE_VERSION,
            home,
            trackers: RuleTrackers::new(),
            incident: IncidentMemory::default(),
            silence: Silence::default(),
            last_at: None,
            last_status: None,
            suspect: false,
            carried: Vec::new(),
            last_cause: None,
        }
    }

    /// Returns the home.
    #[must_use]
    pub fn home(&self) -> &HomeId {
        &self.home
    }

    /// Returns the confirmed status; unknown if there has been no data for a long time.
    #[must_use]
    pub fn status(&self) -> Status {
        if self.silence.stale { Status::Unknown } else { self.trackers.status() }
    }

    /// Returns the last confirmed status, however old the data.
    #[must_use]
    pub fn confirmed(&self) -> Status {
        self.trackers.status()
    }

    /// Returns the time of the newest sample.
    #[must_use]
    pub fn last_at(&self) -> Option<DateTime<Utc>> {
        self.last_at
    }

    /// Returns the worst cause of the newest sample with a cause: one that it saw, or that only the full check before sees.
    #[must_use]
    pub fn last_cause(&self) -> Option<&Cause> {
        self.last_cause.as_ref()
    }

    /// Returns the first sample without data since the last one with data.
    #[must_use]
    pub fn no_data_since(&self) -> Option<DateTime<Utc>> {
        self.silence.since
    }

    /// Returns the worse of the confirmed status and that of the newest data.
    #[must_use]
    pub fn seen_status(&self) -> Status {
        self.last_status.map_or(self.confirmed(), |last| last.worse_of(self.confirmed()))
    }

    /// Returns the start of the trouble: since when the home is red or orange, or of the change that is not confirmed
    /// yet. The trouble of an orange home whose newest data is red begins there.
    #[must_use]
    pub fn trouble_since(&self) -> Option<DateTime<Utc>> {
        let is_worse = self.last_status.is_some_and(|last| last < self.confirmed());
        let pending = self.trackers.pending_since().filter(|_| is_worse);
        if self.confirmed() > Status::Orange {
            self.trackers.pending_since()
        } else {
            pending.or(self.trackers.since())
        }
    }

    /// Returns whether the home was never seen without its present trouble: it began at an unknown time before.
    #[must_use]
    pub fn is_from_before(&self) -> bool {
        self.confirmed() == Status::Unknown || self.incident.is_from_before(self.seen_status())
    }

    /// Returns whether the status keeps changing.
    #[must_use]
    pub fn is_flapping(&self) -> bool {
        self.trackers.is_flapping()
    }

    /// Returns the id of the newest incident, and whether it is open.
    #[must_use]
    pub fn incident(&self) -> Option<(IncidentId, bool)> {
        self.incident.newest(&self.home)
    }
}
