//! Tolerant decoding: one bad field costs that field, one bad element costs that element.
//!
//! The API's answers change without notice: fields come and go, numbers come as text, lists come bare or
//! wrapped. [`Decode`] reads them in one pass and notes what it did not expect in a [`Drift`]. What makes a
//! whole answer useless is still an error: broken JSON, or a body that is not the thing that was asked for.
//! An unexpected body never becomes an empty list.
//!
//! A body that is JSON but for single values is read in a second pass: half a surrogate pair or a raw control
//! character in a text becomes U+FFFD, and a number that no double holds costs its field. Free-form values are
//! read to a depth of 64; what is nested deeper is replaced by `{"$unreadable": true}`. Work and memory are
//! linear in the length of the body.
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
mod value;

use std::{fmt, marker::PhantomData};

use plume_text::repair_json;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _};

use crate::{Drift, DriftKind, Field, List, drift::Path};

pub use context::Context;
pub(crate) use object::{Entries, Model, decode_map, decode_model};
pub(crate) use scalar::{EXACT_BELOW, FromScalar, Scalar, decode_from_scalar, decode_scalar, is_whole};

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
        let list: Field<List<T>> = deserializer.deserialize_any(ListVisitor::new(cx, wrappers))?;
        Ok(list.and_then(|list| {
            let useless = list.is_empty() && list.unreadable() > 0;
            if useless { Field::Unreadable } else { Field::Known(list) }
        }))
    })
}

/// Decodes a body into a type of your own that serde knows.
///
/// As strict as that type; but single values that no JSON parser takes are replaced as everywhere here.
///
/// # Errors
///
/// [`DecodeError`] when the body is no JSON, or not a `T`.
pub fn custom<T: DeserializeOwned>(body: &[u8]) -> Result<T, DecodeError> {
    use serde_json::error::Category;
    let text = text_of(body)?;
    let failed = match serde_json::from_str(text) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let repaired = || repair_json(text).and_then(|repaired| serde_json::from_str(&repaired.json).ok());
    if failed.classify() != Category::Data
        && let Some(value) = repaired()
    {
        return Ok(value);
    }
    if let Err(general) = self::body::<serde_json::Value>(body)
        && general.kind != DecodeErrorKind::UnexpectedShape
    {
        return Err(general);
    }
    let message = match failed.classify() {
        Category::Data => "the body is JSON, but not of the requested type",
        _ => "the JSON is malformed",
    };
    // Only the place is taken from serde's error, because its text repeats values.
    let message = format!("{message}, at line {} column {}", failed.line(), failed.column());
    Err(DecodeError { kind: DecodeErrorKind::UnexpectedShape, path: ROOT.to_owned(), message })
}

/// The body without the mark that some programs put before UTF-8 text. RFC 8259 §8.1 lets a reader ignore it.
#[must_use]
pub fn without_byte_order_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body)
}

/// The path of the body itself.
const ROOT: &str = "$";

fn text_of(body: &[u8]) -> Result<&str, DecodeError> {
    let failed =
        |kind, message: &str| Err(DecodeError { kind, path: ROOT.to_owned(), message: message.to_owned() });
    // One check for the whole body lets the parser borrow text unchecked afterwards.
    let Ok(text) = std::str::from_utf8(without_byte_order_mark(body)) else {
        return failed(DecodeErrorKind::NotJson, "the body is not UTF-8 text");
    };
    match text.trim_start().chars().next() {
        None => failed(DecodeErrorKind::Empty, "the body is empty"),
        Some('<') => failed(DecodeErrorKind::NotJson, "the body is HTML or XML, not JSON"),
        Some(_) => Ok(text),
    }
}

type JsonDeserializer<'a> = serde_json::Deserializer<serde_json::de::StrRead<'a>>;

fn run<T>(
    body: &[u8],
    decode: impl Fn(&mut JsonDeserializer<'_>, &mut Context) -> Result<Field<T>, serde_json::Error>,
) -> Result<Decoded<T>, DecodeError> {
    let attempt = |text: &str, cx: &mut Context| -> Result<_, serde_json::Error> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let value = decode(&mut deserializer, cx)?;
        deserializer.end()?;
        Ok(value)
    };
    let text = text_of(body)?;
    let mut cx = Context::default();
    let mut result = attempt(text, &mut cx);
    let mut is_original = true;
    if (result.is_err() || cx.lost_digits)
        && let Some(repaired) = repair_json(text)
    {
        cx = Context::default();
        cx.drift.add(DriftKind::Malformed, &Path::default(), repaired.places);
        result = attempt(&repaired.json, &mut cx);
        is_original = false;
    }
    let failed = |kind, path: String, message: String| Err(DecodeError { kind, path, message });
    match result {
        Ok(Field::Known(value)) => Ok(Decoded { value, drift: cx.drift }),
        Ok(Field::Absent | Field::Unreadable) => {
            let (path, message) =
                cx.problem.unwrap_or_else(|| (ROOT.to_owned(), "the body is null".to_owned()));
            failed(DecodeErrorKind::UnexpectedShape, path, message)
        }
        Err(error) if !error.is_eof() && error.line() == 1 && error.column() <= 1 => {
            failed(DecodeErrorKind::NotJson, ROOT.to_owned(), "the body is not JSON".to_owned())
        }
        Err(error) => {
            let mut message = match error.classify() {
                serde_json::error::Category::Eof => "the JSON is cut off".to_owned(),
                _ => "the JSON is malformed".to_owned(),
            };
            // A place in the repaired body is another one in the original.
            if is_original {
                message.push_str(&format!(" at line {} column {}", error.line(), error.column()));
            }
            failed(DecodeErrorKind::Malformed, cx.path.exact(), message)
        }
    }
}

/// A type that can be read tolerantly.
///
/// Implemented for the models, ids, enums and the scalar types they use. [`Field::Unreadable`] has been noted as
/// drift; `Err` is only for JSON that cannot be parsed any further.
pub trait Decode: Sized {
    /// Reads one value.
    ///
    /// # Errors
    ///
    /// Only when the input itself is broken.
    fn decode<'de, D: Deserializer<'de>>(deserializer: D, cx: &mut Context) -> Result<Field<Self>, D::Error>;
}

/// serde's `deserialize` by [`Decode`], for the models' serde implementations.
pub(crate) fn deserialize<'de, T: Decode, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let mut cx = Context::default();
    let value = T::decode(deserializer, &mut cx)?;
    value.into_known().ok_or_else(|| match cx.problem {
        Some((path, message)) => D::Error::custom(format!("{message} (at {path})")),
        None => D::Error::custom("unexpected null"),
    })
}
