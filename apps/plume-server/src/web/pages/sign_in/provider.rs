//! Sign-in with the identity provider.

use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};

use crate::access::Session;
use crate::access::audit::AuditEvent;
use crate::access::oidc::Pending;
use crate::web::dashboard::Dashboard;
use crate::web::entry::session;
use crate::web::gate::Sender;
use crate::web::pages::fault::Fault;
use crate::web::pages::frame::Frame;
use crate::web::pages::given::Query;
use crate::web::pages::sign_in::account::wait_response;
use crate::web::pages::sign_in::answer::{Begun, add, begin};
use crate::web::pages::sign_in::page::Next;
use crate::web::provider::{LoginProblem, Returned};
use crate::web::shell::cookie;
use crate::web::view::local;

/// The name of the cookie with the sign-in that has begun, and its time in seconds.
const PENDING: &str = "sign-in";
const SECONDS: i64 = 600;

/// Leads to the provider.
pub(in crate::web::pages) async fn start(
    State(dashboard): State<Dashboard>,
    frame: Frame,
    sender: Option<Extension<Sender>>,
    Query(Next { next }): Query<Next>,
) -> Response {
    let gate = dashboard.gate();
    let (Some(provider), Some(Extension(Sender(address)))) = (gate.provider(), sender) else {
        return Redirect::to("/sign-in").into_response();
    };
    if let Err(wait) = gate.visit(address, dashboard.monotonic()) {
        return wait_response(&frame, wait);
    }
    let (Some(pending), Some(key)) = (Pending::begin(local(&next), dashboard.now()), gate.key()) else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    match provider.begin(&pending).await {
        Ok(url) => {
            let mut headers = HeaderMap::new();
            add(&mut headers, gate, PENDING, &pending.sign(key), SECONDS);
            (headers, Redirect::to(&url)).into_response()
        }
        Err(problem) => frame.refuse(&Fault::from(problem)),
    }
}

/// Takes the response of the provider.
pub(in crate::web::pages) async fn callback(
    State(dashboard): State<Dashboard>,
    frame: Frame,
    sender: Option<Extension<Sender>>,
    parts: Parts,
    Query(returned): Query<Returned>,
) -> Response {
    let gate = dashboard.gate();
    let Some(Extension(Sender(address))) = sender.filter(|_| gate.provider().is_some()) else {
        return Redirect::to("/sign-in").into_response();
    };
    if let Err(wait) = gate.visit(address, dashboard.monotonic()) {
        return wait_response(&frame, wait);
    }
    let mut response = match finish(&dashboard, &parts, &returned, &address.to_string()).await {
        Ok(response) => response,
        Err(Failure::Store(fault)) => frame.refuse(&fault.back_to("/sign-in")),
        Err(Failure::Login(problem)) => {
            let event = AuditEvent::new("unknown", "sign-in", "identity provider");
            let event = event.with_outcome(&format!("refused, from {address}: {}", problem.detail()));
            match dashboard.record_stranger(event, None).await {
                Ok(()) => frame.refuse(&Fault::from(problem)),
                Err(error) => frame.refuse(&Fault::from(error).back_to("/sign-in")),
            }
        }
    };
    let mut headers = HeaderMap::new();
    add(&mut headers, gate, PENDING, "", 0);
    for value in headers.get_all(header::SET_COOKIE) {
        response.headers_mut().append(header::SET_COOKIE, value.clone());
    }
    response
}

enum Failure {
    Login(LoginProblem),
    Store(Fault),
}

async fn finish(
    dashboard: &Dashboard,
    parts: &Parts,
    returned: &Returned,
    address: &str,
) -> Result<Response, Failure> {
    let gate = dashboard.gate();
    let pending =
        gate.pending(cookie(&parts.headers, &gate.cookie(PENDING)), &returned.state, dashboard.now());
    let pending = pending.map_err(|problem| Failure::Login(LoginProblem::Pending(problem)))?;
    let (Some(provider), Some(sign_in)) = (gate.provider(), gate.sign_in()) else {
        return Ok(Redirect::to("/sign-in").into_response());
    };
    let person = provider.finish(&pending, returned, &sign_in.rules).await.map_err(Failure::Login)?;
    let session_of = Session {
        name: person.name,
        subject: person.subject,
        claims: Some(person.claims),
        read: sign_in.rules.names(),
        created: dashboard.now(),
        confirmed: dashboard.now(),
        address: address.to_owned(),
    };
    let old = session(dashboard, parts);
    let begun = Begun { session: &session_of, refresh: person.refresh };
    begin(dashboard, begun, old.as_ref(), None, &pending.next).await.map_err(Failure::Store)
}

impl From<LoginProblem> for Fault {
    fn from(problem: LoginProblem) -> Self {
        Self::new(problem.status(), "Not signed in", problem.detail())
            .with_help(problem.help())
            .back_to("/sign-in")
    }
}
