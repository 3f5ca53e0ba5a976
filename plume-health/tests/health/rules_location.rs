//! The rules about the location as a whole, and the form of a report.

use std::time::Duration;

use chrono::TimeDelta;
use plume_health::{NodeState, Policy, ReportPart, RuleId, Severity, Status, analyze};
use plume_types::{List, Node, Part, PartFailure, PartFailureKind, decode};
use serde_json::{Value, json};
use testkit::snapshots::{
    assert_verdict, down, failed, gateway, healthy, in_state, known, nodes, not_asked, now, report,
    report_with, rules, snapshot, unknown_parts, with,
};

fn location(network_status: Value) -> Value {
    known(json!({"id": "x", "name": "Home", "networkStatus": network_status}))
}

#[test]
fn a_healthy_home_has_no_findings() {
    let report = report(healthy());
    assert_verdict(&report, Status::Green, Some(true));
    assert!(report.findings.is_empty());
    assert!(report.unknown.is_empty());
    assert!(report.what_would_make_it_green.is_empty());
    assert!(!report.policy.changed);
}

#[test]
fn nodes_and_network_state_decide_together() {
    use Status::{Green, Orange, Red, Unknown};
    let connected = || vec![gateway()];
    let all_down = || vec![down("TST0000001", "A")];
    let mixed = || vec![gateway(), down("TST0000002", "B")];
    let stateless = || vec![in_state(Value::Null)];
    let half_known = || vec![in_state(Value::Null), down("TST0000003", "B")];
    for (nodes, network, status, online) in [
        (connected(), "online", Green, Some(true)),
        (connected(), "offline", Red, Some(false)),
        (connected(), "dozing", Green, Some(true)),
        (all_down(), "online", Red, Some(false)),
        (all_down(), "offline", Red, Some(false)),
        (all_down(), "dozing", Red, Some(false)),
        (mixed(), "online", Orange, Some(true)),
        (mixed(), "offline", Red, Some(false)),
        (stateless(), "online", Unknown, Some(true)),
        (stateless(), "offline", Red, Some(false)),
        (stateless(), "dozing", Unknown, None),
        (half_known(), "online", Orange, Some(true)),
        (half_known(), "dozing", Orange, None),
        (vec![], "online", Red, Some(false)),
    ] {
        let context = format!("{nodes:?} {network}");
        let snapshot = with(healthy(), "location", location(json!({"status": network})));
        let report = report(with(snapshot, "nodes", known(nodes)));
        assert_eq!((report.status, report.online), (status, online), "{context}");
    }
}

#[test]
fn contradicting_witnesses_are_both_in_the_evidence() {
    let report = report_with("location", location(json!({"status": "offline"})));
    assert_eq!(rules(&report), [RuleId::LocationOffline]);
    let evidence: Vec<_> = report.findings[0]
        .evidence
        .iter()
        .map(|evidence| (evidence.path.as_str(), evidence.value.clone()))
        .collect();
    assert_eq!(
        evidence,
        [
            ("location.networkStatus.status", json!("offline")),
            ("nodes[TST0000001].connectionState", json!("connected")),
        ]
    );
    assert_eq!(report.headline, "🔴 LOCATION OFFLINE - The cloud reports the location as offline");
}

#[test]
fn unknown_nodes_are_never_offline_or_green() {
    for part in [not_asked(), failed("serverError", "")] {
        let report = report_with("nodes", part.clone());
        assert_verdict(&report, Status::Unknown, Some(true));
        assert_eq!(unknown_parts(&report), [(ReportPart::Nodes, true)]);
        let report = testkit::snapshots::report(with(
            with(healthy(), "nodes", part.clone()),
            "location",
            location(Value::Null),
        ));
        assert_verdict(&report, Status::Unknown, None);
        assert_eq!(unknown_parts(&report), [(ReportPart::Nodes, true), (ReportPart::NetworkState, true)]);
        let report = testkit::snapshots::report(with(
            with(healthy(), "nodes", part),
            "location",
            location(json!({"status": "offline"})),
        ));
        assert_verdict(&report, Status::Red, Some(false));
        assert!(report.headline.contains("(not checked: nodes)"), "{}", report.headline);
    }
}

