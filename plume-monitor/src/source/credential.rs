//! Refusals of a credential in a row.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::HomeId;

/// Refusals of one credential since the last response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Refusals {
    first_home: HomeId,
    several_homes: bool,
    refusals: u32,
    pub(super) since: DateTime<Utc>,
}

/// The number of refusals of the only home that are a problem of the credential.
const OF_ONE_HOME: u32 = 3;

impl Refusals {
    pub(super) fn new(home: HomeId, at: DateTime<Utc>) -> Self {
        Self { first_home: home, several_homes: false, refusals: 0, since: at }
    }

    pub(super) fn add(&mut self, home: &HomeId, at: DateTime<Utc>) {
        self.several_homes |= *home != self.first_home;
        self.refusals = self.refusals.saturating_add(1);
        self.since = self.since.min(at);
    }

    pub(super) fn are_a_problem(&self) -> bool {
        self.several_homes || self.refusals >= OF_ONE_HOME
    }
}
