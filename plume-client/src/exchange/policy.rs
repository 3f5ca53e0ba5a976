//! The retry policy.

use std::time::Duration;

/// The policy of retries: the number of attempts and the backoff between them.
///
/// Whether a call may be repeated at all depends on the [`Operation`](crate::Operation), not on the policy.
///
/// ```
/// use std::time::Duration;
/// use plume_client::RetryPolicy;
///
/// let eager = RetryPolicy::default().max_attempts(5).backoff(Duration::from_millis(50), Duration::from_secs(5));
/// assert_ne!(eager, RetryPolicy::none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[must_use]
pub struct RetryPolicy {
    pub(super) tries: u32,
    base: Duration,
    cap: Duration,
    pub(super) budget: bool,
}

impl Default for RetryPolicy {
    /// Returns the default: three attempts; a random backoff of up to 200 ms, doubled with every attempt up to 20 s;
    /// retries for at most a tenth of the calls, plus one per second while calls succeed.
    fn default() -> Self {
        Self { tries: 3, base: Duration::from_millis(200), cap: Duration::from_secs(20), budget: true }
    }
}

impl RetryPolicy {
    /// Creates a policy without retries. A rejected token is still replaced once.
    pub fn none() -> Self {
        Self::default().max_attempts(1)
    }

    /// Sets the maximum number of attempts of a call, without the replay with a new token. Zero counts as one.
    pub fn max_attempts(mut self, tries: u32) -> Self {
        self.tries = tries.max(1);
        self
    }

    /// Sets the backoff: the upper bound of the first random wait, which doubles with every attempt, and its maximum.
    pub fn backoff(mut self, base: Duration, cap: Duration) -> Self {
        self.base = base;
        self.cap = cap;
        self
    }

    /// Retries even if the retry budget of the client is used up. During an outage this adds load to a failing API.
    pub fn without_budget(mut self) -> Self {
        self.budget = false;
        self
    }

    /// Returns the backoff: full jitter, chosen by `luck`, a random number from 0 to 1.
    pub(super) fn wait(&self, tries: u32, luck: f64) -> Duration {
        let bound = self.base.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1))).min(self.cap);
        // `mul_f64` would panic if rounding overflows a very long wait.
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
