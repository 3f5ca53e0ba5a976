//! What a request is at first sight: its verb, and the part of the cloud that it goes to.

use http::Method;
use serde::{Deserialize, Serialize};

/// A part of the cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Area {
    /// The authorization server.
    Oauth,
    /// Everything below `/api`, and unknown paths.
    Api,
    /// Everything below `/reports`.
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

    /// The methods that a row of this verb answers, as the header `Allow` lists them.
    pub(crate) fn allow(self) -> &'static str {
        match self {
            Self::Get => "GET, HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// The verb whose routes answer `method`.
    pub(crate) fn of(method: &Method) -> Option<Self> {
        match *method {
            // Express, below LoopBack, answers HEAD wherever it answers GET.
            Method::GET | Method::HEAD => Some(Self::Get),
            Method::POST => Some(Self::Post),
            Method::PUT => Some(Self::Put),
            Method::PATCH => Some(Self::Patch),
            Method::DELETE => Some(Self::Delete),
            _ => None,
        }
    }
}
