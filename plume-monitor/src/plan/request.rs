//! The input of a plan.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use crate::budget::{BudgetPolicy, CallWindow, Limits, MAX_RATE, above_zero, given};
use crate::schedule::{CheckDetail, SchedulePolicy};

/// The homes, the call limit and the calls of a check.
///
/// Every field can be set, [`plan`](Self::plan) refuses invalid values, and so does reading from configuration. Fields that
/// the configuration leaves out stay as in [`standard`](Self::standard); an unknown key is an error.
///
/// ```
/// use plume_monitor::plan::PlanRequest;
///
/// let request: PlanRequest = serde_json::from_str(r#"{"homes": 300, "per_second": 3.0}"#)?;
/// assert_eq!(request.full_every, 12);
/// assert!(serde_json::from_str::<PlanRequest>(r#"{"homes": 0}"#).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PlanRequest {
    /// The number of homes.
    pub homes: u64,
    /// The number of egress addresses. Each has the whole call limit, because the cloud counts the calls of an address.
    pub egresses: u32,
    /// The calls per second that the limit allows. `None`: [`window`](Self::window) is the only limit.
    pub per_second: Option<f64>,
    /// The calls within any window that the limit allows. `None`: [`per_second`](Self::per_second) is the only limit.
    pub window: Option<CallWindow>,
    /// The calls of a cheap check: the nodes of a location.
    pub cheap_calls: u32,
    /// The calls of a full check: the location, its nodes, its devices, and the quality of its traffic.
    pub full_calls: u32,
    /// One of this many checks of a home is a full one. 1: every check.
    pub full_every: u32,
    /// The limit up to which full checks become rarer before the interval becomes longer.
    pub full_every_limit: u32,
    /// The share of the limit for checks, above 0 and at most 1. The rest is for people.
    pub checks_share: f64,
    /// The largest share of the calls for checks that extra checks of suspects take, at least 0 and below 1.
    pub suspects_share: f64,
    /// The wanted interval between two checks of a home, in seconds.
    pub interval_seconds: u64,
}

/// An invalid [`PlanRequest`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanError {
    key: &'static str,
    problem: String,
}

impl PlanError {
    pub(super) fn new(key: &'static str, problem: impl Into<String>) -> Self {
        Self { key, problem: problem.into() }
    }

    /// Returns the name of the invalid field.
    #[must_use]
    pub fn key(&self) -> &str {
        self.key
    }
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid plan: `{}`: {}", self.key, self.problem)
    }
}

impl std::error::Error for PlanError {}

impl PlanRequest {
    /// Maximum of [`homes`](Self::homes): far above every fleet, and small enough for the calls of an interval.
    pub const MAX_HOMES: u64 = 1_000_000_000;
    /// Maximum of [`egresses`](Self::egresses).
    pub const MAX_EGRESSES: u32 = 10_000;
    /// Maximum of [`per_second`](Self::per_second).
    pub const MAX_PER_SECOND: f64 = MAX_RATE;

    /// Returns a request with the limits of the client and the checks of the monitor: one address with 6 calls per second and
    /// 1,900 in 300 seconds, of which 80 % for checks; checks of 1 call, every twelfth of 4 calls, and at least one of 288; every 300
    /// seconds. Suspects take at most half of the calls for checks.
    #[must_use]
    pub fn standard(homes: u64) -> Self {
        let (budget, schedule) = (BudgetPolicy::standard(), SchedulePolicy::standard());
        Self {
            homes,
            egresses: 1,
            per_second: budget.per_second,
            window: budget.window,
            cheap_calls: CheckDetail::Nodes.calls(),
            full_calls: CheckDetail::Full.calls(),
            full_every: schedule.full_every,
            full_every_limit: budget.full_every_limit,
            checks_share: budget.checks_share,
            suspects_share: budget.suspects_share,
            interval_seconds: schedule.normal.as_secs(),
        }
    }

    /// Sets [`homes`](Self::homes).
    #[must_use]
    pub fn with_homes(mut self, homes: u64) -> Self {
        self.homes = homes;
        self
    }

    /// Sets [`egresses`](Self::egresses).
    #[must_use]
    pub fn with_egresses(mut self, egresses: u32) -> Self {
        self.egresses = egresses;
        self
    }

    /// Sets [`per_second`](Self::per_second).
    #[must_use]
    pub fn with_per_second(mut self, rate: impl Into<Option<f64>>) -> Self {
        self.per_second = rate.into();
        self
    }

    /// Sets [`window`](Self::window).
    #[must_use]
    pub fn with_window(mut self, window: impl Into<Option<CallWindow>>) -> Self {
        self.window = window.into();
        self
    }

