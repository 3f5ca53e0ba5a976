//! A source behind a store: which tokens are fetched, returned, and never returned.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]
#![cfg(feature = "store")]

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::{FutureExt, future::join_all};
use plume_auth::{
    AccessToken, AuthError, AuthErrorKind, CachedTokenProvider, ClientCredentials, Credential, IssuedToken,
    Scope, SecureUrl, TokenProvider, TokenSource,
    store::{
        MemoryStore, Persistent, StoreError, StoreErrorKind, StoreKey, StoreLock, StoredRecord, StoredToken,
        TokenStore,
    },
};
use plume_runtime::{Clock, InProcess, ManualClock, TransportError, TransportErrorKind};

/// Issues the tokens of a list, then fails.
#[derive(Debug, Default)]
struct Scripted {
    next: Mutex<VecDeque<&'static str>>,
    asked: Mutex<u32>,
    rejected: Mutex<u32>,
}

impl Scripted {
    fn new(tokens: &[&'static str]) -> Arc<Self> {
        Arc::new(Self { next: Mutex::new(tokens.iter().copied().collect()), ..Self::default() })
    }

    fn asked(&self) -> u32 {
        *self.asked.lock().unwrap()
    }
}

#[async_trait]
impl TokenSource for Scripted {
    async fn fetch(&self) -> Result<IssuedToken, AuthError> {
        *self.asked.lock().unwrap() += 1;
        tokio::task::yield_now().await;
        let token = self.next.lock().unwrap().pop_front();
        let token = token.ok_or_else(|| AuthError::new(AuthErrorKind::Unavailable, "down"))?;
        Ok(IssuedToken::new(token, Duration::from_secs(600)).unwrap())
    }

    fn rejected(&self, _: &AccessToken) {
        *self.rejected.lock().unwrap() += 1;
    }
}

fn key() -> StoreKey {
    StoreKey::from_parts("tenant", "https://sso.example.net/token", b"0oaEXAMPLE", "")
}

fn start() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + Duration::from_secs(1_000_000)
}

fn clock() -> ManualClock {
    ManualClock::new(start())
}

type Source = Persistent<Arc<Scripted>>;

fn process(source: &Arc<Scripted>, store: &MemoryStore, clock: &ManualClock) -> Source {
    Persistent::new(Arc::clone(source), store.clone(), key(), Arc::new(clock.clone()))
}

fn stored(store: &MemoryStore) -> Option<String> {
    let record = store.load(&key()).unwrap()?;
    record.token().map(|token| token.expose_token().to_owned())
}

/// The token as a cache on top would hand it out.
async fn access(source: Source, clock: &ManualClock) -> (CachedTokenProvider, Arc<Source>, AccessToken) {
    let source = Arc::new(source);
    let provider = CachedTokenProvider::new(Arc::clone(&source), Arc::new(clock.clone()));
    let token = provider.token().await.unwrap();
    (provider, source, token)
}

#[tokio::test]
async fn restart_sends_no_request_and_keeps_the_remaining_lifetime() {
    let (source, store, clock) = (Scripted::new(&["a", "b"]), MemoryStore::new(), clock());
    let (_, _, first) = access(process(&source, &store, &clock), &clock).await;
    clock.advance(Duration::from_secs(100));
    let (_, _, second) = access(process(&source, &store, &clock), &clock).await;
    assert_eq!((first.expose_token(), second.expose_token()), ("a", "a"));
    assert_eq!(second.expires_at(), first.expires_at());
    assert_eq!(source.asked(), 1);
    // Near its end it is not worth adopting.
    clock.advance(Duration::from_secs(450));
    let (_, _, third) = access(process(&source, &store, &clock), &clock).await;
    assert_eq!(third.expose_token(), "b");
    assert_eq!(source.asked(), 2);
}

#[tokio::test]
async fn second_call_after_a_rejection_gets_another_token() {
    let (source, store, clock) = (Scripted::new(&["a", "b"]), MemoryStore::new(), clock());
    let process = process(&source, &store, &clock);
    process.fetch().await.unwrap();
    process.fetch().await.unwrap();
    assert_eq!(source.asked(), 2);
    assert_eq!(stored(&store).as_deref(), Some("b"));
}

