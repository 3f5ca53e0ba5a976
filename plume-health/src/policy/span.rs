//! Durations in configuration: `90s`, `30m`, `24h`, `7d`, and below a second `500ms`, `20us`, `1ns`.

use std::{borrow::Cow, time::Duration};

use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

/// Units in nanoseconds, largest first. Those that end in `s` come before the second.
const UNITS: [(&str, u128); 7] = [
    ("d", 86_400 * SECOND),
    ("h", 3_600 * SECOND),
    ("m", 60 * SECOND),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
    ("s", SECOND),
];
const SECOND: u128 = 1_000_000_000;

/// Parses a duration.
///
/// # Errors
///
/// Returns a message with examples if the text is not a whole number with a unit, or too large.
pub fn parse(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a duration (examples: `90s`, `30m`, `24h`, `7d`)");
    let (digits, unit) = UNITS
        .iter()
        .find_map(|(suffix, unit)| Some((text.trim().strip_suffix(suffix)?, unit)))
        .ok_or_else(wrong)?;
    let digits = digits.trim_end();
    // `parse` alone would accept a sign.
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    let count: u128 = digits.parse().map_err(|_| wrong())?;
    let nanos = count.checked_mul(*unit).ok_or_else(wrong)?;
    let seconds = u64::try_from(nanos / SECOND).map_err(|_| wrong())?;
    let rest = u32::try_from(nanos % SECOND).map_err(|_| wrong())?;
    Ok(Duration::new(seconds, rest))
}

/// Writes a duration in the largest unit that keeps it exact.
#[must_use]
pub fn write(span: Duration) -> String {
    let nanos = span.as_nanos();
    if nanos == 0 {
        return "0s".to_owned();
    }
    let exact = UNITS.iter().filter(|(_, unit)| nanos.is_multiple_of(*unit));
    // Nanoseconds are always exact.
    let (suffix, unit) = exact.max_by_key(|(_, unit)| *unit).unwrap_or(&("ns", 1));
    format!("{}{suffix}", nanos / unit)
}

/// Serializes a duration, for `#[serde(with = "plume_health::policy::span")]`.
///
/// # Errors
///
/// Returns the errors of the serializer.
pub fn serialize<S: Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&write(*span))
}

/// Deserializes a duration, for `#[serde(with = "plume_health::policy::span")]`.
///
/// # Errors
///
/// Returns an error if the value is not a string with a duration.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    parse(&Cow::<str>::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// The same for an optional duration: `null`.
pub(super) mod option {
    use super::{Cow, Deserialize, Deserializer, Duration, Serializer, parse, write};
    use serde::de::Error as _;

    pub(in crate::policy) fn serialize<S: Serializer>(
        span: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match span {
            Some(span) => serializer.serialize_some(&write(*span)),
            None => serializer.serialize_none(),
        }
    }

    /// Deserializes a field with a default: `Some(None)` is an explicit `null`.
    pub(in crate::policy) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Option<Duration>>, D::Error> {
        Option::<Cow<'_, str>>::deserialize(deserializer)?
            .map(|text| parse(&text).map_err(D::Error::custom))
            .transpose()
            .map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_and_written() {
        for (text, seconds) in
            [("90s", 90), ("30m", 1_800), ("24h", 86_400), ("7d", 604_800), (" 1 h ", 3_600), ("0s", 0)]
        {
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for (text, span) in [
            ("500ms", Duration::from_millis(500)),
            ("1 us", Duration::from_micros(1)),
            ("1ns", Duration::from_nanos(1)),
            ("1500ms", Duration::from_millis(1_500)),
        ] {
            assert_eq!(parse(text), Ok(span), "{text}");
        }
        for bad in [
            "",
            "24",
            "h",
            "-1h",
            "+1h",
            "1.5h",
            "1w",
            "1.5s",
            "ms",
            "18446744073709551616s",
            "99999999999999999999d",
            "ü",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        for (seconds, text) in [(0, "0s"), (90, "90s"), (1_800, "30m"), (86_400, "1d"), (90_000, "25h")] {
            assert_eq!(write(Duration::from_secs(seconds)), text);
        }
        for (span, text) in [
            (Duration::from_millis(500), "500ms"),
            (Duration::from_millis(90_001), "90001ms"),
            (Duration::from_micros(20), "20us"),
            (Duration::from_nanos(1), "1ns"),
            (Duration::MAX, "18446744073709551615999999999ns"),
        ] {
            assert_eq!(write(span), text);
            assert_eq!(parse(text), Ok(span));
        }
    }
}