#[test]
fn every_word_but_connected_and_disconnected_is_unknown() {
    for state in
        [Value::Null, json!("unavailable"), json!("on line"), json!(""), json!(["connected"]), json!(1)]
    {
        let report = nodes(&[gateway(), in_state(state.clone())]);
        assert_verdict(&report, Status::Unknown, Some(true));
        assert_eq!(report.nodes[1].state, NodeState::Unknown, "{state}");
        assert!(report.unknown[0].needed && report.unknown[0].partial);
        assert_eq!(report.unknown[0].subject.as_ref().unwrap().id, "TST0000002");
    }
}

#[test]
fn unreadable_nodes_are_unknown_nodes() {
    let mut snapshot = snapshot(healthy());
    let list = decode::list::<Node>(format!("[{}, 17]", gateway()).as_bytes(), &[]);
    snapshot.nodes = Part::Known(list.unwrap().value);
    let report = analyze(&snapshot, &Policy::standard(), now());
    assert_verdict(&report, Status::Unknown, Some(true));
    assert_eq!(report.headline, "⚪ STATUS UNKNOWN - 1 node could not be read");

    // Not one element was readable: not the same as "no pods".
    snapshot.nodes = Part::Known(serde_json::from_str::<List<Node>>("[17, {}]").unwrap());
    snapshot.location = Part::NotRequested;
    let report = analyze(&snapshot, &Policy::standard(), now());
    assert_verdict(&report, Status::Unknown, None);
    assert!(report.findings.is_empty());

    // The readable one is down, but the other may be up.
    let list = decode::list::<Node>(format!("[{}, 17]", down("TST1", "A")).as_bytes(), &[]);
    snapshot.nodes = Part::Known(list.unwrap().value);
    let report = analyze(&snapshot, &Policy::standard(), now());
    assert_verdict(&report, Status::Orange, None);
}

#[test]
fn offline_home_with_unreadable_nodes_is_not_empty() {
    let mut snapshot = snapshot(with(healthy(), "location", location(json!({"status": "offline"}))));
    snapshot.nodes = Part::Known(serde_json::from_str::<List<Node>>("[17, {}]").unwrap());
    let report = analyze(&snapshot, &Policy::standard(), now());
    assert_eq!(rules(&report), [RuleId::LocationOffline]);
    let paths: Vec<_> = report.findings[0].evidence.iter().map(|evidence| evidence.path.as_str()).collect();
    assert_eq!(paths, ["location.networkStatus.status"]);
    assert_eq!(
        report.what_would_make_it_green,
        ["Bring the location back online", "Read the nodes with their connection state"]
    );
}

#[test]
fn panoptes_reads_only_the_nodes() {
    let panoptes = |json| analyze(&snapshot(json), &Policy::panoptes(), now());
    let report = panoptes(with(healthy(), "location", location(json!({"status": "offline"}))));
    assert_verdict(&report, Status::Green, Some(true));
    let report = panoptes(with(healthy(), "nodes", not_asked()));
    assert_verdict(&report, Status::Unknown, None);
    let bare = json!({
        "customerId": "c", "locationId": "l", "takenAt": now().to_rfc3339(),
        "nodes": {"known": [gateway()]}, "serviceLevel": {"known": {"status": "fullService"}},
    });
    assert!(panoptes(bare).unknown.is_empty());
}

#[test]
fn missing_network_state_has_no_effect_if_the_nodes_are_known() {
    let report = report_with("location", location(Value::Null));
    assert_verdict(&report, Status::Green, Some(true));
    assert!(report.unknown.is_empty());
    let report = report_with("location", failed("serverError", "no"));
    assert_verdict(&report, Status::Green, Some(true));
    assert_eq!(unknown_parts(&report), [(ReportPart::NetworkState, false)]);
    assert!(report.headline.ends_with("(not checked: network state)"));
}

#[test]
fn unreadable_location_may_be_offline() {
    let report = report_with("location", failed("unreadable", "a location without `id`"));
    assert_verdict(&report, Status::Unknown, Some(true));
    assert_eq!(unknown_parts(&report), [(ReportPart::NetworkState, true)]);
    assert_eq!(report.headline, "⚪ STATUS UNKNOWN - The network state could not be read");
    // As a program reads it.
    let body = br#"{"id":{"$oid":"5f"},"networkStatus":{"status":"offline"}}"#;
    let error = decode::body::<plume_types::Location>(body).unwrap_err();
    let mut home = snapshot(healthy());
    home.location = Part::Failed(PartFailure::new(PartFailureKind::Unreadable, error.to_string()));
    assert_verdict(&analyze(&home, &Policy::standard(), now()), Status::Unknown, Some(true));
}