#[tokio::test]
async fn concurrent_callers_send_one_request() {
    let (source, store, clock) = (Scripted::new(&["a", "b"]), MemoryStore::new(), clock());
    let processes: Vec<_> = (0..16).map(|_| process(&source, &store, &clock)).collect();
    let mut fetches = join_all(processes.iter().map(TokenSource::fetch));
    let mut results = None;
    // Ten minutes, more than any of them waits for a lock.
    for _ in 0..30_000 {
        results = (&mut fetches).now_or_never();
        if results.is_some() {
            break;
        }
        clock.advance(Duration::from_millis(20));
    }
    let results = results.unwrap();
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(source.asked(), 1);
}

/// A request for revocation: its body, and the token that the store still had by then.
type Revocation = (String, Option<String>);

/// An endpoint that revokes every token, and the requests that it gets.
fn revoking(store: &MemoryStore) -> (ClientCredentials, Arc<Mutex<Vec<Revocation>>>) {
    let revoked = Arc::new(Mutex::new(Vec::new()));
    let (seen, store) = (Arc::clone(&revoked), store.clone());
    let transport = InProcess::new(move |request: http::Request<bytes::Bytes>| {
        let body = String::from_utf8(request.into_body().into()).unwrap();
        seen.lock().unwrap().push((body, stored(&store)));
        async { Ok(http::Response::new(bytes::Bytes::new())) }
    });
    let url = |path: &str| SecureUrl::parse(&format!("https://sso.example.net/oauth2/x/v1/{path}")).unwrap();
    let credential = Credential::from_client("client", "not-a-real-secret");
    let endpoint = ClientCredentials::new(url("token"), credential, Scope::raw("x"), Arc::new(transport))
        .revocation_url(url("revoke"));
    (endpoint, revoked)
}

#[tokio::test]
async fn stored_token_is_revoked_too() {
    let (source, store, clock) = (Scripted::new(&["a", "b"]), MemoryStore::new(), clock());
    let (endpoint, revoked) = revoking(&store);
    let restarted = || CachedTokenProvider::new(process(&source, &store, &clock), Arc::new(clock.clone()));
    let asked = || revoked.lock().unwrap().drain(..).collect::<Vec<_>>();
    let request = |token: &str| (format!("token={token}&token_type_hint=access_token"), None);

    restarted().token().await.unwrap();
    restarted().revoke(&endpoint).await.unwrap();
    assert_eq!(asked(), [request("a")]);

    // Another process has fetched meanwhile: both tokens are valid.
    let provider = restarted();
    provider.token().await.unwrap();
    let theirs = IssuedToken::new("theirs", Duration::from_secs(600)).unwrap();
    let theirs = StoredRecord::default().with_token(StoredToken::new(&theirs, clock.wall()));
    store.save(&key(), &theirs).unwrap();
    // Too near its end to be handed out, and valid all the same.
    clock.advance(Duration::from_secs(550));
    provider.revoke(&endpoint).await.unwrap();
    assert_eq!(asked(), [request("b"), request("theirs")]);

    store.save(&key(), &theirs).unwrap();
    clock.advance(Duration::from_secs(50));
    provider.revoke(&endpoint).await.unwrap();
    assert_eq!(asked(), [], "it has expired");
}

