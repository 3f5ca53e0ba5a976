//! Reading a token response. (RFC 6749 §5, `plume-api` auth §1, §5)

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use http::{Response, StatusCode};
use plume_runtime::{server_time, time};
use serde_json::Value;

use crate::credential::{Credential, Scope};
use crate::endpoint::json::{parse, unreadable};
use crate::endpoint::refusal::read_refusal;
use crate::provider::{AuthError, AuthErrorKind};
use crate::token::IssuedToken;

/// The lifetime if the response has none: the shortest one that the Plume Portal offers.
pub(super) const DEFAULT_LIFETIME: Duration = Duration::from_secs(600);
/// The longest lifetime that the Plume Portal offers.
const MAX_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// The `exp` claim and `expires_in` agree if they differ by less than this.
const CLOCKS_AGREE: Duration = Duration::from_secs(60);

/// The request, as far as it matters for reading the response.
pub(super) struct Asked<'a> {
    /// The time just before the request was sent.
    pub(super) at: DateTime<Utc>,
    pub(super) host: &'a str,
    pub(super) credential: &'a Credential,
    pub(super) scope: &'a Scope,
}

/// A token, and the oddities of its response.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) issued: IssuedToken,
    /// There was no usable `expires_in`, so the default applies.
    pub(super) lifetime_assumed: bool,
    /// The difference between the token's own `exp` claim and `expires_in`, if that is more than a delay.
    pub(super) clocks_differ: Option<Duration>,
    /// The requested words of the scope that were not granted.
    pub(super) not_granted: Vec<String>,
}

/// Reads the token of a response.
pub(super) fn read_token(
    answer: &Response<impl AsRef<[u8]>>,
    asked: &Asked<'_>,
) -> Result<Reading, AuthError> {
    let Asked { at: requested_at, host, credential, scope: asked_scope } = *asked;
    let status = answer.status();
    let body = answer.body().as_ref();
    let refusal = || read_refusal(status, answer.headers(), body, host, requested_at, &credential.redactor());
    if status != StatusCode::OK {
        return Err(refusal());
    }
    let protocol = |what: &str| {
        let message = format!("the token endpoint at {host} answered {status}, but {what}");
        AuthError::answered(AuthErrorKind::Protocol, status, None, message, None)
    };
    let value = parse(body).map_err(|what| protocol(&unreadable(answer.headers(), body, what)))?;
    // OAuth's form of a refusal and Okta's. An empty member counts as absent.
    let says = |key: &str| value.get(key).is_some_and(|said| !said.is_null() && said != "" && said != false);
    if says("error") || says("errorCode") {
        return Err(refusal());
    }
    // A token of another type requires more than sending it, DPoP for example.
    match value.get("token_type").and_then(Value::as_str) {
        Some(kind) if kind.eq_ignore_ascii_case("bearer") => {}
        _ => return Err(protocol("the token is not of type `Bearer`")),
    }
    let Some(token) = value.get("access_token").and_then(Value::as_str) else {
        return Err(protocol("there is no `access_token` in it"));
    };
    let stated = lifetime_of(value.get("expires_in"))
        .map_err(|Dead| protocol("the token is expired already (`expires_in` is not positive)"))?;
    // `expires_in` counts from the request and needs no clock, so it takes precedence over the token's own claim.
    let lifetime = stated.unwrap_or(DEFAULT_LIFETIME);
    let issued_at = server_time(answer.headers()).unwrap_or(requested_at);
    let clocks_differ = jwt_expiry(token).and_then(|claimed| {
        let left = time::between(issued_at, claimed);
        let past = time::between(claimed, issued_at);
        let off = left.abs_diff(past.saturating_add(lifetime));
        (stated.is_some() && off > CLOCKS_AGREE).then_some(off)
    });
    let scope = value.get("scope").and_then(Value::as_str).map(str::to_owned);
    let not_granted = asked_scope.not_granted(scope.as_deref());
    let issued = IssuedToken::new(token, lifetime)
        .map(|issued| issued.with_scope(scope))
        .ok_or_else(|| protocol("its `access_token` is not a bearer token"))?;
    Ok(Reading { issued, lifetime_assumed: stated.is_none(), clocks_differ, not_granted })
}

struct Dead;

/// Reads `expires_in`, a number or a text. `Ok(None)` if it cannot be read.
fn lifetime_of(expires_in: Option<&Value>) -> Result<Option<Duration>, Dead> {
    let seconds = match expires_in {
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) => text.trim().parse().ok(),
        _ => None,
    };
    match seconds {
        // No double holds it: a number of that size was replaced earlier.
        Some(seconds) if seconds.is_nan() || seconds == f64::INFINITY => Ok(None),
        Some(seconds) if seconds <= 0.0 => Err(Dead),
        Some(seconds) => Ok(Some(Duration::from_secs_f64(seconds.min(MAX_LIFETIME.as_secs_f64())))),
        None => Ok(None),
    }
}

/// Returns the `exp` claim of a token that is a JWT (RFC 7519 §4.1.4). Not verified, because it is only compared.
fn jwt_expiry(token: &str) -> Option<DateTime<Utc>> {
    let payload = token.split('.').nth(1)?;
    let payload: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    let seconds = payload.get("exp")?.as_f64().filter(|seconds| seconds.is_finite() && *seconds >= 0.0)?;
    Some(time::after(DateTime::UNIX_EPOCH, Duration::try_from_secs_f64(seconds).ok()?))
}
