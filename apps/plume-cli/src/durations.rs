//! Durations and times in arguments: a number is always with its unit.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

const SECOND: u64 = 1_000;
const UNITS: [(&str, u64); 6] = [
    // `m` is an end of none of them, but `s` is one of `ms`.
    ("ms", 1),
    ("s", SECOND),
    ("m", 60 * SECOND),
    ("h", 3_600 * SECOND),
    ("d", 86_400 * SECOND),
    ("w", 604_800 * SECOND),
];

/// Parses `500ms`, `30s`, `2m`, `1h`, `7d` or `2w`, above zero.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    match duration_or_zero(text)? {
        Duration::ZERO => Err("it must be above zero".to_owned()),
        duration => Ok(duration),
    }
}

/// Parses a duration, which may be `0s`.
pub(crate) fn duration_or_zero(text: &str) -> Result<Duration, String> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("the unit is missing, for example {text}s or {text}m"));
    }
    let millis = UNITS.iter().find_map(|(unit, millis)| {
        let number = text.strip_suffix(unit)?;
        // The parser of the library takes a sign.
        let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
        number.parse::<u64>().ok().filter(|_| is_number)?.checked_mul(*millis)
    });
    millis
        .map(Duration::from_millis)
        .ok_or_else(|| "not a duration like 500ms, 30s, 2m, 24h or 7d".to_owned())
}

/// The begin of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    /// So long before now.
    Ago(TimeDelta),
    At(DateTime<Utc>),
}

impl Since {
    /// Parses a duration, a date or a time with its zone.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let date = || Some(text.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0)?.and_utc());
        if let Some(at) = text.parse::<DateTime<Utc>>().ok().or_else(date) {
            return Ok(Self::At(at));
        }
        let ago = duration(text).map_err(|why| {
            format!("{why}, nor a date like 2026-01-15, nor a time like 2026-01-15T10:00:00Z")
        })?;
        TimeDelta::from_std(ago).map(Self::Ago).map_err(|_| "the duration is too long".to_owned())
    }

    /// The begin of a period that ends at `now`.
    pub(crate) fn before(self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::Ago(ago) => now.checked_sub_signed(ago).unwrap_or(DateTime::<Utc>::MIN_UTC),
            Self::At(at) => at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_begin_is_a_duration_a_date_or_a_time() {
        let now = "2026-01-15T10:00:00Z".parse().unwrap();
        for (text, expected) in [
            ("90m", "2026-01-15T08:30:00Z"),
            ("90s", "2026-01-15T09:58:30Z"),
            ("24h", "2026-01-14T10:00:00Z"),
            ("7d", "2026-01-08T10:00:00Z"),
            ("2026-01-14", "2026-01-14T00:00:00Z"),
            ("2026-01-14T11:00:00+02:00", "2026-01-14T09:00:00Z"),
        ] {
            assert_eq!(
                Since::parse(text).unwrap().before(now),
                expected.parse::<DateTime<Utc>>().unwrap(),
                "{text}"
            );
        }
        for text in
            ["", "7", "0d", "-1d", "1.5h", "yesterday", "2026-13-01", "30500568905w", "2026-01-14T11:00:00"]
        {
            assert!(Since::parse(text).is_err(), "{text}");
        }
        let ages = Since::parse("4294967295w").unwrap();
        assert!(ages.before(now) < now);
    }

    #[test]
    fn durations_have_units() {
        for (text, millis) in [
            ("500ms", 500),
            ("30s", 30_000),
            ("2m", 120_000),
            ("1h", 3_600_000),
            ("1d", 86_400_000),
            ("2w", 1_209_600_000),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in [
            "",
            "0s",
            "0",
            "-1s",
            "+1s",
            "1.5s",
            "s",
            " 1s",
            "1 s",
            "1M",
            "999999999999d",
            "18446744073709551615m",
        ] {
            assert!(duration(text).is_err(), "{text}");
        }
        assert_eq!(duration("5"), Err("the unit is missing, for example 5s or 5m".to_owned()));
        assert_eq!(duration_or_zero("0s"), Ok(Duration::ZERO));
        assert!(duration_or_zero("0").is_err());
    }
}
