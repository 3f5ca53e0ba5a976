//! Routes: a verb, a path template and a handler.

use http::StatusCode;

use crate::http::error_body::ApiError;
use crate::http::operation::Verb;
use crate::http::request::{Call, Request, Write};
use crate::http::response::{Answer, Outcome, Page, Reply};
use crate::world::{Device, Location, Node, World};

/// One row of the route table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RouteRow {
    pub(crate) verb: Verb,
    pub(crate) template: &'static str,
    pub(crate) handler: Handler,
    /// The member names of a successful response are published or were observed. Otherwise they are made up.
    pub(crate) published: bool,
}

impl RouteRow {
    /// Marks the row's response form as made up.
    pub(crate) const fn made_up(self) -> Self {
        Self { published: false, ..self }
    }

    pub(crate) const fn by_post(self) -> Self {
        Self { verb: Verb::Post, ..self }
    }

    /// Calls the handler with `world`, which is at the moment of the request.
    pub(crate) fn answer(&self, call: &Call<'_>, world: &mut World) -> Outcome {
        let request = call.request(world);
        match self.handler {
            Handler::Write(handler) => handler(&mut Write::new(world, call)),
            Handler::WriteLocation(handler) => {
                let location = request.location()?;
                handler(&mut Write::new(world, call), &location)
            }
            Handler::WriteNode(handler) => {
                let location = request.location()?;
                let node = request.node(&location)?;
                handler(&mut Write::new(world, call), &location, node)
            }
            Handler::WriteDevice(handler) => {
                let location = request.location()?;
                let device = request.device(&location)?;
                handler(&mut Write::new(world, call), &location, device)
            }
            Handler::Resource(handler) => handler(&request).map(Reply::ok),
            Handler::Location(handler) => handler(&request, &request.location()?).map(Reply::ok),
            Handler::Node(handler) => {
                let location = request.location()?;
                handler(&request, &location, request.node(&location)?).map(Reply::ok)
            }
            Handler::Device(handler) => {
                let location = request.location()?;
                handler(&request, &location, request.device(&location)?).map(Reply::ok)
            }
            Handler::Page(handler) => handler(&request, &request.location()?)
                .map(|page| Reply { status: StatusCode::OK, body: Some(page) }),
            Handler::Unsimulated => Err(ApiError::unsimulated(&self.verb.method(), self.template)),
            Handler::Token | Handler::Introspect | Handler::Revoke | Handler::Metadata => {
                Err(ApiError::unauthorized())
            }
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Handler {
    Token,
    Introspect,
    Revoke,
    /// The authorization server's metadata.
    Metadata,
    /// A resource of the API or the reports service, which requires a bearer token.
    Resource(fn(&Request<'_>) -> Answer),
    /// A resource of the location in the path.
    Location(fn(&Request<'_>, &Location) -> Answer),
    Node(fn(&Request<'_>, &Location, &Node) -> Answer),
    Device(fn(&Request<'_>, &Location, &Device) -> Answer),
    /// A resource that changes the world.
    Write(fn(&mut Write<'_>) -> Outcome),
    WriteLocation(fn(&mut Write<'_>, &Location) -> Outcome),
    WriteNode(fn(&mut Write<'_>, &Location, &Node) -> Outcome),
    WriteDevice(fn(&mut Write<'_>, &Location, &Device) -> Outcome),
    /// A resource that is also available as HTML, for clients that do not accept JSON.
    Page(fn(&Request<'_>, &Location) -> Result<Page, ApiError>),
    /// A documented action that the simulator does not implement.
    Unsimulated,
}

impl Handler {
    /// Returns whether it changes the world.
    pub(crate) fn writes(self) -> bool {
        matches!(self, Self::Write(_) | Self::WriteLocation(_) | Self::WriteNode(_) | Self::WriteDevice(_))
    }

    pub(crate) fn needs_token(self) -> bool {
        !matches!(self, Self::Token | Self::Introspect | Self::Revoke | Self::Metadata)
    }
}

pub(crate) const fn row(verb: Verb, template: &'static str, handler: Handler) -> RouteRow {
    RouteRow { verb, template, handler, published: true }
}

pub(crate) const fn get(template: &'static str, handler: fn(&Request<'_>) -> Answer) -> RouteRow {
    row(Verb::Get, template, Handler::Resource(handler))
}

pub(crate) const fn of_location(
    template: &'static str,
    handler: fn(&Request<'_>, &Location) -> Answer,
) -> RouteRow {
    row(Verb::Get, template, Handler::Location(handler))
}

pub(crate) const fn of_node(
    template: &'static str,
    handler: fn(&Request<'_>, &Location, &Node) -> Answer,
) -> RouteRow {
    row(Verb::Get, template, Handler::Node(handler))
}

pub(crate) const fn of_device(
    template: &'static str,
    handler: fn(&Request<'_>, &Location, &Device) -> Answer,
) -> RouteRow {
    row(Verb::Get, template, Handler::Device(handler))
}

pub(crate) const fn page(
    template: &'static str,
    handler: fn(&Request<'_>, &Location) -> Result<Page, ApiError>,
) -> RouteRow {
    row(Verb::Get, template, Handler::Page(handler))
}

/// Returns the path of a location's resource in the API.
macro_rules! api {
    ($rest:literal) => {
        concat!("/api/Customers/{id}/locations/{locationId}", $rest)
    };
}

/// Returns the path of a report about a location.
macro_rules! report {
    ($rest:literal) => {
        concat!("/reports/Customers/{id}/locations/{locationId}", $rest)
    };
}

pub(crate) use {api, report};
