//! The policy of a tracker.

use std::time::Duration;

use plume_health::Status;
use plume_health::policy::{PolicyError, span};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

/// The version of the [`TrackerPolicy`] format that this version of the crate reads and writes.
pub const TRACKER_POLICY_VERSION: u32 = 1;

/// The conditions under which a change of status is an event.
///
/// Settings that the configuration leaves out stay as in the standard; an unknown key is an error.
///
/// ```
/// use plume_monitor::tracker::TrackerPolicy;
///
/// let policy: TrackerPolicy =
///     serde_json::from_str(r#"{"enter_after": "5m", "red": {"enter_after": "1m"}, "flapping": {"begin": 0.6}}"#)?;
/// assert_eq!(policy.flapping.end, TrackerPolicy::standard().flapping.end);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TrackerPolicy {
    /// The version of the format: [`TRACKER_POLICY_VERSION`].
    pub version: u32,
    /// The minimum time of a status that is worse than the reported one before it is an event.
    #[serde(with = "span")]
    pub enter_after: Duration,
    /// The minimum time of a status that is better than the reported one before it is an event.
    #[serde(with = "span")]
    pub leave_after: Duration,
    /// The minimum number of samples with a worse status, besides [`enter_after`](Self::enter_after).
    pub enter_samples: u32,
    /// The minimum number of samples with a better status, besides [`leave_after`](Self::leave_after).
    pub leave_samples: u32,
    /// The conditions for entering and leaving red that differ from the four above.
    #[serde(skip_serializing_if = "LevelPolicy::is_empty")]
    pub red: LevelPolicy,
    /// The same for orange.
    #[serde(skip_serializing_if = "LevelPolicy::is_empty")]
    pub orange: LevelPolicy,
    /// The same for yellow.
    #[serde(skip_serializing_if = "LevelPolicy::is_empty")]
    pub yellow: LevelPolicy,
    /// The maximum time between two samples that counts towards the two times above. Of a longer time this much
    /// counts, so a slow poller also reports, after more samples. A sample that is earlier than the one before by
    /// more than this means that the clock was set back.
    #[serde(with = "span")]
    pub silence_after: Duration,
    /// The conditions under which changes are no longer reported one by one.
    pub flapping: Flapping,
}

/// The conditions of one level that differ from those of the whole policy.
///
/// A home that is red enters yellow and orange too, and it leaves yellow only after it has left orange and red.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
#[non_exhaustive]
pub struct LevelPolicy {
    /// In place of [`TrackerPolicy::enter_after`].
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "write_span")]
    pub enter_after: Option<Duration>,
    /// In place of [`TrackerPolicy::leave_after`].
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "write_span")]
    pub leave_after: Option<Duration>,
    /// In place of [`TrackerPolicy::enter_samples`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enter_samples: Option<u32>,
    /// In place of [`TrackerPolicy::leave_samples`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leave_samples: Option<u32>,
}

impl LevelPolicy {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[expect(clippy::ref_option, reason = "serde calls it this way")]
fn write_span<S: serde::Serializer>(span: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&span.map(span::write).unwrap_or_default())
}

/// The time and the samples that a change of one level must last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Threshold {
    pub(super) after_ns: u64,
    pub(super) samples: u32,
}

impl Threshold {
    pub(super) const NONE: Self = Self { after_ns: 0, samples: 0 };
}

/// The conditions under which changes are no longer reported one by one.
///
/// The flap score is an exponentially weighted moving average (EWMA) over the known samples, 1 for a change and 0
/// for none: `score = score + weight × (new − score)`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Flapping {
    /// The weight of the newest sample, above 0 and at most 1.
    #[serde(serialize_with = "write_number")]
    pub weight: f64,
    /// The score at which flapping begins, above 0. A score above 1 is never reached.
    #[serde(serialize_with = "write_number")]
    pub begin: f64,
    /// The score below which flapping ends, above 0 and at most `begin`.
    #[serde(serialize_with = "write_number")]
    pub end: f64,
}

/// Writes a number. JSON has no NaN and no infinity, and a missing number means the standard. NaN is written as 0,
/// which is refused on reading, and infinity as the largest number.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it this way")]
fn write_number<S: serde::Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(if number.is_nan() { 0.0 } else { number.clamp(f64::MIN, f64::MAX) })
}

/// Returns a duration in nanoseconds, clamped if it does not fit.
pub(super) fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

impl TrackerPolicy {
    /// Returns the standard policy: a problem is reported after 3 minutes and its end after 5, and at most 1 hour
    /// between two samples counts. With a weight of 0.2, a status that changes with every sample flaps from the
    /// fourth change on (0.5), until at most eight samples without a change (0.2).
    #[must_use]
    pub fn standard() -> Self {
        Self {
            version: TRACKER_POLICY_VERSION,
            enter_after: minutes(3),
            leave_after: minutes(5),
            enter_samples: 1,
            leave_samples: 1,
            red: LevelPolicy::default(),
            orange: LevelPolicy::default(),
            yellow: LevelPolicy::default(),
            silence_after: minutes(60),
            flapping: Flapping { weight: 0.2, begin: 0.5, end: 0.2 },
        }
    }

    /// Returns the policy of a server that confirms each change with a second check: two samples and 60 seconds in
    /// both directions. The rest is as in the standard.
    #[must_use]
    pub fn server() -> Self {
        let (after, samples) = (minutes(1), 2);
        Self {
            enter_after: after,
            leave_after: after,
            enter_samples: samples,
            leave_samples: samples,
            ..Self::standard()
        }
    }

