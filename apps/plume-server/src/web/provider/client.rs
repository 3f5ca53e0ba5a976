//! Requests to the provider. Documents and keys are bounded, kept for an hour, and fetched at most once a minute.

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use axum::http::{Method, Request, StatusCode, header};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use plume::runtime::{Clock, Limits, Transport};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;

use crate::access::oidc::{Expected, Keys, Metadata, Pending, TokenProblem, verify};
use crate::access::{Claims, ProviderSettings, Rules};
use crate::web::provider::problem::LoginProblem;
use crate::web::provider::renewal::{Renewal, Renewals, Turn};
use crate::web::view::part;

/// The limits of a request.
const TIME: Duration = Duration::from_secs(10);
const SIZE: usize = 256 * 1024;
/// Documents and keys are kept for this time.
const KEPT: Duration = Duration::from_secs(60 * 60);
/// Minimum time between two fetches of the same document.
const PAUSE: Duration = Duration::from_secs(60);
/// Responses that were used, which are remembered. A sign-in takes 10 minutes at most.
const USED: usize = 10_000;

/// A person that the provider has named.
#[derive(Debug, Clone)]
pub(in crate::web) struct Person {
    pub(in crate::web) name: String,
    pub(in crate::web) subject: String,
    pub(in crate::web) claims: Claims,
    /// The proof for later questions about the person, if the provider gives one.
    pub(in crate::web) refresh: Option<SecretString>,
}

/// The parameters of the provider's response.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct Returned {
    pub(in crate::web) code: String,
    pub(in crate::web) state: String,
    iss: String,
    error: String,
    error_description: String,
}

impl std::fmt::Debug for Returned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Returned").field("error", &self.error).finish_non_exhaustive()
    }
}

/// The answer of the provider about the person of a session.
#[derive(Debug)]
pub(in crate::web) enum Renewed {
    /// It still names the person, with these claims.
    Person(Person),
    /// The session has ended at the provider, or the person has left.
    Gone,
    /// It does not answer, or the session has no refresh token.
    Unknown,
}

/// The provider of a server.
#[derive(Debug)]
pub struct Provider {
    settings: ProviderSettings,
    redirect: String,
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    metadata: Mutex<Kept<Metadata>>,
    keys: Mutex<Kept<Keys>>,
    used: Mutex<Used>,
    renewals: Renewals,
}

/// The responses that were used, the oldest first.
#[derive(Debug, Default)]
struct Used {
    order: VecDeque<String>,
    known: HashSet<String>,
}

impl Used {
    /// Returns whether a response was not used before. The oldest one is forgotten for a new one, so that a flood refuses no
    /// sign-in; its code is worth nothing at the provider.
    fn take(&mut self, state: &str) -> bool {
        if !self.known.insert(state.to_owned()) {
            return false;
        }
        self.order.push_back(state.to_owned());
        if self.order.len() > USED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }
}

/// A document with the times of its fetches.
#[derive(Debug)]
struct Kept<T> {
    value: Option<(Arc<T>, Duration)>,
    tried: Option<(Duration, String)>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { value: None, tried: None }
    }
}

impl<T> Kept<T> {
    fn fresh(&self, now: Duration) -> Option<Arc<T>> {
        let (value, at) = self.value.as_ref()?;
        (now.saturating_sub(*at) < KEPT).then(|| Arc::clone(value))
    }

    fn may_try(&self, now: Duration) -> bool {
        self.tried.as_ref().is_none_or(|(at, _)| now.saturating_sub(*at) >= PAUSE)
    }

    /// Records the begin of a fetch. A caller that goes away drops the fetch, and the next one has to wait all the same.
    fn begin(&mut self, now: Duration) {
        self.tried = Some((now, "the request before was given up".to_owned()));
    }

    /// Keeps the result of a fetch. A failure leaves the older value, for as long as it is fresh.
    fn put(&mut self, fetched: Result<T, String>, now: Duration) {
        self.tried = Some((now, fetched.as_ref().err().cloned().unwrap_or_default()));
        if let Ok(value) = fetched {
            self.value = Some((Arc::new(value), now));
        }
    }

    fn failure(&self) -> LoginProblem {
        LoginProblem::Away(self.tried.as_ref().map_or_else(String::new, |(_, cause)| cause.clone()))
    }
}

impl Provider {
    /// Creates the client of a provider. `public_origin` is that of this server, which the provider leads back to.
    #[must_use]
    pub fn new(
        settings: ProviderSettings,
        public_origin: &str,
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let redirect = format!("{public_origin}/sign-in/callback");
        let (metadata, keys, used) = (Mutex::default(), Mutex::default(), Mutex::default());
        let renewals = Renewals::default();
        Self { settings, redirect, transport, clock, metadata, keys, used, renewals }
    }

