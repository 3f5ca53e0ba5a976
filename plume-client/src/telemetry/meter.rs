//! Counters and histograms for the `metrics` facade (feature `metrics`), and nothing without it.
//!
//! Labels are names of operations, statuses and error kinds, so their number is small.

use std::time::Duration;

/// The totals of a call.
#[cfg_attr(not(feature = "metrics"), expect(dead_code, reason = "only the counters read the times"))]
pub(crate) struct Sums {
    pub(crate) attempts: usize,
    pub(crate) took: Duration,
    pub(crate) limiter_wait: Duration,
    pub(crate) token_wait: Duration,
}

/// Counts a call. `outcome` is `ok` or the kind of the error.
#[cfg(feature = "metrics")]
pub(super) fn ended(operation: &'static str, outcome: &'static str, sums: &Sums) {
    metrics::counter!("plume_client_calls_total", "operation" => operation, "outcome" => outcome)
        .increment(1);
    let seconds = [
        ("plume_client_call_duration_seconds", sums.took),
        ("plume_client_limiter_wait_seconds", sums.limiter_wait),
        ("plume_client_token_wait_seconds", sums.token_wait),
    ];
    for (name, duration) in seconds {
        metrics::histogram!(name, "operation" => operation).record(duration.as_secs_f64());
    }
}

#[cfg(not(feature = "metrics"))]
pub(super) fn ended(_: &'static str, _: &'static str, _: &Sums) {}

/// Counts an attempt, with its HTTP status or the kind of its transport error.
#[cfg(feature = "metrics")]
pub(super) fn attempt(operation: &'static str, status: Result<http::StatusCode, &'static str>) {
    let status = status.map_or_else(str::to_owned, |status| status.as_str().to_owned());
    metrics::counter!("plume_client_attempts_total", "operation" => operation, "status" => status)
        .increment(1);
}

#[cfg(not(feature = "metrics"))]
pub(super) fn attempt(_: &'static str, _: Result<http::StatusCode, &'static str>) {}
