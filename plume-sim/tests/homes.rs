//! The contents of each named home.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends there and then, also in its helpers"
)]

mod common;

use plume_sim::{Home, ListShape};
use serde_json::{Value, json};

use common::{Client, api, builder, has_keys, names, reports};

fn states(rows: &[Value]) -> Vec<&str> {
    names(rows, "connectionState")
}

fn network(client: &Client, home: Home) -> Value {
    client.ok(&api(home))["networkStatus"]["status"].clone()
}

#[test]
fn healthy_is_one_good_pod() {
    let client = Client::default();
    let nodes = client.nodes(Home::Healthy);
    let [pod] = nodes.as_slice() else { panic!("{nodes:#?}") };
    assert_eq!(pod["nickname"], "Living Room Pod");
    assert_eq!(pod["model"], "P301X");
    assert_eq!(pod["firmwareVersion"], "8.5.2");
    assert_eq!(pod["connectionState"], "connected");
    assert_eq!(pod["leafToRoot"], json!([]));
    assert_eq!(pod["health"]["status"], "excellent");
    assert_eq!(pod["id"], pod["serialNumber"]);
    let devices = client.devices(Home::Healthy);
    assert_eq!(states(&devices), ["connected"; 6]);
    assert_eq!(pod["connectedDeviceCount"], 6);
    assert_eq!(network(&client, Home::Healthy), "online");
    assert_eq!(client.ok(&format!("{}/serviceLevel", api(Home::Healthy)))["status"], "fullService");
}

#[test]
fn one_pod_down_takes_its_devices_with_it() {
    let client = Client::default();
    let nodes = client.nodes(Home::OnePodDown);
    assert_eq!(names(&nodes, "nickname"), ["Hallway Gateway", "Living Room", "Bedroom"]);
    assert_eq!(states(&nodes), ["connected", "disconnected", "connected"]);
    assert_eq!(network(&client, Home::OnePodDown), "online");
    let lost = &nodes[1];
    assert_eq!((&lost["health"], &lost["leafToRoot"]), (&Value::Null, &json!([])));
    assert!(lost.as_object().unwrap().contains_key("health"), "null, not missing");
    assert_eq!(lost["connectionStateChangeAt"], "2026-01-15T08:00:00.000Z", "two hours ago");
    for device in client.devices(Home::OnePodDown) {
        let behind = device["leafToRoot"][0]["id"] == lost["id"];
        assert_eq!(device["connectionState"] == "disconnected", behind, "{device:#}");
    }
}

#[test]
fn two_pods_down_leave_the_gateway() {
    let client = Client::default();
    assert_eq!(states(&client.nodes(Home::TwoPodsDown)), ["connected", "disconnected", "disconnected"]);
    assert_eq!(network(&client, Home::TwoPodsDown), "online");
}

#[test]
fn gateway_down_is_offline_everywhere() {
    let client = Client::default();
    let nodes = client.nodes(Home::GatewayDown);
    assert_eq!(states(&nodes), ["disconnected"; 3]);
    assert!(nodes.iter().all(|node| node["health"].is_null() && node["leafToRoot"] == json!([])));
    assert!(states(&client.devices(Home::GatewayDown)).iter().all(|state| *state == "disconnected"));
    assert_eq!(network(&client, Home::GatewayDown), "offline");

    let online = client.ok(&format!("{}/onlineStats", reports(Home::GatewayDown)));
    let samples = names(online["locationState"].as_array().unwrap(), "value");
    assert_eq!(samples[samples.len() - 3..], ["online", "offline", "offline"]);
    let wan = client.ok(&format!("{}/wanStats?period=daily", reports(Home::GatewayDown)));
    let points = wan["fifteenMins"].as_array().unwrap();
    let measured = |point: &Value| !point["rxMbytes"].is_null();
    assert!(points[88..].iter().all(|point| !measured(point)), "the last two hours");
    assert!(points[..88].iter().filter(|point| measured(point)).count() > 80);
}

