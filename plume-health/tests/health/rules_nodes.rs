//! The rules about gateways and pods.

use plume_health::{HealthReport, Policy, RuleId, Severity, Status, analyze};
use serde_json::{Value, json};
use testkit::snapshots::{
    assert_verdict, down, gateway, healthy, in_state, known, node, nodes, now, report, rules, snapshot, with,
};

fn with_health(health: Value) -> HealthReport {
    nodes(&[with(gateway(), "health", health)])
}

#[test]
fn health_uses_word_and_score() {
    use Status::{Green, Yellow};
    for (health, status, unknown) in [
        (json!({"status": "excellent"}), Green, false),
        (json!({"status": "good"}), Green, false),
        (json!({"status": "fair"}), Yellow, false),
        (json!({"status": "poor"}), Yellow, false),
        (json!({"status": "good", "score": 1.99}), Yellow, false),
        (json!({"status": "good", "score": 2.0}), Green, false),
        (json!({"score": 1.99}), Yellow, false),
        (json!({"score": 2.0}), Green, false),
        (json!({"status": "splendid"}), Green, true),
        (json!({"status": "splendid", "score": 5}), Green, true),
        (json!({}), Green, true),
        (Value::Null, Green, true),
    ] {
        let report = with_health(health.clone());
        assert_eq!(report.status, status, "{health}");
        assert_eq!(!report.unknown.is_empty(), unknown, "{health}");
        assert_eq!(report.headline.contains("(not checked: node health)"), unknown);
    }
}

#[test]
fn the_limit_of_health_is_policy() {
    let mut policy = Policy::standard();
    policy.rules.node_health.from = plume_health::policy::HealthLimit::Poor;
    for (word, status) in [("fair", Status::Green), ("poor", Status::Yellow)] {
        let json = with(healthy(), "nodes", known(vec![with(gateway(), "health", json!({"status": word}))]));
        assert_eq!(analyze(&snapshot(json), &policy, now()).status, status);
    }
}

#[test]
fn health_of_some_pods_only_is_partly_checked() {
    let odd = with(node("TST0000002", "Office"), "health", Value::Null);
    let report = nodes(&[gateway(), odd]);
    assert!(report.headline.ends_with("(partly checked: node health)"));
}

#[test]
fn an_alert_about_poor_health_is_the_same_problem() {
    let alert = json!([{"type": "poorHealth"}]);
    let sick = with(gateway(), "health", json!({"status": "poor", "score": 1.8}));
    let report = nodes(&[with(sick, "alerts", alert.clone())]);
    assert_eq!(rules(&report), [RuleId::NodeHealth]);
    assert_eq!(report.findings[0].message, "Pod 'Living Room Pod' has poor health (and an alert about it)");
    assert_eq!(report.findings[0].evidence.len(), 3);
    assert_eq!(report.headline, "🟡 DEGRADED SERVICE - 1 pod in fair or poor health");

    let report = nodes(&[with(gateway(), "alerts", alert)]);
    assert_eq!(rules(&report), [RuleId::NodeAlert]);
}

#[test]
fn alerts_that_were_put_aside_are_not_active() {
    for (alert, active) in [
        (json!({"type": "poorHealth"}), true),
        (json!({"type": "overheated"}), true),
        (json!({"state": "reset"}), true),
        (json!({"type": "poorHealth", "state": "snooze"}), false),
        (json!({"type": "poorHealth", "state": "ignore"}), false),
        (json!({"type": "poorHealth", "state": "performanceAcceptable"}), false),
    ] {
        let report = nodes(&[with(gateway(), "alerts", json!([alert]))]);
        assert_eq!(report.status == Status::Yellow, active, "{alert}");
    }
    let report = nodes(&[with(gateway(), "alerts", json!([17]))]);
    assert_verdict(&report, Status::Green, Some(true));
    assert!(report.headline.ends_with("(partly checked: node alerts)"));
}

#[test]
fn a_disconnected_pod_is_not_also_sick() {
    let pod = with(
        with(down("TST0000002", "B"), "health", json!({"status": "poor"})),
        "alerts",
        json!([{"type": "poorHealth"}]),
    );
    assert_eq!(rules(&nodes(&[gateway(), pod.clone()])), [RuleId::NodeDisconnected]);
    let mut policy = Policy::standard();
    policy.rules.node_disconnected.enabled = false;
    let json = with(healthy(), "nodes", known(vec![gateway(), pod]));
    assert_eq!(rules(&analyze(&snapshot(json), &policy, now())), [RuleId::NodeHealth]);
}

