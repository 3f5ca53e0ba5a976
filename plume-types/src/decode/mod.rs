//! Tolerant decoding: one bad field costs that field, one bad element costs that element.
//!
//! The API's answers change without notice: fields come and go, numbers come as text, lists come bare or
//! wrapped. [`Decode`] reads them in one pass and notes what it did not expect in a [`Drift`]. What makes a
//! whole answer useless is still an error: broken JSON, or a body that is not the thing that was asked for.
//! An unexpected body never becomes an empty list.
//!
//! Every model also implements serde's traits, with the same tolerance and without the notes, so that it can
//! stand inside types of your own.
//!
//! ```
//! use plume_types::{Node, decode};
//!
//! let bare = br#"[{"id":"TST1"}]"#;
//! let wrapped_twice = br#"{"nodes":{"nodes":[{"id":"TST1"}]}}"#;
//! let one = decode::list::<Node>(bare, &["nodes"])?;
//! let two = decode::list::<Node>(wrapped_twice, &["nodes"])?;
//! assert_eq!(one.value, two.value);
//!
//! // Not a list of nodes: an error, not "no nodes".
//! assert!(decode::list::<Node>(br#"{"data":[]}"#, &["nodes"]).is_err());
//! # Ok::<(), plume_types::DecodeError>(())
//! ```

mod context;
mod list;
mod object;
mod scalar;

use std::{fmt, marker::PhantomData};

use serde::de::{DeserializeSeed, Deserializer, Error as _};

use crate::{Drift, List, drift::exact_path};

pub use context::Context;
pub(crate) use object::{Model, decode_map, decode_model};
pub(crate) use scalar::{FromScalar, Scalar, decode_from_scalar, decode_scalar};

use list::ListVisitor;
use object::Unwrap;

/// A value read from an answer, and what was unexpected on the way.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Decoded<T> {
    /// The value.
    pub value: T,
    /// What the models did not expect.
    pub drift: Drift,
}

/// Why a body is not what was asked for.
///
/// Its text names the place and the expected shape and holds nothing of the body's values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    kind: DecodeErrorKind,
    path: String,
    message: String,
}

/// The class of a [`DecodeError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The body is empty.
    Empty,
    /// The body is text of another kind, usually an HTML page.
    NotJson,
    /// The body begins as JSON but is cut off or malformed.
    Malformed,
    /// The body is JSON of another shape than the one asked for.
    UnexpectedShape,
}

impl DecodeError {
    /// The error of a type that serde decoded by itself.
    ///
    /// Only the place is taken from serde's error, because its text repeats values.
    #[must_use]
    pub fn of_custom_type(body: &[u8], error: &serde_json::Error) -> Self {
        use serde_json::error::Category;
        if let Err(general) = self::body::<serde_json::Value>(body)
            && general.kind != DecodeErrorKind::UnexpectedShape
        {
            return general;
        }
        let message = match error.classify() {
            Category::Data => "the body is JSON, but not of the requested type",
            _ => "the JSON is malformed",
        };
        let place = format!("{message}, at line {} column {}", error.line(), error.column());
        Self { kind: DecodeErrorKind::UnexpectedShape, path: "$".to_owned(), message: place }
    }

    /// The class of the failure.
    #[must_use]
    pub fn kind(&self) -> DecodeErrorKind {
        self.kind
    }

    /// Where in the body, for example `nodes[3].health`; `$` is the body itself.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path == "$" {
            f.write_str(&self.message)
        } else {
            write!(f, "{} (at {})", self.message, self.path)
        }
    }
}

impl std::error::Error for DecodeError {}

/// Decodes a body that is one `T`.
///
/// # Errors
///
/// [`DecodeError`] when the body is no JSON, or not a `T`: another JSON kind, `null`, an object without its
/// id or without any field that a `T` has.
pub fn body<T: Decode>(body: &[u8]) -> Result<Decoded<T>, DecodeError> {
    run(body, |deserializer, cx| T::decode(deserializer, cx))
}

