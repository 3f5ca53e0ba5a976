//! The plain values inside the models, read leniently.

use chrono::{DateTime, Datelike, NaiveDateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::decode::{Context, Decode, FromScalar, Scalar, decode_from_scalar};

impl FromScalar for String {
    const EXPECTED: &'static str = "text";

    fn from_scalar(scalar: Scalar<'_>, _: &mut Context) -> Option<Self> {
        scalar.text()
    }
}

impl FromScalar for bool {
    const EXPECTED: &'static str = "true or false";

    fn from_scalar(scalar: Scalar<'_>, _: &mut Context) -> Option<Self> {
        match scalar {
            Scalar::Bool(value) => Some(value),
            Scalar::Text(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Scalar::Text(text) if text.eq_ignore_ascii_case("false") => Some(false),
            Scalar::Unsigned(1) => Some(true),
            Scalar::Unsigned(0) => Some(false),
            _ => None,
        }
    }
}

impl FromScalar for f64 {
    const EXPECTED: &'static str = "a number";

    fn from_scalar(scalar: Scalar<'_>, _: &mut Context) -> Option<Self> {
        scalar.number()
    }
}

macro_rules! integers {
    ($($type:ty),+) => {$(
        impl FromScalar for $type {
            const EXPECTED: &'static str = "a whole number";

            fn from_scalar(scalar: Scalar<'_>, _: &mut Context) -> Option<Self> {
                match scalar {
                    Scalar::Unsigned(value) => Self::try_from(value).ok(),
                    Scalar::Signed(value) => Self::try_from(value).ok(),
                    other => {
                        if let Scalar::Text(text) = other
                            && let Ok(value) = text.trim().parse()
                        {
                            return Some(value);
                        }
                        // All numbers of the API are doubles, so 5.0 is a way to write 5. Doubles are exact
                        // up to 2^53.
                        let number = other.number()?;
                        let exact = number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0;
                        if exact { Self::try_from(number as i64).ok() } else { None }
                    }
                }
            }
        }
        decode_from_scalar!($type);
    )+};
}
integers!(u16, u32, u64, i64);

/// Numbers at or above this are milliseconds since 1970; smaller ones are seconds (until the year 5138).
const MILLISECONDS_FROM: f64 = 1e11;

impl FromScalar for DateTime<Utc> {
    const EXPECTED: &'static str = "a date and time";

    fn from_scalar(scalar: Scalar<'_>, _: &mut Context) -> Option<Self> {
        // Years of five digits are no dates of RFC 3339: they could be written and not be read again.
        time(scalar).filter(|time| (0..=9_999).contains(&time.year()))
    }
}

fn time(scalar: Scalar<'_>) -> Option<DateTime<Utc>> {
    if let Scalar::Text(text) = scalar {
        let text = text.trim();
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Some(time.with_timezone(&Utc));
        }
        // Without a zone the API means UTC.
        if let Ok(time) = text.parse::<NaiveDateTime>() {
            return Some(time.and_utc());
        }
    }
    let number = scalar.number()?;
    let milliseconds = if number.abs() >= MILLISECONDS_FROM { number } else { number * 1000.0 };
    // The cast saturates, and chrono refuses what is out of its range.
    DateTime::from_timestamp_millis(milliseconds as i64)
}

decode_from_scalar!(String, bool, f64, DateTime<Utc>);

impl Decode for Value {
    fn decode<'de, D: Deserializer<'de>>(deserializer: D, _: &mut Context) -> Result<Option<Self>, D::Error> {
        Ok(Some(Self::deserialize(deserializer)?).filter(|value| !value.is_null()))
    }
}

impl<T: Decode> Decode for Box<T> {
    fn decode<'de, D: Deserializer<'de>>(
        deserializer: D,
        cx: &mut Context,
    ) -> Result<Option<Self>, D::Error> {
        Ok(T::decode(deserializer, cx)?.map(Self::new))
    }
}

/// A value that the API writes now as text, now as `true` or `false`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TextOrFlag {
    /// Text, or a number written out.
    Text(String),
    /// `true` or `false`.
    Flag(bool),
}