    /// Returns the host of the provider, which people know.
    pub(in crate::web) fn host(&self) -> &str {
        self.settings.issuer.host()
    }

    /// Returns the address of the page for sign-in.
    pub(in crate::web) async fn begin(&self, pending: &Pending) -> Result<String, LoginProblem> {
        let metadata = self.metadata().await?;
        Ok(with_query(
            &metadata.authorization_endpoint,
            &[
                ("response_type", "code"),
                ("client_id", &self.settings.client_id),
                ("redirect_uri", &self.redirect),
                ("scope", &self.settings.scopes.join(" ")),
                ("state", &pending.state),
                ("nonce", &pending.nonce),
                ("code_challenge", &pending.challenge()),
                ("code_challenge_method", "S256"),
            ],
        ))
    }

    /// Returns the address of the page for sign-out, if the provider has one.
    pub(in crate::web) async fn end(&self, public_origin: &str) -> Option<String> {
        let metadata = self.metadata().await.ok()?;
        let endpoint = metadata.end_session_endpoint.as_deref()?;
        let back = format!("{public_origin}/sign-in");
        let query =
            [("client_id", self.settings.client_id.as_str()), ("post_logout_redirect_uri", back.as_str())];
        Some(with_query(endpoint, &query))
    }

    /// Exchanges the response for a person.
    pub(in crate::web) async fn finish(
        &self,
        pending: &Pending,
        returned: &Returned,
        rules: &Rules,
    ) -> Result<Person, LoginProblem> {
        self.take(&pending.state).await?;
        if !returned.error.is_empty() {
            let text = |text: &str| plume_text::shorten(&plume_text::on_screen(text), 200);
            return Err(LoginProblem::Refused(text(&returned.error), text(&returned.error_description)));
        }
        if returned.code.is_empty() {
            return Err(LoginProblem::Response("has no code"));
        }
        let metadata = self.metadata().await?;
        let has_issuer = metadata.authorization_response_iss_parameter_supported || !returned.iss.is_empty();
        if has_issuer && returned.iss != metadata.issuer {
            return Err(LoginProblem::Response("names another issuer"));
        }
        let form = [
            ("grant_type", "authorization_code"),
            ("code", returned.code.as_str()),
            ("redirect_uri", self.redirect.as_str()),
            ("code_verifier", pending.verifier.as_str()),
        ];
        let tokens = self.exchange(&metadata, &form).await?;
        let token = tokens.id_token.as_deref().ok_or(LoginProblem::Token(TokenProblem::Form))?;
        let claims = self.verified(&metadata, token, Some(&pending.nonce)).await?;
        let person = self.person(&metadata, claims, tokens, rules).await?;
        rules.decide(&person.claims).map_err(LoginProblem::Denied)?;
        Ok(person)
    }

    /// Returns the person of claims.
    async fn person(
        &self,
        metadata: &Metadata,
        mut claims: Claims,
        tokens: Tokens,
        rules: &Rules,
    ) -> Result<Person, LoginProblem> {
        // A rule before the one that matches may read a claim that only this endpoint has.
        if !rules.is_settled(&claims)
            && let (Some(url), Some(token)) = (&metadata.userinfo_endpoint, &tokens.access_token)
        {
            self.add_userinfo(url, token, &mut claims).await?;
        }
        let text = |name: &str| claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let subject = text("sub").unwrap_or_default().to_owned();
        let name = ["name", "preferred_username", "email"].into_iter().find_map(text).unwrap_or(&subject);
        Ok(Person {
            name: plume_text::shorten(&plume_text::on_screen(name), 60),
            subject: format!("{} {subject}", metadata.issuer),
            claims: rules.read(&claims),
            refresh: tokens.refresh_token.map(Into::into),
        })
    }

    /// Keeps the refresh token of a session that ends after a time.
    pub(in crate::web) fn keep(&self, session: &str, token: SecretString, time: Duration) {
        let now = self.clock.monotonic();
        self.renewals.keep(session, token, now, now.saturating_add(time));
    }

    /// Forgets the refresh token of a session that has ended.
    pub(in crate::web) fn forget(&self, session: &str) {
        self.renewals.forget(session);
    }

    /// Waits until no other request asks about the person of a session. `None` if the session has no refresh token.
    pub(in crate::web) async fn turn(&self, session: &str) -> Option<Turn> {
        Some(self.renewals.of(session)?.lock_owned().await)
    }

