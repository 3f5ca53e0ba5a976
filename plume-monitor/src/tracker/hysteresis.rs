//! Two limits for a number.

use plume_health::policy::PolicyError;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

/// Two limits for a number: one where a problem begins, and a better one where it ends.
///
/// With a single limit, a value near it would alternate between a problem and none. Between the two limits the
/// state does not change.
///
/// If `leave` is above `enter`, low values are bad: a problem begins **below** `enter` and ends **at** `leave`.
/// Otherwise high values are bad: a problem begins **above** `enter` and ends **at** `leave`.
///
/// ```
/// use plume_monitor::tracker::Hysteresis;
///
/// // A QoE score is poor below 2.0, and no longer poor from 2.5 on.
/// let poor = Hysteresis::new(2.0, 2.5)?;
/// let mut is_poor = false;
/// for (score, expected) in [(2.0, false), (1.9, true), (2.4, true), (2.5, false), (2.1, false)] {
///     is_poor = poor.judge(is_poor, Some(score));
///     assert_eq!(is_poor, expected, "{score}");
/// }
/// // What is not known changes nothing.
/// assert!(poor.judge(true, None));
/// assert!(!poor.judge(false, Some(f64::NAN)));
/// # Ok::<(), plume_health::policy::PolicyError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Hysteresis {
    enter: f64,
    leave: f64,
}

impl Hysteresis {
    /// Returns limits in the unit of the values.
    ///
    /// # Errors
    ///
    /// Returns an error if a limit is not finite, or if the two are equal.
    pub fn new(enter: f64, leave: f64) -> Result<Self, PolicyError> {
        for (key, limit) in [("enter", enter), ("leave", leave)] {
            if !limit.is_finite() {
                return Err(PolicyError::new(key, format!("{limit} is not finite")));
            }
        }
        if leave == enter {
            return Err(PolicyError::new("leave", format!("{leave} equals `enter`")));
        }
        Ok(Self { enter, leave })
    }

    /// Returns the limit where a problem begins.
    #[must_use]
    pub fn enter(&self) -> f64 {
        self.enter
    }

    /// Returns the limit where a problem ends.
    #[must_use]
    pub fn leave(&self) -> f64 {
        self.leave
    }

    /// Returns whether there is a problem now, given whether there was one before. A value that is missing or not
    /// finite changes nothing.
    #[must_use]
    pub fn judge(&self, was_bad: bool, value: Option<f64>) -> bool {
        let Some(value) = value.filter(|value| value.is_finite()) else {
            return was_bad;
        };
        let low_is_bad = self.leave.total_cmp(&self.enter).is_gt();
        match (low_is_bad, was_bad) {
            (true, false) => value < self.enter,
            (true, true) => value < self.leave,
            (false, false) => value > self.enter,
            (false, true) => value > self.leave,
        }
    }
}

impl<'de> Deserialize<'de> for Hysteresis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Document {
            enter: f64,
            leave: f64,
        }
        let Document { enter, leave } = Document::deserialize(deserializer)?;
        Self::new(enter, leave).map_err(D::Error::custom)
    }
}
