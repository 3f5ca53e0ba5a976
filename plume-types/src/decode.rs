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

use std::{fmt, marker::PhantomData};

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::{
    Drift, DriftKind, List,
    drift::{Segment, exact_path, shorten},
};

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
    let Ok(text) = std::str::from_utf8(body) else {
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

/// What is known while a body is being read: where we are, and what was unexpected so far.
#[derive(Debug, Default)]
pub struct Context {
    path: Vec<Segment>,
    drift: Drift,
    problem: Option<(String, String)>,
}

impl Context {
    /// Reads the value of a named field into `slot`. The last readable value of a repeated field counts.
    pub(crate) fn field<'de, T: Decode, A: MapAccess<'de>>(
        &mut self,
        name: &'static str,
        slot: &mut Option<T>,
        map: &mut A,
    ) -> Result<(), A::Error> {
        if slot.is_some() {
            self.drift.note(DriftKind::DuplicateField, &self.path, Some(name), String::new);
        }
        // Not taken back when the parser fails: the path then tells where.
        self.path.push(Segment::Field(name));
        let value = map.next_value_seed(Seed::<T>::new(self))?;
        self.path.pop();
        if value.is_some() {
            *slot = value;
        }
        Ok(())
    }

    /// Reads and forgets a field that no model names.
    pub(crate) fn unknown_field<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        map: &mut A,
    ) -> Result<(), A::Error> {
        self.drift.note(DriftKind::UnknownField, &self.path, Some(name), String::new);
        map.next_value::<IgnoredAny>()?;
        Ok(())
    }

    /// Notes a word that an enum does not know.
    pub(crate) fn unknown_value(&mut self, word: &str) {
        self.drift.note(DriftKind::UnknownValue, &self.path, None, || word.to_owned());
    }

    /// Notes a value that cannot be what was expected.
    pub(crate) fn mismatch(&mut self, expected: &str, found: &str) {
        self.drift.note(DriftKind::WrongType, &self.path, None, || found.to_owned());
        // The last problem is the one that made a value useless in the end.
        self.problem =
            Some((exact_path(&self.path), format!("expected {expected}, found {}", shorten(found))));
    }

    fn unreadable(&mut self) {
        self.drift.note(DriftKind::Unreadable, &self.path, None, String::new);
        self.problem.get_or_insert_with(|| (exact_path(&self.path), "the element is null".to_owned()));
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

/// Carries the context into serde's readers of nested values.
pub(crate) struct Seed<'c, T> {
    cx: &'c mut Context,
    _type: PhantomData<T>,
}

impl<'c, T> Seed<'c, T> {
    pub(crate) fn new(cx: &'c mut Context) -> Self {
        Self { cx, _type: PhantomData }
    }
}

impl<'de, T: Decode> DeserializeSeed<'de> for Seed<'_, T> {
    type Value = Option<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        T::decode(deserializer, self.cx)
    }
}

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

    /// Text, or a number written out.
    pub(crate) fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some((*text).to_owned()),
            Self::Signed(value) => Some(value.to_string()),
            Self::Unsigned(value) => Some(value.to_string()),
            Self::Float(value) => Some(value.to_string()),
            Self::Bool(_) => None,
        }
    }
}

/// Types read from one scalar value.
pub(crate) trait FromScalar: Sized {
    /// For messages: "a date and time".
    const EXPECTED: &'static str;

    /// The value, or `None` when this scalar cannot be one.
    fn from_scalar(scalar: Scalar<'_>, cx: &mut Context) -> Option<Self>;
}

/// [`Decode::decode`] of every [`FromScalar`] type.
pub(crate) fn decode_scalar<'de, T: FromScalar, D: Deserializer<'de>>(
    deserializer: D,
    cx: &mut Context,
) -> Result<Option<T>, D::Error> {
    deserializer.deserialize_any(ScalarVisitor::<T> { cx, _type: PhantomData })
}

macro_rules! decode_from_scalar {
    ($($type:ty),+ $(,)?) => {$(
        impl $crate::decode::Decode for $type {
            fn decode<'de, D: serde::Deserializer<'de>>(
                deserializer: D,
                cx: &mut $crate::decode::Context,
            ) -> Result<Option<Self>, D::Error> {
                $crate::decode::decode_scalar(deserializer, cx)
            }
        }
    )+};
}
pub(crate) use decode_from_scalar;

struct ScalarVisitor<'c, T> {
    cx: &'c mut Context,
    _type: PhantomData<T>,
}

