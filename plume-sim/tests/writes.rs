//! Every write: its response, its errors, and its effect on later reads.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends there and then, also in its helpers"
)]

mod common;

use std::{sync::Arc, time::Duration};

use http::Method;
use plume_runtime::ManualClock;
use plume_sim::{Home, Simulator};
use serde_json::{Value, json};

use common::{Client, api, builder, clock, has_keys, names, reports};

/// Returns a client with a movable clock and a long-lived token.
fn timed() -> (Client, ManualClock) {
    let clock = clock();
    let builder = builder().clock(Arc::new(clock.clone())).token_lifetime(Duration::from_secs(1 << 30));
    (Client::new(builder), clock)
}

fn send(client: &Client, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let (status, answer) = client.send(method, path, &body);
    (status.as_u16(), answer)
}

/// Checks that the request fails with this status, and with these words in the message.
#[track_caller]
fn refused(client: &Client, method: &str, path: &str, body: &Value, status: u16, words: &str) {
    let audit = client.simulator.audit().len();
    let (given, answer) = send(client, method, path, body);
    assert_eq!(given, status, "{method} {path} {body}: {answer}");
    assert_eq!(answer["error"]["statusCode"], status);
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(message.contains(words), "{message}");
    assert_eq!(client.simulator.audit().len(), audit, "what is refused changes nothing");
}

#[test]
fn a_customer_is_registered_changed_and_deleted() {
    let client = Client::default();
    let order = json!({ "accountId": "SUB-0001", "name": "Test Person", "email": "test@example.com" });
    let (status, made) = send(&client, "POST", "/api/Customers/register", &order);
    assert_eq!(status, 200, "{made}");
    has_keys(&made, &["id", "locationId", "partnerId", "anonymous", "source", "createdAt", "_version"]);
    let path = format!("/api/Customers/{}", made["id"].as_str().unwrap());
    assert_eq!(client.ok(&path)["accountId"], "SUB-0001");
    assert_eq!(client.ok("/api/Customers/count")["count"], 259);
    let locations = client.ok(&format!("{path}/locations"));
    assert_eq!((&locations[0]["id"], &locations[0]["name"]), (&made["locationId"], &json!("Home")));
    let home = format!("{path}/locations/{}", made["locationId"].as_str().unwrap());
    assert_eq!(client.ok(&format!("{home}/nodes")), json!({ "nodes": [] }));
    assert_eq!(client.ok(&home).get("networkStatus"), None);
    assert_eq!(client.status(&format!("{home}/wifiNetwork")), 404);
    let found = client.ok("/api/partners/customers/search/SUB-0001?field=accountId");
    assert_eq!(found[0]["id"], made["id"]);

    let changes = json!({
        "name": "Another Name",
        "nocSettings": { "color": "blue" },
        "id": "other",
        "password": "not-a-real-password",
    });
    let (status, changed) = send(&client, "PATCH", &path, &changes);
    assert_eq!((status, &changed["name"], &changed["id"]), (200, &json!("Another Name"), &made["id"]));
    assert_eq!(client.ok(&path)["nocSettings"]["color"], "blue");
    assert_eq!(client.ok(&path).get("password"), None);
    let trail = client.simulator.audit();
    assert!(!trail.is_empty() && trail.iter().all(|row| !row.details.contains("not-a-real")), "{trail:?}");
    assert_eq!(client.send("PATCH", &path, "locked=true").1["locked"], json!(true), "also in a form");
    refused(&client, "PATCH", &path, &json!({ "locked": "perhaps" }), 400, "locked has to be a boolean");
    let (status, changed) = send(&client, "PUT", &path, &json!({ "email": "new@example.com" }));
    assert_eq!((status, &changed["emailVerified"]), (200, &json!(false)), "a new address is not verified");
    assert_eq!(changed["name"], "Another Name");

    assert_eq!(send(&client, "DELETE", &path, &Value::Null), (200, json!({ "count": 1 })));
    assert_eq!(client.status(&path), 401, "as every unknown customer");
    refused(&client, "DELETE", &path, &Value::Null, 401, "Authorization Required");
    assert_eq!(client.ok("/api/Customers/count")["count"], 258);
    let trail: Vec<&str> = client.simulator.audit().iter().map(|row| row.event).collect();
    let changed = ["CustomerConfigChanged"; 3];
    assert_eq!(trail[..2], ["CustomerCreated", "LocationCreated"]);
    assert_eq!(trail[2..5], changed);
    assert_eq!(trail[5..], ["LocationDeleted", "CustomerDeleted"]);
}

