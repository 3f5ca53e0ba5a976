//! From a method and a path to the function that answers.

use std::{borrow::Cow, collections::BTreeMap};

use http::HeaderMap;
use serde_json::{Map, Value};

use crate::http::error_body::ApiError;
use crate::http::opaque_id::mac_of;
use crate::http::operation::Verb;
use crate::http::query::{Pairs, arguments};
use crate::world::{Customer, Device, Location, Node, World};

/// A request to a resource as it came in.
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
    /// What was read of the request.
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

    /// The same request as one that only reads: of the world as it is after what was changed so far.
    pub(crate) fn request(&self) -> Request<'_> {
        self.call.request(self.world)
    }

    /// Method and path template.
    pub(crate) fn operation(&self) -> (Verb, &'static str) {
        self.call.operation
    }
}

/// A request to a resource, with what is needed to answer it.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) world: &'a World,
    pub(crate) now: i64,
    /// The path template. Handlers of several routes that differ in a word read it here.
    pub(crate) route: &'static str,
    parameters: &'a [(&'static str, String)],
    pub(crate) query: &'a Pairs,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
}

impl Request<'_> {
    /// The part of the path that the template calls `{name}`.
    pub(crate) fn parameter(&self, name: &str) -> &str {
        self.parameters
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.as_str())
            .unwrap_or_default()
    }

    /// The last segment of the path template.
    pub(crate) fn last_segment(&self) -> &'static str {
        self.route.rsplit('/').next().unwrap_or_default()
    }

    /// Whether the template has a part of this name. No part of a path is empty.
    pub(crate) fn names(&self, name: &str) -> bool {
        !self.parameter(name).is_empty()
    }

    /// Whether a list in the query holds `item`.
    pub(crate) fn asks_for(&self, list: &str, item: &str) -> bool {
        self.query.list(list).is_some_and(|items| items.iter().any(|given| given == item))
    }

    /// The arguments in the body; see [`arguments`].
    pub(crate) fn arguments(&self) -> Result<Map<String, Value>, ApiError> {
        arguments(self.headers, self.body)
    }

    /// The MAC address that the path means.
    pub(crate) fn mac(&self) -> Cow<'_, str> {
        mac_of(self.parameter("mac"))
    }

    /// The customer in the path. An unknown one is answered with 401, as the API does.
    pub(crate) fn customer(&self) -> Result<Customer, ApiError> {
        self.world.customer_by_id(self.parameter("id")).ok_or_else(ApiError::unauthorized)
    }

    /// The location in the path, or that of the node or the device in a path without a location. If the path names a
    /// customer, it has to be the customer's.
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

    /// As [`Request::node`], where a node of another location is distinguished from an unknown one.
    pub(crate) fn node_or_elsewhere<'l>(&self, location: &'l Location) -> Result<&'l Node, ApiError> {
        let id = self.parameter("nodeId");
        self.node(location).map_err(|unknown| match self.world.location_of_node(id) {
            Some(_) => ApiError::elsewhere(id, &location.id),
            None => unknown,
        })
    }

    /// The device in the path: its MAC address, or the opaque id that the gateway group gives it.
    pub(crate) fn device<'l>(&self, location: &'l Location) -> Result<&'l Device, ApiError> {
        let mac = self.mac();
        let mac = mac.as_ref();
        location.device(mac).ok_or_else(|| ApiError::no_such("devices", mac))
    }
}

/// What the latest request to a resource meant to the simulator; see [`Simulator::understood`](crate::Simulator::understood).
///
/// It holds what a handler read, decoded, not what was sent: a parameter that is missing here has no effect on the
/// answer. It is for tests of a client: compare it with what the client meant to say.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Understood {
    /// The number of the request; see [`RequestRecord::number`](crate::RequestRecord::number).
    pub number: u64,
    /// The template of the route that answered.
    pub route: &'static str,
    /// The variable parts of the path, decoded, in their order.
    pub path: Vec<(&'static str, String)>,
    /// The parameters of the query that were read, each with its values as they were understood. A list has any
    /// number of values, anything else one; a truth value is `true` or `false`, an object is JSON.
    pub query: BTreeMap<String, Vec<String>>,
    /// The arguments in the body as a JSON object, whether they came as JSON or as a form. Empty without a body, or if
    /// the body could not be read.
    pub body: String,
}
