//! The simulator itself: one function from a request to an answer, and the state behind it.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use http::{
    HeaderValue, Method, Request, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, DATE, WWW_AUTHENTICATE},
};
use plume_runtime::{Clock, InProcess, Transport};
use serde_json::Value;

use crate::{
    audit::AuditRecord,
    builder::SimulatorBuilder,
    endpoints::{AUTH_SERVER_ID, Endpoints, IN_PROCESS_BASE},
    error_body::{OAuthError, Problem, okta_envelope},
    oauth::{self, Tokens},
    query::Pairs,
    request_log::{RequestLog, RequestRecord},
    router::{self, Call, Found, Handler, Page, Reply, RouteRow},
    routes::ROUTES,
    time::{http_date, millis},
    world::World,
};

/// A Plume Cloud in memory: authorization server, API and reports.
///
/// Cheap to clone; clones share tokens and request log. Two simulators of equal settings answer equal
/// requests with equal bytes, if their clocks show the same time.
///
/// # Example
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, StatusCode};
/// use plume_sim::{Home, Simulator};
///
/// let simulator = Simulator::builder().seed(7).build();
/// let path = format!("/api/Customers/{}/locations", Home::Healthy.customer_id());
/// let answer = simulator.handle(Request::get(&path).body(Bytes::new())?);
/// assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "no token yet");
///
/// let token = simulator.issue_token();
/// let request = Request::get(&path).header("authorization", format!("Bearer {token}"));
/// assert_eq!(simulator.handle(request.body(Bytes::new())?).status(), StatusCode::OK);
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone)]
pub struct Simulator {
    shared: Arc<Shared>,
}

struct Shared {
    seed: u64,
    world: Mutex<World>,
    clock: Arc<dyn Clock>,
    lifetime_seconds: i64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    tokens: Tokens,
    log: RequestLog,
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
}

impl Simulator {
    /// Starts to describe a simulator. Without further words it holds every [`Home`](crate::Home) and 250
    /// generated customers, and runs by the machine's clock.
    pub fn builder() -> SimulatorBuilder {
        SimulatorBuilder::new()
    }

    pub(crate) fn new(world: World, clock: Arc<dyn Clock>, lifetime_seconds: i64) -> Self {
        let (seed, world) = (world.seed, Mutex::new(world));
        Self { shared: Arc::new(Shared { seed, world, clock, lifetime_seconds, state: Mutex::default() }) }
    }

