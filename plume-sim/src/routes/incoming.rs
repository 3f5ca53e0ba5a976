//! A request with its row of the route table.

use std::time::Duration;

use http::{header::HOST, request::Parts, uri::Authority};

use crate::http::{Area, Handler, RouteRow};
use crate::routes::find::Found;

/// The kind of a request to the authorization server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OAuthRequest {
    Token,
    /// Introspection or revocation.
    Other,
}

/// A request at its arrival.
#[derive(Debug)]
pub(crate) struct Incoming<'r> {
    pub(crate) head: &'r Parts,
    pub(crate) body: &'r [u8],
    pub(crate) at: Duration,
    pub(crate) now: i64,
    pub(crate) area: Area,
    pub(crate) found: Found,
}

impl Incoming<'_> {
    pub(crate) fn route(&self) -> Option<&'static RouteRow> {
        match self.found {
            Found::Route(route, _) | Found::WrongOAuthMethod(route) => Some(route),
            Found::Nothing | Found::Undecodable => None,
        }
    }

    pub(crate) fn template(&self) -> Option<&'static str> {
        self.route().map(|route| route.template)
    }

    /// Returns whether the action is documented and not simulated.
    pub(crate) fn is_unsimulated(&self) -> bool {
        self.route().is_some_and(|route| matches!(route.handler, Handler::Unsimulated))
    }

    /// Returns host and port in the request, in lower case.
    pub(crate) fn authority(&self) -> Option<String> {
        let host = self.head.headers.get(HOST).and_then(|host| host.to_str().ok());
        self.head.uri.authority().map(Authority::as_str).or(host).map(str::to_ascii_lowercase)
    }

    /// Returns the decoded variable parts of the path.
    pub(crate) fn parameters(&self) -> &[(&'static str, String)] {
        match &self.found {
            Found::Route(_, parameters) => parameters,
            _ => &[],
        }
    }

    /// Returns the kind of the request to the authorization server.
    pub(crate) fn oauth_request(&self) -> Option<OAuthRequest> {
        match self.route()?.handler {
            Handler::Token => Some(OAuthRequest::Token),
            Handler::Introspect | Handler::Revoke => Some(OAuthRequest::Other),
            _ => None,
        }
    }
}
