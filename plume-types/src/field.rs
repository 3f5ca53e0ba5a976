//! A field of a response that a verdict depends on.
//!
//! **`Field<T>` instead of `Option<T>` where absence decides something.** "No alerts" does not follow from alerts
//! that are not a list. A `Field` is absent, known or unreadable, and code that evaluates one must handle all three
//! cases; all three round-trip through JSON. Fields that are only shown are an `Option`.
//! (`plume-health/tests/health/unreadable.rs`)

use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::list::List;

/// A field of a response: absent, known, or present with a value that cannot be read.
///
/// Fields that a verdict can depend on have this type instead of `Option`, so that code that evaluates them must
/// handle all three cases. "The node has no alerts" does not follow from a response whose alerts are not a list.
///
/// Written as JSON, an unreadable field is `{"$unreadable": true}`, and is read back as unreadable.
///
/// A field compares with a value: it is equal only if it is known and has this value.
///
/// ```
/// use plume_types::{ConnectionState, Field, Node};
///
/// let node: Node = serde_json::from_str(r#"{"id":"TST1","connectionState":"connected","alerts":2}"#)?;
/// assert_eq!(node.connection_state, ConnectionState::Connected);
/// assert_eq!(node.connection_state.known(), Some(&ConnectionState::Connected));
/// assert_eq!(node.alerts, Field::Unreadable);
/// assert_eq!(node.health, Field::Absent);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[expect(clippy::exhaustive_enums, reason = "code that judges a field must handle all three cases")]
pub enum Field<T> {
    /// The response does not have the field, or it is `null`.
    #[default]
    Absent,
    /// The field was read.
    Known(T),
    /// The field is present with a value that is not of the expected kind.
    Unreadable,
}

impl<T> Field<T> {
    /// Returns the value, if known. If the absence of a value decides something, match all three cases instead.
    #[must_use]
    pub fn known(&self) -> Option<&T> {
        self.as_ref().into_known()
    }

    /// Returns the value itself, if known.
    #[must_use]
    pub fn into_known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent | Self::Unreadable => None,
        }
    }

    /// Returns whether the value is known.
    #[must_use]
    pub fn is_known(&self) -> bool {
        matches!(self, Self::Known(_))
    }

    /// Returns whether the value is known and matches.
    ///
    /// ```
    /// use plume_types::Field;
    ///
    /// assert!(Field::from(3).is_known_and(|value| value > 2));
    /// assert!(!Field::<i32>::Unreadable.is_known_and(|_| true));
    /// ```
    #[must_use]
    pub fn is_known_and(self, matches: impl FnOnce(T) -> bool) -> bool {
        self.into_known().is_some_and(matches)
    }

    /// Returns whether the response does not have the field.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Returns whether the field is present and cannot be read.
    #[must_use]
    pub fn is_unreadable(&self) -> bool {
        matches!(self, Self::Unreadable)
    }

    /// Returns the field with a reference to its value.
    #[must_use]
    pub fn as_ref(&self) -> Field<&T> {
        match self {
            Self::Known(value) => Field::Known(value),
            Self::Absent => Field::Absent,
            Self::Unreadable => Field::Unreadable,
        }
    }

    /// Returns the field with a changed value, if known.
    #[must_use]
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Field<U> {
        self.and_then(|value| Field::Known(change(value)))
    }

    /// Returns a field of the value. If this field is absent or unreadable, so is the result.
    ///
    /// ```
    /// use plume_types::{Field, Location};
    ///
    /// let home: Location = serde_json::from_str(r#"{"id":"5f","networkStatus":{"status":["online"]}}"#)?;
    /// let status = home.network_status.as_ref().and_then(|network| network.status.as_ref());
    /// assert_eq!(status, Field::Unreadable);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn and_then<U>(self, inner: impl FnOnce(T) -> Field<U>) -> Field<U> {
        match self {
            Self::Known(value) => inner(value),
            Self::Absent => Field::Absent,
            Self::Unreadable => Field::Unreadable,
        }
    }

    /// Returns a known field, or an unreadable one if there is no value.
    pub(crate) fn or_unreadable(value: Option<T>) -> Self {
        value.map_or(Self::Unreadable, Self::Known)
    }

    /// Takes a later value of the same name. The last readable value counts.
    pub(crate) fn take_later(&mut self, later: Self) {
        if matches!((&later, &*self), (Self::Known(_), _) | (Self::Unreadable, Self::Absent)) {
            *self = later;
        }
    }

    /// Returns this field if known, else the first known of `others`, else unreadable if any of them is.
    pub(crate) fn or_first<const N: usize>(mut self, others: [Self; N]) -> Self {
        for other in others {
            if self.known().is_none() {
                self.take_later(other);
            }
        }
        self
    }
}

