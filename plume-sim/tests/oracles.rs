//! The oracles: a test breaks each rule deliberately, and similar good behaviour breaks none.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends there and then, also in its helpers"
)]

mod common;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Method, Request};
use plume_runtime::{Limits, ManualClock, TransportErrorKind};
use plume_sim::{
    Endpoints, Home, Simulator, ViolationKind as Kind,
    faults::{Area, Change, Effect, FaultPlan, FaultRule, Mutation, ResetStage, RetryAfter},
};
use serde_json::Value;

use common::{api, builder, clock};

struct Caller {
    simulator: Simulator,
    clock: ManualClock,
    token: String,
    endpoints: Endpoints,
}

/// The outcome of a call: a status, or 0 for no response.
type Came = u16;

fn caller(plan: FaultPlan) -> Caller {
    let clock = clock();
    let simulator = builder().clock(Arc::new(clock.clone())).faults(plan).tenant("Other ISP", 5).build();
    let endpoints = simulator.endpoints();
    Caller { clock, token: String::new(), endpoints, simulator }
}

fn calm() -> Caller {
    caller(FaultPlan::default())
}

fn faulty(effect: Effect) -> Caller {
    caller(FaultPlan::new(1).rule(FaultRule::new(effect).area(Area::Api)))
}

impl Caller {
    async fn send(&self, request: Request<Bytes>) -> (Came, Value) {
        match self.simulator.transport().send(request, &Limits::default()).await {
            Ok(answer) => {
                (answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap_or_default())
            }
            Err(_) => (0, Value::Null),
        }
    }

    async fn login(&mut self) {
        let form = format!(
            "grant_type=client_credentials&scope=partnerId%3A{}+role%3ApartnerIdAdmin",
            self.endpoints.partner_id()
        );
        let request = Request::post(self.endpoints.sso_url())
            .header("authorization", self.endpoints.auth_header())
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Bytes::from(form))
            .unwrap();
        let (status, body) = self.send(request).await;
        if status == 200 {
            self.token = body["access_token"].as_str().unwrap_or_default().to_owned();
        }
    }

    fn request(&self, method: Method, path: &str) -> Request<Bytes> {
        Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.token))
            .header("accept", "application/json")
            .body(Bytes::new())
            .unwrap()
    }

    async fn get(&self, path: &str) -> Came {
        self.send(self.request(Method::GET, path)).await.0
    }

    async fn count(&self) -> Came {
        self.get("/api/Customers/count").await
    }

    fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Returns the kinds of violations in order.
    fn kinds(&self) -> Vec<Kind> {
        self.simulator.verdict().violations().iter().map(|violation| violation.kind).collect()
    }
}

#[tokio::test]
async fn a_careful_client_is_clean() {
    let mut caller = calm();
    for _ in 0..5 {
        caller.login().await;
        for home in Home::ALL {
            assert_eq!(caller.get(&format!("{}/nodes", api(home))).await, 200);
        }
        caller.pass(560);
    }
    let verdict = caller.simulator.verdict();
    verdict.assert_clean();
    let counts = verdict.counts();
    assert_eq!((counts.requests, counts.calls, counts.token_requests, counts.tokens_issued), (45, 40, 5, 5));
    assert_eq!((counts.most_calls_in_300_s, counts.most_in_flight), (8, 1));
    assert_eq!(counts.by_status[&200], 45);
    assert!(verdict.to_string().starts_with("clean: no rule was broken"), "{verdict}");
}

#[tokio::test]
async fn a_flood_of_one_kind_hides_no_other() {
    let mut caller = calm();
    caller.login().await;
    for _ in 0..1_100 {
        caller.get("/api/Nothing").await;
    }
    caller.get(&format!("/api/Customers/count?access_token={}", caller.token)).await;
    let verdict = caller.simulator.verdict();
    assert_eq!(verdict.count(Kind::UnknownRoute), 1_100);
    let leaks = verdict.violations().iter().filter(|violation| violation.kind == Kind::LeakedSecret);
    assert_eq!(leaks.map(|violation| violation.requests.clone()).collect::<Vec<_>>(), [[1_102]]);
    let text = verdict.to_string();
    assert!(text.contains("unknown route, 1100 times:\n    no such route: GET /api/Nothing"), "{text}");
    assert!(text.contains("    and 1097 more\n"), "{text}");
    assert!(text.contains("leaked secret, once:\n    secret in the URL (request #1102"), "{text}");
}

