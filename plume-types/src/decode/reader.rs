//! Readers for values of an expected kind.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::decode::context::Context;
use crate::decode::scalar::Scalar;
use crate::field::Field;

/// A reader for one kind of value. Every other kind is noted as a mismatch; `null` is absent.
pub(crate) trait Reader<'de>: Sized {
    /// The type of the value.
    type Output;

    /// The noun for messages: "a node".
    fn expected(&self) -> Cow<'static, str>;

    fn context(&mut self) -> &mut Context;

    /// Notes a value of another kind.
    fn unexpected(mut self, found: &str) -> Field<Self::Output> {
        let expected = self.expected();
        self.context().mismatch(&expected, found);
        Field::Unreadable
    }

    fn scalar(self, scalar: Scalar<'_>) -> Field<Self::Output> {
        self.unexpected(scalar.describe())
    }

    fn seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Field<Self::Output>, A::Error> {
        drain_seq(seq)?;
        Ok(self.unexpected("an array"))
    }

    fn map<A: MapAccess<'de>>(self, map: A) -> Result<Field<Self::Output>, A::Error> {
        drain_map(map)?;
        Ok(self.unexpected("an object"))
    }
}

/// A [`Reader`] as a visitor and seed of serde.
pub(crate) struct Reading<R>(pub(crate) R);

impl<'de, R: Reader<'de>> DeserializeSeed<'de> for Reading<R> {
    type Value = Field<R::Output>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, R: Reader<'de>> Visitor<'de> for Reading<R> {
    type Value = Field<R::Output>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.expected())
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(self.0.scalar(Scalar::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(self.0.scalar(Scalar::Signed(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(self.0.scalar(Scalar::Unsigned(value)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(self.0.scalar(Scalar::Float(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(self.0.scalar(Scalar::Text(value)))
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

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        self.0.seq(seq)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        self.0.map(map)
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

/// A type that is read from one scalar value.
pub(crate) trait FromScalar: Sized {
    /// The noun for messages: "a date and time".
    const EXPECTED: &'static str;

    /// Returns the value: absent if the scalar is a placeholder, unreadable if it is not a value of this type.
    fn from_scalar(scalar: Scalar<'_>, cx: &mut Context) -> Field<Self>;
}

/// [`Decode::decode`](crate::decode::Decode::decode) of every [`FromScalar`] type.
pub(crate) fn decode_scalar<'de, T: FromScalar, D: Deserializer<'de>>(
    deserializer: D,
    cx: &mut Context,
) -> Result<Field<T>, D::Error> {
    Reading(ScalarReader::<T>(cx, PhantomData)).deserialize(deserializer)
}

struct ScalarReader<'c, T>(&'c mut Context, PhantomData<T>);

impl<T: FromScalar> Reader<'_> for ScalarReader<'_, T> {
    type Output = T;

    fn expected(&self) -> Cow<'static, str> {
        T::EXPECTED.into()
    }

    fn context(&mut self) -> &mut Context {
        self.0
    }

    fn scalar(self, scalar: Scalar<'_>) -> Field<T> {
        self.0.lost_digits |= scalar.may_have_lost_digits();
        let value = T::from_scalar(scalar, self.0);
        match value {
            Field::Unreadable => self.0.mismatch(T::EXPECTED, scalar.describe()),
            Field::Absent => self.0.placeholder(scalar.describe()),
            Field::Known(_) => {}
        }
        value
    }
}
