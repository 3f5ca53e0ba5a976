//! Times in the forms that the API and other programs write.

use chrono::{DateTime, Datelike, NaiveDateTime, Utc};

use crate::decode::Scalar;
use crate::field::Field;

/// Numbers at or above this are milliseconds since 1970; smaller ones are seconds.
const MILLISECONDS_FROM: f64 = 1e11;
/// The first year of a plausible time. Clouds and clocks without a time write 0, the year 1 or 1970.
const FIRST_YEAR: i32 = 1971;
/// The first year in which a number is not a time but a date written in digits.
const LAST_YEAR_AS_NUMBER: i32 = 2200;

/// Forms of ISO 8601 with a zone, beside that of RFC 3339. `%#z` accepts `+0000`, `+00` and `Z`.
const ZONED: [&str; 6] = [
    "%Y-%m-%dT%H:%M:%S%.f%#z",
    "%Y-%m-%d %H:%M:%S%.f%#z",
    "%Y-%m-%d %H:%M:%S%.f %#z",
    "%Y-%m-%dT%H:%M%#z",
    "%Y%m%dT%H%M%S%.f%#z",
    "%Y%m%dT%H%M%#z",
];
/// The same without a zone, which means UTC in the API.
const UNZONED: [&str; 5] =
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y%m%dT%H%M%S%.f", "%Y%m%dT%H%M"];

/// Reads a time: ISO 8601 with a time of day, the form of HTTP and e-mail, or seconds or milliseconds since 1970.
///
/// A time before 1971 and a number that is not positive are placeholders, and absent like `null`. A date alone is not
/// a time: it is off by up to a day.
pub(crate) fn read(scalar: Scalar<'_>) -> Field<DateTime<Utc>> {
    let time = match scalar {
        Scalar::Text(text) => written(text.trim()).or_else(|| counted(scalar)),
        other => counted(other),
    };
    match time {
        Some(Moment::Unset) => Field::Absent,
        Some(Moment::At(time)) if time.year() < FIRST_YEAR => Field::Absent,
        // RFC 3339 has no years of five digits: such a time could be written and not be read back.
        Some(Moment::At(time)) if time.year() <= 9_999 => Field::Known(time),
        Some(Moment::At(_)) | None => Field::Unreadable,
    }
}

enum Moment {
    At(DateTime<Utc>),
    Unset,
}

fn written(text: &str) -> Option<Moment> {
    if text.starts_with("0000-00-00") {
        return Some(Moment::Unset);
    }
    let time = if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        time.to_utc()
    } else {
        // ISO 8601 prefers a comma before fractions.
        let iso = text.replace(',', ".");
        let iso = iso.strip_suffix(" UTC").or(iso.strip_suffix(" GMT")).unwrap_or(&iso);
        let zoned = || ZONED.iter().find_map(|form| DateTime::parse_from_str(iso, form).ok());
        let unzoned = || UNZONED.iter().find_map(|form| NaiveDateTime::parse_from_str(iso, form).ok());
        let mail = || DateTime::parse_from_rfc2822(text).ok();
        zoned()
            .map(|time| time.to_utc())
            .or_else(|| unzoned().map(|time| time.and_utc()))
            .or_else(|| mail().map(|time| time.to_utc()))?
    };
    Some(Moment::At(time))
}

