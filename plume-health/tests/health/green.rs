//! The steps to green: a property test reads the sentences, applies them to the snapshot, and expects green.
//! Consequences of a finding end with it.

use plume_health::{HealthReport, Policy, RuleId, Status, SubjectKind, analyze};
use proptest::prelude::*;
use serde_json::{Value, json};
use testkit::snapshots::{healthy, known, now, snapshot};

const HEALTH: [&str; 4] = ["excellent", "good", "fair", "poor"];
const QUALITIES: [&str; 3] = ["good", "fair", "poor"];
const TIERS: [&str; 3] = ["fullService", "basicService", "noService"];

/// Names are ids, so that a sentence names what to fix.
fn home() -> impl Strategy<Value = Value> {
    let node = (any::<bool>(), 0..4usize, 0..3usize, prop::option::of(0..4usize));
    let device = (any::<bool>(), prop::collection::vec(0..4usize, 0..3));
    (
        prop::collection::vec(node, 0..4),
        prop::collection::vec(device, 0..5),
        prop::collection::vec(0..3usize, 1..4),
        0..3usize,
        any::<bool>(),
    )
        .prop_map(|(nodes, devices, classes, tier, online)| {
            let way = |nodes: &[usize]| -> Value {
                nodes.iter().map(|node| json!({"id": format!("N{node}")})).collect()
            };
            let nodes: Vec<Value> = nodes
                .iter()
                .enumerate()
                .map(|(index, (up, health, alert, parent))| {
                    let alerts = [json!([]), json!([{"type": "poorHealth"}]), json!([{"type": "hot"}])];
                    json!({
                        "id": format!("N{index}"), "nickname": format!("N{index}"),
                        "connectionState": if *up { "connected" } else { "disconnected" },
                        "health": {"status": HEALTH[*health]},
                        "alerts": alerts[*alert],
                        "leafToRoot": way(&parent.iter().copied().collect::<Vec<_>>()),
                    })
                })
                .collect();
            let devices: Vec<Value> = devices
                .iter()
                .enumerate()
                .map(|(index, (up, nodes))| {
                    json!({
                        "mac": format!("02:00:00:00:00:0{index}"), "nickname": format!("D{index}"),
                        "connectionState": if *up { "connected" } else { "disconnected" },
                        "leafToRoot": way(nodes),
                    })
                })
                .collect();
            let classes: Vec<Value> = classes
                .iter()
                .enumerate()
                .map(|(index, word)| json!({"name": format!("C{index}"), "quality": QUALITIES[*word]}))
                .collect();
            let mut json = healthy();
            json["location"]["known"]["networkStatus"]["status"] =
                json!(if online { "online" } else { "offline" });
            json["serviceLevel"] = known(json!({"status": TIERS[tier]}));
            json["nodes"] = known(nodes);
            json["devices"] = known(devices);
            json["qoe"] = known(classes);
            json
        })
}

fn policies() -> impl Strategy<Value = Policy> {
    (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(panoptes, disconnected, alerts)| {
        let mut policy = if panoptes { Policy::panoptes() } else { Policy::standard() };
        policy.rules.node_disconnected.enabled = disconnected;
        policy.rules.node_alert.enabled = alerts;
        policy
    })
}

fn set(home: &mut Value, part: &str, key: &str, of: &str, field: &str, value: &Value) {
    let list = home[part]["known"].as_array_mut().unwrap();
    let found = list.iter_mut().find(|item| item[key] == of);
    found.unwrap_or_else(|| panic!("{part} has no {of}"))[field] = value.clone();
}

/// The part of the sentence between `before` and `after`.
fn between<'a>(step: &'a str, before: &str, after: &str) -> Option<&'a str> {
    step.strip_prefix(before)?.strip_suffix(after)
}

/// Does exactly what the step says.
fn mend(home: &mut Value, step: &str) {
    if let Some(pod) = between(step, "Reconnect pod '", "'") {
        set(home, "nodes", "nickname", pod, "connectionState", &json!("connected"));
    } else if let Some(pod) = between(step, "Improve the connection of pod '", "' to good health") {
        set(home, "nodes", "nickname", pod, "health", &json!({"status": "good"}));
        // An alert about the health goes with it.
        let list = home["nodes"]["known"].as_array_mut().unwrap();
        let node = list.iter_mut().find(|node| node["nickname"] == pod).unwrap();
        if node["alerts"] == json!([{"type": "poorHealth"}]) {
            node["alerts"] = json!([]);
        }
    } else if let Some(pod) = between(step, "Resolve the alert of pod '", "'") {
        set(home, "nodes", "nickname", pod, "alerts", &json!([]));
    } else if let Some(device) = between(step, "Reconnect device '", "', or do not expect it to be here") {
        set(home, "devices", "nickname", device, "connectionState", &json!("connected"));
    } else if let Some(class) = between(step, "Raise the quality of ", " traffic above poor") {
        set(home, "qoe", "name", class, "quality", &json!("fair"));
    } else {
        match step {
            "Bring the location back online" => {
                home["location"]["known"]["networkStatus"]["status"] = json!("online");
            }
            "Restore the subscription to full service" => {
                home["serviceLevel"]["known"]["status"] = json!("fullService");
            }
            "Claim a pod for this location and connect it" => {
                home["nodes"] = known(vec![testkit::snapshots::gateway()]);
            }
            other => panic!("unknown remedy: {other}"),
        }
    }
}

/// Restores a part and its consequences.
fn mend_consequences(home: &mut Value, report: &HealthReport) {
    for effect in report.findings.iter().flat_map(|finding| &finding.consequences) {
        let (part, key) = match effect.subject.kind {
            SubjectKind::Node => ("nodes", "id"),
            _ => ("devices", "mac"),
        };
        set(home, part, key, &effect.subject.id, "connectionState", &json!("connected"));
    }
}

proptest! {
    #[test]
    fn fixing_all_findings_makes_a_home_green(mut home in home(), policy in policies()) {
        let before = analyze(&snapshot(home.clone()), &policy, now());
        for step in &before.what_would_make_it_green {
            mend(&mut home, step);
        }
        mend_consequences(&mut home, &before);
        let after = analyze(&snapshot(home), &policy, now());
        prop_assert_eq!(
            after.status, Status::Green,
            "{}\n{:?}\n{}", before.headline, before.what_would_make_it_green, after.headline
        );
    }

    #[test]
    fn leaving_any_step_out_leaves_it_not_green(home in home()) {
        let before = analyze(&snapshot(home.clone()), &Policy::standard(), now());
        let steps = &before.what_would_make_it_green;
        for left_out in 0..steps.len() {
            // A location that the nodes alone show as offline comes back with them.
            if before.of_rule(RuleId::LocationOffline).next().is_some() {
                continue;
            }
            let mut home = home.clone();
            let done = steps.iter().enumerate().filter(|(index, _)| *index != left_out);
            done.for_each(|(_, step)| mend(&mut home, step));
            let after = analyze(&snapshot(home), &Policy::standard(), now());
            prop_assert_ne!(after.status, Status::Green, "{}", steps[left_out]);
        }
    }
}