#[test]
fn registrations_are_refused_as_documented() {
    let client = Client::default();
    let path = "/api/Customers/register";
    let bad = [
        (json!({}), 400, "accountId is a required argument"),
        (json!({ "accountId": 5 }), 400, "accountId has to be a string"),
        (json!({ "accountId": "short" }), 422, "Invalid 'accountId' value"),
        (json!({ "accountId": "SIM-HEALTHY" }), 409, "accountId and partnerId exists"),
        (json!({ "accountId": "ACCT-000300" }), 409, "accountId and partnerId exists"),
        (json!({ "accountId": "SUB-0001", "partnerId": "foreign" }), 403, "another provider"),
        (json!({ "accountId": "SUB-0001", "email": "unknown" }), 422, "Invalid 'email' value"),
        (json!({ "accountId": "SUB-0001", "profile": "castle" }), 422, "auto, smallbusiness, property"),
        (json!({ "accountId": "SUB-0001", "onboardingCheckpoint": "Done" }), 422, "PodsAdded"),
    ];
    for (body, status, words) in &bad {
        refused(&client, "POST", path, body, *status, words);
    }
    let groups = format!("{path}WithGroups");
    let foreign = json!({ "accountId": "SUB-0001", "groupIds": ["foreign"] });
    refused(&client, "POST", &groups, &foreign, 403, "another partner");
    let own = json!({ "accountId": "SUB-0001", "groupIds": [client.simulator.endpoints().partner_id()] });
    let (status, made) = send(&client, "POST", &groups, &own);
    assert_eq!((status, &made["source"]), (200, &json!("Customer.registerWithGroups")));
    assert_eq!((&made["anonymous"], &made["name"]), (&json!(true), &json!("SUB-0001")), "no address given");
    refused(&client, "POST", path, &json!({ "accountId": "SUB-0001" }), 409, "exists");
    let customer = format!("/api/Customers/{}", made["id"].as_str().unwrap());
    refused(&client, "PATCH", &customer, &json!({ "accountId": "SIM-EMPTY" }), 409, "exists");
    refused(&client, "PATCH", &customer, &json!({}), 400, "nothing to change");
    refused(&client, "PATCH", &customer, &json!({ "emailVerified": "maybe" }), 400, "boolean");
    refused(&client, "PATCH", "/api/Customers/unknown", &json!({ "name": "x" }), 401, "Authorization");
}

