//! Fault plans: parsing, and each effect on an in-process request.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends there and then, also in its helpers"
)]

mod common;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Method, Request, Response};
use plume_runtime::{Clock, Limits, ManualClock, Transport, TransportError, TransportErrorKind};
use plume_sim::{
    Home, RequestRecord, Simulator,
    faults::{Area, Change, Effect, FaultPlan, FaultRule, Mutation, ResetStage, RetryAfter},
};
use serde_json::{Value, json};

use common::{api, builder, reports, start};

struct Cloud {
    simulator: Simulator,
    transport: Arc<dyn Transport>,
    clock: ManualClock,
    token: String,
}

fn cloud(plan: FaultPlan) -> Cloud {
    plan.check().unwrap();
    let clock = ManualClock::skipping(start());
    let simulator = builder().clock(Arc::new(clock.clone())).faults(plan).build();
    let token = simulator.issue_token();
    Cloud { transport: simulator.transport(), simulator, clock, token }
}

fn with(effect: Effect) -> Cloud {
    cloud(FaultPlan::new(7).rule(FaultRule::new(effect)))
}

impl Cloud {
    async fn send(&self, method: Method, path: &str) -> Result<Response<Bytes>, TransportError> {
        let request = Request::builder()
            .method(method)
            .uri(format!("http://127.0.0.1:9{path}"))
            .header("authorization", format!("Bearer {}", self.token))
            .header("accept", "application/json");
        self.transport.send(request.body(Bytes::new()).unwrap(), &Limits::default()).await
    }

    async fn get(&self, path: &str) -> Result<Response<Bytes>, TransportError> {
        self.send(Method::GET, path).await
    }

    async fn nodes(&self) -> Result<Response<Bytes>, TransportError> {
        self.get(&format!("{}/nodes", api(Home::Healthy))).await
    }

    async fn status(&self, path: &str) -> u16 {
        self.get(path).await.unwrap().status().as_u16()
    }

    async fn ask_token(&self) -> (u16, Value) {
        let endpoints = self.simulator.endpoints();
        let form = format!(
            "grant_type=client_credentials&scope=partnerId%3A{}+role%3ApartnerIdAdmin",
            endpoints.partner_id()
        );
        let request = Request::post(endpoints.sso_url())
            .header("authorization", endpoints.auth_header())
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Bytes::from(form))
            .unwrap();
        let answer = self.transport.send(request, &Limits::default()).await.unwrap();
        (answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap_or_default())
    }
}

fn all_effects() -> Vec<Effect> {
    let mut effects = vec![
        Effect::Latency { least: Duration::from_millis(5), most: Duration::from_millis(7) },
        Effect::status(503),
        Effect::status(429).retry_after(RetryAfter::Seconds(7)),
        Effect::status(429).retry_after(RetryAfter::DateIn(7)),
        Effect::status(429).retry_after(RetryAfter::Text("soon".to_owned())),
        Effect::Unauthorized,
        Effect::Forbidden,
        Effect::FirewallBlock { lasts: Duration::from_secs(9) },
        Effect::Firewall { calls: 10, window: Duration::from_millis(1_500) },
        Effect::HtmlBody,
        Effect::EmptyBody,
        Effect::TruncatedBody,
        Effect::SlowBody { bytes_per_second: 100 },
        Effect::Hang,
        Effect::HugeBody { bytes: 1 << 30 },
        Effect::NestedBody { levels: 200 },
        Effect::Redirect { status: 307, location: "https://elsewhere.example.net/".to_owned() },
        Effect::ClockSkew { seconds: -3_600 },
        Effect::RevokedClient,
        Effect::RotatedSecret { secret: "another-fake-secret".to_owned() },
        Effect::ExpiresIn(None),
        Effect::ExpiresIn(Some(json!({ "odd": [1, 2.5, null, true, "x"] }))),
    ];
    for at in [
        ResetStage::Connect,
        ResetStage::Request,
        ResetStage::Headers,
        ResetStage::AfterHeaders,
        ResetStage::Body,
    ] {
        effects.push(Effect::Reset { at });
    }
    for change in [Change::WrongTypes, Change::Bare, Change::DuplicateKeys] {
        effects.push(Effect::Mutate(Mutation::new(change).share(0.25).keys(["id", "name"])));
    }
    effects
}

