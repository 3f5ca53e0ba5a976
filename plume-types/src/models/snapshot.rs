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
use crate::values::{CustomerId, LocationId};

/// One part of a snapshot: known, failed, or never asked for.
///
/// A part that failed is not an empty part: "the nodes could not be read" and "there are no nodes" lead to
/// different verdicts.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Part<T> {
    /// It was read.
    Known(T),
    /// It was asked for, without success.
    Failed(PartFailure),
    /// It was not asked for.
    NotAsked,
}

/// Why a part of a snapshot is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PartFailure {
    /// The class of the failure.
    pub kind: PartFailureKind,
    /// For people: one line, without secrets.
    pub message: String,
}

impl PartFailure {
    /// A failure of the given class, told in one line without secrets.
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
    /// Classes of failures of a part.
    pub enum PartFailureKind {
        /// The cloud does not offer it for this location.
        Unsupported = "unsupported",
        /// It was refused.
        Refused = "refused",
        /// The call limit was reached.
        Limited = "limited",
        /// The cloud could not be reached, or not in time.
        Unreachable = "unreachable",
        /// The cloud failed.
        ServerError = "serverError",
        /// The answer could not be understood.
        Unreadable = "unreadable",
    }
}

impl<T> Part<T> {
    /// The value, if known.
    #[must_use]
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            _ => None,
        }
    }

    /// The failure, if there was one.
    #[must_use]
    pub fn failure(&self) -> Option<&PartFailure> {
        match self {
            Self::Failed(failure) => Some(failure),
            _ => None,
        }
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
            Self::NotAsked => map.serialize_entry("notAsked", &true)?,
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
        if object.contains_key("notAsked") {
            return Ok(Self::NotAsked);
        }
        Err(D::Error::custom("expected `known`, `failed` or `notAsked`"))
    }
}

/// Everything known about a location at one moment: the input of a health analysis.
///
/// Can be written as JSON and read back, to compare two moments or to look at a home later. Secrets are
/// written as `[redacted]`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LocationSnapshot {
    /// The customer.
    pub customer_id: CustomerId,
    /// The location.
    pub location_id: LocationId,
    /// When the answers were there.
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
    /// A snapshot in which nothing was asked for yet.
    pub fn new(
        customer_id: impl Into<CustomerId>,
        location_id: impl Into<LocationId>,
        taken_at: DateTime<Utc>,
    ) -> Self {
        Self {
            customer_id: customer_id.into(),
            location_id: location_id.into(),
            taken_at,
            location: Part::NotAsked,
            nodes: Part::NotAsked,
            devices: Part::NotAsked,
            service_level: Part::NotAsked,
            qoe: Part::NotAsked,
        }
    }

    /// The location's name, else its id.
    #[must_use]
    pub fn name(&self) -> &str {
        self.location
            .known()
            .and_then(|location| location.name.as_deref())
            .filter(|name| !name.trim().is_empty())
            .unwrap_or(self.location_id.as_str())
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
            object.remove(key).map_or(Ok(Part::NotAsked), |value| {
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
