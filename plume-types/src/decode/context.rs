//! The state of reading a body.

use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess};

use crate::decode::scalar::Key;
use crate::drift::{Drift, DriftKind, Path, Segment, shorten};
use crate::field::Field;

/// A type that is read tolerantly: the models, ids, open enums, collections and scalar types of this crate, and
/// [`serde_json::Value`].
///
/// Sealed: the trait cannot be implemented outside of this crate. For a type of your own use
/// [`custom`](super::custom).
///
/// ```compile_fail
/// struct Mine;
///
/// impl plume_types::decode::Decode for Mine {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not one of the types that `plume_types` decodes",
    label = "not a model, id, open enum, collection or scalar of `plume_types`",
    note = "a type of your own that implements `serde::Deserialize` is read by `plume_types::decode::custom`"
)]
pub trait Decode: Sized {
    /// Reads one value. `Field::Unreadable` has been noted as drift; `Err` means JSON that cannot be parsed further.
    // The type of `cx` has no public name, which seals the trait.
    #[doc(hidden)]
    fn decode<'de, D: Deserializer<'de>>(deserializer: D, cx: &mut Context) -> Result<Field<Self>, D::Error>;
}

/// Implements serde's `deserialize` by [`Decode`], for the serde implementations of the models.
pub(crate) fn deserialize<'de, T: Decode, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let mut cx = Context::default();
    let value = T::decode(deserializer, &mut cx)?;
    value.into_known().ok_or_else(|| match cx.problem {
        Some((path, message)) => D::Error::custom(format!("{message} (at {path})")),
        None => D::Error::custom("unexpected null"),
    })
}

/// The state of reading a body: the current place, and what was unexpected so far.
#[derive(Debug, Default)]
pub struct Context {
    pub(super) path: Path,
    pub(super) drift: Drift,
    pub(super) problem: Option<(String, String)>,
    /// Whether a number had more digits than the parser keeps.
    pub(super) lost_digits: bool,
}

impl Context {
    /// Reads the value of a named field into `slot`. Of a repeated field the last readable value counts.
    pub(crate) fn field<'de, T: Decode, A: MapAccess<'de>>(
        &mut self,
        name: &'static str,
        slot: &mut Field<T>,
        map: &mut A,
    ) -> Result<(), A::Error> {
        if !slot.is_absent() {
            self.drift.note(DriftKind::DuplicateField, &self.path, Some(name), String::new);
        }
        let value = self.inside(Segment::Field(name), |cx| map.next_value_seed(Seed::<T>::new(cx)))?;
        slot.take_later(value);
        Ok(())
    }

    /// Reads the value one step below.
    pub(super) fn inside<T, E>(
        &mut self,
        step: Segment,
        read: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.path.push(step);
        // Not popped if the parser fails: the path then is the place of the failure.
        let value = read(self)?;
        self.path.pop();
        Ok(value)
    }

    /// Reads and discards a field that the model does not have.
    pub(crate) fn unknown_field<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        map: &mut A,
    ) -> Result<(), A::Error> {
        self.drift.note(DriftKind::UnknownField, &self.path, Some(name), String::new);
        map.next_value::<IgnoredAny>()?;
        Ok(())
    }

    /// Notes a word that the enum does not know.
    pub(crate) fn unknown_value(&mut self, word: &str) {
        self.drift.note(DriftKind::UnknownValue, &self.path, None, || word.to_owned());
    }

    /// Notes a placeholder for a missing value.
    pub(crate) fn placeholder(&mut self, found: &str) {
        self.drift.note(DriftKind::Placeholder, &self.path, None, || found.to_owned());
    }

    /// Notes a value of an unexpected kind.
    pub(crate) fn mismatch(&mut self, expected: &str, found: &str) {
        self.drift.note(DriftKind::WrongType, &self.path, None, || found.to_owned());
        // The last problem is the one that made the value unreadable.
        self.problem = Some((self.path.exact(), format!("expected {expected}, found {}", shorten(found))));
    }

    pub(super) fn unreadable(&mut self) {
        self.drift.note(DriftKind::Unreadable, &self.path, None, String::new);
        self.problem.get_or_insert_with(|| (self.path.exact(), "the element is null".to_owned()));
    }
}

/// Carries the context into serde's readers of nested values.
pub(super) struct Seed<'c, T> {
    cx: &'c mut Context,
    _type: PhantomData<T>,
}

impl<'c, T> Seed<'c, T> {
    pub(super) fn new(cx: &'c mut Context) -> Self {
        Self { cx, _type: PhantomData }
    }
}

impl<'de, T: Decode> DeserializeSeed<'de> for Seed<'_, T> {
    type Value = Field<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        T::decode(deserializer, self.cx)
    }
}

/// Reads the value that an object has under one of several names, and ignores its other fields. The first of the
/// names with a readable value counts; of a repeated name, the last readable value.
pub(super) fn under_one_of<'de, T, A: MapAccess<'de>>(
    names: &'static [&'static str],
    cx: &mut Context,
    map: &mut A,
    read: impl Fn(&mut Context, &mut A) -> Result<Field<T>, A::Error>,
) -> Result<Field<T>, A::Error> {
    let mut best: Option<(usize, Field<T>)> = None;
    while let Some(key) = map.next_key::<Key<'de>>()? {
        let Some((rank, name)) = names.iter().enumerate().find(|(_, name)| **name == key.as_str()) else {
            cx.unknown_field(key.as_str(), map)?;
            continue;
        };
        let repeated = best.as_ref().is_some_and(|(known, value)| *known == rank && !value.is_absent());
        if repeated {
            cx.drift.note(DriftKind::DuplicateField, &cx.path, Some(name), String::new);
        }
        let value = cx.inside(Segment::Field(name), |cx| read(cx, map))?;
        match &mut best {
            None => best = Some((rank, value)),
            Some((known, best)) if rank < *known && value.known().is_some() => {
                (*known, *best) = (rank, value);
            }
            Some((known, best)) if rank == *known || best.known().is_none() => {
                best.take_later(value);
                if rank > *known && best.known().is_some() {
                    *known = rank;
                }
            }
            Some(_) => {}
        }
    }
    Ok(best.map_or(Field::Absent, |(_, value)| value))
}
