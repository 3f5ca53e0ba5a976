//! A request by method and path: a known operation where there is one, with its safety and its pages.

use std::{borrow::Cow, fmt};

use clap::ValueEnum;
use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use plume::{Change, Operation, Read, Safety, Service, types::FreeForm};
use serde_json::Value;

use crate::commands::api::body::Body;
use crate::failure::{Failure, Result};
use crate::session::Session;

/// The methods of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "UPPER")]
pub(super) enum Verb {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Verb {
    fn method(self) -> Method {
        match self {
            Self::Get => Method::GET,
            Self::Post => Method::POST,
            Self::Put => Method::PUT,
            Self::Patch => Method::PATCH,
            Self::Delete => Method::DELETE,
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.method().fmt(f)
    }
}

/// The first word: a method, or the path of a read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Start {
    Method(Verb),
    Path(String),
}

impl Start {
    pub(super) fn parse(text: &str) -> std::result::Result<Self, String> {
        if text.starts_with('/') {
            return Ok(Self::Path(text.to_owned()));
        }
        let verb = Verb::from_str(text, true).map(Self::Method);
        verb.map_err(|_| {
            "neither a method (GET, POST, PUT, PATCH, DELETE) nor a path that begins with `/`".to_owned()
        })
    }

    /// The method and the path, of which `path` is the second word.
    pub(super) fn with(self, path: Option<String>) -> Result<(Verb, String)> {
        match (self, path) {
            (Self::Method(verb), Some(path)) => Ok((verb, path)),
            (Self::Path(path), None) => Ok((Verb::Get, path)),
            (Self::Method(verb), None) => Err(Failure::usage(
                "the path is missing",
                format!("`plume api {verb} <PATH>` sends a request."),
            )),
            (Self::Path(_), Some(_)) => Err(Failure::usage(
                "there are two paths",
                "The method is the first argument: `plume api GET <PATH>`.",
            )),
        }
    }
}

/// A request that is not sent yet.
#[derive(Debug)]
pub(super) struct Request {
    verb: Verb,
    service: Service,
    path: String,
    known: Option<Known>,
    body: Body,
}

/// The body of a response.
pub(super) struct Found {
    pub(super) body: Value,
    /// The number of rows that could not be read.
    pub(super) unreadable: u64,
}

/// A known operation, with the values of its placeholders.
#[derive(Debug)]
struct Known {
    operation: &'static Operation,
    ids: Vec<(&'static str, String)>,
}

impl Request {
    pub(super) fn new(
        session: &Session,
        verb: Verb,
        service: Service,
        path: &str,
        mut body: Body,
    ) -> Result<Self> {
        let path = match path.strip_prefix('/') {
            Some(_) => path.to_owned(),
            None => format!("/{path}"),
        };
        let (path, query) = path.split_once('?').unwrap_or((&path, ""));
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let decode = |text: &str| decoded(&text.replace('+', " "));
            (decode(name), Value::String(decode(value)))
        });
        body.fields.extend(pairs);
        let path = with_ids(session, path)?;
        let known = find(&verb.method(), service, &path);
        let request = Self { verb, service, path, known, body };
        if !request.is_change() && request.verb == Verb::Get && request.body.whole.is_some() {
            return Err(Failure::usage("a GET has no body", "Use -f for its query."));
        }
        Ok(request)
    }

    /// Whether the request may change something.
    pub(super) fn is_change(&self) -> bool {
        match &self.known {
            Some(known) => known.operation.safety != Safety::Safe,
            None => self.verb != Verb::Get,
        }
    }

    /// The read. A path that is known, with values that are not, is sent as it is.
    fn to_read(&self, session: &Session) -> Result<Read> {
        let client = session.client()?;
        let operation = self.known.as_ref().map(|known| known.operation);
        if let Some(name) = self.unknown() {
            let operation = operation.map(ToString::to_string).unwrap_or_default();
            session
                .remark(&format!("note: `{name}` is no known parameter of {operation}; it is sent as it is"));
        }
        let has = |name: &str| self.body.fields.iter().any(|(known, _)| known == name);
        let fits = |operation: &Operation| {
            let fields = self.body.fields.iter().all(|(name, _)| operation.parameter(name).is_some());
            let required = operation.parameters.iter().filter(|parameter| parameter.required);
            fields && required.into_iter().all(|parameter| has(parameter.name))
        };
        let known = self.known.as_ref().filter(|known| self.verb != Verb::Get || fits(known.operation));
        let mut read = match known {
            Some(Known { operation, ids }) => {
                ids.iter().fold(client.read(operation), |read, (name, value)| read.with(name, value.as_str()))
            }
            None => {
                let service = self.known.as_ref().map_or(self.service, |known| known.operation.service);
                client.read_path(service, &self.path)
            }
        };
        for (name, value) in &self.body.fields {
            read = read.with(name, value.clone());
        }
        // A POST that only reads.
        for (name, value) in self.body.whole.iter().flatten() {
            read = read.with(name, value.clone());
        }
        Ok(read)
    }

    /// The first name that the known operation does not have.
    fn unknown(&self) -> Option<&str> {
        let operation = self.known.as_ref()?.operation;
        let mut names = self.body.fields.iter().map(|(name, _)| name.as_str());
        names.find(|name| operation.parameter(name).is_none())
    }

