//! Scalar values and keys of objects, as a parser returns them.

use std::fmt;

use serde::de::{Deserializer, Visitor};
use serde_json::Value;

/// The number from which on not every whole number is a double, so that one may have lost digits. (2^53)
pub(crate) const EXACT_BELOW: f64 = 9_007_199_254_740_992.0;

/// A scalar JSON value.
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

    /// Returns the value as a finite number; a number written as text counts.
    pub(crate) fn number(&self) -> Option<f64> {
        let number = match *self {
            // Exact up to 2^53, far above any count, rate or millisecond of the API.
            Self::Signed(value) => value as f64,
            Self::Unsigned(value) => value as f64,
            Self::Float(value) => value,
            Self::Text(text) => text.trim().parse().ok()?,
            Self::Bool(_) => return None,
        };
        number.is_finite().then_some(number)
    }

    /// Returns the text, or the digits of a number if none is lost.
    pub(crate) fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some((*text).to_owned()),
            Self::Signed(value) => Some(value.to_string()),
            Self::Unsigned(value) => Some(value.to_string()),
            Self::Float(value) if value.abs() < EXACT_BELOW => Some(value.to_string()),
            Self::Float(_) | Self::Bool(_) => None,
        }
    }

    /// Returns whether this is a number that may have had more digits.
    pub(super) fn may_have_lost_digits(&self) -> bool {
        matches!(self, Self::Float(value) if value.abs() >= EXACT_BELOW)
    }
}

impl From<Scalar<'_>> for Value {
    fn from(scalar: Scalar<'_>) -> Self {
        match scalar {
            Scalar::Bool(value) => value.into(),
            Scalar::Signed(value) => value.into(),
            Scalar::Unsigned(value) => value.into(),
            Scalar::Float(value) => value.into(),
            Scalar::Text(value) => value.into(),
        }
    }
}

/// Returns whether a text has all its characters, which is required of one that is used as a key.
pub(crate) fn is_whole(text: &str) -> bool {
    !text.is_empty() && !text.contains(char::REPLACEMENT_CHARACTER)
}

/// Returns whether a word of the API is `known`. Its clouds differ in letter case, and blanks around a word mean
/// nothing.
pub(crate) fn is_word(word: &str, known: &str) -> bool {
    word.trim().eq_ignore_ascii_case(known)
}

/// The words for a quality. The decoder needs them, because such a word may replace a number under a repeated key.
pub(crate) const GOOD: &[&str] = &["excellent", "good", "healthy", "great"];
pub(crate) const FAIR: &[&str] = &["fair", "average", "ok", "okay", "moderate", "degraded"];
pub(crate) const POOR: &[&str] = &["poor", "bad", "verypoor", "very_poor", "very poor"];

/// Returns whether a word names a quality.
pub(super) fn is_quality(word: &str) -> bool {
    [GOOD, FAIR, POOR].into_iter().flatten().any(|known| is_word(word, known))
}

/// A key of an object, borrowed from the body if possible.
pub(super) enum Key<'de> {
    Borrowed(&'de str),
    Owned(String),
}

impl Key<'_> {
    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Borrowed(key) => key,
            Self::Owned(key) => key,
        }
    }
}

impl<'de> serde::Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a field name")
            }
            fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Key<'de>, E> {
                Ok(Key::Borrowed(key))
            }
            fn visit_str<E>(self, key: &str) -> Result<Key<'de>, E> {
                Ok(Key::Owned(key.to_owned()))
            }
            fn visit_string<E>(self, key: String) -> Result<Key<'de>, E> {
                Ok(Key::Owned(key))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}
