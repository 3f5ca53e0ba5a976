//! All rows of the route table, in the order in which a request is compared with them.

use std::sync::LazyLock;

use http::Method;

use crate::http::{Handler, RouteRow, Verb, row};
use crate::routes::{customers, gateway, locations, lte, reports};

/// Every row, with a fixed segment before a placeholder in the same place. A brace sorts behind all letters and digits,
/// so the order of the texts is that one.
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
    // Servers of the cloud's kind have these two; no page about the cloud mentions them.
    row(Verb::Get, "/oauth2/{authServerId}/.well-known/oauth-authorization-server", Handler::Metadata)
        .made_up(),
    row(Verb::Post, "/oauth2/{authServerId}/v1/revoke", Handler::Revoke).made_up(),
];

/// Documented actions that the simulator does not carry out.
///
/// The reference lists them, so a client that sends one is not at fault. They answer 501 and say why, after the checks
/// that every resource has: a token, and the provider that the path belongs to.
fn unsimulated() -> impl Iterator<Item = RouteRow> {
    include_str!("unsimulated.txt").lines().filter_map(|line| {
        let (verb, template) = line.split_once(' ')?;
        let verb = Verb::of(&Method::from_bytes(verb.as_bytes()).ok()?)?;
        Some(row(verb, template, Handler::Unsimulated).made_up())
    })
}

/// One endpoint that the simulator serves. All of them:
///
#[doc = include_str!("routes.md")]
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path, with the names of its variable parts in braces.
    pub template: &'static str,
    /// Whether the names in a good answer are published, or were seen in clients that read the real cloud.
    /// If not, the simulator made them up: plausible, and no evidence of what the cloud sends.
    pub published: bool,
    /// Whether the simulator carries the action out. If not, the reference documents it, and it is answered with 501
    /// and the code `NOT_SIMULATED`; the verdict does not blame a client for it.
    pub simulated: bool,
}

impl Route {
    /// All of them.
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