    pub(super) async fn read(&self, session: &Session) -> Result<Value> {
        let text = self.to_read(session)?.expose_text().await?;
        Ok(serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// Reads a list to its end.
    pub(super) async fn pages(&self, session: &Session) -> Result<Found> {
        if self.known.is_none() {
            let message = "this path is no known operation, so its pages are not known";
            return Err(Failure::usage(message, "Leave out --paginate."));
        }
        let mut rows = self.to_read(session)?.pages()?.items();
        let mut items = Vec::new();
        while let Some(row) = rows.next().await {
            items.push(row.map(|row: FreeForm| row.expose().clone())?);
        }
        let unreadable = rows.notes().unreadable;
        Ok(Found { body: Value::Array(items), unreadable })
    }

    pub(super) fn change(&self, session: &Session) -> Result<Change<FreeForm>> {
        let client = session.client()?;
        if let (Some(name), Some(Known { operation, .. })) = (self.unknown(), &self.known) {
            // A change with a misspelt name would be made without its value.
            let known: Vec<_> = operation.parameters.iter().map(|parameter| parameter.name).collect();
            let takes = if known.is_empty() { "nothing".to_owned() } else { known.join(", ") };
            let advice =
                "Correct the name, or give the whole body with --input, whose names are not checked.";
            return Err(Failure::usage(
                format!("`{name}` is no parameter of {operation}, which takes {takes}"),
                advice,
            ));
        }
        let Some(Known { operation, ids }) = &self.known else {
            let change = client.change_path(self.service, &self.verb.method(), &self.path);
            let is_query = self.verb == Verb::Delete || self.body.whole.is_some();
            return Ok(match (&self.body.whole, is_query) {
                (Some(whole), _) => self.with_fields(change.with_body(whole.clone())),
                (None, true) => self.with_fields(change),
                (None, false) => change.with_body(self.body.fields.iter().cloned().collect::<Value>()),
            });
        };
        let change = ids
            .iter()
            .fold(client.change(operation), |change, (name, value)| change.with(name, value.as_str()));
        Ok(match &self.body.whole {
            Some(whole) => self.with_fields(change.with_body(whole.clone())),
            None => self.with_fields(change),
        })
    }

    fn with_fields(&self, change: Change<FreeForm>) -> Change<FreeForm> {
        self.body.fields.iter().fold(change, |change, (name, value)| change.with(name, value.clone()))
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The path with the default ids in place of `{id}`, `{customerId}` and `{locationId}`.
fn with_ids(session: &Session, path: &str) -> Result<String> {
    if !path.contains('{') {
        return Ok(path.to_owned());
    }
    let (customer, location) = session.default_ids()?;
    let segments = path.split('/').map(|segment| {
        let id = match segment {
            "{id}" | "{customerId}" => customer,
            "{locationId}" => location,
            _ => return Ok(Cow::Borrowed(segment)),
        };
        match id {
            Some(id) => Ok(utf8_percent_encode(id, NON_ALPHANUMERIC).to_string().into()),
            None => Err(Failure::usage(
                format!("there is no default for {segment}"),
                "Give the id, set `customer_id` and `location_id` in a profile, or add --demo.",
            )),
        }
    });
    Ok(segments.collect::<Result<Vec<_>>>()?.join("/"))
}

/// The operation of a method and path. One with fewer placeholders goes first, then one of the requested service.
fn find(method: &Method, service: Service, path: &str) -> Option<Known> {
    let candidates = Operation::ALL.iter().filter(|operation| operation.method == *method);
    let found = candidates.filter_map(|operation| Some((operation, ids(operation, path)?)));
    let best = found.min_by_key(|(operation, ids)| (ids.len(), operation.service != service));
    best.map(|(operation, ids)| Known { operation, ids })
}

/// The values of the placeholders of an operation in a path; `None` if it has another path.
fn ids(operation: &'static Operation, path: &str) -> Option<Vec<(&'static str, String)>> {
    let mut given = path.split('/');
    let mut ids = Vec::new();
    for segment in operation.path.split('/') {
        let value = given.next()?;
        match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) if !value.is_empty() => ids.push((name, decoded(value))),
            None if segment == value => {}
            _ => return None,
        }
    }
    given.next().is_none().then_some(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_method_may_be_left_out() {
        let parsed = |first: &str, second: Option<&str>| {
            Start::parse(first)?.with(second.map(str::to_owned)).map_err(|failure| failure.to_string())
        };
        assert_eq!(parsed("/Customers", None), Ok((Verb::Get, "/Customers".to_owned())));
        assert_eq!(parsed("put", Some("/Customers")), Ok((Verb::Put, "/Customers".to_owned())));
        assert_eq!(parsed("GET", None), Err("the path is missing".to_owned()));
        assert_eq!(parsed("/a", Some("/b")), Err("there are two paths".to_owned()));
        assert!(parsed("Customers", None).unwrap_err().starts_with("neither a method"));
    }

    #[test]
    fn a_path_is_the_operation_with_the_fewest_placeholders() {
        let name = |method, path| {
            find(&method, Service::Api, path).map(|known| known.operation.to_string()).unwrap_or_default()
        };
        assert_eq!(name(Method::GET, "/Customers"), "GET /Customers");
        assert_eq!(name(Method::GET, "/Customers/c1"), "GET /Customers/{id}");
        assert_eq!(name(Method::GET, "/Customers/count"), "GET /Customers/count");
        assert_eq!(name(Method::GET, "/Customers/"), "");
        assert_eq!(name(Method::GET, "/nothing/there"), "");
        let known = find(&Method::GET, Service::Api, "/Customers/a%20b/locations/l1/nodes").unwrap();
        assert_eq!(known.ids, [("id", "a b".to_owned()), ("locationId", "l1".to_owned())]);
        assert_eq!(known.operation.safety, Safety::Safe);
    }
}
