//! Objects whose field names are data.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeMap};

use crate::decode::{self, Context, Decode, Entries, decode_map};
use crate::field::{Field, Marker};

/// An object of the API whose field names are data: the ids of nodes, the names of features.
///
/// Entries that cannot be read are left out, and their names kept ([`ByName::unreadable`]). Written and listed in
/// the order of their names.
///
/// ```
/// use plume_types::{ByName, Capability};
///
/// let group: ByName<Capability> = serde_json::from_str(r#"{"upnp":{"disabled":true}}"#)?;
/// assert_eq!(group.field("upnp").and_then(|upnp| upnp.disabled), true.into());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ByName<T> {
    entries: BTreeMap<String, T>,
    unreadable: BTreeSet<String>,
}

impl<T> ByName<T> {
    /// The entry of this name, if it is known.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&T> {
        self.entries.get(name)
    }

    /// The names of entries that could not be read.
    pub fn unreadable(&self) -> impl Iterator<Item = &str> {
        self.unreadable.iter().map(String::as_str)
    }

    /// The entry of this name, absent, known or unreadable.
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

    /// All entries that are known.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.entries.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// How many entries are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no entry is known.
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

impl<T> FromIterator<(String, T)> for ByName<T> {
    fn from_iter<I: IntoIterator<Item = (String, T)>>(entries: I) -> Self {
        Self { entries: entries.into_iter().collect(), unreadable: BTreeSet::new() }
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
