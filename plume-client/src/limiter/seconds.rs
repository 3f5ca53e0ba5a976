//! Durations as seconds, and rates per second, in serialized forms.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// [`Duration::MAX`] is `null`.
pub(super) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    let seconds =
        Some(*duration).filter(|duration| *duration < Duration::MAX).map(|duration| duration.as_secs_f64());
    seconds.serialize(serializer)
}

pub(super) fn optional<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    duration.map(|duration| duration.as_secs_f64()).serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    match Option::<f64>::deserialize(deserializer)? {
        Some(seconds) => Duration::try_from_secs_f64(seconds).map_err(D::Error::custom),
        None => Ok(Duration::MAX),
    }
}

/// A rate. JSON has no infinity and no NaN: infinity is `null`, and a rate that permits no call is 0.
pub(super) mod rate {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it this way")]
    pub(crate) fn serialize<S: Serializer>(rate: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        // `max` also replaces NaN.
        Some(rate.max(0.0)).filter(|rate| rate.is_finite()).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        Ok(Option::deserialize(deserializer)?.unwrap_or(f64::INFINITY))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use plume_runtime::ManualClock;
    use serde_json::json;

    use crate::limiter::rate::CallRate;
    use crate::limiter::shared::RateLimiter;

    #[test]
    fn rates_are_read_from_files_and_their_mistakes_named() {
        let rate: CallRate = serde_json::from_value(json!({"window_seconds": 0.5, "burst": 3})).unwrap();
        assert_eq!((rate.window.as_millis(), rate.burst, rate.per_window), (500, 3, 1_900));
        let written = serde_json::to_value(rate).unwrap();
        assert_eq!(serde_json::from_value::<CallRate>(written).unwrap(), rate);
        for wrong in [json!({"window": 1}), json!({"window_seconds": -1.0}), json!({"burst": "many"})] {
            assert!(serde_json::from_value::<CallRate>(wrong).is_err());
        }
    }

    #[test]
    fn every_rate_is_read_as_it_counts() {
        for (per_second, counts) in [
            (6.0, 6.0),
            (0.0, 0.0),
            (f64::INFINITY, f64::INFINITY),
            (f64::NEG_INFINITY, 0.0),
            (f64::NAN, 0.0),
            (-1.0, 0.0),
            (f64::MAX, f64::MAX),
            (f64::MIN_POSITIVE, f64::MIN_POSITIVE),
        ] {
            for window in [Duration::ZERO, Duration::from_millis(1_500), Duration::MAX] {
                let rate = CallRate { per_second, window, ..CallRate::default() };
                let written = serde_json::to_string(&rate).unwrap();
                let read: CallRate = serde_json::from_str(&written).unwrap();
                assert_eq!(read, CallRate { per_second: counts, ..rate }, "{written}");
            }
        }
    }

    #[test]
    fn a_state_is_written_in_seconds() {
        let clock = ManualClock::new(chrono::DateTime::UNIX_EPOCH);
        let nothing = CallRate { burst: 0, ..CallRate::default() };
        let status = RateLimiter::new(nothing, Arc::new(clock)).status();
        let json = serde_json::to_value(status).unwrap();
        assert_eq!(json["budget_left"], json!(1_900));
        assert_eq!((&json["next_in_seconds"], &json["blocked_for_seconds"]), (&json!(null), &json!(null)));
    }
}
