//! Every value that can be built can be stored and loaded.

use std::time::Duration;

use plume_health::{
    Confidence, DevicePolicy, Format, HealthReport, Policy, ReportPart, RuleId, Severity, Status,
    SubjectKind, analyze,
    change::diff_reports,
    policy::{HealthLimit, Profile},
};
use proptest::{prelude::*, sample::select};
use serde_json::{Value, json};
use testkit::snapshots::chance::{homes, read};
use testkit::snapshots::stored::{any_number, comes_back, comes_back_if, span, time};
use testkit::snapshots::{alexa, down, gateway, healthy, known, now, report, with};

fn status() -> impl Strategy<Value = Status> {
    select(vec![Status::Red, Status::Orange, Status::Yellow, Status::Unknown, Status::Green])
}

fn severity() -> impl Strategy<Value = Severity> {
    select(vec![Severity::Critical, Severity::Warning, Severity::Info])
}

fn devices() -> impl Strategy<Value = DevicePolicy> {
    prop_oneof![
        span().prop_map(|within| DevicePolicy::Recent { within }),
        prop::collection::vec("[ -~]{0,20}|02:00:00:00:10:01|\\PC{0,6}", 0..3)
            .prop_map(|macs| DevicePolicy::Watched(macs.iter().map(|mac| mac.as_str().into()).collect())),
        select(vec![DevicePolicy::All, DevicePolicy::Favorites, DevicePolicy::Ignore]),
    ]
}

fn policy() -> impl Strategy<Value = Policy> {
    let rules = prop::collection::vec((any::<bool>(), severity(), status()), 8);
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (prop::option::of(span()), devices(), rules, flags, any_number(), any_number()).prop_map(
        |(max_age, devices, rules, (panoptes, network, full, fair), health, qoe)| {
            let profile = if panoptes { Profile::Panoptes } else { Profile::Standard };
            let mut policy = Policy::of_profile(profile).with_devices(devices).with_max_age(max_age);
            let of = &mut policy.rules;
            of.location_offline.network_status = network;
            of.reduced_service.full_service_only = full;
            of.node_health.from = if fair { HealthLimit::Fair } else { HealthLimit::Poor };
            (of.node_health.poor_below, of.poor_qoe.poor_below) = (health, qoe);
            (of.location_offline.severity, of.location_offline.status) = (rules[0].1, rules[0].2);
            macro_rules! set {
                ($($rule:ident $at:literal)+) => {
                    $( (of.$rule.enabled, of.$rule.severity, of.$rule.status) = rules[$at]; )+
                };
            }
            set!(node_disconnected 1 no_service 2 reduced_service 3 node_health 4 node_alert 5 device_disconnected 6 poor_qoe 7);
            policy
        },
    )
}

fn stored(report: &HealthReport) -> HealthReport {
    serde_json::from_str(&report.render(Format::Json)).unwrap()
}

/// Adds a member to every object, as a newer version may.
fn with_more(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(with_more);
            members.insert("added_later".to_owned(), json!([{"x": 1}]));
        }
        Value::Array(items) => items.iter_mut().for_each(with_more),
        _ => {}
    }
}

proptest! {
    #[test]
    fn reports(home in homes(), policy in policy(), taken_at in time(), at in time()) {
        let mut snapshot = read(&home);
        snapshot.taken_at = taken_at;
        for report in [analyze(&snapshot, &policy, at), analyze(&read(&home), &Policy::standard(), now())] {
            comes_back(&report)?;
            prop_assert_eq!(&stored(&report), &report);
        }
    }

    #[test]
    fn a_stored_report_compares_like_the_report(before in homes(), after in homes(), policy in policy()) {
        let before = analyze(&read(&before), &policy, now());
        let after = analyze(&read(&after), &policy, now());
        prop_assert_eq!(diff_reports(&stored(&before), &stored(&after)), diff_reports(&before, &after));
    }

    #[test]
    fn a_report_with_members_of_a_newer_version_is_the_same(home in homes()) {
        let report = analyze(&read(&home), &Policy::standard(), now());
        let mut newer = serde_json::to_value(&report).unwrap();
        // Evidence holds any JSON: a member more is another value.
        let evidence: Vec<Value> = newer["findings"].as_array().unwrap().iter().map(|of| of["evidence"].clone()).collect();
        with_more(&mut newer);
        for (finding, evidence) in newer["findings"].as_array_mut().unwrap().iter_mut().zip(evidence) {
            finding["evidence"] = evidence;
        }
        prop_assert_eq!(serde_json::from_value::<HealthReport>(newer).unwrap(), report);
    }

    #[test]
    fn policies(policy in policy()) {
        // A limit that makes no sense comes back as the one that it counts as.
        let mut policy = policy;
        let written = serde_json::to_string(&policy).unwrap();
        for limit in [&mut policy.rules.node_health.poor_below, &mut policy.rules.poor_qoe.poor_below] {
            *limit = if limit.is_nan() { 0.0 } else { limit.clamp(0.0, 5.0) };
        }
        prop_assert_eq!(&written, &serde_json::to_string(&policy).unwrap());
        comes_back_if(&policy, policy.validate().is_ok())?;
    }

    #[test]
    fn small_values(devices in devices()) {
        let valid = Policy::standard().with_devices(devices.clone()).validate().is_ok();
        if valid {
            comes_back(&devices)?;
        }
        comes_back(&[Status::Red, Status::Orange, Status::Yellow, Status::Unknown, Status::Green])?;
        comes_back(&[Severity::Critical, Severity::Warning, Severity::Info])?;
        comes_back(&[Confidence::Uncertain, Confidence::Likely, Confidence::Certain])?;
        comes_back(&[Profile::Standard, Profile::Panoptes])?;
        comes_back(&[HealthLimit::Fair, HealthLimit::Poor])?;
    }
}

