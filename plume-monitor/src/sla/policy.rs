//! What counts, and against which promise.

use std::{borrow::Cow, time::Duration};

use chrono::{DateTime, Utc};
use plume_health::policy::{PolicyError, in_range, span};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// The version of the form of an [`SlaPolicy`] that this version of the crate reads and writes.
pub const SLA_POLICY_VERSION: u32 = 1;

/// How the time of a location is counted, and how much uptime was promised: the terms of a service level
/// agreement (SLA).
///
/// Code ([`SlaPolicy::standard`], then changed field by field) or configuration. What configuration leaves out
/// stays as in the standard; a key that nobody knows is an error.
///
/// ```
/// use plume_monitor::sla::{CountAs, SlaPolicy};
///
/// let policy: SlaPolicy = serde_json::from_str(
///     r#"{
///         "target_percent": 99.9,
///         "unknown": "down",
///         "minimum_outage": "5m",
///         "maintenance": [{"from": "2026-01-15T01:00:00Z", "to": "2026-01-15T03:00:00Z"}],
///         "budget_period": "30d"
///     }"#,
/// )?;
/// assert_eq!(policy.unknown, CountAs::Down);
/// assert!(serde_json::from_str::<SlaPolicy>(r#"{"target": 99.9}"#).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SlaPolicy {
    /// The form of the policy: [`SLA_POLICY_VERSION`].
    pub version: u32,
    /// The promised uptime in percent of the counted time, from 0 to 100. Another number counts, and is written, as the
    /// nearest of these; NaN as 0.
    #[serde(serialize_with = "write_percent")]
    pub target_percent: f64,
    /// How time counts about which nothing is known.
    pub unknown: CountAs,
    /// How time counts in which the location was neither online nor offline.
    pub intermittent: CountAs,
    /// An outage shorter than this is no incident. Its time is downtime all the same.
    #[serde(with = "span")]
    pub minimum_outage: Duration,
    /// When maintenance was announced. Windows may overlap.
    pub maintenance: Vec<MaintenanceWindow>,
    /// How maintenance time counts.
    pub maintenance_time: MaintenanceTime,
    /// The length of time that the error budget is for, if it is not the time of the report: "30d" gives the
    /// budget of a month, of which a report on a week uses a part.
    #[serde(serialize_with = "write_option")]
    pub budget_period: Option<Duration>,
}

/// How a kind of time counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CountAs {
    /// As uptime.
    Up,
    /// As downtime.
    Down,
    /// Not at all.
    Excluded,
}

plume_health::__named!(CountAs { Up = "up", Down = "down", Excluded = "excluded" });

/// How maintenance time counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MaintenanceTime {
    /// Not at all; an outage within is no incident.
    Excluded,
    /// As any other time.
    Counted,
}

plume_health::__named!(MaintenanceTime { Excluded = "excluded", Counted = "counted" });

/// Announced maintenance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct MaintenanceWindow {
    /// From.
    pub from: DateTime<Utc>,
    /// To; this moment is no longer part of it.
    pub to: DateTime<Utc>,
}

impl MaintenanceWindow {
    /// A window. One that ends before it begins holds no time.
    #[must_use]
    pub fn new(from: DateTime<Utc>, to: DateTime<Utc>) -> Self {
        Self { from, to }
    }
}

/// The standard promise.
const TARGET_PERCENT: f64 = 99.5;
/// The target is counted in millionths of a percent, in whole numbers, so that an edge is where it is said to be.
pub(super) const WHOLE: i64 = 100_000_000;

