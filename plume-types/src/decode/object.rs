//! Objects: models, values inside a wrapper, and objects whose field names are data.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    fmt,
    marker::PhantomData,
};

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::decode::context::{Context, Decode, Seed, under_one_of};
use crate::decode::key::Key;
use crate::decode::scalar::{Scalar, drain_seq, visit_scalars};
use crate::drift::{DriftKind, Segment};
use crate::field::{Field, UNREADABLE};

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
) -> Result<Field<M>, D::Error> {
    deserializer.deserialize_any(ModelVisitor::<M> { cx, _type: PhantomData })
}

struct ModelVisitor<'c, M> {
    cx: &'c mut Context,
    _type: PhantomData<M>,
}

impl<M: Model> ModelVisitor<'_, M> {
    fn scalar(self, scalar: Scalar<'_>) -> Field<M> {
        let value = M::from_bare(scalar);
        if value.is_none() {
            self.cx.mismatch(M::EXPECTED, scalar.describe());
        }
        Field::or_unreadable(value)
    }
}

impl<'de, M: Model> Visitor<'de> for ModelVisitor<'_, M> {
    type Value = Field<M>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(M::EXPECTED)
    }

    visit_scalars!();

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        drain_seq(seq)?;
        self.cx.mismatch(M::EXPECTED, "an array");
        Ok(Field::Unreadable)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut partial = M::Partial::default();
        let mut known = false;
        let mut empty = true;
        while let Some(key) = map.next_key::<Key<'de>>()? {
            empty = false;
            if M::take(&mut partial, key.as_str(), &mut map, self.cx)? {
                known = true;
            } else {
                self.cx.unknown_field(key.as_str(), &mut map)?;
            }
        }
        if !known && !empty {
            // An object with fields, but none of ours, is something else: a refusal, another answer. An empty
            // one says that nothing is known, which only a model without a key can be.
            self.cx.mismatch(M::EXPECTED, "an object without any of its fields");
            return Ok(Field::Unreadable);
        }
        match M::finish(partial) {
            Ok(model) => Ok(Field::Known(model)),
            Err(missing) => {
                self.cx.mismatch(M::EXPECTED, &format!("an object without `{missing}`"));
                Ok(Field::Unreadable)
            }
        }
    }
}

/// Reads one value out of an object with a wrapper.
pub(super) struct Unwrap<'c, T> {
    pub(super) cx: &'c mut Context,
    pub(super) wrappers: &'static [&'static str],
    pub(super) _type: PhantomData<T>,
}

impl<T> Unwrap<'_, T> {
    fn unexpected(self, found: &str) -> Field<T> {
        let expected = format!("an object with `{}`", self.wrappers.join("` or `"));
        self.cx.mismatch(&expected, found);
        Field::Unreadable
    }

    fn scalar(self, scalar: Scalar<'_>) -> Field<T> {
        self.unexpected(scalar.describe())
    }
}

impl<'de, T: Decode> DeserializeSeed<'de> for Unwrap<'_, T> {
    type Value = Field<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Decode> Visitor<'de> for Unwrap<'_, T> {
    type Value = Field<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    visit_scalars!();

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        drain_seq(seq)?;
        Ok(self.unexpected("an array"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
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
    deserializer.deserialize_any(MapVisitor { cx, _type: PhantomData })
}

struct MapVisitor<'c, T> {
    cx: &'c mut Context,
    _type: PhantomData<T>,
}

impl<T> MapVisitor<'_, T> {
    fn scalar(self, scalar: Scalar<'_>) -> Field<Entries<T>> {
        self.cx.mismatch("an object", scalar.describe());
        Field::Unreadable
    }
}

impl<'de, T: Decode> Visitor<'de> for MapVisitor<'_, T> {
    type Value = Field<Entries<T>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    visit_scalars!();

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        drain_seq(seq)?;
        self.cx.mismatch("an object", "an array");
        Ok(Field::Unreadable)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Entries::new();
        while let Some(key) = map.next_key::<Key<'de>>()? {
            let key = key.as_str();
            let value =
                self.cx.inside(Segment::Key(key.into()), |cx| map.next_value_seed(Seed::<T>::new(cx)))?;
            if value.is_absent() {
                continue;
            }
            match entries.entry(key.to_owned()) {
                Entry::Vacant(place) => {
                    place.insert(value);
                }
                Entry::Occupied(mut known) => {
                    self.cx.drift.note(DriftKind::DuplicateField, &self.cx.path, Some(key), String::new);
                    known.get_mut().take_later(value);
                }
            }
        }
        if entries.contains_key(UNREADABLE) {
            self.cx.mismatch("an object", "an unreadable value");
            return Ok(Field::Unreadable);
        }
        Ok(Field::Known(entries))
    }
}
