//! The authorization server: tokens by client credentials, and introspection.

use std::collections::HashMap;

use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use http::{
    HeaderMap,
    header::{AUTHORIZATION, HeaderValue},
};
use serde_json::{Value, json};

use crate::{
    endpoints::{AUTH_SERVER_ID, CLIENT_ID, CLIENT_SECRET, PARTNER_ID},
    error_body::OAuthError,
    noise,
    query::{Pairs, media_type},
};

const ISSUER: &str = "https://sso.simulator.invalid/oauth2/";
const AUDIENCE: &str = "api://simulator";

/// Grant types that exist in the standard but are not granted to this kind of client.
const OTHER_GRANTS: [&str; 5] = [
    "authorization_code",
    "implicit",
    "password",
    "refresh_token",
    "urn:ietf:params:oauth:grant-type:device_code",
];

/// The tokens that were handed out and have not expired.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    issued: u64,
    live: HashMap<String, Token>,
}

#[derive(Debug, Clone)]
struct Token {
    id: String,
    issued_at: i64,
    expires_at: i64,
}

impl Tokens {
    /// Hands out a new token.
    pub(crate) fn issue(&mut self, seed: u64, now: i64, lifetime_seconds: i64) -> String {
        self.live.retain(|_, token| token.expires_at > now);
        self.issued += 1;
        let id = format!("AT.simulator-{:016x}", noise::hash(seed, &[self.issued]));
        let token = Token {
            issued_at: now,
            expires_at: now.saturating_add(lifetime_seconds.saturating_mul(1_000)),
            id,
        };
        let text = [
            encode(&json!({ "alg": "none", "kid": "simulator" }).to_string()),
            encode(
                &json!({
                    "ver": 1,
                    "jti": token.id,
                    "iss": issuer(),
                    "aud": AUDIENCE,
                    "iat": token.issued_at / 1_000,
                    "exp": token.expires_at / 1_000,
                    "cid": CLIENT_ID,
                    "scp": [format!("partnerId:{PARTNER_ID}"), "role:partnerIdAdmin"],
                    "sub": CLIENT_ID,
                })
                .to_string(),
            ),
            encode("not-a-real-signature"),
        ]
        .join(".");
        self.live.insert(text.clone(), token);
        text
    }

    /// The token, if it was handed out here and is still valid.
    fn valid(&self, text: &str, now: i64) -> Option<&Token> {
        self.live.get(text).filter(|token| token.expires_at > now)
    }

    /// Whether the request carries exactly one valid bearer token.
    pub(crate) fn authorize(&self, headers: &HeaderMap, now: i64) -> bool {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return false;
        };
        credentials(value, "Bearer").is_some_and(|token| self.valid(token, now).is_some())
    }
}

fn issuer() -> String {
    format!("{ISSUER}{AUTH_SERVER_ID}")
}

fn scope() -> String {
    format!("partnerId:{PARTNER_ID} role:partnerIdAdmin")
}

fn encode(text: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(text)
}

/// The part of an `Authorization` value after `scheme`, whose case does not matter.
fn credentials<'a>(value: &'a HeaderValue, scheme: &str) -> Option<&'a str> {
    let (given, rest) = value.to_str().ok()?.split_once(' ')?;
    given.eq_ignore_ascii_case(scheme).then(|| rest.trim()).filter(|rest| !rest.is_empty())
}

/// `POST …/v1/token`.
pub(crate) fn token(
    tokens: &mut Tokens,
    seed: u64,
    now: i64,
    lifetime_seconds: i64,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Value, OAuthError> {
    let form = authenticated_form(headers, body)?;
    match form.get("grant_type") {
        Some("client_credentials") => {}
        None | Some("") => {
            return Err(OAuthError::new("invalid_request", "The parameter 'grant_type' is missing."));
        }
        Some(grant) if OTHER_GRANTS.contains(&grant) => {
            return Err(OAuthError::new("invalid_grant", "This client may use 'client_credentials' only."));
        }
        Some(_) => {
            return Err(OAuthError::new("unsupported_grant_type", "The 'grant_type' is not supported."));
        }
    }
    // The order of the two scopes does not matter; anything besides them is not granted.
    let mut asked: Vec<&str> = form.get("scope").unwrap_or_default().split_whitespace().collect();
    let granted = scope();
    let mut wanted: Vec<&str> = granted.split(' ').collect();
    asked.sort_unstable();
    wanted.sort_unstable();
    if asked != wanted {
        return Err(OAuthError::new(
            "invalid_scope",
            "The scope has to be 'partnerId:<id> role:partnerIdAdmin' with the partner of this client.",
        ));
    }
    Ok(json!({
        "token_type": "Bearer",
        "expires_in": lifetime_seconds,
        "access_token": tokens.issue(seed, now, lifetime_seconds),
        "scope": granted,
    }))
}

/// `POST …/v1/introspect`.
pub(crate) fn introspect(
    tokens: &Tokens,
    now: i64,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Value, OAuthError> {
    let form = authenticated_form(headers, body)?;
    let text = form
        .get("token")
        .filter(|token| !token.is_empty())
        .ok_or(OAuthError::new("invalid_request", "The parameter 'token' is missing."))?;
    Ok(match tokens.valid(text, now) {
        None => json!({ "active": false }),
        Some(token) => json!({
            "active": true,
            "scope": scope(),
            "exp": token.expires_at / 1_000,
            "iat": token.issued_at / 1_000,
            "sub": CLIENT_ID,
            "aud": AUDIENCE,
            "iss": issuer(),
            "jti": token.id,
            "token_type": "Bearer",
            "client_id": CLIENT_ID,
        }),
    })
}

/// What both endpoints ask of a request before they look at what it wants.
fn authenticated_form(headers: &HeaderMap, body: &[u8]) -> Result<Pairs, OAuthError> {
    let malformed =
        OAuthError::new("invalid_request", "The 'Authorization' header is not a valid Basic header.");
    if media_type(headers) != "application/x-www-form-urlencoded" {
        return Err(OAuthError::new(
            "invalid_request",
            "The request has to be of type 'application/x-www-form-urlencoded'.",
        ));
    }
    let form = Pairs::of_body(body);
    if form.has_duplicates() {
        return Err(OAuthError::new("invalid_request", "A parameter is given more than once."));
    }
    let in_body =
        ["client_id", "client_secret", "client_assertion"].into_iter().any(|name| form.get(name).is_some());
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = match (values.next(), values.next()) {
        (Some(_), Some(_)) => return Err(malformed),
        (Some(_), None) if in_body => {
            return Err(OAuthError::new(
                "invalid_request",
                "Client credentials are given both in the header and in the body.",
            ));
        }
        (Some(value), None) => value,
        (None, _) if in_body => {
            return Err(OAuthError::new(
                "invalid_client",
                "This client has to authenticate with a Basic header.",
            ));
        }
        (None, _) => return Err(OAuthError::new("invalid_client", "No client credentials found.")),
    };
    let decoded = credentials(value, "Basic")
        .and_then(|text| BASE64_STANDARD.decode(text).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or(malformed)?;
    let (id, secret) = decoded.split_once(':').ok_or(malformed)?;
    if id != CLIENT_ID || secret != CLIENT_SECRET {
        return Err(OAuthError::new("invalid_client", "The client id or the client secret is wrong."));
    }
    Ok(form)
}