#[tokio::test]
async fn token_request_without_need_is_a_breach() {
    // A second process has no token yet.
    let mut caller = calm();
    caller.login().await;
    caller.pass(10);
    caller.login().await;
    assert_eq!(caller.kinds(), []);

    // A token per call.
    let mut caller = calm();
    for _ in 0..5 {
        caller.login().await;
        assert_eq!(caller.count().await, 200);
        caller.pass(10);
    }
    assert_eq!(caller.kinds(), [Kind::NeedlessTokenRequest]);
    let verdict = caller.simulator.verdict();
    assert_eq!(verdict.violations()[0].requests, [7, 9]);
    assert!(verdict.to_string().contains("valid for 590 s more (request #7, #9"), "{verdict}");
    assert!(std::panic::catch_unwind(|| verdict.assert_clean()).is_err());
    assert!(verdict.ignoring(&[Kind::NeedlessTokenRequest]).is_clean());

    // When the last of them is used again, they belong to several processes.
    let token = std::mem::take(&mut caller.token);
    caller.login().await;
    caller.token = token;
    assert_eq!(caller.kinds(), [Kind::NeedlessTokenRequest; 2]);
    caller.count().await;
    assert_eq!(caller.kinds(), []);

    // After any 401 a client has to request a new token.
    let mut caller = calm();
    caller.login().await;
    assert_eq!(caller.get("/api/Customers/5ca1ab1e0000000c0000ffff").await, 401);
    caller.login().await;
    assert_eq!(caller.kinds(), []);

    // Two requests at once from an address with one process and one token.
    let mut caller = calm();
    caller.login().await;
    caller.count().await;
    caller.count().await;
    let (mut one, mut two) = (calm(), calm());
    (one.simulator, two.simulator) = (caller.simulator.clone(), caller.simulator.clone());
    let slow = Effect::Latency { least: Duration::from_secs(1), most: Duration::from_secs(1) };
    caller.simulator.set_faults(FaultPlan::new(1).rule(FaultRule::new(slow)));
    let clock = caller.clock.clone();
    let (first, second) =
        (tokio::spawn(async move { one.login().await }), tokio::spawn(async move { two.login().await }));
    while clock.sleepers() < 2 {
        tokio::task::yield_now().await;
    }
    clock.advance(Duration::from_secs(1));
    first.await.unwrap();
    second.await.unwrap();
    assert_eq!(caller.kinds(), [Kind::NeedlessTokenRequest]);
    assert_eq!(caller.simulator.verdict().counts().most_in_flight, 2);
}

#[tokio::test]
async fn hammering_during_an_outage_is_a_breach() {
    let down = Effect::status(503);
    let mut caller = caller(FaultPlan::new(1).rule(FaultRule::new(down).area(Area::Oauth)));
    for _ in 0..8 {
        caller.login().await;
        caller.pass(5);
    }
    assert_eq!(caller.kinds(), []);
    caller.login().await;
    caller.login().await;
    assert_eq!(caller.kinds(), [Kind::TokenRequestStorm], "reported once");
    assert_eq!(caller.simulator.verdict().counts().most_token_requests_in_60_s, 10);
}

#[tokio::test]
async fn the_call_limit_is_exact() {
    let mut caller = calm();
    caller.login().await;
    for _ in 0..2_000 {
        caller.count().await;
    }
    caller.pass(299);
    assert_eq!(caller.kinds(), []);
    caller.count().await;
    assert_eq!(caller.kinds(), [Kind::CallLimit]);
    assert_eq!(caller.simulator.verdict().counts().most_calls_in_300_s, 2_001);
    caller.pass(1);
    caller.count().await;
    assert_eq!(caller.simulator.verdict().count(Kind::CallLimit), 1, "the window has moved on");
}

#[tokio::test]
async fn a_token_has_an_end() {
    let mut caller = calm();
    caller.login().await;
    caller.pass(599);
    assert_eq!(caller.count().await, 200);
    caller.pass(1);
    assert_eq!(caller.count().await, 401);
    assert_eq!(caller.kinds(), [Kind::ExpiredToken]);
    assert_eq!(caller.count().await, 401);
    assert_eq!(caller.kinds(), [Kind::ExpiredToken; 2], "a 401 alone does not say that it means the token");
}

