//! An unknown customer never affects a known one: the API answers 401 for both an unknown id and a bad token.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::DateTime;
use futures_util::{FutureExt, StreamExt, stream};
use http::{Request, header::AUTHORIZATION};
use plume_auth::{
    Account, AuthError, CachedTokenProvider, ClientCredentials, Credential, IssuedToken, Scope, SecureUrl,
    StaticToken, TenantId, TokenProvider, TokenRegistry, TokenSource,
};
use plume_client::{Client, ClientBuilder, Error, ErrorKind, NotRetried, RateLimiter, Resource, RetryPolicy};
use plume_runtime::{InProcess, ManualClock, Transport};
use testkit::replies::{Reply, reply};

/// The state of the cloud.
#[derive(Debug, Default)]
struct State {
    /// Numbers of tokens that are accepted.
    good: BTreeSet<u32>,
    issued: u32,
    introspections: u32,
    introspects: bool,
    life: u64,
    /// The paths below the API's base, in order.
    calls: Vec<String>,
    /// Answers reads of this path with 503.
    broken: Option<String>,
    /// Knows this path no more.
    deleted: Option<String>,
    /// Never answers reads of this path.
    silent: Option<String>,
}

/// A cloud that knows the customers whose id begins with `k`, with its token endpoint.
#[derive(Clone, Default)]
struct Cloud(Arc<Mutex<State>>);