impl TextOrFlag {
    /// The text, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Flag(_) => None,
        }
    }

    /// The flag; the texts `true` and `false` count.
    #[must_use]
    pub fn flag(&self) -> Option<bool> {
        match self {
            Self::Flag(flag) => Some(*flag),
            Self::Text(text) => text.parse().ok(),
        }
    }
}

impl FromScalar for TextOrFlag {
    const EXPECTED: &'static str = "text or true or false";

    fn from_scalar(scalar: Scalar<'_>, _: &mut Context) -> Option<Self> {
        match scalar {
            Scalar::Bool(flag) => Some(Self::Flag(flag)),
            other => other.text().map(Self::Text),
        }
    }
}
decode_from_scalar!(TextOrFlag);

impl Serialize for TextOrFlag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
        }
    }
}

impl<'de> Deserialize<'de> for TextOrFlag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::decode::deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode;

    fn read<T: Decode>(json: &str) -> Option<T> {
        decode::body(json.as_bytes()).ok().map(|decoded| decoded.value)
    }

    #[test]
    fn numbers_come_as_numbers_or_text() {
        assert_eq!(read::<u32>("149"), Some(149));
        assert_eq!(read::<u32>("\" 149 \""), Some(149));
        assert_eq!(read::<u32>("149.0"), Some(149));
        assert_eq!(read::<f64>("\"1.5\""), Some(1.5));
        for bad in ["-1", "1.5", "4294967296", "\"abc\"", "true", "[]", "{}", "\"\"", "null"] {
            assert_eq!(read::<u32>(bad), None, "{bad}");
        }
        for bad in ["\"NaN\"", "\"inf\"", "\"1e999\"", "1e999"] {
            assert_eq!(read::<f64>(bad), None, "{bad}");
        }
    }

    #[test]
    fn flags_come_as_flags_or_text() {
        for (json, expected) in
            [("true", true), ("\"True\"", true), ("\"false\"", false), ("1", true), ("0", false)]
        {
            assert_eq!(read::<bool>(json), Some(expected), "{json}");
        }
        for bad in ["2", "\"yes\"", "[]", "null"] {
            assert_eq!(read::<bool>(bad), None, "{bad}");
        }
    }

    #[test]
    fn times_come_in_many_forms() {
        let expected = "2024-09-21T21:02:32.777Z".parse::<DateTime<Utc>>().ok();
        for json in [
            "\"2024-09-21T21:02:32.777Z\"",
            "\"2024-09-21T23:02:32.777+02:00\"",
            "\"2024-09-21T21:02:32.777\"",
            "1726952552777",
            "\"1726952552777\"",
            "1726952552.777",
        ] {
            assert_eq!(read::<DateTime<Utc>>(json), expected, "{json}");
        }
        for bad in ["\"\"", "\"soon\"", "1e300", "\"2024-13-01T00:00:00Z\"", "true", "null"] {
            assert_eq!(read::<DateTime<Utc>>(bad), None, "{bad}");
        }
        // The first moments beyond what four digits can say.
        for bad in [
            "253402300800000",
            "\"+10000-01-01T00:00:00\"",
            "\"9999-12-31T23:59:59-01:00\"",
            "-62167219200001",
        ] {
            assert_eq!(read::<DateTime<Utc>>(bad), None, "{bad}");
        }
        assert!(read::<DateTime<Utc>>("253402300799999").is_some(), "the last millisecond of 9999");
        assert!(read::<DateTime<Utc>>("-62167219200000").is_some(), "the year 0");
    }

    #[test]
    fn numbers_are_taken_as_text_where_text_is_meant() {
        assert_eq!(read::<String>("12").as_deref(), Some("12"));
        assert_eq!(read::<String>("true"), None);
    }
}
