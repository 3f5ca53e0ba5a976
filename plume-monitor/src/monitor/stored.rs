//! The stored state of a monitor.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::groups::TenantGroups;
use crate::home::HomeState;
use crate::incident::Incident;
use crate::monitor::fleet::HomeProfile;
use crate::schedule::HomeSchedule;
use crate::source::Sources;
use crate::version;

/// The version of the [`MonitorState`] format that this version of the crate writes.
pub const MONITOR_VERSION: u32 = 1;

/// The state of a [`Monitor`](crate::monitor::Monitor), to be stored with serde.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MonitorState {
    #[serde(deserialize_with = "version::read::<MONITOR_VERSION, _>")]
    pub(super) version: u32,
    pub(super) homes: Vec<StoredHome>,
    pub(super) sources: Sources,
    pub(super) groups: Vec<TenantGroups>,
    pub(super) incidents: Vec<Incident>,
    pub(super) next_digest: DateTime<Utc>,
}

/// A home in a stored state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct StoredHome {
    pub(super) profile: HomeProfile,
    pub(super) state: HomeState,
    pub(super) schedule: HomeSchedule,
}