impl<T> Field<List<T>> {
    /// Returns the readable elements and the number of unreadable ones, which is 1 if the whole is not a list.
    ///
    /// ```
    /// use plume_types::Node;
    ///
    /// let read = |json: &str| serde_json::from_str::<Node>(json).map(|node| {
    ///     let (alerts, unreadable) = node.alerts.elements();
    ///     (alerts.len(), unreadable)
    /// });
    /// assert_eq!(read(r#"{"id":"TST1"}"#)?, (0, 0));
    /// assert_eq!(read(r#"{"id":"TST1","alerts":[{"type":"poorHealth"},17]}"#)?, (1, 1));
    /// assert_eq!(read(r#"{"id":"TST1","alerts":{"0":{"type":"poorHealth"}}}"#)?, (0, 1));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn elements(&self) -> (&[T], usize) {
        match self {
            Self::Known(list) => (list, list.unreadable()),
            Self::Absent => (&[], 0),
            Self::Unreadable => (&[], 1),
        }
    }
}

impl<T> From<T> for Field<T> {
    fn from(value: T) -> Self {
        Self::Known(value)
    }
}

/// The value, if known.
impl<T> From<Field<T>> for Option<T> {
    fn from(field: Field<T>) -> Self {
        field.into_known()
    }
}

/// Whether the field is known and has this value.
impl<T: PartialEq> PartialEq<T> for Field<T> {
    fn eq(&self, value: &T) -> bool {
        self.known() == Some(value)
    }
}

/// Whether the field is known and has this text.
impl PartialEq<str> for Field<String> {
    fn eq(&self, text: &str) -> bool {
        self.known().is_some_and(|known| known == text)
    }
}

/// Whether the field is known and has this text.
impl PartialEq<&str> for Field<String> {
    fn eq(&self, text: &&str) -> bool {
        self == *text
    }
}

impl<T: Clone> Field<&T> {
    /// Returns the field with a clone of its value.
    #[must_use]
    pub fn cloned(self) -> Field<T> {
        self.map(T::clone)
    }
}

/// The name of the marker that replaces an unreadable value.
pub(crate) const UNREADABLE: &str = "$unreadable";

/// Written in place of an unreadable value, so that it is not read back as absent.
pub(crate) struct Marker;

impl Serialize for Marker {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(UNREADABLE, &true)?;
        map.end()
    }
}

/// The two types of a model's field: [`Field`] if its absence decides something, else `Option`.
pub(crate) trait Slot<T> {
    fn of(field: Field<T>) -> Self;
    fn get(&self) -> Field<&T>;
}

impl<T> Slot<T> for Field<T> {
    fn of(field: Self) -> Self {
        field
    }

    fn get(&self) -> Field<&T> {
        self.as_ref()
    }
}

impl<T> Slot<T> for Option<T> {
    fn of(field: Field<T>) -> Self {
        field.into_known()
    }

    fn get(&self) -> Field<&T> {
        self.as_ref().map_or(Field::Absent, Field::Known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_known_field_equals_a_value() {
        let texts = ["a", "b"].map(|text| Field::Known(text.to_owned()));
        assert!(texts[0] == "a" && texts[0] == *"a");
        assert_eq!(texts[0], "a".to_owned());
        assert!(texts[1] != "a");
        for field in [Field::Absent, Field::Unreadable] {
            assert!(field != 0 && field != i32::default() && field != Field::Known(0));
            assert!(!field.is_known() && !field.is_known_and(|_| true));
            assert_eq!(Option::<i32>::from(field), None);
        }
        assert_eq!(Option::<i32>::from(Field::Known(7)), Some(7));
        assert_eq!(texts[0].as_ref().cloned(), texts[0]);
    }
}
