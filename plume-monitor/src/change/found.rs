//! Field by field comparison: values in both snapshots, in one, or unusable.

use plume_health::{Subject, known};
use plume_types::{Field, Part};
use serde_json::Value;

use crate::change::changes::{Change, ChangeKind, ComparedPart, Moment, NotCompared};
use crate::change::phrases;

/// The differences found so far.
#[derive(Default)]
pub(super) struct Found {
    pub(super) changes: Vec<Change>,
    pub(super) not_compared: Vec<NotCompared>,
}

/// The combined value of the records of one thing.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Observed<T> {
    /// No value.
    Nothing,
    /// An unusable value, with the reason.
    Unusable(String),
    Value(T),
}

impl<T: PartialEq> Observed<T> {
    pub(super) fn of(value: Option<T>) -> Self {
        value.map_or(Self::Nothing, Self::Value)
    }

    /// Returns the value that all records with a value agree on.
    pub(super) fn agreed(values: impl Iterator<Item = Option<T>>) -> Self {
        values.flatten().map(Self::Value).fold(Self::Nothing, |observed, value| match observed {
            Self::Nothing => value,
            observed if observed == value => observed,
            _ => Self::Unusable(phrases::CONTRADICTION.to_owned()),
        })
    }

    /// Returns the agreed value of fields. An unreadable one makes the value unusable.
    pub(super) fn agreed_fields(fields: impl Iterator<Item = Field<T>>, unreadable: &str) -> Self {
        let mut is_readable = true;
        let known = fields.inspect(|field| is_readable &= !field.is_unreadable()).map(Field::into_known);
        let observed = Self::agreed(known);
        if is_readable { observed } else { Self::Unusable(unreadable.to_owned()) }
    }

    pub(super) fn map<U>(self, change: impl FnOnce(T) -> U) -> Observed<U> {
        match self {
            Self::Nothing => Observed::Nothing,
            Self::Unusable(reason) => Observed::Unusable(reason),
            Self::Value(value) => Observed::Value(change(value)),
        }
    }
}

impl Found {
    pub(super) fn change(&mut self, kind: ChangeKind, subject: &Subject, before: Text, after: Text) {
        let message = phrases::change(kind, &subject.name, before.shown.as_deref(), after.shown.as_deref());
        let subject = subject.clone();
        self.changes.push(Change { kind, subject, before: before.value, after: after.value, message });
    }

    /// Compares one field. A value in only one snapshot is noted, in neither it is not.
    pub(super) fn field<T: PartialEq>(
        &mut self,
        (part, kind): (ComparedPart, ChangeKind),
        subject: &Subject,
        (before, after): (Observed<T>, Observed<T>),
        text: impl Fn(&T) -> Text,
    ) {
        match (before, after) {
            (Observed::Nothing, Observed::Nothing) => {}
            (Observed::Value(before), Observed::Value(after)) => {
                if before != after {
                    self.change(kind, subject, text(&before), text(&after));
                }
            }
            (before, after) => {
                for (observed, moment) in [(before, Moment::Before), (after, Moment::After)] {
                    let reason = match observed {
                        Observed::Value(_) => continue,
                        Observed::Nothing => phrases::MISSING.to_owned(),
                        Observed::Unusable(reason) => reason,
                    };
                    self.not_compared.push(NotCompared {
                        part,
                        subject: Some(subject.clone()),
                        kind: Some(kind),
                        moment: Some(moment),
                        reason,
                    });
                }
            }
        }
    }

    /// Returns both values, or nothing and a note for each unknown one.
    pub(super) fn both<'a, T>(
        &mut self,
        part: ComparedPart,
        before: &'a Part<T>,
        after: &'a Part<T>,
    ) -> Option<(&'a T, &'a T)> {
        let mut side = |value, moment| match known(value) {
            Ok(value) => Some(value),
            Err(reason) => {
                let moment = Some(moment);
                self.not_compared.push(NotCompared { part, subject: None, kind: None, moment, reason });
                None
            }
        };
        let before = side(before, Moment::Before);
        let after = side(after, Moment::After);
        before.zip(after)
    }
}

/// A value for machines, with its form in a sentence.
pub(super) struct Text {
    pub(super) value: Value,
    pub(super) shown: Option<String>,
}

impl Text {
    pub(super) const NONE: Self = Self { value: Value::Null, shown: None };

    pub(super) fn word(word: &str) -> Self {
        Self::named(word, word)
    }

    pub(super) fn named(id: &str, name: &str) -> Self {
        Self { value: Value::from(id), shown: Some(name.to_owned()) }
    }
}
