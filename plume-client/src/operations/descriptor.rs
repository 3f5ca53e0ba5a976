//! The descriptors of operations.

use std::fmt;

use http::Method;

use crate::operations::template::placeholders;

/// A descriptor of an operation of the API: name, path, parameters, response, and whether it may be repeated.
///
/// [`Operation::ALL`] lists all known operations, [`operations`](crate::operations) has a static for each.
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
    /// The area.
    pub area: Area,
    /// The HTTP method.
    pub method: Method,
    /// The service.
    pub service: Service,
    /// The path below the service's base, with `{placeholders}`.
    pub path: &'static str,
    /// Whether it may be repeated.
    pub safety: Safety,
    /// The parameters besides the placeholders of the path.
    pub parameters: &'static [Parameter],
    /// The shape of the response.
    pub response: ResponseShape,
    /// The paging of its list.
    pub paging: Paging,
    /// The grade of the evidence for it.
    pub grade: Grade,
    /// Whether the API's reference marks it as deprecated.
    pub deprecated: bool,
    /// Its section in the collected reference (`plume-api` endpoints).
    pub source: &'static str,
    /// A summary in one line.
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

    /// Returns the operation of a change of any path, or `None` if the method does not change anything.
    pub(crate) fn raw_change(service: Service, method: &Method) -> Option<&'static Self> {
        const fn all(service: Service) -> [Operation; 4] {
            const fn change(name: &'static str, method: Method, service: Service) -> Operation {
                Operation::undescribed(name, method, service, "(raw path)", Safety::Neither)
            }
            [
                change("raw.post", Method::POST, service),
                change("raw.put", Method::PUT, service),
                change("raw.patch", Method::PATCH, service),
                change("raw.delete", Method::DELETE, service),
            ]
        }
        static API: [Operation; 4] = all(Service::Api);
        static REPORTS: [Operation; 4] = all(Service::Reports);
        static LTE: [Operation; 4] = all(Service::Lte);
        let of_service = match service {
            Service::Api => &API,
            Service::Reports => &REPORTS,
            Service::Lte => &LTE,
        };
        of_service.iter().find(|operation| operation.method == *method)
    }

    /// Creates a descriptor without parameters.
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

    /// Returns whether its path has a customer id, for which the API responds 401 if it is unknown.
    pub(crate) fn is_about_a_customer(&self) -> bool {
        self.path.starts_with("/Customers/{id}")
    }

    /// Returns the parameter of this name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&'static Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }

    /// Returns the names of the placeholders of the path, in order.
    pub fn placeholders(&self) -> impl Iterator<Item = &'static str> {
        placeholders(self.path)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// The area of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Area {
    /// Customers and their accounts.
    Customers,
    /// Look-ups by the provider's keys.
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

/// The services of a Plume Cloud. Each has a base URL of its own.
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

/// Whether an operation may be repeated. The HTTP method does not decide that: some `POST`s of this API only read, and a
/// `PUT` that reboots does so each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Safety {
    /// Only reads. Retried.
    Safe,
    /// Changes something, and repeating it has no further effect. Retried.
    Idempotent,
    /// Repeating it has a further effect. Not retried if the first attempt can have reached the server.
    Neither,
}

impl Safety {
    pub(crate) fn may_repeat(self) -> bool {
        matches!(self, Self::Safe | Self::Idempotent)
    }
}

/// A parameter of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Parameter {
    /// The name.
    pub name: &'static str,
    /// The place in the request.
    pub place: Place,
    /// Whether it is required.
    pub required: bool,
    /// The documented values; empty if any value is allowed. A cloud may support more.
    pub values: &'static [&'static str],
}

/// The place of a parameter in the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Place {
    /// The query of the URL.
    Query,
    /// The JSON body.
    Body,
}

/// The shape of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ResponseShape {
    /// One model of `plume-types`, by name.
    Model(&'static str),
    /// A list of models.
    List(&'static str),
    /// JSON without a published schema.
    Json,
    /// No body.
    Nothing,
}

/// The paging of a list. The API has no cursors and no totals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Paging {
    /// One response holds the whole list.
    None,
    /// By `limit` and `offset` inside the parameter `filter`.
    Filter,
    /// By the parameters `limit` and `skip`.
    LimitSkip,
    /// `limit` cuts the list, and the rest cannot be read.
    LimitOnly,
}

/// The grade of the evidence for an operation.
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
