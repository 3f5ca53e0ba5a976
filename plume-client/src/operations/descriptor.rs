//! What an operation of the API is. The operations themselves stand in the tables.

use std::fmt;

use http::Method;

use crate::operations::template::placeholders;

/// One operation of the API: what it is called, where it lives, what it takes and gives, and whether it may be
/// repeated.
///
/// [`Operation::ALL`] lists those this version speaks, [`operations`](crate::operations) names them.
///
/// ```
/// use plume_client::{Operation, Safety, operations};
///
/// assert_eq!(operations::APP_QOE.to_string(), "POST /Customers/{id}/locations/{locationId}/appqoe/AppQoeStatsByTrafficClass");
/// // A POST that only reads may be repeated.
/// assert_eq!(operations::APP_QOE.safety, Safety::Safe);
/// assert!(Operation::ALL.contains(&&operations::APP_QOE));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Operation {
    /// A short name, for logs and metrics.
    pub name: &'static str,
    /// What it is about.
    pub area: Area,
    /// The HTTP method.
    pub method: Method,
    /// The service it belongs to.
    pub service: Service,
    /// The path below the service's base, with `{placeholders}`.
    pub path: &'static str,
    /// Whether it may be repeated.
    pub safety: Safety,
    /// What it takes beside the placeholders of its path.
    pub parameters: &'static [Parameter],
    /// What it gives.
    pub response: ResponseShape,
    /// Whether its list comes in pages.
    pub paging: Paging,
    /// The best evidence for it.
    pub grade: Grade,
    /// Whether the API's reference calls it deprecated.
    pub deprecated: bool,
    /// The section of the collected reference (`plume-api` endpoints) that it is from.
    pub source: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
}

impl Operation {
    /// Returns the operation of a `GET` of any path.
    pub(crate) fn raw(service: Service) -> &'static Self {
        const fn get(service: Service) -> Operation {
            Operation::undescribed("raw.get", Method::GET, service, "(raw path)", Safety::Safe)
        }
        static API: Operation = get(Service::Api);
        static REPORTS: Operation = get(Service::Reports);
        static LTE: Operation = get(Service::Lte);
        match service {
            Service::Api => &API,
            Service::Reports => &REPORTS,
            Service::Lte => &LTE,
        }
    }

    /// One that takes nothing and of which nothing more is known.
    pub(crate) const fn undescribed(
        name: &'static str,
        method: Method,
        service: Service,
        path: &'static str,
        safety: Safety,
    ) -> Self {
        Self {
            name,
            area: Area::Customers,
            method,
            service,
            path,
            safety,
            parameters: &[],
            response: ResponseShape::Json,
            paging: Paging::None,
            grade: Grade::C,
            deprecated: false,
            source: "",
            summary: "",
        }
    }

    /// Whether its path names a customer, for whose unknown id the API answers 401.
    pub(crate) fn is_about_a_customer(&self) -> bool {
        self.path.starts_with("/Customers/{id}")
    }

    /// The parameter of this name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&'static Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }

    /// The names of the placeholders of its path, in order.
    pub fn placeholders(&self) -> impl Iterator<Item = &'static str> {
        placeholders(self.path)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// What an operation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Area {
    /// Customers and their accounts.
    Customers,
    /// Look-ups by the provider's own keys.
    Partners,
    /// Groups of customers.
    Groups,
    /// Locations and their settings.
    Locations,
    /// Gateways and pods.
    Nodes,
    /// Devices in the homes.
    Devices,
    /// Wi-Fi networks.
    WiFi,
    /// The mesh between the pods.
    Backhaul,
    /// Quality of experience of applications.
    Qoe,
    /// Series over time.
    Reports,
    /// The group of operations that need no customer id.
    Gateway,
    /// The LTE uplink.
    Lte,
}

/// The services of a Plume Cloud. Each has a base URL of its own; none is derived from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Service {
    /// Customers, locations, nodes, devices. `PLUME_API_BASE`.
    Api,
    /// Series over time. `PLUME_REPORTS_BASE`.
    Reports,
    /// The LTE uplink. `PLUME_LTE_BASE`.
    Lte,
}

/// Whether an operation may be repeated. It belongs to the operation, not to the HTTP method: some `POST`s of
/// this API only read, and a `PUT` that reboots does so each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Safety {
    /// Changes nothing. Repeated freely.
    Safe,
    /// Changes something, and twice is the same as once.
    Idempotent,
    /// Twice is not once. Never repeated when the first try can have reached the server.
    Neither,
}

impl Safety {
    pub(crate) fn may_repeat(self) -> bool {
        matches!(self, Self::Safe | Self::Idempotent)
    }
}

/// Something an operation takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Where it is sent.
    pub place: Place,
    /// Whether the API refuses a call without it.
    pub required: bool,
    /// The values that are documented; none if any value may be given. A cloud may know more.
    pub values: &'static [&'static str],
}

/// Where a parameter is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Place {
    /// In the URL, after the `?`.
    Query,
    /// In the JSON body. The API takes forms as well; JSON needs no second encoding.
    Body,
}

/// What an operation gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ResponseShape {
    /// One model of `plume-types`, by name.
    Model(&'static str),
    /// A list of models.
    List(&'static str),
    /// JSON whose form is not published.
    Json,
    /// No body.
    Nothing,
}

/// Whether a list comes in pages. The API has no cursors and no totals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Paging {
    /// The answer is all there is.
    None,
    /// By `limit` and `offset` inside the parameter `filter`.
    Filter,
    /// By the parameters `limit` and `skip`.
    LimitSkip,
    /// `limit` cuts the list, and nothing leads to the rest.
    LimitOnly,
}

/// The best evidence there is for an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Grade {
    /// The vendor's current reference or help pages.
    A,
    /// An older machine-readable description.
    B,
    /// Seen in clients that run against the cloud.
    C,
}