#[test]
fn of_two_records_of_a_pod_the_worse_counts() {
    let up = node("TST0000002", "B");
    let report = nodes(&[gateway(), up.clone(), down("TST0000002", "B"), up.clone()]);
    assert_eq!(rules(&report), [RuleId::NodeDisconnected]);
    assert_eq!(report.nodes.len(), 2);
    assert_eq!(report.headline, "🟠 SERVICE DISRUPTED - 1 pod is disconnected");
    let report = nodes(&[gateway(), up, in_state(Value::Null)]);
    assert_eq!(report.status, Status::Unknown);
}

#[test]
fn pods_and_no_service_share_a_headline() {
    let json = with(healthy(), "nodes", known(vec![gateway(), down("TST0000002", "B")]));
    let report = report(with(json, "serviceLevel", known(json!({"status": "noService"}))));
    assert_eq!(
        report.headline,
        "🟠 SERVICE DISRUPTED - 1 pod is disconnected; The subscription is cut off (no service)"
    );
}

#[test]
fn alerts_of_one_pod_are_one_finding() {
    let alerts = |kinds: &[&str]| -> Value { kinds.iter().map(|kind| json!({"type": kind})).collect() };
    let pod = |kinds: &[&str]| with(gateway(), "alerts", alerts(kinds));
    let expected = nodes(&[pod(&["a", "b"])]);
    assert_eq!(expected.findings[0].message, "Pod 'Living Room Pod' has an active alert (a, b)");
    assert_eq!(nodes(&[pod(&["b", "a", "b"])]), expected);
    assert_eq!(nodes(&[pod(&["b"]), pod(&["a"])]), expected);
    let many = nodes(&[pod(&["a", "b", "c", "d", "e"])]);
    assert_eq!(many.findings[0].message, "Pod 'Living Room Pod' has an active alert (a, b, c and 2 more)");
}

#[test]
fn health_and_alerts_can_be_switched_off_one_by_one() {
    let sick = with(gateway(), "health", json!({"status": "poor"}));
    let sick = with(sick, "alerts", json!([{"type": "poorHealth"}, 17]));
    let json = with(healthy(), "nodes", known(vec![sick]));
    let judge = |policy: &Policy| analyze(&snapshot(json.clone()), policy, now());

    let mut without_health = Policy::standard();
    without_health.rules.node_health.enabled = false;
    assert_eq!(rules(&judge(&without_health)), [RuleId::NodeAlert]);

    let mut without_alerts = Policy::standard();
    without_alerts.rules.node_alert.enabled = false;
    let report = judge(&without_alerts);
    assert_eq!(report.findings[0].message, "Pod 'Living Room Pod' has poor health");
    assert!(report.unknown.is_empty());

    let mut neither = without_alerts.clone();
    neither.rules.node_health.enabled = false;
    assert_eq!(judge(&neither).status, Status::Green);
    let json = with(healthy(), "nodes", known(vec![with(gateway(), "health", Value::Null)]));
    assert!(analyze(&snapshot(json), &neither, now()).unknown.is_empty());
}

#[test]
fn health_and_its_alert_weigh_as_much_as_the_heavier() {
    let sick = with(gateway(), "health", json!({"status": "poor"}));
    let json = with(healthy(), "nodes", known(vec![with(sick, "alerts", json!([{"type": "poorHealth"}]))]));
    let mut policy = Policy::standard();
    policy.rules.node_alert.severity = Severity::Critical;
    policy.rules.node_alert.status = Status::Orange;
    let report = analyze(&snapshot(json), &policy, now());
    assert_eq!(rules(&report), [RuleId::NodeHealth]);
    assert_eq!((report.findings[0].severity, report.status), (Severity::Critical, Status::Orange));
}

#[test]
fn the_gateway_is_first_in_the_table() {
    let report = nodes(&[node("TST0000002", "Attic"), gateway()]);
    let names: Vec<_> = report.nodes.iter().map(|node| (node.name.as_str(), node.gateway)).collect();
    assert_eq!(names, [("Living Room Pod", Some(true)), ("Attic", Some(false))]);
}

#[test]
fn degraded_is_fair_and_a_stateless_pod_is_not_missed_twice() {
    let report = nodes(&[with(gateway(), "health", json!({"status": "degraded"}))]);
    assert_eq!(report.findings[0].message, "Pod 'Living Room Pod' has fair health");
    let report = nodes(&[gateway(), with(in_state(Value::Null), "health", Value::Null)]);
    assert_eq!(report.unknown.len(), 1);
}