fn counted(scalar: Scalar<'_>) -> Option<Moment> {
    let number = scalar.number()?;
    if number <= 0.0 {
        return Some(Moment::Unset);
    }
    let milliseconds = if number >= MILLISECONDS_FROM { number } else { number * 1000.0 };
    // The cast saturates, and chrono rejects values out of its range.
    let time = DateTime::from_timestamp_millis(milliseconds as i64)?;
    (FIRST_YEAR..LAST_YEAR_AS_NUMBER).contains(&time.year()).then_some(Moment::At(time))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Context;
    use crate::decode::FromScalar;

    fn text(text: &str) -> Field<DateTime<Utc>> {
        DateTime::from_scalar(Scalar::Text(text), &mut Context::default())
    }

    fn number(number: f64) -> Field<DateTime<Utc>> {
        DateTime::from_scalar(Scalar::Float(number), &mut Context::default())
    }

    fn at(time: &str) -> Field<DateTime<Utc>> {
        Field::Known(time.parse().unwrap())
    }

    #[test]
    fn number_beyond_f64_is_not_a_time() {
        use crate::decode;
        use crate::models::Node;
        for number in ["1e999", "\"1e999\"", "-1e999", "\"-1e999\"", "\"inf\"", "\"NaN\""] {
            let body = format!(r#"{{"id":"TST1","connectionStateChangeAt":{number}}}"#);
            let node = decode::body::<Node>(body.as_bytes()).unwrap().value;
            assert_eq!(node.connection_state_changed_at, Field::Unreadable, "{number}");
        }
    }

    #[test]
    fn times_are_read_in_many_forms() {
        let expected = at("2024-09-21T21:02:32.777Z");
        for form in [
            "2024-09-21T21:02:32.777Z",
            "2024-09-21t21:02:32.777z",
            "2024-09-21T23:02:32.777+02:00",
            "2024-09-21T23:02:32.777+0200",
            "2024-09-21T23:02:32.777+02",
            "2024-09-21T21:02:32.777",
            "2024-09-21T21:02:32,777Z",
            "2024-09-21 21:02:32.777Z",
            "2024-09-21 21:02:32.777",
            "2024-09-21 21:02:32.777 +0000",
            "2024-09-21 21:02:32.777 UTC",
            "20240921T210232.777Z",
            "20240921T230232.777+0200",
            " 2024-09-21T21:02:32.777Z ",
            "1726952552777",
            "1726952552.777",
        ] {
            assert_eq!(text(form), expected, "{form}");
        }
        assert_eq!(number(1_726_952_552_777.0), expected);
        assert_eq!(number(1_726_952_552.777), expected);
        for form in [
            "2026-01-15T05:43:14+0000",
            "20260115T054314Z",
            "Thu, 15 Jan 2026 05:43:14 GMT",
            "Thu, 15 Jan 2026 05:43:14 +0000",
        ] {
            assert_eq!(text(form), at("2026-01-15T05:43:14Z"), "{form}");
        }
        assert_eq!(text("2026-01-15T05:43Z"), at("2026-01-15T05:43:00Z"));
        assert_eq!(text("9999-12-31T23:59:59Z"), at("9999-12-31T23:59:59Z"));
    }

    #[test]
    fn a_placeholder_of_a_time_is_absent() {
        for unset in [
            "0",
            "-1",
            "0001-01-01T00:00:00Z",
            "0001-01-01T00:00:00",
            "0000-00-00T00:00:00Z",
            "1970-01-01T00:00:00.000Z",
            "1970-01-01T00:00:00+0000",
            "1970-01-01 00:00:17",
            "1969-12-31T16:00:00-08:00",
            "Thu, 01 Jan 1970 00:00:00 GMT",
        ] {
            assert_eq!(text(unset), Field::Absent, "{unset}");
        }
        for unset in [0.0, -0.0, -1.0, -62_135_596_800_000.0, -62_135_596_800.0] {
            assert_eq!(number(unset), Field::Absent, "{unset}");
        }
        assert_eq!(text("1971-01-01T00:00:00Z"), at("1971-01-01T00:00:00Z"));
    }

    #[test]
    fn other_values_are_unreadable_times() {
        for bad in [
            "",
            "soon",
            "20260115",
            "2026-01-15",
            "20260115054314",
            "2024-13-01T00:00:00Z",
            "+10000-01-01T00:00:00",
            "9999-12-31T23:59:59-01:00",
            "1e300",
            "12:00",
            "5 minutes ago",
        ] {
            assert_eq!(text(bad), Field::Unreadable, "{bad}");
        }
        // Dates in digits, an uptime, microseconds, and numbers out of range.
        for bad in [20_260_115.0, 20_260_115_054_314.0, 3_600.0, 1_726_952_552_777_000.0, f64::MAX, 1e300] {
            assert_eq!(number(bad), Field::Unreadable, "{bad}");
        }
        assert_eq!(DateTime::from_scalar(Scalar::Bool(true), &mut Context::default()), Field::Unreadable);
    }
}
