//! Calls: an operation with its values.

use std::borrow::Cow;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Request, Uri,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE},
};
use plume_auth::{AccessToken, Redactor};
use plume_types::FreeForm;
use serde_json::{Map, Value};

use crate::error::Error;
use crate::operations::{Operation, Place, Template, unclean};

static JSON: HeaderValue = HeaderValue::from_static("application/json");
/// The number of headers of a request, including those of the transport.
const HEADERS: usize = 6;

/// A call: an operation with its values. An invalid value is reported when the call is sent, so that it can be built in one
/// expression.
#[derive(Clone)]
pub(crate) struct Call<'a> {
    pub(crate) operation: &'a Operation,
    target: Target,
    query: Vec<(Cow<'static, str>, String)>,
    body: Map<String, Value>,
    problem: Option<Problem>,
}

/// Why a call cannot be sent.
#[derive(Clone)]
enum Problem {
    Argument { name: String, why: String },
    MissingSetting(&'static str),
}

#[derive(Clone)]
enum Target {
    /// The operation's path.
    Template(Template),
    /// A path of the caller.
    Path(String),
}

impl<'a> Call<'a> {
    /// Creates a call of `operation`.
    pub(crate) fn new(operation: &'a Operation) -> Self {
        Self::to(operation, Target::Template(Template::parse(operation.path)))
    }

    /// Creates a call of an encoded path.
    pub(crate) fn at(operation: &'a Operation, path: String) -> Self {
        Self::to(operation, Target::Path(path))
    }

    /// Creates a call of a path that a caller chose.
    pub(crate) fn of_path(operation: &'a Operation, path: &str) -> Self {
        let mut call = Self::at(operation, path.to_owned());
        if let Err(why) = check(path) {
            call.fail("path", why);
        }
        call
    }

    fn to(operation: &'a Operation, target: Target) -> Self {
        Self { operation, target, query: Vec::new(), body: Map::new(), problem: None }
    }

    /// Sets a placeholder or a parameter. `null` is not sent.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.set(name, value.into());
        self
    }

    pub(crate) fn set(&mut self, name: &str, value: Value) {
        if value.is_null() {
            return;
        }
        if let Some(place) = self.placeholder(name) {
            *place = Some(text(value));
            return;
        }
        match (self.operation.parameter(name), &self.target) {
            (Some(parameter), _) if parameter.place == Place::Body => {
                self.body.insert(name.to_owned(), value);
            }
            (Some(parameter), _) => self.set_query(Cow::Borrowed(parameter.name), value),
            (None, Target::Path(_)) => self.set_query(Cow::Owned(name.to_owned()), value),
            (None, Target::Template(_)) => {
                let known: Vec<_> = self
                    .operation
                    .placeholders()
                    .chain(self.operation.parameters.iter().map(|parameter| parameter.name))
                    .map(|name| format!("`{name}`"))
                    .collect();
                let known = if known.is_empty() { "nothing".to_owned() } else { known.join(", ") };
                self.fail(name, format!("unknown parameter; the operation takes {known}"));
            }
        }
    }

    /// Sets the whole body, whatever the operation takes.
    pub(crate) fn set_body(&mut self, body: Value) {
        match body {
            Value::Object(members) => self.body = members,
            _ => self.fail("body", "it must be a JSON object"),
        }
    }

    fn set_query(&mut self, name: Cow<'static, str>, value: Value) {
        self.query.retain(|(known, _)| *known != name);
        // A list is sent as the same parameter several times.
        let values = match value {
            Value::Array(values) => values,
            one => vec![one],
        };
        self.query.extend(values.into_iter().map(|value| (name.clone(), text(value))));
    }

    /// Sets a placeholder, if the path has it.
    pub(crate) fn with_id(mut self, name: &str, id: &str) -> Self {
        if let Some(place) = self.placeholder(name) {
            *place = Some(id.to_owned());
        }
        self
    }

    fn placeholder(&mut self, name: &str) -> Option<&mut Option<String>> {
        match &mut self.target {
            Target::Template(template) => template.value_mut(name),
            Target::Path(_) => None,
        }
    }

    /// Returns a parameter of the query.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Removes a parameter from the query.
    pub(crate) fn forget(&mut self, name: &str) {
        self.query.retain(|(known, _)| known != name);
    }

    /// Returns the customer of the call.
    pub(crate) fn customer(&self) -> Option<&str> {
        let Target::Template(template) = &self.target else { return None };
        let (_, id) = template.values().find(|(name, _)| *name == "id")?;
        self.operation.is_about_a_customer().then_some(id.as_str())
    }

    /// Returns the values of path and query in one line.
    pub(crate) fn place(&self) -> String {
        match &self.target {
            Target::Template(template) => {
                format!("{:?} {:?}", template.values().collect::<Vec<_>>(), self.query)
            }
            Target::Path(path) => format!("{path} {:?}", self.query),
        }
    }

    /// Records an invalid argument. The first problem counts.
    pub(crate) fn fail(&mut self, name: &str, why: impl Into<String>) {
        self.problem.get_or_insert_with(|| Problem::Argument { name: name.to_owned(), why: why.into() });
    }

