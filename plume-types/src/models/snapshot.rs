//! Everything known about a location at one moment.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::SerializeMap};
use serde_json::Value;

use crate::decode::Decode;
use crate::list::List;
use crate::models::device::Device;
use crate::models::location::{Location, ServiceLevel};
use crate::models::node::Node;
use crate::models::qoe::AppQoe;
use crate::models::state::first_text;
use crate::values::{CustomerId, LocationId};

/// One part of a snapshot: known, failed or not requested.
///
/// A part that failed is not an empty part: "the nodes could not be read" and "there are no nodes" lead to
/// different verdicts.
///
/// ```
/// use plume_types::{List, Node, Part, PartFailure, PartFailureKind};
///
/// let nodes: Part<List<Node>> = List::from([Node::new("TST0000001")]).into();
/// assert_eq!(nodes.known().map(|nodes| nodes.len()), Some(1));
///
/// let refused = Part::<List<Node>>::Failed(PartFailure::new(PartFailureKind::Refused, "status 403"));
/// assert_eq!(refused.failure().map(|failure| &failure.kind), Some(&PartFailureKind::Refused));
/// assert_eq!(Part::<List<Node>>::default(), Part::NotRequested);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Part<T> {
    /// It was read.
    Known(T),
    /// It was requested and could not be read.
    Failed(PartFailure),
    /// It was not requested.
    #[default]
    NotRequested,
}

/// The reason why a part of a snapshot is missing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct PartFailure {
    /// The class of the failure.
    pub kind: PartFailureKind,
    /// The failure for people: one line, without secrets.
    pub message: String,
}

impl PartFailure {
    /// Creates a failure of the given class, with a message of one line without secrets.
    pub fn new(kind: PartFailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}

impl fmt::Display for PartFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

crate::macros::open_enum! {
    /// The class of a [`PartFailure`].
    pub enum PartFailureKind {
        /// The cloud does not offer the part for this location.
        Unsupported = "unsupported",
        /// The cloud refused the request.
        Refused = "refused",
        /// The call limit was reached.
        Limited = "limited",
        /// The cloud could not be reached, or not before the deadline.
        Unreachable = "unreachable",
        /// The cloud failed.
        ServerError = "serverError",
        /// The response could not be understood.
        Unreadable = "unreadable",
    }
}

impl<T> Part<T> {
    /// Returns the value, if known.
    #[must_use]
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            _ => None,
        }
    }

    /// Returns the value itself, if known.
    #[must_use]
    pub fn into_known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            _ => None,
        }
    }

    /// Returns the failure, if the part failed.
    #[must_use]
    pub fn failure(&self) -> Option<&PartFailure> {
        match self {
            Self::Failed(failure) => Some(failure),
            _ => None,
        }
    }

    /// Returns the part with a changed value, if known.
    #[must_use]
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Part<U> {
        match self {
            Self::Known(value) => Part::Known(change(value)),
            Self::Failed(failure) => Part::Failed(failure),
            Self::NotRequested => Part::NotRequested,
        }
    }
}

impl<T> From<T> for Part<T> {
    fn from(value: T) -> Self {
        Self::Known(value)
    }
}

impl<T: Serialize> Serialize for Part<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match self {
            Self::Known(value) => map.serialize_entry("known", value)?,
            Self::Failed(failure) => map.serialize_entry(
                "failed",
                &serde_json::json!({"kind": failure.kind.as_str(), "message": failure.message}),
            )?,
            Self::NotRequested => map.serialize_entry("notRequested", &true)?,
        }
        map.end()
    }
}

impl<'de, T: Decode> Deserialize<'de> for Part<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut object = serde_json::Map::<String, Value>::deserialize(deserializer)?;
        if let Some(value) = object.remove("known") {
            return crate::decode::deserialize(value).map(Self::Known).map_err(D::Error::custom);
        }
        if let Some(failure) = object.remove("failed") {
            let text = |key: &str| failure.get(key).and_then(Value::as_str).unwrap_or_default();
            return Ok(Self::Failed(PartFailure::new(PartFailureKind::from(text("kind")), text("message"))));
        }
        if object.contains_key("notRequested") {
            return Ok(Self::NotRequested);
        }
        Err(D::Error::custom("expected `known`, `failed` or `notRequested`"))
    }
}

