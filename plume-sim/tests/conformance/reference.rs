//! A small reference client, with selectable bugs.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use plume_runtime::{Clock, Limits, Transport, TransportError};
use plume_sim::{
    Endpoints,
    conformance::{Failure, Implementation, SeenNode, Setting, Subject},
};
use serde_json::Value;

/// A bug of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bug {
    TokenPerCall,
    UsesExpiredToken,
    TrustsUnsaidLife,
    ReusesRefusedToken,
    LoopsOn401,
    RefreshesOn403,
    RetriesForbidden,
    NeverRetries,
    RetriesWithoutEnd,
    IgnoresRetryAfter,
    RepeatsChanges,
    HammersDuringBlock,
    NewTokenOnBlock,
    NoLimiter,
    DropsLastPage,
    ReadsOnePage,
    KnowsOneEnvelope,
    KnowsAllWords,
    WantsEveryMember,
    EmptyOnGarbage,
    WaitsForever,
    FollowsRedirects,
    DropsGoodTokenInOutage,
    HammersTokenEndpoint,
    SharesTokens,
}

impl Bug {
    pub(crate) const ALL: [Self; 25] = [
        Self::TokenPerCall,
        Self::UsesExpiredToken,
        Self::TrustsUnsaidLife,
        Self::ReusesRefusedToken,
        Self::LoopsOn401,
        Self::RefreshesOn403,
        Self::RetriesForbidden,
        Self::NeverRetries,
        Self::RetriesWithoutEnd,
        Self::IgnoresRetryAfter,
        Self::RepeatsChanges,
        Self::HammersDuringBlock,
        Self::NewTokenOnBlock,
        Self::NoLimiter,
        Self::DropsLastPage,
        Self::ReadsOnePage,
        Self::KnowsOneEnvelope,
        Self::KnowsAllWords,
        Self::WantsEveryMember,
        Self::EmptyOnGarbage,
        Self::WaitsForever,
        Self::FollowsRedirects,
        Self::DropsGoodTokenInOutage,
        Self::HammersTokenEndpoint,
        Self::SharesTokens,
    ];
}

/// Creates clients with this bug, or without any.
pub(crate) struct Reference {
    bug: Option<Bug>,
    shared: Arc<Mutex<State>>,
}

impl Reference {
    pub(crate) fn new(bug: Option<Bug>) -> Self {
        Self { bug, shared: Arc::default() }
    }
}

impl Implementation for Reference {
    fn subject(&self, setting: &Setting) -> Box<dyn Subject> {
        let state =
            if self.bug == Some(Bug::SharesTokens) { Arc::clone(&self.shared) } else { Arc::default() };
        Box::new(Client {
            endpoints: setting.endpoints().clone(),
            transport: setting.transport().unwrap(),
            clock: setting.clock(),
            bug: self.bug,
            state,
        })
    }
}

#[derive(Default)]
struct State {
    token: Option<Token>,
    token_rest_until: Duration,
    blocked_until: Duration,
    calls: VecDeque<Duration>,
}

#[derive(Clone)]
struct Token {
    text: String,
    until: Duration,
}

struct Client {
    endpoints: Endpoints,
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    bug: Option<Bug>,
    state: Arc<Mutex<State>>,
}

const MARGIN: Duration = Duration::from_secs(30);

impl Client {
    fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    async fn token(&self) -> Result<String, Failure> {
        let now = self.clock.monotonic();
        let known = self.state.lock().unwrap().token.clone();
        let margin = if self.has(Bug::UsesExpiredToken) { Duration::ZERO } else { MARGIN };
        let slack = if self.has(Bug::UsesExpiredToken) { Duration::from_secs(60) } else { Duration::ZERO };
        let good = known.filter(|token| token.until + slack > now);
        if let Some(token) = &good
            && token.until + slack > now + margin
            && !self.has(Bug::TokenPerCall)
        {
            return Ok(token.text.clone());
        }
        let resting = self.state.lock().unwrap().token_rest_until > now;
        if resting && !self.has(Bug::HammersTokenEndpoint) {
            return good.map(|token| token.text).ok_or(Failure::Server);
        }
        let tries = if self.has(Bug::HammersTokenEndpoint) { 20 } else { 1 };
        for _ in 0..tries {
            if let Ok(token) = self.ask_token().await {
                self.state.lock().unwrap().token = Some(token.clone());
                return Ok(token.text);
            }
        }
        let mut state = self.state.lock().unwrap();
        state.token_rest_until = self.clock.monotonic() + Duration::from_secs(20);
        match good {
            Some(token) if !self.has(Bug::DropsGoodTokenInOutage) => Ok(token.text),
            _ => Err(Failure::Server),
        }
    }