#[test]
fn a_plan_survives_a_round_trip() {
    let plan = all_effects().into_iter().fold(FaultPlan::new(99), |plan, effect| {
        plan.rule(
            FaultRule::new(effect)
                .name("one of them")
                .area(Area::Api)
                .method(Method::POST)
                .route("/api/Customers/{id}")
                .customer("5ca1ab1e0000000c00000001")
                .location("x")
                .client("y")
                .between(Duration::from_secs(10), Duration::from_secs(20))
                .from_request(2)
                .to_request(9)
                .every(3)
                .probability(0.5),
        )
    });
    assert_eq!(FaultPlan::parse(&plan.to_json()).unwrap(), plan);
}

#[test]
fn the_published_example_is_a_plan() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fault-plans/bad-evening.json");
    let plan = FaultPlan::from_file(path).unwrap();
    assert_eq!(plan.rules().len(), 8);
    let guide = include_str!("../FAULTS.md");
    assert!(guide.contains(&std::fs::read_to_string(path).unwrap()), "the guide shows the file as it is");
    for effect in all_effects() {
        assert!(guide.contains(&format!("`{}`", effect.kind())), "the guide names {}", effect.kind());
    }
}

#[test]
fn a_mistake_in_a_plan_is_located() {
    let rule = |when: &str| {
        format!("{{\"rules\": [\n {{\"when\": {when},\n  \"effect\": {{\"kind\": \"hang\"}}}}]}}")
    };
    let effect = |effect: &str| format!("{{\"rules\": [\n {{\"effect\": {effect}}}]}}");
    for (text, line, column, parts) in [
        ("{\"sed\": 1}".to_owned(), 1, 2, vec!["`sed`", "did you mean `seed`"]),
        ("{\"seed\": -1}".to_owned(), 1, 10, vec!["seed: ", "`-1`, expected u64"]),
        ("[]".to_owned(), 1, 1, vec!["must be an object"]),
        ("{\"rules\": {}}".to_owned(), 1, 11, vec!["rules: ", "invalid type: map", "a sequence"]),
        ("{\"rules\": [{}]}".to_owned(), 1, 12, vec!["rules[0]: ", "missing field `effect`"]),
        (rule("{\"area\": \"repots\"}"), 2, 20, vec!["rules[0].when.area: ", "did you mean `reports`"]),
        (rule("{\"from\": \"5m\", \"until\": \"5m\"}"), 2, 35, vec!["window is empty"]),
        (rule("{\"from\": \"5 years\"}"), 2, 20, vec!["when.from: ", "seconds, or a text such as"]),
        (rule("{\"first\": 3, \"last\": 2}"), 2, 32, vec!["no request matches"]),
        (
            rule("{\"route\": \"/api/Custmers/{id}\"}"),
            2,
            21,
            vec!["no route", "did you mean \"/api/Customers/{id}\""],
        ),
        (rule("{\"probability\": 1.5}"), 2, 27, vec!["when.probability: ", "0 to 1"]),
        (rule("{\"customer\": 7}"), 2, 24, vec!["when.customer: ", "a text or a list of texts"]),
        (effect("{}"), 2, 13, vec!["rules[0].effect: ", "missing field `kind`"]),
        (effect("{\"kind\": \"stauts\"}"), 2, 22, vec!["effect.kind: ", "did you mean `status`"]),
        (effect("{\"kind\": \"status\"}"), 2, 13, vec!["effect: ", "missing field `status`"]),
        (
            effect("{\"kind\": \"status\", \"status\": \"503\"}"),
            2,
            42,
            vec!["effect", "string \"503\"", "u16"],
        ),
        (effect("{\"kind\": \"status\", \"status\": 200}"), 2, 42, vec!["from 400 to 599"]),
        (effect("{\"kind\": \"hang\", \"ms\": 1}"), 2, 30, vec!["effect.ms: ", "unknown field `ms`"]),
        (effect("{\"kind\": \"latency\", \"least_ms\": 9, \"most_ms\": 1}"), 2, 13, vec!["range is empty"]),
        (effect("{\"kind\": \"redirect\", \"location\": \"a\\nb\"}"), 2, 46, vec!["not allowed in a header"]),
    ] {
        let error = FaultPlan::parse(&text).unwrap_err();
        assert_eq!((error.line(), error.column()), (Some(line), Some(column)), "{text}: {error}");
        for part in parts {
            assert!(error.message().contains(part), "{text}: {error}");
        }
    }
    let error = FaultPlan::from_file("/nonexistent/plan.json").unwrap_err();
    assert_eq!(error.to_string(), "/nonexistent/plan.json: cannot be read: entity not found");
    let handmade = FaultPlan::new(1).rule(FaultRule::new(Effect::Hang).route("/nowhere"));
    assert!(handmade.check().unwrap_err().message().contains("no route"));
}

