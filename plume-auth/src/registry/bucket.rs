//! The limit on token requests per tenant.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::registry::account::TenantId;

/// A token bucket per tenant, stored as the time at which it is full again.
///
/// The buckets outlive the entries of tenants, because signing out and in again must not fill them. A full bucket is
/// dropped.
#[derive(Debug)]
pub(super) struct Buckets {
    burst: u32,
    /// The time after which one permit returns.
    interval: Duration,
    full_at: Mutex<Table>,
}

#[derive(Debug)]
struct Table {
    moments: HashMap<TenantId, Duration>,
    /// The number of buckets at which full ones are removed, so that the cost is constant on average.
    sweep_at: usize,
}

const FIRST_SWEEP: usize = 1_024;
/// Maximum interval. With a longer one the sum of intervals could overflow, and every tenant would have permits.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

impl Buckets {
    pub(super) fn new(burst: u32, interval: Duration) -> Self {
        let table = Table { moments: HashMap::new(), sweep_at: FIRST_SWEEP };
        Self { burst: burst.max(1), interval: interval.min(LONGEST), full_at: Mutex::new(table) }
    }

    /// Takes a permit, or returns the wait for the next one.
    pub(super) fn take(&self, tenant: &TenantId, now: Duration) -> Result<(), Duration> {
        let mut table = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let full_at = table.moments.get(tenant).copied().unwrap_or_default().max(now);
        let next = full_at.saturating_add(self.interval);
        let debt = next.saturating_sub(now);
        let most = self.interval.saturating_mul(self.burst);
        if let Some(wait) = debt.checked_sub(most).filter(|wait| !wait.is_zero()) {
            return Err(wait);
        }
        if table.moments.len() >= table.sweep_at {
            table.moments.retain(|_, full_at| *full_at > now);
            table.sweep_at = table.moments.len().saturating_mul(2).max(FIRST_SWEEP);
        }
        table.moments.insert(tenant.clone(), next);
        Ok(())
    }

    /// Returns an unused permit.
    pub(super) fn give_back(&self, tenant: &TenantId) {
        let mut table = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(full_at) = table.moments.get_mut(tenant) {
            *full_at = full_at.saturating_sub(self.interval);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    impl Buckets {
        /// Panics if full buckets accumulate.
        pub(in crate::registry) fn invariants(&self) {
            let table = self.full_at.lock().unwrap();
            assert!(table.moments.len() <= table.sweep_at, "{} buckets", table.moments.len());
        }
    }

    fn tenant(name: &str) -> TenantId {
        TenantId::new(name).unwrap()
    }

    #[test]
    fn a_burst_then_one_permit_per_interval() {
        let buckets = Buckets::new(3, 10 * SECOND);
        let a = tenant("a");
        for _ in 0..3 {
            assert_eq!(buckets.take(&a, SECOND), Ok(()));
        }
        assert_eq!(buckets.take(&a, SECOND), Err(10 * SECOND));
        assert_eq!(buckets.take(&a, 4 * SECOND), Err(7 * SECOND), "a refused try costs nothing");
        assert_eq!(buckets.take(&tenant("b"), 4 * SECOND), Ok(()), "another tenant has its own");
        assert_eq!(buckets.take(&a, 11 * SECOND), Ok(()));
        assert_eq!(buckets.take(&a, 11 * SECOND), Err(10 * SECOND));
        buckets.give_back(&a);
        assert_eq!(buckets.take(&a, 11 * SECOND), Ok(()));
        assert_eq!(buckets.take(&a, 11 * SECOND), Err(10 * SECOND));
        for _ in 0..3 {
            assert_eq!(buckets.take(&a, 1_000 * SECOND), Ok(()));
        }
        assert!(buckets.take(&a, 1_000 * SECOND).is_err(), "a long rest saves up no more than the burst");
    }

    #[test]
    fn infinite_interval_gives_no_infinite_permits() {
        let buckets = Buckets::new(2, Duration::MAX);
        let a = tenant("a");
        for permit in [Ok(()), Ok(()), Err(LONGEST), Err(LONGEST)] {
            assert_eq!(buckets.take(&a, SECOND), permit);
        }
        // A clock that shows any time.
        assert_eq!(Buckets::new(u32::MAX, Duration::MAX).take(&a, Duration::MAX), Ok(()));
    }

    #[test]
    fn full_buckets_are_forgotten() {
        let buckets = Buckets::new(1, SECOND);
        for number in 0..1_000_000_u32 {
            buckets.take(&tenant(&number.to_string()), SECOND * number).unwrap();
        }
        let kept = buckets.full_at.lock().unwrap().moments.len();
        assert!(kept <= 2 * FIRST_SWEEP, "{kept} buckets");
    }
}
