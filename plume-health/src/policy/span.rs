//! Lengths of time in configuration: `90s`, `30m`, `24h`, `7d`.

use std::{borrow::Cow, time::Duration};

use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

const UNITS: [(&str, u64); 4] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no length of time; write for example `90s`, `30m`, `24h` or `7d`");
    let (digits, unit) = UNITS
        .iter()
        .find_map(|(suffix, seconds)| Some((text.trim().strip_suffix(suffix)?, seconds)))
        .ok_or_else(wrong)?;
    let digits = digits.trim_end();
    // `parse` alone would take a sign.
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    let count: u64 = digits.parse().map_err(|_| wrong())?;
    count.checked_mul(*unit).map(Duration::from_secs).ok_or_else(wrong)
}

/// In the largest unit that loses nothing. A fraction of a second is no part of configuration.
pub(crate) fn write(span: Duration) -> String {
    let seconds = span.as_secs();
    UNITS
        .iter()
        .find(|(_, unit)| seconds > 0 && seconds.is_multiple_of(*unit))
        .map_or_else(|| format!("{seconds}s"), |(suffix, unit)| format!("{}{suffix}", seconds / unit))
}

pub(crate) fn serialize<S: Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&write(*span))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    parse(&Cow::<str>::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// The same for a length that may be absent: `null`.
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

    /// For a field with a default: `Some(None)` is an explicit "none".
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
        for bad in ["", "24", "h", "-1h", "+1h", "1.5h", "1w", "99999999999999999999d", "ü"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        for (seconds, text) in [(0, "0s"), (90, "90s"), (1_800, "30m"), (86_400, "1d"), (90_000, "25h")] {
            assert_eq!(write(Duration::from_secs(seconds)), text);
        }
    }
}
