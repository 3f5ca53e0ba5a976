//! Reports in plain text, word for word.

use plume_health::Format;
use serde_json::{Value, json};
use testkit::snapshots::{
    alexa, device, down, failed, gateway, healthy, known, node, not_asked, report, with,
};

#[track_caller]
fn assert_text(snapshot: Value, expected: &str) {
    let text = report(snapshot).render(Format::Text);
    assert_eq!(text, expected.trim_matches('\n'), "\n{text}\n");
}

#[test]
fn healthy_home() {
    assert_text(
        healthy(),
        "
🏥 Health Status for Home

🟢 ALL SYSTEMS OPERATIONAL - No issues detected

✅ Connection: ONLINE

📡 Nodes/Gateways:
• Living Room Pod
  Status: connected
  Model: P301X
  Firmware: 8.5.2

✨ Everything looks great!
",
    );
}

#[test]
fn unchecked_optional_parts_are_listed() {
    assert_text(
        with(healthy(), "qoe", failed("unsupported", "")),
        "
🏥 Health Status for Home

🟢 ALL SYSTEMS OPERATIONAL - No issues detected (not checked: QoE)

✅ Connection: ONLINE
🔎 Confidence: likely - not everything was checked

📡 Nodes/Gateways:
• Living Room Pod
  Status: connected
  Model: P301X
  Firmware: 8.5.2

What is unknown:
  • QoE: not offered for this location

✨ Everything that was checked looks great!
",
    );
}

#[test]
fn everything_that_can_be_disrupted() {
    let snapshot = with(
        with(
            with(healthy(), "nodes", known(vec![gateway(), down("TST0000002", "Living Room")])),
            "devices",
            known(vec![alexa()]),
        ),
        "qoe",
        known(json!([{"trafficClass": "video", "quality": "poor"}])),
    );
    assert_text(
        snapshot,
        "
🏥 Health Status for Home

🟠 SERVICE DISRUPTED - 1 pod is disconnected

✅ Connection: ONLINE

📡 Nodes/Gateways:
• Living Room Pod
  Status: connected
  Model: P301X
  Firmware: 8.5.2
• Living Room
  Status: disconnected
  Model: P301X
  Firmware: 8.5.2

Critical Issues:
  🔴 Pod 'Living Room' is disconnected

Warnings:
  ⚠️ Device 'Alexa' is disconnected
  ⚠️ Poor QoE detected for Video traffic

Disconnected Devices (1):
  • Alexa (AA:BB:CC:00:11:22)

Traffic with Poor QoE:
  • Video

What would make it green:
  • Reconnect pod 'Living Room'
  • Reconnect device 'Alexa', or do not expect it to be here
  • Raise the quality of Video traffic above poor
",
    );
}

#[test]
fn two_pods_down_with_a_device_behind_one() {
    let nodes = vec![gateway(), down("TST0000003", "Office"), down("TST0000002", "Bedroom")];
    let behind = with(alexa(), "leafToRoot", json!([{"id": "TST0000003"}, {"id": "TST0000001"}]));
    assert_text(
        with(with(healthy(), "nodes", known(nodes)), "devices", known(vec![behind])),
        "
🏥 Health Status for Home

🟠 SERVICE DISRUPTED - Multiple pods are disconnected

✅ Connection: ONLINE

📡 Nodes/Gateways:
• Living Room Pod
  Status: connected
  Model: P301X
  Firmware: 8.5.2
• Bedroom
  Status: disconnected
  Model: P301X
  Firmware: 8.5.2
• Office
  Status: disconnected
  Model: P301X
  Firmware: 8.5.2

Critical Issues:
  🔴 Pod 'Bedroom' is disconnected
  🔴 Pod 'Office' is disconnected
    • As a consequence: Device 'Alexa' is disconnected

What would make it green:
  • Reconnect pod 'Bedroom'
  • Reconnect pod 'Office'
",
    );
}

