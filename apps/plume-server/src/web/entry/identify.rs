//! The visitor of a request: by a token of the API, by a session, or by being on this machine.

use axum::http::{header, request::Parts};

use crate::access::{Shown, Visitor};
use crate::store::Result;
use crate::web::dashboard::{Bearer, Dashboard};
use crate::web::gate::Sender;
use crate::web::shell::{FormToken, cookie};

/// The name of the cookie with the session, without its prefix.
pub(in crate::web) const SESSION: &str = "session";

/// A request with its visitor, if any, and the token that its forms have.
#[derive(Debug)]
pub(super) struct Entered {
    pub(super) visitor: Option<Visitor>,
    /// Whether it has a token whose creator the provider has not confirmed for long.
    pub(super) is_unconfirmed: bool,
    pub(super) token: FormToken,
}

impl Entered {
    pub(super) fn new(visitor: Option<Visitor>, token: FormToken) -> Self {
        Self { visitor, is_unconfirmed: false, token }
    }
}

pub(super) async fn identify(dashboard: &Dashboard, parts: &mut Parts) -> Result<Entered> {
    let gate = dashboard.gate();
    let Some(sign_in) = gate.sign_in() else {
        return Ok(Entered::new(Some(Visitor::local()), dashboard.token().clone()));
    };
    let sender = Sender::of(parts, &sign_in.proxies);
    parts.extensions.insert(sender);
    if parts.uri.path().starts_with("/api/")
        && let Some(value) = parts.headers.get(header::AUTHORIZATION)
    {
        let text = value.to_str().unwrap_or_default();
        let shown = text.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let shown = shown.and_then(|(_, token)| Shown::parse(token.trim()));
        // A request with a token is never one of the session that the browser has too.
        let bearer = match shown {
            Some(shown) => dashboard.visitor_of_token(&shown).await?,
            None => Bearer::Unknown,
        };
        let (visitor, is_unconfirmed) = match bearer {
            Bearer::Visitor(visitor) => (Some(visitor), false),
            Bearer::Unconfirmed => (None, true),
            Bearer::Unknown => (None, false),
        };
        return Ok(Entered { is_unconfirmed, ..Entered::new(visitor, FormToken::none()) });
    }
    match session(dashboard, parts) {
        Some(shown) => {
            let visitor = dashboard.visitor_of_session(&shown, is_use(parts)).await?;
            Ok(Entered::new(visitor, FormToken::of_session(&shown)))
        }
        None => Ok(Entered::new(None, dashboard.token().clone())),
    }
}

/// Returns whether a request is one of a person, and not of a script in an open page. Browsers without the header make uses.
fn is_use(parts: &Parts) -> bool {
    let is_of_script = parts.headers.get("sec-fetch-dest").is_some_and(|dest| dest == "empty");
    !parts.method.is_safe() || !is_of_script && parts.uri.path() != "/events"
}

/// The session that a browser shows.
pub(in crate::web) fn session(dashboard: &Dashboard, parts: &Parts) -> Option<Shown> {
    Shown::parse(&cookie(&parts.headers, &dashboard.gate().cookie(SESSION))?)
}
