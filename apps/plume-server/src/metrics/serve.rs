//! `/metrics`, and the count of requests.

use std::{fmt, sync::Arc};

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
    routing::get,
};
use sha2::{Digest, Sha256};

use crate::metrics::exporter::Exporter;
use crate::metrics::meters::Meters;

const TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The token that a scrape has to present, as its digest.
#[derive(Clone, PartialEq, Eq)]
pub struct MetricsToken([u8; 32]);

impl MetricsToken {
    /// Returns the token.
    #[must_use]
    pub fn new(token: &str) -> Self {
        Self(Sha256::digest(token).into())
    }
}

impl fmt::Debug for MetricsToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Returns the route `/metrics`. With a token, a scrape needs it as `Authorization: Bearer`.
pub fn router(exporter: Exporter, token: Option<MetricsToken>) -> Router {
    Router::new().route("/metrics", get(metrics)).with_state(Arc::new((exporter, token)))
}

async fn metrics(State(state): State<Arc<(Exporter, Option<MetricsToken>)>>, headers: HeaderMap) -> Response {
    let (exporter, token) = state.as_ref();
    if token.as_ref().is_some_and(|token| presented(&headers).as_ref() != Some(token)) {
        let scheme = [(header::WWW_AUTHENTICATE, "Bearer")];
        return (StatusCode::UNAUTHORIZED, scheme, "the token of the metrics is missing or wrong\n")
            .into_response();
    }
    ([(header::CONTENT_TYPE, TYPE)], exporter.render().await).into_response()
}

/// Digests are compared, so the time of the comparison says nothing about the token.
fn presented(headers: &HeaderMap) -> Option<MetricsToken> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    value.strip_prefix("Bearer ").map(MetricsToken::new)
}

/// Counts the requests of the routes below. `route` is the pattern of the route, so ids are no labels.
pub async fn count_requests(State(meters): State<Meters>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let clock = meters.clock();
    let began = clock.monotonic();
    let response = next.run(request).await;
    let took = clock.monotonic().saturating_sub(began);
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    meters.request(route, response.status().as_str(), took);
    response
}