#[tokio::test]
async fn altered_token_response_is_no_evidence_of_a_lifetime() {
    for change in [Change::WrongTypes, Change::NumbersAsText, Change::Nulls, Change::Missing] {
        // Before the expiry, at it, and after the longest possible lifetime.
        for (after, status, breaches) in
            [(599, 200, &[][..]), (600, 401, &[]), (86_399, 401, &[]), (86_400, 401, &[Kind::ExpiredToken])]
        {
            let changed = Effect::Mutate(Mutation::new(change).share(1.0).keys(["expires_in"]));
            let mut caller = caller(FaultPlan::new(1).rule(FaultRule::new(changed).area(Area::Oauth)));
            caller.login().await;
            caller.pass(after);
            assert_eq!(caller.count().await, status);
            assert_eq!(caller.kinds(), breaches, "{change:?} after {after} s");
        }
    }
}

#[tokio::test]
async fn client_is_not_blamed_for_false_information() {
    let lies = Effect::ExpiresIn(Some(serde_json::json!("3600")));
    let mut caller = caller(FaultPlan::new(1).rule(FaultRule::new(lies)));
    caller.login().await;
    caller.pass(700);
    assert_eq!(caller.count().await, 401);
    assert_eq!(caller.kinds(), []);
}

#[tokio::test]
async fn a_refused_token_is_not_used_again() {
    let mut caller =
        caller(FaultPlan::new(1).rule(FaultRule::new(Effect::Unauthorized).area(Area::Api).once()));
    caller.login().await;
    // The first refusal can be about the target, the second call is refused as well, and the third one verifies.
    for path in ["/api/Customers/count", "/api/Customers", "/api/Groups"] {
        assert_eq!(caller.get(path).await, 401);
        assert_eq!(caller.kinds(), [], "{path}");
    }
    caller.get("/api/Customers").await;
    assert_eq!(caller.kinds(), [Kind::RejectedToken]);
    assert_eq!(caller.simulator.verdict().violations()[0].requests, [4, 5]);
}

#[tokio::test]
async fn requests_that_could_not_know_are_not_blamed() {
    let slow = Effect::Latency { least: Duration::from_secs(1), most: Duration::from_secs(1) };
    let plan = FaultPlan::new(1)
        .rule(FaultRule::new(slow).area(Area::Api))
        .rule(FaultRule::new(Effect::Unauthorized).area(Area::Api));
    let mut caller = caller(plan);
    caller.login().await;
    let (transport, clock) = (caller.simulator.transport(), caller.clock.clone());
    let sent: Vec<_> = (0..4)
        .map(|_| {
            let request = caller.request(Method::GET, "/api/Customers/count");
            let transport = Arc::clone(&transport);
            tokio::spawn(async move { transport.send(request, &Limits::default()).await })
        })
        .collect();
    while clock.sleepers() < 4 {
        tokio::task::yield_now().await;
    }
    clock.advance(Duration::from_secs(1));
    for one in sent {
        assert_eq!(one.await.unwrap().unwrap().status(), 401);
    }
    assert_eq!(caller.kinds(), []);
}

#[tokio::test]
async fn tokens_stay_with_their_provider() {
    let mut caller = calm();
    caller.login().await;
    let (_, own) = caller.send(caller.request(Method::GET, "/api/Customers")).await;
    let endpoints = caller.simulator.tenant_endpoints("Other ISP").unwrap();
    assert_ne!(endpoints.partner_id(), caller.endpoints.partner_id());
    caller.endpoints = endpoints.clone();
    let first_token = caller.token.clone();
    caller.login().await;
    let (_, others) = caller.send(caller.request(Method::GET, "/api/Customers")).await;
    let others = others.as_array().unwrap();
    assert_eq!(others.len(), 5);
    assert!(others.iter().all(|row| row["partnerId"] == endpoints.partner_id().as_str()));
    let ids: Vec<&Value> = own.as_array().unwrap().iter().map(|row| &row["id"]).collect();
    assert!(others.iter().all(|row| !ids.contains(&&row["id"])), "no customer has two providers");
    let group = format!("/api/Groups/{}/customers", endpoints.partner_id());
    assert_eq!(caller.get(&group).await, 200);
    assert_eq!(caller.kinds(), []);

    let foreign = format!("/api/Customers/{}", others[0]["id"].as_str().unwrap());
    assert_eq!(caller.get(&foreign).await, 200);
    caller.token = first_token;
    assert_eq!(caller.get(&foreign).await, 403);
    caller.token = "never.handed.out".to_owned();
    assert_eq!(caller.get(&foreign).await, 401);
    assert_eq!(caller.kinds(), [Kind::ForeignToken, Kind::ForeignToken]);
}

