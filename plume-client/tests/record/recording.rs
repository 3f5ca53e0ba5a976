//! Files of a recording, and responses of a replay.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::join_all;
use http::{Request, Response};
use plume_client::record::{RecordErrorKind, Recorder, Replayer, Sanitizer};
use plume_client::{Cause, Client, ErrorKind};
use plume_runtime::{InProcess, Limits, Transport, TransportError, TransportErrorKind};
use plume_sim::Home;
use plume_sim::faults::{Area, Effect, FaultPlan, FaultRule};
use serde_json::{Value, json};

use crate::support::{Cloud, NOW, Scratch, Tap};

fn sanitizer() -> Sanitizer {
    Sanitizer::with_key(b"not-a-real-key-of-a-test").unwrap()
}

fn recorder(cloud: &Cloud, scratch: &Scratch, sanitizer: &Sanitizer) -> Recorder {
    Recorder::builder(cloud.simulator.transport())
        .settings(&cloud.settings())
        .sanitizer(sanitizer.clone())
        .clock(Arc::new(cloud.clock.clone()))
        .create(scratch.path())
        .unwrap()
}

fn get(path: &str) -> Request<Bytes> {
    Request::get(format!("https://cloud.example.net/api{path}")).body(Bytes::new()).unwrap()
}

/// A recorder of answers that are made up.
fn recorder_of(
    scratch: &Scratch,
    answer: impl Fn(u32) -> Result<Response<Bytes>, TransportError> + Send + Sync + 'static,
) -> Recorder {
    let count = std::sync::atomic::AtomicU32::new(0);
    let inner = InProcess::new(move |_| {
        let answer = answer(count.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        async move { answer }
    });
    let base = "https://cloud.example.net/api".parse().unwrap();
    Recorder::builder(Arc::new(inner)).api_base(&base).sanitizer(sanitizer()).create(scratch.path()).unwrap()
}

fn reply(status: u16, body: &str) -> Result<Response<Bytes>, TransportError> {
    Ok(Response::builder().status(status).body(Bytes::from(body.to_owned())).unwrap())
}

async fn body_of(transport: &impl Transport, request: Request<Bytes>) -> String {
    let response = transport.send(request, &Limits::default()).await.unwrap();
    String::from_utf8(response.body().to_vec()).unwrap()
}

/// Reads everything of all homes, as one text.
async fn look_around(client: &Client) -> String {
    let mut seen = String::new();
    let customers = client.customers().list().await.unwrap();
    for customer in &customers {
        let handle = client.customer(&customer.id);
        for location in &handle.locations().await.unwrap() {
            let snapshot = handle.location(&location.id).snapshot().await;
            seen.push_str(&format!("{customer:?} {location:?} {snapshot:?}\n"));
        }
    }
    seen
}

#[tokio::test]
async fn a_replay_gives_the_values_of_the_sanitized_session() {
    let (cloud, scratch, sanitizer) = (Cloud::new(7, 3), Scratch::new(), sanitizer());
    let recorder = recorder(&cloud, &scratch, &sanitizer);
    let original = look_around(&cloud.client(Arc::new(recorder.clone()))).await;
    let written = recorder.check().unwrap();
    let sanitized = look_around(&cloud.client(sanitizer.transport(cloud.simulator.transport()))).await;
    let replayer = Replayer::open(scratch.path()).unwrap();
    assert_eq!(replayer.exchanges() as u64, written);
    let replayed = look_around(&replayer.client().unwrap().build().unwrap()).await;
    assert!(original.lines().count() > 8 && original != sanitized);
    assert_eq!(replayed, sanitized);
    // A second replay repeats the last recordings.
    let client = replayer.client().unwrap().build().unwrap();
    assert_eq!(look_around(&client).await, sanitized);
    let home = (
        sanitizer.field("customerId", Home::Healthy.customer_id()),
        sanitizer.field("locationId", Home::Healthy.location_id()),
    );
    assert_eq!(replayer.locations().iter().filter(|known| **known == home).count(), 1);
    assert_eq!(replayer.recorded_at().timestamp(), NOW as i64);
    let partner = sanitizer.field("partnerId", cloud.settings_partner().as_str());
    assert_eq!(client.partner_id().unwrap().as_str(), partner);
}

#[tokio::test]
async fn no_file_has_a_secret_or_an_identity() {
    let (cloud, scratch) = (Cloud::new(7, 2), Scratch::new());
    let recorder = recorder(&cloud, &scratch, &sanitizer());
    let tap = Tap::new(Arc::new(recorder.clone()));
    let client = cloud.client(Arc::new(tap.clone()));
    let home = client.customer(Home::Healthy.customer_id()).location(Home::Healthy.location_id());
    look_around(&client).await;
    home.wifi_network().await.unwrap();
    home.backhaul().await.unwrap();
    let node = home.nodes().await.unwrap()[0].id.clone();
    home.rename_node(&node, "CANARY room").send().await.unwrap();
    home.node("SIM00000CANARY").await.unwrap_err();
    let partner = cloud.settings_partner();
    let files = scratch.files();
    let token = tap.seen.lock().unwrap().iter().find_map(|seen| {
        let body: Value = serde_json::from_slice(&seen.body).ok()?;
        Some(body.get("access_token")?.as_str()?.to_owned())
    });
    let token = token.unwrap();
    for (path, text) in &files {
        let shown = path.display();
        for original in [
            "CANARY",
            "5ca1ab1e",
            "SIM0000",
            "02:00:00:0",
            "@example.com\"",
            "ExampleNet",
            "not-a-real-key",
            "Household",
            "5EC4E7",
            "not-a-real-secret",
            "0oaSIMULATOR",
            "Basic ",
            "Bearer ey",
            "authorization",
            "192.168.",
            &token,
            &partner,
        ] {
            let clean = text.replace("user-", "").replace("@example.com\"", "");
            let text = if original.starts_with('@') { &clean } else { text };
            assert!(!text.contains(original), "{original} is in {shown}: {text}");
        }
    }
    let exchange = files.iter().find(|(path, _)| path.ends_with("0001-token.json")).unwrap();
    let exchange: Value = serde_json::from_str(&exchange.1).unwrap();
    assert_eq!(exchange["request"]["query"], json!([["grant_type", "client_credentials"]]));
    assert_eq!(exchange["response"]["body"]["json"]["token_type"], "Bearer");
    assert!(exchange["response"]["body"]["json"].get("access_token").is_none());
    let manifest: Value = serde_json::from_str(&files.last().unwrap().1).unwrap();
    assert_eq!(manifest["identities"], "replaced");
    assert_eq!(manifest["bases"]["reports"], "http://127.0.0.1:9/reports");
    #[cfg(unix)]
    for (path, _) in &files {
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(path).unwrap().permissions());
        assert_eq!(mode & 0o077, 0, "{}", path.display());
    }
}

