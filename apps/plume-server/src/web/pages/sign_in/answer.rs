//! The responses that begin and end a session in the browser.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use secrecy::SecretString;

use crate::access::{Session, Shown};
use crate::web::dashboard::Dashboard;
use crate::web::entry::SESSION;
use crate::web::gate::Gate;
use crate::web::pages::fault::Fault;
use crate::web::view::local;

/// The name of the cookie that proves an earlier sign-in of the browser, and its time.
pub(super) const BROWSER: &str = "browser";
const BROWSER_DAYS: i64 = 90;

/// A session to begin.
pub(super) struct Begun<'a> {
    pub(super) session: &'a Session,
    /// The refresh token of the provider.
    pub(super) refresh: Option<SecretString>,
}

/// Begins a session and leads to a path of this server.
pub(super) async fn begin(
    dashboard: &Dashboard,
    begun: Begun<'_>,
    old: Option<&Shown>,
    proof: Option<String>,
    next: &str,
) -> Result<Response, Fault> {
    let gate = dashboard.gate();
    let shown = dashboard.begin_session(begun.session, begun.refresh, old).await?;
    let seconds = gate.sign_in().map_or(0, |sign_in| sign_in.limits.absolute.num_seconds());
    let mut headers = HeaderMap::new();
    add(&mut headers, gate, SESSION, shown.expose(), seconds);
    if let Some(proof) = proof {
        add(&mut headers, gate, BROWSER, &proof, BROWSER_DAYS * 24 * 60 * 60);
    }
    if let Ok(next) = HeaderValue::from_str(local(next)) {
        headers.insert(header::LOCATION, next);
    }
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

/// Adds a cookie that no script reads. A time of 0 removes it.
pub(super) fn add(headers: &mut HeaderMap, gate: &Gate, name: &str, value: &str, seconds: i64) {
    let secure = if gate.is_secure() { "; Secure" } else { "" };
    let name = gate.cookie(name);
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    if let Ok(value) = HeaderValue::from_str(&text) {
        headers.append(header::SET_COOKIE, value);
    }
}
