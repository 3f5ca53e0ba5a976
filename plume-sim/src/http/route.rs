//! Routes: a verb, a path template and the function that answers.

use http::StatusCode;

use crate::http::error_body::Problem;
use crate::http::operation::Verb;
use crate::http::request::{Ask, Call, Order};
use crate::http::response::{Answer, Outcome, Page, Reply};
use crate::world::World;

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

    /// Lets the handler answer out of `world`, whose present moment is that of the request.
    pub(crate) fn answer(&self, call: &Call<'_>, world: &mut World) -> Outcome {
        match self.handler {
            Handler::Resource(handler) => handler(&call.ask(world)).map(Reply::ok),
            Handler::Page(handler) => {
                handler(&call.ask(world)).map(|page| Reply { status: StatusCode::OK, body: Some(page) })
            }
            Handler::Write(handler) => handler(&mut Order::new(world, call)),
            Handler::Unsimulated => Err(Problem::unsimulated(&self.verb.method(), self.template)),
            Handler::Token | Handler::Introspect | Handler::Revoke | Handler::Metadata => {
                Err(Problem::unauthorized())
            }
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
    /// As [`Handler::Resource`], and it changes the world.
    Write(fn(&mut Order<'_>) -> Outcome),
    /// A resource that also comes as a page, for readers who do not ask for JSON.
    Page(fn(&Ask<'_>) -> Result<Page, Problem>),
    /// A documented action that is not carried out here.
    Unsimulated,
}

impl Handler {
    pub(crate) fn needs_token(self) -> bool {
        !matches!(self, Self::Token | Self::Introspect | Self::Revoke | Self::Metadata)
    }
}

pub(crate) const fn get(template: &'static str, handler: fn(&Ask<'_>) -> Answer) -> RouteRow {
    RouteRow { verb: Verb::Get, template, handler: Handler::Resource(handler), published: true }
}

pub(crate) const fn post(template: &'static str, handler: fn(&Ask<'_>) -> Answer) -> RouteRow {
    RouteRow { verb: Verb::Post, template, handler: Handler::Resource(handler), published: true }
}

pub(crate) const fn write(
    verb: Verb,
    template: &'static str,
    handler: fn(&mut Order<'_>) -> Outcome,
) -> RouteRow {
    RouteRow { verb, template, handler: Handler::Write(handler), published: true }
}

pub(crate) const fn page(template: &'static str, handler: fn(&Ask<'_>) -> Result<Page, Problem>) -> RouteRow {
    RouteRow { verb: Verb::Get, template, handler: Handler::Page(handler), published: true }
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