#[tokio::test]
async fn a_provider_that_forgets_or_revokes_empties_the_store() {
    let (source, store, clock) = (Scripted::new(&["a", "b", "c"]), MemoryStore::new(), clock());
    let provider = CachedTokenProvider::new(process(&source, &store, &clock), Arc::new(clock.clone()));
    provider.token().await.unwrap();
    assert_eq!(stored(&store).as_deref(), Some("a"));
    provider.forget();
    assert_eq!(stored(&store), None);

    provider.token().await.unwrap();
    assert_eq!(stored(&store).as_deref(), Some("b"));
    let (endpoint, revoked) = revoking(&store);
    provider.revoke(&endpoint).await.unwrap();
    assert_eq!(*revoked.lock().unwrap(), [("token=b&token_type_hint=access_token".to_owned(), None)]);

    // While another process holds the lock: what that one fetched is not for us, and not kept by it.
    let lock = store.try_lock(&key()).unwrap().unwrap();
    provider.forget();
    let issued = IssuedToken::new("theirs", Duration::from_secs(600)).unwrap();
    let theirs = StoredRecord::default().with_token(StoredToken::new(&issued, clock.wall()));
    store.save_held(&key(), &theirs, &lock).unwrap();
    drop(lock);
    assert_eq!(stored(&store), None);
}

#[tokio::test]
async fn a_hung_holder_is_waited_for_once() {
    // Every wait ends at once by moving the time to its end.
    let (source, store, clock) = (Scripted::new(&["a"]), MemoryStore::new(), ManualClock::skipping(start()));
    let warned = Arc::new(Mutex::new(Vec::new()));
    let warnings = Arc::clone(&warned);
    let process = process(&source, &store, &clock)
        .lock_wait(Duration::from_secs(7))
        .on_warning(move |error| warnings.lock().unwrap().push(error.kind()));
    let _hung = store.try_lock(&key()).unwrap().unwrap();
    process.fetch().await.unwrap();
    assert_eq!(clock.monotonic(), Duration::from_secs(7));
    assert_eq!(*warned.lock().unwrap(), [StoreErrorKind::Busy]);
    assert_eq!(stored(&store), None, "only who has the lock changes the record");
}

#[tokio::test]
async fn cause_is_reported_after_the_longest_wait_and_the_last_attempt() {
    let clock = ManualClock::skipping(start());
    let time = clock.clone();
    let hangs = InProcess::new(move |_| {
        time.advance(Duration::from_secs(10));
        async { Err(TransportError::new(TransportErrorKind::Timeout, "no answer in time")) }
    });
    let endpoint = ClientCredentials::new(
        SecureUrl::parse("https://sso.example.net/oauth2/x/v1/token").unwrap(),
        Credential::from_client("client", "not-a-real-secret"),
        Scope::raw("x"),
        Arc::new(hangs),
    )
    .clock(Arc::new(clock.clone()));
    let store = MemoryStore::new();
    let _hung = store.try_lock(&key()).unwrap().unwrap();
    let source = Persistent::new(endpoint, store, key(), Arc::new(clock.clone())).lock_wait(Duration::MAX);
    let provider = CachedTokenProvider::new(source, Arc::new(clock.clone()));
    let error = provider.token().await.unwrap_err();
    assert!(error.to_string().contains("sso.example.net"), "{error}");
    // The cache gives a fetch 30 s.
    let took = clock.monotonic();
    assert!(took > Duration::from_secs(27) && took < Duration::from_secs(30), "{took:?}");
}

#[tokio::test]
async fn a_token_that_appears_ends_the_wait() {
    let (source, store) = (Scripted::new(&[]), MemoryStore::new());
    let clock = clock();
    let process = process(&source, &store, &clock);
    let lock = store.try_lock(&key()).unwrap().unwrap();
    let waiting = tokio::spawn(async move { process.fetch().await });
    while clock.sleepers() == 0 {
        tokio::task::yield_now().await;
    }
    let issued = IssuedToken::new("theirs", Duration::from_secs(600)).unwrap();
    let theirs = StoredToken::new(&issued, clock.wall());
    store.save_held(&key(), &StoredRecord::default().with_token(theirs), &lock).unwrap();
    clock.advance(Duration::from_millis(20));
    waiting.await.unwrap().unwrap();
    assert_eq!(source.asked(), 0);
}

/// Another process is always a moment faster: it has written and left when the lock is taken.
#[derive(Debug)]
struct Overtaken(MemoryStore);

impl TokenStore for Overtaken {
    fn load(&self, key: &StoreKey) -> Result<Option<StoredRecord>, StoreError> {
        self.0.load(key)
    }

