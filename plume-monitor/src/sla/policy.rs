//! The terms of a service level.

use std::{borrow::Cow, time::Duration};

use chrono::{DateTime, Utc};
use plume_health::policy::{PolicyError, in_range, span};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// The version of the [`SlaPolicy`] format that this version of the crate reads and writes.
pub const SLA_POLICY_VERSION: u32 = 1;

/// The terms of a service level agreement (SLA): the promised uptime, and how time counts.
///
/// Build it in code ([`SlaPolicy::standard`], then change fields) or read it from configuration. Settings that the
/// configuration leaves out stay as in the standard; an unknown key is an error.
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
    /// The version of the format: [`SLA_POLICY_VERSION`].
    pub version: u32,
    /// The promised uptime in percent of the counted time, from 0 to 100. Other numbers are clamped when they are
    /// used and written; NaN counts as 0.
    #[serde(serialize_with = "write_percent")]
    pub target_percent: f64,
    /// The smallest share of known time, in percent from 0 to 100, with which the target is called met or missed. With
    /// less, it is missed only if all of the unknown time as uptime would not change that. Unknown time that counts as
    /// downtime is no question. Other numbers are handled as those of the target.
    #[serde(serialize_with = "write_percent")]
    pub least_known_percent: f64,
    /// How unknown time counts.
    pub unknown: CountAs,
    /// How time counts in which the location was neither online nor offline.
    pub intermittent: CountAs,
    /// The minimum length of an incident. A shorter outage is downtime but not an incident.
    #[serde(with = "span")]
    pub minimum_outage: Duration,
    /// Announced maintenance. Windows may overlap.
    pub maintenance: Vec<MaintenanceWindow>,
    /// How maintenance time counts.
    pub maintenance_time: MaintenanceTime,
    /// The period of the error budget, if it is not the time of the report: with "30d", a report on a week uses a
    /// part of a month's budget.
    #[serde(serialize_with = "write_option")]
    pub budget_period: Option<Duration>,
}

/// The effect of a kind of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CountAs {
    /// As uptime.
    Up,
    /// As downtime.
    Down,
    /// Neither.
    Excluded,
}

plume_health::__named!(CountAs { Up = "up", Down = "down", Excluded = "excluded" });

/// The effect of maintenance time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MaintenanceTime {
    /// It does not count, and an outage within is no incident.
    Excluded,
    /// It counts like any other time.
    Counted,
}

plume_health::__named!(MaintenanceTime { Excluded = "excluded", Counted = "counted" });

/// A maintenance window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct MaintenanceWindow {
    /// The start, inclusive.
    pub from: DateTime<Utc>,
    /// The end, exclusive.
    pub to: DateTime<Utc>,
}

impl MaintenanceWindow {
    /// Returns a window. If it ends before it starts, it is empty.
    #[must_use]
    pub fn new(from: DateTime<Utc>, to: DateTime<Utc>) -> Self {
        Self { from, to }
    }
}

/// The standard target.
const TARGET_PERCENT: f64 = 99.5;
/// The standard of the least share of known time.
const LEAST_KNOWN_PERCENT: f64 = 90.0;
/// A whole in millionths of a percent: whole numbers keep the limits exact.
pub(super) const WHOLE: i64 = 100_000_000;

impl SlaPolicy {
    /// Returns the standard terms: 99.5 % of the known time outside of maintenance. Intermittent time is downtime, as
    /// in [`uptime::analyze`](plume_health::uptime::analyze), and every outage is an incident.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            version: SLA_POLICY_VERSION,
            target_percent: TARGET_PERCENT,
            least_known_percent: LEAST_KNOWN_PERCENT,
            unknown: CountAs::Excluded,
            intermittent: CountAs::Down,
            minimum_outage: Duration::ZERO,
            maintenance: Vec::new(),
            maintenance_time: MaintenanceTime::Excluded,
            budget_period: None,
        }
    }

    /// Checks for invalid values. Configuration is checked when it is read.
    ///
    /// # Errors
    ///
    /// Returns [`PolicyError`] for the first invalid value.
    pub fn validate(&self) -> Result<(), PolicyError> {
        PolicyError::check_version(self.version, SLA_POLICY_VERSION)?;
        for (key, percent) in
            [("target_percent", self.target_percent), ("least_known_percent", self.least_known_percent)]
        {
            // The negated form also refuses NaN.
            if !(0.0..=100.0).contains(&percent) {
                return Err(PolicyError::new(key, format!("{percent} is not from 0 to 100")));
            }
        }
        if let Some(window) = self.maintenance.iter().find(|window| window.from >= window.to) {
            return Err(PolicyError::new(
                "maintenance",
                format!("a window ends at {}, not after its start", window.to),
            ));
        }
        if self.budget_period == Some(Duration::ZERO) {
            return Err(PolicyError::new(
                "budget_period",
                "0s is not a period (omit it for the time of the report)",
            ));
        }
        Ok(())
    }

    /// Returns the allowed downtime in millionths of a percent.
    pub(super) fn allowance(&self) -> i64 {
        WHOLE.saturating_sub(millionths(self.target_percent))
    }

    /// Returns the least share of known time in millionths of a percent.
    pub(super) fn least_known(&self) -> i64 {
        millionths(self.least_known_percent)
    }

    /// Returns the target as a percentage.
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

/// Returns a percentage in millionths of a percent.
#[expect(clippy::cast_possible_truncation, reason = "between 0 and 100 million")]
fn millionths(percent: f64) -> i64 {
    const MILLIONTHS: f64 = 1e6;
    (in_range(percent, 100.0) * MILLIONTHS).round() as i64
}

/// Returns whole seconds, rounded up, as in all times of a report; clamped if they do not fit.
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
    least_known_percent: Option<f64>,
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
            least_known_percent: document.least_known_percent.unwrap_or(standard.least_known_percent),
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