#[test]
fn words_of_a_newer_version_are_kept() {
    let mut newer = serde_json::to_value(report(with(healthy(), "devices", known(vec![alexa()])))).unwrap();
    newer["findings"][0]["rule"] = json!("wifi-interference");
    newer["findings"][0]["subject"]["kind"] = json!("channel");
    newer["unknown"] = json!([{"part": "channels", "reason": "no", "needed": true, "partial": false}]);
    newer["policy"]["profile"] = json!("strict");
    let loaded: HealthReport = serde_json::from_value(newer.clone()).unwrap();
    let finding = &loaded.findings[0];
    assert!(matches!(&finding.rule, RuleId::Other(word) if word.as_str() == "wifi-interference"));
    assert_eq!((finding.subject.kind.as_str(), loaded.unknown[0].part.as_str()), ("channel", "channels"));
    assert_eq!(serde_json::to_value(&loaded).unwrap(), newer);
    assert!(loaded.render(Format::Text).contains("Channels: no"), "{}", loaded.render(Format::Text));
    // A word that is known is never an `Other`.
    assert_eq!(RuleId::from("node-health"), RuleId::NodeHealth);
    assert_eq!(ReportPart::from("qoe"), ReportPart::Qoe);
    assert_eq!(SubjectKind::from("traffic_class"), SubjectKind::TrafficClass);
}

#[test]
fn finding_of_an_unknown_rule_is_gone_only_without_unknown_parts() {
    let before = |home: Value| {
        let mut value = serde_json::to_value(report(home)).unwrap();
        value["findings"][0]["rule"] = json!("wifi-interference");
        serde_json::from_value::<HealthReport>(value).unwrap()
    };
    let home = || with(healthy(), "nodes", known(vec![gateway(), down("TST0000002", "Office")]));
    let before = before(home());
    let changes = diff_reports(&before, &report(healthy()));
    assert_eq!((changes.left.len(), changes.no_longer_known.len()), (1, 0));
    let blind = report(with(healthy(), "qoe", testkit::snapshots::failed("refused", "no")));
    let changes = diff_reports(&before, &blind);
    assert_eq!((changes.left.len(), changes.no_longer_known.len()), (0, 1));
}

#[test]
fn documents_from_before_a_member_was_added_load() {
    let report = report(with(healthy(), "devices", known(vec![alexa()])));
    let mut older = serde_json::to_value(&report).unwrap();
    older.as_object_mut().unwrap().remove("away_devices").unwrap();
    older["policy"].as_object_mut().unwrap().remove("poor_health_below").unwrap();
    assert_eq!(serde_json::from_value::<HealthReport>(older).unwrap(), report);
}

#[test]
fn members_required_by_the_schema_are_required_on_read() {
    let value = serde_json::to_value(report(healthy())).unwrap();
    for member in ["status", "findings", "nodes", "policy", "taken_at"] {
        let mut less = value.clone();
        less.as_object_mut().unwrap().remove(member).unwrap();
        assert!(serde_json::from_value::<HealthReport>(less).is_err(), "{member}");
    }
    let mut purple = value;
    purple["status"] = json!("purple");
    let error = serde_json::from_value::<HealthReport>(purple).unwrap_err().to_string();
    assert!(error.contains("unknown variant `purple`"), "{error}");
}

#[test]
fn a_limit_without_a_number_in_json_is_not_read_as_another_one() {
    let mut policy = Policy::standard();
    policy.rules.poor_qoe.poor_below = f64::INFINITY;
    policy.rules.node_health.poor_below = f64::NAN;
    let back: Policy = serde_json::from_str(&serde_json::to_string(&policy).unwrap()).unwrap();
    assert_eq!((back.rules.poor_qoe.poor_below, back.rules.node_health.poor_below), (5.0, 0.0));
}

#[test]
fn parts_of_a_second_are_written_so_that_they_are_read() {
    let recent = DevicePolicy::Recent { within: Duration::from_millis(250) };
    assert_eq!(serde_json::to_value(&recent).unwrap(), json!({"recent": {"within": "250ms"}}));
}
