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
