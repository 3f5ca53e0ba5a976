//! Providers behind an `Arc`, the identity of a cache, and the events of a token in the log.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use chrono::DateTime;
use plume_auth::{
    AccessToken, AuthError, AuthErrorKind, CachedTokenProvider, IssuedToken, ProviderIdentity, TokenProvider,
    TokenSource,
};
use plume_runtime::ManualClock;
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(DateTime::UNIX_EPOCH + Duration::from_secs(1_768_471_800)))
}

fn issued(text: &str) -> IssuedToken {
    IssuedToken::new(text, Duration::from_secs(3_600)).unwrap()
}

fn token(text: &str) -> AccessToken {
    AccessToken::from_issued(&issued(text), 1).unwrap()
}

/// Answers each method in a way of its own.
#[derive(Debug)]
struct Probe {
    identity: ProviderIdentity,
    rejected: Mutex<Vec<AccessToken>>,
}

#[async_trait]
impl TokenProvider for Probe {
    async fn token(&self) -> Result<AccessToken, AuthError> {
        Ok(token("asked"))
    }

    fn ready(&self) -> Option<AccessToken> {
        Some(token("ready"))
    }

    fn invalidate(&self, token: &AccessToken) {
        self.rejected.lock().unwrap().push(token.clone());
    }

    async fn still_valid(&self, token: &AccessToken) -> Option<bool> {
        Some(token.expose_token() == "valid")
    }

    fn identity(&self) -> Option<ProviderIdentity> {
        Some(self.identity.clone())
    }
}

#[tokio::test]
async fn a_provider_behind_an_arc_answers_as_itself() {
    let inner = Arc::new(Probe { identity: ProviderIdentity::new(), rejected: Mutex::default() });
    let outer: Arc<dyn TokenProvider> = Arc::new(Arc::clone(&inner));
    assert_eq!(outer.token().await.unwrap().expose_token(), "asked");
    assert_eq!(outer.ready().unwrap().expose_token(), "ready");
    assert_eq!(outer.still_valid(&token("valid")).await, Some(true));
    assert_eq!(outer.still_valid(&token("other")).await, Some(false));
    assert!(outer.identity() == Some(inner.identity.clone()));
    outer.invalidate(&token("bad"));
    assert_eq!(inner.rejected.lock().unwrap().first().unwrap().expose_token(), "bad");
}

/// Gives its results in turn.
#[derive(Debug)]
struct Results(Mutex<VecDeque<Result<IssuedToken, AuthError>>>);

impl Results {
    fn new(results: impl IntoIterator<Item = Result<IssuedToken, AuthError>>) -> Self {
        Self(Mutex::new(results.into_iter().collect()))
    }
}

#[async_trait]
impl TokenSource for Results {
    async fn fetch(&self) -> Result<IssuedToken, AuthError> {
        self.0.lock().unwrap().pop_front().unwrap()
    }
}

#[test]
fn a_cache_and_its_clones_have_one_identity() {
    let cache = || CachedTokenProvider::new(Results::new([]), clock());
    let (one, other) = (cache(), cache());
    assert!(one.identity().is_some());
    assert!(one.identity() == one.clone().identity());
    assert!(one.identity() != other.identity());
    assert_eq!(format!("{:?}", one.identity().unwrap()), "ProviderIdentity { .. }");
}

/// The messages of the log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

struct Message<'a>(&'a mut String);

impl Visit for Message<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            *self.0 = format!("{value:?}");
        }
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "plume_auth"
    }

    fn event(&self, event: &Event<'_>) {
        let mut message = String::new();
        event.record(&mut Message(&mut message));
        self.0.lock().unwrap().push(message);
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

#[tokio::test]
async fn each_event_of_a_token_is_in_the_log() {
    let failure = AuthError::new(AuthErrorKind::Unavailable, "no route to the token endpoint");
    let cache = CachedTokenProvider::new(Results::new([Ok(issued("a")), Err(failure)]), clock());
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let first = cache.token().await.unwrap();
    cache.invalidate(&first);
    cache.token().await.unwrap_err();
    assert_eq!(*log.0.lock().unwrap(), ["token obtained", "the API rejected the token", "no token"]);
}
