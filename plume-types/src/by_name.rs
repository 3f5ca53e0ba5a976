//! Objects whose field names are data.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::decode::{self, Context, Decode, decode_map};

/// An object of the API whose field names are data: the ids of nodes, the names of features.
///
/// Entries that cannot be read are left out. Written and listed in the order of their names.
///
/// ```
/// use plume_types::{ByName, Capability};
///
/// let group: ByName<Capability> = serde_json::from_str(r#"{"upnp":{"disabled":true}}"#)?;
/// assert_eq!(group.get("upnp").and_then(|upnp| upnp.disabled), Some(true));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ByName<T>(BTreeMap<String, T>);

impl<T> ByName<T> {
    /// The entry of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&T> {
        self.0.get(name)
    }

    /// All entries.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> Default for ByName<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> FromIterator<(String, T)> for ByName<T> {
    fn from_iter<I: IntoIterator<Item = (String, T)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

impl<T: Decode> Decode for ByName<T> {
    fn decode<'de, D: Deserializer<'de>>(
        deserializer: D,
        cx: &mut Context,
    ) -> Result<Option<Self>, D::Error> {
        Ok(decode_map(deserializer, cx)?.map(Self::from_iter))
    }
}

impl<T: Serialize> Serialize for ByName<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(&self.0)
    }
}

impl<'de, T: Decode> Deserialize<'de> for ByName<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        decode::deserialize(deserializer)
    }
}
