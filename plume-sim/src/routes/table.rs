//! All rows of the route table, in the order of comparison.

use std::sync::LazyLock;

use http::Method;

use crate::http::{Handler, RouteRow, Verb, row};
use crate::routes::{customers, gateway, locations, lte, reports};

/// Every row, with a fixed segment before a placeholder in the same position. A brace sorts after all letters and
/// digits, so sorting the texts is sufficient.
pub(crate) static ROUTES: LazyLock<Vec<RouteRow>> = LazyLock::new(|| {
    let tables = [OAUTH, customers::ROUTES, locations::ROUTES, reports::ROUTES, gateway::ROUTES, lte::ROUTES];
    let mut rows = tables.concat();
    rows.extend(unsimulated());
    rows.sort_by_key(|row| (row.template, row.verb));
    rows
});

const OAUTH: &[RouteRow] = &[
    row(Verb::Post, "/oauth2/{authServerId}/v1/token", Handler::Token),
    row(Verb::Post, "/oauth2/{authServerId}/v1/introspect", Handler::Introspect),
    // Servers of this kind have these two routes; no page about the cloud mentions them.
    row(Verb::Get, "/oauth2/{authServerId}/.well-known/oauth-authorization-server", Handler::Metadata)
        .made_up(),
    row(Verb::Post, "/oauth2/{authServerId}/v1/revoke", Handler::Revoke).made_up(),
];

/// Returns the documented actions that the simulator does not implement.
///
/// The reference lists them, so a client that sends one breaks no rule. They return 501, after the checks of every
/// resource: the token, and the provider of the path.
fn unsimulated() -> impl Iterator<Item = RouteRow> {
    include_str!("unsimulated.txt").lines().filter_map(|line| {
        let (verb, template) = line.split_once(' ')?;
        let verb = Verb::of(&Method::from_bytes(verb.as_bytes()).ok()?)?;
        Some(row(verb, template, Handler::Unsimulated).made_up())
    })
}

/// An endpoint of the simulator. All endpoints:
///
#[doc = include_str!("routes.md")]
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path, with its variable parts in braces.
    pub template: &'static str,
    /// Whether the member names of a successful response are published, or were observed in clients of the real
    /// cloud. Otherwise the simulator made them up: they are plausible, but no evidence of the real responses.
    pub published: bool,
    /// Whether the simulator implements the action. Otherwise it is documented, and the response is a 501 with the
    /// code `NOT_SIMULATED`; it breaks no rule.
    pub simulated: bool,
}

impl Route {
    /// Returns every endpoint.
    pub(crate) fn all() -> Vec<Self> {
        let route = |row: &RouteRow| Self {
            method: row.verb.method(),
            template: row.template,
            published: row.published,
            simulated: !matches!(row.handler, Handler::Unsimulated),
        };
        ROUTES.iter().map(route).collect()
    }
}
