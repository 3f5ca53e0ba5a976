//! How many calls are let through, and how a limiter stands.

use std::time::Duration;

/// How many calls are let through.
///
/// Every value is allowed. A rate, a burst or a number of calls per window of zero lets no call through; a rate below zero
/// or one that is not a number counts as zero. Calls then fail with [`ErrorKind::Settings`](crate::ErrorKind::Settings).
/// The memory of a limiter has a bound, whatever the values.
///
/// ```
/// use std::sync::Arc;
/// use plume_client::{CallRate, RateLimiter};
/// use plume_runtime::SystemClock;
///
/// let mut rate = CallRate::default();
/// rate.per_second = 50.0;
/// rate.per_window = 15_000;
/// let private_cloud = RateLimiter::new(rate, Arc::new(SystemClock::new()));
/// # let _ = private_cloud;
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct CallRate {
    /// Calls per second, in the long run. [`f64::INFINITY`]: the window is the only limit.
    pub per_second: f64,
    /// Calls at once after a pause.
    pub burst: u32,
    /// Calls within any [`CallRate::window`]. Above 4096 a call leaves the window up to a 4096th of it late, never early.
    pub per_window: usize,
    /// The window. [`Duration::ZERO`]: the rate is the only limit.
    pub window: Duration,
    /// The most calls that may wait. Zero: a call passes at once or fails with
    /// [`ErrorKind::Overloaded`](crate::ErrorKind::Overloaded).
    pub max_waiting: usize,
    /// Whether a 429 halves the rate, which then comes back within a minute. For clouds whose limits are not known.
    pub adaptive: bool,
}

impl Default for CallRate {
    /// What Plume advises, with a margin: 6 per second, 20 at once, 1,900 in 300 seconds. 10,000 calls may wait; not
    /// adaptive.
    fn default() -> Self {
        Self {
            per_second: 6.0,
            burst: 20,
            per_window: 1_900,
            window: Duration::from_secs(300),
            max_waiting: 10_000,
            adaptive: false,
        }
    }
}

/// Which calls go first when they have to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[non_exhaustive]
pub enum Priority {
    /// Somebody waits for the answer.
    #[default]
    Interactive,
    /// Nobody does: polling, exports. Slower while others wait, never starved.
    Background,
}

/// How a [`RateLimiter`](crate::RateLimiter) stands.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct LimiterStatus {
    /// How many calls the current window still allows; `None` without a limit.
    pub budget_left: Option<usize>,
    /// How many calls wait.
    pub waiting: usize,
    /// How many tenants have a call waiting.
    pub tenants_waiting: usize,
    /// For how long the firewall blocks this address at the most.
    pub blocked_for: Option<Duration>,
    /// Whether one call is on its way to find out if the block is over, and the others wait for it.
    pub probing: bool,
    /// For how long the API has asked for patience (429).
    pub paused_for: Option<Duration>,
    /// The steady rate that holds now, in calls per second; `None` without a limit.
    pub pace: Option<f64>,
    /// How long a call that asks now would wait for its turn, behind all that wait already; [`Duration::MAX`] if no call
    /// ever passes.
    pub next_in: Duration,
}
