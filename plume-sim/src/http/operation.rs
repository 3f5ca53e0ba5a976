//! The verb of a request, and its part of the cloud.

use http::Method;
use serde::{Deserialize, Serialize};

/// A part of the cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Area {
    /// The authorization server.
    Oauth,
    /// Paths below `/api`, and unknown paths.
    Api,
    /// Paths below `/reports`.
    Reports,
}

impl Area {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Oauth => "oauth",
            Self::Api => "api",
            Self::Reports => "reports",
        }
    }

    pub(crate) fn of_path(path: &str) -> Self {
        let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        if first.eq_ignore_ascii_case("oauth2") {
            Self::Oauth
        } else if first.eq_ignore_ascii_case("reports") {
            Self::Reports
        } else {
            Self::Api
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verb {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Verb {
    pub(crate) fn method(self) -> Method {
        match self {
            Self::Get => Method::GET,
            Self::Post => Method::POST,
            Self::Put => Method::PUT,
            Self::Patch => Method::PATCH,
            Self::Delete => Method::DELETE,
        }
    }

    /// Returns the methods of a route with this verb, in the form of the header `Allow`.
    pub(crate) fn allow(self) -> &'static str {
        match self {
            Self::Get => "GET, HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Returns the verb of the routes for `method`.
    pub(crate) fn of(method: &Method) -> Option<Self> {
        match *method {
            // Express, below LoopBack, supports HEAD wherever it supports GET.
            Method::GET | Method::HEAD => Some(Self::Get),
            Method::POST => Some(Self::Post),
            Method::PUT => Some(Self::Put),
            Method::PATCH => Some(Self::Patch),
            Method::DELETE => Some(Self::Delete),
            _ => None,
        }
    }
}
