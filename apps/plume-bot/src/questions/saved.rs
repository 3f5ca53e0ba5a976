//! What is kept of a user.

use plume::health::Policy;
use serde::{Deserialize, Serialize};

use crate::questions::account::Account;
use crate::questions::place::Place;

/// What a user has chosen. Survives a restart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// Judges as the original system did; see [`Policy::panoptes`].
    pub panoptes: bool,
    pub rows: usize,
}

impl Default for Preferences {
    fn default() -> Self {
        Self { panoptes: false, rows: 10 }
    }
}

impl Preferences {
    /// The rules by which health is judged.
    pub fn policy(&self) -> Policy {
        if self.panoptes { Policy::panoptes() } else { Policy::standard() }
    }
}

/// What is kept of a user over a restart. A set-up that is under way is not.
#[derive(Debug, Clone, Default)]
pub struct Saved {
    pub account: Option<Account>,
    pub place: Option<Place>,
    pub preferences: Preferences,
}
