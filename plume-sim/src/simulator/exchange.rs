//! Handles one request from its arrival to the end of its response.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header::DATE};

use crate::faults::{Facts, Replaced, ResetStage, changed, firewall_page, named_wait, refusal};
use crate::http::{Area, Handler, RouteRow};
use crate::oauth::{TokenStatus, tenant_in_form, tenant_of};
use crate::oracle::{Arrival, Reaction, Secrets, find_leak, list_rows, location, names_the_token};
use crate::routes::{Incoming, OAuthRequest, find};
use crate::simulator::answer::{Admission, Answered};
use crate::simulator::cloud::{LONGEST_LIFE, Simulator};
use crate::simulator::request_log::{NO_ANSWER, RequestRecord};
use crate::world::{SECOND, http_date, millis, noise};

/// The address of requests through [`Simulator::transport`] and [`Simulator::handle`].
pub(crate) const HERE: &str = "in process";

/// The way by which a request arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    InProcess,
    /// On the connection with this number.
    #[cfg_attr(not(feature = "server"), allow(dead_code, reason = "only the server brings such requests"))]
    Wire(u64),
}

/// A response and how it is delivered.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) delay: Duration,
    pub(crate) shape: Shape,
}

#[derive(Debug)]
pub(crate) enum Shape {
    Answer(Response<Bytes>),
    /// With this rate in bytes per second.
    Slow(Response<Bytes>, u32),
    /// With a body of this many bytes.
    Bomb(Response<Bytes>, u64),
    /// The connection breaks while this response is in transit.
    Broken(ResetStage, Response<Bytes>),
    Hang,
}

impl Shape {
    /// Returns the form in which `response` is delivered.
    fn of(response: Response<Bytes>, admission: &Admission) -> Self {
        let decision = &admission.decision;
        match (&decision.reset, &decision.replaced) {
            (Some(stage), _) => Self::Broken(*stage, response),
            _ if decision.hang => Self::Hang,
            (_, Some(Replaced::Bomb(bytes))) if admission.carried_out() => Self::Bomb(response, *bytes),
            _ => match decision.bytes_per_second {
                Some(rate) => Self::Slow(response, rate),
                None => Self::Answer(response),
            },
        }
    }

    /// Returns whether a client that waits receives the complete response.
    fn is_whole(&self) -> bool {
        !matches!(self, Self::Broken(..) | Self::Hang)
    }

    fn body(&self) -> &[u8] {
        match self {
            Self::Answer(response) | Self::Slow(response, _) | Self::Broken(_, response) => response.body(),
            Self::Bomb(..) | Self::Hang => &[],
        }
    }
}

/// A request in flight. Dropping it means that the client disconnected.
pub(crate) struct InFlight {
    simulator: Simulator,
    number: u64,
    open: bool,
}

impl InFlight {
    /// Ends the exchange. `heard`: the client received the complete response.
    pub(crate) fn finish(mut self, heard: bool) {
        self.end(heard);
    }

    fn end(&mut self, heard: bool) {
        if std::mem::take(&mut self.open) {
            let at = self.simulator.clock().monotonic();
            self.simulator.state().oracle.finish(self.number, at, heard);
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.end(false);
    }
}

/// An open connection, until it is dropped.
#[cfg_attr(not(feature = "server"), allow(dead_code, reason = "only the server has connections"))]
pub(crate) struct Connection {
    simulator: Simulator,
    address: String,
    number: u64,
}

#[cfg_attr(not(feature = "server"), allow(dead_code, reason = "only the server has connections"))]
impl Connection {
    pub(crate) fn number(&self) -> u64 {
        self.number
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.simulator.state().oracle.connection_closed(&self.address);
    }
}

/// The outcome of a request, apart from the response itself.
struct Outcome {
    answered: Answered,
    /// The status of the application's response before a fault changed it.
    confirmed: StatusCode,
    /// The status that the client receives.
    status: StatusCode,
}

impl Simulator {
    /// Responds to one request. Only method, path, query, headers and body count; scheme and host are ignored.
    ///
    /// A plain function can neither wait nor break a connection. Latency and slow bodies of a fault plan are ignored
    /// here, and a request without a response returns status 599
    /// ([`RequestRecord::NO_ANSWER`](crate::RequestRecord::NO_ANSWER)).
    #[must_use]
    pub fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let (delivery, in_flight) = self.begin(request, HERE, Origin::InProcess);
        let (response, heard) = match delivery.shape {
            Shape::Answer(response) | Shape::Slow(response, _) | Shape::Bomb(response, _) => (response, true),
            Shape::Broken(..) | Shape::Hang => {
                let mut response = Response::new(Bytes::new());
                *response.status_mut() = StatusCode::from_u16(NO_ANSWER).unwrap_or(StatusCode::BAD_GATEWAY);
                (response, false)
            }
        };
        in_flight.finish(heard);
        response
    }