impl<T: FromScalar> ScalarVisitor<'_, T> {
    fn scalar(self, scalar: Scalar<'_>) -> Option<T> {
        let value = T::from_scalar(scalar, self.cx);
        if value.is_none() {
            self.cx.mismatch(T::EXPECTED, scalar.describe());
        }
        value
    }
}

/// The visitor methods that lead every scalar to `self.scalar(…)` and `null` to `None`.
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
            Ok(None)
        }
        fn visit_none<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
        fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
            deserializer.deserialize_any(self)
        }
    };
}

impl<'de, T: FromScalar> Visitor<'de> for ScalarVisitor<'_, T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    visit_scalars!();

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        drain_seq(seq)?;
        self.cx.mismatch(T::EXPECTED, "an array");
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        drain_map(map)?;
        self.cx.mismatch(T::EXPECTED, "an object");
        Ok(None)
    }
}

fn drain_seq<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<(), A::Error> {
    while seq.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

fn drain_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<(), A::Error> {
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}

/// An object's key, borrowed from the body where possible.
pub(crate) enum Key<'de> {
    Borrowed(&'de str),
    Owned(String),
}

impl Key<'_> {
    pub(crate) fn as_str(&self) -> &str {
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

/// An object of the API. Implemented by the `model!` macro.
pub(crate) trait Model: Sized {
    /// For messages: "a node".
    const EXPECTED: &'static str;
    /// The fields read so far.
    type Partial: Default;

    /// Reads the value of `key`, or answers `false` when the model has no such field.
    fn take<'de, A: MapAccess<'de>>(
        partial: &mut Self::Partial,
        key: &str,
        map: &mut A,
        cx: &mut Context,
    ) -> Result<bool, A::Error>;

    /// The whole, or the name of the field that is missing.
    fn finish(partial: Self::Partial) -> Result<Self, &'static str>;

    /// The model as written by those answers that give a bare value instead of an object.
    fn from_bare(_scalar: Scalar<'_>) -> Option<Self> {
        None
    }
}

/// [`Decode::decode`] of every [`Model`].
pub(crate) fn decode_model<'de, M: Model, D: Deserializer<'de>>(
    deserializer: D,
    cx: &mut Context,
) -> Result<Option<M>, D::Error> {
    deserializer.deserialize_any(ModelVisitor::<M> { cx, _type: PhantomData })
}

struct ModelVisitor<'c, M> {
    cx: &'c mut Context,
    _type: PhantomData<M>,
}

impl<M: Model> ModelVisitor<'_, M> {
    fn scalar(self, scalar: Scalar<'_>) -> Option<M> {
        let value = M::from_bare(scalar);
        if value.is_none() {
            self.cx.mismatch(M::EXPECTED, scalar.describe());
        }
        value
    }
}

impl<'de, M: Model> Visitor<'de> for ModelVisitor<'_, M> {
    type Value = Option<M>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(M::EXPECTED)
    }

    visit_scalars!();

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        drain_seq(seq)?;
        self.cx.mismatch(M::EXPECTED, "an array");
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut partial = M::Partial::default();
        let mut known = false;
        while let Some(key) = map.next_key::<Key<'de>>()? {
            if M::take(&mut partial, key.as_str(), &mut map, self.cx)? {
                known = true;
            } else {
                self.cx.unknown_field(key.as_str(), &mut map)?;
            }
        }
        if !known {
            // An object with no field of ours is something else: an error page, an empty answer.
            self.cx.mismatch(M::EXPECTED, "an object without any of its fields");
            return Ok(None);
        }
        match M::finish(partial) {
            Ok(model) => Ok(Some(model)),
            Err(missing) => {
                self.cx.mismatch(M::EXPECTED, &format!("an object without `{missing}`"));
                Ok(None)
            }
        }
    }
}

/// Reads a list; with `wrappers`, also one inside objects under one of those names.
struct ListVisitor<'c, T> {
    cx: &'c mut Context,
    wrappers: &'static [&'static str],
    depth: u8,
    _type: PhantomData<T>,
}

impl<T> ListVisitor<'_, T> {
    fn expected(&self) -> String {
        match self.wrappers {
            [] => "an array".to_owned(),
            names => format!("an array, or an object with one under `{}`", names.join("`, `")),
        }
    }

    fn scalar(self, scalar: Scalar<'_>) -> Option<List<T>> {
        let expected = self.expected();
        self.cx.mismatch(&expected, scalar.describe());
        None
    }
}

