//! Routes, each with the role that it needs. A route cannot be added without one, and what is not a route is refused.

use std::time::Duration;

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::Request,
    handler::Handler,
    http::{Method, header, request::Parts},
    middleware::{self, Next},
    response::Response,
    routing::{MethodRouter, get, post},
};
use plume::runtime::{Clock, SystemClock};

use crate::access::audit::AuditEvent;
use crate::access::{Role, Via, Visitor};
use crate::store::StoreError;
use crate::web::dashboard::Dashboard;
use crate::web::entry::identify::{Entered, identify};

/// Maximum size of a form or document in bytes: 2,000 characters of 4 bytes, each of which a form writes as 3, and the other
/// fields.
const BODY: usize = 32 * 1024;
/// Maximum time for a form or document to arrive.
const BODY_TIME: Duration = Duration::from_secs(10);
/// The header with the token of forms, for scripts and programs.
const TOKEN: &str = "x-form-token";

/// The right that a route needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Needs {
    /// None: the route is public.
    Nothing,
    /// This role, or one above it.
    Role(Role),
}

/// A route with the right that it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The pattern of the path, for example `/homes/{tenant}/{home}`.
    pub path: &'static str,
    /// The right.
    pub needs: Needs,
}

/// The reason why a request does not reach its handler.
#[derive(Debug, Clone)]
pub(in crate::web) enum Refusal {
    /// The visitor has not signed in, or the session or token has ended.
    SignIn,
    /// The store does not say who the visitor is.
    Store(StoreError),
    /// The role is not enough: this one is needed.
    Role(Role),
    /// The form has no token, or that of another page or run.
    Form,
    /// A change by the API needs a token; a browser adds a session to a request of its own accord.
    Token,
    /// A change by the API needs a JSON document, which no form of a foreign page is.
    NotJson,
    /// The form is too long.
    TooLong,
    /// The form did not arrive in time.
    TooSlow,
    /// The provider has not confirmed the creator of the token for long.
    Unconfirmed,
    /// The visitor made too many changes. The next one is possible after this time.
    TooMany(Duration),
}

/// The kind of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A page, a form, or a document.
    Page,
    /// A change by the API.
    Call,
    /// No route has the path.
    Missing,
}

/// Returns the response for a refused request.
pub(in crate::web) type Refuse = fn(&Dashboard, &Parts, Refusal) -> Response;

/// Routes of one kind of answers: pages, or documents.
pub(in crate::web) struct Routes {
    dashboard: Dashboard,
    refuse: Refuse,
    router: Router<Dashboard>,
    table: Vec<Route>,
}

impl Routes {
    pub(in crate::web) fn new(dashboard: &Dashboard, refuse: Refuse) -> Self {
        Self { dashboard: dashboard.clone(), refuse, router: Router::new(), table: Vec::new() }
    }

