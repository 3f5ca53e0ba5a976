//! The route table as users of this crate see it.

use http::Method;

use crate::http::{Handler, RouteRow};
use crate::routes::table::ROUTES;

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
