//! Counters and histograms for the `metrics` facade (feature `metrics`), and nothing without it.
//!
//! Labels are operations' names, statuses and error kinds: words of which there are few, whatever customers there are.

/// What a call was.
#[cfg_attr(not(feature = "metrics"), allow(dead_code, reason = "nobody counts"))]
pub(crate) struct Ended {
    pub(crate) operation: &'static str,
    /// `ok` or the kind of the error.
    pub(crate) outcome: &'static str,
    pub(crate) took: std::time::Duration,
    pub(crate) limiter_wait: std::time::Duration,
    pub(crate) token_wait: std::time::Duration,
}

#[cfg(feature = "metrics")]
pub(crate) fn ended(call: &Ended) {
    let Ended { operation, outcome, took, limiter_wait, token_wait } = call;
    metrics::counter!("plume_client_calls_total", "operation" => *operation, "outcome" => *outcome)
        .increment(1);
    let seconds = [
        ("plume_client_call_duration_seconds", took),
        ("plume_client_limiter_wait_seconds", limiter_wait),
        ("plume_client_token_wait_seconds", token_wait),
    ];
    for (name, duration) in seconds {
        metrics::histogram!(name, "operation" => *operation).record(duration.as_secs_f64());
    }
}

#[cfg(not(feature = "metrics"))]
pub(crate) fn ended(_: &Ended) {}

/// One try: its HTTP status, or the kind of transport error in its place.
#[cfg(feature = "metrics")]
pub(crate) fn attempt(operation: &'static str, status: Result<http::StatusCode, &'static str>) {
    let status = status.map_or_else(str::to_owned, |status| status.as_str().to_owned());
    metrics::counter!("plume_client_tries_total", "operation" => operation, "status" => status).increment(1);
}

#[cfg(not(feature = "metrics"))]
pub(crate) fn attempt(_: &'static str, _: Result<http::StatusCode, &'static str>) {}
