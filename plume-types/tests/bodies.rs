//! Every sample body decodes, also with absent fields and wrong types, and round-trips.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::{fmt::Debug, fs, path::Path};

use plume_types::{
    AlertKind, AlertState, AppFacadeHome, AppQoe, AuditTrail, Backhaul, BandSeries, Capabilities,
    ConnectionState, Count, Customer, CustomerSearchHit, DecodeError, Decoded, Device, DeviceBandwidth,
    DeviceBandwidthHistory, DeviceBandwidthSeries, DhcpReservation, DnsServers, Drift, DriftKind, ErrorBody,
    Field, HealthWord, LanConnectivityHistory, List, Location, LocationAlerts, LocationBandwidth,
    LocationQoe, LocationSummary, LteNetworkConfiguration, Medium, NetworkModeSetting, Node, NodeClaim,
    OnboardingCheckpoint, OnlineStats, OnlineWord, OptimizationCounts, PartnerCustomerHit, PartnerLocation,
    PartnerNode, QoeHistory, QoeMetrics, RebootHistory, RssiSeries, ServiceLevel, SpeedTestSeries,
    UplinkStatus, Upnp, WanConfiguration, WanSaturation, WanSaturationHistory, WanStats, WifiNetwork,
    WifiNetworkListItem, WifiSsid, decode,
};
use serde_json::Value;

/// A sample: its file, and a reader that returns it as JSON again.
struct Sample {
    file: &'static str,
    read: fn(&[u8]) -> ReadResult,
}

/// The body as JSON again, the drift, and the number of a list's elements.
type ReadResult = Result<(Value, Drift, usize), DecodeError>;

fn one<T: decode::Decode + serde::Serialize + serde::de::DeserializeOwned + PartialEq + Debug>(
    body: &[u8],
) -> ReadResult {
    finish(decode::body::<T>(body)?)
}

fn finish<T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + Debug>(
    decoded: Decoded<T>,
) -> ReadResult {
    let written = serde_json::to_value(&decoded.value).unwrap();
    let text = written.to_string();
    // A redacted secret does not round-trip, by design.
    if !text.contains("[redacted]") {
        assert_eq!(serde_json::from_str::<T>(&text).unwrap(), decoded.value);
    }
    Ok((written, decoded.drift, 1))
}

macro_rules! sample {
    ($file:literal, $type:ty) => {
        Sample { file: $file, read: one::<$type> }
    };
    ($file:literal, [$type:ty], $($wrapper:literal),*) => {
        Sample {
            file: $file,
            read: |body| {
                let list: Decoded<List<$type>> = decode::list(body, &[$($wrapper),*])?;
                let count = list.value.len();
                finish(list).map(|(written, drift, _)| (written, drift, count))
            },
        }
    };
    ($file:literal, $type:ty, in $wrapper:literal) => {
        Sample { file: $file, read: |body| finish(decode::wrapped::<$type>(body, &[$wrapper])?) }
    };
}

