//! Pseudonyms in documents, texts and live sessions.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use plume_client::record::{Recorder, Sanitizer};
use plume_runtime::{InProcess, Limits};
use plume_sim::Home;
use serde_json::{Value, json};

use crate::support::{Cloud, Scratch, Tap};

fn sanitizer() -> Sanitizer {
    Sanitizer::with_key(b"not-a-real-key-of-a-test").unwrap()
}

fn clean(mut value: Value) -> Value {
    sanitizer().json(&mut value);
    value
}

#[test]
fn relations_survive() {
    let sanitizer = sanitizer();
    let mut location =
        json!({"id": "5f0000000000000000000002", "customerId": "5f0000000000000000000001", "name": "Cabin"});
    let mut node = json!({
        "id": "TST0000001", "serialNumber": "TST0000001", "locationId": "5f0000000000000000000002",
        "leafToRoot": [{"id": "TST0000002"}], "mac": "02:00:5E:00:53:01",
    });
    let mut report = json!({"5g": {"TST0000001": [{"value": -61}]}, "macs": ["02005e005301"]});
    sanitizer.json(&mut location);
    sanitizer.json(&mut node);
    sanitizer.json(&mut report);
    assert_eq!(node["locationId"], location["id"]);
    assert_eq!(node["id"], node["serialNumber"]);
    assert_ne!(node["leafToRoot"][0]["id"], node["id"]);
    assert!(report["5g"].get(node["id"].as_str().unwrap()).is_some(), "{report}");
    let mac = node["mac"].as_str().unwrap().replace(':', "").to_lowercase();
    assert_eq!(report["macs"][0], mac);
    let url = sanitizer
        .url("https://x.plume.com/api/Customers/5f0000000000000000000001/locations/5f0000000000000000000002");
    let (customer, location) = (location["customerId"].as_str().unwrap(), location["id"].as_str().unwrap());
    assert_eq!(url, format!("https://x.plume.com/api/Customers/{customer}/locations/{location}"));
    let mut again = node.clone();
    sanitizer.json(&mut again);
    assert_eq!(again, node, "pseudonyms stay");
}

#[test]
fn secrets_are_dropped_whatever_their_form() {
    for secret in [
        json!({"encryptionKey": "CANARY"}),
        json!({"keys": [{"id": 1, "encryptionKey": "CANARY"}]}),
        json!({"wpaKey": {"old": "CANARY", "all": ["CANARY"]}}),
        json!({"pppoe": {"enabled": true, "username": "CANARY", "password": "CANARY"}}),
        json!({"kvConfigs": [{"key": "a", "value": "CANARY", "module": "b"}]}),
        json!({"Authorization": "Basic CANARY"}),
        json!({"message": "Bearer CANARY-1-not-a-real-token is not valid"}),
        json!({"note": "eyJhbGciOi.CANARY-not-a-real-token.x"}),
        json!({"client_secret": "CANARY", "radiusSharedSecret": "CANARY", "pin": "CANARY"}),
    ] {
        let clean = clean(secret).to_string();
        assert!(!clean.contains("CANARY"), "{clean}");
    }
    let kept = json!({"groupRekey": "auto", "keyId": 1, "masterKeyIndex": 0, "password": "", "psk": null});
    assert_eq!(clean(kept.clone()), kept);
    let mut kept = json!({"name": "Alice", "password": "CANARY"});
    Sanitizer::secrets_only().json(&mut kept);
    assert_eq!(kept, json!({"name": "Alice", "password": "[redacted]"}));
}

#[test]
fn what_people_typed_is_replaced_and_what_the_api_says_is_kept() {
    let kept = json!({
        "connectionState": "connected", "health": {"status": "excellent", "score": 4.5, "details": []},
        "firmwareVersion": "5.6.0-71-gsample", "openSyncVersion": "6.6.0.0", "model": "PP403Z",
        "connectionStateChangeAt": "2026-01-12T18:00:00.000Z", "freqBand": "5GU", "channel": 149,
        "kind": {"category": "Phone", "brand": "Example", "model": "X1", "os": {"name": "Android", "version": "15"}},
        "timestamp": 1_714_305_600_000_u64, "value": "online", "networkId": "fronthaul-1", "id": "schoolNights",
        "subnet": "255.255.255.0", "wpaMode": "psk-mixed", "reason": "power cycle", "country": "US",
        "error": {"name": "ValidationError", "code": "MODEL_NOT_FOUND", "statusCode": 404},
    });
    assert_eq!(clean(kept.clone()), kept);
    let typed = json!({
        "name": "CANARY", "nickname": "CANARY", "ssid": "CANARY", "description": "CANARY", "freeform": "CANARY",
        "city": "CANARY", "street": "CANARY 5", "phone": "+1 555 0100", "latitude": 37.1, "zip": "94301",
        "email": "CANARY@example.org", "accountId": "CANARY", "author": "CANARY", "list": ["CANARY"],
        "partnerName": "CANARY", "imei": "000000000000001",
    });
    let clean = clean(typed.clone());
    let text = clean.to_string();
    for original in ["CANARY", "555", "37.1", "94301", "000000000000001"] {
        assert!(!text.contains(original), "{original}: {text}");
    }
    assert_eq!(clean.as_object().unwrap().len(), typed.as_object().unwrap().len());
}

