//! Whole bodies: one value, a wrapped value, a list, a type of the caller.

use std::marker::PhantomData;

use plume_text::repair_json;
use serde::de::{DeserializeOwned, DeserializeSeed};

use crate::decode::context::{Context, Decode};
use crate::decode::error::{DecodeError, DecodeErrorKind};
use crate::decode::list::ListReader;
use crate::decode::object::Unwrap;
use crate::decode::reader::Reading;
use crate::drift::{Drift, DriftKind, Path, ROOT};
use crate::field::Field;
use crate::list::List;

/// A value read from a response, and what was unexpected in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Decoded<T> {
    /// The value.
    pub value: T,
    /// The places that the models did not expect.
    pub drift: Drift,
}

impl<T> Decoded<T> {
    /// Returns the same drift with a changed value.
    #[must_use]
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Decoded<U> {
        Decoded { value: change(self.value), drift: self.drift }
    }
}

impl<T> From<T> for Decoded<T> {
    /// Returns a value without drift.
    fn from(value: T) -> Self {
        Self { value, drift: Drift::default() }
    }
}

/// Decodes a body that is one `T`.
///
/// ```
/// use plume_types::{Location, decode};
///
/// let home = decode::body::<Location>(br#"{"id":"5f02","name":"Home","colour":"green"}"#)?;
/// assert_eq!(home.value.display_name(), "Home");
/// assert_eq!(home.drift.len(), 1);
/// # Ok::<(), plume_types::DecodeError>(())
/// ```
///
/// # Errors
///
/// [`DecodeError`] if the body is not JSON, or not a `T`: another JSON kind, `null`, an object without its
/// id or without any field of `T`.
pub fn body<T: Decode>(body: &[u8]) -> Result<Decoded<T>, DecodeError> {
    run(body, |deserializer, cx| T::decode(deserializer, cx))
}

/// Decodes a body that is one `T`, bare or inside an object under one of `wrappers`.
///
/// # Errors
///
/// The same as of [`body`].
pub fn wrapped<T: Decode>(body: &[u8], wrappers: &'static [&'static str]) -> Result<Decoded<T>, DecodeError> {
    let inner = run(body, |deserializer, cx| {
        Reading(Unwrap::<T> { cx, wrappers, _type: PhantomData }).deserialize(deserializer)
    });
    match inner {
        Err(error) if error.kind == DecodeErrorKind::UnexpectedShape => self::body(body).map_err(|_| error),
        other => other,
    }
}

/// Decodes a body that is a list of `T`: bare, or wrapped once or twice in objects under one of `wrappers`.
///
/// Unreadable elements are left out and counted ([`List::unreadable`]).
///
/// # Errors
///
/// [`DecodeError`] if the body is not JSON, has no such list, or has one of which no element can be read. An empty
/// list is not an error.
pub fn list<T: Decode>(
    body: &[u8],
    wrappers: &'static [&'static str],
) -> Result<Decoded<List<T>>, DecodeError> {
    run(body, |deserializer, cx| {
        let list: Field<List<T>> = Reading(ListReader::new(cx, wrappers)).deserialize(deserializer)?;
        Ok(list.and_then(|list| {
            let useless = list.is_empty() && list.unreadable() > 0;
            if useless { Field::Unreadable } else { Field::Known(list) }
        }))
    })
}

/// Decodes a body into a type of your own that implements serde's `Deserialize`.
///
/// As strict as that type, but single values that JSON does not allow are repaired as in the other functions.
///
/// ```
/// use std::collections::HashMap;
///
/// use plume_types::{Node, decode};
///
/// let by_shelf: HashMap<String, Node> = decode::custom(br#"{"B7":{"id":"TST0000001"}}"#)?;
/// assert_eq!(by_shelf["B7"].display_name(), "TST0000001");
/// # Ok::<(), plume_types::DecodeError>(())
/// ```
///
/// # Errors
///
/// [`DecodeError`] if the body is not JSON, or not a `T`.
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
    // Only the position is taken from serde's error, because its text repeats values.
    let message = format!("{message}, at line {} column {}", failed.line(), failed.column());
    Err(DecodeError { kind: DecodeErrorKind::UnexpectedShape, path: ROOT.to_owned(), message })
}

/// Returns the body without the byte order mark that some programs put before UTF-8 text. RFC 8259 §8.1 lets a reader
/// ignore it.
#[must_use]
pub fn without_byte_order_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body)
}

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
            let (kind, message) = match error.is_eof() {
                true => (DecodeErrorKind::CutOff, "the JSON is cut off"),
                false => (DecodeErrorKind::Malformed, "the JSON is malformed"),
            };
            let mut message = message.to_owned();
            // Positions in the repaired body differ from those in the original.
            if is_original {
                message.push_str(&format!(" at line {} column {}", error.line(), error.column()));
            }
            failed(kind, cx.path.exact(), message)
        }
    }
}