    /// Asks about the person of a session. The caller runs it to its end, because the provider may replace the refresh token.
    pub(in crate::web) async fn renew(&self, renewal: &mut Renewal, subject: &str, rules: &Rules) -> Renewed {
        let now = self.clock.monotonic();
        if renewal.tried.is_some_and(|tried| now.saturating_sub(tried) < PAUSE) {
            return Renewed::Unknown;
        }
        renewal.tried = Some(now);
        match self.refreshed(renewal, subject, rules).await {
            Ok(person) => Renewed::Person(person),
            Err(LoginProblem::Exchange(_, code)) if code == "invalid_grant" => Renewed::Gone,
            // A token about another person is not believed.
            Err(LoginProblem::Token(TokenProblem::Claim("sub"))) => Renewed::Gone,
            Err(problem) => {
                tracing::warn!("failed to ask the identity provider for a person: {}", problem.detail());
                Renewed::Unknown
            }
        }
    }

    /// Uses a refresh token (`OpenID` Connect Core 1.0, 12). The new tokens have to be about the same person.
    async fn refreshed(
        &self,
        renewal: &mut Renewal,
        subject: &str,
        rules: &Rules,
    ) -> Result<Person, LoginProblem> {
        let metadata = self.metadata().await?;
        let form = [("grant_type", "refresh_token"), ("refresh_token", renewal.token.expose_secret())];
        let tokens = self.exchange(&metadata, &form).await?;
        // The old one is worth nothing now, even if a later step fails.
        if let Some(token) = &tokens.refresh_token {
            renewal.token = token.clone().into();
        }
        let claims = match (&tokens.id_token, &metadata.userinfo_endpoint, &tokens.access_token) {
            (Some(token), ..) => self.verified(&metadata, token, None).await?,
            (None, Some(url), Some(token)) => {
                let known = subject.split_once(' ').map_or(subject, |(_, subject)| subject);
                let mut claims = Claims::from_iter([("sub".to_owned(), Value::from(known))]);
                self.add_userinfo(url, token, &mut claims).await?;
                claims
            }
            _ => return Err(LoginProblem::Token(TokenProblem::Form)),
        };
        let person = self.person(&metadata, claims, tokens, rules).await?;
        match person.subject == subject {
            true => Ok(person),
            false => Err(LoginProblem::Token(TokenProblem::Claim("sub"))),
        }
    }

    /// Takes a response, which is valid once.
    async fn take(&self, state: &str) -> Result<(), LoginProblem> {
        match self.used.lock().await.take(state) {
            true => Ok(()),
            false => Err(LoginProblem::Used),
        }
    }

    async fn verified(
        &self,
        metadata: &Metadata,
        token: &str,
        nonce: Option<&str>,
    ) -> Result<Claims, LoginProblem> {
        let check = |keys: &Keys| {
            let client_id = &self.settings.client_id;
            let now = self.clock.wall();
            verify(token, keys, Expected { issuer: &metadata.issuer, client_id, nonce, now })
        };
        match check(&*self.keys(metadata, false).await?) {
            // The provider has new keys.
            Err(TokenProblem::Key) => check(&*self.keys(metadata, true).await?).map_err(LoginProblem::Token),
            checked => checked.map_err(LoginProblem::Token),
        }
    }

    async fn metadata(&self) -> Result<Arc<Metadata>, LoginProblem> {
        let mut kept = self.metadata.lock().await;
        let now = self.clock.monotonic();
        if let Some(fresh) = kept.fresh(now) {
            return Ok(fresh);
        }
        if kept.may_try(now) {
            kept.begin(now);
            let issuer = self.settings.issuer.as_str().trim_end_matches('/');
            let url = format!("{issuer}/.well-known/openid-configuration");
            let read = self.read("its document", &url).await;
            let parsed = read.and_then(|text| {
                Metadata::parse(&text, &self.settings.issuer)
                    .map_err(|cause| format!("its document: {cause}"))
            });
            kept.put(parsed, now);
        }
        kept.fresh(now).ok_or_else(|| kept.failure())
    }

    /// Returns the keys; newer ones than the kept ones if they may be fetched.
    async fn keys(&self, metadata: &Metadata, newer: bool) -> Result<Arc<Keys>, LoginProblem> {
        let mut kept = self.keys.lock().await;
        let now = self.clock.monotonic();
        let fresh = kept.fresh(now);
        if fresh.is_some() && !newer || !kept.may_try(now) {
            return fresh.ok_or_else(|| kept.failure());
        }
        kept.begin(now);
        let read = self.read("its keys", &metadata.jwks_uri).await;
        let parsed = read.and_then(|text| Keys::parse(&text).map_err(|cause| format!("its keys: {cause}")));
        kept.put(parsed, now);
        kept.fresh(now).ok_or_else(|| kept.failure())
    }