#[tokio::test]
async fn broken_connections_are_typed_errors() {
    for (at, kind) in [
        (ResetStage::Connect, TransportErrorKind::Connect),
        (ResetStage::Request, TransportErrorKind::Interrupted),
        (ResetStage::Headers, TransportErrorKind::Interrupted),
        (ResetStage::AfterHeaders, TransportErrorKind::Interrupted),
        (ResetStage::Body, TransportErrorKind::Interrupted),
    ] {
        let cloud = with(Effect::Reset { at });
        assert_eq!(cloud.nodes().await.unwrap_err().kind(), kind, "{at:?}");
        assert_eq!(cloud.simulator.requests()[0].status.as_u16(), RequestRecord::NO_ANSWER);
    }
}

#[tokio::test]
async fn time_limits_use_the_simulator_clock() {
    let seconds = |cloud: &Cloud| cloud.clock.monotonic().as_secs();
    let slow =
        |seconds| Effect::Latency { least: Duration::from_secs(seconds), most: Duration::from_secs(seconds) };
    let cloud = with(slow(9));
    assert_eq!(cloud.status("/api/Customers/count").await, 200);
    assert_eq!(seconds(&cloud), 9);
    for (effect, after) in
        [(slow(11), 10), (Effect::Hang, 10), (Effect::SlowBody { bytes_per_second: 1 }, 30)]
    {
        let cloud = with(effect.clone());
        assert_eq!(cloud.nodes().await.unwrap_err().kind(), TransportErrorKind::Timeout, "{effect:?}");
        assert_eq!(seconds(&cloud), after, "{effect:?}");
    }
    let cloud = with(Effect::SlowBody { bytes_per_second: 1_000 });
    let length = cloud.nodes().await.unwrap().body().len();
    assert_eq!(seconds(&cloud), u64::try_from(length / 1_000).unwrap());
}

#[tokio::test]
async fn bomb_exceeds_the_limit_without_allocation() {
    let cloud = with(Effect::HugeBody { bytes: 1 << 40 });
    assert_eq!(cloud.nodes().await.unwrap_err().kind(), TransportErrorKind::TooLarge);
    let cloud = with(Effect::HugeBody { bytes: 1_000 });
    assert_eq!(cloud.nodes().await.unwrap().body().len(), 1_000);
}

#[tokio::test]
async fn replaced_responses_match_their_definition() {
    let answer = async |effect| {
        let answer = with(effect).nodes().await.unwrap();
        let body = String::from_utf8(answer.body().to_vec()).unwrap();
        (answer.status().as_u16(), answer.headers().clone(), body)
    };
    let (status, headers, _) = answer(Effect::status(429).retry_after(RetryAfter::Seconds(7))).await;
    assert_eq!((status, &headers["retry-after"]), (429, &"7".parse().unwrap()));
    let (_, headers, _) = answer(Effect::status(429).retry_after(RetryAfter::DateIn(60))).await;
    assert_eq!(headers["retry-after"], "Thu, 15 Jan 2026 10:01:00 GMT");
    let (status, _, body) = answer(Effect::Forbidden).await;
    assert!(status == 403 && body.contains("\"statusCode\":403"), "{body}");
    let (status, headers, body) = answer(Effect::HtmlBody).await;
    assert!(status == 200 && headers["content-type"] == "text/html" && body.contains("<html>"), "{body}");
    let (status, _, body) = answer(Effect::EmptyBody).await;
    assert_eq!((status, body.as_str()), (200, ""));
    let (status, _, body) = answer(Effect::TruncatedBody).await;
    assert!(status == 200 && serde_json::from_str::<Value>(&body).is_err() && body.len() > 100);
    let (_, _, body) = answer(Effect::NestedBody { levels: 200 }).await;
    assert_eq!(body, format!("{}{}", "[".repeat(200), "]".repeat(200)));
    let (status, headers, _) =
        answer(Effect::Redirect { status: 308, location: "https://elsewhere.example.net/".to_owned() }).await;
    assert_eq!((status, &headers["location"]), (308, &"https://elsewhere.example.net/".parse().unwrap()));
    let (_, headers, _) = answer(Effect::ClockSkew { seconds: 3_600 }).await;
    assert_eq!(headers["date"], "Thu, 15 Jan 2026 11:00:00 GMT");
    let (_, _, body) = answer(Effect::Mutate(Mutation::new(Change::Bare))).await;
    assert!(body.starts_with('['), "{body}");
    let (status, headers, _) = answer(Effect::status(502)).await;
    assert_eq!(
        (status, &headers["content-type"]),
        (502, &"text/html".parse().unwrap()),
        "the load balancer's"
    );
}

