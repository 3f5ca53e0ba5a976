//! Durations as seconds in serialized forms.

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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

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
    fn a_state_is_written_in_seconds() {
        let clock = ManualClock::new(chrono::DateTime::UNIX_EPOCH);
        let nothing = CallRate { burst: 0, ..CallRate::default() };
        let status = RateLimiter::new(nothing, Arc::new(clock)).status();
        let json = serde_json::to_value(status).unwrap();
        assert_eq!(json["budget_left"], json!(1_900));
        assert_eq!((&json["next_in_seconds"], &json["blocked_for_seconds"]), (&json!(null), &json!(null)));
    }
}
