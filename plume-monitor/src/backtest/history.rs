//! Recorded history.

use serde::{Deserialize, Serialize};

use crate::home::Sample;
use crate::ids::HomeId;
use crate::monitor::HomeProfile;

/// The recorded samples of some homes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct History {
    /// The homes. A sample of another home is ignored.
    pub homes: Vec<HomeProfile>,
    /// The samples, in any order.
    #[serde(default)]
    pub records: Vec<Record>,
}

/// A recorded sample.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Record {
    /// The home.
    pub home: HomeId,
    /// The sample.
    pub sample: Sample,
}

impl History {
    /// Returns a history without samples.
    #[must_use]
    pub fn new(homes: Vec<HomeProfile>) -> Self {
        Self { homes, records: Vec::new() }
    }
}

impl Record {
    /// Returns a record.
    #[must_use]
    pub fn new(home: HomeId, sample: Sample) -> Self {
        Self { home, sample }
    }
}