#[tokio::test]
async fn the_firewall_counts_as_the_real_one_and_forgets() {
    let clock = ManualClock::new(start());
    let simulator = builder().clock(Arc::new(clock.clone())).firewall().build();
    let token = simulator.issue_token();
    let call = |address: &str| {
        let transport = simulator.transport_from(address);
        let request = Request::get("http://127.0.0.1:9/api/Customers/count")
            .header("authorization", format!("Bearer {token}"))
            .header("accept", "application/json")
            .body(Bytes::new())
            .unwrap();
        async move { transport.send(request, &Limits::default()).await.unwrap() }
    };
    for _ in 0..2_000 {
        assert_eq!(call("192.0.2.1").await.status(), 200);
    }
    for _ in 0..3 {
        let answer = call("192.0.2.1").await;
        assert_eq!(answer.status(), 403);
        assert!(!String::from_utf8_lossy(answer.body()).contains("statusCode"), "not the API's envelope");
    }
    let counts = simulator.verdict().counts().clone();
    assert_eq!((counts.faulted, counts.blocked), (0, 3), "counting calls is no fault");
    assert_eq!(call("192.0.2.2").await.status(), 200, "another address");
    clock.advance(Duration::from_secs(299));
    assert_eq!(call("192.0.2.1").await.status(), 403);
    clock.advance(Duration::from_secs(1));
    assert_eq!(call("192.0.2.1").await.status(), 200);
}

#[tokio::test]
async fn a_forced_block_ends_by_itself() {
    let block = Effect::FirewallBlock { lasts: Duration::from_secs(60) };
    let cloud = cloud(FaultPlan::new(1).rule(FaultRule::new(block).area(Area::Api).once()));
    assert_eq!(cloud.status("/api/Customers/count").await, 403);
    let path = format!("{}/onlineStats", reports(Home::Healthy));
    assert_eq!(cloud.status(&path).await, 403, "one address for API and reports");
    assert_eq!(cloud.ask_token().await.0, 200, "the authorization server is another host");
    cloud.clock.advance(Duration::from_secs(60));
    assert_eq!(cloud.status("/api/Customers/count").await, 200);
}

