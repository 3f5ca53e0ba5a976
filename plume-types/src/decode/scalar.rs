//! Scalar values, and what to do with everything else that stands in their place.

use std::{fmt, marker::PhantomData};

use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::decode::context::Context;
use crate::field::Field;

/// From here on not every whole number is a double, so that one may have lost digits. (2^53)
pub(crate) const EXACT_BELOW: f64 = 9_007_199_254_740_992.0;

/// A scalar JSON value, as offered to types that can be read from one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Scalar<'a> {
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Text(&'a str),
}

impl Scalar<'_> {
    pub(crate) fn describe(&self) -> &'static str {
        match self {
            Self::Bool(_) => "a boolean",
            Self::Signed(_) | Self::Unsigned(_) | Self::Float(_) => "a number",
            Self::Text(_) => "text",
        }
    }

    /// The value as a finite number; numbers inside text count.
    pub(crate) fn number(&self) -> Option<f64> {
        let number = match *self {
            // Precise to 2^53, far beyond any count, rate or millisecond of this API.
            Self::Signed(value) => value as f64,
            Self::Unsigned(value) => value as f64,
            Self::Float(value) => value,
            Self::Text(text) => text.trim().parse().ok()?,
            Self::Bool(_) => return None,
        };
        number.is_finite().then_some(number)
    }

    /// Text, or a number written out if no digit of it is lost.
    pub(crate) fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some((*text).to_owned()),
            Self::Signed(value) => Some(value.to_string()),
            Self::Unsigned(value) => Some(value.to_string()),
            Self::Float(value) if value.abs() < EXACT_BELOW => Some(value.to_string()),
            Self::Float(_) | Self::Bool(_) => None,
        }
    }

    /// Whether this is a number that may have had more digits.
    pub(super) fn may_have_lost_digits(&self) -> bool {
        matches!(self, Self::Float(value) if value.abs() >= EXACT_BELOW)
    }
}

/// Whether a text has all its characters, as one must that is used as a key and not only shown.
pub(crate) fn is_whole(text: &str) -> bool {
    !text.is_empty() && !text.contains(char::REPLACEMENT_CHARACTER)
}

/// Whether a word of the API is `known`. Its clouds do not agree on capital letters, and blanks around it mean
/// nothing.
pub(crate) fn is_word(word: &str, known: &str) -> bool {
    word.trim().eq_ignore_ascii_case(known)
}

/// The words for a quality. The decoder knows them, because one may take the place of a number under a doubled key.
pub(crate) const GOOD: &[&str] = &["excellent", "good", "healthy", "great"];
pub(crate) const FAIR: &[&str] = &["fair", "average", "ok", "okay", "moderate", "degraded"];
pub(crate) const POOR: &[&str] = &["poor", "bad", "verypoor", "very_poor", "very poor"];

/// Whether a word names a quality.
pub(super) fn is_quality(word: &str) -> bool {
    [GOOD, FAIR, POOR].into_iter().flatten().any(|known| is_word(word, known))
}

/// Types read from one scalar value.
pub(crate) trait FromScalar: Sized {
    /// For messages: "a date and time".
    const EXPECTED: &'static str;

    /// The value; absent when this scalar is written where there is none, unreadable when it cannot be one.
    fn from_scalar(scalar: Scalar<'_>, cx: &mut Context) -> Field<Self>;
}

/// [`Decode::decode`] of every [`FromScalar`] type.
pub(crate) fn decode_scalar<'de, T: FromScalar, D: Deserializer<'de>>(
    deserializer: D,
    cx: &mut Context,
) -> Result<Field<T>, D::Error> {
    deserializer.deserialize_any(ScalarVisitor::<T> { cx, _type: PhantomData })
}

struct ScalarVisitor<'c, T> {
    cx: &'c mut Context,
    _type: PhantomData<T>,
}

impl<T: FromScalar> ScalarVisitor<'_, T> {
    fn scalar(self, scalar: Scalar<'_>) -> Field<T> {
        self.cx.lost_digits |= scalar.may_have_lost_digits();
        let value = T::from_scalar(scalar, self.cx);
        match value {
            Field::Unreadable => self.cx.mismatch(T::EXPECTED, scalar.describe()),
            Field::Absent => self.cx.placeholder(scalar.describe()),
            Field::Known(_) => {}
        }
        value
    }
}

/// The visitor methods that lead every scalar to `self.scalar(…)` and `null` to `Field::Absent`.
macro_rules! visit_scalars {
    () => {
        fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
            Ok(self.scalar(Scalar::Bool(value)))
        }
        fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
            Ok(self.scalar(Scalar::Signed(value)))
        }
        fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
            Ok(self.scalar(Scalar::Unsigned(value)))
        }
        fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
            Ok(self.scalar(Scalar::Float(value)))
        }
        fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
            Ok(self.scalar(Scalar::Text(value)))
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Field::Absent)
        }
        fn visit_none<E>(self) -> Result<Self::Value, E> {
            Ok(Field::Absent)
        }
        fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
            deserializer.deserialize_any(self)
        }
    };
}

pub(super) use visit_scalars;

impl<'de, T: FromScalar> Visitor<'de> for ScalarVisitor<'_, T> {
    type Value = Field<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    visit_scalars!();

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        drain_seq(seq)?;
        self.cx.mismatch(T::EXPECTED, "an array");
        Ok(Field::Unreadable)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        drain_map(map)?;
        self.cx.mismatch(T::EXPECTED, "an object");
        Ok(Field::Unreadable)
    }
}

pub(super) fn drain_seq<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<(), A::Error> {
    while seq.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

pub(super) fn drain_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<(), A::Error> {
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}
