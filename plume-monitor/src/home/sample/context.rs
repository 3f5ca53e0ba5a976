//! The circumstances of a sample.

use std::time::Duration;

/// The circumstances of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct HomeContext {
    /// Whether the home is in a maintenance window.
    pub in_maintenance: bool,
    /// Whether a source of the home's data is known to be down. Then missing data is no trouble of the home.
    pub source_down: bool,
    /// The present interval of the home's checks.
    pub interval: Duration,
}

impl Default for HomeContext {
    /// No maintenance, no failed source, and an interval of 5 minutes.
    fn default() -> Self {
        Self { in_maintenance: false, source_down: false, interval: Duration::from_secs(300) }
    }
}