/// Decodes a body that is one `T`, bare or inside an object under one of `wrappers`.
///
/// # Errors
///
/// As [`body`].
pub fn wrapped<T: Decode>(body: &[u8], wrappers: &'static [&'static str]) -> Result<Decoded<T>, DecodeError> {
    let inner = run(body, |deserializer, cx| {
        Unwrap::<T> { cx, wrappers, _type: PhantomData }.deserialize(deserializer)
    });
    match inner {
        Err(error) if error.kind == DecodeErrorKind::UnexpectedShape => self::body(body).map_err(|_| error),
        other => other,
    }
}

/// Decodes a body that is a list of `T`: bare, or wrapped once or twice in objects under one of `wrappers`.
///
/// Elements that cannot be read are left out and counted ([`List::unreadable`]).
///
/// # Errors
///
/// [`DecodeError`] when the body is no JSON, holds no such list, or not one element of a list that has
/// elements can be read.
pub fn list<T: Decode>(
    body: &[u8],
    wrappers: &'static [&'static str],
) -> Result<Decoded<List<T>>, DecodeError> {
    run(body, |deserializer, cx| {
        let list: Option<List<T>> =
            deserializer.deserialize_any(ListVisitor { cx, wrappers, depth: 0, _type: PhantomData })?;
        Ok(list.filter(|list| {
            let useless = list.is_empty() && list.unreadable() > 0;
            !useless
        }))
    })
}

/// The body without the mark that some programs put before UTF-8 text. RFC 8259 §8.1 lets a reader ignore it.
#[must_use]
pub fn without_byte_order_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body)
}

fn run<T>(
    body: &[u8],
    decode: impl FnOnce(
        &mut serde_json::Deserializer<serde_json::de::StrRead<'_>>,
        &mut Context,
    ) -> Result<Option<T>, serde_json::Error>,
) -> Result<Decoded<T>, DecodeError> {
    let failed = |kind, path: String, message: String| Err(DecodeError { kind, path, message });
    let root = || "$".to_owned();
    // One check for the whole body lets the parser borrow text unchecked afterwards.
    let Ok(text) = std::str::from_utf8(without_byte_order_mark(body)) else {
        return failed(DecodeErrorKind::NotJson, root(), "the body is not UTF-8 text".to_owned());
    };
    match text.trim_start().chars().next() {
        None => return failed(DecodeErrorKind::Empty, root(), "the body is empty".to_owned()),
        Some('<') => {
            return failed(DecodeErrorKind::NotJson, root(), "the body is HTML or XML, not JSON".to_owned());
        }
        Some(_) => {}
    }
    let mut cx = Context::default();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let result = decode(&mut deserializer, &mut cx).and_then(|value| {
        deserializer.end()?;
        Ok(value)
    });
    match result {
        Ok(Some(value)) => Ok(Decoded { value, drift: cx.drift }),
        Ok(None) => {
            let (path, message) = cx.problem.unwrap_or_else(|| (root(), "the body is null".to_owned()));
            failed(DecodeErrorKind::UnexpectedShape, path, message)
        }
        Err(error) if error.line() == 1 && error.column() <= 1 => {
            failed(DecodeErrorKind::NotJson, root(), "the body is not JSON".to_owned())
        }
        Err(error) => {
            let what = match error.classify() {
                serde_json::error::Category::Eof => "the JSON is cut off",
                _ => "the JSON is malformed",
            };
            let message = format!("{what} at line {} column {}", error.line(), error.column());
            failed(DecodeErrorKind::Malformed, exact_path(&cx.path), message)
        }
    }
}

/// A type that can be read tolerantly.
///
/// Implemented for the models, ids, enums and the scalar types they use. `Ok(None)` means "nothing usable
/// here", which has then been noted; `Err` is only for JSON that cannot be parsed any further.
pub trait Decode: Sized {
    /// Reads one value.
    ///
    /// # Errors
    ///
    /// Only when the input itself is broken.
    fn decode<'de, D: Deserializer<'de>>(deserializer: D, cx: &mut Context)
    -> Result<Option<Self>, D::Error>;
}

/// serde's `deserialize` by [`Decode`], for the models' serde implementations.
pub(crate) fn deserialize<'de, T: Decode, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let mut cx = Context::default();
    let value = T::decode(deserializer, &mut cx)?;
    value.ok_or_else(|| match cx.problem {
        Some((path, message)) => D::Error::custom(format!("{message} (at {path})")),
        None => D::Error::custom("unexpected null"),
    })
}