    /// Opens a connection from this address.
    #[cfg_attr(not(feature = "server"), allow(dead_code, reason = "only the server has connections"))]
    pub(crate) fn open_connection(&self, address: &str) -> Connection {
        let number = self.state().oracle.connection_opened(address);
        Connection { simulator: self.clone(), address: address.to_owned(), number }
    }

    /// Accepts a request, carries it out, and returns the response with its delivery.
    pub(crate) fn begin(
        &self,
        request: Request<Bytes>,
        address: &str,
        origin: Origin,
    ) -> (Delivery, InFlight) {
        let (head, body) = request.into_parts();
        let incoming = Incoming {
            at: self.clock().monotonic(),
            now: millis(self.clock().wall()),
            area: Area::of_path(head.uri.path()),
            found: find(&head.method, head.uri.path()),
            head: &head,
            body: &body,
        };
        let admission = self.admit(&incoming, address, origin);
        let mut answered = self.respond(&incoming, &admission);
        let confirmed = answered.response.status();
        let mut response = std::mem::take(&mut answered.response);
        if admission.carried_out() {
            response = changed(response, &admission.decision);
        }
        finish_head(&mut response, &incoming, &admission);
        let outcome = Outcome { answered, confirmed, status: response.status() };
        let shape = Shape::of(response, &admission);
        let reaction = self.reaction(&incoming, &admission, &outcome, &shape);
        let (number, delay) = (admission.number, admission.decision.delay);
        self.note(&incoming, admission, address, &outcome, &shape, reaction);
        (Delivery { delay, shape }, InFlight { simulator: self.clone(), number, open: true })
    }