#[test]
fn offline_location() {
    let offline = json!({"id": "x", "name": "Home", "networkStatus": {"status": "offline"}});
    let snapshot = with(healthy(), "location", known(offline));
    let snapshot =
        with(snapshot, "nodes", known(vec![down("TST0000001", "Gateway"), down("TST0000002", "Office")]));
    assert_text(
        with(snapshot, "devices", known(vec![alexa()])),
        "
🏥 Health Status for Home

🔴 LOCATION OFFLINE - Both pods are disconnected

❌ Connection: OFFLINE

📡 Nodes/Gateways:
• Gateway
  Status: disconnected
  Model: P301X
  Firmware: 8.5.2
• Office
  Status: disconnected
  Model: P301X
  Firmware: 8.5.2

Critical Issues:
  🔴 Both pods are disconnected
    • As a consequence: Device 'Alexa' is disconnected

What would make it green:
  • Bring the location back online
  • Reconnect pod 'Gateway'
  • Reconnect pod 'Office'
",
    );
}

#[test]
fn poor_qoe_alone() {
    assert_text(
        with(healthy(), "qoe", known(json!([{"trafficClass": "av_streaming", "score": 1.5}]))),
        "
🏥 Health Status for Home

🟡 DEGRADED SERVICE - Poor QoE detected for Video traffic

✅ Connection: ONLINE
🔎 Confidence: likely - judged by a score, without a word of the cloud

📡 Nodes/Gateways:
• Living Room Pod
  Status: connected
  Model: P301X
  Firmware: 8.5.2

Warnings:
  ⚠️ Poor QoE detected for Video traffic

Traffic with Poor QoE:
  • Video

What would make it green:
  • Raise the quality of Video traffic above poor
",
    );
}

#[test]
fn device_gone() {
    assert_text(
        with(healthy(), "devices", known(vec![alexa()])),
        "
🏥 Health Status for Home

🟡 DEGRADED SERVICE - 1 device is disconnected

✅ Connection: ONLINE
🔎 Confidence: likely - a device may have just left

📡 Nodes/Gateways:
• Living Room Pod
  Status: connected
  Model: P301X
  Firmware: 8.5.2

Warnings:
  ⚠️ Device 'Alexa' is disconnected

Disconnected Devices (1):
  • Alexa (AA:BB:CC:00:11:22)

What would make it green:
  • Reconnect device 'Alexa', or do not expect it to be here
",
    );
}

#[test]
fn reduced_service_is_worth_a_line_and_no_more() {
    assert_text(
        with(healthy(), "serviceLevel", known(json!({"status": "basicService"}))),
        "
🏥 Health Status for Home

🟢 ALL SYSTEMS OPERATIONAL - No issues detected

✅ Connection: ONLINE

📡 Nodes/Gateways:
• Living Room Pod
  Status: connected
  Model: P301X
  Firmware: 8.5.2

Information:
  ℹ️ The subscription is reduced (basic service)

✨ Everything looks great!
",
    );
}

#[test]
fn no_pods() {
    assert_text(
        with(healthy(), "nodes", known(Vec::<Value>::new())),
        "
🏥 Health Status for Home

🔴 LOCATION OFFLINE - No pods found for this location

❌ Connection: OFFLINE
🔎 Confidence: likely - the network state and the pods do not agree

Critical Issues:
  🔴 No pods found for this location

What would make it green:
  • Claim a pod for this location and connect it
",
    );
}

#[test]
fn nodes_that_could_not_be_read() {
    let snapshot = with(healthy(), "nodes", failed("unreachable", "timed out after 30 s"));
    assert_text(
        with(snapshot, "qoe", not_asked()),
        "
🏥 Health Status for Home

⚪ STATUS UNKNOWN - The nodes could not be read (not checked: QoE)

✅ Connection: ONLINE

What is unknown:
  • Nodes: the cloud could not be reached: timed out after 30 s
  • QoE: not requested

What would make it green:
  • Read the nodes with their connection state
",
    );
}

#[test]
fn a_pod_of_unknown_state() {
    let odd = with(node("TST0000002", "Office"), "connectionState", json!("dozing"));
    assert_text(
        with(healthy(), "nodes", known(vec![gateway(), odd])),
        "
🏥 Health Status for Home

⚪ STATUS UNKNOWN - The state of 1 pod is unknown

✅ Connection: ONLINE

📡 Nodes/Gateways:
• Living Room Pod
  Status: connected
  Model: P301X
  Firmware: 8.5.2
• Office
  Status: unknown (dozing)
  Model: P301X
  Firmware: 8.5.2

What is unknown:
  • Nodes: pod 'Office' has an unknown connection state 'dozing'

What would make it green:
  • Read the nodes with their connection state
",
    );
}