const SAMPLES: &[Sample] = &[
    sample!("alerts", LocationAlerts),
    sample!("app-facade-home", AppFacadeHome),
    sample!("appqoe-stats-by-traffic-class", AppQoe),
    sample!("audit-trail", [AuditTrail],),
    sample!("backhaul", Backhaul),
    sample!("capabilities", Capabilities),
    sample!("customer", Customer),
    sample!("customer-delete", Count),
    sample!("customer-register", Customer),
    sample!("customer-search-v2", [CustomerSearchHit], "data", "items", "results"),
    sample!("customers", [Customer],),
    sample!("customers-count", Count),
    sample!("device", Device),
    sample!("devices", [Device], "devices"),
    sample!("devices-swagger-shape", [Device], "devices"),
    sample!("dhcp-reservations", [DhcpReservation],),
    sample!("dns-servers", DnsServers),
    sample!("location", Location),
    sample!("location-minimal", Location),
    sample!("location-summary", LocationSummary),
    sample!("locations", [Location],),
    sample!("lte-network-configuration", LteNetworkConfiguration),
    sample!("network-mode", NetworkModeSetting),
    sample!("node", Node),
    sample!("node-claim", NodeClaim),
    sample!("nodes", [Node], "nodes"),
    sample!("nodes-swagger-shape", [Node], "nodes"),
    sample!("onboarding-checkpoint", OnboardingCheckpoint),
    sample!("partner-customer-search", [PartnerCustomerHit],),
    sample!("partner-location", PartnerLocation),
    sample!("partner-node", PartnerNode),
    sample!("partner-node-minimal", PartnerNode),
    sample!("partner-node-unclaimed", PartnerNode),
    sample!("reports-band-series", BandSeries),
    sample!("reports-device-bandwidth", DeviceBandwidthSeries),
    sample!("reports-device-rssi", RssiSeries),
    sample!("reports-gateway-device-bandwidth", DeviceBandwidth),
    sample!("reports-gateway-device-bandwidth-history", DeviceBandwidthHistory),
    sample!("reports-gateway-lan-connectivity-history", LanConnectivityHistory),
    sample!("reports-gateway-location-device-bandwidth", LocationBandwidth),
    sample!("reports-gateway-location-qoe", LocationQoe),
    sample!("reports-gateway-optimization", OptimizationCounts),
    sample!("reports-gateway-qoe-history", QoeHistory),
    sample!("reports-gateway-reboot-history", RebootHistory),
    sample!("reports-gateway-wan-saturation", WanSaturation),
    sample!("reports-gateway-wan-saturation-history", WanSaturationHistory),
    sample!("reports-gateway-wan-stats-history", WanStats),
    sample!("reports-online-stats", OnlineStats),
    sample!("reports-qoe-metrics-v2", QoeMetrics),
    sample!("reports-speed-test-results", SpeedTestSeries),
    sample!("reports-wan-stats-daily", WanStats),
    sample!("service-level", ServiceLevel),
    sample!("uplink-status", UplinkStatus),
    sample!("upnp", Upnp),
    sample!("wan-configuration", WanConfiguration),
    sample!("wifi-network", WifiNetwork, in "wifiNetwork"),
    sample!("wifi-network-ssid", WifiSsid),
    sample!("wifi-networks", [WifiNetworkListItem], "networks"),
];

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bodies")
}

fn text_of(sample: &Sample) -> String {
    fs::read_to_string(folder().join(format!("{}.json", sample.file))).unwrap()
}

#[test]
fn every_body_in_the_folder_is_read_by_a_test() {
    for entry in fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned();
        let tested = SAMPLES.iter().any(|sample| sample.file == name) || name.starts_with("error-loopback-");
        assert!(tested, "{name}.json is not in the table");
    }
}

#[test]
fn every_body_decodes_without_drift_and_survives_a_round_trip() {
    for sample in SAMPLES {
        let (_, drift, count) = (sample.read)(text_of(sample).as_bytes())
            .unwrap_or_else(|error| panic!("{}: {error}", sample.file));
        assert!(count > 0, "{}", sample.file);
        assert!(drift.is_empty(), "{}: {drift:?}", sample.file);
    }
}

#[test]
fn no_value_of_a_body_is_lost() {
    // Values are counted; only a `null` may be missing from the written form.
    for sample in SAMPLES {
        let original: Value = serde_json::from_str(&text_of(sample)).unwrap();
        let (written, ..) = (sample.read)(text_of(sample).as_bytes()).unwrap();
        let (before, after) = (count_leaves(&original), count_leaves(&written));
        let nulls = count_nulls(&original);
        assert!(after + nulls >= before, "{}: {before} values before, {after} after", sample.file);
    }
}

fn count_leaves(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(count_leaves).sum(),
        Value::Object(object) => object.values().map(count_leaves).sum(),
        _ => 1,
    }
}

fn count_nulls(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(count_nulls).sum(),
        Value::Object(object) => object.values().map(count_nulls).sum(),
        Value::Null => 1,
        _ => 0,
    }
}

