//! The stored state of a user.

use plume::health::Policy;
use serde::{Deserialize, Serialize};

use crate::questions::account::Account;
use crate::questions::place::Place;

/// The preferences of a user. They survive a restart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// Whether health is judged as in the original system; see [`Policy::panoptes`].
    pub panoptes: bool,
    pub rows: usize,
}

impl Default for Preferences {
    fn default() -> Self {
        Self { panoptes: false, rows: 10 }
    }
}

impl Preferences {
    /// Returns the policy of the health reports.
    pub fn policy(&self) -> Policy {
        if self.panoptes { Policy::panoptes() } else { Policy::standard() }
    }
}

/// The stored state of a user. A set-up in progress is not stored.
#[derive(Debug, Clone, Default)]
pub struct Saved {
    pub account: Option<Account>,
    pub place: Option<Place>,
    pub preferences: Preferences,
}
