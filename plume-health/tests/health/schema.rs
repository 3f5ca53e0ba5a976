//! The published schema and the reports agree.

use std::collections::BTreeSet;

use plume_health::{
    Confidence, HEALTH_SCHEMA, NodeState, Policy, ReportPart, RuleId, Severity, Status, SubjectKind, analyze,
    policy::Profile,
};
use plume_types::LocationSnapshot;
use proptest::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};
use testkit::snapshots::chance::{homes, read};
use testkit::snapshots::{
    alexa, down, failed, gateway, healthy, in_state, known, not_asked, now, report, with,
};

fn schema() -> Value {
    serde_json::from_str(HEALTH_SCHEMA).unwrap()
}

/// Every keyword that this checker, and so the schema, knows.
const KEYWORDS: [&str; 14] = [
    "$schema",
    "$id",
    "$defs",
    "$ref",
    "title",
    "description",
    "type",
    "format",
    "enum",
    "required",
    "properties",
    "items",
    "minimum",
    "const",
];

/// The schema, with references followed.
fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => root.pointer(reference.strip_prefix('#').unwrap()).unwrap(),
        None => schema,
    }
}

fn is_of_type(value: &Value, kind: &str) -> bool {
    match kind {
        "number" => value.is_number(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "null" => value.is_null(),
        other => panic!("unknown type {other}"),
    }
}

/// Collects the faults of the value. Stricter than the standard in one way: a member that the schema lacks is a
/// fault too.
fn faults(root: &Value, schema: &Value, value: &Value, path: &str, out: &mut Vec<String>) {
    let schema = resolve(root, schema);
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().map(|kind| kind.as_str().unwrap()).collect(),
        _ => return,
    };
    if !types.iter().any(|kind| is_of_type(value, kind)) {
        out.push(format!("{path} is no {types:?}"));
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        out.push(format!("{path}: {value} is none of {words:?}"));
    }
    if let (Some(minimum), Some(number)) = (schema["minimum"].as_i64(), value.as_i64())
        && number < minimum
    {
        out.push(format!("{path} is below {minimum}"));
    }
    if schema["format"] == "date-time"
        && chrono::DateTime::parse_from_rfc3339(value.as_str().unwrap()).is_err()
    {
        out.push(format!("{path} is no time"));
    }
    match value {
        Value::Object(members) => {
            for key in schema["required"].as_array().into_iter().flatten() {
                if !members.contains_key(key.as_str().unwrap()) {
                    out.push(format!("{path} has no {key}"));
                }
            }
            for (key, member) in members {
                match schema["properties"].get(key) {
                    Some(schema) => faults(root, schema, member, &format!("{path}.{key}"), out),
                    None => out.push(format!("{path}.{key} is not in the schema")),
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                faults(root, &schema["items"], item, &format!("{path}[{index}]"), out);
            }
        }
        _ => {}
    }
}

fn all_faults(data: &Value) -> Vec<String> {
    let schema = schema();
    let mut out = Vec::new();
    faults(&schema, &schema, data, "data", &mut out);
    out
}

#[test]
fn schema_uses_checked_keywords_and_existing_references() {
    fn walk(root: &Value, schema: &Value) {
        for (key, value) in schema.as_object().unwrap() {
            assert!(KEYWORDS.contains(&key.as_str()), "{key}");
            match key.as_str() {
                "$ref" => drop(resolve(root, schema).as_object().unwrap()),
                "properties" | "$defs" => {
                    value.as_object().unwrap().values().for_each(|inner| walk(root, inner));
                }
                "items" => walk(root, value),
                _ => {}
            }
        }
        for key in schema["required"].as_array().into_iter().flatten() {
            assert!(schema["properties"].get(key.as_str().unwrap()).is_some(), "{key}");
        }
    }
    walk(&schema(), &schema());
}

#[test]
fn reports_of_every_kind_follow_the_schema() {
    let offline =
        json!({"id": "l", "networkStatus": {"status": "offline"}, "geoIp": {"ISP": "One", "city": "Here"}});
    for home in [
        healthy(),
        with(healthy(), "location", known(offline)),
        with(
            healthy(),
            "nodes",
            known(vec![gateway(), down("TST0000002", "Office"), in_state(json!("dozing"))]),
        ),
        with(healthy(), "nodes", known(vec![with(gateway(), "alerts", json!([{"type": "hot"}]))])),
        with(healthy(), "devices", known(vec![alexa()])),
        with(healthy(), "devices", not_asked()),
        with(healthy(), "nodes", failed("refused", "no")),
        with(healthy(), "serviceLevel", known(json!({"status": "noService"}))),
        with(healthy(), "qoe", known(json!([{"name": "video", "quality": "poor", "score": 1.5}]))),
    ] {
        assert_eq!(all_faults(&serde_json::to_value(report(home)).unwrap()), [""; 0]);
    }
    let nothing = LocationSnapshot::new("c", "l", now());
    let panoptes = analyze(&nothing, &Policy::panoptes(), now() + chrono::TimeDelta::days(2));
    assert_eq!(all_faults(&serde_json::to_value(panoptes).unwrap()), [""; 0]);
}

proptest! {
    #[test]
    fn every_report_follows_the_schema(home in homes()) {
        let report = analyze(&read(&home), &Policy::standard(), now());
        prop_assert_eq!(all_faults(&serde_json::to_value(report).unwrap()), [""; 0]);
    }
}

#[test]
fn the_checker_finds_faults() {
    let good = serde_json::to_value(report(with(healthy(), "devices", known(vec![alexa()])))).unwrap();
    for (pointer, bad) in [
        ("/status", json!("purple")),
        ("/online", json!("yes")),
        ("/devices/connected", json!(-1)),
        ("/devices/connected", json!(1.5)),
        ("/findings/0/rule", json!("other")),
        ("/findings/0/subject", json!({"kind": "device", "name": "x"})),
        ("/taken_at", json!("yesterday")),
        ("/nodes", json!({})),
        ("/policy/more", json!(1)),
    ] {
        let mut data = good.clone();
        match data.pointer_mut(pointer) {
            Some(value) => *value = bad,
            None => data["policy"]["more"] = bad,
        }
        assert_eq!(all_faults(&data).len(), 1, "{pointer}");
    }
}

/// Every word of an enum, each listed by a match that the compiler keeps complete where it can.
fn assert_words<T: Serialize>(pointer: &str, words: &[T]) {
    let schema = schema();
    let listed: BTreeSet<String> = schema
        .pointer(pointer)
        .and_then(|place| place["enum"].as_array())
        .unwrap_or_else(|| panic!("{pointer}"))
        .iter()
        .map(|word| word.as_str().unwrap().to_owned())
        .collect();
    let written: BTreeSet<String> =
        words.iter().map(|word| serde_json::to_value(word).unwrap().as_str().unwrap().to_owned()).collect();
    assert_eq!(listed, written, "{pointer}");
}

/// The number of variants in the source, so that a new one cannot be forgotten here.
fn variants(source: &str, name: &str) -> usize {
    let body = source.split(&format!("pub enum {name} {{")).nth(1).unwrap().split("\n}").next().unwrap();
    body.lines().map(str::trim).filter(|line| line.ends_with(',') && !line.starts_with("//")).count()
}

#[test]
fn every_word_of_the_code_is_in_the_schema() {
    let report = concat!(
        include_str!("../../src/report/status.rs"),
        include_str!("../../src/report/finding.rs"),
        include_str!("../../src/report/health.rs"),
        include_str!("../../src/facts/state.rs")
    );
    macro_rules! check {
        ($source:expr, $pointer:expr, $name:ident: $($variant:ident),+ $(,)?) => {
            let words = [$($name::$variant),+];
            let open = usize::from($source.contains(concat!("open_named!(", stringify!($name), " {")));
            assert_eq!(words.len() + open, variants($source, stringify!($name)), stringify!($name));
            assert_words($pointer, &words);
        };
    }
    check!(report, "/$defs/status", Status: Red, Orange, Yellow, Unknown, Green);
    check!(report, "/$defs/severity", Severity: Critical, Warning, Info);
    check!(report, "/$defs/confidence", Confidence: Uncertain, Likely, Certain);
    check!(
        report, "/$defs/rule", RuleId: LocationOffline, NodeDisconnected, NoService, ReducedService, NodeHealth,
        NodeAlert, DeviceDisconnected, PoorQoe,
    );
    check!(report, "/$defs/subject/properties/kind", SubjectKind: Location, Node, Device, TrafficClass);
    check!(
        report, "/$defs/unknown_part/properties/part", ReportPart: Snapshot, Nodes, NetworkState, ServiceLevel,
        NodeHealth, NodeAlerts, Devices, Qoe,
    );
    check!(report, "/$defs/node/properties/state", NodeState: Disconnected, Unknown, Connected);
    check!(report, "/properties/policy/properties/profile", Profile: Standard, Panoptes);
}

#[test]
fn words_in_json_are_the_words_of_as_str() {
    for confidence in [Confidence::Uncertain, Confidence::Likely, Confidence::Certain] {
        assert_eq!(serde_json::to_value(confidence).unwrap(), confidence.as_str());
        assert_eq!(confidence.to_string(), confidence.as_str());
        assert_eq!(confidence.as_str().parse(), Ok(confidence));
        assert_eq!(format!("{confidence:>9}").len(), 9);
    }
    assert_eq!("Certain".parse::<Confidence>().unwrap_err().word(), "Certain");
}
