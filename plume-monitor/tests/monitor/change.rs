//! Differences between two snapshots.

use plume_health::Format;
use plume_monitor::change::{ChangeKind, Changes, Moment, diff};
use serde_json::{Value, json};
use testkit::snapshots::{
    alexa, device, down, failed, gateway, healthy, known, node, not_asked, snapshot, with,
};

fn compare(before: &Value, after: &Value) -> Changes {
    diff(&snapshot(before.clone()), &snapshot(after.clone()))
}

fn messages(changes: &Changes) -> Vec<&str> {
    changes.changes.iter().map(|change| change.message.as_str()).collect()
}

fn kinds(changes: &Changes) -> Vec<ChangeKind> {
    changes.changes.iter().map(|change| change.kind).collect()
}

fn with_nodes(nodes: &[Value]) -> Value {
    with(healthy(), "nodes", known(nodes.to_vec()))
}

fn with_devices(devices: &[Value]) -> Value {
    with(healthy(), "devices", known(devices.to_vec()))
}

/// The change of one field of the location.
fn of_location(field: &str, before: Value, after: Value) -> Changes {
    let home = |value: Value| {
        let mut home = healthy();
        home["location"]["known"][field] = value;
        home
    };
    compare(&home(before), &home(after))
}

/// The change of one field of a pod.
fn of_pod(field: &str, before: Value, after: Value) -> Changes {
    let home = |value: Value| with_nodes(&[gateway(), with(node("TST0000002", "Office"), field, value)]);
    compare(&home(before), &home(after))
}

#[test]
fn no_change_is_reported_as_such() {
    let changes = compare(&healthy(), &healthy());
    assert!(changes.changes.is_empty() && changes.not_compared.is_empty());
    assert_eq!(
        changes.render(Format::Text),
        "🔄 Changes at Home\nFrom 2026-01-15 10:00 UTC to 2026-01-15 10:00 UTC\n\nNo changes"
    );
    let changes = compare(&healthy(), &with(healthy(), "nodes", not_asked()));
    assert!(changes.render(Format::Text).contains("No changes in what could be compared"));
}

#[test]
fn pods_join_leave_and_disconnect() {
    let office = node("TST0000002", "Office");
    let (without, with_office) = (with_nodes(&[gateway()]), with_nodes(&[gateway(), office]));
    assert_eq!(messages(&compare(&without, &with_office)), ["Pod 'Office' joined"]);
    assert_eq!(messages(&compare(&with_office, &without)), ["Pod 'Office' left"]);
    let gone = with_nodes(&[gateway(), down("TST0000002", "Office")]);
    let changes = compare(&with_office, &gone);
    assert_eq!(messages(&changes), ["Pod 'Office' is disconnected (was connected)"]);
    // Where it hung is not compared, and needs no excuse.
    assert!(changes.not_compared.is_empty());
}

#[test]
fn unreadable_elements_neither_joined_nor_left() {
    let office = node("TST0000002", "Office");
    let before = with_nodes(&[gateway(), office]);
    let changes = compare(&before, &with_nodes(&[gateway(), json!(17)]));
    assert!(changes.changes.is_empty());
    let not = &changes.not_compared[0];
    assert_eq!((not.kind, not.moment), (Some(ChangeKind::NodeLeft), Some(Moment::After)));
    assert_eq!(not.reason, "1 node could not be read");
    let changes = compare(&with_nodes(&[gateway(), json!(17)]), &before);
    assert_eq!(changes.not_compared[0].kind, Some(ChangeKind::NodeJoined));
    for missing in [not_asked(), failed("refused", "")] {
        let changes = compare(&before, &with(before.clone(), "nodes", missing));
        assert!(changes.changes.is_empty());
        assert_eq!(changes.not_compared.len(), 1);
    }
}

