//! A list with the number of its elements that could not be read.
//!
//! **`List<T>` instead of `Vec<T>`.** A list of which some elements could not be read must not pass for the whole.
//! `List` derefs to a slice and carries the number of unreadable elements; the health analysis never calls such a
//! home green.

use std::fmt;

use serde::{Serialize, Serializer, ser::SerializeSeq};

/// A list from the API, with the number of its elements that could not be read.
///
/// Derefs to a slice. A list with unreadable elements is useful, but "none of the nodes is down" does not follow from
/// a list in which one node was unreadable. Written as JSON, an unreadable element is `null`, and is read back as
/// unreadable.
///
/// ```
/// use plume_types::{List, Node, decode};
///
/// let nodes = decode::list::<Node>(br#"[{"id":"TST1"}, 17]"#, &["nodes"])?.value;
/// assert_eq!(nodes[0].id, "TST1");
/// assert_eq!((nodes.len(), nodes.unreadable()), (1, 1));
///
/// // The same in a test of your own:
/// assert_eq!(nodes, List::from([Node::new("TST1")]).with_unreadable(1));
/// # Ok::<(), plume_types::DecodeError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct List<T> {
    items: Vec<T>,
    unreadable: usize,
}

impl<T> List<T> {
    /// Sets the number of unreadable elements.
    #[must_use]
    pub fn with_unreadable(mut self, count: usize) -> Self {
        self.unreadable = count;
        self
    }

    /// Returns the number of elements of the response that could not be read.
    #[must_use]
    pub fn unreadable(&self) -> usize {
        self.unreadable
    }

    /// Returns the readable elements.
    #[must_use]
    pub fn into_vec(self) -> Vec<T> {
        self.items
    }

    /// Returns whether the API listed nothing: no element at all, not even an unreadable one.
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

/// Traits of slices and collections for a type with `From<Vec<T>>` that keeps its elements in the field `$items`.
macro_rules! slice_like {
    ($name:ident, $items:tt) => {
        impl<T, const N: usize> From<[T; N]> for $name<T> {
            fn from(items: [T; N]) -> Self {
                Self::from(Vec::from(items))
            }
        }

        impl<T> FromIterator<T> for $name<T> {
            fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
                Self::from(Vec::from_iter(items))
            }
        }

        impl<T> Extend<T> for $name<T> {
            fn extend<I: IntoIterator<Item = T>>(&mut self, items: I) {
                self.$items.extend(items);
            }
        }

        impl<T> std::ops::Deref for $name<T> {
            type Target = [T];

            fn deref(&self) -> &[T] {
                &self.$items
            }
        }

        impl<T> std::ops::DerefMut for $name<T> {
            fn deref_mut(&mut self) -> &mut [T] {
                &mut self.$items
            }
        }

        impl<T> AsRef<[T]> for $name<T> {
            fn as_ref(&self) -> &[T] {
                &self.$items
            }
        }

        impl<T> IntoIterator for $name<T> {
            type Item = T;
            type IntoIter = std::vec::IntoIter<T>;

            fn into_iter(self) -> Self::IntoIter {
                self.$items.into_iter()
            }
        }

        impl<'a, T> IntoIterator for &'a $name<T> {
            type Item = &'a T;
            type IntoIter = std::slice::Iter<'a, T>;

            fn into_iter(self) -> Self::IntoIter {
                self.iter()
            }
        }

        impl<'a, T> IntoIterator for &'a mut $name<T> {
            type Item = &'a mut T;
            type IntoIter = std::slice::IterMut<'a, T>;

            fn into_iter(self) -> Self::IntoIter {
                self.iter_mut()
            }
        }
    };
}
pub(crate) use slice_like;

impl<T> From<Vec<T>> for List<T> {
    fn from(items: Vec<T>) -> Self {
        Self { items, unreadable: 0 }
    }
}

slice_like!(List, items);

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
