//! From a method and a path to the function that answers.

use std::borrow::Cow;

use http::{HeaderMap, Method, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::{
    error_body::Problem,
    gateway::mac_of,
    query::{Pairs, arguments},
    routes::ROUTES,
    understood::Understood,
    world::{Customer, Device, Location, Node, World},
};

/// One row of the route table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RouteRow {
    pub(crate) verb: Verb,
    pub(crate) template: &'static str,
    pub(crate) handler: Handler,
    /// Whether the names in a good answer are published or were seen; else they are made up here.
    pub(crate) published: bool,
}

impl RouteRow {
    /// The row with an answer of a form that nobody has published.
    pub(crate) const fn made_up(self) -> Self {
        Self { published: false, ..self }
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
    fn of(method: &Method) -> Option<Self> {
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

#[derive(Debug, Clone, Copy)]
pub(crate) enum Handler {
    Token,
    Introspect,
    Revoke,
    /// The authorization server's description of itself.
    Metadata,
    /// A resource of the API or the reports service, behind a bearer token.
    Resource(fn(&Ask<'_>) -> Answer),
    /// As [`Handler::Resource`], and it changes the world.
    Write(fn(&mut Order<'_>) -> Outcome),
    /// A resource that also comes as a page, for readers who do not ask for JSON.
    Page(fn(&Ask<'_>) -> Result<Page, Problem>),
    /// A documented action that is not carried out here.
    Unsimulated,
}

impl Handler {
    pub(crate) fn needs_token(self) -> bool {
        !matches!(self, Self::Token | Self::Introspect | Self::Revoke | Self::Metadata)
    }
}

/// The body of a good answer.
#[derive(Debug)]
pub(crate) enum Page {
    Json(Value),
    Html(String),
}

/// What a resource answers: the body of a 200, or an error.
pub(crate) type Answer = Result<Value, Problem>;

/// What a write answers.
pub(crate) type Outcome = Result<Reply, Problem>;

/// A status with its body, if that status has one.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) body: Option<Page>,
}

impl Reply {
    pub(crate) fn ok(body: Value) -> Self {
        Self { status: StatusCode::OK, body: Some(Page::Json(body)) }
    }

    pub(crate) fn no_content() -> Self {
        Self { status: StatusCode::NO_CONTENT, body: None }
    }
}

/// A request to a resource as it came in.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) route: &'static RouteRow,
    pub(crate) parameters: Vec<(&'static str, String)>,
    pub(crate) query: Pairs,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
}

impl Call<'_> {
    /// Lets the route's handler answer out of `world`, whose present moment is that of the request.
    pub(crate) fn answer(&self, world: &mut World) -> Outcome {
        match self.route.handler {
            Handler::Resource(handler) => handler(&self.ask(world)).map(Reply::ok),
            Handler::Page(handler) => {
                handler(&self.ask(world)).map(|page| Reply { status: StatusCode::OK, body: Some(page) })
            }
            Handler::Write(handler) => handler(&mut Order { world, call: self }),
            Handler::Unsimulated => Err(Problem::unsimulated(&self.route.verb.method(), self.route.template)),
            Handler::Token | Handler::Introspect | Handler::Revoke | Handler::Metadata => {
                Err(Problem::unauthorized())
            }
        }
    }

    /// What was read of the request.
    pub(crate) fn into_understood(self, number: u64) -> Understood {
        let body = arguments(self.headers, self.body).map(Value::Object).ok();
        Understood {
            number,
            route: self.route.template,
            path: self.parameters,
            query: self.query.into_read(),
            body: body.filter(|_| !self.body.is_empty()).map(|body| body.to_string()).unwrap_or_default(),
        }
    }

    fn ask<'a>(&'a self, world: &'a World) -> Ask<'a> {
        Ask {
            world,
            now: world.now,
            parameters: Cow::Borrowed(&self.parameters),
            query: &self.query,
            headers: self.headers,
            body: self.body,
        }
    }
}

/// A request that changes the world.
#[derive(Debug)]
pub(crate) struct Order<'a> {
    pub(crate) world: &'a mut World,
    call: &'a Call<'a>,
}

impl Order<'_> {
    /// The same request as one that only reads: of the world as it is after what was changed so far.
    pub(crate) fn ask(&self) -> Ask<'_> {
        self.call.ask(self.world)
    }

    /// Method and path template.
    pub(crate) fn operation(&self) -> (Verb, &'static str) {
        (self.call.route.verb, self.call.route.template)
    }
}

/// A request to a resource, with what is needed to answer it.
#[derive(Debug)]
pub(crate) struct Ask<'a> {
    pub(crate) world: &'a World,
    pub(crate) now: i64,
    parameters: Cow<'a, [(&'static str, String)]>,
    pub(crate) query: &'a Pairs,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
}

impl Ask<'_> {
    /// The part of the path that the template calls `{name}`.
    pub(crate) fn parameter(&self, name: &str) -> &str {
        self.parameters
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.as_str())
            .unwrap_or_default()
    }

    /// The same question, with a path that names this location and its customer.
    pub(crate) fn inside(&self, location: &Location) -> Self {
        let parameters = vec![("id", location.customer.id.clone()), ("locationId", location.id.clone())];
        Self { parameters: Cow::Owned(parameters), ..*self }
    }

    /// The MAC address that the path means.
    pub(crate) fn mac(&self) -> Cow<'_, str> {
        mac_of(self.parameter("mac"))
    }

    /// The customer in the path. An unknown one is answered with 401, as the API does.
    pub(crate) fn customer(&self) -> Result<Customer, Problem> {
        self.world.customer_by_id(self.parameter("id")).ok_or_else(Problem::unauthorized)
    }

    /// The location in the path, below the customer in the path.
    pub(crate) fn location(&self) -> Result<Location, Problem> {
        let customer = self.customer()?;
        let id = self.parameter("locationId");
        self.world
            .location_by_id(id)
            .filter(|location| location.key.customer == customer.number)
            .ok_or_else(|| Problem::no_such("locations", id))
    }

    /// The location of a path without a customer.
    pub(crate) fn location_alone(&self) -> Result<Location, Problem> {
        let id = self.parameter("locationId");
        self.world.location_by_id(id).ok_or_else(|| Problem::no_such("locations", id))
    }

    pub(crate) fn node<'l>(&self, location: &'l Location) -> Result<&'l Node, Problem> {
        let id = self.parameter("nodeId");
        location.node(id).ok_or_else(|| Problem::no_such("nodes", id))
    }

    /// The device in the path: its MAC address, or the opaque id that the gateway group gives it.
    pub(crate) fn device<'l>(&self, location: &'l Location) -> Result<&'l Device, Problem> {
        let mac = self.mac();
        let mac = mac.as_ref();
        location.device(mac).ok_or_else(|| Problem::no_such("devices", mac))
    }
}