    async fn exchange(&self, metadata: &Metadata, form: &[(&str, &str)]) -> Result<Tokens, LoginProblem> {
        let mut form = form.to_vec();
        let id = self.settings.client_id.as_str();
        let secret = self.settings.client_secret.as_ref().map(ExposeSecret::expose_secret);
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(&metadata.token_endpoint)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "application/json");
        match secret {
            Some(secret) if !metadata.takes_secret_in_form() => {
                let basic = STANDARD.encode(format!("{}:{}", part(id), part(secret)));
                request = request.header(header::AUTHORIZATION, format!("Basic {basic}"));
            }
            Some(secret) => form.extend([("client_id", id), ("client_secret", secret)]),
            None => form.push(("client_id", id)),
        }
        let request = request.body(Bytes::from(query(&form)));
        let request =
            request.map_err(|_| LoginProblem::Away("its token endpoint is no address".to_owned()))?;
        let (status, text) = self.send(request).await.map_err(LoginProblem::Away)?;
        if status != StatusCode::OK {
            let refused: Option<Refused> = serde_json::from_slice(&text).ok();
            let code = refused.map_or_else(String::new, |refused| refused.error);
            return Err(LoginProblem::Exchange(
                status.as_u16(),
                plume_text::shorten(&plume_text::on_screen(&code), 60),
            ));
        }
        serde_json::from_slice(&text).map_err(|_| LoginProblem::Token(TokenProblem::Form))
    }

    /// Adds the claims of the endpoint for them, if they are about the same person. Claims of the token stay.
    async fn add_userinfo(&self, url: &str, token: &str, claims: &mut Claims) -> Result<(), LoginProblem> {
        let request = Request::builder()
            .uri(url)
            .header(header::ACCEPT, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(Bytes::new())
            .map_err(|_| LoginProblem::Away("its userinfo endpoint is no address".to_owned()))?;
        let (status, text) = self.send(request).await.map_err(LoginProblem::Away)?;
        let further: Option<Claims> = serde_json::from_slice(&text).ok();
        match further.filter(|further| status == StatusCode::OK && further.get("sub") == claims.get("sub")) {
            Some(further) => {
                // An address is verified by the document that has it, and by no other.
                let has_address = ["email", "email_verified"].iter().any(|name| claims.contains_key(*name));
                for (name, value) in further {
                    if !(has_address && matches!(name.as_str(), "email" | "email_verified")) {
                        claims.entry(name).or_insert(value);
                    }
                }
                Ok(())
            }
            None => Err(LoginProblem::Away("its userinfo endpoint does not describe this person".to_owned())),
        }
    }

    async fn read(&self, what: &str, url: &str) -> Result<Bytes, String> {
        let request = Request::builder().uri(url).header(header::ACCEPT, "application/json");
        let request = request.body(Bytes::new()).map_err(|_| format!("{what} has no address"))?;
        match self.send(request).await {
            Ok((StatusCode::OK, text)) => Ok(text),
            Ok((status, _)) => Err(format!("{what}: status {}", status.as_u16())),
            Err(cause) => Err(format!("{what}: {cause}")),
        }
    }

    async fn send(&self, request: Request<Bytes>) -> Result<(StatusCode, Bytes), String> {
        let limits = Limits::default().total_timeout(TIME).max_body_bytes(SIZE);
        let response = self.transport.send(request, &limits).await.map_err(|error| error.to_string())?;
        let (parts, body) = response.into_parts();
        Ok((parts.status, body))
    }
}

#[derive(Deserialize)]
struct Tokens {
    id_token: Option<String>,
    access_token: Option<String>,
    refresh_token: Option<String>,
}

#[derive(Deserialize)]
struct Refused {
    error: String,
}

fn with_query(url: &str, parameters: &[(&str, &str)]) -> String {
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}{}", query(parameters))
}

fn query(parameters: &[(&str, &str)]) -> String {
    parameters.iter().map(|(name, value)| format!("{name}={}", part(value))).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_is_used_once_and_a_flood_refuses_no_other() {
        let mut used = Used::default();
        assert!(used.take("first") && !used.take("first"));
        for number in 0..USED + 10 {
            assert!(used.take(&number.to_string()), "{number}");
        }
        assert_eq!((used.order.len(), used.known.len()), (USED, USED));
        assert!(!used.take(&(USED + 9).to_string()));
    }
}
