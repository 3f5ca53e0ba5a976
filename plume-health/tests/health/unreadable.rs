//! Unreadable fields, which never count as absent.

use plume_health::{DevicePolicy, Policy, ReportPart, RuleId, Status, analyze};
use serde_json::{Value, json};
use testkit::snapshots::{
    alexa, assert_verdict, device, down, failed, gateway, healthy, known, node, nodes, now, report,
    report_with, rules, snapshot, unknown_parts, with,
};

/// Values that are no list, no object, no word, no time and no switch.
fn shapes() -> [Value; 4] {
    [json!({"0": {"type": "poorHealth"}}), json!(2.5), json!("?"), json!([[]])]
}

#[test]
fn alerts_in_another_form_are_unknown() {
    for shape in [json!({"0": {"type": "poorHealth"}}), json!(2), json!("x"), json!(true), json!({})] {
        let report = nodes(&[with(gateway(), "alerts", shape.clone())]);
        assert_verdict(&report, Status::Green, Some(true));
        assert!(report.headline.ends_with("(partly checked: node alerts)"), "{shape}: {}", report.headline);
        assert_eq!(unknown_parts(&report), [(ReportPart::NodeAlerts, false)]);
        // Not even after the home was stored and read again.
        let home = snapshot(with(healthy(), "nodes", known(vec![with(gateway(), "alerts", shape)])));
        let stored = serde_json::from_str(&serde_json::to_string(&home).unwrap()).unwrap();
        assert_eq!(analyze(&stored, &Policy::standard(), now()), analyze(&home, &Policy::standard(), now()));
    }
    for none in [Value::Null, json!([])] {
        assert!(nodes(&[with(gateway(), "alerts", none)]).unknown.is_empty());
    }
}

#[test]
fn the_state_of_a_node_is_needed() {
    for shape in [json!({"x": 1}), json!(1), json!(true), json!(" "), json!([["connected"]])] {
        let report =
            nodes(&[gateway(), with(node("TST0000002", "Office"), "connectionState", shape.clone())]);
        assert_verdict(&report, Status::Unknown, Some(true));
        assert_eq!(
            report.unknown[0].reason, "the connection state of pod 'Office' could not be read",
            "{shape}"
        );
    }
}

#[test]
fn partial_health_is_not_good() {
    for health in [
        json!({"status": ["poor"], "score": 4.5}),
        json!({"status": "good", "score": {}}),
        json!({"status": "good", "score": "x"}),
        json!([]),
        json!("poor"),
    ] {
        let report = nodes(&[with(gateway(), "health", health.clone())]);
        assert_verdict(&report, Status::Green, Some(true));
        assert_eq!(
            report.unknown[0].reason, "the health of pod 'Living Room Pod' could not be read",
            "{health}"
        );
        assert_eq!(unknown_parts(&report), [(ReportPart::NodeHealth, false)]);
    }
    let report = nodes(&[with(gateway(), "health", json!({"status": {}, "score": 1.0}))]);
    assert_eq!((report.status, rules(&report)), (Status::Yellow, vec![RuleId::NodeHealth]));
}

#[test]
fn the_network_state_is_mentioned_when_it_cannot_be_read() {
    let home = |network: Value| known(json!({"id": "l", "networkStatus": network}));
    for network in [json!({"status": {}}), json!({"status": 1}), json!("online"), json!([])] {
        let report = report_with("location", home(network.clone()));
        // It may say offline.
        assert_verdict(&report, Status::Unknown, Some(true));
        assert_eq!(unknown_parts(&report), [(ReportPart::NetworkState, true)], "{network}");
        assert_eq!(report.unknown[0].reason, "the status could not be read");
    }
    for network in [Value::Null, json!({})] {
        assert!(report_with("location", home(network)).unknown.is_empty());
    }
    // If the nodes do not decide, it is needed.
    let unknown = with(gateway(), "connectionState", Value::Null);
    let json = with(with(healthy(), "nodes", known(vec![unknown])), "location", home(json!({"status": []})));
    let report = report(json);
    assert_verdict(&report, Status::Unknown, None);
    assert!(unknown_parts(&report).contains(&(ReportPart::NetworkState, true)));
}

#[test]
fn a_copy_does_not_make_an_unreadable_service_level_good() {
    for level in [json!({"status": 1}), json!({"status": ["noService"]})] {
        let report = report_with("serviceLevel", known(level));
        assert_verdict(&report, Status::Green, Some(true));
        assert!(report.headline.ends_with("(partly checked: service level)"), "{}", report.headline);
    }
    // Nor one of another kind, such as a list.
    let other = report_with("serviceLevel", failed("unreadable", "found an array"));
    assert!(other.headline.ends_with("(partly checked: service level)"), "{}", other.headline);
    let cut_off =
        json!({"id": "l", "networkStatus": {"status": "online"}, "serviceLevel": {"status": "noService"}});
    let json = with(with(healthy(), "serviceLevel", known(json!({"status": 1}))), "location", known(cut_off));
    assert_eq!(rules(&report(json)), [RuleId::NoService]);
    let bare = json!({"id": "l", "networkStatus": {"status": "online"}, "serviceLevel": 7});
    let json = with(with(healthy(), "serviceLevel", known(json!({}))), "location", known(bare));
    assert!(report(json).headline.ends_with("(not checked: service level)"));
}

