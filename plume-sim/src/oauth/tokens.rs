//! The tokens that were handed out, and what a request shows of one.

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

/// What a request shows of a bearer token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenStatus {
    /// No bearer token, or more than one `Authorization` header.
    Missing,
    /// A token that was never handed out here.
    Unknown,
    /// A token that was handed out here so long ago that nothing else is known of it.
    Forgotten,
    /// A token of this number, handed out to this tenant.
    Known { number: u64, tenant: usize, valid: bool },
}

impl Tokens {
    /// Hands out a new token and tells its number.
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

    /// The token, if it was handed out here and is still valid.
    pub(crate) fn valid(&self, text: &str, now: i64) -> Option<&Token> {
        self.known.get(text).filter(|token| token.usable(now))
    }

    /// What the request shows.
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
pub(crate) fn client_parts(decoded: &str) -> Option<(String, String)> {
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
pub(crate) struct Policy<'a> {
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

pub(crate) fn issuer() -> String {
    format!("{ISSUER}{AUTH_SERVER_ID}")
}

fn encode(text: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(text)
}

/// The part of an `Authorization` value after `scheme`, whose case does not matter.
pub(crate) fn credentials<'a>(value: &'a HeaderValue, scheme: &str) -> Option<&'a str> {
    let (given, rest) = value.to_str().ok()?.split_once(' ')?;
    given.eq_ignore_ascii_case(scheme).then(|| rest.trim()).filter(|rest| !rest.is_empty())
}