#[tokio::test]
async fn identities_are_kept_if_that_is_wanted_and_secrets_never() {
    let (cloud, scratch) = (Cloud::new(7, 1), Scratch::new());
    let recorder = recorder(&cloud, &scratch, &Sanitizer::secrets_only());
    let client = cloud.client(Arc::new(recorder));
    let home = Home::Healthy;
    let wifi = client.customer(home.customer_id()).location(home.location_id()).wifi_network().await.unwrap();
    let text: String = scratch.files().into_iter().map(|(_, text)| text).collect();
    assert!(text.contains(home.customer_id()) && text.contains(wifi.ssid.as_deref().unwrap()));
    assert!(!text.contains("not-a-real-key") && text.contains("[redacted]"));
    assert!(text.contains(r#""identities": "kept""#));
    let client = Replayer::open(scratch.path()).unwrap().client().unwrap().build().unwrap();
    let replayed =
        client.customer(home.customer_id()).location(home.location_id()).wifi_network().await.unwrap();
    assert_eq!(replayed.ssid, wifi.ssid);
}

#[tokio::test]
async fn the_responses_are_passed_on_unchanged() {
    let (cloud, scratch) = (Cloud::new(7, 2), Scratch::new());
    let inner = Tap::new(cloud.simulator.transport());
    let recorder = Recorder::builder(Arc::new(inner.clone()))
        .settings(&cloud.settings())
        .create(scratch.path())
        .unwrap();
    let outer = Tap::new(Arc::new(recorder));
    look_around(&cloud.client(Arc::new(outer.clone()))).await;
    let (inner, outer) = (inner.seen.lock().unwrap(), outer.seen.lock().unwrap());
    assert!(inner.len() > 10);
    for (inner, outer) in inner.iter().zip(outer.iter()) {
        assert_eq!((&inner.url, &inner.body), (&outer.url, &outer.body));
    }
}

#[tokio::test]
async fn a_token_provider_with_a_credential_is_answered_by_the_replayer() {
    let (cloud, scratch, sanitizer) = (Cloud::new(7, 1), Scratch::new(), sanitizer());
    let recorder = recorder(&cloud, &scratch, &sanitizer);
    cloud.client(Arc::new(recorder)).customers().list().await.unwrap();
    // The settings of the cloud, with their credential.
    let replayer = Replayer::open(scratch.path()).unwrap();
    let client = cloud.client(Arc::new(replayer));
    assert!(!client.customers().list().await.unwrap().is_empty());
}

#[tokio::test]
async fn recordings_of_one_request_come_in_order_and_the_last_repeats() {
    let scratch = Scratch::new();
    let recorder = recorder_of(&scratch, |count| match count {
        0 => reply(503, r#"{"error":{"statusCode":503,"message":"busy"}}"#),
        1 => Err(TransportError::new(TransportErrorKind::Timeout, "no response within the time limit")),
        count => reply(200, &format!(r#"{{"count":{count}}}"#)),
    });
    for _ in 0..4 {
        let _ = recorder.send(get("/Customers/count?a=1&b=2"), &Limits::default()).await;
    }
    let replayer = Replayer::open(scratch.path()).unwrap();
    let mut seen = Vec::new();
    for _ in 0..5 {
        // The order of parameters is irrelevant.
        seen.push(match replayer.send(get("/Customers/count?b=2&a=1"), &Limits::default()).await {
            Ok(response) => String::from_utf8(response.body().to_vec()).unwrap(),
            Err(error) => format!("{:?}: {error}", error.kind()),
        });
    }
    assert_eq!(seen[0], r#"{"error":{"message":"busy","statusCode":503}}"#);
    assert_eq!(seen[1], "Timeout: no response within the time limit");
    assert_eq!(seen[2..], [r#"{"count":2}"#, r#"{"count":3}"#, r#"{"count":3}"#]);
}

#[tokio::test]
async fn a_request_that_was_not_recorded_is_named_with_its_neighbours() {
    let (cloud, scratch, sanitizer) = (Cloud::new(7, 1), Scratch::new(), sanitizer());
    let recorder = recorder(&cloud, &scratch, &sanitizer);
    let home = Home::Healthy;
    let client = cloud.client(Arc::new(recorder));
    client.customer(home.customer_id()).location(home.location_id()).nodes().await.unwrap();
    let replayer = Replayer::open(scratch.path()).unwrap();
    let client = replayer.client().unwrap().build().unwrap();
    let customer = sanitizer.field("customerId", home.customer_id());
    let location = sanitizer.field("locationId", home.location_id());
    let error = client.customer(customer.as_str()).location(location.as_str()).devices().await.unwrap_err();
    let text = format!("{error:?}");
    assert!(text.contains("was not recorded"), "{text}");
    assert!(
        text.contains("/devices")
            && text.contains(&format!("GET /Customers/{customer}/locations/{location}/nodes")),
        "{text}"
    );
    assert_eq!((error.kind(), error.attempts().len()), (ErrorKind::Network, 1), "{text}");
    assert_eq!(error.cause(), Cause::NotFound);
}

#[tokio::test]
async fn bodies_without_json_leave_their_length_and_type() {
    let scratch = Scratch::new();
    let recorder = recorder_of(&scratch, |_| {
        let response = Response::builder().status(403).header("content-type", "text/html; charset=utf-8");
        Ok(response.header("set-cookie", "CANARY").body(Bytes::from("<html>CANARY</html>")).unwrap())
    });
    assert_eq!(body_of(&recorder, get("/Customers/count")).await, "<html>CANARY</html>");
    let text: String = scratch.files().into_iter().map(|(_, text)| text).collect();
    assert!(!text.contains("CANARY") && text.contains("text/html"), "{text}");
    let replayer = Replayer::open(scratch.path()).unwrap();
    let response = replayer.send(get("/Customers/count"), &Limits::default()).await.unwrap();
    assert_eq!((response.status().as_u16(), response.body().len()), (403, 19));
    let small = Limits::default().max_body_bytes(18);
    let error = replayer.send(get("/Customers/count"), &small).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::TooLarge);
}

#[tokio::test]
async fn a_change_is_found_by_its_body_without_its_secrets() {
    let (scratch, sanitizer) = (Scratch::new(), sanitizer());
    let put = |body: Value| {
        let request = Request::patch(
            "https://cloud.example.net/api/Customers/5f0000000000000000000001/locations/5f0000000000000000000002/wifiNetwork",
        );
        request.body(Bytes::from(body.to_string())).unwrap()
    };
    let recorder = recorder_of(&scratch, |count| reply(200, &format!(r#"{{"count":{count}}}"#)));
    for ssid in ["One", "Two"] {
        body_of(&recorder, put(json!({"ssid": ssid, "encryptionKey": "not-a-real-key"}))).await;
    }
    let replayer = Replayer::open(scratch.path()).unwrap();
    let path = |request: Request<Bytes>| {
        let url = sanitizer.url(&request.uri().to_string());
        let (mut parts, body) = request.into_parts();
        parts.uri = url.replace("host-1.", "cloud.").parse().unwrap();
        Request::from_parts(parts, body)
    };
    for (ssid, count) in [("Network 2", 1), ("Network 1", 0)] {
        let request = path(put(json!({"encryptionKey": "another-key", "ssid": ssid})));
        assert_eq!(body_of(&replayer, request).await, format!(r#"{{"count":{count}}}"#));
    }
    let error = replayer.send(path(put(json!({"ssid": "Network 3"}))), &Limits::default()).await.unwrap_err();
    assert!(error.to_string().contains("Network 1"), "{error}");
}

#[tokio::test]
async fn calls_at_the_same_time_are_all_written() {
    let scratch = Scratch::new();
    let recorder = recorder_of(&scratch, |count| reply(200, &format!(r#"{{"count":{count}}}"#)));
    let calls = (0..200).map(|number| {
        let recorder = recorder.clone();
        tokio::spawn(async move { body_of(&recorder, get(&format!("/Customers/count?skip={number}"))).await })
    });
    let bodies: Vec<String> = join_all(calls).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(recorder.check().unwrap(), 200);
    let replayer = Replayer::open(scratch.path()).unwrap();
    for (number, body) in bodies.iter().enumerate() {
        assert_eq!(body_of(&replayer, get(&format!("/Customers/count?skip={number}"))).await, *body);
    }
}

#[tokio::test]
async fn recorders_of_one_directory_do_not_disturb_each_other() {
    let scratch = Scratch::new();
    let recorders: Vec<_> = (0..4).map(|_| recorder_of(&scratch, |_| reply(200, "{}"))).collect();
    let calls = recorders.iter().enumerate().map(|(number, recorder)| async move {
        for call in 0..10 {
            body_of(recorder, get(&format!("/Customers/count?skip={number}&limit={call}"))).await;
        }
    });
    join_all(calls).await;
    let replayer = Replayer::open(scratch.path()).unwrap();
    assert_eq!(replayer.exchanges(), 40);
    assert_eq!(body_of(&replayer, get("/Customers/count?limit=9&skip=3")).await, "{}");
    // One session alone is a recording as well.
    let one = Replayer::open(recorders[0].directory()).unwrap();
    assert_eq!(one.exchanges(), 10);
}

#[tokio::test]
async fn a_cancelled_call_leaves_nothing() {
    let scratch = Scratch::new();
    let inner = InProcess::new(|request: Request<Bytes>| async move {
        if request.uri().path().ends_with("never") {
            std::future::pending::<()>().await;
        }
        reply(200, "{}")
    });
    let recorder = Recorder::builder(Arc::new(inner)).create(scratch.path()).unwrap();
    {
        let limits = Limits::default();
        let mut call = Box::pin(recorder.send(get("/never"), &limits));
        assert!(call.as_mut().now_or_never().is_none());
    }
    body_of(&recorder, get("/Customers/count")).await;
    assert_eq!(recorder.check().unwrap(), 1);
    assert_eq!(scratch.files().len(), 2, "{:?}", scratch.files());
    assert!(Replayer::open(scratch.path()).is_ok());
}

#[tokio::test]
async fn a_directory_that_is_lost_ends_the_recording_and_no_call() {
    let scratch = Scratch::new();
    let recorder = recorder_of(&scratch, |_| reply(200, "{}"));
    body_of(&recorder, get("/Customers/count")).await;
    std::fs::remove_dir_all(scratch.path()).unwrap();
    for _ in 0..2 {
        assert_eq!(body_of(&recorder, get("/Customers/count")).await, "{}");
    }
    let error = recorder.check().unwrap_err();
    assert_eq!(error.kind(), RecordErrorKind::Io);
    assert!(error.to_string().contains("0002-customers.count.json"), "{error}");
}

#[tokio::test]
async fn a_home_in_trouble_is_replayed_with_its_faults() {
    let (cloud, scratch, sanitizer) = (Cloud::new(7, 1), Scratch::new(), sanitizer());
    let client = cloud.client(Arc::new(recorder(&cloud, &scratch, &sanitizer)));
    let down = Effect::Status { status: 503, retry_after: None };
    cloud.simulator.set_faults(FaultPlan::new(7).rule(FaultRule::new(down).area(Area::Api).to_request(2)));
    let home = Home::OnePodDown;
    let nodes = client.customer(home.customer_id()).location(home.location_id()).nodes().await.unwrap();
    let client = Replayer::open(scratch.path()).unwrap().client().unwrap().build().unwrap();
    let customer = sanitizer.field("customerId", home.customer_id());
    let location = sanitizer.field("locationId", home.location_id());
    // Two failures, which are retried, and then the nodes.
    let replayed = client.customer(customer.as_str()).location(location.as_str()).nodes().await.unwrap();
    assert_eq!(replayed.len(), nodes.len());
}
