//! When a call is tried again.

use std::time::Duration;

/// When and how often a call is tried again.
///
/// Whether it may be repeated at all belongs to the [`Operation`](crate::Operation) and cannot be changed here.
///
/// ```
/// use std::time::Duration;
/// use plume_client::RetryPolicy;
///
/// let eager = RetryPolicy::default().max_attempts(5).backoff(Duration::from_millis(50), Duration::from_secs(5));
/// assert_ne!(eager, RetryPolicy::none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct RetryPolicy {
    pub(super) tries: u32,
    base: Duration,
    cap: Duration,
    pub(super) budget: bool,
}

impl Default for RetryPolicy {
    /// Three tries; random waits of up to 200 ms, doubled from try to try, at most 20 s; at most every tenth call more,
    /// plus one per second while calls succeed.
    fn default() -> Self {
        Self { tries: 3, base: Duration::from_millis(200), cap: Duration::from_secs(20), budget: true }
    }
}

impl RetryPolicy {
    /// One try only. A rejected token is replaced once all the same.
    pub fn none() -> Self {
        Self::default().max_attempts(1)
    }

    /// The most tries of one call, a replay with a new token not counted. At least one.
    pub fn max_attempts(mut self, tries: u32) -> Self {
        self.tries = tries.max(1);
        self
    }

    /// The upper end of the first random wait, doubled with every further try, and its highest value.
    pub fn backoff(mut self, base: Duration, cap: Duration) -> Self {
        self.base = base;
        self.cap = cap;
        self
    }

    /// Tries again even when the client has used up its budget of second tries. Not for an outage: every client that
    /// does this makes it longer.
    pub fn without_budget(mut self) -> Self {
        self.budget = false;
        self
    }

    /// A wait up to a bound that doubles with every try, chosen by `luck`, a random number from 0 to 1, so that many clients
    /// do not come back together.
    pub(super) fn wait(&self, tries: u32, luck: f64) -> Duration {
        let bound = self.base.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1))).min(self.cap);
        // Not `mul_f64`, which would panic where rounding carries a very long wait over the edge.
        Duration::try_from_secs_f64(bound.as_secs_f64() * luck).unwrap_or(bound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_stays_in_its_bounds() {
        let policy = RetryPolicy::default();
        for tries in [1, 2, 10, 100_000, u32::MAX] {
            for _ in 0..100 {
                assert!(policy.wait(tries, fastrand::f64()) <= Duration::from_secs(20));
            }
        }
        assert!((0..1_000).all(|_| policy.wait(1, fastrand::f64()) <= Duration::from_millis(200)));
        let spread = (0..1_000).map(|_| policy.wait(1, fastrand::f64())).max().unwrap();
        assert!(spread > Duration::from_millis(150), "{spread:?}");
        let _ = RetryPolicy::default().backoff(Duration::MAX, Duration::MAX).wait(u32::MAX, 1.0);
    }
}