/// What the route table says about a request.
#[derive(Debug)]
pub(crate) enum Found {
    Route(&'static RouteRow, Vec<(&'static str, String)>),
    /// The path belongs to the authorization server, which does not take this method.
    WrongOAuthMethod(&'static RouteRow),
    /// A part of the path is not valid percent-encoded UTF-8.
    Undecodable,
    Nothing,
}

pub(crate) fn find(method: &Method, path: &str) -> Found {
    let verb = Verb::of(method);
    let mut wrong = None;
    for route in ROUTES.iter() {
        if !matches(route.template, path) {
            continue;
        }
        if Some(route.verb) == verb {
            return match parameters(route.template, path) {
                Some(parameters) => Found::Route(route, parameters),
                None => Found::Undecodable,
            };
        }
        if !route.handler.needs_token() {
            wrong = Some(route);
        }
    }
    wrong.map_or(Found::Nothing, Found::WrongOAuthMethod)
}

/// One slash at the end makes no difference, an empty segment elsewhere does.
fn segments(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.strip_suffix('/').unwrap_or(path).split('/')
}

fn placeholder(segment: &'static str) -> Option<&'static str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

/// Compares from the end: most templates begin alike, and few end alike.
fn matches(template: &'static str, path: &str) -> bool {
    let mut given = segments(path).rev();
    for wanted in template.rsplit('/') {
        let Some(segment) = given.next() else { return false };
        let fits = match placeholder(wanted) {
            Some(_) => !segment.is_empty(),
            None => segment.eq_ignore_ascii_case(wanted),
        };
        if !fits {
            return false;
        }
    }
    given.next().is_none()
}

/// The decoded parameters; decoding comes after splitting, so that `%2F` stays inside its segment.
fn parameters(template: &'static str, path: &str) -> Option<Vec<(&'static str, String)>> {
    template
        .split('/')
        .zip(segments(path))
        .filter_map(|(wanted, segment)| placeholder(wanted).map(|name| (name, segment)))
        .map(|(name, segment)| {
            let whole = segment
                .split('%')
                .skip(1)
                .all(|rest| rest.len() >= 2 && rest.bytes().take(2).all(|digit| digit.is_ascii_hexdigit()));
            let decoded = percent_decode_str(segment).decode_utf8().ok().filter(|_| whole)?;
            Some((name, decoded.into_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(method: &Method, path: &str) -> Option<&'static str> {
        match find(method, path) {
            Found::Route(route, _) => Some(route.template),
            _ => None,
        }
    }

    #[test]
    fn case_of_fixed_segments_does_not_matter() {
        for path in ["/api/Customers/x", "/api/customers/x", "/API/CUSTOMERS/x/"] {
            assert_eq!(template(&Method::GET, path), Some("/api/Customers/{id}"), "{path}");
        }
    }

    #[test]
    fn segments_are_decoded_after_splitting() {
        let Found::Route(_, parameters) = find(&Method::GET, "/api/Customers/a%2Fb%3A") else { panic!() };
        assert_eq!(parameters, [("id", "a/b:".to_owned())]);
        for path in ["/api/Customers/%FF", "/api/Customers/%zz", "/api/Customers/a%2", "/api/Customers/%"] {
            assert!(matches!(find(&Method::GET, path), Found::Undecodable), "{path}");
        }
    }

    #[test]
    fn what_is_not_in_the_table_is_not_found() {
        for path in [
            "",
            "/",
            "/api",
            "/api//Customers",
            "/Customers",
            "/api/Customers/x/y",
            "/api/Customers//locations",
        ] {
            assert!(matches!(find(&Method::GET, path), Found::Nothing), "{path}");
        }
        assert!(matches!(find(&Method::DELETE, "/api/Customers"), Found::Nothing));
        assert!(matches!(find(&Method::GET, "/oauth2/x/v1/token"), Found::WrongOAuthMethod(_)));
    }

    #[test]
    fn no_row_hides_a_later_one() {
        for (index, route) in ROUTES.iter().enumerate() {
            let path: String = route.template.replace(['{', '}'], "");
            assert_eq!(template(&route.verb.method(), &path), Some(route.template), "row {index}");
        }
    }
}
