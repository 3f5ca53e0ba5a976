//! The rules about devices and application QoE.

use std::time::Duration;

use chrono::TimeDelta;
use plume_health::{DevicePolicy, HealthReport, Policy, ReportPart, RuleId, Status, analyze};
use serde_json::{Value, json};
use testkit::snapshots::{
    ago, alexa, assert_verdict, device, down, failed, gateway, healthy, known, not_asked, now, report,
    report_with, rules, snapshot, unknown_parts, with,
};

fn by(devices: DevicePolicy, list: Vec<Value>) -> HealthReport {
    let json = with(healthy(), "devices", known(list));
    analyze(&snapshot(json), &Policy::standard().with_devices(devices), now())
}

#[test]
fn recent_ends_at_the_edge() {
    let within = Duration::from_secs(24 * 60 * 60);
    let day = TimeDelta::days(1);
    for (left, fires) in [
        (ago(TimeDelta::zero()), true),
        (ago(day), true),
        (ago(day + TimeDelta::milliseconds(1)), false),
        (ago(-day * 1000), true),
        (Value::Null, true),
        (json!("soon"), false),
    ] {
        let device = with(alexa(), "connectionStateChangeAt", left.clone());
        let report = by(DevicePolicy::Recent { within }, vec![device]);
        assert_eq!(report.findings.len(), usize::from(fires), "{left}");
    }
    let long_ago = with(alexa(), "connectionStateChangeAt", json!("1970-01-01T00:00:00Z"));
    let report = by(DevicePolicy::Recent { within: Duration::MAX }, vec![long_ago]);
    assert_eq!(report.findings.len(), 1);
}

#[test]
fn policy_selects_the_expected_devices() {
    let old = with(alexa(), "connectionStateChangeAt", ago(TimeDelta::days(300)));
    let favorite = with(old.clone(), "favorite", json!(true));
    let watch = |mac: &str| DevicePolicy::Watched(vec![mac.into()]);
    for (devices, device, fires) in [
        (DevicePolicy::All, &old, true),
        (DevicePolicy::Ignore, &alexa(), false),
        (DevicePolicy::Favorites, &old, false),
        (DevicePolicy::Favorites, &favorite, true),
        (watch("aabbcc001122"), &old, true),
        (watch("aabbcc001123"), &old, false),
    ] {
        let report = by(devices.clone(), vec![device.clone()]);
        assert_eq!(report.findings.len(), usize::from(fires), "{devices:?}");
    }
}

#[test]
fn a_watched_device_without_a_record_is_unknown_and_not_gone() {
    let report =
        by(DevicePolicy::Watched(vec!["02:00:00:00:00:09".into(), "02-00-00-00-00-09".into()]), vec![]);
    assert_verdict(&report, Status::Green, Some(true));
    assert_eq!(unknown_parts(&report), [(ReportPart::Devices, false)]);
    assert!(report.headline.ends_with("(partly checked: devices)"));
}

#[test]
fn unknown_state_is_not_a_finding() {
    for state in [Value::Null, json!("unavailable"), json!("dozing")] {
        let report = report_with("devices", known(vec![with(alexa(), "connectionState", state)]));
        assert_verdict(&report, Status::Green, Some(true));
        assert_eq!(report.unknown[0].reason, "the state of 1 device is unknown");
    }
    let report = report_with("devices", known(json!([device("a", "A", "connected"), 17])));
    assert_eq!(report.unknown[0].reason, "1 device could not be read");
}

#[test]
fn parts_excluded_by_policy_are_not_required() {
    let json = with(with(healthy(), "devices", not_asked()), "qoe", not_asked());
    let report = analyze(&snapshot(json.clone()), &Policy::panoptes(), now());
    assert!(report.unknown.is_empty());
    let report = testkit::snapshots::report(json);
    assert_verdict(&report, Status::Green, Some(true));
    assert!(report.headline.ends_with("(not checked: devices, QoE)"));
}

#[test]
fn devices_behind_a_disconnected_pod_are_its_consequence() {
    let nodes = vec![gateway(), down("TST0000002", "B")];
    let behind = with(
        alexa(),
        "leafToRoot",
        json!([{"id": "TST0000009"}, {"id": "TST0000002"}, {"id": "TST0000001"}]),
    );
    let json = with(with(healthy(), "nodes", known(nodes)), "devices", known(vec![behind.clone(), behind]));
    let report = report(json.clone());
    assert_eq!(rules(&report), [RuleId::NodeDisconnected]);
    assert_eq!(report.findings[0].consequences.len(), 1);
    assert_eq!(report.findings[0].consequences[0].subject.id, "AA:BB:CC:00:11:22");

    let mut policy = Policy::standard();
    policy.rules.node_disconnected.enabled = false;
    assert_eq!(rules(&analyze(&snapshot(json), &policy, now())), [RuleId::DeviceDisconnected]);
}

