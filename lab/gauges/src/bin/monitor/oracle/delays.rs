//! Measured times.

use std::time::Duration;

use serde_json::{Value, json};

/// Delays, for their quantiles.
#[derive(Debug, Default)]
pub(crate) struct Delays(Vec<Duration>);

impl Delays {
    pub(crate) fn add(&mut self, delay: Duration) {
        self.0.push(delay);
    }

    /// Returns the number, and the median, the 99th percentile and the longest one in seconds.
    pub(crate) fn to_json(&self) -> Value {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let at = |percent: usize| {
            let rank = (sorted.len() * percent).div_ceil(100).max(1) - 1;
            sorted.get(rank).map_or(0, Duration::as_secs)
        };
        json!({"count": sorted.len(), "p50": at(50), "p99": at(99), "max": at(100)})
    }
}
