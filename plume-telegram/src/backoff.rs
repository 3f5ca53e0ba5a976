//! How long to wait after failures in a row.

use std::time::Duration;

/// The first wait after a failure that names none; doubled each time.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LAST_WAIT: Duration = Duration::from_secs(30);

pub(crate) fn backoff(failures: u32) -> Duration {
    FIRST_WAIT.saturating_mul(1 << failures.min(5)).min(LAST_WAIT)
}

/// Between half and all of it, so that programs which failed together do not come back together.
pub(crate) fn jittered(wait: Duration) -> Duration {
    wait.mul_f64(0.5 + fastrand::f64() / 2.0)
}
