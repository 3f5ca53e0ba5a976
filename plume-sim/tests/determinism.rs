//! Equal settings give equal bytes.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends there and then, also in its helpers"
)]

mod common;

use std::{
    io::{self, Write},
    process::Command,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use http::Request;
use plume_runtime::Limits;
use plume_sim::{Home, Simulator, faults::FaultPlan};

use common::{api, builder, clock, reports};

fn paths() -> Vec<String> {
    let mut paths = vec!["/api/Customers".to_owned(), "/unknown".to_owned()];
    for home in Home::ALL {
        let (api, reports) = (api(home), reports(home));
        paths.extend(
            ["", "?include=summary", "/nodes", "/devices", "/wifiNetwork"].map(|end| format!("{api}{end}")),
        );
        paths.extend(["/wanStats?period=daily", "/onlineStats"].map(|end| format!("{reports}{end}")));
    }
    paths
}

fn transcript(simulator: &Simulator) -> Vec<String> {
    let token = simulator.issue_token();
    let answer = |path: String| {
        let request = Request::get(path).header("authorization", format!("Bearer {token}"));
        let response = simulator.handle(request.body(Bytes::new()).unwrap());
        format!("{:?}", (response.status(), response.headers(), response.body()))
    };
    [token.clone()].into_iter().chain(paths().into_iter().map(answer)).collect()
}

#[test]
fn equal_seeds_give_equal_bytes() {
    let (one, two) = (builder().build(), builder().build());
    assert_eq!(transcript(&one), transcript(&two));
    let other = builder().seed(8).build();
    assert_ne!(transcript(&builder().build()), transcript(&other));
}

/// Returns all responses of a run with a story, writes and passing time.
fn life(seed: u64) -> Vec<String> {
    let clock = clock();
    let story = plume_sim::Story::WanderingPod;
    let simulator = builder().seed(seed).clock(Arc::new(clock.clone())).story(story).build();
    let nodes = format!("{}/nodes", api(Home::Empty));
    let orders = [
        ("POST", "/api/Customers/register".to_owned(), r#"{"accountId":"SUB-0001"}"#),
        ("POST", nodes.clone(), r#"{"serialNumber":"SIMUNCLAIMED1"}"#),
        ("PUT", format!("{}/reboot", api(Home::PoorQoe)), r#"{"delay":90}"#),
        ("POST", format!("{nodes}/SIMUNCLAIMED1/speedTest"), "{}"),
        ("GET", format!("{}/auditTrail", api(Home::Empty)), ""),
        // Only a disconnected node can be unclaimed.
        ("PUT", format!("{nodes}/SIMUNCLAIMED1/reboot"), r#"{"delay":100}"#),
        ("DELETE", format!("{nodes}/SIMUNCLAIMED1"), ""),
    ];
    let mut trace = Vec::new();
    for (method, path, body) in orders {
        clock.advance(Duration::from_secs(120));
        let token = simulator.issue_token();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json");
        let response = simulator.handle(request.body(Bytes::from(body)).unwrap());
        trace.push(format!("{:?}", (response.status(), response.headers(), response.body())));
        trace.extend(transcript(&simulator));
    }
    trace.extend(simulator.audit().iter().map(|row| format!("{row:?}")));
    trace
}

#[test]
fn equal_runs_give_equal_traces() {
    let one = life(7);
    assert_eq!(one, life(7));
    assert_ne!(one, life(8));
    assert_eq!(one.iter().filter(|line| line.contains("AuditRecord")).count(), 7);
}

/// Returns the trace of a run with random faults, a story and passing time.
fn trace() -> u64 {
    let plan = r#"{ "seed": 3, "rules": [
        { "when": { "probability": 0.3 }, "effect": { "kind": "mutate", "change": "nulls" } },
        { "when": { "probability": 0.2 }, "effect": { "kind": "latency", "least_ms": 1, "most_ms": 900 } },
        { "when": { "every": 7 }, "effect": { "kind": "status", "status": 503 } }
    ] }"#;
    let clock = clock();
    let simulator = builder()
        .clock(Arc::new(clock.clone()))
        .faults(FaultPlan::parse(plan).unwrap())
        .story(plume_sim::Story::FlappingWan)
        .build();
    for _ in 0..3 {
        clock.advance(Duration::from_secs(7_200));
        transcript(&simulator);
    }
    simulator.trace_hash()
}

/// Maps with random keys, memory addresses or the environment would cause a difference here.
#[test]
fn another_process_gives_the_same_trace() {
    const ASKED: &str = "PLUME_SIM_TEST_TRACE";
    let own = format!("trace {:016x}", trace());
    if std::env::var_os(ASKED).is_some() {
        writeln!(io::stdout(), "{own}").unwrap();
        return;
    }
    let mut other = Command::new(std::env::current_exe().unwrap());
    other.env(ASKED, "1").args(["--exact", "another_process_gives_the_same_trace", "--nocapture"]);
    let output = other.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains(&own), "{own}, but: {said}");
}

#[test]
fn history_stays_as_time_advances() {
    let clock = clock();
    let simulator = builder().clock(Arc::new(clock.clone())).build();
    let points = || {
        let token = simulator.issue_token();
        let request = Request::get(format!("{}/wanStats?period=daily", reports(Home::Healthy)))
            .header("authorization", format!("Bearer {token}"));
        let body = simulator.handle(request.body(Bytes::new()).unwrap()).into_body();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        body["fifteenMins"].as_array().unwrap().clone()
    };
    let before = points();
    clock.advance(Duration::from_secs(3_600));
    let after = points();
    assert_eq!(before[4..], after[..92]);
}

#[tokio::test]
async fn transport_and_handle_give_equal_responses() {
    let simulator = builder().build();
    let token = simulator.issue_token();
    let url = format!("{}/Customers/count", simulator.endpoints().api_base());
    let request = || {
        let request = Request::get(&url).header("authorization", format!("Bearer {token}"));
        request.body(Bytes::new()).unwrap()
    };
    let answer = simulator.transport().send(request(), &Limits::default()).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.body(), simulator.handle(request()).body());
    assert_eq!(simulator.request_count(), 2, "one log for all ways in");
}

#[test]
fn hostile_requests_get_a_response() {
    let simulator = builder().customers(5).build();
    let token = simulator.issue_token();
    let nasty = ["%", "%00", "%FF%FE", "..", "%2e%2e%2f", "\u{7f}", "5ca1ab1e", "02:00:00:00:00:00", "{id}"];
    let bodies = ["", "{", "[]", "null", "a=1&a=2", "\u{0}"];
    let mut sent = 0;
    for (number, route) in Simulator::routes().into_iter().enumerate() {
        for (place, part) in nasty.into_iter().enumerate() {
            // The body of a GET is not read, so each request counts once.
            let one = (number + place) % bodies.len();
            let bodies = if route.method == "GET" { &bodies[one..=one] } else { &bodies[..] };
            for body in bodies.iter().copied() {
                let path: String = route
                    .template
                    .split('/')
                    .map(|segment| if segment.starts_with('{') { part } else { segment })
                    .collect::<Vec<_>>()
                    .join("/");
                let Ok(request) = Request::builder()
                    .method(route.method.clone())
                    .uri(format!(
                        "{path}?limit=99999999999999999999&limit=-1&filter=%7B&startAt=99999999999999999999"
                    ))
                    .header("authorization", format!("Bearer {token}"))
                    .body(Bytes::from(body))
                else {
                    continue;
                };
                sent += 1;
                let status = simulator.handle(request).status();
                let refused = !route.simulated && status == 501;
                assert!(refused || status.is_success() || status.is_client_error(), "{path}: {status}");
            }
        }
    }
    assert!(sent > 1_000, "{sent} of them could be sent");
}
