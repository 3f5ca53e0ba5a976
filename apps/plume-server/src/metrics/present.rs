//! The state of the worker and of its way to the cloud at a scrape.

use std::{sync::Arc, time::Duration};

use plume::monitor::{budget::Load, source::SourceProblem};

use crate::metrics::sheet::Sheet;

/// All problems of sources, in the order of their series.
const PROBLEMS: [SourceProblem; 7] = [
    SourceProblem::Blocked,
    SourceProblem::AddressShared,
    SourceProblem::Unreachable,
    SourceProblem::Unreadable,
    SourceProblem::NotFound,
    SourceProblem::Limited,
    SourceProblem::CredentialRefused,
];

/// The state of the worker at a scrape.
#[derive(Debug, Clone)]
pub struct Present {
    /// The load of the call budget.
    pub load: Load,
    /// Calls to the API since the start, each attempt.
    pub calls: u64,
    /// Homes whose last check is older than twice their interval.
    pub unchecked: usize,
    /// Homes whose newest data is older than twice their interval.
    pub stale: usize,
    /// The delay of the most overdue check. Zero if none is due.
    pub overdue: Duration,
    /// The open problems of sources.
    pub problems: Vec<SourceProblem>,
    /// Calls left in the window of the call limit.
    pub calls_left: Option<usize>,
    /// Calls that wait for the call limit.
    pub waiting: usize,
    /// The time until the firewall unblocks this address.
    pub blocked_for: Option<Duration>,
    /// Whether there is a valid token.
    pub has_token: bool,
    /// The time until the token expires.
    pub token_expires_in: Option<Duration>,
    /// Open streams of live pages.
    pub streams: usize,
}

/// Reads the state of the worker; `None` without a worker.
pub type PresentSource = Arc<dyn Fn() -> Option<Present> + Send + Sync>;

impl Present {
    pub(super) fn add(&self, sheet: &mut Sheet) {
        let load = &self.load;
        sheet.gauge(
            "plume_server_budget_calls_per_second",
            "Calls per second that checks may use: their lane of the call budget",
            load.lane_per_second,
        );
        sheet.gauges(
            "plume_server_budget_demand_calls_per_second",
            "Calls per second that checks need without a stretch",
            [("suspect", load.suspects_per_second), ("regular", load.regular_per_second)]
                .map(|(kind, value)| (vec![("kind", kind.into())], value)),
        );
        sheet.gauges(
            "plume_server_budget_stretch_ratio",
            "Factor by which intervals are longer than wanted, because the budget is too small; 1 if it is not",
            [("suspect", load.suspects_stretch), ("regular", load.stretch)]
                .map(|(kind, value)| (vec![("kind", kind.into())], value)),
        );
        sheet.gauge(
            "plume_server_budget_full_check_every",
            "One of this many checks of a home is a full one",
            f64::from(load.full_every),
        );
        sheet.counter(
            "plume_server_budget_calls",
            "Calls to the API, those for people too, each attempt",
            number(self.calls),
        );
        sheet.gauge(
            "plume_server_unchecked_homes",
            "Homes whose last check is older than twice their interval",
            size(self.unchecked),
        );
        sheet.gauge(
            "plume_server_stale_homes",
            "Homes whose newest data is older than twice their interval",
            size(self.stale),
        );
        sheet.gauge(
            "plume_server_overdue_seconds",
            "Delay of the most overdue check",
            self.overdue.as_secs_f64(),
        );
        sheet.gauges(
            "plume_server_source_incidents",
            "Open problems of the way to the cloud",
            PROBLEMS.map(|problem| {
                let open = self.problems.iter().filter(|open| **open == problem).count();
                (vec![("problem", problem.as_str().into())], size(open))
            }),
        );
        sheet.known(
            "plume_server_limiter_calls_left",
            "Calls left in the window of the call limit",
            self.calls_left.map(size),
        );
        sheet.gauge(
            "plume_server_limiter_waiting_calls",
            "Calls that wait for the call limit",
            size(self.waiting),
        );
        sheet.gauge(
            "plume_server_blocked_seconds",
            "Longest time until the firewall of the cloud unblocks this address; 0 if it does not block",
            self.blocked_for.unwrap_or_default().as_secs_f64(),
        );
        sheet.gauge(
            "plume_server_token_ready",
            "Whether there is a valid token for the cloud",
            f64::from(u8::from(self.has_token)),
        );
        sheet.known(
            "plume_server_token_expiry_seconds",
            "Time until the token expires",
            self.token_expires_in.map(|left| left.as_secs_f64()),
        );
        sheet.gauge("plume_server_live_streams", "Open streams of live pages", size(self.streams));
    }
}

/// A number in a gauge. Above 2^53 it is rounded.
#[expect(clippy::cast_precision_loss, reason = "no such number is reached")]
pub(super) fn number(count: u64) -> f64 {
    count as f64
}

pub(super) fn size(count: usize) -> f64 {
    number(u64::try_from(count).unwrap_or(u64::MAX))
}