#[tokio::test]
async fn a_block_is_probed_once() {
    let mut caller = caller(FaultPlan::new(1).rule(
        FaultRule::new(Effect::FirewallBlock { lasts: Duration::from_secs(100) }).area(Area::Api).once(),
    ));
    caller.login().await;
    assert_eq!(caller.count().await, 403);
    caller.pass(50);
    assert_eq!(caller.count().await, 403);
    assert_eq!(caller.kinds(), [], "one probe is allowed");
    assert_eq!(caller.count().await, 403);
    assert_eq!(caller.kinds(), [Kind::CallDuringBlock]);
    caller.pass(50);
    assert_eq!(caller.count().await, 200);
    assert_eq!(caller.simulator.verdict().counts().blocked, 3);
    assert_eq!(caller.simulator.verdict().violations().len(), 1);
}

#[tokio::test]
async fn a_change_is_not_sent_twice() {
    let path = format!("{}/reboot", api(Home::Healthy));
    for (effect, twice_is_wrong) in [
        (Effect::Reset { at: ResetStage::Request }, true),
        (Effect::Reset { at: ResetStage::Body }, true),
        (Effect::Hang, true),
        (Effect::status(503), true),
        (Effect::Reset { at: ResetStage::Connect }, false),
        (Effect::status(429), false),
        // A slow 204 arrived: another restart is another intent.
        (Effect::SlowBody { bytes_per_second: 1 }, false),
        (Effect::Unauthorized, false),
    ] {
        let mut caller = faulty(effect.clone());
        caller.clock = ManualClock::new(common::start());
        caller.login().await;
        for _ in 0..2 {
            let request = caller.request(Method::PUT, &path);
            if effect == Effect::Hang {
                // A client that gives up did not receive the response either.
                let transport = caller.simulator.transport();
                let sent = tokio::spawn(async move { transport.send(request, &Limits::default()).await });
                tokio::task::yield_now().await;
                sent.abort();
                let _ = sent.await;
            } else {
                caller.send(request).await;
            }
        }
        let verdict = caller.simulator.verdict();
        assert_eq!(verdict.count(Kind::RepeatedChange) == 1, twice_is_wrong, "{effect:?}: {verdict}");
    }
    // A read by POST may be repeated.
    let mut caller = faulty(Effect::Reset { at: ResetStage::Request });
    caller.login().await;
    let reading = format!("{}/appqoe/AppQoeStatsByTrafficClass", api(Home::Healthy));
    for _ in 0..2 {
        caller.send(caller.request(Method::POST, &reading)).await;
    }
    caller.simulator.verdict().assert_clean();
}

#[tokio::test]
async fn failures_are_not_repeated_without_end() {
    let mut caller = faulty(Effect::status(503));
    caller.login().await;
    for _ in 0..6 {
        caller.count().await;
    }
    assert_eq!(caller.kinds(), [], "six users of one client look like this");
    caller.count().await;
    assert_eq!(caller.kinds(), [Kind::RetryStorm]);

    // A later intent is not a retry.
    let mut caller = faulty(Effect::status(503));
    caller.login().await;
    for _ in 0..10 {
        caller.count().await;
        caller.pass(10);
    }
    assert_eq!(caller.kinds(), []);
}

#[tokio::test]
async fn a_loop_of_refusals_is_seen() {
    let mut caller = calm();
    caller.login().await;
    for _ in 0..10 {
        assert_eq!(caller.get("/api/Customers/5ca1ab1e0000000c0000ffff").await, 401);
    }
    assert_eq!(caller.kinds(), [], "ten callers ask for an unknown customer");
    caller.get("/api/Customers/5ca1ab1e0000000c0000ffff").await;
    assert_eq!(caller.kinds(), [Kind::RefusalLoop]);
}