#[test]
fn a_policy_cannot_make_offline_green() {
    let mut policy = Policy::standard();
    policy.rules.location_offline.status = Status::Green;
    let report = analyze(&snapshot(with(healthy(), "nodes", known(Vec::<Value>::new()))), &policy, now());
    assert_verdict(&report, Status::Yellow, Some(false));
    assert!(report.policy.changed);
}

#[test]
fn old_snapshot_is_unknown() {
    let limit = Policy::standard().max_age.unwrap();
    let aged = |age: Duration| {
        let taken_at = now() - TimeDelta::from_std(age).unwrap();
        let snapshot = with(healthy(), "takenAt", json!(taken_at.to_rfc3339()));
        with(snapshot, "nodes", known(Vec::<Value>::new()))
    };
    assert_verdict(&report(aged(limit)), Status::Red, Some(false));
    let old = report(aged(limit + Duration::from_millis(1)));
    assert_verdict(&old, Status::Unknown, None);
    assert!(old.findings.is_empty());
    assert_eq!(old.headline, "⚪ STATUS UNKNOWN - The data is 60 minutes old");

    let later = with(healthy(), "takenAt", json!((now() + TimeDelta::days(400)).to_rfc3339()));
    assert_verdict(&report(later), Status::Green, Some(true));
    let any_age = Policy::standard().with_max_age(None);
    let report = analyze(&snapshot(aged(Duration::from_secs(1 << 30))), &any_age, now());
    assert_verdict(&report, Status::Red, Some(false));
}

#[test]
fn profile_decides_the_status_of_tiers() {
    use Status::{Green, Orange, Yellow};
    for (tier, standard, panoptes, unknown) in [
        ("fullService", Green, Green, false),
        ("basicService", Green, Yellow, false),
        ("noService", Orange, Yellow, false),
        ("goldService", Green, Yellow, true),
    ] {
        let json = with(healthy(), "serviceLevel", known(json!({"status": tier})));
        for (policy, status) in [(Policy::standard(), standard), (Policy::panoptes(), panoptes)] {
            let report = analyze(&snapshot(json.clone()), &policy, now());
            assert_eq!(report.status, status, "{tier}");
            // What only full service will do for is known well enough.
            assert_eq!(!report.unknown.is_empty(), unknown && status == Green, "{tier}");
        }
    }
    let basic = report_with("serviceLevel", known(json!({"status": "basicService"})));
    assert_eq!(basic.findings[0].severity, Severity::Info);
    let none = report_with("serviceLevel", known(json!({"status": "noService"})));
    assert_eq!(none.headline, "🟠 SERVICE DISRUPTED - The subscription is cut off (no service)");
}

#[test]
fn the_copy_in_the_location_will_do() {
    let with_tier =
        |tier: Value| known(json!({"id": "x", "networkStatus": {"status": "online"}, "serviceLevel": tier}));
    for part in [not_asked(), failed("refused", ""), known(json!({"auto": true}))] {
        let json = with(healthy(), "serviceLevel", part);
        let none = json!({"status": "noService"});
        let report = report(with(json.clone(), "location", with_tier(none)));
        assert_eq!(rules(&report), [RuleId::NoService]);
        assert_eq!(report.findings[0].evidence[0].path, "location.serviceLevel.status");
        assert!(report.unknown.is_empty());
        let report = testkit::snapshots::report(with(json, "location", with_tier(Value::Null)));
        assert_verdict(&report, Status::Green, Some(true));
        assert_eq!(unknown_parts(&report), [(ReportPart::ServiceLevel, false)]);
    }
}