    /// Numbers the request, consults fault plan and firewall, and passes it to the oracles.
    fn admit(&self, incoming: &Incoming<'_>, address: &str, origin: Origin) -> Admission {
        let tenants = &self.shared.tenants;
        let Incoming { head, body, at, now, area, .. } = *incoming;
        let (route, parameters) = (incoming.route(), incoming.parameters());
        let mut state = self.state();
        let token_status = state.tokens.token_status(&head.headers, now);
        let foreign = tenants.is_foreign_path(token_status, parameters);
        let asks = if area == Area::Oauth { tenant_of(&head.headers, tenants.identities()) } else { None };
        let tenant = match token_status {
            TokenStatus::Known { tenant, .. } => Some(tenant),
            _ => asks,
        };
        let client = tenant.and_then(|tenant| tenants.identities().get(tenant));
        let decision = state.engine.decide(&Facts {
            incoming,
            client: client.map(|identity| identity.client_id.as_str()),
            age: at.saturating_sub(self.shared.built_at),
        });
        let number = state.log.count() + 1;
        let arrived = decision.reset != Some(ResetStage::Connect);
        let secrets = Secrets { tokens: &state.tokens, identities: tenants.identities() };
        let leak = find_leak(&secrets, area, head, body);
        state.oracle.arrive(&Arrival {
            incoming,
            number,
            address,
            connection: match origin {
                Origin::InProcess => None,
                Origin::Wire(connection) => Some(connection),
            },
            change: is_change(&head.method, route),
            token_status,
            foreign: foreign || tenants.names_foreign(token_status, head, body),
            tenant: asks.or_else(|| tenant_in_form(body, tenants.identities())),
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
        // The number is taken here; the record follows with the response.
        state.log.reserve();
        Admission { number, token_status, foreign, decision, arrived, blocked_until }
    }

    /// Returns the response of the firewall, of a fault, or of the application.
    fn respond(&self, incoming: &Incoming<'_>, admission: &Admission) -> Answered {
        if admission.blocked_until.is_some() {
            return Answered::plain(firewall_page(admission.number));
        }
        match &admission.decision.replaced {
            Some(replaced) if !admission.carried_out() => {
                let response = refusal(replaced, incoming.area, incoming.now);
                let refused = (response.status() == StatusCode::UNAUTHORIZED).then_some(true);
                Answered { response, issued: None, refused }
            }
            _ if admission.arrived => self.answer(incoming, admission),
            _ => Answered::plain(Response::new(Bytes::new())),
        }
    }

    /// Returns what the oracles need to know about the response.
    fn reaction(
        &self,
        incoming: &Incoming<'_>,
        admission: &Admission,
        outcome: &Outcome,
        shape: &Shape,
    ) -> Reaction {
        let Outcome { answered, confirmed, status } = outcome;
        let (status, decision) = (*status, &admission.decision);
        let (whole, carried_out) = (shape.is_whole(), admission.carried_out());
        let damaged = !whole || decision.replaced.is_some();
        // A careful client may discard a token response that is late, changed or wrongly dated.
        let doubtful = damaged
            || !decision.mutations.is_empty()
            || decision.bytes_per_second.is_some()
            || decision.expires_in.is_some()
            || decision.skew_seconds != 0;
        let revokes = incoming.oauth_request() == Some(OAuthRequest::Other)
            && incoming.route().is_some_and(|route| matches!(route.handler, Handler::Revoke));
        let at_once = match shape {
            Shape::Answer(response) => Some(response),
            _ => None,
        };
        Reaction {
            status: whole.then(|| status.as_u16()),
            faulted: !decision.labels.is_empty(),
            damaged: carried_out && status.is_success() && decision.replaced.is_some(),
            rows: at_once
                .filter(|_| incoming.area != Area::Oauth && incoming.head.uri.query().is_some())
                .and_then(|response| list_rows(response.body())),
            location: match shape {
                Shape::Answer(response) | Shape::Slow(response, _) => location(response),
                _ => None,
            },
            blocked_until: admission.blocked_until.filter(|_| whole),
            // A 5xx may be sent before or after the change took effect.
            unconfirmed: status.is_server_error() || (carried_out && confirmed.is_success() && damaged),
            wait_until: named_wait(decision.replaced.as_ref(), incoming.now)
                .filter(|_| whole && !carried_out && admission.blocked_until.is_none())
                .map(|wait| {
                    incoming.at.saturating_add(decision.delay).saturating_add(Duration::from_millis(wait))
                }),
            issued: answered.issued,
            // The lifetime in a changed response is unknown here, so the maximum counts.
            life: if decision.mutations.is_empty() {
                self.judged_life(decision.expires_in.as_ref())
            } else {
                LONGEST_LIFE
            },
            intact: !doubtful,
            revoked: (revokes && status.is_success() && whole)
                .then(|| self.state().tokens.number_in_form(incoming.body))
                .flatten(),
            questioned: answered.refused.is_some(),
            token_refused: answered.refused == Some(true)
                && matches!(admission.token_status, TokenStatus::Known { .. }),
            evident: at_once
                .is_some_and(|response| status == StatusCode::UNAUTHORIZED && names_the_token(response)),
        }
    }

    /// Records the request and its response in log, trace and oracles.
    fn note(
        &self,
        incoming: &Incoming<'_>,
        admission: Admission,
        address: &str,
        outcome: &Outcome,
        shape: &Shape,
        reaction: Reaction,
    ) {
        let (head, number, status) = (incoming.head, admission.number, outcome.status);
        let logged =
            if shape.is_whole() { status } else { StatusCode::from_u16(NO_ANSWER).unwrap_or(status) };
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let seen = [
            number,
            nanos(incoming.at),
            noise::salt(address),
            noise::salt(head.method.as_str()),
            noise::salt(head.uri.path()),
            noise::salt(head.uri.query().unwrap_or_default()),
            noise::salt_bytes(incoming.body),
            u64::from(logged.as_u16()),
            nanos(admission.decision.delay),
            noise::salt_bytes(shape.body()),
        ];
        let record = RequestRecord {
            number,
            method: head.method.clone(),
            path: head.uri.path().to_owned(),
            route: incoming.template(),
            status: logged,
            address: address.to_owned(),
            faults: admission.decision.labels,
            at: incoming.at,
        };
        let mut state = self.state();
        state.trace = noise::hash(state.trace, &seen);
        state.oracle.answer(number, reaction);
        state.log.push(record);
    }
}

/// Sets `Date` from the cloud's clock and removes the body of a `HEAD` response.
fn finish_head(response: &mut Response<Bytes>, incoming: &Incoming<'_>, admission: &Admission) {
    let skew = admission.decision.skew_seconds.saturating_mul(SECOND);
    if let Ok(date) = HeaderValue::from_str(&http_date(incoming.now.saturating_add(skew).max(0))) {
        response.headers_mut().insert(DATE, date);
    }
    if incoming.head.method == Method::HEAD {
        *response.body_mut() = Bytes::new();
    }
}

/// Returns whether repeating a request may have a second effect. Some `POST`s of this API only read, and one `PUT` is
/// not idempotent: a restart.
fn is_change(method: &Method, route: Option<&RouteRow>) -> bool {
    let writes = route.is_none_or(|route| route.handler.writes());
    let restarts = route.is_some_and(|route| route.template.ends_with("/reboot"));
    writes && (method == Method::POST || restarts)
}
