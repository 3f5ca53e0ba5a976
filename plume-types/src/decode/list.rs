//! Lists, bare or wrapped.

use std::{fmt, marker::PhantomData};

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::{
    Context, Decode,
    context::Seed,
    object::Key,
    scalar::{Scalar, drain_map, visit_scalars},
};
use crate::{List, drift::Segment};

/// Room for so many elements is made for the first one.
const FIRST_ROOM: usize = 4;

/// Reads a list; with `wrappers`, also one inside objects under one of those names.
pub(super) struct ListVisitor<'c, T> {
    pub(super) cx: &'c mut Context,
    pub(super) wrappers: &'static [&'static str],
    pub(super) depth: u8,
    pub(super) _type: PhantomData<T>,
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
                Some(element) => {
                    if items.capacity() == 0 {
                        // Large elements would begin with room for one, and be moved at each doubling.
                        items.reserve_exact(FIRST_ROOM);
                    }
                    items.push(element);
                }
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
        if self.wrappers.is_empty() || self.depth >= 2 {
            drain_map(map)?;
            let expected = self.expected();
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
            let expected = self.expected();
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
