//! Differences between two reports.

use chrono::TimeDelta;
use plume_health::{
    DevicePolicy, Finding, Format, Policy, RuleId, Status, UnknownPart, analyze,
    change::{FindingChange, ReportChanges, diff_reports},
};
use serde_json::{Value, json};
use testkit::snapshots::{
    alexa, down, failed, gateway, healthy, in_state, known, node, not_asked, now, report, snapshot, with,
};

fn with_nodes(nodes: &[Value]) -> Value {
    with(healthy(), "nodes", known(nodes.to_vec()))
}

fn with_devices(devices: &[Value]) -> Value {
    with(healthy(), "devices", known(devices.to_vec()))
}

fn reports(before: Value, after: Value) -> ReportChanges {
    diff_reports(&report(before), &report(after))
}

#[test]
fn findings_enter_and_leave() {
    let sick = with_nodes(&[with(gateway(), "health", json!({"status": "poor"}))]);
    let changes = reports(healthy(), sick.clone());
    assert_eq!(changes.entered[0].rule, RuleId::NodeHealth);
    assert_eq!((changes.status_before, changes.status_after), (Status::Green, Status::Yellow));
    let changes = reports(sick.clone(), healthy());
    assert_eq!(changes.left[0].rule, RuleId::NodeHealth);
    assert!(reports(sick.clone(), sick).is_empty());
}

#[test]
fn findings_worsen_and_ease() {
    let health = |word: &str| with_nodes(&[with(gateway(), "health", json!({"status": word}))]);
    let changes = reports(health("fair"), health("poor"));
    assert_eq!(changes.worsened[0].after.message, "Pod 'Living Room Pod' has poor health");
    assert!(changes.eased.is_empty() && changes.entered.is_empty());
    assert_eq!(reports(health("poor"), health("fair")).eased.len(), 1);
    // More consequences are worse.
    let pods = with_nodes(&[gateway(), down("TST0000002", "Office")]);
    let behind = with(alexa(), "leafToRoot", json!([{"id": "TST0000002"}]));
    let more = with(pods.clone(), "devices", known(vec![behind]));
    assert_eq!(reports(pods.clone(), more.clone()).worsened.len(), 1);
    assert_eq!(reports(more, pods).eased.len(), 1);
}

#[test]
fn finding_that_became_a_consequence_is_not_gone() {
    let pod_down = with_nodes(&[gateway(), down("TST0000002", "Office")]);
    let all_down = with_nodes(&[down("TST0000001", "A"), down("TST0000002", "Office")]);
    let changes = reports(pod_down.clone(), all_down.clone());
    assert_eq!(changes.absorbed[0].rule, RuleId::NodeDisconnected);
    assert!(changes.left.is_empty());
    assert_eq!(reports(all_down, pod_down.clone()).emerged.len(), 1);
    // A pod that was sick and is now disconnected is not healthy.
    let sick = with(node("TST0000002", "Office"), "health", json!({"status": "poor"}));
    let changes = reports(with_nodes(&[gateway(), sick]), pod_down);
    assert_eq!((changes.left.len(), changes.absorbed.len(), changes.entered.len()), (0, 1, 1));
}

#[test]
fn finding_no_longer_known_is_not_gone() {
    let down_pod = with_nodes(&[gateway(), down("TST0000002", "Office")]);
    for after in [
        with(healthy(), "nodes", failed("refused", "")),
        with_nodes(&[gateway(), json!(17)]),
        with_nodes(&[gateway(), in_state(Value::Null)]),
    ] {
        let changes = reports(down_pod.clone(), after.clone());
        assert!(changes.left.is_empty(), "{after}");
        assert_eq!(changes.no_longer_known.len(), 1);
        assert!(!changes.unknown_appeared.is_empty());
        let back = reports(after, down_pod.clone());
        assert!(back.entered.is_empty());
        assert_eq!(back.newly_known.len(), 1);
    }
    // It is listed and connected, whatever else could not be read.
    let up = with_nodes(&[gateway(), node("TST0000002", "Office"), json!(17)]);
    assert_eq!(reports(down_pod, up).left.len(), 1);
    let mut offline = healthy();
    offline["location"]["known"]["networkStatus"]["status"] = json!("offline");
    let nothing = with(with(healthy(), "nodes", not_asked()), "location", not_asked());
    assert_eq!(reports(offline.clone(), nothing).no_longer_known.len(), 1);
    assert_eq!(reports(offline, healthy()).left.len(), 1);
    let gone = with_devices(&[alexa()]);
    assert_eq!(reports(gone, with(healthy(), "devices", not_asked())).no_longer_known.len(), 1);
}

