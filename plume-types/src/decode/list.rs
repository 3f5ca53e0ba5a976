//! Lists, bare or wrapped.

use std::{borrow::Cow, marker::PhantomData};

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess};

use crate::decode::context::{Context, Decode, Seed, deserialize, under_one_of};
use crate::decode::reader::{Reader, Reading, drain_map};
use crate::drift::Segment;
use crate::field::Field;
use crate::list::List;

/// Capacity of a list when its first element is pushed.
const FIRST_ROOM: usize = 4;

/// Reads a list, bare or inside objects under one of `wrappers`.
pub(super) struct ListReader<'c, T> {
    cx: &'c mut Context,
    wrappers: &'static [&'static str],
    depth: u8,
    _type: PhantomData<T>,
}

impl<'c, T> ListReader<'c, T> {
    pub(super) fn new(cx: &'c mut Context, wrappers: &'static [&'static str]) -> Self {
        Self { cx, wrappers, depth: 0, _type: PhantomData }
    }
}

impl<'de, T: Decode> Reader<'de> for ListReader<'_, T> {
    type Output = List<T>;

    fn expected(&self) -> Cow<'static, str> {
        match self.wrappers {
            [] => "an array".into(),
            names => format!("an array, or an object with one under `{}`", names.join("`, `")).into(),
        }
    }

    fn context(&mut self) -> &mut Context {
        self.cx
    }

    fn seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Field<List<T>>, A::Error> {
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
                Field::Known(element) => {
                    if items.capacity() == 0 {
                        // A vector of large elements would begin with a capacity of 1 and move them at each doubling.
                        items.reserve_exact(FIRST_ROOM);
                    }
                    items.push(element);
                }
                Field::Absent | Field::Unreadable => {
                    self.cx.unreadable();
                    unreadable += 1;
                }
            }
            self.cx.path.pop();
            index += 1;
        }
        Ok(Field::Known(List::from(items).with_unreadable(unreadable)))
    }

    fn map<A: MapAccess<'de>>(self, mut map: A) -> Result<Field<List<T>>, A::Error> {
        let Self { wrappers, depth, .. } = self;
        if wrappers.is_empty() || depth >= 2 {
            drain_map(map)?;
            return Ok(self.unexpected("an object"));
        }
        let found = under_one_of(wrappers, self.cx, &mut map, |cx, map| {
            map.next_value_seed(Reading(ListReader { cx, wrappers, depth: depth + 1, _type: PhantomData }))
        })?;
        match found {
            Field::Known(list) => Ok(Field::Known(list)),
            Field::Absent => Ok(self.unexpected("an object without a list in it")),
            // The value under the wrapper has been noted.
            Field::Unreadable => Ok(Field::Unreadable),
        }
    }
}

impl<T: Decode> Decode for List<T> {
    fn decode<'de, D: Deserializer<'de>>(deserializer: D, cx: &mut Context) -> Result<Field<Self>, D::Error> {
        Reading(ListReader::new(cx, &[])).deserialize(deserializer)
    }
}

impl<'de, T: Decode> serde::Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize(deserializer)
    }
}