impl SlaPolicy {
    /// 99.5 % of the known time outside of maintenance; intermittent time is downtime, as in the share that
    /// [`uptime::analyze`](plume_health::uptime::analyze) tells; every outage is an incident.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            version: SLA_POLICY_VERSION,
            target_percent: TARGET_PERCENT,
            unknown: CountAs::Excluded,
            intermittent: CountAs::Down,
            minimum_outage: Duration::ZERO,
            maintenance: Vec::new(),
            maintenance_time: MaintenanceTime::Excluded,
            budget_period: None,
        }
    }

    /// Looks for values that make no sense. Configuration is checked when it is read.
    ///
    /// # Errors
    ///
    /// [`PolicyError`] with the first such value.
    pub fn validate(&self) -> Result<(), PolicyError> {
        PolicyError::check_version(self.version, SLA_POLICY_VERSION)?;
        // Written so that NaN is refused too.
        if !(0.0..=100.0).contains(&self.target_percent) {
            return Err(PolicyError::new(
                "target_percent",
                format!("{} is no percentage", self.target_percent),
            ));
        }
        if let Some(window) = self.maintenance.iter().find(|window| window.from >= window.to) {
            return Err(PolicyError::new(
                "maintenance",
                format!("a window ends at {}, not after its begin", window.to),
            ));
        }
        if self.budget_period == Some(Duration::ZERO) {
            return Err(PolicyError::new("budget_period", "a budget for no time is none; leave it out"));
        }
        Ok(())
    }

    /// The downtime that the target leaves, in millionths of a percent. A target that is no percentage counts as
    /// the next one.
    #[expect(clippy::cast_possible_truncation, reason = "between 0 and 100 million")]
    pub(super) fn allowance(&self) -> i64 {
        const MILLIONTHS: f64 = 1e6;
        WHOLE.saturating_sub((self.target() * MILLIONTHS).round() as i64)
    }

    /// The target as a percentage.
    pub(super) fn target(&self) -> f64 {
        in_range(self.target_percent, 100.0)
    }

    pub(super) fn minimum_outage_seconds(&self) -> i64 {
        seconds(self.minimum_outage)
    }

    pub(super) fn budget_seconds(&self) -> Option<i64> {
        self.budget_period.map(seconds)
    }
}

/// Whole seconds, as all time of a report; a part of one counts as one. What does not fit is longer than all that
/// can be measured.
fn seconds(span: Duration) -> i64 {
    let begun = u64::from(span.subsec_nanos() > 0);
    i64::try_from(span.as_secs().saturating_add(begun)).unwrap_or(i64::MAX)
}

impl Default for SlaPolicy {
    /// [`SlaPolicy::standard`].
    fn default() -> Self {
        Self::standard()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: Option<u32>,
    target_percent: Option<f64>,
    unknown: Option<CountAs>,
    intermittent: Option<CountAs>,
    minimum_outage: Option<String>,
    maintenance: Option<Vec<MaintenanceWindow>>,
    maintenance_time: Option<MaintenanceTime>,
    budget_period: Option<String>,
}

impl<'de> Deserialize<'de> for SlaPolicy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let document = Document::deserialize(deserializer)?;
        let length = |text: Option<String>| -> Result<Option<Duration>, D::Error> {
            text.map(|text| span::parse(&text).map_err(D::Error::custom)).transpose()
        };
        let standard = Self::standard();
        let policy = Self {
            version: document.version.unwrap_or(standard.version),
            target_percent: document.target_percent.unwrap_or(standard.target_percent),
            unknown: document.unknown.unwrap_or(standard.unknown),
            intermittent: document.intermittent.unwrap_or(standard.intermittent),
            minimum_outage: length(document.minimum_outage)?.unwrap_or(standard.minimum_outage),
            maintenance: document.maintenance.unwrap_or(standard.maintenance),
            maintenance_time: document.maintenance_time.unwrap_or(standard.maintenance_time),
            budget_period: length(document.budget_period)?,
        };
        policy.validate().map_err(D::Error::custom)?;
        Ok(policy)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it this way")]
fn write_percent<S: Serializer>(percent: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(in_range(*percent, 100.0))
}

#[expect(clippy::ref_option, reason = "serde calls it this way")]
fn write_option<S: Serializer>(span: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    span.map(|span| Cow::<str>::Owned(span::write(span))).serialize(serializer)
}
