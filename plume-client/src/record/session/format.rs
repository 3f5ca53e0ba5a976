//! The format of the files.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use plume_runtime::TransportErrorKind;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The name of the format in the manifest.
pub(crate) const FORMAT: &str = "plume recording";
/// The newest version that this program reads, and the one that it writes.
pub(crate) const VERSION: u64 = 1;
pub(crate) const MANIFEST: &str = "manifest.json";
/// The names of sessions begin with this.
pub(super) const SESSION: &str = "session-";

/// Returns the name of a session, which sorts by time. `tag` distinguishes sessions of one second.
pub(crate) fn session_name(at: DateTime<Utc>, tag: u32) -> String {
    format!("{SESSION}{}-{tag:08x}", at.format("%Y%m%dT%H%M%SZ"))
}

/// The head of a session.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Manifest {
    pub(crate) format: String,
    pub(crate) version: u64,
    /// The program and its version, for people.
    pub(crate) program: String,
    pub(crate) recorded_at: DateTime<Utc>,
    pub(crate) identities: Identities,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) partner_id: Option<String>,
    pub(crate) bases: Bases,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Identities {
    Replaced,
    Kept,
}

/// The base URLs by service.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Bases {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) api: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) reports: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) lte: Option<String>,
}

impl Bases {
    /// Splits a URL without its query into service and path below the base.
    pub(crate) fn split<'u>(&self, url: &'u str) -> (Service, &'u str) {
        let bases = [(Service::Api, &self.api), (Service::Reports, &self.reports), (Service::Lte, &self.lte)];
        let below = bases.into_iter().filter_map(|(service, base)| {
            let base = base.as_deref()?;
            let path = url.strip_prefix(base).filter(|path| path.is_empty() || path.starts_with('/'))?;
            Some((base.len(), service, path))
        });
        let found = below.max_by_key(|(length, _, _)| *length);
        found.map_or((Service::Other, url), |(_, service, path)| (service, path))
    }
}

/// The service of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Service {
    Api,
    Reports,
    Lte,
    Token,
    /// None of the known bases. The path is the whole URL.
    Other,
}

/// One exchange. The names of the fields are those of the file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Exchange {
    pub(crate) number: u64,
    pub(crate) at: DateTime<Utc>,
    pub(crate) took_ms: u64,
    /// The name of the operation, for people.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) operation: Option<String>,
    pub(crate) request: Request,
    #[serde(flatten)]
    pub(crate) outcome: Outcome,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) service: Service,
    pub(crate) path: String,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(crate) query: Vec<(String, String)>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) body: Option<Body>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Outcome {
    Response(Response),
    Failure(Failure),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Response {
    pub(crate) status: u16,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub(crate) headers: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) body: Option<Body>,
}

/// A response that did not come.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Failure {
    pub(crate) kind: String,
    pub(crate) message: String,
}

/// The kinds of failures and their names in files.
const KINDS: [(TransportErrorKind, &str); 9] = [
    (TransportErrorKind::Refused, "refused"),
    (TransportErrorKind::Runtime, "runtime"),
    (TransportErrorKind::Connect, "connect"),
    (TransportErrorKind::Tls, "tls"),
    (TransportErrorKind::Proxy, "proxy"),
    (TransportErrorKind::Unprocessed, "unprocessed"),
    (TransportErrorKind::Timeout, "timeout"),
    (TransportErrorKind::Interrupted, "interrupted"),
    (TransportErrorKind::TooLarge, "tooLarge"),
];

pub(crate) fn kind_name(kind: TransportErrorKind) -> &'static str {
    KINDS.iter().find(|(known, _)| *known == kind).map_or("interrupted", |(_, name)| name)
}

/// Returns the kind of this name. An unknown kind of a later version is an interrupted connection.
pub(crate) fn kind_of(name: &str) -> TransportErrorKind {
    KINDS.iter().find(|(_, known)| *known == name).map_or(TransportErrorKind::Interrupted, |(kind, _)| *kind)
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Body {
    Json(Value),
    /// A body that is no JSON, of which only the length and the type are kept.
    Dropped {
        bytes: usize,
        #[serde(rename = "type", skip_serializing_if = "Option::is_none", default)]
        media_type: Option<String>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_split_at_the_longest_base() {
        let bases = Bases {
            api: Some("https://cloud.example.net/api".into()),
            reports: Some("https://cloud.example.net/api/reports".into()),
            lte: None,
        };
        for (url, service, path) in [
            ("https://cloud.example.net/api/Customers", Service::Api, "/Customers"),
            ("https://cloud.example.net/api", Service::Api, ""),
            ("https://cloud.example.net/api/reports/x", Service::Reports, "/x"),
            ("https://cloud.example.net/apix", Service::Other, "https://cloud.example.net/apix"),
        ] {
            assert_eq!(bases.split(url), (service, path), "{url}");
        }
    }

    #[test]
    fn the_names_of_sessions_sort_by_time() {
        let at = |seconds| session_name(DateTime::from_timestamp(seconds, 0).unwrap(), 0xff);
        assert_eq!(at(1_768_471_200), "session-20260115T100000Z-000000ff");
        assert!(at(1_768_471_200) < at(1_768_471_201));
    }
}
