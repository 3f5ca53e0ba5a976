//! The application's responses to requests that no fault stopped.

use std::time::Duration;

use bytes::Bytes;
use http::{
    HeaderValue, Response, StatusCode, Uri,
    header::{ALLOW, CACHE_CONTROL, WWW_AUTHENTICATE},
};

use crate::faults::{Decision, Replaced};
use crate::http::{ApiError, Call, Handler, OAuthError, Page, Pairs, RouteRow, json, okta_envelope};
use crate::oauth::{self, Issued, Policy, TokenStatus};
use crate::routes::{Found, Incoming};
use crate::simulator::cloud::Simulator;
use crate::simulator::endpoints::IN_PROCESS_BASE;
use crate::world::AUTH_SERVER_ID;

/// The decisions about a request at its arrival.
pub(crate) struct Admission {
    pub(crate) number: u64,
    pub(crate) token_status: TokenStatus,
    /// The path names a resource of another provider.
    pub(crate) foreign: bool,
    pub(crate) decision: Decision,
    /// The connection was not refused.
    pub(crate) arrived: bool,
    /// The end of the firewall's block of this address.
    pub(crate) blocked_until: Option<Duration>,
}

impl Admission {
    /// Returns whether the application receives the request.
    pub(crate) fn carried_out(&self) -> bool {
        let stopped =
            self.decision.replaced.as_ref().is_some_and(|replaced| !Replaced::carried_out(replaced));
        self.arrived && self.blocked_until.is_none() && !stopped
    }
}

/// A response with details for the oracles.
pub(crate) struct Answered {
    pub(crate) response: Response<Bytes>,
    pub(crate) issued: Option<Issued>,
    /// `Some` for a 401: whether the token is the reason.
    pub(crate) refused: Option<bool>,
}

impl Answered {
    pub(crate) fn plain(response: Response<Bytes>) -> Self {
        Self { response, issued: None, refused: None }
    }

    fn unauthorized() -> Self {
        Self { response: api_error(&ApiError::unauthorized()), issued: None, refused: Some(true) }
    }
}

impl Simulator {
    pub(crate) fn answer(&self, incoming: &Incoming<'_>, admission: &Admission) -> Answered {
        let head = incoming.head;
        match &incoming.found {
            Found::Undecodable => {
                Answered::plain(api_error(&ApiError::bad_request("the path cannot be decoded")))
            }
            Found::WrongOAuthMethod(route) => {
                let body = okta_envelope("E0000022", "The endpoint does not support this method.");
                let mut response = json(StatusCode::METHOD_NOT_ALLOWED, &body);
                response.headers_mut().insert(ALLOW, HeaderValue::from_static(route.verb.allow()));
                Answered::plain(response)
            }
            Found::Route(route, parameters) if route.handler.needs_token() => {
                self.resource(route, parameters.clone(), incoming, admission)
            }
            Found::Route(route, parameters) => {
                self.authorization_server(route, parameters, incoming, &admission.decision)
            }
            Found::Nothing => {
                Answered::plain(api_error(&ApiError::no_method(head.method.as_str(), head.uri.path())))
            }
        }
    }

    fn resource(
        &self,
        route: &'static RouteRow,
        mut parameters: Vec<(&'static str, String)>,
        incoming: &Incoming<'_>,
        admission: &Admission,
    ) -> Answered {
        let index = match admission.token_status {
            TokenStatus::Known { tenant, valid: true, .. } if !admission.decision.revoked => tenant,
            _ => return Answered::unauthorized(),
        };
        let Some(tenant) = self.shared.tenants.get(index) else { return Answered::unauthorized() };
        if admission.foreign {
            return Answered::plain(api_error(&ApiError::forbidden()));
        }
        // The handlers of the routes know the first provider only.
        let translated = index > 0;
        if translated {
            tenant.identity.unsign(&mut parameters);
        }
        let body = if translated { tenant.identity.unsign_body(incoming.body) } else { incoming.body.into() };
        let call = Call {
            operation: (route.verb, route.template),
            parameters,
            query: Pairs::parse(incoming.head.uri.query().unwrap_or_default()),
            headers: &incoming.head.headers,
            body: &body,
        };
        let outcome = route.answer(&call, &mut tenant.world(incoming.now));
        self.state().understood = Some(call.into_understood(admission.number));
        match outcome {
            Ok(mut reply) => {
                if let (true, Some(Page::Json(body))) = (translated, &mut reply.body) {
                    tenant.identity.sign(body);
                }
                Answered::plain(reply.into_response())
            }
            Err(error) => {
                let refused = (error.status == StatusCode::UNAUTHORIZED).then_some(false);
                Answered { response: api_error(&error), issued: None, refused }
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
        let policy = Policy {
            revoked: decision.revoked,
            secret: decision.secret.as_deref(),
            expires_in: decision.expires_in.as_ref(),
            ..self.policy(incoming.now)
        };
        let headers = &incoming.head.headers;
        let mut state = self.state();
        let result = match route.handler {
            Handler::Introspect => oauth::introspect(&state.tokens, &policy, headers, incoming.body)
                .map(|body| (json(StatusCode::OK, &body), None)),
            Handler::Revoke => oauth::revoke(&mut state.tokens, &policy, headers, incoming.body)
                .map(|()| (Response::new(Bytes::new()), None)),
            _ => oauth::token(&mut state.tokens, &policy, headers, incoming.body)
                .map(|(body, issued)| (json(StatusCode::OK, &body), Some(issued))),
        };
        drop(state);
        match result {
            Ok((response, issued)) => Answered { response: no_store(response), issued, refused: None },
            Err(error) => Answered::plain(oauth_error(error)),
        }
    }
}

/// Returns scheme and authority by which a client reached the simulator.
fn base_of(uri: &Uri) -> String {
    match (uri.scheme_str(), uri.authority()) {
        (Some(scheme), Some(authority)) => format!("{scheme}://{authority}"),
        _ => IN_PROCESS_BASE.to_owned(),
    }
}

fn api_error(api_error: &ApiError) -> Response<Bytes> {
    json(api_error.status, &api_error.body())
}

fn oauth_error(error: OAuthError) -> Response<Bytes> {
    let mut response = no_store(json(error.status(), &error.body()));
    if error.status() == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static("Basic realm=\"simulator\"");
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    response
}

fn no_store(mut response: Response<Bytes>) -> Response<Bytes> {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store"));
    response
}
