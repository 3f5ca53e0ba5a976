//! A list that remembers what could not be read.
//!
//! **`List<T>` instead of `Vec<T>`.** A list of which some elements could not be read must not pass for the whole.
//! `List` derefs to a slice and carries the number of unreadable elements; the health analysis never calls such a
//! home green.

use std::{fmt, ops::Deref};

use serde::{Serialize, Serializer, ser::SerializeSeq};

/// A list from the API, with the number of its elements that could not be read.
///
/// Behaves as a slice. A list with unreadable elements is still useful, but it must not be taken for the
/// whole truth: "none of the nodes is down" does not follow from a list in which one node was unreadable.
/// Written as JSON, an unreadable element is `null`, and is read back as one.
///
/// ```
/// use plume_types::{Node, decode};
///
/// let nodes = decode::list::<Node>(br#"[{"id":"TST1"}, 17]"#, &["nodes"])?.value;
/// assert_eq!(nodes.len(), 1);
/// assert_eq!(nodes.unreadable(), 1);
/// # Ok::<(), plume_types::DecodeError>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct List<T> {
    items: Vec<T>,
    unreadable: usize,
}

impl<T> List<T> {
    pub(crate) fn with_unreadable(items: Vec<T>, unreadable: usize) -> Self {
        Self { items, unreadable }
    }

    /// How many elements the answer had that could not be read.
    #[must_use]
    pub fn unreadable(&self) -> usize {
        self.unreadable
    }

    /// The readable elements.
    #[must_use]
    pub fn into_vec(self) -> Vec<T> {
        self.items
    }

    /// Whether the API said that there is nothing: no element at all, not even an unreadable one.
    #[must_use]
    pub fn is_known_empty(&self) -> bool {
        self.items.is_empty() && self.unreadable == 0
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { items: Vec::new(), unreadable: 0 }
    }
}

impl<T> From<Vec<T>> for List<T> {
    fn from(items: Vec<T>) -> Self {
        Self { items, unreadable: 0 }
    }
}

impl<T> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self::from(Vec::from_iter(items))
    }
}

impl<T> Deref for List<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.items
    }
}

impl<T> IntoIterator for List<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a List<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}

impl<T: fmt::Debug> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.items.fmt(f)?;
        if self.unreadable > 0 {
            write!(f, " (+{} unreadable)", self.unreadable)?;
        }
        Ok(())
    }
}

impl<T: Serialize> Serialize for List<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(Some(self.items.len() + self.unreadable))?;
        for item in &self.items {
            seq.serialize_element(item)?;
        }
        for _ in 0..self.unreadable {
            seq.serialize_element(&())?;
        }
        seq.end()
    }
}