#[test]
fn a_text_has_the_pseudonyms_of_the_documents() {
    let sanitizer = sanitizer();
    let mut customer =
        json!({"id": "5f0000000000000000000001", "name": "Alice Miller", "email": "alice@example.org"});
    sanitizer.json(&mut customer);
    let text = "Alice Miller <alice@example.org> (5F0000000000000000000001) at 203.0.113.77, pod TST0000001: timeout";
    let clean = sanitizer.in_text(text);
    for original in ["Alice", "Miller", "alice@", "5F00", "203.0.113.77", "TST0000001"] {
        assert!(!clean.contains(original), "{original}: {clean}");
    }
    assert!(clean.starts_with("Home 1 <user-1@example.com> ("), "{clean}");
    assert!(clean.ends_with(": timeout"), "{clean}");
    assert_eq!(sanitizer.in_text(&clean), clean, "pseudonyms stay");
    assert_eq!(sanitizer.restore(&clean).to_lowercase(), text.to_lowercase());
    assert_eq!(sanitizer.in_text("there is no such home"), "there is no such home");
}

#[test]
fn a_debug_output_shows_no_original() {
    let sanitizer = sanitizer();
    let _ = sanitizer.field("name", "CANARY");
    assert!(!format!("{sanitizer:?} {sanitizer:#?}").contains("CANARY"));
    assert_eq!(sanitizer.known(), 1);
}

#[tokio::test]
async fn bodies_that_are_no_json_show_no_original() {
    let sanitizer = sanitizer();
    let _ = sanitizer.field("name", "Alice Miller");
    for (body, clean) in [
        (r#"{"nickname": "Bob Mil"#, "....................."),
        ("<html>Alice Miller, pod TST0000001</html>", "<html>Home 1, pod "),
        ("", ""),
    ] {
        let inner = InProcess::new(move |_| async move { Ok(Response::new(Bytes::from(body))) });
        let transport = sanitizer.transport(Arc::new(inner));
        let request = Request::get("https://cloud.example.net/api/Customers").body(Bytes::new()).unwrap();
        let response = transport.send(request, &Limits::default()).await.unwrap();
        let text = String::from_utf8(response.body().to_vec()).unwrap();
        assert!(text.starts_with(clean) && !text.contains("TST0000001"), "{text}");
    }
}

#[tokio::test]
async fn a_recorder_may_be_inside_or_outside_of_the_pseudonyms() {
    let home = Home::OnePodDown;
    let mut recordings = Vec::new();
    for inside in [true, false] {
        let (cloud, scratch, sanitizer) = (Cloud::new(7, 1), Scratch::new(), sanitizer());
        let record = |inner| {
            let recorder = Recorder::builder(inner).settings(&cloud.settings()).sanitizer(sanitizer.clone());
            Arc::new(recorder.clock(Arc::new(cloud.clock.clone())).create(scratch.path()).unwrap())
        };
        let transport = match inside {
            true => sanitizer.transport(record(cloud.simulator.transport())),
            false => record(sanitizer.transport(cloud.simulator.transport())),
        };
        let client = cloud.client(transport);
        let place = client.customer(home.customer_id()).location(home.location_id());
        let nodes = place.nodes().await.unwrap();
        place.node(&nodes[1].id).await.unwrap();
        let files = scratch.files().into_iter().filter(|(path, _)| !path.ends_with("manifest.json"));
        recordings.push(files.map(|(_, text)| text).collect::<Vec<_>>());
    }
    assert_eq!(recordings[0].len(), 3);
    assert_eq!(recordings[0], recordings[1]);
}

#[tokio::test]
async fn a_session_can_use_pseudonyms_for_everything() {
    let cloud = Cloud::new(7, 2);
    let sanitizer = sanitizer();
    let tap = Tap::new(cloud.simulator.transport());
    let client = cloud.client(sanitizer.transport(Arc::new(tap.clone())));
    // An original is understood, and the response has pseudonyms.
    let home = Home::OnePodDown;
    let nodes = client.customer(home.customer_id()).location(home.location_id()).nodes().await.unwrap();
    assert!(nodes[0].id.as_str() != "SIM000002101" && nodes[0].display_name() == "Node 1", "{nodes:?}");
    // Pseudonyms are understood as well.
    let customer = sanitizer.field("customerId", home.customer_id());
    let location = sanitizer.field("locationId", home.location_id());
    assert_ne!(customer, home.customer_id());
    let place = client.customer(customer.as_str()).location(location.as_str());
    assert_eq!(place.node(&nodes[0].id).await.unwrap().id, nodes[0].id);
    assert!(tap.last().url.ends_with("/nodes/SIM000002101"), "{}", tap.last().url);
    let devices = place.devices().await.unwrap();
    place.device(&devices[0].mac).await.unwrap();
    assert!(tap.last().url.ends_with("/devices/02%3A00%3A00%3A02%3A11%3A01"), "{}", tap.last().url);
    let found = client.customer(customer.as_str()).get().await;
    let found = found.unwrap();
    assert_eq!(found.id.as_str(), customer);
    // A name in a search and in a filter.
    let name = found.name.unwrap();
    let hits = client
        .customers()
        .filter(plume_client::Filter::new().equals("name", name.as_str()))
        .list()
        .await
        .unwrap();
    assert!(tap.last().url.contains("Example+Household"), "{}", tap.last().url);
    assert_eq!(hits.len(), 1);
    // A name that is written.
    place.rename_node(&nodes[1].id, nodes[0].display_name()).send().await.unwrap();
    let renamed = place.node(&nodes[1].id).await.unwrap();
    assert_eq!(renamed.display_name(), nodes[0].display_name());
    // An unknown id in an error.
    let error = place.node("SIM000002109").await.unwrap_err();
    assert!(!format!("{error:?}").contains("5ca1ab1e"), "{error:?}");
    cloud.simulator.verdict().assert_clean();
}
