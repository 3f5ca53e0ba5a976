//! The simulator itself: one function from a request to an answer, and the state behind it.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::{
    HeaderValue, Method, Request, Response, StatusCode, Uri,
    header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, DATE, HOST, WWW_AUTHENTICATE},
    uri::Authority,
};
use plume_runtime::{Clock, Transport};
use serde_json::Value;

use crate::audit::AuditRecord;
use crate::builder::SimulatorBuilder;
use crate::endpoints::{AUTH_SERVER_ID, Endpoints, IN_PROCESS_BASE};
use crate::error_body::{OAuthError, Problem, okta_envelope};
use crate::faults::{Area, Decision, Engine, Facts, FaultPlan, Replaced, ResetStage};
use crate::firewall::Firewall;
use crate::gateway::location_of;
use crate::ids::{LocationKey, bare_mac, customer_id, customer_number};
use crate::oauth::{Desk, Issued, Sight, Tokens};
use crate::oracle::{Arrival, Errand, Oracle, Reaction, Secrets, Verdict, evidence, find_leak};
use crate::query::{Pairs, arguments, texts};
use crate::replacement::json;
use crate::request_log::{NO_ANSWER, RequestLog, RequestRecord};
use crate::router::{Call, Found, Handler, Page, RouteRow};
use crate::routes::ROUTES;
use crate::tenants::Identity;
use crate::time::{SECOND, http_date, millis};
use crate::transport::CloudTransport;
use crate::understood::Understood;
use crate::world::{World, Written};
use crate::{noise, oauth, replacement, router};

/// Where requests of [`Simulator::transport`] and [`Simulator::handle`] come from.
const HERE: &str = "in process";
/// What a token lives if the answer does not say it, and what longer claims are cut to.
const UNSAID_LIFE: Duration = Duration::from_secs(600);
const LONGEST_LIFE: Duration = Duration::from_secs(86_400);

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
    tenants: Vec<Tenant>,
    identities: Vec<Identity>,
    clock: Arc<dyn Clock>,
    built_at: Duration,
    lifetime_seconds: i64,
    state: Mutex<State>,
}

/// A provider and its customers.
pub(crate) struct Tenant {
    identity: Identity,
    seed: u64,
    world: Mutex<World>,
}

impl Tenant {
    pub(crate) fn new(identity: Identity, world: World) -> Self {
        Self { identity, seed: world.seed, world: Mutex::new(world) }
    }

    /// The world as it is at `now`.
    fn world(&self, now: i64) -> MutexGuard<'_, World> {
        let mut world = self.lock();
        world.now = now;
        world
    }

    fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Default)]
struct State {
    tokens: Tokens,
    log: RequestLog,
    engine: Engine,
    firewall: Firewall,
    oracle: Oracle,
    trace: u64,
    understood: Option<Understood>,
}

/// By which way a request comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Face {
    InProcess,
    /// On the connection of this number.
    #[cfg_attr(not(feature = "server"), allow(dead_code, reason = "only the server brings such requests"))]
    Wire(u64),
}

/// An answer and how it travels.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) delay: Duration,
    pub(crate) shape: Shape,
}

#[derive(Debug)]
pub(crate) enum Shape {
    Answer(Response<Bytes>),
    /// At so many bytes per second.
    Slow(Response<Bytes>, u32),
    /// With a body of so many bytes.
    Bomb(Response<Bytes>, u64),
    /// The connection breaks while this answer is on its way.
    Broken(ResetStage, Response<Bytes>),
    Hang,
}

/// A request that is under way. Dropping it means that the client went away.
pub(crate) struct Ticket {
    simulator: Simulator,
    number: u64,
    open: bool,
}

impl Ticket {
    /// The exchange is over; `heard` if the client has the whole answer.
    pub(crate) fn finish(mut self, heard: bool) {
        self.end(heard);
    }