#[test]
fn contradicting_records_are_marked_at_the_finding() {
    let twice = vec![gateway(), down("TST0000002", "Office"), node("TST0000002", "Office")];
    assert_text(
        with(healthy(), "nodes", known(twice)),
        "
🏥 Health Status for Home

🟠 SERVICE DISRUPTED - 1 pod is disconnected

✅ Connection: ONLINE
🔎 Confidence: uncertain - two records of the same thing differ

📡 Nodes/Gateways:
• Living Room Pod
  Status: connected
  Model: P301X
  Firmware: 8.5.2
• Office
  Status: disconnected
  Model: P301X
  Firmware: 8.5.2

Critical Issues:
  🔴 Pod 'Office' is disconnected (uncertain: two records of the same thing differ)

What would make it green:
  • Reconnect pod 'Office'
",
    );
}

fn gone(devices: usize) -> Vec<Value> {
    (0..devices)
        .map(|number| device(&format!("02:00:00:00:10:{number:02x}"), &format!("D{number}"), "disconnected"))
        .collect()
}

#[test]
fn many_disconnected_devices_are_one_line() {
    let text = |devices: usize| {
        let home = with(healthy(), "devices", known(gone(devices)));
        report(with(home, "qoe", known(json!([{"name": "web", "quality": "poor"}])))).render(Format::Text)
    };
    let few = text(5);
    assert!(few.contains("  ⚠️ Device 'D4' is disconnected\n"), "{few}");
    assert!(few.contains("  • Reconnect device 'D4', or do not expect it to be here\n"), "{few}");
    let many = text(6);
    assert!(
        many.ends_with(
            "Warnings:
  ⚠️ 6 devices are disconnected
  ⚠️ Poor QoE detected for Web traffic

Disconnected Devices (6):
  • D0 (02:00:00:00:10:00)
  • D1 (02:00:00:00:10:01)
  • D2 (02:00:00:00:10:02)
  • D3 (02:00:00:00:10:03)
  • D4 (02:00:00:00:10:04)
  • D5 (02:00:00:00:10:05)

Traffic with Poor QoE:
  • Web

What would make it green:
  • Raise the quality of Web traffic above poor
  • Reconnect the 6 devices, or do not expect them to be here"
        ),
        "{many}"
    );
}

#[test]
fn consequences_are_listed_and_bounded() {
    let behind = |devices: usize| -> String {
        let way = json!([{"id": "TST0000002"}, {"id": "TST0000001"}]);
        let devices: Vec<Value> =
            gone(devices).into_iter().map(|device| with(device, "leafToRoot", way.clone())).collect();
        let home = with(healthy(), "nodes", known(vec![gateway(), down("TST0000002", "Attic")]));
        report(with(home, "devices", known(devices))).render(Format::Text)
    };
    let all = behind(20);
    assert!(all.contains("    As a consequence (20):\n    • Device 'D0' is disconnected\n"), "{all}");
    assert!(!all.contains("more"), "{all}");
    assert!(behind(21).contains("    • and 1 more\n"));
    assert!(!behind(0).contains("As a consequence"));
}

#[test]
fn nodes_of_old_answers_are_dated() {
    let old = with(healthy(), "takenAt", json!("2026-01-14T09:20:00Z"));
    assert_text(
        old,
        "
🏥 Health Status for Home

⚪ STATUS UNKNOWN - The data is 24 hours old

❓ Connection: UNKNOWN

📡 Nodes/Gateways (as of 2026-01-14 09:20 UTC):
• Living Room Pod
  Status: connected
  Model: P301X
  Firmware: 8.5.2

What is unknown:
  • Snapshot: The data is 24 hours old

What would make it green:
  • Take a new snapshot
",
    );
}

#[test]
fn a_reason_is_not_repeated() {
    let reason =
        |message: &str| report(with(healthy(), "qoe", failed("limited", message))).unknown[0].reason.clone();
    assert_eq!(reason("the call limit was reached; wait 212 s"), "the call limit was reached; wait 212 s");
    assert_eq!(reason("wait 212 s"), "the call limit was reached: wait 212 s");
}