    /// Adds a route that only reads.
    pub(in crate::web) fn get<H, T>(self, path: &'static str, needs: Needs, handler: H) -> Self
    where
        H: Handler<T, Dashboard>,
        T: 'static,
    {
        self.add(Method::GET, path, Kind::Page, needs, get(handler))
    }

    /// Adds a route that changes something. The token of forms is checked before the handler runs.
    pub(in crate::web) fn post<H, T>(self, path: &'static str, needs: Needs, handler: H) -> Self
    where
        H: Handler<T, Dashboard>,
        T: 'static,
    {
        self.add(Method::POST, path, Kind::Page, needs, post(handler))
    }

    /// Adds a route of the API that changes something, for tokens only.
    pub(in crate::web) fn call<H, T>(self, path: &'static str, needs: Needs, handler: H) -> Self
    where
        H: Handler<T, Dashboard>,
        T: 'static,
    {
        self.add(Method::POST, path, Kind::Call, needs, post(handler))
    }

    fn add(
        mut self,
        method: Method,
        path: &'static str,
        kind: Kind,
        needs: Needs,
        handler: MethodRouter<Dashboard>,
    ) -> Self {
        let checked = self.checked(kind, needs, handler);
        self.table.push(Route { method, path, needs });
        self.router = self.router.route(path, checked);
        self
    }

    /// Adds all routes of another kind.
    pub(in crate::web) fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.table.extend(other.table);
        self
    }

    /// Adds the handler for paths without a route, which needs the lowest role.
    pub(in crate::web) fn fallback<H, T>(mut self, handler: H) -> Self
    where
        H: Handler<T, Dashboard>,
        T: 'static,
    {
        let checked = self.checked(Kind::Missing, Needs::Role(Role::Viewer), axum::routing::any(handler));
        self.router = self.router.fallback_service(checked.with_state(self.dashboard.clone()));
        self
    }

    fn checked(&self, kind: Kind, needs: Needs, handler: MethodRouter<Dashboard>) -> MethodRouter<Dashboard> {
        let (dashboard, refuse) = (self.dashboard.clone(), self.refuse);
        handler.layer(middleware::from_fn(move |request: Request, next: Next| {
            enter(dashboard.clone(), kind, needs, refuse, request, next)
        }))
    }

    /// Returns the router and the table of its routes.
    pub(in crate::web) fn finish(self) -> (Router<Dashboard>, Vec<Route>) {
        (self.router, self.table)
    }
}

/// Checks a request, and lets its handler run.
async fn enter(
    dashboard: Dashboard,
    kind: Kind,
    needs: Needs,
    refuse: Refuse,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, mut body) = request.into_parts();
    let Entered { visitor, is_unconfirmed, token } = match identify(&dashboard, &mut parts).await {
        Ok(entered) => entered,
        // The health of a server is shown although its store is away.
        Err(_) if needs == Needs::Nothing => Entered::new(None, dashboard.token().clone()),
        Err(error) => return refuse(&dashboard, &parts, Refusal::Store(error)),
    };
    parts.extensions.insert(token.clone());
    if let Some(visitor) = &visitor {
        parts.extensions.insert(visitor.clone());
    }
    if let Needs::Role(role) = needs {
        match &visitor {
            None if is_unconfirmed => return refuse(&dashboard, &parts, Refusal::Unconfirmed),
            None => return refuse(&dashboard, &parts, Refusal::SignIn),
            Some(visitor) if visitor.role() < role => {
                return refused_role(&dashboard, refuse, &parts, visitor, role).await;
            }
            Some(_) => {}
        }
    }
    if !parts.method.is_safe() && kind != Kind::Missing {
        if kind == Kind::Call
            && let Err(refusal) = is_call(visitor.as_ref(), &parts)
        {
            return refuse(&dashboard, &parts, refusal);
        }
        let bytes = match arrived(body, &SystemClock::new()).await {
            Ok(bytes) => bytes,
            Err(refusal) => return refuse(&dashboard, &parts, refusal),
        };
        let in_header = parts.headers.get(TOKEN).and_then(|value| value.to_str().ok());
        if kind == Kind::Page && !token.accepts(in_header.unwrap_or_else(|| field(&bytes))) {
            return refuse(&dashboard, &parts, Refusal::Form);
        }
        if let Err(wait) = dashboard.gate().change(visitor.as_ref(), dashboard.monotonic()) {
            let mut refused = refuse(&dashboard, &parts, Refusal::TooMany(wait));
            refused.headers_mut().insert(header::RETRY_AFTER, wait.as_secs().into());
            return refused;
        }
        body = Body::from(bytes);
    }
    next.run(Request::from_parts(parts, body)).await
}

/// Refuses a change by the API without a token. A browser adds no token to a request of a foreign page. A server without
/// sign-in has no tokens; there, a foreign page cannot send JSON without permission, which no response gives.
fn is_call(visitor: Option<&Visitor>, parts: &Parts) -> Result<(), Refusal> {
    if !visitor.is_some_and(|visitor| matches!(visitor.via(), Via::Token(_) | Via::Local)) {
        return Err(Refusal::Token);
    }
    let kind =
        parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split_once(';').map_or(kind, |(kind, _)| kind).trim();
    if kind.eq_ignore_ascii_case("application/json") { Ok(()) } else { Err(Refusal::NotJson) }
}

/// Reads a form or document that is short enough and arrives in time.
async fn arrived(body: Body, clock: &dyn Clock) -> Result<Bytes, Refusal> {
    tokio::select! {
        read = to_bytes(body, BODY) => read.map_err(|_| Refusal::TooLong),
        () = clock.limit(BODY_TIME) => Err(Refusal::TooSlow),
    }
}

/// Refuses a visitor whose role is not enough, and records it.
async fn refused_role(
    dashboard: &Dashboard,
    refuse: Refuse,
    parts: &Parts,
    visitor: &Visitor,
    role: Role,
) -> Response {
    let event =
        AuditEvent::new(&visitor.signed(), "refused", &format!("{} {}", parts.method, parts.uri.path()));
    if dashboard.gate().is_recorded(Some(visitor), dashboard.monotonic()) {
        // The refusal does not depend on its row.
        let _ = dashboard.record(event.with_outcome(&format!("refused: needs the role {role}"))).await;
    }
    refuse(dashboard, parts, Refusal::Role(role))
}

/// The field `token` of a form; empty without one. A token has no character that a form encodes.
fn field(form: &[u8]) -> &str {
    let fields = form.split(|byte| *byte == b'&');
    let token = fields.filter_map(|field| field.strip_prefix(b"token=")).next();
    token.and_then(|token| std::str::from_utf8(token).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::stream;
    use plume::runtime::ManualClock;

    use super::*;

    #[tokio::test]
    async fn a_form_that_does_not_arrive_is_refused() {
        let clock = ManualClock::new(chrono::DateTime::UNIX_EPOCH);
        // Its first part arrives.
        let first = stream::iter([Ok::<_, Infallible>("token=")]);
        let slow = Body::from_stream(stream::StreamExt::chain(first, stream::pending()));
        let passes = async {
            for _ in 0..10 {
                clock.advance(BODY_TIME / 10);
                tokio::task::yield_now().await;
            }
        };
        let (read, ()) = tokio::join!(arrived(slow, &clock), passes);
        assert!(matches!(read, Err(Refusal::TooSlow)), "{read:?}");
        let long = arrived(Body::from("x".repeat(BODY + 1)), &clock).await;
        assert!(matches!(long, Err(Refusal::TooLong)), "{long:?}");
        assert_eq!(arrived(Body::from("token=x"), &clock).await.unwrap(), "token=x");
    }

    #[test]
    fn the_token_of_a_form_is_its_own_field() {
        for (form, token) in [
            ("token=ab&action=x", "ab"),
            ("action=x&token=ab", "ab"),
            ("xtoken=ab", ""),
            ("", ""),
            ("token", ""),
        ] {
            assert_eq!(field(form.as_bytes()), token, "{form}");
        }
    }
}
