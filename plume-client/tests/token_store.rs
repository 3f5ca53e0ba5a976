//! Tokens that outlive a client.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use bytes::Bytes;
use http::{Request, Response};
use plume_auth::store::{
    MemoryStore, StoreError, StoreErrorKind, StoreKey, StoreLock, StoredRecord, TokenStore,
};
use plume_client::{Client, Settings};
use plume_runtime::{InProcess, TransportError};

fn settings(header: &str) -> Settings {
    Settings::from_variables([
        ("PLUME_SSO_URL", "https://external.sso.plume.com/oauth2/ausEXAMPLE/v1/token"),
        ("PLUME_AUTH_HEADER", header),
        ("PLUME_PARTNER_ID", "5e00000000000000000000aa"),
        ("PLUME_API_BASE", "https://cloud.example.net/api"),
    ])
    .unwrap()
}

/// base64 of "0oaEXAMPLE:not-a-real-secret"
const HEADER: &str = "Basic MG9hRVhBTVBMRTpub3QtYS1yZWFsLXNlY3JldA==";

/// A client with a store, and the number of token requests.
fn client(store: impl TokenStore + 'static, warnings: &Arc<Mutex<Vec<String>>>) -> (Client, Arc<AtomicU32>) {
    let requests = Arc::new(AtomicU32::new(0));
    let (counted, warnings) = (Arc::clone(&requests), Arc::clone(warnings));
    let transport = InProcess::new(move |_: Request<Bytes>| {
        counted.fetch_add(1, Ordering::Relaxed);
        let body = r#"{"token_type":"Bearer","expires_in":600,"access_token":"not.a.token"}"#;
        async move { Ok::<_, TransportError>(Response::new(Bytes::from(body))) }
    });
    let client = Client::builder()
        .settings(settings(HEADER))
        .transport(Arc::new(transport))
        .token_store(store, move |error| warnings.lock().unwrap().push(error.to_string()));
    (client.build().unwrap(), requests)
}

#[tokio::test]
async fn a_second_client_finds_the_token_of_the_first() {
    let (store, warnings) = (MemoryStore::new(), Arc::default());
    let (first, requests) = client(store.clone(), &warnings);
    assert_eq!(first.token_provider().token().await.unwrap().expose_token(), "not.a.token");
    assert_eq!(requests.load(Ordering::Relaxed), 1);
    let (second, requests) = client(store.clone(), &warnings);
    assert_eq!(second.token_provider().token().await.unwrap().expose_token(), "not.a.token");
    assert_eq!(requests.load(Ordering::Relaxed), 0);
    assert!(store.load(&settings(HEADER).store_key().unwrap()).unwrap().is_some());
    assert_eq!(*warnings.lock().unwrap(), [""; 0]);
    assert!(settings("Bearer not.a.token").store_key().is_none());
}

#[derive(Debug)]
struct Full;

impl TokenStore for Full {
    fn load(&self, _: &StoreKey) -> Result<Option<StoredRecord>, StoreError> {
        Err(StoreError::new(StoreErrorKind::Io, "no space"))
    }

    fn save_held(&self, _: &StoreKey, _: &StoredRecord, _: &StoreLock) -> Result<(), StoreError> {
        Err(StoreError::new(StoreErrorKind::Io, "no space"))
    }

    fn forget(&self, _: &StoreKey) -> Result<(), StoreError> {
        Err(StoreError::new(StoreErrorKind::Io, "no space"))
    }

    fn try_lock(&self, _: &StoreKey) -> Result<Option<StoreLock>, StoreError> {
        Err(StoreError::new(StoreErrorKind::Io, "no space"))
    }
}

#[tokio::test]
async fn a_store_that_fails_costs_a_warning_and_no_token() {
    let warnings = Arc::default();
    let (client, requests) = client(Full, &warnings);
    assert_eq!(client.token_provider().token().await.unwrap().expose_token(), "not.a.token");
    assert_eq!(requests.load(Ordering::Relaxed), 1);
    assert_eq!(*warnings.lock().unwrap(), ["store: no space"]);
}