    fn end(&mut self, heard: bool) {
        if std::mem::take(&mut self.open) {
            let at = self.simulator.shared.clock.monotonic();
            self.simulator.state().oracle.finish(self.number, at, heard);
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.end(false);
    }
}

/// A connection, until it is dropped.
#[cfg_attr(not(feature = "server"), allow(dead_code, reason = "only the server has connections"))]
pub(crate) struct Line {
    simulator: Simulator,
    address: String,
    number: u64,
}

#[cfg_attr(not(feature = "server"), allow(dead_code, reason = "only the server has connections"))]
impl Line {
    pub(crate) fn number(&self) -> u64 {
        self.number
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.simulator.state().oracle.line_closed(&self.address);
    }
}

/// What a request is, before anybody has looked at what it wants.
struct Incoming<'r> {
    number: u64,
    head: &'r http::request::Parts,
    body: &'r [u8],
    now: i64,
    sight: Sight,
    /// The path names something of another provider.
    foreign: bool,
}

/// An answer with what the oracles want to know about it.
struct Answered {
    response: Response<Bytes>,
    issued: Option<Issued>,
    /// The answer is a 401; whether because of the token.
    refused: Option<bool>,
}

impl Answered {
    fn plain(response: Response<Bytes>) -> Self {
        Self { response, issued: None, refused: None }
    }
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
    /// Whether the simulator carries the action out. If not, the reference documents it, and it is answered with 501
    /// and the code `NOT_SIMULATED`; the verdict does not blame a client for it.
    pub simulated: bool,
}

impl Simulator {
    /// Starts to describe a simulator. Without further words it holds every [`Home`](crate::Home) and 250
    /// generated customers, and runs by the machine's clock.
    pub fn builder() -> SimulatorBuilder {
        SimulatorBuilder::new()
    }

    pub(crate) fn new(
        tenants: Vec<Tenant>,
        clock: Arc<dyn Clock>,
        lifetime_seconds: i64,
        faults: FaultPlan,
    ) -> Self {
        let identities = tenants.iter().map(|tenant| tenant.identity.clone()).collect();
        let built_at = clock.monotonic();
        let state = State { engine: Engine::new(faults), ..State::default() };
        let state = Mutex::new(state);
        Self { shared: Arc::new(Shared { tenants, identities, clock, built_at, lifetime_seconds, state }) }
    }

