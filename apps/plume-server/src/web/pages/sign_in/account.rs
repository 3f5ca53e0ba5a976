//! Sign-in with an account of this server, for administrators when the identity provider is away.

use std::{collections::BTreeSet, time::Duration};

use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use tokio::sync::Semaphore;

use crate::access::audit::AuditEvent;
use crate::access::{Session, password};
use crate::web::dashboard::Dashboard;
use crate::web::entry::session;
use crate::web::gate::Sender;
use crate::web::pages::fault::Fault;
use crate::web::pages::frame::Frame;
use crate::web::pages::given::Form;
use crate::web::pages::sign_in::answer::{BROWSER, Begun, begin};
use crate::web::pages::sign_in::page::show;
use crate::web::shell::cookie;

/// Passwords that are hashed at the same time. Each takes 19 MiB. Browsers that have signed in before have a place of their own,
/// which a flood of strangers does not take.
static HASHING: Semaphore = Semaphore::const_new(2);
static KNOWN: Semaphore = Semaphore::const_new(1);
/// Maximum number of passwords that wait to be hashed.
const WAITING: usize = 64;
static PLACES: Semaphore = Semaphore::const_new(WAITING);

/// The form for an account.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(in crate::web::pages) struct Given {
    name: String,
    password: String,
    next: String,
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Given").finish_non_exhaustive()
    }
}

pub(in crate::web::pages) async fn sign_in(
    State(dashboard): State<Dashboard>,
    frame: Frame,
    sender: Option<Extension<Sender>>,
    parts: Parts,
    Form(given): Form<Given>,
) -> Response {
    let Some(Extension(Sender(address))) = sender else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let gate = dashboard.gate();
    let proof = cookie(&parts.headers, &gate.cookie(BROWSER));
    if let Err(wait) = gate.attempt(address, &given.name, proof.as_deref(), dashboard.monotonic()) {
        return wait_response(&frame, wait);
    }
    match check(&dashboard, &given, gate.is_known(&given.name, proof.as_deref())).await {
        Ok(true) => {}
        Ok(false) => {
            // The name is what a stranger entered.
            let event = AuditEvent::new("unknown", "sign-in", &Session::subject_of(&given.name));
            let event = event.with_outcome(&format!("refused, from {address}: wrong name or password"));
            if let Err(error) = dashboard.record_stranger(event, Some(&given.name)).await {
                return frame.refuse(&Fault::from(error).back_to("/sign-in"));
            }
            let problem = "There is no account with this name and password.";
            let page = show(&dashboard, &frame, &given.next, (problem, &given.name));
            return (StatusCode::FORBIDDEN, page).into_response();
        }
        Err(fault) => return frame.refuse(&fault.back_to("/sign-in")),
    }
    let session_of = Session {
        name: given.name.clone(),
        subject: Session::subject_of(&given.name),
        claims: None,
        read: BTreeSet::new(),
        created: dashboard.now(),
        confirmed: dashboard.now(),
        address: address.to_string(),
    };
    let old = session(&dashboard, &parts);
    let begun = Begun { session: &session_of, refresh: None };
    match begin(&dashboard, begun, old.as_ref(), gate.browser(&given.name), &given.next).await {
        Ok(response) => response,
        Err(fault) => frame.refuse(&fault.back_to("/sign-in")),
    }
}

async fn check(dashboard: &Dashboard, given: &Given, is_known: bool) -> Result<bool, Fault> {
    let account = dashboard.account(&given.name).await?;
    let password = given.password.clone();
    let away = || Fault::new(StatusCode::SERVICE_UNAVAILABLE, "Not signed in", "The server is stopping.");
    let _turn = match is_known {
        true => KNOWN.acquire().await.map_err(|_| away())?,
        false => {
            let busy =
                || Fault::new(StatusCode::SERVICE_UNAVAILABLE, "Not signed in", "Too many people sign in.");
            let _place = PLACES.try_acquire().map_err(|_| busy())?;
            HASHING.acquire().await.map_err(|_| away())?
        }
    };
    let hashed = tokio::task::spawn_blocking(move || {
        password::matches(&password, account.as_ref().map(|account| account.hash.as_str()))
    });
    hashed.await.map_err(|_| away())
}

/// The page for too many attempts.
pub(super) fn wait_response(frame: &Frame, wait: Duration) -> Response {
    let seconds = wait.as_secs();
    let fault = Fault::new(StatusCode::TOO_MANY_REQUESTS, "Too many attempts", "Sign-in is limited.")
        .with_help(format!("Try again in {seconds} s."))
        .back_to("/sign-in");
    let mut headers = HeaderMap::new();
    headers.insert(header::RETRY_AFTER, seconds.into());
    (StatusCode::TOO_MANY_REQUESTS, headers, frame.refuse(&fault)).into_response()
}
