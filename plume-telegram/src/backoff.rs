//! The backoff after consecutive failures.

use std::time::Duration;

/// The first wait after a failure that requests none; doubled each time.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LAST_WAIT: Duration = Duration::from_secs(30);

pub(crate) fn backoff(failures: u32) -> Duration {
    FIRST_WAIT.saturating_mul(1 << failures.min(5)).min(LAST_WAIT)
}

/// Returns between half and all of a wait, so that programs that failed together do not retry together.
pub(crate) fn jittered(wait: Duration) -> Duration {
    wait.mul_f64(0.5 + fastrand::f64() / 2.0)
}