#[test]
fn changes_of_reports_are_listed() {
    let after = with(with_nodes(&[gateway(), down("TST0000002", "Office")]), "qoe", not_asked());
    let changes = reports(with_devices(&[alexa()]), with(after, "devices", known(Vec::<Value>::new())));
    assert_eq!(
        changes.render(Format::Text),
        "🔄 Changes at Home
From 2026-01-15 10:00 UTC to 2026-01-15 10:00 UTC

Status: yellow → orange (worse)
Connection: online, as before

New:
  🔴 Pod 'Office' is disconnected

Gone:
  ⚠️ Device 'Alexa' is disconnected

Now unknown:
  • QoE: not requested"
    );
    for format in [Format::Markdown, Format::Html, Format::Json] {
        assert!(changes.render(format).contains("Office"));
    }
}

#[test]
fn reports_by_another_policy_are_marked() {
    let standard = report(healthy());
    let panoptes = analyze(&snapshot(healthy()), &Policy::panoptes(), now());
    let changes = diff_reports(&standard, &panoptes);
    assert!(!changes.comparable);
    assert!(changes.render(Format::Text).contains("not of the same location and policy"));
}

/// The report on the home with these devices, this many hours later.
fn later(hours: i64, devices: &[Value], policy: &Policy) -> plume_health::HealthReport {
    let at = now() + TimeDelta::hours(hours);
    let home = with(with(healthy(), "devices", known(devices.to_vec())), "takenAt", json!(at.to_rfc3339()));
    analyze(&snapshot(home), policy, at)
}

#[test]
fn device_away_for_long_did_not_return() {
    let policy = Policy::standard();
    let gone = [alexa()];
    let (before, after) = (later(0, &gone, &policy), later(48, &gone, &policy));
    assert_eq!((before.status, after.status), (Status::Yellow, Status::Green));
    let changes = diff_reports(&before, &after);
    assert!(changes.left.is_empty() && !changes.is_empty());
    assert_eq!(changes.no_longer_expected, before.findings);
    let stored = |report| serde_json::from_value(serde_json::to_value(report).unwrap()).unwrap();
    assert_eq!(diff_reports(&stored(&before), &stored(&after)), changes);
    let text = changes.render(Format::Text);
    assert!(text.contains("Status: yellow → green\n"), "{text}");
    assert!(
        text.contains("Still away, but no longer expected here:\n  ⚠️ Device 'Alexa' is disconnected"),
        "{text}"
    );
    let back = diff_reports(&after, &before);
    assert_eq!((back.newly_expected, back.entered), (before.findings.clone(), vec![]));
    // One that is back is, however long it took.
    let back = later(48, &[with(alexa(), "connectionState", json!("connected"))], &policy);
    let changes = diff_reports(&before, &back);
    assert_eq!((changes.left.len(), changes.no_longer_expected.len()), (1, 0));
    assert!(changes.render(Format::Text).contains("Status: yellow → green (better)\n"));
    // The same for a favorite that is none any more, and for another spelling of the address.
    let policy = Policy::standard().with_devices(DevicePolicy::Favorites);
    let before = later(0, &[with(alexa(), "favorite", json!(true))], &policy);
    let after = later(1, &[with(alexa(), "mac", json!("aa-bb-cc-00-11-22"))], &policy);
    let changes = diff_reports(&before, &after);
    assert_eq!((changes.left.len(), changes.no_longer_expected.len()), (0, 1));
}

