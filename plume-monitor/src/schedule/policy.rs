//! The policy of a schedule.

use std::time::Duration;

use plume_health::policy::{PolicyError, span};
use serde::{Deserialize, Serialize};

use crate::policy::checked;
use crate::schedule::class::CheckClass;

/// The version of the [`SchedulePolicy`] format that this version of the crate reads and writes.
pub const SCHEDULE_POLICY_VERSION: u32 = 1;

/// The intervals of checks.
///
/// Settings that the configuration leaves out stay as in the standard; an unknown key is an error.
///
/// ```
/// use plume_monitor::schedule::SchedulePolicy;
///
/// let policy: SchedulePolicy = serde_json::from_str(r#"{"normal": "10m", "long_green": "20m"}"#)?;
/// assert_eq!(policy.suspect, SchedulePolicy::standard().suspect);
/// assert!(serde_json::from_str::<SchedulePolicy>(r#"{"normal": "0s"}"#).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields, default)]
#[non_exhaustive]
pub struct SchedulePolicy {
    /// The version of the format: [`SCHEDULE_POLICY_VERSION`].
    pub version: u32,
    /// The interval of [`CheckClass::Suspect`].
    #[serde(with = "span")]
    pub suspect: Duration,
    /// The interval of [`CheckClass::Incident`].
    #[serde(with = "span")]
    pub incident: Duration,
    /// The interval of [`CheckClass::Normal`].
    #[serde(with = "span")]
    pub normal: Duration,
    /// The interval of [`CheckClass::LongGreen`], from `normal` to twice of it.
    #[serde(with = "span")]
    pub long_green: Duration,
    /// The interval of [`CheckClass::Maintenance`].
    #[serde(with = "span")]
    pub maintenance: Duration,
    /// One of this many checks of a home is a full one. 1: every check.
    pub full_every: u32,
}

/// The shortest and the longest valid interval.
const LIMITS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(86_400));

impl SchedulePolicy {
    /// Returns the standard intervals: 60 s for suspects, 120 s during an incident, 300 s for other homes, 600 s if
    /// they are green for a long time or in maintenance. Every twelfth check is a full one.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            version: SCHEDULE_POLICY_VERSION,
            suspect: Duration::from_secs(60),
            incident: Duration::from_secs(120),
            normal: Duration::from_secs(300),
            long_green: Duration::from_secs(600),
            maintenance: Duration::from_secs(600),
            full_every: 12,
        }
    }

    /// Returns the interval of a class.
    #[must_use]
    pub fn interval(&self, class: CheckClass) -> Duration {
        match class {
            CheckClass::Suspect => self.suspect,
            CheckClass::Incident => self.incident,
            CheckClass::Normal => self.normal,
            CheckClass::LongGreen => self.long_green,
            CheckClass::Maintenance => self.maintenance,
        }
    }

    /// Returns the longest time from a check to the next one: one and a half times the longest interval.
    #[must_use]
    pub fn longest_wait(&self) -> Duration {
        let longest = CheckClass::ALL.into_iter().map(|class| self.interval(class)).max().unwrap_or_default();
        longest.saturating_add(longest / 2)
    }

    /// Checks for invalid values. Configuration is checked when it is read.
    ///
    /// # Errors
    ///
    /// Returns [`PolicyError`] for the first invalid value: an interval below 1 s or above 1 d, `long_green` not from
    /// `normal` to twice of it, or `full_every` of 0.
    pub fn validate(&self) -> Result<(), PolicyError> {
        PolicyError::check_version(self.version, SCHEDULE_POLICY_VERSION)?;
        for class in CheckClass::ALL {
            let interval = self.interval(class);
            if !(LIMITS.0..=LIMITS.1).contains(&interval) {
                let interval = span::write(interval);
                return Err(PolicyError::new(class.as_str(), format!("{interval} is not from 1s to 1d")));
            }
        }
        if self.long_green < self.normal || self.long_green / 2 > self.normal {
            let [green, normal] = [self.long_green, self.normal].map(span::write);
            return Err(PolicyError::new(
                "long_green",
                format!("{green} is not from {normal} to twice of it"),
            ));
        }
        if self.full_every == 0 {
            return Err(PolicyError::new("full_every", "0 is not above 0"));
        }
        Ok(())
    }
}

impl Default for SchedulePolicy {
    /// [`SchedulePolicy::standard`].
    fn default() -> Self {
        Self::standard()
    }
}

checked!(SchedulePolicy);
