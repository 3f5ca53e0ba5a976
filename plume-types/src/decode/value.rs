//! JSON whose form is not known, at any depth.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, map::Entry};

use super::{
    Context, Decode,
    scalar::{EXACT_BELOW, drain_map, drain_seq},
};
use crate::{DriftKind, Field, field::UNREADABLE};

/// What is nested deeper is replaced by a mark: the parser would give up the whole body at 128 levels.
pub(crate) const MAX_DEPTH: usize = 64;

impl Decode for Value {
    fn decode<'de, D: Deserializer<'de>>(deserializer: D, cx: &mut Context) -> Result<Field<Self>, D::Error> {
        let value = Any { cx, depth: 0 }.deserialize(deserializer)?;
        Ok(if value.is_null() { Field::Absent } else { Field::Known(value) })
    }
}

/// Reads any value.
struct Any<'c> {
    cx: &'c mut Context,
    depth: usize,
}

impl Any<'_> {
    fn inner(&mut self) -> Any<'_> {
        Any { cx: self.cx, depth: self.depth + 1 }
    }

    fn too_deep(self) -> Value {
        self.cx.mismatch("a value of fewer levels", "a value nested too deep");
        serde_json::json!({ UNREADABLE: true })
    }
}

impl<'de> DeserializeSeed<'de> for Any<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Any<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        self.cx.lost_digits |= value.abs() >= EXACT_BELOW;
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<Value, A::Error> {
        if self.depth == MAX_DEPTH {
            drain_seq(seq)?;
            return Ok(self.too_deep());
        }
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(self.inner())? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Value, A::Error> {
        if self.depth == MAX_DEPTH {
            drain_map(map)?;
            return Ok(self.too_deep());
        }
        let mut object = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let value = map.next_value_seed(self.inner())?;
            match object.entry(key) {
                Entry::Vacant(place) => {
                    place.insert(value);
                }
                // As with a field of a model: `null` does not take back what was said before.
                Entry::Occupied(mut known) => {
                    self.cx.drift.note(
                        DriftKind::DuplicateField,
                        &self.cx.path,
                        Some(known.key()),
                        String::new,
                    );
                    if !value.is_null() {
                        known.insert(value);
                    }
                }
            }
        }
        Ok(Value::Object(object))
    }
}
