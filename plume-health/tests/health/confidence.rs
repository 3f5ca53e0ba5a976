//! The confidence of findings and verdicts.

use chrono::TimeDelta;
use plume_health::{Confidence, DevicePolicy, HealthReport, Policy, Status, analyze};
use serde_json::{Value, json};
use testkit::snapshots::{
    alexa, device, down, failed, gateway, healthy, in_state, known, node, nodes, not_asked, now, report,
    report_with, snapshot, with,
};

use Confidence::{Certain, Likely, Uncertain};

/// Of the first finding, and of the report.
fn of(report: &HealthReport) -> (Confidence, Confidence) {
    (report.findings[0].confidence, report.confidence)
}

#[test]
fn a_word_of_the_cloud_is_certain() {
    assert_eq!(report(healthy()).confidence, Certain);
    assert_eq!(of(&nodes(&[gateway(), down("TST0000002", "B")])), (Certain, Certain));
    assert_eq!(of(&report_with("serviceLevel", known(json!({"status": "noService"})))), (Certain, Certain));
    assert_eq!(of(&nodes(&[with(gateway(), "alerts", json!([{"type": "hot"}]))])), (Certain, Certain));
    assert_eq!(of(&nodes(&[with(gateway(), "health", json!({"status": "poor"}))])), (Certain, Certain));
    assert_eq!(
        of(&report_with("qoe", known(json!([{"name": "web", "quality": "poor"}])))),
        (Certain, Certain)
    );
}

#[test]
fn a_score_alone_is_our_opinion() {
    assert_eq!(of(&nodes(&[with(gateway(), "health", json!({"score": 1.0}))])), (Likely, Likely));
    assert_eq!(of(&report_with("qoe", known(json!([{"name": "web", "score": 1.0}])))), (Likely, Likely));
}

#[test]
fn recently_disconnected_device_lowers_confidence() {
    let json = with(healthy(), "devices", known(vec![alexa()]));
    assert_eq!(of(&report(json.clone())), (Likely, Likely));
    for devices in [DevicePolicy::All, DevicePolicy::Watched(vec!["AA:BB:CC:00:11:22".into()])] {
        let policy = Policy::standard().with_devices(devices);
        assert_eq!(of(&analyze(&snapshot(json.clone()), &policy, now())), (Certain, Certain));
    }
}

#[test]
fn records_that_contradict_each_other_are_uncertain() {
    let both = nodes(&[gateway(), down("TST0000002", "B"), node("TST0000002", "B")]);
    assert_eq!(of(&both), (Uncertain, Uncertain));
    let twice = vec![alexa(), device("aa-bb-cc-00-11-22", "Alexa", "connected")];
    assert_eq!(of(&report_with("devices", known(twice))), (Uncertain, Uncertain));
    let classes = json!([{"name": "web", "quality": "poor"}, {"name": "web", "quality": "good"}]);
    assert_eq!(of(&report_with("qoe", known(classes))), (Uncertain, Uncertain));
    let json = with(healthy(), "nodes", known(vec![down("TST0000001", "A"), gateway()]));
    assert_eq!(of(&report(with(json, "location", not_asked()))), (Uncertain, Uncertain));
}

#[test]
fn contradicting_sources_of_the_connection_lower_the_confidence() {
    let with_status = |nodes: Value, status: &str| {
        let json = with(healthy(), "nodes", nodes);
        report(with(json, "location", known(json!({"id": "l", "networkStatus": {"status": status}}))))
    };
    let (up, down) = (known(vec![gateway()]), known(vec![down("TST0000001", "A")]));
    assert_eq!(of(&with_status(up, "offline")), (Likely, Likely));
    assert_eq!(of(&with_status(down.clone(), "online")), (Likely, Likely));
    assert_eq!(of(&with_status(down.clone(), "offline")), (Certain, Certain));
    assert_eq!(of(&with_status(down, "dozing")), (Certain, Certain));
}

#[test]
fn unknown_parts_lower_confidence_if_the_verdict_could_be_worse() {
    assert_eq!(report_with("nodes", not_asked()).confidence, Uncertain);
    assert_eq!(report_with("qoe", failed("refused", "")).confidence, Likely);
    let partly = nodes(&[gateway(), down("TST0000002", "B"), in_state(Value::Null)]);
    assert_eq!((partly.status, partly.confidence), (Status::Orange, Uncertain));
    // Red is as bad as it gets, and an optional part does not make orange worse.
    let json = with(healthy(), "location", known(json!({"id": "l", "networkStatus": {"status": "offline"}})));
    let red = report(with(json, "nodes", not_asked()));
    assert_eq!((red.status, red.confidence), (Status::Red, Certain));
    let json = with(healthy(), "nodes", known(vec![gateway(), down("TST0000002", "B")]));
    assert_eq!(report(with(json, "qoe", not_asked())).confidence, Certain);
}