#[test]
fn pods_move_and_change_their_link() {
    let way = |ids: &[&str]| -> Value { ids.iter().map(|id| json!({"id": id})).collect() };
    let attic = |ids: &[&str]| with(node("TST0000003", "Attic"), "leafToRoot", way(ids));
    let office = node("TST0000002", "Office");
    let home = |attic: Value| with_nodes(&[gateway(), office.clone(), attic]);
    let (near, far) = (attic(&["TST0000001"]), attic(&["TST0000002", "TST0000001"]));
    let changes = compare(&home(near.clone()), &home(far));
    assert_eq!(messages(&changes), ["Pod 'Attic' moved from 'Living Room Pod' to 'Office'"]);
    assert_eq!(changes.changes[0].before, "TST0000001");
    let lost = compare(&home(near.clone()), &home(with(near.clone(), "leafToRoot", Value::Null)));
    assert!(lost.changes.is_empty());
    assert_eq!(lost.not_compared[0].reason, "the path to the gateway is missing");

    let roles_swapped = with_nodes(&[
        with(gateway(), "leafToRoot", way(&["TST0000002"])),
        with(office.clone(), "leafToRoot", json!([])),
    ]);
    assert_eq!(
        messages(&compare(&with_nodes(&[gateway(), office.clone()]), &roles_swapped)),
        [
            "Pod 'Living Room Pod' is no longer the gateway and is attached to 'Office'",
            "Pod 'Office' became the gateway (was on 'Living Room Pod')",
        ]
    );

    let wifi = |band: &str| {
        let way = json!([{"id": "TST0000001", "freqBand": band}]);
        with(with(office.clone(), "leafToRoot", way), "backhaulType", json!("wifi"))
    };
    let wired = with(office.clone(), "backhaulType", json!("ethernet"));
    let link = |before: &Value, after: &Value| {
        compare(&with_nodes(&[gateway(), before.clone()]), &with_nodes(&[gateway(), after.clone()]))
    };
    assert_eq!(
        messages(&link(&wired, &wifi("5G"))),
        ["Backhaul of pod 'Office' changed from ethernet to wifi"]
    );
    assert_eq!(
        messages(&link(&wifi("5G"), &wifi("2.4G"))),
        ["Backhaul band of pod 'Office' changed from 5G to 2.4G"]
    );
}

#[test]
fn firmware_model_and_name_are_compared_if_both_are_known() {
    for (field, kind) in [
        ("firmwareVersion", ChangeKind::NodeFirmware),
        ("model", ChangeKind::NodeModel),
        ("nickname", ChangeKind::NodeName),
    ] {
        assert_eq!(kinds(&of_pod(field, json!("1"), json!("2"))), [kind]);
        let changes = of_pod(field, json!("1"), Value::Null);
        assert!(changes.changes.is_empty());
        assert_eq!(
            changes.not_compared.iter().map(|not| (not.kind, not.moment)).collect::<Vec<_>>(),
            [(Some(kind), Some(Moment::After))]
        );
        let changes = of_pod(field, Value::Null, Value::Null);
        assert!(changes.changes.is_empty() && changes.not_compared.is_empty());
    }
    let unavailable = of_pod("connectionState", json!("connected"), json!("unavailable"));
    assert!(unavailable.changes.is_empty());
    assert_eq!(unavailable.not_compared.len(), 1);
}

#[test]
fn records_that_contradict_each_other_are_not_compared() {
    let old = with_nodes(&[gateway()]);
    let twice = with_nodes(&[gateway(), with(gateway(), "firmwareVersion", json!("9"))]);
    let changes = compare(&old, &twice);
    assert!(changes.changes.is_empty());
    assert_eq!(changes.not_compared[0].reason, "the responses contradict each other");
}

#[test]
fn the_location_is_compared() {
    let state = |state: &str| json!({"status": state});
    assert_eq!(
        messages(&of_location("networkStatus", state("online"), state("offline"))),
        ["Location 'Home' is offline (was online)"]
    );
    assert_eq!(of_location("networkStatus", state("online"), state("dozing")).not_compared.len(), 1);
    assert_eq!(
        kinds(&of_location("networkMode", json!("router"), json!("bridge"))),
        [ChangeKind::NetworkMode]
    );
    assert_eq!(kinds(&of_location("name", json!("Home"), json!("Office"))), [ChangeKind::LocationName]);
    let isp = |isp: &str| json!({"ISP": isp});
    assert_eq!(kinds(&of_location("geoIp", isp("One"), isp("Two"))), [ChangeKind::Isp]);
    let basic = with(healthy(), "serviceLevel", known(state("basicService")));
    assert_eq!(
        messages(&compare(&healthy(), &basic)),
        ["Service level of location 'Home' changed from fullService to basicService"]
    );
}