#[test]
fn a_time_that_cannot_be_read_is_neither_recent_nor_old() {
    for left in [json!("soon"), json!(""), json!({"$date": "x"}), json!("20260115"), json!(true), json!(3600)]
    {
        let report =
            report_with("devices", known(vec![with(alexa(), "connectionStateChangeAt", left.clone())]));
        assert_verdict(&report, Status::Green, Some(true));
        assert!(report.headline.ends_with("(partly checked: devices)"), "{left}: {}", report.headline);
        assert_eq!(
            report.unknown[0].reason,
            "whether 1 disconnected device should be here could not be read"
        );
    }
    // Sentinel values, treated as a missing time.
    for unset in [Value::Null, json!(0), json!("0001-01-01T00:00:00Z"), json!("1970-01-01T00:00:00.000Z")] {
        let report =
            report_with("devices", known(vec![with(alexa(), "connectionStateChangeAt", unset.clone())]));
        assert_eq!((report.status, report.findings.len()), (Status::Yellow, 1), "{unset}");
    }
    // ISO 8601 without the colon: 30 days ago, so it moved out.
    let old = with(alexa(), "connectionStateChangeAt", json!("2025-12-16T05:43:14+0000"));
    let report = report_with("devices", known(vec![old]));
    assert_verdict(&report, Status::Green, Some(true));
    assert!(report.unknown.is_empty());
}

#[test]
fn unreadable_favorite_may_be_one() {
    let favorites = Policy::standard().with_devices(DevicePolicy::Favorites);
    for favorite in shapes() {
        let json = with(healthy(), "devices", known(vec![with(alexa(), "favorite", favorite.clone())]));
        let report = analyze(&snapshot(json), &favorites, now());
        assert_verdict(&report, Status::Green, Some(true));
        assert_eq!(unknown_parts(&report), [(ReportPart::Devices, false)], "{favorite}");
    }
}

#[test]
fn device_on_a_connected_pod_is_not_a_consequence_of_pods_beyond() {
    let on = |way: Value| with(device("02:00:00:00:10:02", "TV", "disconnected"), "leafToRoot", way);
    let pods = [gateway(), node("TST0000002", "Office"), down("TST0000003", "Attic")];
    let home = |way: Value| {
        let json = with(healthy(), "nodes", known(pods.to_vec()));
        report(with(json, "devices", known(vec![on(way)])))
    };
    let hop = |id: &str| json!({"id": id});
    for (way, expected) in [
        // Its own pod is up: what is dead further up does not keep it away.
        (json!([hop("TST0000002"), hop("TST0000003"), hop("TST0000001")]), true),
        (json!([hop("TST0000001"), hop("TST0000003")]), true),
        (json!([hop("TST0000003"), hop("TST0000002")]), false),
        // Of a pod that is not listed nothing is known.
        (json!([hop("TST0000009"), hop("TST0000003")]), false),
        (json!({"0": hop("TST0000003")}), true),
    ] {
        let report = home(way.clone());
        assert_eq!(report.of_rule(RuleId::DeviceDisconnected).count(), usize::from(expected), "{way}");
        let pod = report.of_rule(RuleId::NodeDisconnected).next().unwrap();
        assert_eq!(pod.consequences.len(), usize::from(!expected), "{way}");
    }
}

#[test]
fn container_of_classes_is_not_a_class() {
    for answer in [
        json!({"locationQoe": {"score": 4.6, "trafficClasses": [{"trafficClass": "video", "score": 1.2}]}}),
        json!({"result": {"status": "ok", "classes": [{"name": "video", "quality": "Poor"}]}}),
        json!({"location": {"health": {"status": "good"}, "classes": [{"name": "video", "score": 1.2}]}}),
    ] {
        let report = report_with("qoe", known(answer.clone()));
        assert_verdict(&report, Status::Yellow, Some(true));
        assert_eq!(report.headline, "🟡 DEGRADED SERVICE - Poor QoE detected for Video traffic", "{answer}");
        assert!(report.unknown.is_empty(), "{answer}");
    }
    // From these nothing is taken.
    for answer in [
        json!({"result": {"status": "ok", "rows": [{"latency": 3}]}}),
        json!({"locationQoe": {"score": 4.6}}),
        json!({"trafficClasses": {"0": {"x": 1}}}),
    ] {
        let report = report_with("qoe", known(answer.clone()));
        assert!(report.headline.ends_with("(not checked: QoE)"), "{answer}: {}", report.headline);
    }
    let partly = json!({"trafficClasses": [{"trafficClass": "video", "score": 4.5}, 17]});
    let report = report_with("qoe", known(partly));
    assert!(report.headline.ends_with("(partly checked: QoE)"), "{}", report.headline);
}