#[tokio::test]
async fn a_named_wait_is_kept() {
    let mut caller = faulty(Effect::status(429).retry_after(RetryAfter::Seconds(10)));
    caller.login().await;
    assert_eq!(caller.count().await, 429);
    caller.pass(10);
    assert_eq!(caller.count().await, 429);
    assert_eq!(caller.kinds(), []);
    caller.pass(6);
    assert_eq!(caller.count().await, 429);
    assert_eq!(caller.kinds(), [], "so late it is another client's request");
    caller.pass(4);
    caller.get("/api/Customers").await;
    assert_eq!(caller.kinds(), [], "another request may be sent");
    caller.count().await;
    assert_eq!(caller.kinds(), [Kind::EarlyRetry]);

    // A permanent failure is not retried, so the next request is another intent.
    let mut caller = faulty(Effect::Status { status: 412, retry_after: Some(RetryAfter::Seconds(10)) });
    caller.login().await;
    caller.count().await;
    caller.count().await;
    assert_eq!(caller.kinds(), []);
}

#[tokio::test]
async fn undelivered_retry_after_is_not_binding() {
    let late = Effect::Latency { least: Duration::from_secs(20), most: Duration::from_secs(20) };
    let busy = Effect::Status { status: 503, retry_after: Some(RetryAfter::Seconds(60)) };
    let plan = FaultPlan::new(1);
    let plan = plan.rule(FaultRule::new(late).area(Area::Api)).rule(FaultRule::new(busy).area(Area::Api));
    let mut caller = caller(plan);
    caller.login().await;
    for _ in 0..2 {
        let transport = caller.simulator.transport();
        let request = caller.request(Method::GET, "/api/Customers/count");
        let sending = tokio::spawn(async move { transport.send(request, &Limits::default()).await });
        while caller.clock.sleepers() == 0 {
            tokio::task::yield_now().await;
        }
        // The client gives up before the response arrives.
        caller.pass(10);
        assert_eq!(sending.await.unwrap().unwrap_err().kind(), TransportErrorKind::Timeout);
    }
    assert_eq!(caller.kinds(), []);
}

#[tokio::test]
async fn careless_requests_are_seen() {
    let mut caller = calm();
    caller.login().await;
    let request =
        |uri: &str| Request::get(uri.to_owned()).header("authorization", format!("Bearer {}", caller.token));
    let accept =
        |builder: http::request::Builder| builder.header("accept", "*/*").body(Bytes::new()).unwrap();
    caller.send(request("/api/Customers/count").body(Bytes::new()).unwrap()).await;
    assert_eq!(caller.kinds(), [], "no Accept accepts everything");
    caller.send(accept(request("/api//Customers"))).await;
    assert_eq!(caller.kinds(), [Kind::Malformed, Kind::UnknownRoute]);
    caller.send(accept(request(&format!("/api/Customers/count?access_token={}", caller.token)))).await;
    assert_eq!(caller.kinds()[2..], [Kind::LeakedSecret]);
    caller
        .send(accept(
            Request::get("/api/Customers/count").header("authorization", caller.endpoints.auth_header()),
        ))
        .await;
    assert_eq!(caller.kinds()[3..], [Kind::Malformed, Kind::LeakedSecret]);
    caller.send(accept(request("/api/Customers/x/nonsense"))).await;
    assert_eq!(caller.kinds()[5..], [Kind::UnknownRoute]);
    let text = caller.simulator.verdict().to_string();
    assert!(text.contains("no such route: GET /api/Customers/x/nonsense"), "{text}");
    assert!(!text.contains(&caller.token), "no secret in a verdict");
    assert_eq!(caller.simulator.verdict().counts().unknown_routes, 2);
}

#[tokio::test]
async fn dropped_request_is_no_longer_in_flight() {
    let mut caller = faulty(Effect::Hang);
    caller.login().await;
    let error = {
        let transport = caller.simulator.transport();
        let request = caller.request(Method::GET, "/api/Customers/count");
        let sending = tokio::spawn(async move { transport.send(request, &Limits::default()).await });
        while caller.clock.sleepers() == 0 {
            tokio::task::yield_now().await;
        }
        caller.pass(10);
        sending.await.unwrap().unwrap_err()
    };
    assert_eq!(error.kind(), TransportErrorKind::Timeout);
    caller.simulator.set_faults(FaultPlan::default());
    assert_eq!(caller.count().await, 200);
    assert_eq!(caller.simulator.verdict().counts().most_in_flight, 1);
}