#[test]
fn wifi_names_and_security_are_compared_without_passphrases() {
    let network = |name: &str, mode: &str| json!({"ssid": name, "wpaMode": mode, "encryptionKey": "hunter2"});
    let changes = of_location("ssid", network("a", "psk2"), json!([network("b", "sae")]));
    assert_eq!(
        messages(&changes),
        [
            "Wi-Fi name of location 'Home' changed from a to b",
            "Wi-Fi security of location 'Home' changed from psk2 to sae"
        ]
    );
    assert!(!changes.render(Format::Json).contains("hunter2"));
    assert!(of_location("ssid", json!("a"), json!({"wifiNetwork": {"ssid": "a"}})).changes.is_empty());
    let order = [network("a", "psk2"), network("b", "sae")];
    let turned = json!([order[1], order[0]]);
    assert!(of_location("ssid", json!(order), turned).changes.is_empty());
    let odd = of_location("ssid", json!("a"), json!({"key": "hunter2"}));
    assert!(odd.changes.is_empty());
    assert_eq!(odd.not_compared[0].reason, "the response could not be understood");
    assert!(!odd.render(Format::Json).contains("hunter2"));
}

#[test]
fn speed_counts_from_a_quarter_and_five_mbps() {
    let test = |mbps: f64| json!({"status": "succeeded", "download": mbps, "upload": 10.0});
    for (before, after, changed) in [
        (100.0, 75.1, false),
        (100.0, 75.0, true),
        (75.0, 100.0, true),
        (4.9, 0.0, false),
        (5.0, 0.0, true),
        (19.9, 15.0, false),
    ] {
        let changes = of_location("speedTest", test(before), test(after));
        assert_eq!(!changes.changes.is_empty(), changed, "{before} {after}");
    }
    let changes = of_location("speedTest", test(100.0), test(40.0));
    assert_eq!(
        messages(&changes),
        ["Download speed of location 'Home' changed from 100.0 Mbps to 40.0 Mbps"]
    );
    let failed = json!({"status": "failed", "download": 0, "upload": 0});
    let changes = of_location("speedTest", test(100.0), failed);
    assert!(changes.changes.is_empty());
    assert_eq!(changes.not_compared.len(), 2);
    // The gateway's own test is surer.
    let home = |mbps: f64| {
        let mut home = with_nodes(&[with(gateway(), "speedTest", test(mbps))]);
        home["location"]["known"]["speedTest"] = test(1.0);
        home
    };
    assert_eq!(kinds(&compare(&home(100.0), &home(10.0))), [ChangeKind::SpeedDownload]);
}

#[test]
fn devices_join_leave_and_roam() {
    let phone = |state: &str| device("02:00:00:00:10:01", "Phone", state);
    let on = |node: &str, band: &str| {
        with(with(phone("connected"), "leafToRoot", json!([{"id": node}])), "freqBand", json!(band))
    };
    let pair = |before: Value, after: Value| compare(&with_devices(&[before]), &with_devices(&[after]));
    assert_eq!(
        messages(&pair(phone("connected"), phone("disconnected"))),
        ["Device 'Phone' is disconnected (was connected)"]
    );
    assert_eq!(
        messages(&pair(on("TST0000001", "5G"), on("TST0000009", "2.4G"))),
        [
            "Device 'Phone' moved from 'Living Room Pod' to 'TST0000009'",
            "Band of device 'Phone' changed from 5G to 2.4G"
        ]
    );
    let gone = with(on("TST0000009", "5G"), "connectionState", json!("disconnected"));
    assert_eq!(kinds(&pair(on("TST0000001", "5G"), gone)), [ChangeKind::DeviceConnection]);
    let elsewhere = with(phone("connected"), "mac", json!("02-00-00-00-10-01"));
    assert!(pair(phone("connected"), elsewhere).changes.is_empty());
    assert_eq!(
        messages(&pair(phone("connected"), alexa())),
        ["Device 'Phone' left", "Device 'Alexa' joined"]
    );
}

#[test]
fn different_locations_are_not_compared() {
    let other = with(with_nodes(&[]), "locationId", json!("other"));
    let changes = compare(&healthy(), &other);
    assert!(changes.changes.is_empty());
    assert_eq!(changes.not_compared[0].reason, "the snapshots are of different locations");
}