#[test]
fn pod_is_named_by_its_best_name() {
    let named = |nickname: Value, default: Value| {
        let pod = with(with(gateway(), "nickname", nickname), "defaultName", default);
        nodes(&[pod]).nodes[0].name.clone()
    };
    assert_eq!(named(json!("Attic"), json!("Pod 1")), "Attic");
    assert_eq!(named(json!(" "), json!("Pod 1")), "Pod 1");
    assert_eq!(named(Value::Null, Value::Null), "TST0000001");
}

#[test]
fn unknown_parts_of_a_node_have_reasons() {
    let reason = |node: Value| nodes(&[node]).unknown[0].reason.clone();
    assert_eq!(
        reason(with(gateway(), "health", Value::Null)),
        "the health of pod 'Living Room Pod' is missing"
    );
    assert_eq!(
        reason(with(gateway(), "health", json!({"status": "splendid"}))),
        "pod 'Living Room Pod' has an unknown health 'splendid'"
    );
    assert_eq!(
        reason(with(gateway(), "alerts", json!([17]))),
        "alerts of pod 'Living Room Pod' could not be read"
    );
}

#[test]
fn pods_with_alerts_share_a_headline() {
    let alerted = |id: &str| with(node(id, id), "alerts", json!([{"type": "hot"}]));
    assert_eq!(nodes(&[gateway(), alerted("B")]).headline, "🟡 DEGRADED SERVICE - 1 pod has an active alert");
    assert_eq!(
        nodes(&[gateway(), alerted("B"), alerted("C")]).headline,
        "🟡 DEGRADED SERVICE - 2 pods have active alerts"
    );
}

#[test]
fn equally_bad_records_give_the_same_report_in_any_order() {
    let sick = |health: Value| with(gateway(), "health", health);
    for (one, other) in [
        (json!({"status": "fair", "score": 3.0}), json!({"status": "fair", "score": 4.0})),
        (json!({"status": "fair", "score": 3.0}), json!({"status": "degraded", "score": 3.0})),
        (json!({"status": "poor"}), json!({"score": 1.0})),
    ] {
        let (one, other) = (sick(one), sick(other));
        let report = nodes(&[one.clone(), other.clone()]);
        assert_eq!(report.findings[0].evidence, nodes(&[other, one]).findings[0].evidence);
    }
}

#[test]
fn findings_of_a_disconnected_pod_return_with_it() {
    let pod = |health: &str, alert: &str| {
        let pod = with(down("TST0000002", "Office"), "health", json!({"status": health}));
        with(pod, "alerts", json!([{"type": alert}]))
    };
    let (reconnect, heal, clear) = (
        "Reconnect pod 'Office'",
        "Improve the connection of pod 'Office' to good health",
        "Resolve the alert of pod 'Office'",
    );
    let steps = |pods: &[Value], policy: &Policy| {
        let home = with(healthy(), "nodes", known(pods.to_vec()));
        analyze(&snapshot(home), policy, now()).what_would_make_it_green
    };
    let standard = Policy::standard();
    assert_eq!(steps(&[gateway(), pod("poor", "poorHealth")], &standard), [reconnect, heal]);
    assert_eq!(steps(&[gateway(), pod("good", "hot")], &standard), [reconnect, clear]);
    assert_eq!(steps(&[gateway(), pod("good", "poorHealth")], &standard), [reconnect, clear]);
    let mut lenient = Policy::standard();
    lenient.rules.node_health.status = Status::Green;
    assert_eq!(steps(&[gateway(), pod("poor", "hot")], &lenient), [reconnect, clear]);
    let mut lenient = Policy::standard();
    lenient.rules.node_alert.status = Status::Green;
    assert_eq!(steps(&[gateway(), pod("poor", "hot")], &lenient), [reconnect, heal]);
    // A pod that may be disconnected is judged by its health; one of an offline location is not.
    let mut indifferent = Policy::standard();
    indifferent.rules.node_disconnected.enabled = false;
    assert_eq!(steps(&[gateway(), pod("poor", "poorHealth")], &indifferent), [heal]);
    assert_eq!(
        steps(&[pod("poor", "poorHealth")], &indifferent),
        ["Bring the location back online", reconnect, heal]
    );
}

#[test]
fn a_location_without_pods_that_is_called_offline_needs_both() {
    let steps = |status: &str| {
        let mut home = with(healthy(), "nodes", known(Vec::<Value>::new()));
        home["location"]["known"]["networkStatus"]["status"] = json!(status);
        report(home).what_would_make_it_green
    };
    let claim = "Claim a pod for this location and connect it";
    assert_eq!(steps("online"), [claim]);
    assert_eq!(steps("offline"), [claim, "Bring the location back online"]);
}