#[test]
fn poor_quality_follows_the_policy() {
    let home =
        |score: f64| with_nodes(&[with(gateway(), "health", json!({"status": "fair", "score": score}))]);
    let compare = |poor_below: f64| {
        let mut policy = Policy::standard();
        policy.rules.node_health.poor_below = poor_below;
        let of = |score: f64| analyze(&snapshot(home(score)), &policy, now());
        let changes = diff_reports(&of(3.5), &of(2.5));
        (changes.worsened.len(), changes.is_empty())
    };
    assert_eq!(compare(3.0), (1, false));
    assert_eq!(compare(2.0), (0, true));
    assert_eq!(compare(4.0), (0, true));
    // Two policies with different limits are not compared without a word.
    let mut strict = Policy::standard();
    strict.rules.node_health.poor_below = 3.0;
    let mut mild = Policy::standard();
    mild.rules.node_health.poor_below = 1.0;
    let of = |policy: &Policy| analyze(&snapshot(home(2.5)), policy, now());
    assert!(!diff_reports(&of(&strict), &of(&mild)).comparable);
}

#[test]
fn every_difference_is_a_change_of_the_report() {
    let same = reports(with_devices(&[alexa()]), with_devices(&[alexa()]));
    assert!(same.is_empty());
    let other_writing = with(alexa(), "mac", json!("aa-bb-cc-00-11-22"));
    assert!(reports(with_devices(&[alexa()]), with_devices(&[other_writing])).is_empty());
    let finding = report(with_devices(&[alexa()])).findings[0].clone();
    let unknown = report(with(healthy(), "qoe", not_asked())).unknown[0].clone();
    let health = |word: &str| with_nodes(&[with(gateway(), "health", json!({"status": word}))]);
    let moved = reports(health("fair"), health("poor")).worsened[0].clone();
    for change in [
        |changes: &mut ReportChanges, _: &Finding, _: &UnknownPart, _: &FindingChange| {
            changes.status_after = Status::Red;
        },
        |changes, _, _, _| changes.online_after = None,
        |changes, finding, _, _| changes.entered.push(finding.clone()),
        |changes, finding, _, _| changes.left.push(finding.clone()),
        |changes, finding, _, _| changes.absorbed.push(finding.clone()),
        |changes, finding, _, _| changes.emerged.push(finding.clone()),
        |changes, finding, _, _| changes.no_longer_known.push(finding.clone()),
        |changes, finding, _, _| changes.newly_known.push(finding.clone()),
        |changes, _, _, moved| changes.worsened.push(moved.clone()),
        |changes, _, _, moved| changes.eased.push(moved.clone()),
        |changes, _, unknown, _| changes.unknown_appeared.push(unknown.clone()),
        |changes, _, unknown, _| changes.unknown_resolved.push(unknown.clone()),
    ] as [fn(&mut ReportChanges, &Finding, &UnknownPart, &FindingChange); 12]
    {
        let mut changes = same.clone();
        change(&mut changes, &finding, &unknown, &moved);
        assert!(!changes.is_empty(), "{changes:?}");
        assert!(!changes.render(Format::Text).contains("No changes"));
    }
}

#[test]
fn a_poor_score_is_worse_than_a_fair_word() {
    let health = |health: Value| with_nodes(&[with(gateway(), "health", health)]);
    let fair = || health(json!({"status": "fair", "score": 3.0}));
    for poor in [json!({"score": 1.0}), json!({"status": "fair", "score": 1.0}), json!({"status": "poor"})] {
        let changes = reports(fair(), health(poor.clone()));
        assert_eq!((changes.worsened.len(), changes.eased.len()), (1, 0), "{poor}");
        assert!(changes.render(Format::Text).contains("  ⚠️ Pod 'Living Room Pod' has poor health"));
        assert_eq!(reports(health(poor), fair()).eased.len(), 1);
    }
    assert!(reports(fair(), health(json!({"status": "degraded"}))).is_empty());
    assert!(reports(fair(), health(json!({"status": "fair", "score": 2.0}))).is_empty());
}
