//! Each change: what it shows, what it sends, what its answer means, and what it refuses.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod support;

use std::{fmt::Debug, time::Duration};

use http::Method;
use plume_client::{
    Change, Client, CustomerUpdate, ErrorKind, LedMode, LocationDetails, LocationHandle, NewCustomer,
    NodeToClaim, ResponseShape, Service, WifiDetails, WifiUpdate, operations as op,
};
use plume_types::{GroupId, PartnerId, Profile, Secret, ServiceTier, WpaMode};
use serde_json::json;

fn home(client: &Client) -> LocationHandle {
    client.customer("c1").location("l1")
}

/// Returns the shown, sent and received texts, one line each. Only the sent line contains the secrets of the body.
async fn check<T: Debug>(make: impl Fn(&Client) -> Change<T>, body: &'static str, sent: &str) -> T {
    let (client, requests) = support::client(move |_| (200, body.to_owned()));
    let change = make(&client);
    let operation = change.operation();
    let dry_run = change.dry_run().unwrap();
    let shown = format!("{dry_run} {change:?} {}", serde_json::to_string(&dry_run).unwrap());
    assert!(!shown.contains("canary") && !shown.contains("not.a.token"), "{shown}");
    assert!(requests.lock().unwrap().is_empty(), "{operation}: nothing is sent before `send`");
    let changed = change.send().await.unwrap();
    assert!(!changed.pending);
    let request = requests.lock().unwrap()[0].clone();
    assert_eq!(support::line(&request), sent);
    assert_eq!(request.uri().to_string(), dry_run.url, "{operation}");
    let named = std::any::type_name::<T>().rsplit("::").next().unwrap();
    match operation.response {
        ResponseShape::Model(model) => assert_eq!(model, named, "{operation}"),
        _ => assert_eq!(named, "FreeForm", "{operation}"),
    }
    // The same without a body, and accepted for later.
    for (status, body, pending) in [(204, "", false), (202, "", true), (200, "null", false)] {
        let (client, _) = support::client(move |_| (status, body.to_owned()));
        let changed = make(&client).send().await.unwrap();
        assert!(changed.response.is_none() && changed.pending == pending, "{operation} {status}");
    }
    // An answer of another kind is no success.
    let (client, _) = support::client(|_| (200, "<html>log in</html>".to_owned()));
    assert_eq!(make(&client).send().await.unwrap_err().kind(), ErrorKind::Unreadable, "{operation}");
    changed.response.unwrap()
}

const CUSTOMER: &str = r#"{"id":"c9","accountId":"ACCT-000123","locationId":"l9"}"#;
const LOCATION: &str = r#"{"id":"l1","name":"Home"}"#;