#[test]
fn changes_are_rendered_in_sections() {
    let after = with(with_nodes(&[gateway(), node("TST0000002", "<Office>")]), "devices", not_asked());
    let mut after = with(after, "takenAt", json!("2026-01-15T11:00:00Z"));
    after["location"]["known"]["networkStatus"]["status"] = json!("offline");
    let changes = compare(&healthy(), &after);
    assert_eq!(
        changes.render(Format::Text),
        "🔄 Changes at Home
From 2026-01-15 10:00 UTC to 2026-01-15 11:00 UTC

Location (1 change):
  • Location 'Home' is offline (was online)

Pods (1 change):
  • Pod '<Office>' joined

Could not be compared:
  • Devices (after): not requested"
    );
    assert!(changes.render(Format::Html).contains("&lt;Office&gt;"));
    assert!(changes.render(Format::Markdown).contains("\\<Office\\>"));
    let json: Value = serde_json::from_str(&changes.render(Format::Json)).unwrap();
    assert_eq!(json["changes"][0]["kind"], "network-state");
}

// Reports.

#[test]
fn a_list_of_networks_is_understood_whole_or_not() {
    let understood = |ssid: Value| of_location("ssid", json!("a"), ssid).not_compared.is_empty();
    assert!(understood(json!([[["b"]]])));
    assert!(!understood(json!([[[["b"]]]])));
    assert!(!understood(json!([])));
    assert!(!understood(json!(["b", 17])));
    assert_eq!(kinds(&of_location("ssid", json!("a"), json!("b"))), [ChangeKind::Ssid]);
}

#[test]
fn negative_speed_is_ignored() {
    let test = |mbps: f64| json!({"status": "succeeded", "download": mbps, "upload": 10.0});
    let changes = of_location("speedTest", test(100.0), test(-1.0));
    assert!(changes.changes.is_empty());
    assert_eq!(changes.not_compared[0].kind, Some(ChangeKind::SpeedDownload));
    assert_eq!(kinds(&of_location("speedTest", test(100.0), test(0.0))), [ChangeKind::SpeedDownload]);
}

#[test]
fn the_newest_speed_test_counts() {
    let test = |hour: u8, mbps: u32| {
        let time = format!("2026-01-15T{hour:02}:00:00Z");
        with(gateway(), "speedTest", json!({"status": "succeeded", "endedAt": time, "download": mbps}))
    };
    let home = |records: [Value; 2]| with_nodes(&records);
    let old = home([test(8, 50), test(9, 100)]);
    let new = home([test(10, 30), test(9, 100)]);
    let said = ["Download speed of location 'Home' changed from 100.0 Mbps to 30.0 Mbps"];
    assert_eq!(messages(&compare(&old, &new)), said);
    let turned = |home: &Value| {
        let mut home = home.clone();
        home["nodes"]["known"].as_array_mut().unwrap().reverse();
        home
    };
    assert_eq!(messages(&compare(&turned(&old), &turned(&new))), said);
    // Of two at the same time the faster, whatever their order.
    let same_time = home([test(9, 100), test(9, 50)]);
    assert!(compare(&same_time, &turned(&same_time)).changes.is_empty());
}

#[test]
fn devices_that_could_not_be_read_neither_joined_nor_left() {
    let phone = device("02:00:00:00:10:01", "Phone", "connected");
    let changes = compare(&with_devices(&[phone]), &with_devices(&[json!(17)]));
    assert_eq!(changes.not_compared[0].reason, "1 device could not be read");
}

#[test]
fn address_is_not_a_device_name() {
    let phone = |name: Value| with(device("02:00:00:00:10:01", "", "connected"), "nickname", name);
    let pair = |before: Value, after: Value| {
        compare(&with_devices(&[phone(before)]), &with_devices(&[phone(after)]))
    };
    assert_eq!(kinds(&pair(json!("Phone"), json!("Tablet"))), [ChangeKind::DeviceName]);
    let unnamed = pair(json!("Phone"), Value::Null);
    assert!(unnamed.changes.is_empty());
    assert_eq!(unnamed.not_compared[0].kind, Some(ChangeKind::DeviceName));
}

#[test]
fn a_state_that_cannot_be_read_is_named_as_such() {
    let changes = of_pod("connectionState", json!(17), json!("disconnected"));
    assert!(changes.changes.is_empty(), "{changes:?}");
    let text = changes.render(Format::Text);
    assert!(text.contains("could not be read"), "{text}");
}
