//! Fixed snapshots, and helpers to inspect the report on one.

use chrono::{DateTime, TimeDelta, Utc};
use plume_health::{HealthReport, Policy, ReportPart, RuleId, Status, analyze};
use plume_types::LocationSnapshot;
use serde_json::{Value, json};

pub fn now() -> DateTime<Utc> {
    "2026-01-15T10:00:00Z".parse().unwrap()
}

pub fn ago(time: TimeDelta) -> Value {
    json!((now() - time).to_rfc3339())
}

/// A healthy node.
pub fn node(id: &str, nickname: &str) -> Value {
    json!({
        "id": id,
        "nickname": nickname,
        "model": "P301X",
        "firmwareVersion": "8.5.2",
        "connectionState": "connected",
        "leafToRoot": [{"id": "TST0000001"}],
        "health": {"status": "excellent", "score": 5},
        "alerts": [],
    })
}

pub fn gateway() -> Value {
    with(node("TST0000001", "Living Room Pod"), "leafToRoot", json!([]))
}

/// A disconnected node, as the API returns it.
pub fn down(id: &str, nickname: &str) -> Value {
    let node = with(node(id, nickname), "connectionState", json!("disconnected"));
    with(with(node, "leafToRoot", json!([])), "health", Value::Null)
}

pub fn device(mac: &str, nickname: &str, state: &str) -> Value {
    json!({
        "mac": mac,
        "nickname": nickname,
        "connectionState": state,
        "connectionStateChangeAt": ago(TimeDelta::hours(1)),
        "leafToRoot": [{"id": "TST0000001"}],
    })
}

pub fn alexa() -> Value {
    device("AA:BB:CC:00:11:22", "Alexa", "disconnected")
}

/// Returns the object with one field added or replaced.
pub fn with(mut object: Value, key: &str, value: Value) -> Value {
    object[key] = value;
    object
}

/// A home in which everything is known and healthy.
pub fn healthy() -> Value {
    json!({
        "customerId": "5f0000000000000000000001",
        "locationId": "5f0000000000000000000002",
        "takenAt": now().to_rfc3339(),
        "location": {"known": {
            "id": "5f0000000000000000000002",
            "name": "Home",
            "networkStatus": {"status": "online"},
            "serviceLevel": {"status": "fullService"},
        }},
        "nodes": {"known": [gateway()]},
        "devices": {"known": [device("02:00:00:00:10:01", "Phone", "connected")]},
        "serviceLevel": {"known": {"status": "fullService"}},
        "qoe": {"known": [{"trafficClass": "video", "quality": "good", "score": 4.5}]},
    })
}

pub fn known(value: impl Into<Value>) -> Value {
    json!({"known": value.into()})
}

pub fn failed(kind: &str, message: &str) -> Value {
    json!({"failed": {"kind": kind, "message": message}})
}

pub fn not_asked() -> Value {
    json!({"notRequested": true})
}

pub fn snapshot(json: Value) -> LocationSnapshot {
    serde_json::from_value(json).unwrap()
}

/// Returns the report on a JSON snapshot with the standard policy.
pub fn report(json: Value) -> HealthReport {
    analyze(&snapshot(json), &Policy::standard(), now())
}

/// Returns the report on the healthy home with one part changed.
pub fn report_with(part: &str, value: Value) -> HealthReport {
    report(with(healthy(), part, value))
}

pub fn nodes(nodes: &[Value]) -> HealthReport {
    report_with("nodes", known(nodes.to_vec()))
}

pub fn rules(report: &HealthReport) -> Vec<RuleId> {
    report.findings.iter().map(|finding| finding.rule.clone()).collect()
}

/// A pod with this connection state.
pub fn in_state(state: Value) -> Value {
    with(node("TST0000002", "Office"), "connectionState", state)
}

#[track_caller]
pub fn assert_verdict(report: &HealthReport, status: Status, online: Option<bool>) {
    assert_eq!((report.status, report.online), (status, online), "{}", report.headline);
}

/// Returns the unknown parts, and whether each is required.
pub fn unknown_parts(report: &HealthReport) -> Vec<(ReportPart, bool)> {
    report.unknown.iter().map(|unknown| (unknown.part.clone(), unknown.needed)).collect()
}

/// Returns a long report with many findings and long names.
pub fn sick() -> HealthReport {
    let name = |number: usize| format!("<&\"{}{number}", "*🏠*".repeat(15));
    let mut nodes = vec![gateway()];
    nodes.extend((0..30).map(|number| down(&format!("TST10{number:05}"), &name(number))));
    let mut devices = vec![alexa()];
    devices.extend(
        (0..30).map(|number| device(&format!("02:00:00:00:20:{number:02}"), &name(number), "disconnected")),
    );
    report(with(with(healthy(), "nodes", known(nodes)), "devices", known(devices)))
}
