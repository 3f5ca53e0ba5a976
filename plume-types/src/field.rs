//! A field of an answer that a verdict rests on.
//!
//! **`Field<T>` instead of `Option<T>` where absence decides something.** "No alerts" does not follow from alerts
//! that are not a list. A `Field` is absent, known or unreadable, and code that judges one must decide all three
//! cases; it is written so that it comes back as what it was. Fields that are only shown stay an `Option`.
//! (`plume-health/tests/health/unreadable.rs`)

use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::list::List;

/// A field of an answer: absent, known, or present with a value that cannot be read.
///
/// Fields that a verdict may rest on have this type instead of `Option`, so that code that judges them must
/// decide all three cases. "The node has no alerts" does not follow from an answer whose alerts are not a list.
///
/// Written as JSON, an unreadable field is `{"$unreadable": true}` and is read back as unreadable.
///
/// ```
/// use plume_types::{ConnectionState, Field, Node};
///
/// let node: Node = serde_json::from_str(r#"{"id":"TST1","connectionState":"connected","alerts":2}"#)?;
/// assert_eq!(node.connection_state, Field::Known(ConnectionState::Connected));
/// assert_eq!(node.alerts, Field::Unreadable);
/// assert_eq!(node.health, Field::Absent);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[expect(clippy::exhaustive_enums, reason = "code that judges a field must decide all three cases")]
pub enum Field<T> {
    /// The answer does not have it, or says `null`.
    #[default]
    Absent,
    /// It was read.
    Known(T),
    /// It is present and cannot be what it should be.
    Unreadable,
}

impl<T> Field<T> {
    /// The value, if known. Code that decides something by the missing of a value matches all cases instead.
    #[must_use]
    pub fn known(&self) -> Option<&T> {
        self.as_ref().into_known()
    }

    /// The value itself, if known.
    #[must_use]
    pub fn into_known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent | Self::Unreadable => None,
        }
    }

    /// Whether the answer does not have it.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Whether it is present and cannot be read.
    #[must_use]
    pub fn is_unreadable(&self) -> bool {
        matches!(self, Self::Unreadable)
    }

    /// The same with a reference to the value.
    #[must_use]
    pub fn as_ref(&self) -> Field<&T> {
        match self {
            Self::Known(value) => Field::Known(value),
            Self::Absent => Field::Absent,
            Self::Unreadable => Field::Unreadable,
        }
    }

    /// The same with another value.
    #[must_use]
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Field<U> {
        self.and_then(|value| Field::Known(change(value)))
    }

    /// A field inside the value: unreadable where either is, absent where either is.
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

    /// Known, or unreadable for want of a value.
    pub(crate) fn or_unreadable(value: Option<T>) -> Self {
        value.map_or(Self::Unreadable, Self::Known)
    }

    /// Takes what stands later in the answer under the same name. The last readable value counts.
    pub(crate) fn take_later(&mut self, later: Self) {
        if matches!((&later, &*self), (Self::Known(_), _) | (Self::Unreadable, Self::Absent)) {
            *self = later;
        }
    }

    /// This one if known, else the first known of its other names, else unreadable if one of them is.
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
    /// The readable elements, and how many there are that could not be read: one if the whole is no list.
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

/// The name under which an unreadable value is written.
pub(crate) const UNREADABLE: &str = "$unreadable";

/// Written where a value could not be read, so that it does not come back as absent.
pub(crate) struct Marker;

impl Serialize for Marker {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(UNREADABLE, &true)?;
        map.end()
    }
}

/// The two ways in which a model keeps a field: `Option` where its absence decides nothing, else [`Field`].
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