    /// Answers one request. Scheme and host are not looked at, only method, path, query, headers and body.
    ///
    /// A plain function cannot wait or break a connection: latency and slow bodies of a fault plan are left out
    /// here, and what would be no answer at all is one with the status 599
    /// ([`RequestRecord::NO_ANSWER`](crate::RequestRecord::NO_ANSWER)).
    #[must_use]
    pub fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let (reply, ticket) = self.begin(request, HERE, Face::InProcess);
        let (response, heard) = match reply.shape {
            Shape::Answer(response) | Shape::Slow(response, _) | Shape::Bomb(response, _) => (response, true),
            Shape::Broken(..) | Shape::Hang => {
                let mut response = Response::new(Bytes::new());
                *response.status_mut() = StatusCode::from_u16(NO_ANSWER).unwrap_or(StatusCode::BAD_GATEWAY);
                (response, false)
            }
        };
        ticket.finish(heard);
        response
    }

    /// A connection from this address opens.
    #[cfg_attr(not(feature = "server"), allow(dead_code, reason = "only the server has connections"))]
    pub(crate) fn open_line(&self, address: &str) -> Line {
        let number = self.state().oracle.line_opened(address);
        Line { simulator: self.clone(), address: address.to_owned(), number }
    }

    /// Takes a request, carries it out, and says what is to be sent when.
    pub(crate) fn begin(&self, request: Request<Bytes>, address: &str, face: Face) -> (Reply, Ticket) {
        let (head, body) = request.into_parts();
        let shared = &*self.shared;
        let at = shared.clock.monotonic();
        let now = millis(shared.clock.wall());
        let area = Area::of_path(head.uri.path());
        let (route, parameters) = match router::find(&head.method, head.uri.path()) {
            Found::Route(route, parameters) => (Some(route), Some(parameters)),
            Found::WrongOAuthMethod(route) => (Some(route), None),
            Found::Nothing | Found::Undecodable => (None, None),
        };
        let known = parameters.as_deref().unwrap_or_default();
        let errand = route.and_then(|route| match route.handler {
            Handler::Token => Some(Errand::Token),
            Handler::Introspect | Handler::Revoke => Some(Errand::Question),
            _ => None,
        });

        let mut state = self.state();
        let sight = state.tokens.sight(&head.headers, now);
        let foreign = self.is_foreign_path(sight, known);
        let asks =
            if area == Area::Oauth { oauth::tenant_of(&head.headers, &shared.identities) } else { None };
        let tenant = match sight {
            Sight::Known { tenant, .. } => Some(tenant),
            _ => asks,
        };
        let client = tenant.and_then(|tenant| shared.identities.get(tenant));
        let decision = state.engine.decide(&Facts {
            area,
            method: &head.method,
            template: route.map(|route| route.template),
            parameters: known,
            client: client.map(|identity| identity.client_id.as_str()),
            age: at.saturating_sub(shared.built_at),
        });
        let number = state.log.count() + 1;
        let arrived = decision.reset != Some(ResetStage::Connect);
        let secrets = Secrets { tokens: &state.tokens, identities: &shared.identities };
        let leak = find_leak(&secrets, area, &head, &body);
        let named_host = head.headers.get(HOST).and_then(|host| host.to_str().ok());
        state.oracle.arrive(&Arrival {
            number,
            at,
            address,
            line: match face {
                Face::InProcess => None,
                Face::Wire(line) => Some(line),
            },
            area,
            method: &head.method,
            path: head.uri.path(),
            query: head.uri.query(),
            authority: head.uri.authority().map(Authority::as_str).or(named_host),
            headers: &head.headers,
            body: &body,
            template: route.map(|route| route.template),
            unsimulated: route.is_some_and(|route| matches!(route.handler, Handler::Unsimulated)),
            parameters: known,
            change: is_change(&head.method, route),
            sight,
            foreign: foreign || self.names_foreign(sight, &head, &body),
            errand,
            tenant: asks.or_else(|| oauth::tenant_in_form(&body, &shared.identities)),
            leak,
            arrives: arrived,
        });
        let mut blocked_until = None;
        if area != Area::Oauth && arrived {
            if let Some(lasts) = decision.block {
                state.firewall.block(address, at.saturating_add(lasts));
            }
            blocked_until = state.firewall.call(address, at, decision.firewall);
        }
        if matches!(decision.replaced, Some(Replaced::Unauthorized)) || decision.revoked {
            state.tokens.withdraw(&head.headers);
        }
        // The number is taken. The record follows when the answer is known.
        state.log.reserve();
        drop(state);

        let incoming = Incoming { number, head: &head, body: &body, now, sight, foreign };
        let carried_out = arrived
            && blocked_until.is_none()
            && decision.replaced.as_ref().is_none_or(Replaced::carried_out);
        let mut answered = if blocked_until.is_some() {
            Answered::plain(replacement::firewall(number))
        } else if let Some(replaced) = decision.replaced.as_ref().filter(|_| !carried_out) {
            let response = replacement::refusal(replaced, area, now);
            let refused = (response.status() == StatusCode::UNAUTHORIZED).then_some(true);
            Answered { response, issued: None, refused }
        } else if arrived {
            self.answer(&incoming, parameters, &decision)
        } else {
            Answered::plain(Response::new(Bytes::new()))
        };
        let confirmed = answered.response.status();
        if carried_out {
            answered.response = replacement::changed(answered.response, &decision);
        }
        let mut response = answered.response;
        let dated = now.saturating_add(decision.skew_seconds.saturating_mul(SECOND)).max(0);
        if let Ok(date) = HeaderValue::from_str(&http_date(dated)) {
            response.headers_mut().insert(DATE, date);
        }
        if head.method == Method::HEAD {
            *response.body_mut() = Bytes::new();
        }
        let status = response.status();
        let shape = match (&decision.reset, &decision.replaced) {
            (Some(stage), _) => Shape::Broken(*stage, response),
            _ if decision.hang => Shape::Hang,
            (_, Some(Replaced::Bomb(bytes))) if carried_out => Shape::Bomb(response, *bytes),
            _ => match decision.bytes_per_second {
                Some(rate) => Shape::Slow(response, rate),
                None => Shape::Answer(response),
            },
        };
        let whole = !matches!(shape, Shape::Broken(..) | Shape::Hang);
        let evident = match &shape {
            Shape::Answer(response) if status == StatusCode::UNAUTHORIZED => {
                evidence::names_the_token(response)
            }
            _ => false,
        };
        let token = match sight {
            Sight::Known { number, .. } => Some(number),
            _ => None,
        };
        let damaged = !whole || decision.replaced.is_some();
        // A token answer that arrives late, changed or with a wrong date may be of no use to a careful client.
        let about = (errand == Some(Errand::Question) && status.is_success() && whole)
            .then(|| self.state().tokens.number_in_form(&body))
            .flatten()
            .filter(|_| route.is_some_and(|route| matches!(route.handler, Handler::Revoke)));
        let location = match &shape {
            Shape::Answer(response) | Shape::Slow(response, _) => evidence::location(response),
            _ => None,
        };
        let rows = match &shape {
            Shape::Answer(response) if area != Area::Oauth && head.uri.query().is_some() => {
                evidence::rows(response.body())
            }
            _ => None,
        };
        let doubtful = damaged
            || !decision.mutations.is_empty()
            || decision.bytes_per_second.is_some()
            || decision.expires_in.is_some()
            || decision.skew_seconds != 0;
        let reaction = Reaction {
            status: whole.then(|| status.as_u16()),
            faulted: !decision.labels.is_empty(),
            damaged: carried_out && status.is_success() && decision.replaced.is_some(),
            rows,
            location,
            blocked_until: blocked_until.filter(|_| whole),
            // An answer of 5xx may come from after the change as well as from before it.
            unconfirmed: status.is_server_error() || (carried_out && confirmed.is_success() && damaged),
            wait_until: replacement::named_wait(decision.replaced.as_ref(), now)
                .filter(|_| whole && !carried_out && blocked_until.is_none())
                .map(|wait| at.saturating_add(decision.delay).saturating_add(Duration::from_millis(wait))),
            issued: answered.issued,
            // What a changed answer says of the life is not known here, so the longest one counts.
            life: if decision.mutations.is_empty() {
                self.judged_life(decision.expires_in.as_ref())
            } else {
                LONGEST_LIFE
            },
            intact: !doubtful,
            revoked: about,
            questioned: answered.refused.is_some(),
            token_refused: answered.refused == Some(true) && token.is_some(),
            evident,
        };
        let delay = decision.delay;
        let logged = if whole { status } else { StatusCode::from_u16(NO_ANSWER).unwrap_or(status) };
        let content = match &shape {
            Shape::Answer(response) | Shape::Slow(response, _) | Shape::Broken(_, response) => {
                response.body()
            }
            Shape::Bomb(..) | Shape::Hang => &Bytes::new(),
        };
        let seen = [
            number,
            u64::try_from(at.as_nanos()).unwrap_or(u64::MAX),
            noise::salt(address),
            noise::salt(head.method.as_str()),
            noise::salt(head.uri.path()),
            noise::salt(head.uri.query().unwrap_or_default()),
            noise::salt_bytes(&body),
            u64::from(logged.as_u16()),
            u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX),
            noise::salt_bytes(content),
        ];
        let record = RequestRecord {
            number,
            method: head.method,
            path: head.uri.path().to_owned(),
            route: route.map(|route| route.template),
            status: logged,
            address: address.to_owned(),
            faults: decision.labels,
            at,
        };
        let mut state = self.state();
        state.trace = noise::hash(state.trace, &seen);
        state.oracle.answer(number, reaction);
        state.log.push(record);
        drop(state);
        let ticket = Ticket { simulator: self.clone(), number, open: true };
        (Reply { delay, shape }, ticket)
    }

    /// Whether the path, asked for with one provider's token, names something of another one.
    fn is_foreign_path(&self, sight: Sight, parameters: &[(&'static str, String)]) -> bool {
        let Sight::Known { tenant, .. } = sight else { return false };
        // With one tenant there is nothing to confuse.
        if self.shared.tenants.len() < 2 {
            return false;
        }
        // Nothing lies below a customer that nobody has, so that an unknown customer is answered alike for all.
        let nowhere = parameters.iter().any(|(name, value)| *name == "id" && self.owner_of(value).is_none());
        let strange = |value: &str| self.owner_of(value).is_some_and(|owner| owner != tenant);
        !nowhere && parameters.iter().any(|(name, value)| names_a_thing(name) && strange(value))
    }

    /// Whether the query or the body of a request with one provider's token names something of another one.
    fn names_foreign(&self, sight: Sight, head: &http::request::Parts, body: &[u8]) -> bool {
        let Sight::Known { tenant, .. } = sight else { return false };
        if self.shared.tenants.len() < 2 {
            return false;
        }
        let strange = |value: &str| self.owner_of(value).is_some_and(|owner| owner != tenant);
        let pairs = Pairs::parse(head.uri.query().unwrap_or_default());
        let any_strange = |value: &Value| texts(Some(value)).iter().any(|text| strange(text));
        pairs.iter().any(|(name, value)| names_a_thing(name) && any_strange(&Value::from(value)))
            || arguments(&head.headers, body).is_ok_and(|map| map.values().any(any_strange))
    }

    /// The tenant whose partner, customer, location, node or device has this id.
    fn owner_of(&self, id: &str) -> Option<usize> {
        if let Some(tenant) = self.shared.identities.iter().position(|identity| identity.partner_id == id) {
            return Some(tenant);
        }
        let of_key = |key: LocationKey| key.customer;
        let number = customer_number(id)
            .or_else(|| LocationKey::from_id(id).map(of_key))
            .or_else(|| LocationKey::from_serial(id).map(of_key))
            .or_else(|| LocationKey::from_bare_mac(&bare_mac(id)).map(of_key))
            .or_else(|| LocationKey::from_id(&location_of(id)?).map(of_key))?;
        self.shared.tenants.iter().position(|tenant| tenant.lock().customer(number).is_some())
    }

    /// How long a client may believe that a new token lives.
    fn judged_life(&self, said: Option<&Option<Value>>) -> Duration {
        let actual = Duration::from_secs(u64::try_from(self.shared.lifetime_seconds).unwrap_or(0));
        let claimed = match said {
            None => return actual,
            Some(None) => UNSAID_LIFE,
            Some(Some(value)) => {
                let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
                match number {
                    Some(seconds) if seconds <= 0.0 => Duration::ZERO,
                    Some(seconds) => {
                        Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST_LIFE).min(LONGEST_LIFE)
                    }
                    None => UNSAID_LIFE,
                }
            }
        };
        actual.max(claimed)
    }

    fn answer(
        &self,
        incoming: &Incoming<'_>,
        parameters: Option<Vec<(&'static str, String)>>,
        decision: &Decision,
    ) -> Answered {
        let head = incoming.head;
        let path = head.uri.path();
        match (router::find(&head.method, path), parameters) {
            (Found::Undecodable, _) => {
                Answered::plain(problem(&Problem::bad_request("the path cannot be decoded")))
            }
            (Found::WrongOAuthMethod(route), _) => {
                let body = okta_envelope("E0000022", "The endpoint does not support this method.");
                let mut response = json(StatusCode::METHOD_NOT_ALLOWED, &body);
                if let Ok(verbs) = HeaderValue::from_str(route.verb.allow()) {
                    response.headers_mut().insert(ALLOW, verbs);
                }
                Answered::plain(response)
            }
            (Found::Route(route, _), Some(parameters)) => match route.handler {
                Handler::Token | Handler::Introspect | Handler::Revoke | Handler::Metadata => {
                    self.authorization_server(route, &parameters, incoming, decision)
                }
                Handler::Resource(_) | Handler::Write(_) | Handler::Page(_) | Handler::Unsimulated => {
                    self.resource(route, parameters, incoming, decision)
                }
            },
            _ => Answered::plain(problem(&Problem::no_method(head.method.as_str(), path))),
        }
    }

    fn resource(
        &self,
        route: &'static RouteRow,
        mut parameters: Vec<(&'static str, String)>,
        incoming: &Incoming<'_>,
        decision: &Decision,
    ) -> Answered {
        let unauthorized = |token| Answered {
            response: problem(&Problem::unauthorized()),
            issued: None,
            refused: Some(token),
        };
        let (tenant, index) = match incoming.sight {
            Sight::Known { tenant, valid: true, .. } if !decision.revoked => {
                match self.shared.tenants.get(tenant) {
                    Some(found) => (found, tenant),
                    None => return unauthorized(true),
                }
            }
            _ => return unauthorized(true),
        };
        if incoming.foreign {
            return Answered::plain(problem(&Problem::forbidden()));
        }
        if index > 0 {
            tenant.identity.unsign(&mut parameters);
        }
        let body = if index > 0 { tenant.identity.unsign_body(incoming.body) } else { incoming.body.into() };
        let call = Call {
            route,
            parameters,
            query: Pairs::parse(incoming.head.uri.query().unwrap_or_default()),
            headers: &incoming.head.headers,
            body: &body,
        };
        let outcome = call.answer(&mut tenant.world(incoming.now));
        self.state().understood = Some(call.into_understood(incoming.number));
        match outcome {
            Ok(mut reply) => {
                if let (true, Some(Page::Json(body))) = (index > 0, &mut reply.body) {
                    tenant.identity.sign(body);
                }
                Answered::plain(resource(reply))
            }
            Err(error) => {
                let refused = (error.status == StatusCode::UNAUTHORIZED).then_some(false);
                Answered { response: problem(&error), issued: None, refused }
            }
        }
    }

    fn authorization_server(
        &self,
        route: &RouteRow,
        parameters: &[(&'static str, String)],
        incoming: &Incoming<'_>,
        decision: &Decision,
    ) -> Answered {
        if !parameters.iter().any(|(_, value)| value == AUTH_SERVER_ID) {
            let body = okta_envelope("E0000007", "Not found: there is no authorization server with this id.");
            return Answered::plain(json(StatusCode::NOT_FOUND, &body));
        }
        if matches!(route.handler, Handler::Metadata) {
            return Answered::plain(json(StatusCode::OK, &oauth::metadata(&base_of(&incoming.head.uri))));
        }
        let desk = Desk {
            revoked: decision.revoked,
            secret: decision.secret.as_deref(),
            expires_in: decision.expires_in.as_ref(),
            ..self.desk(incoming.now)
        };
        let headers = &incoming.head.headers;
        let mut state = self.state();
        let result = match route.handler {
            Handler::Introspect => oauth::introspect(&state.tokens, &desk, headers, incoming.body)
                .map(|body| (json(StatusCode::OK, &body), None)),
            Handler::Revoke => oauth::revoke(&mut state.tokens, &desk, headers, incoming.body)
                .map(|()| (Response::new(Bytes::new()), None)),
            _ => oauth::token(&mut state.tokens, &desk, headers, incoming.body)
                .map(|(body, issued)| (json(StatusCode::OK, &body), Some(issued))),
        };
        drop(state);
        match result {
            Ok((response, issued)) => Answered { response: no_store(response), issued, refused: None },
            Err(error) => Answered::plain(oauth_error(error)),
        }
    }

    fn desk(&self, now: i64) -> Desk<'_> {
        Desk {
            identities: &self.shared.identities,
            seed: self.shared.tenants.first().map_or(0, |tenant| tenant.seed),
            now,
            lifetime_seconds: self.shared.lifetime_seconds,
            revoked: false,
            secret: None,
            expires_in: None,
        }
    }

    /// Hands out a valid token without a request, for tests of something else.
    #[must_use]
    pub fn issue_token(&self) -> String {
        let at = self.shared.clock.monotonic();
        let now = millis(self.shared.clock.wall());
        let mut state = self.state();
        let (number, text) = state.tokens.issue(&self.desk(now), 0);
        let until = at.saturating_add(self.judged_life(None));
        state.oracle.gift(Issued { number, tenant: 0 }, at, until);
        text
    }

    /// The simulator as a transport: requests are answered in this process, without a network.
    ///
    /// The faults of the plan come as they would over a network: a broken connection is the same typed error,
    /// latency is waited for by the simulator's clock, and time limits hold.
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
        self.transport_from(HERE)
    }

    /// As [`Simulator::transport`], for a client behind another egress address: the firewall and the oracles count
    /// calls by address.
    #[must_use]
    pub fn transport_from(&self, address: &str) -> Arc<dyn Transport> {
        Arc::new(CloudTransport { simulator: self.clone(), address: address.into() })
    }

    /// The settings for a client that uses [`Simulator::transport`]. A served simulator has its own, see
    /// [`Server::endpoints`](crate::Server::endpoints).
    #[must_use]
    pub fn endpoints(&self) -> Endpoints {
        Endpoints::new(IN_PROCESS_BASE, self.identity(0))
    }

    /// The settings for a client of another provider: 0 is the first one, then those of
    /// [`SimulatorBuilder::tenant`] in their order.
    #[must_use]
    pub fn tenant_endpoints(&self, tenant: usize) -> Option<Endpoints> {
        let identity = self.shared.identities.get(tenant)?;
        Some(Endpoints::new(IN_PROCESS_BASE, identity))
    }

    /// The ids of a provider's customers, in the order of lists.
    #[must_use]
    pub fn tenant_customers(&self, tenant: usize) -> Vec<String> {
        let numbers =
            self.shared.tenants.get(tenant).map(|tenant| tenant.lock().numbers().collect::<Vec<_>>());
        numbers.unwrap_or_default().into_iter().map(customer_id).collect()
    }

    pub(crate) fn identity(&self, tenant: usize) -> &Identity {
        static NOBODY: std::sync::LazyLock<Identity> = std::sync::LazyLock::new(Identity::first);
        self.shared.identities.get(tenant).unwrap_or(&NOBODY)
    }

    #[cfg_attr(not(feature = "server"), allow(dead_code, reason = "only the server asks"))]
    pub(crate) fn has_tenant(&self, tenant: usize) -> bool {
        tenant < self.shared.identities.len()
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.shared.clock
    }

    /// [`Endpoints::environment`] of [`Simulator::endpoints`].
    pub fn environment(&self) -> impl Iterator<Item = (&'static str, String)> + use<> {
        self.endpoints().environment()
    }

    /// How the clients behaved so far.
    pub fn verdict(&self) -> Verdict {
        self.state().oracle.verdict()
    }

    /// Brings the simulator back to its start, for the next of several tests: what was written is undone, and the log and
    /// the verdict are empty. Tokens stay valid, requests keep counting, and the fault plan goes on.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use plume_sim::Simulator;
    ///
    /// let simulator = Simulator::builder().build();
    /// let _ = simulator.handle(http::Request::get("/nowhere").body(Bytes::new())?);
    /// assert!(!simulator.verdict().is_clean());
    /// simulator.reset();
    /// simulator.verdict().assert_clean();
    /// # Ok::<(), http::Error>(())
    /// ```
    pub fn reset(&self) {
        for tenant in &self.shared.tenants {
            tenant.lock().written = Written::default();
        }
        let mut state = self.state();
        state.oracle.reset();
        state.log.clear();
        state.understood = None;
    }

    /// A number that stands for everything that was asked and answered so far, and when.
    ///
    /// Equal settings and equal requests at equal times give equal numbers, so a run can be compared with its replay.
    /// The tokens are no part of it, as answers that hold them are.
    #[must_use]
    pub fn trace_hash(&self) -> u64 {
        self.state().trace
    }

    /// Puts another fault plan in the place of the present one. Its windows count from when the simulator was built.
    pub fn set_faults(&self, plan: FaultPlan) {
        self.state().engine = Engine::new(plan);
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

    /// What the latest request to a resource meant to the handler that answered it. `None` before the first one.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use plume_sim::Simulator;
    ///
    /// let simulator = Simulator::builder().build();
    /// let url = "/api/Customers/v2/search?searchString=Doe&searchEntities=name&searchEntities=email";
    /// let token = format!("Bearer {}", simulator.issue_token());
    /// let _ = simulator.handle(http::Request::get(url).header("authorization", token).body(Bytes::new())?);
    /// let understood = simulator.understood().ok_or("no request came")?;
    /// assert_eq!(understood.query["searchEntities"], ["name", "email"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn understood(&self) -> Option<Understood> {
        self.state().understood.clone()
    }

    /// Everything that requests have changed, oldest first. The same is served at `…/auditTrail`.
    #[must_use]
    pub fn audit(&self) -> Vec<AuditRecord> {
        let of_tenant = |tenant: &Tenant| tenant.lock().written.audit.clone();
        let mut rows: Vec<AuditRecord> = self.shared.tenants.iter().flat_map(of_tenant).collect();
        rows.sort_by_key(|row| row.at);
        rows
    }

    /// Every endpoint the simulator knows.
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
            simulated: !matches!(row.handler, Handler::Unsimulated),
        };
        ROUTES.iter().map(route).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change of the state is complete in itself, so a panic elsewhere leaves it usable.
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulator")
            .field("seed", &self.desk(0).seed)
            .field("homes", &self.shared.tenants.first().map(|tenant| tenant.lock().homes.clone()))
            .field("tenants", &self.shared.tenants.len())
            .finish_non_exhaustive()
    }
}

/// Whether the parameter of this name stands for something that there is. Whoever searches does not know that.
fn names_a_thing(name: &str) -> bool {
    !["keyword", "email", "searchString"].contains(&name)
}

/// Scheme and authority by which a client reached the simulator.
fn base_of(uri: &Uri) -> String {
    match (uri.scheme_str(), uri.authority()) {
        (Some(scheme), Some(authority)) => format!("{scheme}://{authority}"),
        _ => IN_PROCESS_BASE.to_owned(),
    }
}

/// Whether sending a request twice may do something twice. Some `POST`s of this API only read, and one thing is asked
/// for by `PUT` although two are not one: a restart.
fn is_change(method: &Method, route: Option<&RouteRow>) -> bool {
    let writes = route.is_none_or(|route| matches!(route.handler, Handler::Write(_)));
    let restarts = route.is_some_and(|route| route.template.ends_with("/reboot"));
    writes && (method == Method::POST || restarts)
}

fn resource(reply: router::Reply) -> Response<Bytes> {
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