#[tokio::test]
async fn customers_are_registered_changed_and_deleted() {
    let new = NewCustomer {
        name: Some("Sample Customer".into()),
        profile: Some(Profile::from("auto")),
        ..NewCustomer::default()
    };
    let customer = check(
        |client| client.customers().register("ACCT-000123", &new),
        CUSTOMER,
        r#"POST /api/Customers/register {"accountId":"ACCT-000123","name":"Sample Customer","profile":"auto"}"#,
    )
    .await;
    assert_eq!(customer.location_id.unwrap().as_str(), "l9");
    let partner = PartnerId::slug("example-isp").unwrap();
    let new = NewCustomer {
        email: Some("customer@example.com".into()),
        partner_id: Some(partner),
        ..NewCustomer::default()
    };
    check(
        |client| {
            let groups = [GroupId::from("g1"), GroupId::from("g2")];
            let password = Secret::from("canary-password");
            client.customers().register_with_groups("ACCT-000123", &new, Some(&password), &groups)
        },
        CUSTOMER,
        r#"POST /api/Customers/registerWithGroups {"accountId":"ACCT-000123","email":"customer@example.com","groupIds":["g1","g2"],"partnerId":"example-isp","password":"canary-password"}"#,
    )
    .await;
    let update =
        CustomerUpdate { name: Some("Another".into()), locked: Some(false), ..CustomerUpdate::default() };
    check(
        |client| client.customer("c1").update(&update),
        CUSTOMER,
        r#"PATCH /api/Customers/c1 {"locked":false,"name":"Another"}"#,
    )
    .await;
    let count =
        check(|client| client.customer("c1").delete(), r#"{"count":1}"#, "DELETE /api/Customers/c1").await;
    assert_eq!(count.count, Some(1));
    let details = LocationDetails {
        name: Some("Cabin".into()),
        service_id: Some("SVC-1".into()),
        ..LocationDetails::default()
    };
    check(
        |client| client.customer("c1").create_location(&details),
        LOCATION,
        r#"POST /api/Customers/c1/locations {"name":"Cabin","serviceId":"SVC-1"}"#,
    )
    .await;
}

/// Without `..Default::default()`, so that a new field does not compile until it is here.
#[test]
fn every_field_of_a_change_is_sent_under_its_name() {
    fn body<T>(change: &Change<T>) -> serde_json::Value {
        serde_json::to_value(change.dry_run().unwrap().body).unwrap()
    }
    let (client, _) = support::client(|_| (200, String::new()));
    let home = home(&client);
    let mac = |last: u8| Some(format!("00:00:5e:00:53:0{last}").parse().unwrap());
    let text = |text: &str| Some(text.to_owned());
    let new = NewCustomer {
        partner_id: Some(PartnerId::slug("example").unwrap()),
        name: text("n"),
        email: text("e@example.com"),
        accept_language: text("de-DE"),
        profile: Some(Profile::from("auto")),
        onboarding_checkpoint: text("PodsAdded"),
    };
    assert_eq!(
        body(&client.customers().register("ACCT-000123", &new)),
        json!({"accountId": "ACCT-000123", "partnerId": "example", "name": "n", "email": "e@example.com",
            "acceptLanguage": "de-DE", "profile": "auto", "onboardingCheckpoint": "PodsAdded"})
    );
    let update = CustomerUpdate {
        account_id: Some("ACCT-000124".into()),
        name: text("n"),
        email: text("e@example.com"),
        email_verified: Some(true),
        accept_language: text("de-DE"),
        locked: Some(false),
    };
    assert_eq!(
        body(&client.customer("c1").update(&update)),
        json!({"accountId": "ACCT-000124", "name": "n", "email": "e@example.com", "emailVerified": true,
            "acceptLanguage": "de-DE", "locked": false})
    );
    let details = LocationDetails {
        name: text("n"),
        profile: Some(Profile::from("auto")),
        service_id: Some("SVC-1".into()),
    };
    assert_eq!(body(&home.update(&details)), json!({"name": "n", "profile": "auto", "serviceId": "SVC-1"}));
    let node = NodeToClaim {
        serial_number: text("TST1"),
        nickname: text("n"),
        room: text("r"),
        claim_key: Some("not-a-real-key".into()),
        model: text("m"),
        ethernet_mac: mac(0),
        ethernet1_mac: mac(1),
        radio_mac_24: mac(2),
        radio_mac_50: mac(3),
        radio_mac_60: mac(4),
    };
    assert_eq!(
        body(&home.claim_node(&node)),
        json!({"serialNumber": "TST1", "nickname": "n", "room": "r", "claimKey": "[redacted]", "model": "m",
            "ethernetMac": "00:00:5e:00:53:00", "ethernet1Mac": "00:00:5e:00:53:01",
            "radioMac24": "00:00:5e:00:53:02", "radioMac50": "00:00:5e:00:53:03",
            "radioMac60": "00:00:5e:00:53:04"})
    );
    let network = WifiDetails {
        ssid: text("s"),
        encryption_key: Some("not-a-real-key".into()),
        wpa_mode: Some(WpaMode::from("psk2")),
        ssid_broadcast: Some(false),
    };
    assert_eq!(
        body(&home.create_wifi_network(&network)),
        json!({"ssid": "s", "encryptionKey": "[redacted]", "wpaMode": "psk2", "ssidBroadcast": false})
    );
    let update = WifiUpdate {
        ssid: text("s"),
        enabled: Some(true),
        wpa_mode: Some(WpaMode::from("psk2")),
        ssid_broadcast: Some(false),
        private_mode: Some(true),
        disable_default_service_network: Some(false),
        allow_mlo: Some(true),
    };
    assert_eq!(
        body(&home.update_wifi_network(&update)),
        json!({"ssid": "s", "enabled": true, "wpaMode": "psk2", "ssidBroadcast": false, "privateMode": true,
            "disableDefaultServiceNetwork": false, "allowMlo": true})
    );
}

#[tokio::test]
async fn locations_are_changed() {
    check(
        |client| home(client).rename("Cabin"),
        "{}",
        r#"PUT /api/Customers/c1/locations/l1 {"name":"Cabin"}"#,
    )
    .await;
    let details = LocationDetails { profile: Some(Profile::from("property")), ..LocationDetails::default() };
    check(
        |client| home(client).update(&details),
        LOCATION,
        r#"PATCH /api/Customers/c1/locations/l1 {"profile":"property"}"#,
    )
    .await;
    check(|client| home(client).archive(), "{}", "DELETE /api/Customers/c1/locations/l1").await;
    let level = check(
        |client| home(client).set_service_level(&ServiceTier::BasicService),
        r#"{"status":"basicService"}"#,
        r#"PATCH /api/Customers/c1/locations/l1/serviceLevel {"status":"basicService"}"#,
    )
    .await;
    assert_eq!(level.status, ServiceTier::BasicService);
    check(
        |client| home(client).reboot(Duration::from_secs(5)),
        "{}",
        r#"PUT /api/Customers/c1/locations/l1/reboot {"delay":5}"#,
    )
    .await;
    let answer = check(
        |client| home(client).optimize().with("forcePcs", true),
        r#""started""#,
        r#"POST /api/Customers/c1/locations/l1/optimize {"forcePcs":true}"#,
    )
    .await;
    assert_eq!(answer.text("").as_deref(), Some("started"));
    // Without its one value, which may be missing, there is still a JSON body.
    check(|client| home(client).optimize(), "{}", "POST /api/Customers/c1/locations/l1/optimize {}").await;
}

#[tokio::test]
async fn nodes_are_claimed_named_and_unclaimed() {
    let node = NodeToClaim {
        serial_number: Some("TST0000001".into()),
        claim_key: Some("canary-key".into()),
        ethernet_mac: Some("02:00:00:00:01:AA".into()),
        ..NodeToClaim::default()
    };
    let claim = check(
        |client| home(client).claim_node(&node).with("skipSubscription", true),
        r#"{"claimed":[{"id":"TST0000001"}]}"#,
        r#"POST /api/Customers/c1/locations/l1/nodes?skipSubscription=true {"claimKey":"canary-key","ethernetMac":"02:00:00:00:01:aa","serialNumber":"TST0000001"}"#,
    )
    .await;
    assert_eq!(claim.claimed.known().unwrap()[0].id.as_str(), "TST0000001");
    check(
        |client| home(client).rename_node("TST0000001", "Attic").with("emitMessage", "off"),
        r#"{"id":"TST0000001","nickname":"Attic"}"#,
        r#"PUT /api/Customers/c1/locations/l1/nodes/TST0000001 {"emitMessage":"off","nickname":"Attic"}"#,
    )
    .await;
    check(
        |client| home(client).unclaim_node("TST0000001").with("preservePackId", true),
        "{}",
        "DELETE /api/Customers/c1/locations/l1/nodes/TST0000001?preservePackId=true",
    )
    .await;
    check(
        |client| home(client).reboot_node("TST0000001", Duration::from_secs(100_000)),
        "{}",
        r#"PUT /api/Customers/c1/locations/l1/nodes/TST0000001/reboot {"delay":100000}"#,
    )
    .await;
    check(
        |client| home(client).set_node_led("TST0000001", LedMode::Locate),
        "{}",
        r#"PUT /api/Customers/c1/locations/l1/nodes/TST0000001/ledMode {"mode":"locate"}"#,
    )
    .await;
    let started = check(
        |client| home(client).start_speed_test("TST0000001").with("serverId", 0),
        r#"{"requestId":"r1"}"#,
        r#"POST /api/Customers/c1/locations/l1/nodes/TST0000001/speedTest {"serverId":0}"#,
    )
    .await;
    assert_eq!(started.text("requestId").as_deref(), Some("r1"));
}

#[tokio::test]
async fn devices_and_networks_are_changed() {
    let device = r#"{"mac":"02:00:00:00:10:03","nickname":"TV"}"#;
    check(
        |client| home(client).rename_device("02-00-00-00-10-03", "TV"),
        device,
        r#"PATCH /api/Customers/c1/locations/l1/devices/02%3A00%3A00%3A00%3A10%3A03 {"nickname":"TV"}"#,
    )
    .await;
    check(
        |client| home(client).set_device_favorite("02:00:00:00:10:03", false),
        device,
        r#"PATCH /api/Customers/c1/locations/l1/devices/02%3A00%3A00%3A00%3A10%3A03 {"favorite":false}"#,
    )
    .await;
    let network = WifiDetails {
        ssid: Some("Home".into()),
        encryption_key: Some("canary-key".into()),
        wpa_mode: Some(WpaMode::SaeMixed),
        ..WifiDetails::default()
    };
    assert!(!format!("{network:?}").contains("canary"));
    let answer = r#"{"wifiNetwork":{"ssid":"Home","encryptionKey":"canary-key"}}"#;
    let sent = r#"/api/Customers/c1/locations/l1/wifiNetwork {"encryptionKey":"canary-key","ssid":"Home","wpaMode":"sae-mixed"}"#;
    check(|client| home(client).create_wifi_network(&network), answer, &format!("POST {sent}")).await;
    let set =
        check(|client| home(client).replace_wifi_network(&network), answer, &format!("PUT {sent}")).await;
    assert_eq!(set.encryption_key.unwrap().expose(), "canary-key");
    let update = WifiUpdate { enabled: Some(false), ..WifiUpdate::default() };
    check(
        |client| home(client).update_wifi_network(&update).with("uapsd", true),
        "{}",
        r#"PATCH /api/Customers/c1/locations/l1/wifiNetwork {"enabled":false,"uapsd":true}"#,
    )
    .await;
}

#[tokio::test]
async fn invalid_changes_are_not_sent() {
    let (client, requests) = support::client(|_| (200, "{}".to_owned()));
    let location = home(&client);
    let short = NewCustomer::default();
    let key = |length: usize| WifiDetails {
        ssid: Some("Home".into()),
        encryption_key: Some(Secret::from(&*"k".repeat(length))),
        ..WifiDetails::default()
    };
    for (error, name) in [
        (client.customers().register("ACCT1", &short).dry_run().unwrap_err(), "accountId"),
        (
            client.customers().register_with_groups("ACCT1", &short, None, &[]).dry_run().unwrap_err(),
            "accountId",
        ),
        (
            client
                .customer("c1")
                .update(&CustomerUpdate { account_id: Some("5".into()), ..CustomerUpdate::default() })
                .dry_run()
                .unwrap_err(),
            "accountId",
        ),
        (client.customer("c1").update(&CustomerUpdate::default()).dry_run().unwrap_err(), "update"),
        (client.customer("c1").create_location(&LocationDetails::default()).dry_run().unwrap_err(), "name"),
        (client.customer("..").delete().dry_run().unwrap_err(), "id"),
        (location.update(&LocationDetails::default()).dry_run().unwrap_err(), "update"),
        (location.reboot(Duration::from_secs(100_001)).dry_run().unwrap_err(), "delay"),
        (location.claim_node(&NodeToClaim::default()).dry_run().unwrap_err(), "node"),
        (location.rename_node("", "Attic").dry_run().unwrap_err(), "nodeId"),
        (location.rename_node("T", "Attic").with("nick", "x").dry_run().unwrap_err(), "nick"),
        (location.rename_device("02:00:00:00:00:01", &"x".repeat(33)).dry_run().unwrap_err(), "nickname"),
        (location.create_wifi_network(&key(7)).dry_run().unwrap_err(), "encryptionKey"),
        (
            location
                .create_wifi_network(&WifiDetails { ssid: Some("Home".into()), ..WifiDetails::default() })
                .dry_run()
                .unwrap_err(),
            "encryptionKey",
        ),
        (location.replace_wifi_network(&WifiDetails::default()).dry_run().unwrap_err(), "ssid"),
        (location.update_wifi_network(&WifiUpdate::default()).dry_run().unwrap_err(), "update"),
    ] {
        assert_eq!(error.kind(), ErrorKind::Argument);
        assert!(error.to_string().contains(&format!("`{name}`")), "{name}: {error}");
    }
    assert_eq!(
        location.reboot(Duration::from_secs(100_001)).send().await.unwrap_err().kind(),
        ErrorKind::Argument
    );
    // The edges pass.
    assert!(client.customers().register("ACCT12", &short).dry_run().is_ok());
    assert!(location.rename_device("02:00:00:00:00:01", &"ü".repeat(32)).dry_run().is_ok());
    assert!(location.create_wifi_network(&key(8)).dry_run().is_ok());
    assert!(requests.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_lost_answer_is_not_followed_by_a_second_change() {
    use plume_runtime::{InProcess, TransportError, TransportErrorKind};
    use std::sync::{Arc, Mutex};
    let sent = Arc::new(Mutex::new(0));
    let seen = Arc::clone(&sent);
    let transport = InProcess::new(move |_| {
        *seen.lock().unwrap() += 1;
        async { Err(TransportError::new(TransportErrorKind::Interrupted, "planted failure")) }
    });
    let client = support::builder().transport(Arc::new(transport)).build().unwrap();
    let error = home(&client).reboot_node("TST0000001", Duration::ZERO).send().await.unwrap_err();
    assert_eq!((error.kind(), *sent.lock().unwrap()), (ErrorKind::OutcomeUnknown, 1));
    let error = home(&client).rename_node("TST0000001", "Attic").send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Network);
    assert!(*sent.lock().unwrap() > 2, "a name that is set twice is the same name");
}

#[test]
fn a_dry_run_reads_like_a_request() {
    let (client, _) = support::client(|_| (200, "{}".to_owned()));
    let network = WifiDetails {
        ssid: Some("Home".into()),
        encryption_key: Some("canary-key".into()),
        ..WifiDetails::default()
    };
    let shown = home(&client).create_wifi_network(&network).dry_run().unwrap();
    assert_eq!(
        shown.to_string(),
        "POST https://cloud.example.net/api/Customers/c1/locations/l1/wifiNetwork\n\
         {\n  \"encryptionKey\": \"[redacted]\",\n  \"ssid\": \"Home\"\n}"
    );
    let json = serde_json::to_value(&shown).unwrap();
    assert_eq!(
        (&json["method"], &json["operation"]),
        (&"POST".into(), &"location.wifiNetwork.create".into())
    );
    let shown =
        client.change(&op::LOCATION_ARCHIVE).with("id", "c").with("locationId", "l").dry_run().unwrap();
    assert_eq!(shown.to_string(), "DELETE https://cloud.example.net/api/Customers/c/locations/l");
    let home = client.customer("c").location("l");
    assert_eq!(home.change(&op::LOCATION_ARCHIVE).dry_run().unwrap(), shown);
    let wrong = home.change(&op::CUSTOMER_DELETE).dry_run().unwrap_err();
    assert_eq!(wrong.kind(), ErrorKind::Argument);
    let deleted = client.customer("c").change(&op::CUSTOMER_DELETE).dry_run().unwrap();
    assert_eq!(deleted.to_string(), "DELETE https://cloud.example.net/api/Customers/c");
}

#[tokio::test]
async fn a_change_of_any_path_is_sent_once_with_its_own_body() {
    let (client, requests) = support::client(|_| (503, String::new()));
    let change = |method, path| client.change_path(Service::Reports, &method, path);
    let body = json!({"name": "Attic", "psk": "not-a-real-canary"});
    let put = change(Method::PUT, "/some/path").with("force", true).with_body(body.clone());
    let shown = put.dry_run().unwrap().to_string();
    assert!(shown.starts_with("PUT https://cloud.example.net/reports/some/path?force=true\n"), "{shown}");
    assert!(!shown.contains("canary"), "{shown}");
    assert!(put.send().await.is_err());
    assert_eq!(requests.lock().unwrap().len(), 1, "it may have reached the server");
    assert_eq!(
        support::line(&requests.lock().unwrap()[0]),
        format!("PUT /reports/some/path?force=true {body}")
    );
    for refused in [
        change(Method::GET, "/some/path"),
        change(Method::PUT, "/some/../path"),
        change(Method::DELETE, "some"),
        change(Method::POST, "/some/path").with_body(json!([1])),
    ] {
        assert_eq!(refused.send().await.unwrap_err().kind(), ErrorKind::Argument);
    }
    assert_eq!(requests.lock().unwrap().len(), 1);
    // The body of a known operation, with members that its table does not have.
    let known =
        client.change(&op::NODE_RENAME).with("id", "c1").with("locationId", "l1").with("nodeId", "n1");
    let shown = known.with_body(json!({"nickname": "Attic", "more": 1})).dry_run().unwrap().to_string();
    assert!(shown.contains("\"more\": 1"), "{shown}");
}
