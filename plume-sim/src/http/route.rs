//! Routes: a verb, a path template and the function that answers.

use http::StatusCode;

use crate::http::error_body::Problem;
use crate::http::operation::Verb;
use crate::http::request::{Ask, Call, Order};
use crate::http::response::{Answer, Outcome, Page, Reply};
use crate::world::{Device, Location, Node, World};

/// One row of the route table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RouteRow {
    pub(crate) verb: Verb,
    pub(crate) template: &'static str,
    pub(crate) handler: Handler,
    /// Whether the names in a good answer are published or were seen; else they are made up here.
    pub(crate) published: bool,
}

impl RouteRow {
    /// The row with an answer of a form that is not published.
    pub(crate) const fn made_up(self) -> Self {
        Self { published: false, ..self }
    }

    pub(crate) const fn by_post(self) -> Self {
        Self { verb: Verb::Post, ..self }
    }

    /// Lets the handler answer out of `world`, whose present moment is that of the request.
    pub(crate) fn answer(&self, call: &Call<'_>, world: &mut World) -> Outcome {
        let ask = call.ask(world);
        match self.handler {
            Handler::Write(handler) => handler(&mut Order::new(world, call)),
            Handler::WriteLocation(handler) => {
                let location = ask.location()?;
                handler(&mut Order::new(world, call), &location)
            }
            Handler::WriteNode(handler) => {
                let location = ask.location()?;
                let node = ask.node(&location)?;
                handler(&mut Order::new(world, call), &location, node)
            }
            Handler::WriteDevice(handler) => {
                let location = ask.location()?;
                let device = ask.device(&location)?;
                handler(&mut Order::new(world, call), &location, device)
            }
            Handler::Resource(handler) => handler(&ask).map(Reply::ok),
            Handler::Location(handler) => handler(&ask, &ask.location()?).map(Reply::ok),
            Handler::Node(handler) => {
                let location = ask.location()?;
                handler(&ask, &location, ask.node(&location)?).map(Reply::ok)
            }
            Handler::Device(handler) => {
                let location = ask.location()?;
                handler(&ask, &location, ask.device(&location)?).map(Reply::ok)
            }
            Handler::Page(handler) => {
                handler(&ask, &ask.location()?).map(|page| Reply { status: StatusCode::OK, body: Some(page) })
            }
            Handler::Unsimulated => Err(Problem::unsimulated(&self.verb.method(), self.template)),
            _ => Err(Problem::unauthorized()),
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Handler {
    Token,
    Introspect,
    Revoke,
    /// The authorization server's description of itself.
    Metadata,
    /// A resource of the API or the reports service, behind a bearer token.
    Resource(fn(&Ask<'_>) -> Answer),
    /// A resource of the location in the path.
    Location(fn(&Ask<'_>, &Location) -> Answer),
    Node(fn(&Ask<'_>, &Location, &Node) -> Answer),
    Device(fn(&Ask<'_>, &Location, &Device) -> Answer),
    /// As [`Handler::Resource`], and it changes the world.
    Write(fn(&mut Order<'_>) -> Outcome),
    WriteLocation(fn(&mut Order<'_>, &Location) -> Outcome),
    WriteNode(fn(&mut Order<'_>, &Location, &Node) -> Outcome),
    WriteDevice(fn(&mut Order<'_>, &Location, &Device) -> Outcome),
    /// A resource that also comes as a page, for readers who do not ask for JSON.
    Page(fn(&Ask<'_>, &Location) -> Result<Page, Problem>),
    /// A documented action that is not carried out here.
    Unsimulated,
}

impl Handler {
    /// Whether it changes the world.
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

pub(crate) const fn get(template: &'static str, handler: fn(&Ask<'_>) -> Answer) -> RouteRow {
    row(Verb::Get, template, Handler::Resource(handler))
}

pub(crate) const fn of_location(
    template: &'static str,
    handler: fn(&Ask<'_>, &Location) -> Answer,
) -> RouteRow {
    row(Verb::Get, template, Handler::Location(handler))
}

pub(crate) const fn of_node(
    template: &'static str,
    handler: fn(&Ask<'_>, &Location, &Node) -> Answer,
) -> RouteRow {
    row(Verb::Get, template, Handler::Node(handler))
}

pub(crate) const fn of_device(
    template: &'static str,
    handler: fn(&Ask<'_>, &Location, &Device) -> Answer,
) -> RouteRow {
    row(Verb::Get, template, Handler::Device(handler))
}

pub(crate) const fn page(
    template: &'static str,
    handler: fn(&Ask<'_>, &Location) -> Result<Page, Problem>,
) -> RouteRow {
    row(Verb::Get, template, Handler::Page(handler))
}

/// The path of a part of a location in the API.
macro_rules! api {
    ($rest:literal) => {
        concat!("/api/Customers/{id}/locations/{locationId}", $rest)
    };
}

/// The path of a report about a location.
macro_rules! report {
    ($rest:literal) => {
        concat!("/reports/Customers/{id}/locations/{locationId}", $rest)
    };
}

pub(crate) use {api, report};
