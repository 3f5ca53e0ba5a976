//! The issued tokens, and the token of a request.

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

use crate::http::Pairs;
use crate::world::{AUTH_SERVER_ID, CLIENT_ID, Identity, noise};

const ISSUER: &str = "https://sso.simulator.invalid/oauth2/";
pub(crate) const AUDIENCE: &str = "api://simulator";

/// The start of every token: its encoded header.
pub(crate) const TOKEN_START: &str = "eyJhbGciOiJub25lIiwia2lkIjoic2ltdWxhdG9yIn0.";

/// Maximum number of expired tokens that are kept, to distinguish an old token from an unknown one.
const REMEMBERED: usize = 1_024;
/// Maximum number of tokens. Beyond it the oldest expire early.
const KEPT: usize = 16_384;

/// The issued tokens, kept for some time after their expiry.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    issued: u64,
    pub(crate) known: HashMap<String, Token>,
    /// The keys of `known`, oldest first.
    order: VecDeque<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) number: u64,
    pub(crate) tenant: usize,
    pub(crate) id: String,
    pub(crate) issued_at: i64,
    pub(crate) expires_at: i64,
    pub(crate) withdrawn: bool,
}

/// The state of the bearer token of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenStatus {
    /// No bearer token, or more than one `Authorization` header.
    Missing,
    /// A token that was never issued here.
    Unknown,
    /// A token that was issued here and has been evicted.
    Forgotten,
    /// A token with this number, issued to this tenant.
    Known { number: u64, tenant: usize, valid: bool },
}

impl Tokens {
    /// Issues a token. Returns its number and text.
    pub(crate) fn issue(&mut self, policy: &Policy<'_>, tenant: usize) -> (u64, String) {
        let Policy { seed, now, lifetime_seconds, .. } = *policy;
        self.issued += 1;
        let number = self.issued;
        let identity = policy.identities.get(tenant);
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

    /// Returns the token if it was issued here and is valid.
    pub(crate) fn valid(&self, text: &str, now: i64) -> Option<&Token> {
        self.known.get(text).filter(|token| token.usable(now))
    }

    /// Returns the state of the request's bearer token.
    pub(crate) fn token_status(&self, headers: &HeaderMap, now: i64) -> TokenStatus {
        let Some(text) = bearer(headers) else { return TokenStatus::Missing };
        match self.known.get(text) {
            Some(token) => {
                TokenStatus::Known { number: token.number, tenant: token.tenant, valid: token.usable(now) }
            }
            None if self.issued > REMEMBERED as u64 && text.starts_with(TOKEN_START) => {
                TokenStatus::Forgotten
            }
            None => TokenStatus::Unknown,
        }
    }

    /// Returns whether this token was issued here.
    pub(crate) fn knows(&self, text: &str) -> bool {
        self.known.contains_key(text)
    }

    /// Returns the number of the token in a form.
    pub(crate) fn number_in_form(&self, body: &[u8]) -> Option<u64> {
        let form = Pairs::of_body(body);
        self.known.get(form.get("token")?).map(|token| token.number)
    }

    /// Invalidates the token of the request.
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

/// Returns the bearer token of a request with exactly one `Authorization` header.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => credentials(value, "Bearer"),
        _ => None,
    }
}

/// Returns client id and secret of a decoded Basic header. Both are form-encoded before they are joined (RFC 6749,
/// section 2.3.1), so either can contain a colon.
pub(crate) fn client_parts(decoded: &str) -> Option<(String, String)> {
    let (id, secret) = decoded.split_once(':')?;
    let part =
        |text: &str| Some(percent_decode_str(&text.replace('+', " ")).decode_utf8().ok()?.into_owned());
    Some((part(id)?, part(secret)?))
}

/// Returns the tenant whose client id a request to the authorization server carries, with a right or wrong secret.
pub(crate) fn tenant_of(headers: &HeaderMap, identities: &[Identity]) -> Option<usize> {
    let value = headers.get(AUTHORIZATION)?;
    let decoded = BASE64_STANDARD.decode(credentials(value, "Basic")?).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (id, _) = client_parts(&text)?;
    identities.iter().position(|identity| identity.client_id == id)
}

/// Returns the tenant of credentials in the form.
pub(crate) fn tenant_in_form(body: &[u8], identities: &[Identity]) -> Option<usize> {
    let form = Pairs::of_body(body);
    let id = form.get("client_id")?;
    identities.iter().position(|identity| identity.client_id == id)
}

/// The rules by which the authorization server issues tokens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Policy<'a> {
    pub(crate) identities: &'a [Identity],
    pub(crate) seed: u64,
    pub(crate) now: i64,
    pub(crate) lifetime_seconds: i64,
    /// The client no longer exists.
    pub(crate) revoked: bool,
    /// Replaces the client's own secret.
    pub(crate) secret: Option<&'a str>,
    /// Replaces the lifetime in the token response.
    pub(crate) expires_in: Option<&'a Option<Value>>,
}

/// A token issued by a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Issued {
    pub(crate) number: u64,
    pub(crate) tenant: usize,
}

pub(crate) fn issuer() -> String {
    format!("{ISSUER}{AUTH_SERVER_ID}")
}

fn encode(text: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(text)
}

/// Returns the part of an `Authorization` value after `scheme`, in any case.
pub(crate) fn credentials<'a>(value: &'a HeaderValue, scheme: &str) -> Option<&'a str> {
    let (given, rest) = value.to_str().ok()?.split_once(' ')?;
    given.eq_ignore_ascii_case(scheme).then(|| rest.trim()).filter(|rest| !rest.is_empty())
}