    async fn ask_token(&self) -> Result<Token, ()> {
        let form = format!(
            "grant_type=client_credentials&scope=partnerId%3A{}+role%3ApartnerIdAdmin",
            self.endpoints.partner_id()
        );
        let request = Request::post(self.endpoints.sso_url())
            .header("authorization", self.endpoints.auth_header())
            .header("accept", "application/json")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Bytes::from(form))
            .unwrap();
        let asked = self.clock.monotonic();
        let answer = self.transport.send(request, &Limits::default()).await.map_err(drop)?;
        if answer.status() != StatusCode::OK {
            return Err(());
        }
        let body: Value = serde_json::from_slice(answer.body()).map_err(drop)?;
        let unsaid = if self.has(Bug::TrustsUnsaidLife) { 3_600 } else { 600 };
        let life = body["expires_in"].as_u64().unwrap_or(unsaid);
        let text = body["access_token"].as_str().ok_or(())?.to_owned();
        Ok(Token { text, until: asked + Duration::from_secs(life) })
    }

    /// Six calls per second and 1,900 in five minutes.
    async fn permit(&self) {
        if self.has(Bug::NoLimiter) {
            return;
        }
        let window = Duration::from_secs(300);
        let wait = {
            let mut state = self.state.lock().unwrap();
            let now = self.clock.monotonic();
            while state.calls.front().is_some_and(|call| now - *call >= window) {
                state.calls.pop_front();
            }
            let full = state.calls.len() >= 1_900;
            if full { window - (now - state.calls[0]) } else { Duration::ZERO }
        };
        if !wait.is_zero() {
            self.clock.sleep(wait).await;
        }
        let now = self.clock.monotonic();
        self.state.lock().unwrap().calls.push_back(now);
    }

    async fn send(
        &self,
        method: &Method,
        path: &str,
        token: &str,
    ) -> Result<Response<Bytes>, TransportError> {
        self.permit().await;
        let url = format!("{}{path}", self.endpoints.api_base());
        let request = Request::builder()
            .method(method)
            .uri(url)
            .header("authorization", format!("Bearer {token}"))
            .header("accept", "application/json")
            .body(Bytes::new())
            .unwrap();
        let patience = if self.has(Bug::WaitsForever) { 1 << 20 } else { 30 };
        let patience = Duration::from_secs(patience);
        let limits = Limits::default()
            .total_timeout(patience)
            .first_byte_timeout(patience)
            .idle_read_timeout(patience);
        self.transport.send(request, &limits).await
    }

    async fn call(&self, method: Method, path: &str) -> Result<Bytes, Failure> {
        let safe = method == Method::GET || self.has(Bug::RepeatsChanges);
        let most = if self.has(Bug::RetriesWithoutEnd) { 50 } else { 3 };
        let (mut tries, mut replayed) = (0, 0);
        let mut path = path.to_owned();
        loop {
            if self.state.lock().unwrap().blocked_until > self.clock.monotonic() {
                return Err(Failure::Blocked);
            }
            let token = self.token().await?;
            tries += 1;
            let again = safe && tries < most && !self.has(Bug::NeverRetries);
            let answer = match self.send(&method, &path, &token).await {
                Ok(answer) => answer,
                Err(error) if error.is_transient() && (error.never_sent() || safe) && again => continue,
                Err(_) if safe => return Err(Failure::Network),
                Err(_) => return Err(Failure::OutcomeUnknown),
            };
            match answer.status().as_u16() {
                200..=299 => return Ok(answer.into_body()),
                300..=399 if self.has(Bug::FollowsRedirects) => {
                    let location = answer.headers()["location"].to_str().unwrap();
                    path = location.trim_start_matches("/api").to_owned();
                }
                300..=399 => return Err(Failure::Unreadable),
                401 => {
                    let replays = if self.has(Bug::LoopsOn401) { 30 } else { 1 };
                    if replayed >= replays {
                        return Err(Failure::Unauthorized);
                    }
                    replayed += 1;
                    tries -= 1;
                    if !self.has(Bug::ReusesRefusedToken) {
                        self.state.lock().unwrap().token = None;
                    }
                }
                403 => {
                    let ours = serde_json::from_slice::<Value>(answer.body())
                        .is_ok_and(|body| body["error"]["statusCode"].is_number());
                    let dropped = if ours { Bug::RefreshesOn403 } else { Bug::NewTokenOnBlock };
                    if self.has(dropped) {
                        self.state.lock().unwrap().token = None;
                    }
                    if !ours {
                        if !self.has(Bug::HammersDuringBlock) {
                            let until = self.clock.monotonic() + Duration::from_secs(300);
                            self.state.lock().unwrap().blocked_until = until;
                        }
                        if self.has(Bug::NewTokenOnBlock) {
                            let _ = self.token().await;
                        }
                        return Err(Failure::Blocked);
                    }
                    if self.has(Bug::RefreshesOn403) {
                        let _ = self.token().await;
                    }
                    if !(self.has(Bug::RetriesForbidden) && again) {
                        return Err(Failure::Forbidden);
                    }
                }
                404 => return Err(Failure::NotFound),
                429 => {
                    let wait = answer.headers().get("retry-after").and_then(|value| value.to_str().ok());
                    // This client does not parse dates, so it gives up.
                    let wait = wait.and_then(|text| text.parse().ok()).map(Duration::from_secs);
                    match wait {
                        _ if self.has(Bug::IgnoresRetryAfter) && again => {}
                        Some(wait) if again => self.clock.sleep(wait).await,
                        _ => return Err(Failure::RateLimited),
                    }
                }
                500..=599 if again => {}
                500..=599 => return Err(Failure::Server),
                status => return Err(Failure::Other(status.to_string())),
            }
        }
    }

    fn list(&self, body: &Bytes, wrapper: &str) -> Result<Vec<Value>, Failure> {
        let garbage =
            || if self.has(Bug::EmptyOnGarbage) { Ok(Vec::new()) } else { Err(Failure::Unreadable) };
        let Ok(mut value) = serde_json::from_slice::<Value>(body) else { return garbage() };
        let mut wrappers = 0;
        while let Value::Object(mut object) = value {
            match object.remove(wrapper) {
                Some(inner) if wrappers < 2 => value = inner,
                _ => return garbage(),
            }
            wrappers += 1;
        }
        if self.has(Bug::KnowsOneEnvelope) && wrapper == "nodes" && wrappers != 1 {
            return Err(Failure::Unreadable);
        }
        match value {
            Value::Array(items) => Ok(items),
            _ => garbage(),
        }
    }
}