    fn level(&self, level: Status) -> LevelPolicy {
        match level {
            Status::Red => self.red,
            Status::Orange => self.orange,
            Status::Yellow => self.yellow,
            Status::Unknown | Status::Green => LevelPolicy::default(),
        }
    }

    /// Returns the condition for being at least as bad as the level.
    pub(super) fn enter(&self, level: Status) -> Threshold {
        let own = self.level(level);
        Threshold {
            after_ns: nanos(own.enter_after.unwrap_or(self.enter_after)),
            samples: own.enter_samples.unwrap_or(self.enter_samples),
        }
    }

    /// Returns the condition for being better than the level.
    pub(super) fn leave(&self, level: Status) -> Threshold {
        let own = self.level(level);
        Threshold {
            after_ns: nanos(own.leave_after.unwrap_or(self.leave_after)),
            samples: own.leave_samples.unwrap_or(self.leave_samples),
        }
    }

    /// Sets [`enter_after`](Self::enter_after).
    #[must_use]
    pub fn with_enter_after(mut self, enter_after: Duration) -> Self {
        self.enter_after = enter_after;
        self
    }

    /// Sets [`leave_after`](Self::leave_after).
    #[must_use]
    pub fn with_leave_after(mut self, leave_after: Duration) -> Self {
        self.leave_after = leave_after;
        self
    }

    /// Sets [`enter_samples`](Self::enter_samples).
    #[must_use]
    pub fn with_enter_samples(mut self, enter_samples: u32) -> Self {
        self.enter_samples = enter_samples;
        self
    }

    /// Sets [`leave_samples`](Self::leave_samples).
    #[must_use]
    pub fn with_leave_samples(mut self, leave_samples: u32) -> Self {
        self.leave_samples = leave_samples;
        self
    }

    /// Sets [`silence_after`](Self::silence_after).
    #[must_use]
    pub fn with_silence_after(mut self, silence_after: Duration) -> Self {
        self.silence_after = silence_after;
        self
    }

    /// Checks for invalid values. Configuration is checked when it is read.
    ///
    /// # Errors
    ///
    /// Returns [`PolicyError`] for the first invalid value.
    pub fn validate(&self) -> Result<(), PolicyError> {
        let Flapping { weight, begin, end } = self.flapping;
        PolicyError::check_version(self.version, TRACKER_POLICY_VERSION)?;
        if self.silence_after.is_zero() {
            return Err(PolicyError::new("silence_after", "0s is not above 0s"));
        }
        // The negated form also refuses NaN.
        if !(weight > 0.0 && weight <= 1.0) {
            return Err(PolicyError::new(
                "flapping.weight",
                format!("{weight} is not above 0 and at most 1"),
            ));
        }
        if !(begin > 0.0 && begin.is_finite()) {
            return Err(PolicyError::new("flapping.begin", format!("{begin} is not above 0 and finite")));
        }
        if !(end > 0.0 && end <= begin) {
            return Err(PolicyError::new(
                "flapping.end",
                format!("{end} is not above 0 and at most {begin}"),
            ));
        }
        Ok(())
    }
}

impl Default for TrackerPolicy {
    /// [`TrackerPolicy::standard`].
    fn default() -> Self {
        Self::standard()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: Option<u32>,
    enter_after: Option<String>,
    leave_after: Option<String>,
    enter_samples: Option<u32>,
    leave_samples: Option<u32>,
    #[serde(default)]
    red: LevelDocument,
    #[serde(default)]
    orange: LevelDocument,
    #[serde(default)]
    yellow: LevelDocument,
    silence_after: Option<String>,
    #[serde(default)]
    flapping: FlappingDocument,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct LevelDocument {
    enter_after: Option<String>,
    leave_after: Option<String>,
    enter_samples: Option<u32>,
    leave_samples: Option<u32>,
}

impl LevelDocument {
    fn read(self) -> Result<LevelPolicy, String> {
        let length = |text: Option<String>| text.map(|text| span::parse(&text)).transpose();
        Ok(LevelPolicy {
            enter_after: length(self.enter_after)?,
            leave_after: length(self.leave_after)?,
            enter_samples: self.enter_samples,
            leave_samples: self.leave_samples,
        })
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct FlappingDocument {
    weight: Option<f64>,
    begin: Option<f64>,
    end: Option<f64>,
}

impl<'de> Deserialize<'de> for TrackerPolicy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let document = Document::deserialize(deserializer)?;
        let standard = Self::standard();
        let length = |text: Option<String>, standard: Duration| {
            text.map_or(Ok(standard), |text| span::parse(&text).map_err(D::Error::custom))
        };
        let policy = Self {
            version: document.version.unwrap_or(standard.version),
            enter_after: length(document.enter_after, standard.enter_after)?,
            leave_after: length(document.leave_after, standard.leave_after)?,
            enter_samples: document.enter_samples.unwrap_or(standard.enter_samples),
            leave_samples: document.leave_samples.unwrap_or(standard.leave_samples),
            red: document.red.read().map_err(D::Error::custom)?,
            orange: document.orange.read().map_err(D::Error::custom)?,
            yellow: document.yellow.read().map_err(D::Error::custom)?,
            silence_after: length(document.silence_after, standard.silence_after)?,
            flapping: Flapping {
                weight: document.flapping.weight.unwrap_or(standard.flapping.weight),
                begin: document.flapping.begin.unwrap_or(standard.flapping.begin),
                end: document.flapping.end.unwrap_or(standard.flapping.end),
            },
        };
        policy.validate().map_err(D::Error::custom)?;
        Ok(policy)
    }
}
