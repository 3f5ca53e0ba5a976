//! Checks that a value can be stored and loaded.

use std::{fmt::Debug, time::Duration};

use chrono::{DateTime, Utc};
use proptest::{prelude::*, sample::select};
use serde::{Serialize, de::DeserializeOwned};

/// Writes a value as text, reads it as a tree, and writes it again.
pub fn comes_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(
    value: &T,
) -> Result<(), TestCaseError> {
    let text = serde_json::to_string(value).unwrap();
    let back: Result<T, _> = serde_json::from_str(&text);
    prop_assert!(back.is_ok(), "{text}: {back:?}");
    prop_assert_eq!(&back.unwrap(), value, "{}", text);
    let tree = serde_json::to_value(value).unwrap();
    prop_assert_eq!(&serde_json::from_value::<T>(tree).unwrap(), value);
    Ok(())
}

/// Checks that a valid value is read back, and that an invalid one is refused.
pub fn comes_back_if<T: Serialize + DeserializeOwned + PartialEq + Debug>(
    value: &T,
    valid: bool,
) -> Result<(), TestCaseError> {
    if valid {
        return comes_back(value);
    }
    prop_assert!(serde_json::from_str::<T>(&serde_json::to_string(value).unwrap()).is_err());
    Ok(())
}

pub fn span() -> impl Strategy<Value = Duration> {
    prop_oneof![
        (any::<u64>(), 0_u32..1_000_000_000).prop_map(|(seconds, nanos)| Duration::new(seconds, nanos)),
        (0_u64..100_000).prop_map(Duration::from_secs),
        (0_u64..5_000).prop_map(Duration::from_millis),
        (0_u64..5_000).prop_map(Duration::from_nanos),
        select(vec![Duration::ZERO, Duration::MAX, Duration::from_micros(1)]),
    ]
}

/// All of chrono's calendar, leap seconds included.
pub fn time() -> impl Strategy<Value = DateTime<Utc>> {
    let (min, max) = (DateTime::<Utc>::MIN_UTC.timestamp(), DateTime::<Utc>::MAX_UTC.timestamp());
    prop_oneof![
        (min..=max, 0_u32..1_000_000_000)
            .prop_map(|(second, nano)| DateTime::from_timestamp(second, nano).unwrap()),
        (1_700_000_000_i64..1_900_000_000, 0_u32..1_000_000_000)
            .prop_map(|(second, nano)| DateTime::from_timestamp(second, nano).unwrap()),
        (28_000_000_i64..30_000_000, 1_000_000_000_u32..2_000_000_000)
            .prop_map(|(minute, nano)| DateTime::from_timestamp(minute * 60 + 59, nano).unwrap()),
        select(vec![DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC, DateTime::UNIX_EPOCH]),
    ]
}

pub fn number() -> impl Strategy<Value = f64> {
    prop_oneof![any::<f64>(), 0.0..5.0, select(vec![0.0, -0.0, 5.0, f64::MIN_POSITIVE, f64::MAX])]
}

/// Numbers as a program may compute them for a limit.
pub fn any_number() -> impl Strategy<Value = f64> {
    prop_oneof![4 => number(), 1 => select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 7.0])]
}