#[test]
fn poor_qoe_affects_video_only() {
    let client = Client::default();
    let path = |home| format!("{}/appqoe/AppQoeStatsByTrafficClass", api(home));
    let (status, body) = client.send("POST", &path(Home::PoorQoe), r#"{"timePeriod":"last24Hours"}"#);
    assert_eq!(status, 200);
    let rows = body["trafficClasses"].as_array().unwrap();
    assert_eq!(names(rows, "trafficClassName"), ["av_streaming", "gaming", "video_conferencing"]);
    assert_eq!(rows[2]["qoe"], "poor");
    assert!(rows[2]["score"].as_f64().unwrap() < 2.5);
    assert!(rows[..2].iter().all(|row| row["score"].as_f64().unwrap() > 3.5), "{body}");
    let nodes = client.nodes(Home::PoorQoe);
    assert_eq!(states(&nodes), ["connected"; 3]);
    assert!(
        nodes.iter().all(|node| ["excellent", "good"].contains(&node["health"]["status"].as_str().unwrap()))
    );

    let (_, healthy) = client.send("POST", &path(Home::Healthy), "timePeriod=lastHour");
    assert!(healthy["trafficClasses"].as_array().unwrap().iter().all(|row| row["qoe"] != "poor"));
}

#[test]
fn device_gone_lacks_alexa() {
    let client = Client::default();
    assert_eq!(states(&client.nodes(Home::DeviceGone)), ["connected"; 3]);
    let devices = client.devices(Home::DeviceGone);
    let gone: Vec<&Value> =
        devices.iter().filter(|device| device["connectionState"] != "connected").collect();
    let [alexa] = gone.as_slice() else { panic!("{gone:#?}") };
    assert_eq!((&alexa["nickname"], &alexa["mac"]), (&json!("Alexa"), &json!("AA:BB:CC:00:11:22")));
    assert_eq!(alexa["connectionStateChangeAt"], "2026-01-15T08:00:00.000Z");
}

#[test]
fn reduced_service_changes_the_service_level_only() {
    let client = Client::default();
    assert_eq!(states(&client.nodes(Home::ReducedService)), ["connected"; 3]);
    let level = client.ok(&format!("{}/serviceLevel", api(Home::ReducedService)));
    assert_eq!(level["status"], "basicService");
    assert_eq!(client.ok(&api(Home::ReducedService))["serviceLevel"], level);
}

#[test]
fn empty_has_empty_lists() {
    let client = Client::default();
    assert_eq!(client.ok(&format!("{}/nodes", api(Home::Empty))), json!({ "nodes": [] }));
    assert_eq!(client.ok(&format!("{}/devices", api(Home::Empty))), json!({ "devices": [] }));
    assert_eq!(client.ok(&api(Home::Empty)).get("networkStatus"), None);
}

#[test]
fn lists_have_every_known_shape() {
    for (shape, pointer) in
        [(ListShape::Bare, ""), (ListShape::Wrapped, "/KEY"), (ListShape::DoubleWrapped, "/KEY/KEY")]
    {
        let client = Client::new(builder().list_shape(shape));
        for key in ["nodes", "devices"] {
            let body = client.ok(&format!("{}/{key}", api(Home::Healthy)));
            let rows = body.pointer(&pointer.replace("KEY", key)).and_then(Value::as_array);
            assert!(rows.is_some_and(|rows| !rows.is_empty()), "{shape:?} {body}");
        }
        let locations = client.ok(&format!("/api/Customers/{}/locations", Home::Healthy.customer_id()));
        assert!(locations.is_array(), "the shape is for nodes and devices only");
    }
}

#[test]
fn bodies_have_the_members_that_clients_read() {
    let client = Client::default();
    let customer = client.ok(&format!("/api/Customers/{}", Home::OnePodDown.customer_id()));
    let customer_keys = [
        "id",
        "accountId",
        "anonymous",
        "autoProvisioned",
        "name",
        "locked",
        "partnerId",
        "acceptLanguage",
        "source",
        "createdAt",
        "provisioningSsoAuditTrail",
        "_version",
        "email",
        "emailVerified",
        "firstKnownLoginTimestamp",
    ];
    has_keys(&customer, &customer_keys);

    let location_keys = [
        "id",
        "ipv6",
        "networkMode",
        "name",
        "accountId",
        "partnerId",
        "partnerName",
        "groupIds",
        "serviceId",
        "profile",
        "mDNSUniqueIdentifier",
        "freezeTemplates",
        "serviceLevel",
        "homeSecurityPriority",
        "appTime",
        "appTimeConfig",
        "createdAt",
        "updatedAt",
        "stepFunctionTimers",
        "_version",
        "groupOfUnassignedDevicesFreezeTemplates",
        "groupOfUnassignedDevicesFreezeSchedules",
        "isUtilizingSharedLocationFreezeSchedules",
        "uprise",
        "flex",
        "wifiNetworkImportedFromGateway",
        "customerId",
        "ispSpeedTestConfiguration",
        "bandSteering",
        "clientSteering",
        "controlMode",
        "monitorMode",
        "backhaul",
        "optimizations",
        "dppConfiguration",
        "haahsConfiguration",
        "onboardedAt",
        "basicServiceNodeClaimCount",
        "featureConfigIds",
        "geoIp",
        "networkStatus",
        "ssid",
    ];
    has_keys(&client.ok(&api(Home::OnePodDown)), &location_keys);

    let nodes = client.nodes(Home::OnePodDown);
    let every_node = [
        "id",
        "serialNumber",
        "nickname",
        "defaultName",
        "model",
        "connectionState",
        "connectionStateChangeAt",
        "claimedAt",
        "mac",
        "backhaulType",
        "connectedDeviceCount",
        "leafToRoot",
        "health",
        "alerts",
    ];
    nodes.iter().for_each(|node| has_keys(node, &every_node));
    let connected = [
        "vendor",
        "firmwareVersion",
        "openSyncVersion",
        "bootAt",
        "ethernetMac",
        "ethernet1Mac",
        "radioMac24",
        "radioMac50",
        "ip",
        "networkMode",
        "2gChannel",
        "5guChannel",
        "5glChannel",
        "linkStates",
        "radioStats",
        "ethernetLan",
        "residentialGateway",
        "hybrid",
        "subscriptionRequired",
        "packId",
        "partNumber",
        "shipDate",
        "puncturedChannels",
    ];
    has_keys(&nodes[0], &connected);
    has_keys(&nodes[0], &["ipv6", "wanIp", "publicIp", "speedTest"]);
    let speed_test = [
        "startedAt",
        "endedAt",
        "gateway",
        "status",
        "trigger",
        "testType",
        "serverId",
        "serverHost",
        "serverIp",
        "serverName",
        "isp",
        "download",
        "upload",
        "rtt",
    ];
    has_keys(&nodes[0]["speedTest"], &speed_test);
    has_keys(&nodes[2], &connected);
    assert!(nodes[0]["2gChannel"].is_u64(), "channels are numbers");
    assert_eq!(nodes[2]["leafToRoot"][0]["id"], nodes[0]["id"]);
    assert_eq!(client.nodes(Home::DeviceGone)[1]["leafToRoot"][0]["channel"], 149);

    let devices = client.devices(Home::OnePodDown);
    let every_device = ["mac", "name", "medium", "connectionState", "leafToRoot"];
    devices.iter().for_each(|device| has_keys(device, &every_device));
    let full = [
        "id",
        "nickname",
        "icon",
        "freqBand",
        "channel",
        "ip",
        "accessZone",
        "keyId",
        "connectionStateChangeAt",
        "firstConnectedAt",
        "health",
        "networkId",
        "vapType",
        "favorite",
        "capabilities",
        "clientSteering",
        "bandSteering",
        "kind",
    ];
    has_keys(&devices[0], &full);
    has_keys(&devices[0]["kind"], &["category", "brand", "model", "os"]);
    assert!(devices.iter().any(|device| device.get("nickname").is_none()), "missing members exist");
}

#[test]
fn counts_of_devices_agree_with_the_devices() {
    let client = Client::default();
    for home in Home::ALL {
        let connected =
            client.devices(home).iter().filter(|device| device["connectionState"] == "connected").count();
        let counted: u64 =
            client.nodes(home).iter().map(|node| node["connectedDeviceCount"].as_u64().unwrap()).sum();
        assert_eq!(counted, connected as u64, "{home}");
    }
}

#[test]
fn only_added_homes_exist() {
    let client = Client::new(builder().home(Home::Empty).home(Home::Empty).customers(0));
    assert_eq!(client.ok("/api/Customers").as_array().unwrap().len(), 1);
    assert_eq!(client.status(&api(Home::Empty)), 200);
    assert_eq!(client.status(&api(Home::Healthy)), 401);
}