/// Returns every body that differs in exactly one value.
fn mutations(body: &Value, replacement: &Value) -> Vec<(String, Value)> {
    fn paths(value: &Value, at: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(object) => {
                for (key, child) in object {
                    let path = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
                    found.push(path.clone());
                    paths(child, &path, found);
                }
            }
            Value::Array(items) => {
                for (index, child) in items.iter().enumerate() {
                    let path = format!("{at}/{index}");
                    found.push(path.clone());
                    paths(child, &path, found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    paths(body, "", &mut found);
    found
        .into_iter()
        .map(|path| {
            let mut changed = body.clone();
            *changed.pointer_mut(&path).unwrap() = replacement.clone();
            (path, changed)
        })
        .collect()
}

/// Returns whether a body is useless without the value: ids, wrappers of lists, the only element or field.
fn is_essential(path: &str, body: &Value) -> bool {
    let steps: Vec<&str> = path.split('/').skip(1).collect();
    let parent = body.pointer(path.rsplit_once('/').map_or("", |(parent, _)| parent)).unwrap();
    let only_one = match parent {
        Value::Array(items) => items.len() == 1,
        Value::Object(object) => object.len() == 1,
        _ => unreachable!("a parent is an array or an object"),
    };
    match steps.as_slice() {
        [field] => only_one || KEPT.contains(field) || SKELETON.contains(field),
        // Inside the wrappers of a list, and inside its only element.
        ["nodes" | "devices", "nodes" | "devices"] => true,
        ["nodes" | "devices", "nodes" | "devices", _] => only_one,
        [index, field] | ["devices" | "nodes", "devices" | "nodes", index, field] => {
            index.parse::<usize>().is_ok() && KEPT.contains(field)
        }
        _ => false,
    }
}

#[test]
fn a_null_or_wrong_value_never_costs_the_body() {
    let wrong: [(&str, Value); 6] = [
        ("null", Value::Null),
        ("flag", Value::Bool(true)),
        ("number", serde_json::json!(-1.5)),
        ("text", serde_json::json!("?")),
        ("array", serde_json::json!([[]])),
        ("object", serde_json::json!({"?": {"?": 1}})),
    ];
    let mut changes = 0;
    for sample in SAMPLES {
        let body: Value = serde_json::from_str(&text_of(sample)).unwrap();
        for (what, replacement) in &wrong {
            for (path, changed) in mutations(&body, replacement) {
                changes += 1;
                let result = (sample.read)(changed.to_string().as_bytes());
                if !is_essential(&path, &body) {
                    assert!(result.is_ok(), "{} with {what} at {path}: {:?}", sample.file, result.err());
                }
            }
        }
    }
    assert!(changes > 1_000, "only {changes} changes");
}

#[test]
fn a_body_without_its_optional_fields_decodes() {
    for sample in SAMPLES {
        let mut body: Value = serde_json::from_str(&text_of(sample)).unwrap();
        let mut nulled = body.clone();
        strip(&mut body, 0);
        null(&mut nulled);
        for body in [body, nulled] {
            let result = (sample.read)(body.to_string().as_bytes());
            assert!(result.is_ok(), "{}: {body} {:?}", sample.file, result.err());
        }
    }
}

const KEPT: [&str; 4] = ["id", "mac", "serialNumber", "customerId"];
const SKELETON: [&str; 6] = ["nodes", "devices", "wifiNetwork", "claimed", "items", "fifteenMins"];

fn strip(value: &mut Value, depth: usize) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| strip(item, depth + 1)),
        Value::Object(object) => {
            object.retain(|key, child| {
                KEPT.contains(&key.as_str())
                    || (depth < 2 && SKELETON.contains(&key.as_str()) && !child.is_null())
            });
            object.values_mut().for_each(|child| strip(child, depth + 1));
        }
        _ => {}
    }
}

fn null(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(null),
        Value::Object(object) => {
            for (key, child) in object.iter_mut() {
                if SKELETON.contains(&key.as_str()) && (child.is_array() || child.is_object()) {
                    null(child);
                } else if !KEPT.contains(&key.as_str()) {
                    *child = Value::Null;
                }
            }
        }
        _ => {}
    }
}