impl<'de, T: Decode> Visitor<'de> for ListVisitor<'_, T> {
    type Value = Option<List<T>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    visit_scalars!();

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        let mut unreadable = 0;
        let mut index = 0;
        loop {
            self.cx.path.push(Segment::Index(index));
            let Some(element) = seq.next_element_seed(Seed::<T>::new(self.cx))? else {
                self.cx.path.pop();
                break;
            };
            match element {
                Some(element) => items.push(element),
                None => {
                    self.cx.unreadable();
                    unreadable += 1;
                }
            }
            self.cx.path.pop();
            index += 1;
        }
        Ok(Some(List::with_unreadable(items, unreadable)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let expected = self.expected();
        if self.wrappers.is_empty() || self.depth >= 2 {
            drain_map(map)?;
            self.cx.mismatch(&expected, "an object");
            return Ok(None);
        }
        let mut found = None;
        let mut seen = false;
        while let Some(key) = map.next_key::<Key<'de>>()? {
            let wrapper = self.wrappers.iter().find(|name| **name == key.as_str());
            match wrapper {
                Some(name) if !seen => {
                    seen = true;
                    self.cx.path.push(Segment::Field(name));
                    found = map.next_value_seed(ListSeed(ListVisitor {
                        cx: self.cx,
                        wrappers: self.wrappers,
                        depth: self.depth + 1,
                        _type: PhantomData,
                    }))?;
                    self.cx.path.pop();
                }
                _ => self.cx.unknown_field(key.as_str(), &mut map)?,
            }
        }
        if found.is_none() {
            let what = if seen { "an object without a list in it" } else { "another object" };
            self.cx.mismatch(&expected, what);
        }
        Ok(found)
    }
}

struct ListSeed<'c, T>(ListVisitor<'c, T>);

impl<'de, T: Decode> DeserializeSeed<'de> for ListSeed<'_, T> {
    type Value = Option<List<T>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self.0)
    }
}

impl<T: Decode> Decode for List<T> {
    fn decode<'de, D: Deserializer<'de>>(
        deserializer: D,
        cx: &mut Context,
    ) -> Result<Option<Self>, D::Error> {
        deserializer.deserialize_any(ListVisitor { cx, wrappers: &[], depth: 0, _type: PhantomData })
    }
}

/// Reads one value out of an object with a wrapper.
struct Unwrap<'c, T> {
    cx: &'c mut Context,
    wrappers: &'static [&'static str],
    _type: PhantomData<T>,
}

impl<T> Unwrap<'_, T> {
    fn expected(&self) -> String {
        format!("an object with `{}`", self.wrappers.join("` or `"))
    }

    fn scalar(self, scalar: Scalar<'_>) -> Option<T> {
        let expected = self.expected();
        self.cx.mismatch(&expected, scalar.describe());
        None
    }
}

impl<'de, T: Decode> DeserializeSeed<'de> for Unwrap<'_, T> {
    type Value = Option<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Decode> Visitor<'de> for Unwrap<'_, T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    visit_scalars!();

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        drain_seq(seq)?;
        let expected = self.expected();
        self.cx.mismatch(&expected, "an array");
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<Key<'de>>()? {
            match self.wrappers.iter().find(|name| **name == key.as_str()) {
                Some(name) => self.cx.field(name, &mut found, &mut map)?,
                None => self.cx.unknown_field(key.as_str(), &mut map)?,
            }
        }
        if found.is_none() {
            let expected = self.expected();
            self.cx.mismatch(&expected, "another object");
        }
        Ok(found)
    }
}

/// Reads an object as a map from its keys to `T`, leaving out what cannot be read.
pub(crate) fn decode_map<'de, T: Decode, D: Deserializer<'de>>(
    deserializer: D,
    cx: &mut Context,
) -> Result<Option<Vec<(String, T)>>, D::Error> {
    deserializer.deserialize_any(MapVisitor { cx, _type: PhantomData })
}

struct MapVisitor<'c, T> {
    cx: &'c mut Context,
    _type: PhantomData<T>,
}

impl<T> MapVisitor<'_, T> {
    fn scalar(self, scalar: Scalar<'_>) -> Option<Vec<(String, T)>> {
        self.cx.mismatch("an object", scalar.describe());
        None
    }
}

impl<'de, T: Decode> Visitor<'de> for MapVisitor<'_, T> {
    type Value = Option<Vec<(String, T)>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    visit_scalars!();

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        drain_seq(seq)?;
        self.cx.mismatch("an object", "an array");
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<Key<'de>>()? {
            self.cx.path.push(Segment::Key(key.as_str().into()));
            let value = map.next_value_seed(Seed::<T>::new(self.cx))?;
            self.cx.path.pop();
            if let Some(value) = value {
                entries.push((key.as_str().to_owned(), value));
            }
        }
        Ok(Some(entries))
    }
}
