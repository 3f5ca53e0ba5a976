//! The authorization server: tokens by client credentials, introspection and revocation.

use std::collections::{HashMap, VecDeque};

use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use http::{
    HeaderMap,
    header::{AUTHORIZATION, HeaderValue},
};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::{
    endpoints::{AUTH_SERVER_ID, CLIENT_ID},
    error_body::OAuthError,
    noise,
    query::{Pairs, media_type},
    tenants::Identity,
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

/// How every token begins: its encoded header.
pub(crate) const TOKEN_START: &str = "eyJhbGciOiJub25lIiwia2lkIjoic2ltdWxhdG9yIn0.";

/// How many tokens are remembered beyond those that are valid, to tell an old token from one that never was.
const REMEMBERED: usize = 1_024;
/// How many tokens are kept at most. Beyond them the oldest end early, though they are valid.
const KEPT: usize = 16_384;

/// The tokens that were handed out, for a while also after their end.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    issued: u64,
    known: HashMap<String, Token>,
    /// The keys of `known`, oldest first.
    order: VecDeque<String>,
}

#[derive(Debug, Clone)]
struct Token {
    number: u64,
    tenant: usize,
    id: String,
    issued_at: i64,
    expires_at: i64,
    withdrawn: bool,
}

/// What a request shows of a bearer token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    /// No bearer token, or more than one `Authorization` header.
    Nothing,
    /// A token that was never handed out here.
    Unknown,
    /// A token that was handed out here so long ago that nothing else is known of it.
    Forgotten,
    /// A token of this number, handed out to this tenant.
    Known { number: u64, tenant: usize, valid: bool },
}

impl Tokens {
    /// Hands out a new token and tells its number.
    pub(crate) fn issue(&mut self, desk: &Desk<'_>, tenant: usize) -> (u64, String) {
        let Desk { seed, now, lifetime_seconds, .. } = *desk;
        self.issued += 1;
        let number = self.issued;
        let identity = desk.identities.get(tenant);
        let client_id = identity.map_or(CLIENT_ID, |identity| &identity.client_id);
        let scopes: Vec<String> = identity
            .map(|identity| identity.scope().split(' ').map(str::to_owned).collect())
            .unwrap_or_default();
        let token = Token {
            number,
            tenant,
            id: format!("AT.simulator-{:016x}", noise::hash(seed, &[number])),
            issued_at: now,
            expires_at: now.saturating_add(lifetime_seconds.saturating_mul(1_000)),
            withdrawn: false,
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
                    "cid": client_id,
                    "scp": scopes,
                    "sub": client_id,
                })
                .to_string(),
            ),
            encode("not-a-real-signature"),
        ]
        .join(".");
        self.known.insert(text.clone(), token);
        self.order.push_back(text.clone());
        while self.order.len() > REMEMBERED {
            let oldest = self.order.front().and_then(|text| self.known.get(text));
            if self.order.len() <= KEPT && oldest.is_some_and(|token| token.usable(now)) {
                break;
            }
            if let Some(text) = self.order.pop_front() {
                self.known.remove(&text);
            }
        }
        (number, text)
    }

    /// The token, if it was handed out here and is still valid.
    fn valid(&self, text: &str, now: i64) -> Option<&Token> {
        self.known.get(text).filter(|token| token.usable(now))
    }

    /// What the request shows.
    pub(crate) fn sight(&self, headers: &HeaderMap, now: i64) -> Sight {
        let Some(text) = bearer(headers) else { return Sight::Nothing };
        match self.known.get(text) {
            Some(token) => {
                Sight::Known { number: token.number, tenant: token.tenant, valid: token.usable(now) }
            }
            None if self.issued > REMEMBERED as u64 && text.starts_with(TOKEN_START) => Sight::Forgotten,
            None => Sight::Unknown,
        }
    }

    /// Whether this is a token that was handed out here.
    pub(crate) fn knows(&self, text: &str) -> bool {
        self.known.contains_key(text)
    }

    /// The number of the token that a form is about.
    pub(crate) fn number_in_form(&self, body: &[u8]) -> Option<u64> {
        let form = Pairs::of_body(body);
        self.known.get(form.get("token")?).map(|token| token.number)
    }

    /// From now on the token that the request carries is not accepted.
    pub(crate) fn withdraw(&mut self, headers: &HeaderMap) {
        if let Some(token) = bearer(headers).and_then(|text| self.known.get_mut(text)) {
            token.withdrawn = true;
        }
    }
}

impl Token {
    fn usable(&self, now: i64) -> bool {
        !self.withdrawn && self.expires_at > now
    }
}

/// The bearer token of a request that carries exactly one `Authorization` header.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => credentials(value, "Bearer"),
        _ => None,
    }
}

/// Client id and secret of a decoded Basic header. Both are form-encoded before they are joined (RFC 6749, section
/// 2.3.1), so that either can hold a colon.
fn client_parts(decoded: &str) -> Option<(String, String)> {
    let (id, secret) = decoded.split_once(':')?;
    let part =
        |text: &str| Some(percent_decode_str(&text.replace('+', " ")).decode_utf8().ok()?.into_owned());
    Some((part(id)?, part(secret)?))
}

/// The tenant that a request to the authorization server names, whether its secret is right or not.
pub(crate) fn tenant_of(headers: &HeaderMap, identities: &[Identity]) -> Option<usize> {
    let value = headers.get(AUTHORIZATION)?;
    let decoded = BASE64_STANDARD.decode(credentials(value, "Basic")?).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (id, _) = client_parts(&text)?;
    identities.iter().position(|identity| identity.client_id == id)
}

