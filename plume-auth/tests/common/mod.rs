//! A token endpoint that hands out tokens with the caller's name on them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use chrono::DateTime;
use plume_auth::{
    Account, Credential, Scope, SecureUrl, TenantId, TokenProvider, TokenRegistry, TokenRegistryBuilder,
};
use plume_runtime::{Limits, ManualClock, Transport, TransportError};
use tokio::sync::Semaphore;

pub const SSO: &str = "https://external.sso.plume.com/oauth2/ausEXAMPLE/v1/token";
pub const API: &str = "https://api.plume.com/api/";

/// Knows nothing of tenants: what it puts into a token is what the request itself said.
#[derive(Debug)]
pub struct Endpoint {
    /// A request waits for a permit here.
    pub gate: Semaphore,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// How often each `id:secret` asked, in all.
    asked: HashMap<String, u32>,
    hosts: HashMap<String, u32>,
    under_way: u32,
    cut_off: u32,
}

/// Sees whether a request came to its end.
struct Request<'a> {
    endpoint: &'a Endpoint,
    done: bool,
}

impl Drop for Request<'_> {
    fn drop(&mut self) {
        let mut state = self.endpoint.state.lock().unwrap();
        state.under_way -= 1;
        state.cut_off += u32::from(!self.done);
    }
}

impl Endpoint {
    pub fn new(permits: usize) -> Arc<Self> {
        Arc::new(Self { gate: Semaphore::new(permits), state: Mutex::default() })
    }

    pub fn asked(&self) -> u32 {
        self.state.lock().unwrap().asked.values().sum()
    }

    pub fn asked_by(&self, id_and_secret: &str) -> u32 {
        self.state.lock().unwrap().asked.get(id_and_secret).copied().unwrap_or_default()
    }

    pub fn asked_at(&self, host: &str) -> u32 {
        self.state.lock().unwrap().hosts.get(host).copied().unwrap_or_default()
    }

    pub fn under_way(&self) -> u32 {
        self.state.lock().unwrap().under_way
    }

    pub fn cut_off(&self) -> u32 {
        self.state.lock().unwrap().cut_off
    }
}

#[async_trait]
impl Transport for Endpoint {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        _limits: &Limits,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let header = request.headers()["authorization"].to_str().unwrap();
        let pair = STANDARD.decode(header.strip_prefix("Basic ").unwrap()).unwrap();
        let pair = String::from_utf8(pair).unwrap();
        let number = {
            let mut state = self.state.lock().unwrap();
            state.under_way += 1;
            *state.hosts.entry(request.uri().host().unwrap().to_owned()).or_default() += 1;
            let asked = state.asked.entry(pair.clone()).or_default();
            *asked += 1;
            *asked
        };
        let mut running = Request { endpoint: self, done: false };
        self.gate.acquire().await.unwrap().forget();
        running.done = true;
        let body = serde_json::json!({
            "token_type": "Bearer",
            "expires_in": 600,
            "access_token": format!("{pair}:{number}"),
        });
        Ok(http::Response::new(Bytes::from(body.to_string())))
    }
}

pub struct Setup {
    pub endpoint: Arc<Endpoint>,
    pub clock: ManualClock,
    pub registry: TokenRegistry,
}

pub fn setup(permits: usize, settings: impl Fn(TokenRegistryBuilder) -> TokenRegistryBuilder) -> Setup {
    let endpoint = Endpoint::new(permits);
    let clock = ManualClock::new(DateTime::UNIX_EPOCH + Duration::from_secs(1_000_000));
    let builder =
        TokenRegistry::builder(Arc::clone(&endpoint) as Arc<dyn Transport>, Arc::new(clock.clone()));
    Setup { endpoint, clock, registry: settings(builder).build() }
}

pub fn url(text: &str) -> SecureUrl {
    SecureUrl::parse(text).unwrap()
}

pub fn tenant(name: &str) -> TenantId {
    TenantId::new(name).unwrap()
}

pub fn account_of(id: &str, secret: &str) -> Account {
    Account::new(url(SSO), url(API), Credential::from_client(id, secret), Scope::raw("example"))
}

/// The token without the word before it: `id:secret:number`.
pub async fn token(provider: &impl TokenProvider) -> String {
    provider.token().await.unwrap().expose_token().to_owned()
}

/// Lets everything run that can.
pub async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}