#[test]
fn of_two_records_of_a_device_the_worse_counts() {
    let there = device("aa-bb-cc-00-11-22", "Alexa", "connected");
    let report = report_with("devices", known(vec![there, alexa(), alexa()]));
    assert_eq!(rules(&report), [RuleId::DeviceDisconnected]);
    let stateless = with(alexa(), "connectionState", Value::Null);
    let report = report_with("devices", known(vec![stateless, alexa()]));
    assert!(report.unknown.is_empty());
    assert_eq!(report.findings.len(), 1);
}

#[test]
fn several_devices_or_rules_share_a_headline() {
    let other = device("02:00:00:00:10:02", "TV", "disconnected");
    let json = with(healthy(), "devices", known(vec![alexa(), other]));
    assert_eq!(report(json.clone()).headline, "🟡 DEGRADED SERVICE - 2 devices are disconnected");
    let json = with(json, "qoe", known(json!([{"name": "gaming", "qoe": "poor"}])));
    assert_eq!(report(json).headline, "🟡 DEGRADED SERVICE - 3 warnings");
}

fn of(qoe: Value) -> HealthReport {
    report_with("qoe", known(qoe))
}

#[test]
fn poor_by_word_or_below_the_limit() {
    for (record, poor) in [
        (json!({"name": "video", "score": 1.999}), true),
        (json!({"name": "video", "score": 2.0}), false),
        (json!({"name": "video", "qoe": "poor", "score": 4.9}), true),
        (json!({"name": "video", "qoe": "good", "score": 1.0}), true),
        (json!({"name": "video", "qoe": "fair"}), false),
        (json!({"name": "video", "score": 0}), true),
        (json!({"name": "video", "score": -1}), false),
    ] {
        let report = of(json!([record]));
        assert_eq!(report.status == Status::Yellow, poor, "{record}");
    }
}

#[test]
fn unreadable_quality_is_neither_poor_nor_good() {
    for answer in [
        json!({}),
        json!([]),
        json!([{"name": "video"}]),
        json!([{"name": "video", "qoe": "wobbly"}]),
        json!([{"name": "video", "qoe": "wobbly", "score": 4.5}]),
        json!([{"name": "video", "score": 85}]),
    ] {
        let report = of(answer.clone());
        assert_verdict(&report, Status::Green, Some(true));
        assert!(report.headline.ends_with("(not checked: QoE)"), "{answer}");
        assert_eq!(report.unknown[0].reason, "no traffic class could be read");
    }
    let report = of(json!([{"name": "video", "score": 85}, {"name": "gaming", "qoe": "good"}]));
    assert!(report.headline.ends_with("(partly checked: QoE)"));
}

#[test]
fn classes_with_the_same_name_are_one() {
    let report = of(json!([
        {"name": "av_streaming", "qoe": "poor"},
        {"name": "video", "qoe": "good"},
        {"name": "VIDEO", "score": 1.0},
    ]));
    assert_eq!(rules(&report), [RuleId::PoorQoe]);
    let report = of(json!([{"name": "gaming", "qoe": "poor"}, {"name": "video", "qoe": "bad"}]));
    assert_eq!(report.headline, "🟡 DEGRADED SERVICE - Poor QoE detected for 2 traffic classes");
    assert_eq!(report.findings[0].evidence[0].path, "qoe[gaming].qoe");
}

#[test]
fn excluded_devices_are_not_required_by_any_option() {
    let mut policy = Policy::standard().with_devices(DevicePolicy::All);
    policy.rules.device_disconnected.enabled = false;
    let gone = with(healthy(), "devices", known(vec![alexa()]));
    assert_eq!(rules(&analyze(&snapshot(gone), &policy, now())), []);
    let ignoring = Policy::standard().with_devices(DevicePolicy::Ignore);
    let not_asked = with(healthy(), "devices", not_asked());
    assert!(analyze(&snapshot(not_asked), &ignoring, now()).unknown.is_empty());
}

#[test]
fn non_favorite_device_is_not_expected() {
    let report = by(DevicePolicy::Favorites, vec![with(alexa(), "favorite", json!(false))]);
    assert!(report.findings.is_empty());
}