/// Everything known about a location at one moment: the input of a health analysis.
///
/// Round-trips through JSON, to compare two moments or to examine a home later. Secrets are written as `[redacted]`.
///
/// ```
/// use plume_types::{List, LocationSnapshot, Node, Part};
///
/// let now = "2026-01-15T10:00:00Z".parse()?;
/// let mut snapshot = LocationSnapshot::new("5f0000000000000000000001", "5f0000000000000000000002", now);
/// snapshot.nodes = List::from([Node::new("TST0000001")]).into();
///
/// let stored = serde_json::to_string(&snapshot)?;
/// assert_eq!(serde_json::from_str::<LocationSnapshot>(&stored)?, snapshot);
/// assert_eq!(snapshot.devices, Part::NotRequested);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LocationSnapshot {
    /// The customer.
    pub customer_id: CustomerId,
    /// The location.
    pub location_id: LocationId,
    /// The time when the responses had arrived.
    pub taken_at: DateTime<Utc>,
    /// Settings and network state.
    pub location: Part<Location>,
    /// Gateway and pods.
    pub nodes: Part<List<Node>>,
    /// Devices.
    pub devices: Part<List<Device>>,
    /// Subscription tier.
    pub service_level: Part<ServiceLevel>,
    /// Application QoE by traffic class.
    pub qoe: Part<AppQoe>,
}

impl LocationSnapshot {
    /// Creates a snapshot in which no part was requested.
    pub fn new(
        customer_id: impl Into<CustomerId>,
        location_id: impl Into<LocationId>,
        taken_at: DateTime<Utc>,
    ) -> Self {
        Self {
            customer_id: customer_id.into(),
            location_id: location_id.into(),
            taken_at,
            location: Part::NotRequested,
            nodes: Part::NotRequested,
            devices: Part::NotRequested,
            service_level: Part::NotRequested,
            qoe: Part::NotRequested,
        }
    }

    /// Returns the location's name, else its id.
    #[must_use]
    pub fn display_name(&self) -> &str {
        let name = self.location.known().and_then(|location| first_text([&location.name]));
        name.unwrap_or(self.location_id.as_str())
    }
}

impl Serialize for LocationSnapshot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(8))?;
        map.serialize_entry("customerId", &self.customer_id)?;
        map.serialize_entry("locationId", &self.location_id)?;
        map.serialize_entry("takenAt", &self.taken_at)?;
        map.serialize_entry("location", &self.location)?;
        map.serialize_entry("nodes", &self.nodes)?;
        map.serialize_entry("devices", &self.devices)?;
        map.serialize_entry("serviceLevel", &self.service_level)?;
        map.serialize_entry("qoe", &self.qoe)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for LocationSnapshot {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        fn part<T: Decode, E: serde::de::Error>(
            object: &mut serde_json::Map<String, Value>,
            key: &str,
        ) -> Result<Part<T>, E> {
            object.remove(key).map_or(Ok(Part::NotRequested), |value| {
                Part::deserialize(value).map_err(|error| E::custom(format!("{key}: {error}")))
            })
        }
        fn field<T: serde::de::DeserializeOwned, E: serde::de::Error>(
            object: &mut serde_json::Map<String, Value>,
            key: &'static str,
        ) -> Result<T, E> {
            let value = object.remove(key).ok_or_else(|| E::missing_field(key))?;
            T::deserialize(value).map_err(|error| E::custom(format!("{key}: {error}")))
        }
        let mut object = serde_json::Map::<String, Value>::deserialize(deserializer)?;
        Ok(Self {
            customer_id: field(&mut object, "customerId")?,
            location_id: field(&mut object, "locationId")?,
            taken_at: field(&mut object, "takenAt")?,
            location: part(&mut object, "location")?,
            nodes: part(&mut object, "nodes")?,
            devices: part(&mut object, "devices")?,
            service_level: part(&mut object, "serviceLevel")?,
            qoe: part(&mut object, "qoe")?,
        })
    }
}