    fn save_held(&self, key: &StoreKey, record: &StoredRecord, held: &StoreLock) -> Result<(), StoreError> {
        self.0.save_held(key, record, held)
    }

    fn forget(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.0.forget(key)
    }

    fn try_lock(&self, key: &StoreKey) -> Result<Option<StoreLock>, StoreError> {
        let issued = IssuedToken::new("theirs", Duration::from_secs(600)).unwrap();
        self.0.save(key, &StoredRecord::default().with_token(StoredToken::new(&issued, start())))?;
        self.0.try_lock(key)
    }
}

#[tokio::test]
async fn a_token_written_just_before_the_lock_was_taken_is_found() {
    let source = Scripted::new(&[]);
    let store = Overtaken(MemoryStore::new());
    let process = Persistent::new(Arc::clone(&source), store, key(), Arc::new(clock()));
    process.fetch().await.unwrap();
    assert_eq!(source.asked(), 0);
}

/// Fails to read and to write with an error of its own, and counts the writes.
#[derive(Debug)]
struct Failing {
    load: Option<StoreErrorKind>,
    saves: Arc<Mutex<u32>>,
}

impl TokenStore for Failing {
    fn load(&self, _: &StoreKey) -> Result<Option<StoredRecord>, StoreError> {
        self.load.map_or(Ok(None), |kind| Err(StoreError::new(kind, "no")))
    }

    fn save_held(&self, _: &StoreKey, _: &StoredRecord, _: &StoreLock) -> Result<(), StoreError> {
        *self.saves.lock().unwrap() += 1;
        Err(StoreError::new(StoreErrorKind::Io, "no"))
    }

    fn forget(&self, _: &StoreKey) -> Result<(), StoreError> {
        self.load.map_or(Ok(()), |kind| Err(StoreError::new(kind, "still there")))
    }

    fn try_lock(&self, key: &StoreKey) -> Result<Option<StoreLock>, StoreError> {
        Ok(Some(StoreLock::new(key, ())))
    }
}

#[tokio::test]
async fn every_token_that_stays_in_the_store_is_reported() {
    let warned = Arc::new(Mutex::new(Vec::new()));
    let warnings = Arc::clone(&warned);
    let store = Failing { load: Some(StoreErrorKind::Io), saves: Arc::default() };
    let process = Persistent::new(Scripted::new(&["a"]), store, key(), Arc::new(clock()))
        .on_warning(move |error| warnings.lock().unwrap().push(error.to_string()));
    process.fetch().await.unwrap();
    process.forgotten();
    process.forgotten();
    // What cannot be read is reported once.
    assert_eq!(*warned.lock().unwrap(), ["store: no", "store: still there", "store: still there"]);
}

#[tokio::test]
async fn unopenable_record_is_not_overwritten() {
    for (kind, expected) in [
        (StoreErrorKind::WrongKey, 0),
        (StoreErrorKind::UnknownKey, 0),
        (StoreErrorKind::Exposed, 0),
        (StoreErrorKind::Io, 0),
        (StoreErrorKind::Damaged, 1),
        (StoreErrorKind::Newer, 1),
        (StoreErrorKind::Restored, 1),
    ] {
        let saves = Arc::new(Mutex::new(0));
        let store = Failing { load: Some(kind), saves: Arc::clone(&saves) };
        Persistent::new(Scripted::new(&["a"]), store, key(), Arc::new(clock())).fetch().await.unwrap();
        assert_eq!(*saves.lock().unwrap(), expected, "{kind:?}");
    }
}

#[tokio::test]
async fn a_rejected_token_is_remembered_without_a_store() {
    let (source, clock) = (Scripted::new(&["bad", "bad"]), clock());
    let store = Failing { load: None, saves: Arc::default() };
    let process = Persistent::new(source, store, key(), Arc::new(clock.clone()));
    let process = Arc::new(process);
    let provider = CachedTokenProvider::new(Arc::clone(&process), Arc::new(clock));
    process.rejected(&provider.token().await.unwrap());
    assert!(process.fetch().await.is_err());
}