    /// Answers one request. Scheme and host are not looked at, only method, path, query, headers and body.
    #[must_use]
    pub fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let (head, body) = request.into_parts();
        let at = self.shared.clock.monotonic();
        let now = millis(self.shared.clock.wall());
        let (route, mut response) = self.answer(&head, &body, now);
        if let Ok(date) = HeaderValue::from_str(&http_date(now)) {
            response.headers_mut().insert(DATE, date);
        }
        if head.method == Method::HEAD {
            *response.body_mut() = Bytes::new();
        }
        let record = RequestRecord {
            method: head.method,
            path: head.uri.path().to_owned(),
            route: route.map(|route| route.template),
            status: response.status(),
            at,
        };
        self.state().log.push(record);
        response
    }

    fn answer(
        &self,
        head: &http::request::Parts,
        body: &[u8],
        now: i64,
    ) -> (Option<&'static RouteRow>, Response<Bytes>) {
        let path = head.uri.path();
        match router::find(&head.method, path) {
            Found::Nothing => (None, problem(&Problem::no_method(head.method.as_str(), path))),
            Found::Undecodable => (None, problem(&Problem::bad_request("the path cannot be decoded"))),
            Found::WrongOAuthMethod(route) => {
                let body = okta_envelope("E0000022", "The endpoint does not support this method.");
                (Some(route), json(StatusCode::METHOD_NOT_ALLOWED, &body))
            }
            Found::Route(route, parameters) => {
                let response = match route.handler {
                    Handler::Token | Handler::Introspect => {
                        self.authorization_server(route, &parameters, head, body, now)
                    }
                    Handler::Resource(_) | Handler::Write(_) | Handler::Page(_) => {
                        if self.state().tokens.authorize(&head.headers, now) {
                            let query = Pairs::parse(head.uri.query().unwrap_or_default());
                            let call = Call { route, parameters, query, headers: &head.headers, body };
                            let outcome = call.answer(&mut self.world(now));
                            outcome.map_or_else(|error| problem(&error), resource)
                        } else {
                            problem(&Problem::unauthorized())
                        }
                    }
                };
                (Some(route), response)
            }
        }
    }

    fn authorization_server(
        &self,
        route: &RouteRow,
        parameters: &[(&'static str, String)],
        head: &http::request::Parts,
        body: &[u8],
        now: i64,
    ) -> Response<Bytes> {
        if !parameters.iter().any(|(_, value)| value == AUTH_SERVER_ID) {
            let body = okta_envelope("E0000007", "Not found: there is no authorization server with this id.");
            return json(StatusCode::NOT_FOUND, &body);
        }
        let mut state = self.state();
        let result = if matches!(route.handler, Handler::Introspect) {
            oauth::introspect(&state.tokens, now, &head.headers, body)
        } else {
            let Shared { seed, lifetime_seconds, .. } = &*self.shared;
            oauth::token(&mut state.tokens, *seed, now, *lifetime_seconds, &head.headers, body)
        };
        drop(state);
        result.map_or_else(oauth_error, |body| no_store(json(StatusCode::OK, &body)))
    }

    /// Hands out a valid token without a request, for tests of something else.
    #[must_use]
    pub fn issue_token(&self) -> String {
        let now = millis(self.shared.clock.wall());
        self.state().tokens.issue(self.shared.seed, now, self.shared.lifetime_seconds)
    }

    /// The simulator as a transport: requests are answered in this process, without a network.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use plume_runtime::Limits;
    /// use plume_sim::Simulator;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let simulator = Simulator::builder().build();
    /// let url = format!("{}/Customers/count", simulator.endpoints().api_base());
    /// let request = http::Request::get(url).body(Bytes::new())?;
    /// let answer = simulator.transport().send(request, &Limits::default()).await?;
    /// assert_eq!(answer.status(), 401);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn transport(&self) -> Arc<dyn Transport> {
        let simulator = self.clone();
        Arc::new(InProcess::new(move |request| std::future::ready(Ok(simulator.handle(request)))))
    }

    /// The settings for a client that uses [`Simulator::transport`]. A served simulator has its own, see
    /// [`Server::endpoints`](crate::Server::endpoints).
    #[must_use]
    pub fn endpoints(&self) -> Endpoints {
        Endpoints::new(IN_PROCESS_BASE)
    }

    /// [`Endpoints::environment`] of [`Simulator::endpoints`].
    #[must_use]
    pub fn environment(&self) -> [(&'static str, String); 5] {
        self.endpoints().environment()
    }

    /// How many requests came since the simulator was built, token requests included.
    #[must_use]
    pub fn request_count(&self) -> u64 {
        self.state().log.count()
    }

    /// The latest requests (at most 10,000), oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.state().log.records()
    }

    /// Everything that requests have changed, oldest first. The same is served at `…/auditTrail`.
    #[must_use]
    pub fn audit(&self) -> Vec<AuditRecord> {
        self.shared.world.lock().unwrap_or_else(PoisonError::into_inner).written.audit.clone()
    }

    /// Every endpoint the simulator serves.
    ///
    /// ```
    /// assert!(plume_sim::Simulator::routes().iter().any(|route| route.template == "/api/Customers/{id}"));
    /// ```
    #[must_use]
    pub fn routes() -> Vec<Route> {
        let route = |row: &RouteRow| Route {
            method: row.verb.method(),
            template: row.template,
            published: row.published,
        };
        ROUTES.iter().map(route).collect()
    }

    /// The world as it is at `now`.
    fn world(&self, now: i64) -> MutexGuard<'_, World> {
        let mut world = self.shared.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.now = now;
        world
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change of the state is complete in itself, so a panic elsewhere leaves it usable.
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let world = self.shared.world.lock().unwrap_or_else(PoisonError::into_inner);
        f.debug_struct("Simulator")
            .field("seed", &world.seed)
            .field("homes", &world.homes)
            .field("customers", &world.generated)
            .finish_non_exhaustive()
    }
}

fn json(status: StatusCode, body: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    response
}

fn resource(reply: Reply) -> Response<Bytes> {
    let mut response = match reply.body {
        Some(Page::Json(body)) => return json(reply.status, &body),
        Some(Page::Html(body)) => {
            let mut response = Response::new(Bytes::from(body));
            let html = HeaderValue::from_static("text/html; charset=utf-8");
            response.headers_mut().insert(CONTENT_TYPE, html);
            response
        }
        None => Response::new(Bytes::new()),
    };
    *response.status_mut() = reply.status;
    response
}

fn problem(problem: &Problem) -> Response<Bytes> {
    json(problem.status, &problem.body())
}

fn oauth_error(error: OAuthError) -> Response<Bytes> {
    let mut response = no_store(json(error.status(), &error.body()));
    if error.status() == StatusCode::UNAUTHORIZED {
        response
            .headers_mut()
            .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"simulator\""));
    }
    response
}

fn no_store(mut response: Response<Bytes>) -> Response<Bytes> {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store"));
    response
}
