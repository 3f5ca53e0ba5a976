//! The number of calls of a walk over a fleet.

use std::time::Duration;

use serde::Serialize;

use crate::resources::pages::PAGE;

/// An estimate of the calls of a stream over a fleet, for customers with one location each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct FleetCost {
    /// The number of customers.
    pub customers: u64,
    /// The number of calls.
    pub calls: u64,
}

impl FleetCost {
    pub(super) fn new(customers: u64, calls_per_location: usize) -> Self {
        // The list of locations is one more call per customer.
        let per_customer = calls_per_location as u64 + 1;
        let pages = customers.div_ceil(u64::from(PAGE)).max(1);
        Self { customers, calls: customers.saturating_mul(per_customer).saturating_add(pages) }
    }

    /// Returns the time that the calls take at a rate in calls per second, for example
    /// [`LimiterStatus::pace`](crate::LimiterStatus::pace).
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub fn duration(&self, calls_per_second: f64) -> Duration {
        Duration::try_from_secs_f64(self.calls as f64 / calls_per_second).unwrap_or(Duration::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_estimate_counts_pages_customers_and_locations() {
        let cost = FleetCost::new(2_000, 2);
        assert_eq!((cost.customers, cost.calls), (2_000, 6_004));
        assert_eq!(cost.duration(6.0).as_secs(), 1_000);
        assert_eq!(FleetCost::new(0, 2).calls, 1);
        assert_eq!(FleetCost::new(u64::MAX, 2).duration(0.0), Duration::MAX);
    }
}