/// The same for credentials in the form.
pub(crate) fn tenant_in_form(body: &[u8], identities: &[Identity]) -> Option<usize> {
    let form = Pairs::of_body(body);
    let id = form.get("client_id")?;
    identities.iter().position(|identity| identity.client_id == id)
}

/// What the authorization server goes by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Desk<'a> {
    pub(crate) identities: &'a [Identity],
    pub(crate) seed: u64,
    pub(crate) now: i64,
    pub(crate) lifetime_seconds: i64,
    /// The client does not exist any more.
    pub(crate) revoked: bool,
    /// The secret that counts in place of the client's own.
    pub(crate) secret: Option<&'a str>,
    /// What is said about the token's life in place of the truth.
    pub(crate) expires_in: Option<&'a Option<Value>>,
}

/// A token that was handed out by an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Issued {
    pub(crate) number: u64,
    pub(crate) tenant: usize,
}

fn issuer() -> String {
    format!("{ISSUER}{AUTH_SERVER_ID}")
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
    desk: &Desk<'_>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(Value, Issued), OAuthError> {
    let (form, tenant, identity) = authenticated_form(desk, headers, body)?;
    match form.get("grant_type") {
        Some("client_credentials") => {}
        None | Some("") => {
            return Err(OAuthError::new("invalid_request", "The parameter 'grant_type' is missing."));
        }
        Some(grant) if OTHER_GRANTS.contains(&grant) => {
            return Err(OAuthError::new(
                "unauthorized_client",
                "This client may use the grant 'client_credentials' only.",
            ));
        }
        Some(_) => {
            return Err(OAuthError::new("unsupported_grant_type", "The 'grant_type' is not supported."));
        }
    }
    // Order and repetition of the two scopes do not matter (RFC 6749, section 3.3); anything besides them is not granted.
    let mut asked: Vec<&str> = form.get("scope").unwrap_or_default().split_whitespace().collect();
    let granted = identity.scope();
    let mut wanted: Vec<&str> = granted.split(' ').collect();
    asked.sort_unstable();
    asked.dedup();
    wanted.sort_unstable();
    if asked != wanted {
        return Err(OAuthError::new(
            "invalid_scope",
            "The scope has to be 'partnerId:<id> role:partnerIdAdmin' with the partner of this client.",
        ));
    }
    let (number, text) = tokens.issue(desk, tenant);
    let mut answer = json!({
        "token_type": "Bearer",
        "expires_in": desk.lifetime_seconds,
        "access_token": text,
        "scope": granted,
    });
    if let (Some(said), Some(object)) = (desk.expires_in, answer.as_object_mut()) {
        match said {
            Some(value) => object.insert("expires_in".to_owned(), value.clone()),
            None => object.remove("expires_in"),
        };
    }
    Ok((answer, Issued { number, tenant }))
}

/// `GET …/.well-known/oauth-authorization-server` (RFC 8414), for a client that reached the simulator at `base`.
pub(crate) fn metadata(base: &str) -> Value {
    let server = format!("{base}/oauth2/{AUTH_SERVER_ID}");
    let methods = ["client_secret_basic"];
    json!({
        "issuer": server,
        "token_endpoint": format!("{server}/v1/token"),
        "introspection_endpoint": format!("{server}/v1/introspect"),
        "revocation_endpoint": format!("{server}/v1/revoke"),
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
    })
}

/// `POST …/v1/introspect`.
pub(crate) fn introspect(
    tokens: &Tokens,
    desk: &Desk<'_>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Value, OAuthError> {
    let (form, tenant, identity) = authenticated_form(desk, headers, body)?;
    let text = wanted_token(&form)?;
    Ok(match tokens.valid(text, desk.now).filter(|token| token.tenant == tenant) {
        None => json!({ "active": false }),
        Some(token) => json!({
            "active": true,
            "scope": identity.scope(),
            "exp": token.expires_at / 1_000,
            "iat": token.issued_at / 1_000,
            "sub": identity.client_id,
            "aud": AUDIENCE,
            "iss": issuer(),
            "jti": token.id,
            "token_type": "Bearer",
            "client_id": identity.client_id,
        }),
    })
}

/// `POST …/v1/revoke` (RFC 7009): the token is not accepted any more. One that is unknown, or another client's, is no
/// error.
pub(crate) fn revoke(
    tokens: &mut Tokens,
    desk: &Desk<'_>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(), OAuthError> {
    let (form, tenant, _) = authenticated_form(desk, headers, body)?;
    let text = wanted_token(&form)?;
    if let Some(token) = tokens.known.get_mut(text).filter(|token| token.tenant == tenant) {
        token.withdrawn = true;
    }
    Ok(())
}

/// The token that a form is about.
fn wanted_token(form: &Pairs) -> Result<&str, OAuthError> {
    form.get("token")
        .filter(|token| !token.is_empty())
        .ok_or(OAuthError::new("invalid_request", "The parameter 'token' is missing."))
}

/// What all endpoints ask of a request before they look at what it wants.
fn authenticated_form<'d>(
    desk: &Desk<'d>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(Pairs, usize, &'d Identity), OAuthError> {
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
    let (id, secret) = client_parts(&decoded).ok_or(malformed)?;
    desk.identities
        .iter()
        .enumerate()
        .find(|(_, identity)| {
            let right = desk.secret.unwrap_or(&identity.client_secret);
            !desk.revoked && identity.client_id == id && right == secret
        })
        .map(|(tenant, identity)| (form, tenant, identity))
        .ok_or(OAuthError::new("invalid_client", "The client id or the client secret is wrong."))
}
