//! Objects whose field names are data.

use std::collections::{BTreeMap, BTreeSet, btree_map};
use std::iter::Map;

use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeMap};

use crate::decode::{self, Context, Decode, Entries, decode_map};
use crate::field::{Field, Marker};

/// An object of the API whose field names are data: the ids of nodes, the names of features.
///
/// Holds the readable entries in the order of their names, and the names of the unreadable ones.
///
/// ```
/// use plume_types::{ByName, Capability, Field};
///
/// let group: ByName<Capability> = serde_json::from_str(r#"{"upnp":{"disabled":true},"dmz":"?"}"#)?;
/// assert_eq!(group.get("upnp").map(|upnp| upnp.disabled), Some(Field::Known(true)));
/// assert_eq!(group.field("dmz"), Field::Unreadable);
/// assert_eq!(group.field("vpn"), Field::Absent);
///
/// // The same kind of object in a test of your own:
/// let scores = ByName::from_iter([("video", 4.5)]).with_unreadable(["gaming"]);
/// assert_eq!((scores.get("video"), scores.len()), (Some(&4.5), 1));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ByName<T> {
    entries: BTreeMap<String, T>,
    /// Never a name of `entries`.
    unreadable: BTreeSet<String>,
}

impl<T> ByName<T> {
    /// Returns the entry of this name, if it is known.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&T> {
        self.entries.get(name)
    }

    /// Returns the entry of this name, if it is known.
    #[must_use]
    pub fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        self.entries.get_mut(name)
    }

    /// Adds names of unreadable entries. Known entries with these names are dropped.
    #[must_use]
    pub fn with_unreadable(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        for name in names {
            let name = name.into();
            self.entries.remove(&name);
            self.unreadable.insert(name);
        }
        self
    }

    /// Returns the names of the unreadable entries.
    pub fn unreadable(&self) -> impl Iterator<Item = &str> {
        self.unreadable.iter().map(String::as_str)
    }

    /// Returns the entry of this name: absent, known or unreadable.
    #[must_use]
    pub fn field(&self, name: &str) -> Field<&T> {
        match self.get(name) {
            Some(value) => Field::Known(value),
            None if self.unreadable.contains(name) => Field::Unreadable,
            None => Field::Absent,
        }
    }

    pub(crate) fn of(entries: Entries<T>) -> Self {
        let mut by_name = Self::default();
        for (name, value) in entries {
            match value {
                Field::Known(value) => {
                    by_name.entries.insert(name, value);
                }
                Field::Unreadable => {
                    by_name.unreadable.insert(name);
                }
                Field::Absent => {}
            }
        }
        by_name
    }

    /// Returns the known entries.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.into_iter()
    }

    /// Returns the number of known entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns whether no entry is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl<T> Default for ByName<T> {
    fn default() -> Self {
        Self { entries: BTreeMap::new(), unreadable: BTreeSet::new() }
    }
}

impl<N: Into<String>, T> FromIterator<(N, T)> for ByName<T> {
    fn from_iter<I: IntoIterator<Item = (N, T)>>(entries: I) -> Self {
        let mut by_name = Self::default();
        by_name.extend(entries);
        by_name
    }
}

impl<N: Into<String>, T> Extend<(N, T)> for ByName<T> {
    /// Adds known entries. A name that was unreadable becomes known.
    fn extend<I: IntoIterator<Item = (N, T)>>(&mut self, entries: I) {
        for (name, value) in entries {
            let name = name.into();
            self.unreadable.remove(&name);
            self.entries.insert(name, value);
        }
    }
}

impl<T> IntoIterator for ByName<T> {
    type Item = (String, T);
    type IntoIter = btree_map::IntoIter<String, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a ByName<T> {
    type Item = (&'a str, &'a T);
    type IntoIter = Map<btree_map::Iter<'a, String, T>, fn((&'a String, &'a T)) -> (&'a str, &'a T)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.iter().map(|(name, value)| (name.as_str(), value))
    }
}

impl<'a, T> IntoIterator for &'a mut ByName<T> {
    type Item = (&'a str, &'a mut T);
    type IntoIter =
        Map<btree_map::IterMut<'a, String, T>, fn((&'a String, &'a mut T)) -> (&'a str, &'a mut T)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.iter_mut().map(|(name, value)| (name.as_str(), value))
    }
}

impl<T: Decode> Decode for ByName<T> {
    fn decode<'de, D: Deserializer<'de>>(deserializer: D, cx: &mut Context) -> Result<Field<Self>, D::Error> {
        Ok(decode_map(deserializer, cx)?.map(Self::of))
    }
}

impl<T: Serialize> Serialize for ByName<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.entries.len() + self.unreadable.len()))?;
        for (name, value) in &self.entries {
            map.serialize_entry(name, value)?;
        }
        for name in &self.unreadable {
            map.serialize_entry(name, &Marker)?;
        }
        map.end()
    }
}

impl<'de, T: Decode> Deserialize<'de> for ByName<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        decode::deserialize(deserializer)
    }
}
