//! The rate of a limiter, and its state.

use std::{fmt, time::Duration};

use plume_text::human;
use serde::{Deserialize, Serialize};

use crate::limiter::seconds;

/// The rate of a [`RateLimiter`](crate::RateLimiter): calls per second, at once and per window.
///
/// Every value is valid. A rate, a burst or a number of calls per window of zero permits no call; a negative rate or NaN
/// counts as zero. Calls then fail with [`ErrorKind::Settings`](crate::ErrorKind::Settings). The memory of a limiter is
/// bounded for all values.
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
/// In a configuration file every key is optional, `window` is `window_seconds`, and an unknown key is an error:
///
/// ```
/// use plume_client::CallRate;
///
/// let rate: CallRate = serde_json::from_str(r#"{"per_second": 3.0, "window_seconds": 60}"#)?;
/// assert_eq!((rate.per_second, rate.window.as_secs(), rate.burst), (3.0, 60, 20));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct CallRate {
    /// The average number of calls per second. [`f64::INFINITY`], `null` in JSON: the window is the only limit.
    #[serde(with = "seconds::rate")]
    pub per_second: f64,
    /// The number of calls at once after a pause.
    pub burst: u32,
    /// The number of calls within any [`CallRate::window`]. Above 4096 a call leaves the window up to a 4096th of it late,
    /// never early.
    pub per_window: usize,
    /// The length of the window. [`Duration::ZERO`]: the rate is the only limit.
    #[serde(rename = "window_seconds", with = "seconds")]
    pub window: Duration,
    /// The maximum number of waiting calls. Zero: a call passes at once or fails with
    /// [`ErrorKind::Overloaded`](crate::ErrorKind::Overloaded).
    pub max_waiting: usize,
    /// Whether a 429 halves the rate, which then recovers within a minute. For clouds with unknown limits.
    pub adaptive: bool,
}

impl Default for CallRate {
    /// Returns Plume's advice with a margin: 6 per second, 20 at once, 1,900 in 300 seconds. At most 10,000 calls
    /// wait; not adaptive.
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

/// The priority of a call in the queue of the call limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[non_exhaustive]
pub enum Priority {
    /// A user waits for the response.
    #[default]
    Interactive,
    /// Polling, exports. Slower while other calls wait, never starved.
    Background,
}

/// The state of a [`RateLimiter`](crate::RateLimiter).
///
/// `Display` is one line for people:
///
/// ```
/// use plume_client::RateLimiter;
///
/// let status = RateLimiter::of_process().status();
/// assert_eq!(status.to_string(), "1900 calls left, 6.0 calls/s, none waiting");
/// ```
///
/// Durations serialize as seconds, in `blocked_for_seconds`, `paused_for_seconds` and `next_in_seconds`. The last is `null`
/// for [`Duration::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LimiterStatus {
    /// The number of calls left in the current window; `None` without a limit.
    pub budget_left: Option<usize>,
    /// The number of waiting calls.
    pub waiting: usize,
    /// The number of tenants with a waiting call.
    pub tenants_waiting: usize,
    /// The maximum time until the firewall unblocks this address.
    #[serde(rename = "blocked_for_seconds", serialize_with = "seconds::optional")]
    pub blocked_for: Option<Duration>,
    /// Whether one call probes if the block has ended, while the others wait.
    pub probing: bool,
    /// The rest of the pause after a 429.
    #[serde(rename = "paused_for_seconds", serialize_with = "seconds::optional")]
    pub paused_for: Option<Duration>,
    /// The current rate in calls per second; `None` without a limit.
    pub pace: Option<f64>,
    /// The wait of a new call behind all waiting ones; [`Duration::MAX`] if no call ever passes.
    #[serde(rename = "next_in_seconds", serialize_with = "seconds::serialize")]
    pub next_in: Duration,
}

impl fmt::Display for LimiterStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.budget_left {
            Some(left) => write!(f, "{left} calls left")?,
            None => f.write_str("no limit")?,
        }
        if let Some(pace) = self.pace.filter(|pace| pace.is_finite()) {
            write!(f, ", {pace:.1} calls/s")?;
        }
        match (self.waiting, self.tenants_waiting) {
            (0, _) => f.write_str(", none waiting")?,
            (waiting, tenants @ 2..) => write!(f, ", {waiting} waiting (of {tenants} tenants)")?,
            (waiting, _) => write!(f, ", {waiting} waiting")?,
        }
        if self.next_in == Duration::MAX {
            f.write_str(", no call passes")?;
        } else if !self.next_in.is_zero() {
            write!(f, ", next call in {}", human(self.next_in))?;
        }
        if let Some(wait) = self.paused_for {
            write!(f, ", paused for {} after a 429", human(wait))?;
        }
        match self.blocked_for {
            Some(wait) => write!(f, ", blocked by the firewall for up to {}", human(wait)),
            None if self.probing => f.write_str(", probing whether the block is over"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_one_line_for_people() {
        let idle = LimiterStatus {
            budget_left: None,
            waiting: 0,
            tenants_waiting: 0,
            blocked_for: None,
            probing: false,
            paused_for: None,
            pace: None,
            next_in: Duration::ZERO,
        };
        assert_eq!(idle.to_string(), "no limit, none waiting");
        let busy = LimiterStatus {
            budget_left: Some(3),
            waiting: 7,
            tenants_waiting: 2,
            paused_for: Some(Duration::from_secs(4)),
            pace: Some(5.95),
            next_in: Duration::from_millis(1_200),
            ..idle
        };
        assert_eq!(
            busy.to_string(),
            "3 calls left, 6.0 calls/s, 7 waiting (of 2 tenants), next call in 2 s, paused for 4 s after a 429"
        );
        let blocked = LimiterStatus {
            blocked_for: Some(Duration::from_secs(270)),
            next_in: Duration::MAX,
            pace: Some(f64::INFINITY),
            ..idle
        };
        assert_eq!(
            blocked.to_string(),
            "no limit, none waiting, no call passes, blocked by the firewall for up to 4 min 30 s"
        );
        let probing = LimiterStatus { probing: true, waiting: 1, tenants_waiting: 1, ..idle };
        assert_eq!(probing.to_string(), "no limit, 1 waiting, probing whether the block is over");
    }
}
