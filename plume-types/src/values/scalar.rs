//! Plain values of the models, read leniently.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserializer, Serialize, Serializer};

use crate::decode::{Context, Decode, EXACT_BELOW, FromScalar, Scalar, is_word};
use crate::field::Field;
use crate::macros::{decode_from_scalar, deserialize_by_decode};
use crate::values::time;

/// Returns the flag that is written as text.
pub(crate) fn flag_of(text: &str) -> Option<bool> {
    match text {
        _ if is_word(text, "true") => Some(true),
        _ if is_word(text, "false") => Some(false),
        _ => None,
    }
}

impl FromScalar for String {
    const EXPECTED: &'static str = "text";

    fn from_scalar(scalar: Scalar<'_>, _: &mut Context) -> Field<Self> {
        Field::or_unreadable(scalar.text())
    }
}

impl FromScalar for bool {
    const EXPECTED: &'static str = "true or false";

    fn from_scalar(scalar: Scalar<'_>, _: &mut Context) -> Field<Self> {
        Field::or_unreadable(match scalar {
            Scalar::Bool(value) => Some(value),
            Scalar::Text(text) => flag_of(text),
            Scalar::Unsigned(1) => Some(true),
            Scalar::Unsigned(0) => Some(false),
            _ => None,
        })
    }
}

impl FromScalar for f64 {
    const EXPECTED: &'static str = "a number";

    fn from_scalar(scalar: Scalar<'_>, _: &mut Context) -> Field<Self> {
        Field::or_unreadable(scalar.number())
    }
}

macro_rules! integers {
    ($($type:ty),+) => {$(
        impl FromScalar for $type {
            const EXPECTED: &'static str = "a whole number";

            fn from_scalar(scalar: Scalar<'_>, _: &mut Context) -> Field<Self> {
                Field::or_unreadable(match scalar {
                    Scalar::Unsigned(value) => Self::try_from(value).ok(),
                    Scalar::Signed(value) => Self::try_from(value).ok(),
                    Scalar::Text(text) => text.trim().parse().ok().or_else(|| whole(scalar)?.try_into().ok()),
                    other => whole(other).and_then(|value| value.try_into().ok()),
                })
            }
        }
        decode_from_scalar!($type);
    )+};
}
integers!(u16, u32, u64, i64);

/// Returns a whole number. All numbers of the API are doubles, so 5.0 is 5.
fn whole(scalar: Scalar<'_>) -> Option<i64> {
    let number = scalar.number()?;
    (number.fract() == 0.0 && number.abs() <= EXACT_BELOW).then_some(number as i64)
}

impl FromScalar for DateTime<Utc> {
    const EXPECTED: &'static str = "a date and time";

    fn from_scalar(scalar: Scalar<'_>, _: &mut Context) -> Field<Self> {
        time::read(scalar)
    }
}

decode_from_scalar!(String, bool, f64, DateTime<Utc>);

impl<T: Decode> Decode for Box<T> {
    fn decode<'de, D: Deserializer<'de>>(deserializer: D, cx: &mut Context) -> Result<Field<Self>, D::Error> {
        Ok(T::decode(deserializer, cx)?.map(Self::new))
    }
}

/// A value that is text in some responses and `true` or `false` in others.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TextOrFlag {
    /// Text, or a number written out.
    Text(String),
    /// `true` or `false`.
    Flag(bool),
}

impl TextOrFlag {
    /// Returns the text, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Flag(_) => None,
        }
    }

    /// Returns the flag. The texts `true` and `false` count as flags.
    #[must_use]
    pub fn flag(&self) -> Option<bool> {
        match self {
            Self::Flag(flag) => Some(*flag),
            Self::Text(text) => flag_of(text),
        }
    }
}

impl From<&str> for TextOrFlag {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<bool> for TextOrFlag {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl fmt::Display for TextOrFlag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Flag(flag) => flag.fmt(f),
        }
    }
}

impl FromScalar for TextOrFlag {
    const EXPECTED: &'static str = "text or true or false";

    fn from_scalar(scalar: Scalar<'_>, _: &mut Context) -> Field<Self> {
        Field::or_unreadable(match scalar {
            Scalar::Bool(flag) => Some(Self::Flag(flag)),
            other => other.text().map(Self::Text),
        })
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

deserialize_by_decode!(TextOrFlag);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode;

    fn read<T: Decode>(json: &str) -> Option<T> {
        decode::body(json.as_bytes()).ok().map(|decoded| decoded.value)
    }

    #[test]
    fn numbers_are_read_from_numbers_or_text() {
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
    fn flags_are_read_from_flags_or_text() {
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
    fn text_is_read_from_numbers() {
        assert_eq!(read::<String>("12").as_deref(), Some("12"));
        assert_eq!(read::<String>("true"), None);
    }
}