#[tokio::test]
async fn a_withdrawn_token_stays_withdrawn() {
    let cloud = cloud(FaultPlan::new(1).rule(FaultRule::new(Effect::Unauthorized).once()));
    for _ in 0..2 {
        assert_eq!(cloud.status("/api/Customers/count").await, 401);
    }
    let (status, _) = cloud.ask_token().await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn faults_of_the_authorization_server() {
    let oauth = |effect| cloud(FaultPlan::new(1).rule(FaultRule::new(effect).area(Area::Oauth)));
    let (status, body) = oauth(Effect::RevokedClient).ask_token().await;
    assert_eq!((status, body["error"].as_str()), (401, Some("invalid_client")));
    let secret = "another-fake-secret".to_owned();
    assert_eq!(oauth(Effect::RotatedSecret { secret }).ask_token().await.0, 401);
    let same = Effect::RotatedSecret { secret: "not-a-real-secret".to_owned() };
    assert_eq!(oauth(same).ask_token().await.0, 200);
    assert!(oauth(Effect::ExpiresIn(None)).ask_token().await.1.get("expires_in").is_none());
    for value in [json!("1800"), json!(-1), json!(null), json!([])] {
        let answer = oauth(Effect::ExpiresIn(Some(value.clone()))).ask_token().await;
        assert_eq!(answer.1["expires_in"], value);
    }
    let (status, body) = oauth(Effect::status(503)).ask_token().await;
    assert_eq!((status, body["errorCode"].as_str()), (503, Some("E0000009")));
    // The tokens of a removed client are rejected as well.
    let cloud = with(Effect::RevokedClient);
    assert_eq!(cloud.status("/api/Customers/count").await, 401);
}

#[tokio::test]
async fn rules_choose_their_requests() {
    let fault = || FaultRule::new(Effect::status(500));
    let faulted = async |rule: FaultRule| {
        let cloud = cloud(FaultPlan::new(3).rule(rule));
        let mut hit = String::new();
        for path in [
            "/api/Customers/count".to_owned(),
            format!("{}/nodes", api(Home::Healthy)),
            format!("{}/nodes", api(Home::OnePodDown)),
            format!("{}/onlineStats", reports(Home::Healthy)),
            format!("{}/nodes", api(Home::Healthy)),
        ] {
            hit.push(if cloud.status(&path).await == 500 { 'x' } else { '.' });
            cloud.clock.advance(Duration::from_secs(10));
        }
        hit
    };
    let nodes = "/api/Customers/{id}/locations/{locationId}/nodes";
    for (rule, hit) in [
        (fault(), "xxxxx"),
        (fault().area(Area::Reports), "...x."),
        (fault().method(Method::POST), "....."),
        (fault().route(nodes), ".xx.x"),
        (fault().customer(Home::Healthy.customer_id()), ".x.xx"),
        (fault().location(Home::OnePodDown.location_id()), "..x.."),
        (fault().client("0oaSIMULATOR00000000"), "xxxxx"),
        (fault().client("another client"), "....."),
        (fault().between(Duration::from_secs(10), Duration::from_secs(30)), ".xx.."),
        (fault().once(), "x...."),
        (fault().route(nodes).from_request(2), "..x.x"),
        (fault().every(2), ".x.x."),
        (fault().from_request(2).every(3), "...x."),
        (fault().from_request(2).to_request(4).every(2), "..x.."),
        (fault().probability(0.0), "....."),
    ] {
        assert_eq!(faulted(rule.clone()).await, hit, "{rule:?}");
    }
    let drawn = faulted(fault().probability(0.5)).await;
    assert_eq!(drawn, faulted(fault().probability(0.5)).await, "by the seed");
}

#[tokio::test]
async fn equal_seeds_have_equal_traces() {
    let plan = |seed| {
        FaultPlan::new(seed)
            .rule(FaultRule::new(Effect::Reset { at: ResetStage::Body }).probability(0.3))
            .rule(FaultRule::new(Effect::Mutate(Mutation::new(Change::WrongTypes))).probability(0.5))
            .rule(FaultRule::new(Effect::Latency { least: Duration::ZERO, most: Duration::from_secs(3) }))
    };
    let trace = async |seed| {
        let cloud = cloud(plan(seed));
        let mut answers = Vec::new();
        for home in Home::ALL {
            let answer = cloud.get(&format!("{}/devices", api(home))).await;
            answers.push(format!("{answer:?}"));
        }
        (cloud.simulator.trace_hash(), answers)
    };
    assert_eq!(trace(1).await, trace(1).await);
    assert_ne!(trace(1).await, trace(2).await);
}

#[tokio::test]
async fn faults_can_be_healed() {
    let cloud = with(Effect::HtmlBody);
    assert!(cloud.nodes().await.unwrap().body().starts_with(b"<"));
    cloud.simulator.set_faults(FaultPlan::default());
    assert!(cloud.nodes().await.unwrap().body().starts_with(b"{"));
    assert_eq!(cloud.simulator.requests()[0].faults, ["html_body"]);
    assert!(cloud.simulator.requests()[1].faults.is_empty());
}

#[tokio::test]
async fn a_shadowed_rule_stays_armed() {
    let plan = FaultPlan::new(1)
        .rule(FaultRule::new(Effect::status(503)).every(2))
        .rule(FaultRule::new(Effect::status(429)).from_request(2).to_request(2));
    let cloud = cloud(plan);
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(cloud.status("/api/Customers/count").await);
    }
    // Both rules apply to the second request; the later one takes the third.
    assert_eq!(statuses, [200, 503, 429, 503]);
}

#[tokio::test]
async fn unused_rules_are_reported() {
    let plan = FaultPlan::new(1)
        .rule(FaultRule::new(Effect::status(503)).once())
        .rule(FaultRule::new(Effect::HtmlBody).name("portal").once())
        .rule(FaultRule::new(Effect::Firewall { calls: 2_000, window: Duration::from_secs(300) }));
    let cloud = cloud(plan);
    assert_eq!(cloud.simulator.verdict().unused_faults(), ["status 503", "portal"]);
    cloud.status("/api/Customers/count").await;
    let verdict = cloud.simulator.verdict();
    assert_eq!(verdict.unused_faults(), ["portal"]);
    assert!(verdict.to_string().ends_with("rules of the fault plan that never applied: portal"), "{verdict}");
    assert!(std::panic::catch_unwind(|| verdict.assert_faults_used()).is_err());
    cloud.status("/api/Customers/count").await;
    cloud.simulator.verdict().assert_faults_used();
}