#[test]
fn json_is_the_data_of_a_health_document() {
    let report = nodes(&[gateway(), down("TST0000002", "Office")]);
    let json: Value = serde_json::from_str(&report.render(plume_health::Format::Json)).unwrap();
    assert_eq!(json, serde_json::to_value(&report).unwrap());
    assert_eq!(json["status"], "orange");
    assert_eq!(json["online"], true);
    assert_eq!(json["location"]["name"], "Home");
    assert_eq!(
        json["findings"][0],
        json!({
            "rule": "node-disconnected",
            "confidence": "certain",
            "severity": "critical",
            "status": "orange",
            "subject": {"kind": "node", "name": "Office", "id": "TST0000002"},
            "message": "Pod 'Office' is disconnected",
            "evidence": [{"path": "nodes[TST0000002].connectionState", "value": "disconnected"}],
            "consequences": [],
        })
    );
    assert_eq!(json["what_would_make_it_green"], json!(["Reconnect pod 'Office'"]));
    assert_eq!(json["unknown"], json!([]));
    let unknown = serde_json::to_value(report_with("nodes", not_asked())).unwrap();
    assert_eq!(unknown["status"], "unknown");
    assert_eq!(
        unknown["unknown"],
        json!([{"part": "nodes", "reason": "not requested", "needed": true, "partial": false}])
    );
    let snapshot = with(with(healthy(), "nodes", not_asked()), "location", not_asked());
    assert_eq!(serde_json::to_value(testkit::snapshots::report(snapshot)).unwrap()["online"], Value::Null);
}

#[test]
fn findings_and_consequences_have_an_order_of_their_own() {
    let snapshot = with(
        healthy(),
        "nodes",
        known(vec![gateway(), down("TST0000002", "Zoe"), down("TST0000003", "Adam")]),
    );
    let snapshot = with(snapshot, "qoe", known(json!([{"name": "gaming", "qoe": "poor"}])));
    let snapshot = with(snapshot, "serviceLevel", known(json!({"status": "basicService"})));
    let found = report(snapshot.clone());
    let told: Vec<_> =
        found.findings.iter().map(|found| (found.rule.clone(), found.subject.name.as_str())).collect();
    assert_eq!(
        told,
        [
            (RuleId::NodeDisconnected, "Adam"),
            (RuleId::NodeDisconnected, "Zoe"),
            (RuleId::PoorQoe, "Gaming"),
            (RuleId::ReducedService, "Home"),
        ]
    );
    // A finding that does not prevent green is no step.
    assert_eq!(found.what_would_make_it_green.len(), 3);

    let offline = report(with(snapshot, "location", location(json!({"status": "offline"}))));
    let affected: Vec<_> =
        offline.findings[0].consequences.iter().map(|pod| pod.subject.name.as_str()).collect();
    assert_eq!(affected, ["Adam", "Zoe"]);
}

#[test]
fn offline_location_precedes_other_red_findings() {
    let mut policy = Policy::standard();
    policy.rules.no_service.status = Status::Red;
    let json = with(healthy(), "nodes", known(Vec::<Value>::new()));
    let json = with(json, "serviceLevel", known(json!({"status": "noService"})));
    let report = analyze(&snapshot(json), &policy, now());
    assert_eq!(rules(&report).len(), 2);
    assert_eq!(report.headline, "🔴 LOCATION OFFLINE - No pods found for this location");
}

#[test]
fn pods_without_a_state_and_unreadable_ones_are_counted_together() {
    let list = json!([gateway(), in_state(Value::Null), 17]);
    let report = report_with("nodes", known(list));
    assert_eq!(report.headline, "⚪ STATUS UNKNOWN - The state of 2 pods is unknown");
}

#[test]
fn a_source_that_is_disabled_gives_no_evidence() {
    let json = with(healthy(), "nodes", known(vec![down("TST0000001", "A")]));
    let report = analyze(&snapshot(json), &Policy::panoptes(), now());
    let paths: Vec<_> = report.findings[0].evidence.iter().map(|evidence| evidence.path.as_str()).collect();
    assert_eq!(paths, ["nodes[TST0000001].connectionState"]);
}

#[test]
fn disabled_rules_have_no_findings() {
    let level = |tier: &str| with(healthy(), "serviceLevel", known(json!({"status": tier})));
    let mut policy = Policy::standard();
    policy.rules.no_service.enabled = false;
    let report = |json: &Value| analyze(&snapshot(json.clone()), &policy, now());
    assert_eq!(rules(&report(&level("noService"))), []);
    assert_eq!(rules(&report(&level("basicService"))), [RuleId::ReducedService]);
    let mut policy = policy.clone();
    policy.rules.reduced_service.enabled = false;
    // No rule uses the tier any more, so it is not missing.
    let report = analyze(&snapshot(level("goldService")), &policy, now());
    assert!(report.unknown.is_empty());
}