#[async_trait]
impl Subject for Client {
    async fn customers(&self) -> Result<Vec<String>, Failure> {
        const PAGE: usize = 100;
        let mut ids = Vec::new();
        loop {
            let filter = format!("%7B%22limit%22%3A{PAGE}%2C%22skip%22%3A{}%7D", ids.len());
            let page = self
                .list(&self.call(Method::GET, &format!("/Customers?filter={filter}")).await?, "customers")?;
            let size = page.len();
            if self.has(Bug::DropsLastPage) && size < PAGE && !ids.is_empty() {
                return Ok(ids);
            }
            ids.extend(page.iter().filter_map(|row| row["id"].as_str().map(str::to_owned)));
            if size < PAGE || self.has(Bug::ReadsOnePage) {
                return Ok(ids);
            }
        }
    }

    async fn nodes(&self, customer: &str, location: &str) -> Result<Vec<SeenNode>, Failure> {
        let body =
            self.call(Method::GET, &format!("/Customers/{customer}/locations/{location}/nodes")).await?;
        let mut nodes = Vec::new();
        for row in self.list(&body, "nodes")? {
            let id = row["id"].as_str().ok_or(Failure::Unreadable)?.to_owned();
            let state = row["connectionState"].as_str().map(str::to_owned);
            let known = ["connected", "disconnected"];
            if self.has(Bug::KnowsAllWords) && state.as_deref().is_some_and(|word| !known.contains(&word)) {
                return Err(Failure::Unreadable);
            }
            if self.has(Bug::WantsEveryMember) && !row["firmwareVersion"].is_string() {
                return Err(Failure::Unreadable);
            }
            nodes.push(SeenNode::new(id, state));
        }
        Ok(nodes)
    }

    async fn change(&self, customer: &str, location: &str, node: &str) -> Option<Result<(), Failure>> {
        let path = format!("/Customers/{customer}/locations/{location}/nodes/{node}/reboot");
        Some(self.call(Method::PUT, &path).await.map(drop))
    }
}