    /// Records a missing setting.
    pub(crate) fn fail_for_setting(mut self, setting: &'static str) -> Self {
        self.problem.get_or_insert(Problem::MissingSetting(setting));
        self
    }

    /// Calls [`Call::fail`] if `wrong`.
    pub(crate) fn fail_if(mut self, wrong: bool, name: &str, why: &str) -> Self {
        if wrong {
            self.fail(name, why);
        }
        self
    }

    /// Returns the ids among the parameters of query and body.
    fn ids(&self) -> impl Iterator<Item = (&str, &str)> {
        // `ssid` is not trimmed: blanks are a part of it.
        let is_id = |name: &str| {
            matches!(name, "id" | "mac" | "macs" | "email" | "serialNumber")
                || ["Id", "Ids", "Mac"].iter().any(|ending| name.ends_with(ending))
        };
        let query = self.query.iter().map(|(name, value)| (name.as_ref(), value.as_str()));
        let body = self.body.iter().flat_map(|(name, value)| {
            let texts = match value {
                Value::Array(values) => values.as_slice(),
                one => std::slice::from_ref(one),
            };
            texts.iter().filter_map(move |value| Some((name.as_str(), value.as_str()?)))
        });
        query.chain(body).filter(move |(name, _)| is_id(name))
    }

    /// Returns the JSON body. An operation with parameters in the body has one even if it is empty.
    pub(crate) fn body(&self) -> Option<Value> {
        let takes = || self.operation.parameters.iter().any(|parameter| parameter.place == Place::Body);
        (!self.body.is_empty() || takes()).then(|| Value::Object(self.body.clone()))
    }

    /// Returns a redactor of the secrets of this call: the token, and passphrases among its values.
    pub(crate) fn redactor(&self, token: &AccessToken) -> Redactor {
        let query = self.query.iter().map(|(name, value)| (name.to_string(), Value::from(value.as_str())));
        let sent = FreeForm::from(Value::Object(self.body.clone().into_iter().chain(query).collect()));
        let secrets = sent.expose_secrets();
        secrets
            .iter()
            .fold(Redactor::default().and(token.expose_token()), |redactor, secret| redactor.and(secret))
    }

    /// Returns path and query, or the error of an invalid call.
    pub(crate) fn target(&self) -> Result<String, Error> {
        let refused = |name: &str, why: &str| Error::argument(self.operation, name, why);
        match &self.problem {
            Some(Problem::Argument { name, why }) => return Err(refused(name, why)),
            Some(Problem::MissingSetting(setting)) => {
                return Err(Error::missing_setting(self.operation, setting));
            }
            None => {}
        }
        let mut target = match &self.target {
            Target::Path(path) => path.clone(),
            Target::Template(template) => template.path().map_err(|(name, why)| match why {
                Some(why) => refused(name, why),
                None => Error::missing_parameter(self.operation, name),
            })?,
        };
        for parameter in self.operation.parameters.iter().filter(|parameter| parameter.required) {
            let given = match parameter.place {
                Place::Query => self.query.iter().any(|(name, _)| name == parameter.name),
                Place::Body => self.body.contains_key(parameter.name),
            };
            if !given {
                return Err(Error::missing_parameter(self.operation, parameter.name));
            }
        }
        for (name, value) in self.ids() {
            if let Some(why) = unclean(value) {
                return Err(refused(name, why));
            }
        }
        if !self.query.is_empty() {
            let query =
                url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.query).finish();
            target.push('?');
            target.push_str(&query);
        }
        Ok(target)
    }
}

/// Converts a value for a path or query.
fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

pub(crate) fn request(uri: Uri, call: &Call<'_>, authorization: HeaderValue) -> Request<Bytes> {
    let body = call.body();
    let mut headers = HeaderMap::with_capacity(HEADERS);
    headers.insert(AUTHORIZATION, authorization);
    headers.insert(ACCEPT, JSON.clone());
    if body.is_some() {
        headers.insert(CONTENT_TYPE, JSON.clone());
    }
    let mut request = Request::new(body.map(|body| Bytes::from(body.to_string())).unwrap_or_default());
    *request.method_mut() = call.operation.method.clone();
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    request
}

/// Checks a path of the caller.
fn check(path: &str) -> Result<(), &'static str> {
    let Some(rest) = path.strip_prefix('/') else {
        return Err("it must begin with `/`");
    };
    if path.contains(['?', '#', '\\']) || !path.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("it must be encoded and hold no `?`, `#` or `\\`");
    }
    for segment in rest.split('/') {
        let decoded = percent_encoding::percent_decode_str(segment).decode_utf8_lossy();
        if segment.is_empty() || matches!(decoded.as_ref(), "." | "..") {
            return Err("it must not hold empty, `.` or `..` segments");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_paths_pass() {
        for good in ["/Customers", "/Customers/x/locations/y", "/Customers/a%2Fb"] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "Customers",
            "/",
            "//x",
            "/a/../b",
            "/a/%2e%2e",
            "/a?b",
            "/a#b",
            "/a b",
            "/ä",
            "/a/",
            "/a\\b",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
