//! Groups of homes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The property that the homes of a group share. The order breaks ties: of two groups with an equal share of homes
/// in trouble, the first kind explains the trouble better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum GroupKind {
    /// The firmware of the gateway.
    Firmware,
    /// The model of the gateway.
    Model,
    /// A region, from a tag of the home.
    Region,
    /// All homes of the tenant.
    Tenant,
}

plume_health::__named!(GroupKind {
    Firmware = "firmware",
    Model = "model",
    Region = "region",
    Tenant = "tenant",
});

/// A group of homes of one tenant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct GroupKey {
    /// The shared property.
    pub kind: GroupKind,
    /// Its value, for example `3.2.1` or `north`.
    pub value: Box<str>,
}

impl GroupKey {
    /// Returns the key of a group.
    #[must_use]
    pub fn new(kind: GroupKind, value: impl Into<Box<str>>) -> Self {
        Self { kind, value: value.into() }
    }
}

impl fmt::Display for GroupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.value)
    }
}