    /// Sets [`cheap_calls`](Self::cheap_calls), [`full_calls`](Self::full_calls) and [`full_every`](Self::full_every).
    #[must_use]
    pub fn with_calls(mut self, cheap: u32, full: u32, full_every: u32) -> Self {
        (self.cheap_calls, self.full_calls, self.full_every) = (cheap, full, full_every);
        self
    }

    /// Sets [`full_every_limit`](Self::full_every_limit).
    #[must_use]
    pub fn with_full_every_limit(mut self, full_every: u32) -> Self {
        self.full_every_limit = full_every;
        self
    }

    /// Sets [`checks_share`](Self::checks_share).
    #[must_use]
    pub fn with_checks_share(mut self, share: f64) -> Self {
        self.checks_share = share;
        self
    }

    /// Sets [`suspects_share`](Self::suspects_share).
    #[must_use]
    pub fn with_suspects_share(mut self, share: f64) -> Self {
        self.suspects_share = share;
        self
    }

    /// Sets [`interval_seconds`](Self::interval_seconds).
    #[must_use]
    pub fn with_interval_seconds(mut self, seconds: u64) -> Self {
        self.interval_seconds = seconds;
        self
    }

    /// Checks for invalid values. Configuration is checked when it is read.
    ///
    /// # Errors
    ///
    /// Returns [`PlanError`] for the first invalid value: zero, NaN, infinity, a share out of range, or numbers so large that
    /// the arithmetic would overflow.
    pub fn validate(&self) -> Result<(), PlanError> {
        self.plan().map(drop)
    }

    pub(super) fn limits(&self) -> Limits {
        let Self { per_second, window, checks_share, suspects_share, .. } = *self;
        Limits { per_second, window, checks_share, suspects_share }
    }

    /// Refuses invalid single values.
    pub(super) fn check(&self) -> Result<(), PlanError> {
        for (key, number) in [
            ("homes", self.homes),
            ("egresses", self.egresses.into()),
            ("cheap_calls", self.cheap_calls.into()),
            ("full_calls", self.full_calls.into()),
            ("full_every", self.full_every.into()),
            ("full_every_limit", self.full_every_limit.into()),
            ("interval_seconds", self.interval_seconds),
        ] {
            above_zero(key, number).map_err(|(key, problem)| PlanError::new(key, problem))?;
        }
        if self.homes > Self::MAX_HOMES {
            return Err(PlanError::new("homes", format!("{} is above {}", self.homes, Self::MAX_HOMES)));
        }
        if self.egresses > Self::MAX_EGRESSES {
            let problem = format!("{} is above {}", self.egresses, Self::MAX_EGRESSES);
            return Err(PlanError::new("egresses", problem));
        }
        if self.full_calls < self.cheap_calls {
            let Self { cheap_calls, full_calls, .. } = self;
            return Err(PlanError::new(
                "full_calls",
                format!("{full_calls} is less than {cheap_calls}, the calls of a cheap check"),
            ));
        }
        self.limits().validate().map_err(|(key, problem)| PlanError::new(key, problem))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    homes: u64,
    egresses: Option<u32>,
    #[serde(default, deserialize_with = "given")]
    per_second: Option<Option<f64>>,
    #[serde(default, deserialize_with = "given")]
    window: Option<Option<CallWindow>>,
    cheap_calls: Option<u32>,
    full_calls: Option<u32>,
    full_every: Option<u32>,
    full_every_limit: Option<u32>,
    checks_share: Option<f64>,
    suspects_share: Option<f64>,
    interval_seconds: Option<u64>,
}

impl<'de> Deserialize<'de> for PlanRequest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let document = Document::deserialize(deserializer)?;
        let standard = Self::standard(document.homes);
        let request = Self {
            homes: document.homes,
            egresses: document.egresses.unwrap_or(standard.egresses),
            per_second: document.per_second.unwrap_or(standard.per_second),
            window: document.window.unwrap_or(standard.window),
            cheap_calls: document.cheap_calls.unwrap_or(standard.cheap_calls),
            full_calls: document.full_calls.unwrap_or(standard.full_calls),
            full_every: document.full_every.unwrap_or(standard.full_every),
            full_every_limit: document.full_every_limit.unwrap_or(standard.full_every_limit),
            checks_share: document.checks_share.unwrap_or(standard.checks_share),
            suspects_share: document.suspects_share.unwrap_or(standard.suspects_share),
            interval_seconds: document.interval_seconds.unwrap_or(standard.interval_seconds),
        };
        request.validate().map_err(D::Error::custom)?;
        Ok(request)
    }
}