#[test]
fn a_fair_class_with_an_unreadable_record_is_partly_checked() {
    let report = of(json!([{"name": "gaming", "qoe": "wobbly"}, {"name": "gaming", "qoe": "fair"}]));
    assert_verdict(&report, Status::Green, Some(true));
    assert!(report.headline.ends_with("(partly checked: QoE)"));
}

#[test]
fn qoe_evidence_names_the_fields_it_rests_on() {
    let report = of(json!({"classes": [
        {"name": "gaming", "quality": "poor", "mos": 1.5},
        {"name": "video", "mos": 1.25},
    ]}));
    let evidence: Vec<_> = report
        .findings
        .iter()
        .flat_map(|finding| &finding.evidence)
        .map(|evidence| (evidence.path.as_str(), evidence.value.clone()))
        .collect();
    assert_eq!(
        evidence,
        [
            ("qoe[gaming].quality", json!("poor")),
            ("qoe[gaming].score", json!(1.5)),
            ("qoe[video].mos", json!(1.25)),
        ]
    );
}

#[test]
fn qoe_evidence_does_not_depend_on_positions() {
    let evidence = |answer: Value| of(answer).findings[0].evidence.clone();
    let (poor, other) =
        (json!({"trafficClass": "x", "up": "poor"}), json!({"trafficClass": "y", "qoe": "good"}));
    assert_eq!(evidence(json!([[poor, other]])), evidence(json!([[other], [poor]])));
}

#[test]
fn a_missing_device_has_its_state_and_time_as_evidence() {
    let evidence = |left: Value| -> Vec<(String, Value)> {
        let report = report_with("devices", known(vec![with(alexa(), "connectionStateChangeAt", left)]));
        let evidence = report.findings[0].evidence.iter();
        evidence.map(|evidence| (evidence.path.clone(), evidence.value.clone())).collect()
    };
    let state = ("devices[AA:BB:CC:00:11:22].connectionState".to_owned(), json!("disconnected"));
    let time = "devices[AA:BB:CC:00:11:22].connectionStateChangeAt".to_owned();
    assert_eq!(
        evidence(json!("2026-01-15T09:30:00.25+01:00")),
        [state.clone(), (time, json!("2026-01-15T08:30:00.250Z"))]
    );
    assert_eq!(evidence(Value::Null), [state]);
}

#[test]
fn a_score_without_a_word_is_enough() {
    let report = of(json!([{"name": "video", "score": 4.5}]));
    assert_verdict(&report, Status::Green, Some(true));
    assert!(report.unknown.is_empty());
}

#[test]
fn the_word_beside_a_poor_score_is_evidence_too() {
    for word in ["good", "fair", "poor", "wobbly"] {
        let report = of(json!([{"name": "video", "quality": word, "score": 1.0}]));
        let evidence: Vec<_> = report.findings[0].evidence.iter().map(|evidence| &evidence.value).collect();
        assert_eq!(evidence, [&json!(word), &json!(1.0)]);
    }
}

#[test]
fn unknown_parts_have_reasons() {
    let reasons = |report: HealthReport| -> Vec<String> {
        report.unknown.into_iter().map(|unknown| unknown.reason).collect()
    };
    let watched = by(DevicePolicy::Watched(vec!["02:00:00:00:00:09".into()]), vec![]);
    assert_eq!(reasons(watched), ["the watched device 02:00:00:00:00:09 is not in the list"]);
    let partly = of(json!([{"name": "web_browsing", "score": 85}, {"name": "gaming", "qoe": "good"}]));
    assert_eq!(reasons(partly), ["the quality of Web Browsing traffic could not be read"]);
    for (kind, reason) in [
        ("unsupported", "not offered for this location"),
        ("refused", "the cloud refused access"),
        ("limited", "the call limit was reached"),
        ("unreachable", "the cloud could not be reached"),
        ("serverError", "the cloud failed"),
        ("unreadable", "the response could not be understood"),
        ("dozing", "could not be read"),
    ] {
        assert_eq!(reasons(report_with("devices", failed(kind, ""))), [reason], "{kind}");
    }
}

#[test]
fn devices_are_counted_once_and_those_that_could_not_be_read_too() {
    let twice = device("aa-bb-cc-00-11-22", "Alexa", "connected");
    let there = device("02:00:00:00:10:01", "Phone", "connected");
    let odd = device("02:00:00:00:10:02", "TV", "dozing");
    let totals = report_with("devices", known(json!([alexa(), twice, there, odd, 17]))).devices.unwrap();
    assert_eq!([totals.connected, totals.disconnected, totals.unknown, totals.unreadable], [1, 1, 1, 1]);
}