impl Cloud {
    fn new(introspects: bool) -> Self {
        Self(Arc::new(Mutex::new(State { introspects, life: 600, ..State::default() })))
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.0.lock().unwrap())
    }

    fn answer(&self, request: &Request<Bytes>) -> Option<Reply> {
        let path = request.uri().path().to_owned();
        self.with(|state| match path.as_str() {
            "/oauth2/aus/v1/token" => {
                state.issued += 1;
                state.good.insert(state.issued);
                let (number, life) = (state.issued, state.life);
                let token = format!(
                    r#"{{"token_type":"Bearer","expires_in":{life},"access_token":"fake-{number}"}}"#
                );
                Some(reply(200, token))
            }
            "/oauth2/aus/v1/introspect" if state.introspects => {
                state.introspections += 1;
                let body = String::from_utf8_lossy(request.body()).into_owned();
                let number = body.split('&').next()?.strip_prefix("token=fake-")?.parse().unwrap();
                Some(reply(200, format!(r#"{{"active":{}}}"#, state.good.contains(&number))))
            }
            path if path.starts_with("/api/") => {
                state.calls.push(path.trim_start_matches("/api").to_owned());
                let number = request.headers()[AUTHORIZATION].to_str().unwrap().strip_prefix("Bearer fake-");
                if state.silent.as_deref() == Some(path) {
                    return None;
                }
                if state.broken.as_deref() == Some(path) {
                    return Some(reply(503, ""));
                }
                let good = number.is_none_or(|number| state.good.contains(&number.parse().unwrap()));
                // A role that may read, and not list the networks.
                let deleted = state.deleted.as_deref() == Some(path);
                let allowed =
                    path.starts_with("/api/Customers/k") && !path.ends_with("wifiNetworks") && !deleted;
                Some(match (good && allowed, path.rsplit('/').next()) {
                    (false, _) => {
                        reply(401, r#"{"error":{"statusCode":401,"code":"AUTHORIZATION_REQUIRED"}}"#)
                    }
                    (true, Some("nodes" | "devices")) => reply(200, "[]"),
                    (true, _) => reply(200, r#"{"id":"x","serviceLevel":{"status":"fullService"}}"#),
                })
            }
            _ => Some(reply(404, "")),
        })
    }

    fn transport(&self) -> Arc<dyn Transport> {
        let cloud = self.clone();
        Arc::new(InProcess::new(move |request: Request<Bytes>| {
            let reply = cloud.answer(&request);
            async move {
                match reply {
                    Some(reply) => reply,
                    None => std::future::pending().await,
                }
            }
        }))
    }

    /// No token that was issued so far is accepted any more.
    fn revoke(&self) {
        self.with(|state| state.good.clear());
    }

    /// Calls and introspections since the last time, and all token requests between them.
    fn costs(&self) -> (usize, u32, u32) {
        self.with(|state| {
            let costs = (state.calls.len(), state.issued, state.introspections);
            state.calls.clear();
            state.introspections = 0;
            costs
        })
    }
}

fn clock() -> ManualClock {
    ManualClock::skipping(DateTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000))
}

fn credentials(cloud: &Cloud, clock: &ManualClock) -> ClientCredentials {
    ClientCredentials::new(
        SecureUrl::parse("https://sso.example.net/oauth2/aus/v1/token").unwrap(),
        Credential::from_client("0oaEXAMPLE", "not-a-real-secret"),
        Scope::partner_admin("5e00000000000000000000aa"),
        cloud.transport(),
    )
    .clock(Arc::new(clock.clone()))
}

fn provider(cloud: &Cloud, clock: &ManualClock) -> CachedTokenProvider {
    CachedTokenProvider::builder(credentials(cloud, clock), Arc::new(clock.clone())).seed(7).build()
}

/// A client with the limiter that a program gets unless it says otherwise.
fn client(cloud: &Cloud, clock: &ManualClock, tokens: impl TokenProvider + 'static) -> Client {
    builder(cloud, clock, tokens).build().unwrap()
}

fn builder(cloud: &Cloud, clock: &ManualClock, tokens: impl TokenProvider + 'static) -> ClientBuilder {
    Client::builder()
        .api_base(SecureUrl::parse("https://cloud.example.net/api").unwrap())
        .token_provider(tokens)
        .transport(cloud.transport())
        .clock(Arc::new(clock.clone()))
}

fn setup() -> (Cloud, ManualClock, Client) {
    let (cloud, clock) = (Cloud::new(true), clock());
    let client = client(&cloud, &clock, provider(&cloud, &clock));
    (cloud, clock, client)
}

/// As [`setup`], on a clock that moves only by the test.
fn patient() -> (Cloud, ManualClock, Client) {
    let (cloud, clock) = (Cloud::new(true), ManualClock::new(DateTime::UNIX_EPOCH));
    let client = client(&cloud, &clock, provider(&cloud, &clock));
    (cloud, clock, client)
}

fn is_unknown(error: &Error) -> bool {
    error.kind() == ErrorKind::NotFound(Resource::Customer)
}

/// Reads `ids` eight at a time. How many known ones failed, and how many unknown ones failed as they have to.
async fn read_all(client: &Client, ids: impl Iterator<Item = String>) -> (usize, usize) {
    let results: Vec<_> = stream::iter(ids)
        .map(|id| async move {
            let result = client.customer(id.as_str()).get().await;
            (id, result)
        })
        .buffer_unordered(8)
        .collect()
        .await;
    let failed = results.iter().filter(|(id, result)| id.starts_with('k') && result.is_err()).count();
    let unknown = results.iter().filter(|(_, result)| result.as_ref().is_err_and(is_unknown)).count();
    (failed, unknown)
}

/// `count` ids, `percent` of which are deleted, without order.
fn ids(count: usize, percent: usize) -> impl Iterator<Item = String> {
    (0..count).map(move |number| match (number * 37) % 100 < percent {
        true => format!("deleted-{number}"),
        false => format!("k{number}"),
    })
}

#[tokio::test]
async fn deleted_ids_do_not_affect_known_ones() {
    for (count, percent, deleted) in [(240, 30, 72), (600, 10, 60), (100, 99, 99)] {
        let (cloud, _, client) = setup();
        assert_eq!(ids(count, percent).filter(|id| id.starts_with('d')).count(), deleted);
        assert_eq!(read_all(&client, ids(count, percent)).await, (0, deleted));
        let (calls, tokens, _) = cloud.costs();
        assert!(calls <= count + deleted, "{calls} calls for {count} ids of which {deleted} are unknown");
        assert_eq!(tokens, 1);
        // They are marked now, and cost nothing more.
        assert_eq!(read_all(&client, ids(count, percent)).await, (0, deleted));
        assert_eq!(cloud.costs(), (count, 1, 0));
    }
}

#[tokio::test]
async fn tenants_of_a_registry_behave_alike() {
    let (cloud, clock) = (Cloud::new(true), clock());
    let registry = TokenRegistry::builder(cloud.transport(), Arc::new(clock.clone())).build();
    let account = Account::new(
        SecureUrl::parse("https://sso.example.net/oauth2/aus/v1/token").unwrap(),
        SecureUrl::parse("https://cloud.example.net/api").unwrap(),
        Credential::from_client("0oaEXAMPLE", "not-a-real-secret"),
        Scope::partner_admin("5e00000000000000000000aa"),
    );
    let tenant = TenantId::new("tenant").unwrap();
    let _ = registry.register(&tenant, account).unwrap();
    // A new client for every look, as a web handler might make it.
    let lookup = async |id: String| {
        client(&cloud, &clock, registry.provider(&tenant).unwrap()).customer(id.as_str()).get().await
    };
    for id in ids(240, 30) {
        let result = lookup(id.clone()).await;
        assert_eq!(result.is_ok(), id.starts_with('k'), "{id}: {result:?}");
    }
    let (calls, tokens, introspections) = cloud.costs();
    assert!(calls <= 240 + 72 && tokens <= 2 && introspections <= 1, "{calls} {tokens} {introspections}");
    cloud.revoke();
    for id in ids(240, 30) {
        let result = lookup(id.clone()).await;
        assert_eq!(result.is_ok(), id.starts_with('k'), "{id}: {result:?}");
    }
    assert!(cloud.costs().1 <= tokens + 1);
}

#[tokio::test]
async fn token_revoked_midway_is_replaced_once_and_known_ids_succeed() {
    for introspects in [true, false] {
        let (cloud, clock) = (Cloud::new(introspects), clock());
        let client = client(&cloud, &clock, provider(&cloud, &clock));
        for round in 0..3 {
            assert_eq!(read_all(&client, ids(240, 30)).await, (0, 72), "round {round}");
            assert_eq!(cloud.with(|state| state.issued), round + 1, "round {round}");
            cloud.revoke();
        }
    }
}

#[tokio::test]
async fn deleted_home_polled_for_a_day_costs_no_extra_token() {
    // A known home, polled in the same way, costs as many tokens as there are lives in a day.
    let mut costs = Vec::new();
    for (id, introspects) in [("k1", true), ("deleted", true), ("deleted", false)] {
        let (cloud, clock) = (Cloud::new(introspects), clock());
        let client = client(&cloud, &clock, provider(&cloud, &clock));
        for _ in 0..24 * 60 {
            let result = client.customer(id).get().await;
            assert!(result.is_ok() || result.is_err_and(|error| is_unknown(&error)));
            clock.advance(Duration::from_secs(60));
        }
        let (calls, tokens, introspections) = cloud.costs();
        assert_eq!(calls, 24 * 60);
        assert!(introspections <= tokens);
        costs.push(tokens);
    }
    assert!((144..=165).contains(&costs[0]), "{costs:?}");
    assert!(costs[1] <= costs[0] && costs[2] <= costs[0], "{costs:?}");
}

#[tokio::test]
async fn a_home_that_is_deleted_while_it_is_polled_costs_no_token() {
    let (cloud, _, client) = setup();
    let home = client.customer("k1");
    home.get().await.unwrap();
    cloud.with(|state| state.deleted = Some("/api/Customers/k1".to_owned()));
    for _ in 0..3 {
        assert!(is_unknown(&home.get().await.unwrap_err()));
    }
    // A repetition of its own last read would look like a refused token. The issuer is asked instead.
    assert_eq!(cloud.costs(), (4, 1, 1));
}

#[tokio::test]
async fn operation_forbidden_to_the_role_is_no_evidence_about_the_customer() {
    let (cloud, _, client) = setup();
    let home = client.customer("k1").location("l1");
    client.customer("k2").get().await.unwrap();
    home.nodes().await.unwrap();
    for _ in 0..3 {
        assert!(is_unknown(&home.wifi_networks().await.unwrap_err()));
        home.nodes().await.unwrap();
    }
    // One look for the first refusal; the mark of the operation stays.
    assert_eq!(cloud.costs(), (2 + 6 + 1, 1, 0));
    // A revoked token is still noticed by the first call that meets it.
    cloud.revoke();
    home.nodes().await.unwrap();
    assert_eq!(cloud.costs().1, 2);
}

#[tokio::test]
async fn a_created_customer_is_served_and_its_mark_is_gone() {
    let (cloud, _, client) = setup();
    cloud.with(|state| state.deleted = Some("/api/Customers/k2".to_owned()));
    client.customer("k1").get().await.unwrap();
    let late = client.customer("k2");
    assert!(is_unknown(&late.get().await.unwrap_err()));
    cloud.with(|state| state.deleted = None);
    late.get().await.unwrap();
    // Now a 401 for it is news again.
    cloud.revoke();
    late.get().await.unwrap();
    assert_eq!(cloud.costs().1, 2);
}

#[tokio::test]
async fn clients_of_one_provider_share_verification_results() {
    let (cloud, clock) = (Cloud::new(true), clock());
    let tokens = provider(&cloud, &clock);
    let [one, other] = [(); 2].map(|()| client(&cloud, &clock, tokens.clone()));
    one.customer("k1").get().await.unwrap();
    assert!(is_unknown(&one.customer("deleted").get().await.unwrap_err()));
    assert_eq!(cloud.costs(), (3, 1, 0));
    assert!(is_unknown(&other.customer("deleted").get().await.unwrap_err()));
    assert_eq!(cloud.costs(), (1, 1, 0), "it is marked already");
    // Another provider has other tokens.
    let stranger = client(&cloud, &clock, provider(&cloud, &clock));
    stranger.customer("k1").get().await.unwrap();
    assert!(is_unknown(&stranger.customer("deleted").get().await.unwrap_err()));
    assert_eq!(cloud.costs(), (3, 2, 0));
}

#[tokio::test]
async fn a_snapshot_of_an_unknown_customer_shares_one_verdict() {
    let (cloud, _, client) = setup();
    client.customer("k1").get().await.unwrap();
    cloud.costs();
    let nobody = client.customer("deleted").location("l1");
    assert!(is_unknown(&nobody.snapshot().await.unwrap_err()));
    assert_eq!(cloud.costs(), (5, 1, 0), "four parts and one check");
    assert!(is_unknown(&nobody.snapshot().await.unwrap_err()));
    assert_eq!(cloud.costs(), (4, 1, 0));
}

#[tokio::test]
async fn dropped_check_blocks_no_call() {
    let (cloud, _, client) = patient();
    client.customer("k1").get().await.unwrap();
    cloud.with(|state| state.silent = Some("/api/Customers/k1".to_owned()));
    let [one, other] = ["deleted-1", "deleted-2"].map(|id| client.customer(id));
    let mut checking = Box::pin(one.get());
    assert!((&mut checking).now_or_never().is_none(), "its check is never answered");
    let mut waiting = Box::pin(other.get());
    assert!((&mut waiting).now_or_never().is_none(), "it waits for that check");
    cloud.with(|state| state.silent = None);
    drop(checking);
    assert!(is_unknown(&waiting.await.unwrap_err()));
}

#[tokio::test]
async fn a_check_that_is_never_polled_again_is_taken_over() {
    let (cloud, clock, client) = patient();
    client.customer("k1").get().await.unwrap();
    cloud.with(|state| state.silent = Some("/api/Customers/k1".to_owned()));
    let [one, other] = ["deleted-1", "deleted-2"].map(|id| client.customer(id));
    let mut checking = Box::pin(one.get());
    assert!((&mut checking).now_or_never().is_none());
    cloud.with(|state| state.silent = None);
    // It is kept but not polled.
    let mut waiting = Box::pin(other.get());
    assert!((&mut waiting).now_or_never().is_none());
    clock.advance(Duration::from_secs(9));
    assert!((&mut waiting).now_or_never().is_none());
    clock.advance(Duration::from_secs(1));
    assert!(is_unknown(&waiting.now_or_never().unwrap().unwrap_err()));
    drop(checking);
}

#[tokio::test]
async fn check_without_a_result_is_reported() {
    let (cloud, clock) = (Cloud::new(false), clock());
    let tokens = provider(&cloud, &clock);
    let client = builder(&cloud, &clock, tokens).retry(RetryPolicy::none()).build().unwrap();
    client.customer("k1").get().await.unwrap();
    cloud.with(|state| state.broken = Some("/api/Customers/k1".to_owned()));
    let error = client.customer("deleted").get().await.unwrap_err();
    assert_eq!((error.kind(), error.not_retried()), (ErrorKind::Unauthorized, Some(NotRetried::Unchecked)));
    assert!(error.is_transient() && error.retry_after().is_none());
    assert!(error.help().starts_with("Retry later"), "{}", error.help());
    let text = "the API rejected the access token, or there is no such customer, or the role does not allow this \
                operation (GET /Customers/{id}: 401";
    assert!(error.to_string().starts_with(text), "{error}");
    assert_eq!(cloud.costs().1, 1, "and the token stays");
}

#[tokio::test]
async fn a_401_to_a_call_without_an_id_does_not_mention_one() {
    let (cloud, clock) = (Cloud::new(false), clock());
    let client = client(&cloud, &clock, StaticToken::new("fake-1").unwrap());
    let error = client.customers().list().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    let text =
        "the API rejected the access token, or the role does not allow this operation (GET /Customers: 401";
    assert!(error.to_string().starts_with(text), "{error}");
    assert!(!error.help().contains(" id"), "{}", error.help());
    let error = client.customer("k1").get().await.unwrap_err();
    assert!(error.help().contains("that the id exists"), "{}", error.help());
}

#[tokio::test]
async fn irreplaceable_token_and_unknown_customer_are_distinguished_where_possible() {
    let (cloud, clock) = (Cloud::new(false), clock());
    let client = client(&cloud, &clock, StaticToken::new("fake-1").unwrap());
    cloud.with(|state| state.good.insert(1));
    // No call was accepted yet, and introspection is unavailable.
    for _ in 0..2 {
        let error = client.customer("deleted").get().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthorized);
        assert!(error.to_string().contains("or there is no such customer"), "{error}");
        assert_eq!(cloud.costs().0, 1);
    }
    client.customer("k1").get().await.unwrap();
    assert!(is_unknown(&client.customer("deleted").get().await.unwrap_err()));
    assert_eq!(cloud.costs().0, 3);
    cloud.revoke();
    let error = client.customer("k2").get().await.unwrap_err();
    assert!(error.to_string().starts_with("the API rejected the access token"), "{error}");
    assert_eq!(cloud.costs().0, 2);
    let _ = client.customer("k1").get().await.unwrap_err();
    assert_eq!(cloud.costs().0, 1, "that is known now");
}

#[tokio::test]
async fn token_error_reports_clock_skew() {
    let clock = clock();
    // A JWT that was over an hour ago by its own claim `exp`: 1,789,996,400. The API takes it for an old one.
    let token = "fake.eyJleHAiOjE3ODk5OTY0MDB9.fake";
    let transport = Arc::new(InProcess::new(move |request: Request<Bytes>| async move {
        match request.uri().path() {
            "/oauth2/aus/v1/token" => {
                reply(200, format!(r#"{{"token_type":"Bearer","expires_in":600,"access_token":"{token}"}}"#))
            }
            _ => reply(401, r#"{"error":{"statusCode":401,"code":"INVALID_TOKEN"}}"#),
        }
    }));
    let source = ClientCredentials::new(
        SecureUrl::parse("https://sso.example.net/oauth2/aus/v1/token").unwrap(),
        Credential::from_client("0oaEXAMPLE", "not-a-real-secret"),
        Scope::partner_admin("5e00000000000000000000aa"),
        Arc::clone(&transport) as Arc<dyn Transport>,
    )
    .clock(Arc::new(clock.clone()));
    let tokens = CachedTokenProvider::new(source, Arc::new(clock.clone()));
    let client = builder(&Cloud::new(false), &clock, tokens).transport(transport).build().unwrap();
    let error = client.customer("k1").get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    assert!(
        error.to_string().contains("the clocks disagree: the token's own expiry is off by 1 h"),
        "{error}"
    );
}

#[tokio::test]
async fn an_only_home_is_not_called_unknown_while_its_token_cannot_be_checked() {
    let (cloud, clock) = (Cloud::new(false), clock());
    let client = client(&cloud, &clock, provider(&cloud, &clock));
    let home = client.customer("k1");
    home.get().await.unwrap();
    cloud.revoke();
    home.get().await.unwrap();
    assert_eq!(cloud.costs().1, 2, "the token is replaced to find out");
    // Again, within a minute.
    cloud.revoke();
    let error = home.get().await.unwrap_err();
    assert_eq!((error.kind(), error.not_retried()), (ErrorKind::Unauthorized, Some(NotRetried::Unchecked)));
    assert!(error.is_transient() && error.help().starts_with("Retry later"), "{error}");
    clock.advance(Duration::from_secs(60));
    home.get().await.unwrap();
    assert_eq!(cloud.costs().1, 3);
}

/// A custom source without introspection.
#[derive(Debug)]
struct Own(Cloud2);

#[derive(Debug, Clone, Default)]
struct Cloud2(Arc<Mutex<u32>>);

#[async_trait]
impl TokenSource for Own {
    async fn fetch(&self) -> Result<IssuedToken, AuthError> {
        let mut issued = self.0.0.lock().unwrap();
        *issued += 1;
        Ok(IssuedToken::new(format!("own-{issued}"), Duration::from_secs(600)).unwrap())
    }
}

#[tokio::test]
async fn unreachable_source_is_not_hammered() {
    let (cloud, clock) = (Cloud::new(false), clock());
    let issued = Cloud2::default();
    let tokens = CachedTokenProvider::new(Own(issued.clone()), Arc::new(clock.clone()));
    let client = builder(&cloud, &clock, tokens)
        .rate_limiter(RateLimiter::unlimited(Arc::new(clock.clone())))
        .build()
        .unwrap();
    // A thousand unknown customers, and nothing was ever accepted. The first two were refused with a token that was
    // requested for them; the others may have met a token that was revoked.
    for number in 0..1_000 {
        let error = client.customer(format!("deleted-{number}")).get().await.unwrap_err();
        let unchecked = error.not_retried() == Some(NotRetried::Unchecked) && error.is_transient();
        assert!(if number < 2 { is_unknown(&error) } else { unchecked }, "{number}: {error}");
    }
    assert_eq!(*issued.0.lock().unwrap(), 2, "one token, and one more to see whether that helps");
    // What is known to be unknown stays so, also after the token was replaced once more.
    clock.advance(Duration::from_secs(60));
    for number in [2, 1, 0, 2] {
        let error = client.customer(format!("deleted-{number}")).get().await.unwrap_err();
        assert_eq!(is_unknown(&error), number > 0, "{number}: {error}");
    }
    assert_eq!(*issued.0.lock().unwrap(), 3);
}