#[test]
fn bare_and_wrapped_lists_are_the_same() {
    let nodes = r#"[{"id":"TST0000001"},{"id":"TST0000002","connectionState":"connected"}]"#;
    let read = |body: &str| decode::list::<Node>(body.as_bytes(), &["nodes"]).unwrap().value;
    let bare = read(nodes);
    assert_eq!(bare.len(), 2);
    assert_eq!(bare, read(&format!(r#"{{"nodes":{nodes}}}"#)));
    assert_eq!(bare, read(&format!(r#"{{"nodes":{{"nodes":{nodes}}}}}"#)));
    assert!(read("[]").is_known_empty());
    assert!(read(r#"{"nodes":[]}"#).is_known_empty());
    assert!(read(r#"{"nodes":{"nodes":[]}}"#).is_known_empty());
    assert!(!bare.is_known_empty());
}

#[test]
fn a_list_without_a_readable_element_is_not_known_to_be_empty() {
    // A whole body without one is an error; inside a body it is a list with an unreadable element.
    let node = decode::body::<Node>(br#"{"id":"TST1","connectionState":"connected","leafToRoot":[17]}"#);
    let node = node.unwrap().value;
    let way = node.leaf_to_root.known().unwrap();
    assert_eq!((way.len(), way.unreadable(), way.is_known_empty()), (0, 1, false));
    assert_eq!(node.is_gateway(), Some(false), "something is above it");
}

#[test]
fn another_shape_is_an_error_and_never_an_empty_list() {
    for body in [
        "",
        "null",
        "{}",
        "\"ok\"",
        "17",
        r#"{"nodes":null}"#,
        r#"{"nodes":{}}"#,
        r#"{"nodes":{"nodes":{"nodes":[]}}}"#,
        r#"{"data":[]}"#,
        r#"{"error":{"statusCode":500}}"#,
        r#"[1,2,3]"#,
        r#"[null]"#,
        "<html><body>Access denied</body></html>",
        r#"{"nodes":[{"id":"TST1"}"#,
        r#"[{"id":"TST1"}] []"#,
    ] {
        assert!(decode::list::<Node>(body.as_bytes(), &["nodes"]).is_err(), "{body}");
    }
    for body in ["", "null", "{}", "[]", "[{}]", r#"{"error":{"statusCode":404}}"#, r#"{"name":"Home"}"#] {
        assert!(decode::body::<Location>(body.as_bytes()).is_err(), "{body}");
    }
    assert!(decode::body::<Location>(b"\xff\xfe{\x00}\x00").is_err());
}

#[test]
fn an_unreadable_element_costs_that_element() {
    let body = br#"{"nodes":[{"id":"TST1"}, "what", {"nickname":"no id"}, null, {"id":"TST2"}]}"#;
    let decoded = decode::list::<Node>(body, &["nodes"]).unwrap();
    assert_eq!(decoded.value.len(), 2);
    assert_eq!(decoded.value.unreadable(), 3);
    assert_eq!(decoded.drift.count(DriftKind::Unreadable), 3);
}

#[test]
fn an_error_names_the_place_but_no_value() {
    let body = br#"[{"id":"TST1","nickname":"hidden-name","health":{"status":"good","score":!}}]"#;
    let error = decode::list::<Node>(body, &["nodes"]).unwrap_err();
    assert_eq!(error.path(), "[0].health.score");
    assert!(!error.to_string().contains("hidden-name"), "{error}");
}

#[test]
fn deep_nesting_is_an_error_and_not_a_crash() {
    for depth in [129, 200_000] {
        let body = format!(r#"{{"id":"x","vendor":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
        let _ = decode::body::<Node>(body.as_bytes());
    }
}

#[test]
fn a_value_nested_too_deep_costs_only_itself() {
    for depth in [63, 64, 129, 200, 200_000] {
        let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let body =
            format!(r#"{{"nodes":[{{"id":"A"}},{{"id":"B","wifiConfig":{{"near":1,"far":{deep}}}}}]}}"#);
        let nodes = decode::list::<Node>(body.as_bytes(), &["nodes"]).unwrap();
        assert_eq!((nodes.value.len(), nodes.value.unreadable()), (2, 0), "{depth}");
        let config = nodes.value[1].wifi_config.clone().unwrap();
        assert_eq!(config.number("near"), Some(1.0), "{depth}");
        let is_marked = serde_json::to_string(&config).unwrap().contains(r#"{"$unreadable":true}"#);
        assert_eq!((is_marked, nodes.drift.count(DriftKind::WrongType)), (depth > 63, u64::from(depth > 63)));
    }
    let refusal =
        format!(r#"{{"error":{{"statusCode":403,"details":{}{}}}}}"#, "[".repeat(200), "]".repeat(200));
    let refusal = ErrorBody::parse(refusal.as_bytes()).unwrap();
    assert!(refusal.is_application_error());
    assert_eq!(refusal.status_code, Some(403));
}

#[test]
fn values_that_json_does_not_allow_cost_their_field() {
    let body = "{\"nodes\":[{\"id\":\"A\",\"nickname\":\"Hall \\ud83d\",\"model\":\"P\t1\",\"channel\":1e999,\
        \"health\":{\"status\":\"good\",\"score\":-1e999},\"wifiConfig\":{\"x\":[1e999,\"\\udc00\"]},\"\\ud800\":1},{\"id\":\"B\"}]}";
    let decoded = decode::list::<Node>(body.as_bytes(), &["nodes"]).unwrap();
    let [one, other] = &decoded.value[..] else { panic!("two nodes") };
    assert_eq!((one.nickname.as_deref(), one.model.as_deref()), (Some("Hall \u{fffd}"), Some("P\u{fffd}1")));
    assert_eq!(one.channel, None);
    let health = one.health.known().unwrap();
    assert_eq!((&health.status, &health.score), (&HealthWord::Good.into(), &Field::Unreadable));
    assert_eq!(one.wifi_config.as_ref().unwrap().text("x.1").as_deref(), Some("\u{fffd}"));
    assert_eq!(other, &Node::new("B"));
    assert_eq!(decoded.drift.count(DriftKind::Malformed), 7);

    // Ids are used in requests, so an incomplete one is unreadable.
    let ids = br#"[{"id":"A\ud83d","serialNumber":"TST1"},{"id":"B\ud83d"},{"id":"C"}]"#;
    let nodes = decode::list::<Node>(ids, &[]).unwrap().value;
    assert_eq!((nodes[0].id.as_str(), nodes[1].id.as_str(), nodes.unreadable()), ("TST1", "C", 1));

    let refusal = br#"{"error":{"statusCode":404,"message":"no \ud83d","code":"MODEL_NOT_FOUND"}}"#;
    let refusal = ErrorBody::parse(refusal).unwrap();
    assert_eq!(
        (refusal.code.as_deref(), refusal.message.as_deref()),
        (Some("MODEL_NOT_FOUND"), Some("no \u{fffd}"))
    );

    let own: Vec<String> = decode::custom(br#"["Hall \ud83d"]"#).unwrap();
    assert_eq!(own, ["Hall \u{fffd}"]);
    for broken in [r#"["\ud83d""#, r#"["\ud83d",!]"#, r#"["\ud83d"] []"#] {
        assert!(decode::body::<List<String>>(broken.as_bytes()).is_err(), "{broken}");
        assert!(decode::custom::<Vec<String>>(broken.as_bytes()).is_err(), "{broken}");
    }
}

#[test]
fn whole_numbers_keep_their_digits() {
    let body = br#"[{"id":12345678901234567890123,"nickname":-98765432109876543210,"bootAt":0,"channel":6}]"#;
    let nodes = decode::list::<Node>(body, &[]).unwrap().value;
    assert_eq!(nodes[0].id.as_str(), "12345678901234567890123");
    assert_eq!(nodes[0].nickname.as_deref(), Some("-98765432109876543210"));
    assert_eq!(nodes[0].channel, Some(6));
    // Without the text of the body, the value is unreadable instead of rounded.
    assert!(serde_json::from_str::<Node>(r#"{"id":12345678901234567890123}"#).is_err());
    assert_eq!(
        serde_json::from_str::<Node>(r#"{"id":18446744073709551615}"#).unwrap().id.as_str(),
        "18446744073709551615"
    );
    let qoe = decode::body::<AppQoe>(br#"{"reference":12345678901234567890123}"#).unwrap().value;
    assert_eq!(qoe.raw()["reference"], "12345678901234567890123");
}

#[test]
fn unreadable_is_not_absent_and_round_trips() {
    let bad = [r#"{"0":{"type":"poorHealth"}}"#, "2", r#""x""#, "true", r#"{"$unreadable":true}"#];
    for alerts in bad {
        let body = format!(r#"{{"id":"A","alerts":{alerts},"health":[],"connectionState":{{}}}}"#);
        let node = decode::body::<Node>(body.as_bytes()).unwrap().value;
        assert_eq!(node.alerts, Field::Unreadable, "{alerts}");
        assert_eq!(node.alerts.elements(), (&[][..], 1));
        assert_eq!((&node.health, &node.connection_state), (&Field::Unreadable, &Field::Unreadable));
        assert_eq!(node.leaf_to_root, Field::Absent);
        let written = serde_json::to_string(&node).unwrap();
        assert_eq!(serde_json::from_str::<Node>(&written).unwrap(), node, "{written}");
    }
    let node: Node = serde_json::from_str(r#"{"id":"A","alerts":null}"#).unwrap();
    assert_eq!(node, Node::new("A"));

    let rssi = r#"{"2g":{"TST1":[{"value":-60}],"TST2":"x","TST3":null},"5g":[]}"#;
    let rssi: RssiSeries = serde_json::from_str(rssi).unwrap();
    assert_eq!(rssi.band_5g, Field::Unreadable);
    let band = rssi.band_2g.known().unwrap();
    assert_eq!((band.len(), band.unreadable().collect::<Vec<_>>()), (1, vec!["TST2"]));
    assert_eq!((band.field("TST2"), band.field("TST3")), (Field::Unreadable, Field::Absent));
    let written = serde_json::to_string(&rssi).unwrap();
    assert_eq!(serde_json::from_str::<RssiSeries>(&written).unwrap(), rssi, "{written}");

    let wan: WanStats = serde_json::from_str(r#"{"fifteenMins":"x","days":[{"rxMbytes":1}]}"#).unwrap();
    assert!(wan.points().is_empty(), "the days are not the quarters");
    assert_eq!(wan.unreadable().collect::<Vec<_>>(), ["fifteenMins"]);
}

#[test]
fn a_repeated_key_has_one_rule_everywhere() {
    let node = |body: &str| decode::body::<Node>(body.as_bytes()).unwrap();
    let list = |body: &str| decode::list::<Node>(body.as_bytes(), &["nodes", "items"]).unwrap();
    // The last readable value counts: in a field, under another name of a field, under a wrapper, in a map.
    for (first, second, expected) in [("\"a\"", "\"b\"", "b"), ("\"a\"", "[]", "a"), ("[]", "\"b\"", "b")] {
        let decoded = node(&format!(r#"{{"id":"A","nickname":{first},"nickname":{second}}}"#));
        assert_eq!(decoded.value.nickname.as_deref(), Some(expected));
        assert!(decoded.drift.count(DriftKind::DuplicateField) <= 1);
    }
    for (first, second, expected) in [
        (r#"[{"id":"A"}]"#, r#"[{"id":"B"}]"#, "B"),
        (r#"[{"id":"A"}]"#, "2", "A"),
        (r#"[{"id":"A"}]"#, "null", "A"),
        ("2", r#"[{"id":"B"}]"#, "B"),
    ] {
        let wrapped = list(&format!(r#"{{"nodes":{first},"nodes":{second}}}"#));
        assert_eq!(wrapped.value[0].id.as_str(), expected, "{first} {second}");
        assert_eq!(wrapped.drift.count(DriftKind::DuplicateField), 1, "{first} {second}");
        for name in ["devices", "clients"] {
            let (first, second) = (first.replace("id", "mac"), second.replace("id", "mac"));
            let decoded = node(&format!(r#"{{"id":"N","{name}":{first},"{name}":{second}}}"#));
            let (devices, _) = decoded.value.devices.elements();
            assert_eq!(devices[0].mac.as_str(), expected, "{name}: {first} {second}");
            assert_eq!(decoded.drift.count(DriftKind::DuplicateField), 1, "{name}: {first} {second}");
        }
    }
    // Of several names the first with a readable value counts, in any order of the fields.
    for body in [
        r#"{"items":[{"id":"B"}],"nodes":[{"id":"A"}]}"#,
        r#"{"nodes":[{"id":"A"}],"items":[{"id":"B"}]}"#,
        r#"{"items":[{"id":"A"}],"nodes":2}"#,
    ] {
        let list = list(body);
        assert_eq!(
            (list.value[0].id.as_str(), list.drift.count(DriftKind::DuplicateField)),
            ("A", 0),
            "{body}"
        );
    }
    let group =
        decode::body::<Capabilities>(br#"{"security":{"x":{"disabled":true},"x":{"disabled":false},"x":7}}"#)
            .unwrap();
    assert_eq!(group.value.security.unwrap().get("x").unwrap().disabled, Field::Known(false));
    assert_eq!(group.drift.count(DriftKind::DuplicateField), 2);
}

#[test]
fn words_are_read_in_any_letter_case() {
    let node: Node = serde_json::from_str(
        r#"{"id":"A","connectionState":" Connected","backhaulType":"WIFI","health":{"status":"Poor"},
            "alerts":[{"type":"PoorHealth","state":"SNOOZE"}],"residentialGateway":" TRUE "}"#,
    )
    .unwrap();
    assert_eq!(node.connection_state, ConnectionState::Connected);
    assert_eq!(node.backhaul_type, Some(Medium::Wifi));
    assert_eq!(node.health.known().unwrap().status, HealthWord::Poor);
    let alert = &node.alerts.elements().0[0];
    assert_eq!((&alert.kind, &alert.state), (&Some(AlertKind::PoorHealth), &Some(AlertState::Snooze)));
    assert_eq!(node.residential_gateway, Some(true));
    // A number is not a word, and neither is a blank text.
    let stats: OnlineStats = serde_json::from_str(
        r#"{"locationState":[{"value":"OFFLINE"},{"value":1},{"value":""},{"value":" "},{"value":"Dozing"}]}"#,
    )
    .unwrap();
    let words: Vec<_> = stats.location_state.elements().0.iter().map(|sample| sample.value.clone()).collect();
    let dozing = OnlineWord::from("Dozing");
    assert!(dozing.is_unknown());
    assert_eq!(words, [Some(OnlineWord::Offline), None, None, None, Some(dozing)]);
}

#[test]
fn secrets_are_redacted() {
    for file in ["wifi-network", "backhaul", "location"] {
        let sample = SAMPLES.iter().find(|sample| sample.file == file).unwrap();
        let text = text_of(sample);
        let (written, ..) = (sample.read)(text.as_bytes()).unwrap();
        assert!(written.to_string().contains("[redacted]"), "{file}");
        assert!(!written.to_string().contains("not-a-real-key"), "{file}");
        assert!(
            !written.to_string().contains("00000000000000000000000000000000000000000000000000"),
            "{file}"
        );
    }
    let network = decode::wrapped::<WifiNetwork>(
        fs::read(folder().join("wifi-network.json")).unwrap().as_slice(),
        &["wifiNetwork"],
    )
    .unwrap()
    .value;
    assert!(!format!("{network:?}").contains("not-a-real-key"));
    assert_eq!(network.encryption_key.unwrap().expose(), "not-a-real-key");
}

#[test]
fn error_bodies_are_read() {
    for (file, status, message) in [
        ("error-loopback-401", 401, "Authorization Required"),
        ("error-loopback-404", 404, "There are no locations with the ID \"5f0000000000000000000002\""),
        ("error-loopback-422", 422, "Invalid 'status' value."),
        ("error-loopback-500", 500, "Internal Server Error"),
    ] {
        let body = fs::read(folder().join(format!("{file}.json"))).unwrap();
        let error = ErrorBody::parse(&body).unwrap();
        assert_eq!((error.status_code, error.message.as_deref()), (Some(status), Some(message)));
        assert!(error.is_application_error());
    }
}