#[test]
fn a_location_is_created_renamed_and_archived() {
    let client = Client::default();
    let customer = format!("/api/Customers/{}", Home::DeviceGone.customer_id());
    let all = format!("{customer}/locations");
    refused(&client, "POST", &all, &json!({}), 400, "name is a required argument");
    refused(&client, "POST", &all, &json!({ "name": "x", "profile": "castle" }), 422, "profile");
    let (status, made) = send(
        &client,
        "POST",
        &all,
        &json!({ "name": "Cabin", "serviceId": "SVC-NEW", "profile": "property" }),
    );
    assert_eq!((status, &made["name"], &made["profile"]), (200, &json!("Cabin"), &json!("property")));
    let path = format!("{all}/{}", made["id"].as_str().unwrap());
    assert_eq!(client.ok("/api/partners/locations/SVC-NEW")["id"], made["id"]);
    let (status, put) = send(&client, "PUT", &path, &json!({ "name": "Lake House" }));
    assert_eq!((status, &put["name"], &put["serviceId"]), (200, &json!("Lake House"), &json!("SVC-NEW")));
    refused(&client, "PUT", &path, &json!({ "profile": "auto" }), 400, "name is a required argument");
    let (status, patched) = send(&client, "PATCH", &path, &json!({ "serviceId": "SVC-2" }));
    assert_eq!(
        (status, &patched["serviceId"], &patched["name"]),
        (200, &json!("SVC-2"), &json!("Lake House"))
    );
    refused(&client, "PATCH", &path, &json!({}), 422, "at least one of");
    assert_eq!(client.ok(&all).as_array().unwrap().len(), 2);

    assert_eq!(send(&client, "DELETE", &path, &Value::Null), (204, Value::Null));
    assert_eq!(client.status(&path), 404);
    assert_eq!(client.status("/api/partners/locations/SVC-2"), 404);
    refused(&client, "DELETE", &path, &Value::Null, 409, "archived already");
    refused(&client, "DELETE", &format!("{all}/none"), &Value::Null, 404, "There are no locations");
    assert_eq!(client.ok(&all).as_array().unwrap().len(), 1);

    // The next one gets another id, and a planned location can be archived as well.
    let (_, next) = send(&client, "POST", &all, &json!({ "name": "Boat" }));
    assert_ne!(next["id"], made["id"]);
    let serial = client.nodes(Home::DeviceGone)[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(send(&client, "DELETE", &api(Home::DeviceGone), &Value::Null).0, 204);
    assert_eq!(client.status(&format!("{}/nodes", api(Home::DeviceGone))), 404);
    let record = client.ok(&format!("/api/partners/nodes/{serial}"));
    assert_eq!(record.get("locationId"), None, "back in the store");
}

#[test]
fn the_service_level_is_set_by_its_word() {
    let (client, clock) = timed();
    let path = format!("{}/serviceLevel", api(Home::Healthy));
    clock.advance(Duration::from_secs(60));
    let (status, body) = send(&client, "PATCH", &path, &json!({ "status": "noService" }));
    assert_eq!((status, &body["status"], &body["auto"]), (200, &json!("noService"), &json!(false)));
    assert_eq!(body["updatedAt"], "2026-01-15T10:01:00.000Z");
    assert_eq!(client.ok(&api(Home::Healthy))["serviceLevel"], body);
    refused(&client, "PATCH", &path, &json!({}), 400, "status is a required argument");
    refused(
        &client,
        "PATCH",
        &path,
        &json!({ "status": "gold" }),
        422,
        "noService, basicService, fullService",
    );
    let trail = client.ok(&format!("{}/auditTrail", api(Home::Healthy)));
    assert_eq!(trail[0]["details"]["serviceLevel"], json!({ "from": "fullService", "to": "noService" }));
}

/// Restarts the node at `path`, which is offline for a while.
fn restart(client: &Client, clock: &ManualClock, path: &str) {
    assert_eq!(send(client, "PUT", &format!("{path}/reboot"), &json!({ "delay": 0 })).0, 204);
    clock.advance(Duration::from_secs(1));
}

#[test]
fn a_node_is_claimed_starts_and_is_unclaimed() {
    let (client, clock) = timed();
    let nodes = format!("{}/nodes", api(Home::Empty));
    refused(&client, "POST", &nodes, &json!({}), 400, "serialNumber is a required argument");
    refused(&client, "POST", &nodes, &json!({ "serialNumber": "NOPE" }), 404, "There are no nodes");
    let foreign = client.nodes(Home::Healthy)[0]["id"].clone();
    refused(&client, "POST", &nodes, &json!({ "serialNumber": foreign }), 409, "owned by another customer");

    let order = json!({ "serialNumber": "SIMUNCLAIMED7", "nickname": "Kitchen" });
    let (status, claimed) = send(&client, "POST", &nodes, &order);
    assert_eq!((status, &claimed["claimed"][0]["id"]), (200, &json!("SIMUNCLAIMED7")));
    assert_eq!(claimed["claimed"][0]["locationId"], Home::Empty.location_id());
    assert_eq!(send(&client, "POST", &nodes, &order), (204, Value::Null), "nothing newly claimed");
    assert_eq!(client.nodes(Home::Empty)[0]["connectionState"], "disconnected", "still in its box");
    assert_eq!(client.ok(&api(Home::Empty)).get("networkStatus"), None);
    clock.advance(Duration::from_secs(600));
    let node = &client.nodes(Home::Empty)[0];
    assert_eq!((&node["connectionState"], &node["nickname"]), (&json!("connected"), &json!("Kitchen")));
    assert_eq!(node["leafToRoot"], json!([]), "the first one is the gateway");
    assert_eq!(client.ok(&api(Home::Empty))["networkStatus"]["status"], "online");
    let record = client.ok("/api/partners/nodes/SIMUNCLAIMED7");
    assert_eq!(record["customerId"], Home::Empty.customer_id());

    send(&client, "POST", &nodes, &json!({ "serialNumber": "SIMUNCLAIMED8" }));
    clock.advance(Duration::from_secs(600));
    assert_eq!(client.nodes(Home::Empty)[1]["leafToRoot"][0]["id"], "SIMUNCLAIMED7");

    let one = format!("{nodes}/SIMUNCLAIMED8");
    refused(&client, "DELETE", &one, &Value::Null, 403, "online and cannot be unclaimed");
    restart(&client, &clock, &one);
    assert_eq!(send(&client, "DELETE", &one, &Value::Null), (204, Value::Null));
    refused(&client, "DELETE", &one, &Value::Null, 400, "already unclaimed");
    refused(&client, "DELETE", &format!("{nodes}/NOPE"), &Value::Null, 404, "There are no nodes");
    assert_eq!(client.nodes(Home::Empty).len(), 1);
    // An unclaimed node can be claimed by another customer.
    let other = format!("{}/nodes", api(Home::Healthy));
    assert_eq!(send(&client, "POST", &other, &json!({ "serialNumber": "SIMUNCLAIMED8" })).0, 200);
    assert_eq!(client.nodes(Home::Healthy).len(), 2);

    let stored = "/api/partners/nodes/SIMUNCLAIMED7";
    assert_eq!(send(&client, "PATCH", stored, &json!({ "unclaimable": true })).1["unclaimable"], true);
    let held = format!("{nodes}/SIMUNCLAIMED7");
    refused(&client, "DELETE", &held, &Value::Null, 403, "cannot be unclaimed");
    restart(&client, &clock, &held);
    refused(&client, "DELETE", &held, &Value::Null, 403, "cannot be unclaimed");
    refused(&client, "DELETE", stored, &Value::Null, 423, "is claimed");
    assert_eq!(send(&client, "DELETE", &nodes, &Value::Null).0, 204);
    assert_eq!(client.nodes(Home::Empty).len(), 0);
    assert_eq!(client.ok(&api(Home::Empty))["networkStatus"]["status"], "offline");
    assert_eq!(send(&client, "DELETE", stored, &Value::Null).0, 204);
    assert_eq!(client.status(stored), 404);
}

#[test]
fn nodes_keep_running_when_their_gateway_is_unclaimed() {
    let (client, clock) = timed();
    let gateway = client.nodes(Home::PoorQoe)[0]["id"].as_str().unwrap().to_owned();
    let nodes = format!("{}/nodes", api(Home::PoorQoe));
    restart(&client, &clock, &format!("{nodes}/{gateway}"));
    assert_eq!(send(&client, "DELETE", &format!("{nodes}/{gateway}"), &Value::Null).0, 204);
    let left = client.nodes(Home::PoorQoe);
    assert_eq!(names(&left, "connectionState"), ["disconnected"; 2]);
    send(&client, "POST", &nodes, &json!({ "serialNumber": "SIMUNCLAIMED3" }));
    clock.advance(Duration::from_secs(600));
    let all = client.nodes(Home::PoorQoe);
    assert_eq!(names(&all, "connectionState"), ["connected"; 3]);
    assert_eq!(all[0]["leafToRoot"][0]["id"], "SIMUNCLAIMED3");
    let connected = client.devices(Home::PoorQoe);
    assert!(names(&connected, "connectionState").iter().all(|state| *state == "connected"));
}

#[test]
fn a_restarted_node_disconnects_reconnects_and_is_reported() {
    let (client, clock) = timed();
    let pod = client.nodes(Home::PoorQoe)[1]["id"].as_str().unwrap().to_owned();
    let path = format!("{}/nodes/{pod}/reboot", api(Home::PoorQoe));
    for delay in [json!(-1), json!(100_001), json!("soon"), json!(1.5)] {
        refused(&client, "PUT", &path, &json!({ "delay": delay }), 422, "0 to 100000");
    }
    refused(&client, "PUT", &path.replace(&pod, "NOPE"), &Value::Null, 404, "There are no nodes");
    assert_eq!(send(&client, "PUT", &path, &json!({ "delay": 30 })), (204, Value::Null));
    let state = || client.nodes(Home::PoorQoe)[1]["connectionState"].as_str().unwrap().to_owned();
    assert_eq!(state(), "connected", "not yet");
    clock.advance(Duration::from_secs(30));
    assert_eq!(state(), "disconnected");
    assert_eq!(client.ok(&format!("{}/reboots", reports(Home::PoorQoe)))["count"], 0, "the report lags");
    clock.advance(Duration::from_secs(96));
    assert_eq!(state(), "disconnected");
    clock.advance(Duration::from_secs(1));
    assert_eq!(state(), "connected");
    let node = &client.nodes(Home::PoorQoe)[1];
    assert_eq!(node["bootAt"], "2026-01-15T10:00:30.000Z");
    assert_eq!(node["connectionStateChangeAt"], "2026-01-15T10:02:07.000Z");
    let report = client.ok(&format!("{}/reboots", reports(Home::PoorQoe)));
    assert_eq!(report["count"], 1);
    assert_eq!(
        (&report["reboots"][0]["nodeId"], &report["reboots"][0]["reason"]),
        (&json!(pod), &json!("user request"))
    );
    assert_eq!(report["reboots"][0]["timestamp"], node["bootAt"]);

    let whole = format!("{}/reboot", api(Home::PoorQoe));
    assert_eq!(client.send("PUT", &format!("{whole}?x"), "delay=100001").0, 422, "as a form, too");
    assert_eq!(send(&client, "PUT", &whole, &Value::Null).0, 204);
    clock.advance(Duration::from_secs(1));
    assert_eq!(client.ok(&api(Home::PoorQoe))["networkStatus"]["status"], "offline");
    clock.advance(Duration::from_secs(97));
    assert_eq!(client.ok(&api(Home::PoorQoe))["networkStatus"]["durationOfPreviousStatus"], 97);
    assert_eq!(client.ok(&format!("{}/reboots", reports(Home::PoorQoe)))["count"], 4);
}

#[test]
fn names_and_lights_of_nodes() {
    let client = Client::default();
    let node = client.nodes(Home::Healthy)[0]["id"].as_str().unwrap().to_owned();
    let path = format!("{}/nodes/{node}", api(Home::Healthy));
    let (status, record) = send(&client, "PUT", &path, &json!({ "nickname": "Under the stairs" }));
    assert_eq!((status, &record["nickname"]), (200, &json!("Under the stairs")));
    assert_eq!(client.nodes(Home::Healthy)[0]["nickname"], "Under the stairs");
    refused(&client, "PUT", &path, &json!({}), 400, "nickname is a required argument");
    refused(&client, "PUT", &path, &json!({ "nickname": "x".repeat(33) }), 400, "shorter than 33");
    refused(&client, "PUT", &path, &json!({ "nickname": "x", "emitMessage": "loud" }), 400, "on or off");

    let led = format!("{path}/ledMode");
    assert_eq!(send(&client, "PUT", &led, &json!({ "mode": "locate" })), (200, json!({ "mode": "locate" })));
    assert_eq!(client.ok(&format!("{}/auditTrail", api(Home::Healthy)))[0]["details"]["ledMode"], "locate");
    refused(&client, "PUT", &led, &json!({ "mode": "disco" }), 422, "locate, normal");
    let foreign = client.nodes(Home::PoorQoe)[0]["id"].as_str().unwrap().to_owned();
    let elsewhere = led.replace(&node, &foreign);
    refused(&client, "PUT", &elsewhere, &json!({ "mode": "locate" }), 425, "does not belong to the location");
    refused(&client, "PUT", &led.replace(&node, "NOPE"), &json!({ "mode": "locate" }), 404, "There are no");
}

#[test]
fn a_complete_speed_test_is_found_by_its_request() {
    let (client, clock) = timed();
    let node = client.nodes(Home::PoorQoe)[0]["id"].as_str().unwrap().to_owned();
    let path = format!("{}/nodes/{node}", api(Home::PoorQoe));
    let (status, started) = send(&client, "POST", &format!("{path}/speedTest"), &json!({ "serverId": 0 }));
    assert_eq!(status, 200, "{started}");
    let id = started["requestId"].as_str().unwrap();
    let result = format!("{path}/speedTestResults/{id}");
    assert_eq!(client.status(&result), 404, "not yet");
    clock.advance(Duration::from_secs(29));
    let done = client.ok(&result);
    assert_eq!((&done["status"], &done["trigger"]), (&json!("succeeded"), &json!("manual")));
    assert!(done["download"].as_f64().unwrap() > 400.0);
    assert_eq!(client.ok(&format!("{}/nodes/{node}/results/{id}", reports(Home::PoorQoe))), done);
    let live = &client.nodes(Home::PoorQoe)[0]["speedTest"];
    assert_eq!((&live["endedAt"], &live["download"]), (&done["endedAt"], &done["download"]));
    let uplink = client.ok(&format!("{}/uplink-status", api(Home::PoorQoe)));
    assert_eq!(uplink["speedTest"]["trigger"], "manual");
    let series = format!("{}/nodes/{node}/results?granularity=hours&limit=1", reports(Home::PoorQoe));
    let downloads = client.ok(&series)["downloadSpeeds"].as_array().unwrap().clone();
    assert_eq!(downloads.last().unwrap()["value"], done["download"]);

    // A restart of the gateway during the test makes it fail.
    let (_, spoiled) = send(&client, "POST", &format!("{path}/speedTest"), &Value::Null);
    assert_ne!(spoiled["requestId"], started["requestId"]);
    send(&client, "PUT", &format!("{path}/reboot"), &json!({ "delay": 10 }));
    clock.advance(Duration::from_secs(40));
    let result = format!("{path}/speedTestResults/{}", spoiled["requestId"].as_str().unwrap());
    let failed = client.ok(&result);
    assert_eq!((&failed["status"], failed.get("download")), (&json!("failed"), None));
    let order = format!("{path}/speedTest");
    refused(&client, "POST", &order, &Value::Null, 400, "is not connected");
    refused(&client, "POST", &order, &json!({ "serverId": "x" }), 422, "serverId");
    assert_eq!(client.status(&format!("{path}/speedTestResults/none")), 404);
}

#[test]
fn the_wifi_network_is_created_replaced_and_patched() {
    let client = Client::default();
    let path = format!("{}/wifiNetwork", api(Home::Healthy));
    let network = json!({ "ssid": "TestNet", "encryptionKey": "not-a-real-key-2", "wpaMode": "sae" });
    refused(&client, "POST", &path, &network, 409, "already");
    let (status, body) = send(&client, "PUT", &path, &network);
    assert_eq!((status, &body["wifiNetwork"]["ssid"]), (200, &json!("TestNet")));
    assert_eq!(body["wifiNetwork"]["keys"][0]["encryptionKey"], "not-a-real-key-2");
    assert_eq!(client.ok(&format!("{path}/ssid")), json!({ "ssid": "TestNet" }));
    assert_eq!(client.ok(&api(Home::Healthy))["ssid"], "TestNet");
    for (change, words) in [
        (json!({ "ssid": "TestNet", "encryptionKey": "short" }), "8 to 63 characters"),
        (json!({ "encryptionKey": "not-a-real-key" }), "1 to 32 bytes"),
        (json!({ "ssid": "x".repeat(33), "encryptionKey": "not-a-real-key" }), "1 to 32 bytes"),
        (json!({ "ssid": "x", "encryptionKey": "not-a-real-key", "wpaMode": "wep" }), "sae-compat-relaxed"),
    ] {
        refused(&client, "PUT", &path, &change, 422, words);
    }
    let (status, body) = send(&client, "PATCH", &path, &json!({ "enabled": false, "ssid": "Renamed" }));
    assert_eq!((status, &body["wifiNetwork"]["enabled"]), (200, &json!(false)));
    assert_eq!(body["wifiNetwork"]["wpaMode"], "sae", "what is not named stays");
    let listed = client.ok(&format!("{}/wifiNetworks", api(Home::Healthy)));
    assert_eq!((&listed[0]["ssid"], &listed[0]["enable"]), (&json!("Renamed"), &json!(false)));
    // A form contains the object as text; later reads return an object.
    let form =
        "wpaModes=%7B%22freqBand24%22%3A%22psk2%22%2C%22freqBand6%22%3A%22sae%22%7D&minWifiMode24=11b-high";
    let (status, body) = client.send("PATCH", &path, form);
    assert_eq!(status, 200, "{body}");
    let modes = json!({ "freqBand24": "psk2", "freqBand6": "sae" });
    assert_eq!(client.ok(&path)["wifiNetwork"]["wpaModes"], modes);
    for modes in
        [json!("psk2"), json!(["psk2"]), json!({}), json!({ "freqBand24": 2 }), json!({ "2.4G": "sae" })]
    {
        refused(&client, "PATCH", &path, &json!({ "wpaModes": modes }), 422, "each of some bands");
    }
    refused(&client, "PATCH", &path, &json!({}), 400, "nothing to change");
    refused(&client, "PATCH", &path, &json!({ "enabled": "x" }), 400, "boolean");
    refused(&client, "PATCH", &path, &json!({ "fastTransition": "x" }), 422, "auto, enable, disable");
    let trail = client.simulator.audit();
    assert!(trail.iter().all(|row| !row.details.contains("not-a-real")), "no passphrase in the trail");
}

#[test]
fn a_new_location_gets_its_first_wifi_network() {
    let client = Client::default();
    let (_, made) = send(&client, "POST", "/api/Customers/register", &json!({ "accountId": "SUB-0001" }));
    let text = |key: &str| made[key].as_str().unwrap().to_owned();
    let path = format!("/api/Customers/{}/locations/{}/wifiNetwork", text("id"), text("locationId"));
    let network = json!({ "ssid": "TestNet", "encryptionKey": "not-a-real-key" });
    refused(&client, "PUT", &path, &network, 404, "There are no wifiNetworks");
    refused(&client, "PATCH", &path, &json!({ "ssid": "x" }), 404, "There are no wifiNetworks");
    assert_eq!(send(&client, "POST", &path, &network).0, 200);
    assert_eq!(client.ok(&path)["wifiNetwork"]["ssid"], "TestNet");
    refused(&client, "POST", &path, &network, 409, "already");
}

#[test]
fn devices_are_named_and_favored() {
    let client = Client::default();
    let mac = client.devices(Home::Healthy)[1]["mac"].as_str().unwrap().replace(':', "%3A");
    let path = format!("{}/devices/{mac}", api(Home::Healthy));
    let (status, body) = send(&client, "PATCH", &path, &json!({ "nickname": "Old Laptop" }));
    assert_eq!((status, &body["nickname"]), (200, &json!("Old Laptop")));
    let (_, body) = send(&client, "PATCH", &path, &json!({ "favorite": true }));
    assert_eq!((&body["favorite"], &body["nickname"]), (&json!(true), &json!("Old Laptop")));
    for both in [json!({}), json!({ "favorite": true, "nickname": "x" })] {
        refused(&client, "PATCH", &path, &both, 400, "Either favorite or nickname");
    }
    refused(&client, "PATCH", &path, &json!({ "nickname": "x".repeat(33) }), 422, "1 to 32 characters");
    let by_customer = format!("/api/Customers/{}/devices/{mac}", Home::Healthy.customer_id());
    assert_eq!(send(&client, "PUT", &by_customer, &json!({ "nickname": "Lap" })).1["nickname"], "Lap");
    assert_eq!(client.ok(&path)["nickname"], "Lap");
    refused(&client, "PUT", &by_customer, &json!({}), 400, "nickname is a required argument");
    let foreign = format!("/api/Customers/{}/devices/{mac}", Home::Empty.customer_id());
    refused(&client, "PUT", &foreign, &json!({ "nickname": "x" }), 404, "There are no devices");
}

#[test]
fn an_optimization_is_recorded() {
    let client = Client::default();
    let path = api(Home::Healthy);
    let gateway = format!("/reports/gateway/locations/{}/optimization", Home::Healthy.location_id());
    let before = client.ok(&gateway)["total"].as_u64().unwrap();
    let (status, body) = send(&client, "POST", &format!("{path}/optimize"), &json!({ "forcePcs": true }));
    assert!(status == 200 && body.is_string());
    assert_eq!(client.ok(&gateway)["total"], before + 1);
    let summary = client.ok(&format!("{path}?include=summary"))["summary"]["optimization"].clone();
    assert_eq!(summary["trigger"], "manual");
    refused(&client, "POST", &format!("{path}/optimize"), &json!({ "forcePcs": 2 }), 400, "boolean");
}

#[test]
fn the_audit_trail_lists_changes() {
    let (client, clock) = timed();
    let path = api(Home::Healthy);
    send(&client, "PATCH", &format!("{path}/serviceLevel"), &json!({ "status": "noService" }));
    clock.advance(Duration::from_secs(5));
    send(&client, "POST", &format!("{path}/nodes"), &json!({ "serialNumber": "SIMUNCLAIMED1" }));
    send(
        &client,
        "PATCH",
        &format!("/api/Customers/{}", Home::Healthy.customer_id()),
        &json!({ "name": "N" }),
    );
    let rows = client.ok(&format!("{path}/auditTrail"));
    let rows = rows.as_array().unwrap();
    assert_eq!(names(rows, "event"), ["NodeClaimed", "LocationConfigChanged"], "newest first");
    for row in rows {
        has_keys(row, &["id", "customerId", "locationId", "partnerId", "author", "details", "xRequestId"]);
    }
    assert_eq!(rows[0]["createdAt"], "2026-01-15T10:00:05.000Z");
    assert_eq!(rows[0]["details"]["nodeId"], "SIMUNCLAIMED1");
    let customer = client.ok(&format!("/api/Customers/{}/auditTrail", Home::Healthy.customer_id()));
    assert_eq!(customer.as_array().unwrap().len(), 3);
    assert_eq!(client.ok(&format!("{}/auditTrail", api(Home::Empty))), json!([]));

    let audit = client.simulator.audit();
    assert_eq!((audit[1].event, &audit[1].method), ("NodeClaimed", &Method::POST));
    assert_eq!(audit[1].template, "/api/Customers/{id}/locations/{locationId}/nodes");
    assert_eq!(audit[1].at, common::start() + Duration::from_secs(5));
    assert_eq!(audit[1].location_id.as_deref(), Some(Home::Healthy.location_id()));
    assert_eq!(audit[2].location_id, None);
}

#[test]
fn write_requires_a_token() {
    let client = Client { token: "expired".to_owned(), ..Client::default() };
    for route in Simulator::routes().iter().filter(|route| route.method != Method::GET) {
        if route.template.starts_with("/oauth2") {
            continue;
        }
        let path = route
            .template
            .replace("{id}", Home::Healthy.customer_id())
            .replace("{locationId}", Home::Healthy.location_id());
        let (status, _) = send(&client, route.method.as_str(), &path, &json!({ "accountId": "SUB-0001" }));
        assert_eq!(status, 401, "{} {path}", route.method);
    }
    assert!(client.simulator.audit().is_empty());
}

/// A token for the provider with this name.
fn token_of(simulator: &Simulator, tenant: &str) -> String {
    let endpoints = simulator.tenant_endpoints(tenant).unwrap();
    let path = endpoints.sso_url().splitn(4, '/').nth(3).unwrap().to_owned();
    let scope = format!("partnerId:{} role:partnerIdAdmin", endpoints.partner_id());
    let request = http::Request::post(format!("/{path}"))
        .header("authorization", endpoints.auth_header())
        .header("content-type", "application/x-www-form-urlencoded")
        .body(bytes::Bytes::from(format!("grant_type=client_credentials&scope={}", common::encode(&scope))));
    let body = simulator.handle(request.unwrap()).into_body();
    let body: Value = serde_json::from_slice(&body).unwrap();
    body["access_token"].as_str().unwrap_or_else(|| panic!("{body}")).to_owned()
}

#[test]
fn each_provider_changes_its_own_world() {
    let simulator = builder().customers(10).tenant("Example Cable", 5).build();
    let first = Client { token: simulator.issue_token(), simulator: simulator.clone() };
    let second = Client { token: token_of(&simulator, "Example Cable"), simulator: simulator.clone() };
    let partner = simulator.tenant_endpoints("Example Cable").unwrap().partner_id();
    let path = "/api/Customers/register";
    let order = json!({ "accountId": "SUB-0001", "partnerId": partner });
    refused(&first, "POST", path, &order, 403, "another provider");
    let (status, made) = send(&second, "POST", path, &order);
    assert_eq!((status, &made["partnerId"]), (200, &json!(partner)), "{made}");
    let foreign = json!({ "accountId": "SUB-0002", "partnerId": first.simulator.endpoints().partner_id() });
    refused(&second, "POST", path, &foreign, 403, "another provider");
    // The same account id at another provider is another account.
    let (status, own) = send(&first, "POST", path, &json!({ "accountId": "SUB-0001" }));
    assert_eq!(status, 200, "{own}");
    assert_ne!(own["id"], made["id"]);
    let theirs = format!("/api/Customers/{}", made["id"].as_str().unwrap());
    assert_eq!(second.status(&theirs), 200);
    refused(&first, "PATCH", &theirs, &json!({ "name": "Mine" }), 403, "Access Denied");
    refused(&first, "DELETE", &theirs, &Value::Null, 403, "Access Denied");
    assert_eq!(first.ok("/api/Customers/count")["count"], 19);
    assert_eq!(second.ok("/api/Customers/count")["count"], 6);
    assert_eq!(simulator.audit().len(), 4, "two customers with a location each");
}
