//! JSON without a schema.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, map::Entry};

use crate::decode::context::{Context, Decode};
use crate::decode::reader::{drain_map, drain_seq};
use crate::decode::scalar::{EXACT_BELOW, is_quality};
use crate::drift::DriftKind;
use crate::field::{Field, UNREADABLE};

/// Maximum depth; a value nested deeper is replaced by a marker. The parser would reject the whole body at 128
/// levels.
pub(crate) const MAX_DEPTH: usize = 64;

impl Decode for Value {
    fn decode<'de, D: Deserializer<'de>>(deserializer: D, cx: &mut Context) -> Result<Field<Self>, D::Error> {
        let value = Any { cx, depth: 0 }.deserialize(deserializer)?;
        Ok(if value.is_null() { Field::Absent } else { Field::Known(value) })
    }
}

/// Returns whether a later value of a repeated field replaces an earlier one. Without a schema "readable" is not
/// defined, so a value of the same kind or of a more informative kind does: no scalar replaces a list, and no word a
/// number, unless it is a known quality.
fn counts_after(earlier: &Value, later: &Value) -> bool {
    let rank = |value: &Value| match value {
        Value::Null => 0,
        Value::Object(object) if object.contains_key(UNREADABLE) => 1,
        Value::Bool(_) => 2,
        Value::Array(items) if items.is_empty() => 3,
        Value::Object(object) if object.is_empty() => 3,
        Value::String(text) if text.trim().is_empty() => 3,
        Value::String(text) if text.trim().parse::<f64>().is_ok_and(f64::is_finite) => 5,
        Value::String(text) if is_quality(text) => 5,
        Value::String(_) => 4,
        Value::Number(_) => 5,
        Value::Array(_) | Value::Object(_) => 6,
    };
    let are_lists = earlier.is_array() && later.is_array();
    are_lists || rank(later) >= rank(earlier)
}

/// A reader for any value.
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
                // As in a model, the last readable value counts.
                Entry::Occupied(mut known) => {
                    self.cx.drift.note(
                        DriftKind::DuplicateField,
                        &self.cx.path,
                        Some(known.key()),
                        String::new,
                    );
                    if counts_after(known.get(), &value) {
                        known.insert(value);
                    }
                }
            }
        }
        Ok(Value::Object(object))
    }
}
