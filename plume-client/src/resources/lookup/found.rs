//! Found items, and the result of a look-up.

use plume_types::{CustomerId, CustomerSearchHit, Device, LocationId, Node, PartnerLocation, PartnerNode};
use serde::Serialize;

use crate::error::{Error, ErrorKind};
use crate::resources::lookup::name::{NamePattern, plain};

/// The kind of a [`FoundItem`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FoundKind {
    /// A customer.
    Customer,
    /// A location.
    Location,
    /// A gateway or pod.
    Node,
    /// A device.
    Device,
}

impl FoundKind {
    /// Returns the word of the JSON form.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Location => "location",
            Self::Node => "node",
            Self::Device => "device",
        }
    }
}

/// A customer, location, node or device that a look-up found.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FoundItem {
    /// The kind of the item.
    pub kind: FoundKind,
    /// The name for people.
    pub name: Option<String>,
    /// The id of the customer or location, the serial number of the node, or the MAC address of the device.
    pub id: String,
    /// The customer, if it is known.
    pub customer_id: Option<CustomerId>,
    /// The location, if there is one and it is known.
    pub location_id: Option<LocationId>,
    /// The value that matched.
    pub matched: Option<String>,
}

/// The ids of the home in which an item was found.
pub(in crate::resources) type Home = (CustomerId, LocationId);

impl FoundItem {
    pub(super) fn of_hit(hit: &CustomerSearchHit) -> Option<Self> {
        let id = hit.customer_id.clone()?;
        let locations = hit.locations.as_deref().unwrap_or_default();
        let only = if let [only] = locations { Some(&only.id) } else { None };
        Some(Self {
            kind: FoundKind::Customer,
            name: hit.customer_name.clone().or_else(|| hit.customer_email.clone()),
            id: id.to_string(),
            customer_id: Some(id),
            location_id: hit.location_id_to_select.as_ref().or(only).cloned(),
            matched: hit.matched_value.clone(),
        })
    }

    pub(super) fn of_partner_node(node: &PartnerNode) -> Self {
        Self {
            kind: FoundKind::Node,
            name: node.nickname.clone().or_else(|| node.default_name.clone()),
            id: node.id.to_string(),
            customer_id: node.customer_id.clone(),
            location_id: node.location_id.clone(),
            matched: Some(node.id.to_string()),
        }
    }

    pub(super) fn of_partner_location(location: &PartnerLocation) -> Self {
        Self {
            kind: FoundKind::Location,
            name: location.name.clone(),
            id: location.id.to_string(),
            customer_id: location.customer_id().cloned(),
            location_id: Some(location.id.clone()),
            matched: location.service_id.as_ref().map(ToString::to_string),
        }
    }

    pub(in crate::resources) fn of_node(node: &Node, pattern: &NamePattern, home: &Home) -> Option<Self> {
        let matched = node.names().into_iter().find(|name| pattern.begins(name))?;
        Some(Self::of_home(FoundKind::Node, node.display_name(), node.id.to_string(), matched, home))
    }

    pub(in crate::resources) fn of_device(
        device: &Device,
        pattern: &NamePattern,
        home: &Home,
    ) -> Option<Self> {
        let matched = device.names().into_iter().find(|name| pattern.begins(name))?;
        Some(Self::of_home(FoundKind::Device, device.display_name(), device.mac.to_string(), matched, home))
    }

    fn of_home(
        kind: FoundKind,
        name: &str,
        id: String,
        matched: String,
        (customer, location): &Home,
    ) -> Self {
        Self {
            kind,
            name: Some(name.to_owned()),
            id,
            customer_id: Some(customer.clone()),
            location_id: Some(location.clone()),
            matched: Some(matched),
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.location_id == other.location_id
            && plain(&self.id) == plain(&other.id)
    }
}

/// A search of a look-up that failed.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct FailedSearch {
    /// The name of the search, for people.
    pub search: &'static str,
    /// The error.
    pub error: Error,
}

impl FailedSearch {
    /// Creates a failure, for example of [`Fleet::find`](crate::Fleet::find).
    #[must_use]
    pub fn new(search: &'static str, error: Error) -> Self {
        Self { search, error }
    }

    /// Returns whether the account may not use this search, or the cloud does not have it: a later look-up fails in the
    /// same way.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        use ErrorKind::{Forbidden, Unauthorized, Unsupported};
        matches!(self.error.kind(), Forbidden | Unauthorized | Unsupported)
    }
}

/// The result of a [`Lookup`](crate::Lookup).
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct LookupResult {
    /// The found items, each once.
    pub items: Vec<FoundItem>,
    /// The names of the searches that were made, for people.
    pub searched: Vec<&'static str>,
    /// The searches that failed.
    pub failed: Vec<FailedSearch>,
    /// The number of rows that could not be read, among which a match may be.
    pub unreadable: u64,
}

impl LookupResult {
    /// Returns whether every search that the account may use was made, and every row was read: no item means that there is
    /// none.
    #[must_use]
    pub fn is_conclusive(&self) -> bool {
        self.unreadable == 0 && self.failed.iter().all(FailedSearch::is_refused)
    }

    /// Adds an item, for example of [`Fleet::find`](crate::Fleet::find). Returns `false` if it is there already.
    pub fn add(&mut self, item: FoundItem) -> bool {
        let is_new = !self.items.iter().any(|other| other.is_same(&item));
        if is_new {
            self.items.push(item);
        }
        is_new
    }

    pub(super) fn searched(&mut self, search: &'static str, found: Result<Vec<FoundItem>, Error>) {
        match found {
            Ok(items) => {
                for item in items {
                    self.add(item);
                }
            }
            Err(error) if error.is_not_found() => {}
            Err(error) => return self.failed.push(FailedSearch { search, error }),
        }
        self.searched.push(search);
    }
}