#[test]
fn data_older_than_half_the_maximum_age_is_not_certain() {
    let json = with(healthy(), "nodes", known(vec![gateway(), down("TST0000002", "B")]));
    let later = |age: TimeDelta, policy: &Policy| of(&analyze(&snapshot(json.clone()), policy, now() + age));
    let standard = Policy::standard();
    assert_eq!(later(TimeDelta::minutes(30), &standard), (Certain, Certain));
    assert_eq!(later(TimeDelta::seconds(30 * 60 + 1), &standard), (Likely, Likely));
    assert_eq!(later(TimeDelta::days(-1), &standard), (Certain, Certain));
    assert_eq!(later(TimeDelta::days(9), &standard.with_max_age(None)), (Certain, Certain));
}

#[test]
fn an_orange_verdict_that_could_be_red_is_uncertain() {
    // One pod is down, and nothing is known of the other: the location may be offline.
    let report = nodes(&[gateway(), down("TST0000003", "Attic"), in_state(json!("dozing"))]);
    assert_eq!(report.status, Status::Orange, "{}", report.headline);
    assert!(report.unknown.iter().any(|unknown| unknown.needed));
    assert_eq!(report.confidence, Uncertain);
}

#[test]
fn needed_unknown_parts_come_first() {
    let report = report(with(
        with(healthy(), "devices", failed("unreachable", "timed out")),
        "nodes",
        failed("unreachable", "timed out"),
    ));
    let needed: Vec<bool> = report.unknown.iter().map(|unknown| unknown.needed).collect();
    assert!(needed.len() > 1 && needed[0], "{needed:?}");
    assert!(needed.is_sorted_by(|a, b| a >= b), "{needed:?}");
}

#[test]
fn profiles_have_their_names() {
    use plume_health::policy::Profile;
    assert_eq!((Profile::Standard.as_str(), Profile::Panoptes.as_str()), ("standard", "panoptes"));
}

#[test]
fn differing_records_do_not_weaken_the_network_state() {
    let json = with(healthy(), "location", known(json!({"id": "l", "networkStatus": {"status": "offline"}})));
    let twice = vec![down("TST0000001", "A"), with(gateway(), "connectionState", json!("dozing"))];
    assert_eq!(of(&report(with(json, "nodes", known(twice.clone())))), (Certain, Certain));
    assert_eq!(of(&nodes(&twice)).0, Likely);
    let silent = with(healthy(), "location", known(json!({"id": "l"})));
    assert_eq!(of(&report(with(silent, "nodes", known(twice)))), (Uncertain, Uncertain));
}

#[test]
fn uncertain_verdict_has_reasons() {
    let doubts = |json: Value| report(json).doubts;
    let with_part = |part: &str, value: Value| with(healthy(), part, value);
    assert!(doubts(healthy()).is_empty());
    assert_eq!(doubts(with_part("nodes", not_asked())), ["what is unknown may be worse"]);
    assert_eq!(doubts(with_part("qoe", not_asked())), ["not everything was checked"]);
    assert_eq!(doubts(with_part("devices", known(vec![alexa()]))), ["a device may have just left"]);
    let two = known(vec![alexa(), device("02:00:00:00:10:02", "TV", "disconnected")]);
    assert_eq!(
        doubts(with(with_part("devices", two), "qoe", not_asked())),
        ["not everything was checked", "a device may have just left"]
    );
    assert_eq!(
        doubts(with_part("nodes", known(vec![with(gateway(), "health", json!({"score": 1.0}))]))),
        ["judged by a score, without a word of the cloud"]
    );
    let network = |status: &str| known(json!({"id": "l", "networkStatus": {"status": status}}));
    assert_eq!(
        doubts(with_part("location", network("offline"))),
        ["the network state and the pods do not agree"]
    );
    let twice = known(vec![gateway(), down("B", "B"), with(node("B", "B"), "health", Value::Null)]);
    assert_eq!(doubts(with_part("nodes", twice)), ["two records of the same thing differ"]);
    // A finding that is certain decides, and nothing optional can make orange worse.
    let sure = known(vec![gateway(), down("B", "B")]);
    assert!(doubts(with(with_part("nodes", sure.clone()), "qoe", not_asked())).is_empty());
    // Old answers are one doubt, and not one for each finding.
    let later = now() + TimeDelta::minutes(31);
    let old = analyze(&snapshot(with_part("nodes", sure)), &Policy::standard(), later);
    assert_eq!((old.doubts, old.confidence), (vec!["the data is not fresh".to_owned()], Likely));
}
