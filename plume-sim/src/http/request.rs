//! Requests to resources, as handlers see them.

use std::{borrow::Cow, collections::BTreeMap};

use http::HeaderMap;
use serde_json::{Map, Value};

use crate::http::error_body::ApiError;
use crate::http::opaque_id::mac_of;
use crate::http::operation::Verb;
use crate::http::query::{Pairs, arguments};
use crate::world::{Customer, Device, Location, Node, World};

/// A request to a resource.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    /// Verb and path template.
    pub(crate) operation: (Verb, &'static str),
    pub(crate) parameters: Vec<(&'static str, String)>,
    pub(crate) query: Pairs,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
}

impl Call<'_> {
    /// Returns the parts of the request that were read.
    pub(crate) fn into_understood(self, number: u64) -> Understood {
        let body = arguments(self.headers, self.body).map(Value::Object).ok();
        Understood {
            number,
            route: self.operation.1,
            path: self.parameters,
            query: self.query.into_read(),
            body: body.filter(|_| !self.body.is_empty()).map(|body| body.to_string()).unwrap_or_default(),
        }
    }

    pub(crate) fn request<'a>(&'a self, world: &'a World) -> Request<'a> {
        Request {
            world,
            now: world.now,
            route: self.operation.1,
            parameters: &self.parameters,
            query: &self.query,
            headers: self.headers,
            body: self.body,
        }
    }
}

/// A request that changes the world.
#[derive(Debug)]
pub(crate) struct Write<'a> {
    pub(crate) world: &'a mut World,
    call: &'a Call<'a>,
}

impl<'a> Write<'a> {
    pub(crate) fn new(world: &'a mut World, call: &'a Call<'a>) -> Self {
        Self { world, call }
    }

    /// Returns the same request as a read of the world after the changes so far.
    pub(crate) fn request(&self) -> Request<'_> {
        self.call.request(self.world)
    }

    /// Returns method and path template.
    pub(crate) fn operation(&self) -> (Verb, &'static str) {
        self.call.operation
    }
}

/// A request to a resource, with the world that it reads.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) world: &'a World,
    pub(crate) now: i64,
    /// The path template. Handlers shared by several routes read it here.
    pub(crate) route: &'static str,
    parameters: &'a [(&'static str, String)],
    pub(crate) query: &'a Pairs,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
}

impl Request<'_> {
    /// Returns the part of the path named `{name}` in the template.
    pub(crate) fn parameter(&self, name: &str) -> &str {
        self.parameters
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.as_str())
            .unwrap_or_default()
    }

    /// Returns the last segment of the path template.
    pub(crate) fn last_segment(&self) -> &'static str {
        self.route.rsplit('/').next().unwrap_or_default()
    }

    /// Returns whether the template has a part with this name. Path segments are never empty.
    pub(crate) fn names(&self, name: &str) -> bool {
        !self.parameter(name).is_empty()
    }

    /// Returns whether a list in the query contains `item`.
    pub(crate) fn asks_for(&self, list: &str, item: &str) -> bool {
        self.query.list(list).is_some_and(|items| items.iter().any(|given| given == item))
    }

    /// Returns the arguments in the body; see [`arguments`].
    pub(crate) fn arguments(&self) -> Result<Map<String, Value>, ApiError> {
        arguments(self.headers, self.body)
    }

    /// Returns the MAC address in the path.
    pub(crate) fn mac(&self) -> Cow<'_, str> {
        mac_of(self.parameter("mac"))
    }

    /// Returns the customer in the path. An unknown one is a 401, as in the API.
    pub(crate) fn customer(&self) -> Result<Customer, ApiError> {
        self.world.customer_by_id(self.parameter("id")).ok_or_else(ApiError::unauthorized)
    }

    /// Returns the location in the path, or that of the node or device in a path without a location. It must belong
    /// to the customer in the path, if there is one.
    pub(crate) fn location(&self) -> Result<Location, ApiError> {
        let customer = if self.names("id") { Some(self.customer()?.number) } else { None };
        let (things, id, found) = if self.names("locationId") {
            let id = self.parameter("locationId");
            ("locations", id, self.world.location_by_id(id))
        } else if self.names("nodeId") {
            let id = self.parameter("nodeId");
            ("nodes", id, self.world.location_of_node(id))
        } else {
            ("devices", self.parameter("mac"), self.world.location_of_device(&self.mac()))
        };
        found
            .filter(|location| customer.is_none_or(|customer| location.key.customer == customer))
            .ok_or_else(|| ApiError::no_such(things, id))
    }

    pub(crate) fn node<'l>(&self, location: &'l Location) -> Result<&'l Node, ApiError> {
        let id = self.parameter("nodeId");
        location.node(id).ok_or_else(|| ApiError::no_such("nodes", id))
    }

    /// Returns the node in the path, and distinguishes a node of another location from an unknown one.
    pub(crate) fn node_or_elsewhere<'l>(&self, location: &'l Location) -> Result<&'l Node, ApiError> {
        let id = self.parameter("nodeId");
        self.node(location).map_err(|unknown| match self.world.location_of_node(id) {
            Some(_) => ApiError::elsewhere(id, &location.id),
            None => unknown,
        })
    }

    /// Returns the device in the path, by its MAC address or its opaque id in the gateway group.
    pub(crate) fn device<'l>(&self, location: &'l Location) -> Result<&'l Device, ApiError> {
        let mac = self.mac();
        let mac = mac.as_ref();
        location.device(mac).ok_or_else(|| ApiError::no_such("devices", mac))
    }
}

/// A request to a resource as its handler understood it; see [`Simulator::understood`](crate::Simulator::understood).
///
/// It contains the decoded parameters that the handler read, not those that were sent: a missing parameter has no
/// effect on the response. In a test of a client, compare it with the intended request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Understood {
    /// The number of the request; see [`RequestRecord::number`](crate::RequestRecord::number).
    pub number: u64,
    /// The template of the matched route.
    pub route: &'static str,
    /// The variable parts of the path, decoded and in order.
    pub path: Vec<(&'static str, String)>,
    /// The query parameters that were read, each with its values as understood. A list has any number of values, any
    /// other parameter one; a boolean is `true` or `false`, an object is JSON.
    pub query: BTreeMap<String, Vec<String>>,
    /// The arguments of a JSON or form body as a JSON object. Empty without a body, or if the body is invalid.
    pub body: String,
}