#[tokio::test]
async fn a_dropped_fetch_gives_the_lock_back() {
    let (source, store, clock) = (Scripted::new(&["a"]), MemoryStore::new(), clock());
    let process = process(&source, &store, &clock);
    let mut fetch = process.fetch();
    assert!((&mut fetch).now_or_never().is_none());
    assert!(store.try_lock(&key()).unwrap().is_none());
    drop(fetch);
    assert!(store.try_lock(&key()).unwrap().is_some());
}

#[tokio::test]
async fn rejected_token_is_removed_from_the_store_for_all_processes() {
    let (source, store, clock) = (Scripted::new(&["bad", "good"]), MemoryStore::new(), clock());
    let (_, one, token) = access(process(&source, &store, &clock), &clock).await;
    one.rejected(&token);
    assert_eq!(stored(&store), None);
    assert_eq!(*source.rejected.lock().unwrap(), 1, "the inner source is notified too");
    let (_, _, other) = access(process(&source, &store, &clock), &clock).await;
    assert_eq!(other.expose_token(), "good");
}

#[tokio::test]
async fn a_rejected_token_that_is_issued_again_is_an_error_in_every_process() {
    let (source, store, clock) = (Scripted::new(&["bad", "bad", "bad", "good"]), MemoryStore::new(), clock());
    let (_, one, token) = access(process(&source, &store, &clock), &clock).await;
    one.rejected(&token);
    assert!(one.fetch().await.is_err());
    assert!(process(&source, &store, &clock).fetch().await.is_err());
    assert_eq!(stored(&store), None);
    one.fetch().await.unwrap();
    assert_eq!(stored(&store).as_deref(), Some("good"));
}

#[tokio::test]
async fn rejection_during_a_foreign_lock_is_stored_before_the_next_fetch() {
    let (source, store, clock) = (Scripted::new(&["bad"]), MemoryStore::new(), clock());
    let (_, one, token) = access(process(&source, &store, &clock), &clock).await;
    let held = store.try_lock(&key()).unwrap();
    one.rejected(&token);
    assert_eq!(stored(&store).as_deref(), Some("bad"));
    drop(held);
    // The fetch fails, and still the token is gone.
    assert!(one.fetch().await.is_err());
    assert_eq!(stored(&store), None);
}

#[tokio::test]
async fn a_rejected_token_that_another_process_puts_back_is_not_adopted() {
    let (source, store, clock) = (Scripted::new(&["bad", "good", "better"]), MemoryStore::new(), clock());
    let (_, one, token) = access(process(&source, &store, &clock), &clock).await;
    let before = store.load(&key()).unwrap().unwrap();
    one.fetch().await.unwrap();
    // By a process that did not know of it.
    one.rejected(&token);
    store.save(&key(), &before).unwrap();
    one.fetch().await.unwrap();
    assert_eq!(stored(&store).as_deref(), Some("better"));
}

#[tokio::test]
async fn a_token_from_the_future_is_not_adopted() {
    let (source, store, clock) = (Scripted::new(&["a", "b"]), MemoryStore::new(), clock());
    process(&source, &store, &clock).fetch().await.unwrap();
    clock.set_wall(clock.wall() - Duration::from_secs(301));
    process(&source, &store, &clock).fetch().await.unwrap();
    assert_eq!(source.asked(), 2);
}

#[tokio::test]
async fn a_token_that_ran_out_while_the_machine_slept_is_not_adopted() {
    let (source, store, clock) = (Scripted::new(&["a", "b"]), MemoryStore::new(), clock());
    process(&source, &store, &clock).fetch().await.unwrap();
    clock.set_wall(clock.wall() + Duration::from_secs(7200));
    process(&source, &store, &clock).fetch().await.unwrap();
    assert_eq!(source.asked(), 2);
}

#[tokio::test]
async fn forgetting_empties_the_entry() {
    let (source, store, clock) = (Scripted::new(&["a"]), MemoryStore::new(), clock());
    let process = process(&source, &store, &clock);
    process.fetch().await.unwrap();
    process.forget().unwrap();
    assert!(store.load(&key()).unwrap().is_none());
}
