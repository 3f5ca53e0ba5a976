//! Objects: models, wrapped values, and objects whose field names are data.

use std::{
    borrow::Cow,
    collections::{BTreeMap, btree_map::Entry},
    marker::PhantomData,
};

use serde::de::{DeserializeSeed, Deserializer, MapAccess};

use crate::decode::context::{Context, Decode, Seed, under_one_of};
use crate::decode::reader::{Reader, Reading};
use crate::decode::scalar::{Key, Scalar};
use crate::drift::{DriftKind, Segment};
use crate::field::{Field, UNREADABLE};

/// An object of the API. Implemented by the `model!` macro.
pub(crate) trait Model: Sized {
    /// The noun for messages: "a node".
    const EXPECTED: &'static str;
    /// The fields read so far.
    type Partial: Default;

    /// Reads the value of `key`. Returns `false` if the model has no such field.
    fn take<'de, A: MapAccess<'de>>(
        partial: &mut Self::Partial,
        key: &str,
        map: &mut A,
        cx: &mut Context,
    ) -> Result<bool, A::Error>;

    /// Returns the model, or the name of the missing field.
    fn finish(partial: Self::Partial) -> Result<Self, &'static str>;

    /// Returns the model for a bare value, which some responses have instead of an object.
    fn from_bare(_scalar: Scalar<'_>) -> Option<Self> {
        None
    }
}

/// [`Decode::decode`] of every [`Model`].
pub(crate) fn decode_model<'de, M: Model, D: Deserializer<'de>>(
    deserializer: D,
    cx: &mut Context,
) -> Result<Field<M>, D::Error> {
    Reading(ModelReader::<M>(cx, PhantomData)).deserialize(deserializer)
}

struct ModelReader<'c, M>(&'c mut Context, PhantomData<M>);

impl<'de, M: Model> Reader<'de> for ModelReader<'_, M> {
    type Output = M;

    fn expected(&self) -> Cow<'static, str> {
        M::EXPECTED.into()
    }

    fn context(&mut self) -> &mut Context {
        self.0
    }

    fn scalar(self, scalar: Scalar<'_>) -> Field<M> {
        match M::from_bare(scalar) {
            Some(model) => Field::Known(model),
            None => self.unexpected(scalar.describe()),
        }
    }

    fn map<A: MapAccess<'de>>(self, mut map: A) -> Result<Field<M>, A::Error> {
        let mut partial = M::Partial::default();
        let mut known = false;
        let mut empty = true;
        while let Some(key) = map.next_key::<Key<'de>>()? {
            empty = false;
            if M::take(&mut partial, key.as_str(), &mut map, self.0)? {
                known = true;
            } else {
                self.0.unknown_field(key.as_str(), &mut map)?;
            }
        }
        if !known && !empty {
            // An object with fields, but none of the model, is something else, such as a refusal. An empty object is
            // a model without known fields, if the model has no key.
            return Ok(self.unexpected("an object without any of its fields"));
        }
        Ok(match M::finish(partial) {
            Ok(model) => Field::Known(model),
            Err(missing) => self.unexpected(&format!("an object without `{missing}`")),
        })
    }
}

/// Reads a value that an object wraps.
pub(super) struct Unwrap<'c, T> {
    pub(super) cx: &'c mut Context,
    pub(super) wrappers: &'static [&'static str],
    pub(super) _type: PhantomData<T>,
}

impl<'de, T: Decode> Reader<'de> for Unwrap<'_, T> {
    type Output = T;

    fn expected(&self) -> Cow<'static, str> {
        format!("an object with `{}`", self.wrappers.join("` or `")).into()
    }

    fn context(&mut self) -> &mut Context {
        self.cx
    }

    fn map<A: MapAccess<'de>>(self, mut map: A) -> Result<Field<T>, A::Error> {
        let found = under_one_of(self.wrappers, self.cx, &mut map, |cx, map| {
            map.next_value_seed(Seed::<T>::new(cx))
        })?;
        match found {
            Field::Known(value) => Ok(Field::Known(value)),
            Field::Absent | Field::Unreadable => Ok(self.unexpected("another object")),
        }
    }
}

/// An object whose field names are data. Fields that are `null` are left out.
pub(crate) type Entries<T> = BTreeMap<String, Field<T>>;

/// Reads an object as a map from its keys to `T`. The last readable value of a repeated key counts.
pub(crate) fn decode_map<'de, T: Decode, D: Deserializer<'de>>(
    deserializer: D,
    cx: &mut Context,
) -> Result<Field<Entries<T>>, D::Error> {
    Reading(MapReader(cx, PhantomData)).deserialize(deserializer)
}

struct MapReader<'c, T>(&'c mut Context, PhantomData<T>);

impl<'de, T: Decode> Reader<'de> for MapReader<'_, T> {
    type Output = Entries<T>;

    fn expected(&self) -> Cow<'static, str> {
        "an object".into()
    }

    fn context(&mut self) -> &mut Context {
        self.0
    }

    fn map<A: MapAccess<'de>>(self, mut map: A) -> Result<Field<Entries<T>>, A::Error> {
        let mut entries = Entries::new();
        while let Some(key) = map.next_key::<Key<'de>>()? {
            let key = key.as_str();
            let value =
                self.0.inside(Segment::Key(key.into()), |cx| map.next_value_seed(Seed::<T>::new(cx)))?;
            if value.is_absent() {
                continue;
            }
            match entries.entry(key.to_owned()) {
                Entry::Vacant(place) => {
                    place.insert(value);
                }
                Entry::Occupied(mut known) => {
                    self.0.drift.note(DriftKind::DuplicateField, &self.0.path, Some(key), String::new);
                    known.get_mut().take_later(value);
                }
            }
        }
        if entries.contains_key(UNREADABLE) {
            return Ok(self.unexpected("an unreadable value"));
        }
        Ok(Field::Known(entries))
    }
}
