//! What is known while a body is being read.

use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess};

use super::Decode;
use crate::{
    Drift, DriftKind,
    drift::{Segment, exact_path, shorten},
};

/// What is known while a body is being read: where we are, and what was unexpected so far.
#[derive(Debug, Default)]
pub struct Context {
    pub(super) path: Vec<Segment>,
    pub(super) drift: Drift,
    pub(super) problem: Option<(String, String)>,
    problems: u64,
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

    /// Reads the value of a field under another of its names, which counts only where the first is missing.
    pub(crate) fn alias<'de, T: Decode, A: MapAccess<'de>>(
        &mut self,
        name: &'static str,
        slot: &mut Option<T>,
        map: &mut A,
    ) -> Result<(), A::Error> {
        let mut value = None;
        self.field(name, &mut value, map)?;
        if slot.is_none() {
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
        self.problems += 1;
        // The last problem is the one that made a value useless in the end.
        self.problem =
            Some((exact_path(&self.path), format!("expected {expected}, found {}", shorten(found))));
    }

    /// How many values could not be what was expected so far.
    pub(crate) fn problems(&self) -> u64 {
        self.problems
    }

    pub(super) fn unreadable(&mut self) {
        self.drift.note(DriftKind::Unreadable, &self.path, None, String::new);
        self.problem.get_or_insert_with(|| (exact_path(&self.path), "the element is null".to_owned()));
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
    type Value = Option<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        T::decode(deserializer, self.cx)
    }
}