#[test]
fn not_requested_is_not_failed() {
    let headline = |part: Value| report_with("nodes", part).headline;
    assert_eq!(headline(not_asked()), "⚪ STATUS UNKNOWN - The nodes were not requested");
    assert_eq!(headline(failed("limited", "")), "⚪ STATUS UNKNOWN - The nodes could not be read");
}

#[test]
fn the_place_of_a_location_is_as_the_cloud_has_it() {
    let place = |geo: Value, location_test: Value, node_test: Value| {
        let mut home = healthy();
        home["location"]["known"]["geoIp"] = geo;
        home["location"]["known"]["speedTest"] = location_test;
        home["nodes"]["known"][0]["speedTest"] = node_test;
        let location = report(home).location;
        (location.isp, location.city)
    };
    let isp = |isp: &str| json!({"isp": isp});
    let told = |isp: Option<&str>, city: Option<&str>| (isp.map(str::to_owned), city.map(str::to_owned));
    let geo = json!({"ISP": " One ", "city": "Here"});
    assert_eq!(place(geo, isp("Two"), isp("Three")), told(Some("One"), Some("Here")));
    let blank = json!({"ISP": " ", "city": ""});
    assert_eq!(place(blank, isp("Two"), isp("Three")), told(Some("Two"), None));
    assert_eq!(place(Value::Null, Value::Null, isp("Three")), told(Some("Three"), None));
    assert_eq!(place(Value::Null, Value::Null, Value::Null), told(None, None));
}

#[test]
fn an_unknown_status_is_reported_with_its_word() {
    let report = report(with(healthy(), "location", location(json!({"status": "dozing"}))));
    assert_eq!(report.unknown[0].reason, "unknown status 'dozing'");
}

#[test]
fn words_are_those_of_the_document() {
    fn word(value: impl serde::Serialize) -> String {
        serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
    }
    for severity in [Severity::Critical, Severity::Warning, Severity::Info] {
        assert_eq!((severity.as_str(), severity.to_string()), (&*word(severity), word(severity)));
    }
    for part in [
        ReportPart::Snapshot,
        ReportPart::Nodes,
        ReportPart::NetworkState,
        ReportPart::ServiceLevel,
        ReportPart::NodeHealth,
        ReportPart::NodeAlerts,
        ReportPart::Devices,
        ReportPart::Qoe,
    ] {
        assert_eq!(part.as_str(), word(&part));
    }
}

#[test]
fn policy_can_require_full_service() {
    let judge = |own: Value, copy: Value| {
        let mut json = with(healthy(), "serviceLevel", own);
        json["location"]["known"]["serviceLevel"] = copy;
        analyze(&snapshot(json), &Policy::panoptes(), now())
    };
    let tier = |word: &str| known(json!({"status": word}));
    assert_verdict(&judge(tier("fullService"), Value::Null), Status::Green, Some(true));
    for word in ["basicService", "noService", "goldService"] {
        assert_verdict(&judge(tier(word), Value::Null), Status::Yellow, Some(true));
    }
    let gold = judge(tier("goldService"), Value::Null);
    assert_eq!(gold.headline, "🟡 DEGRADED SERVICE - The subscription is not full service ('goldService')");
    assert_eq!(rules(&gold), [RuleId::ReducedService]);
    assert_eq!(gold.doubts, ["the cloud's word is not known"]);
    assert_eq!(gold.what_would_make_it_green, ["Restore the subscription to full service"]);
    // The tier is optional: without any word it is unknown, and the rest is judged.
    for own in [not_asked(), failed("refused", ""), known(json!({}))] {
        let silent = judge(own.clone(), Value::Null);
        assert_verdict(&silent, Status::Green, Some(true));
        assert_eq!(unknown_parts(&silent), [(ReportPart::ServiceLevel, false)]);
        assert_verdict(&judge(own, json!({"status": "goldService"})), Status::Yellow, Some(true));
    }
    // Switched off it finds nothing, and the other rule still knows what it does not know.
    let mut policy = Policy::panoptes();
    policy.rules.reduced_service.enabled = false;
    let json = with(healthy(), "serviceLevel", tier("goldService"));
    let report = analyze(&snapshot(json), &policy, now());
    assert_verdict(&report, Status::Green, Some(true));
    assert_eq!(unknown_parts(&report), [(ReportPart::ServiceLevel, false)]);
}
