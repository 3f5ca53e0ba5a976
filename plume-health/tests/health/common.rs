//! Snapshots for tests, as the API would give them.

use chrono::{DateTime, TimeDelta, Utc};
use plume_health::{HealthReport, Policy, ReportPart, RuleId, Status, analyze};
use plume_types::LocationSnapshot;
use serde_json::{Value, json};

pub(crate) fn now() -> DateTime<Utc> {
    "2026-01-15T10:00:00Z".parse().unwrap()
}

pub(crate) fn ago(time: TimeDelta) -> Value {
    json!((now() - time).to_rfc3339())
}

/// A node that is fine.
pub(crate) fn node(id: &str, nickname: &str) -> Value {
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

pub(crate) fn gateway() -> Value {
    with(node("TST0000001", "Living Room Pod"), "leafToRoot", json!([]))
}

/// A node as it comes when it is disconnected.
pub(crate) fn down(id: &str, nickname: &str) -> Value {
    let node = with(node(id, nickname), "connectionState", json!("disconnected"));
    with(with(node, "leafToRoot", json!([])), "health", Value::Null)
}

pub(crate) fn device(mac: &str, nickname: &str, state: &str) -> Value {
    json!({
        "mac": mac,
        "nickname": nickname,
        "connectionState": state,
        "connectionStateChangeAt": ago(TimeDelta::hours(1)),
        "leafToRoot": [{"id": "TST0000001"}],
    })
}

pub(crate) fn alexa() -> Value {
    device("AA:BB:CC:00:11:22", "Alexa", "disconnected")
}

/// The object with one more or another field.
pub(crate) fn with(mut object: Value, key: &str, value: Value) -> Value {
    object[key] = value;
    object
}

/// A home in which everything is known and good.
pub(crate) fn healthy() -> Value {
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

pub(crate) fn known(value: impl Into<Value>) -> Value {
    json!({"known": value.into()})
}

pub(crate) fn failed(kind: &str, message: &str) -> Value {
    json!({"failed": {"kind": kind, "message": message}})
}

pub(crate) fn not_asked() -> Value {
    json!({"notAsked": true})
}

pub(crate) fn snapshot(json: Value) -> LocationSnapshot {
    serde_json::from_value(json).unwrap()
}

/// The report on a snapshot given as JSON, by the standard rules.
pub(crate) fn report(json: Value) -> HealthReport {
    analyze(&snapshot(json), &Policy::standard(), now())
}

/// The report on the healthy home with one part changed.
pub(crate) fn report_with(part: &str, value: Value) -> HealthReport {
    report(with(healthy(), part, value))
}

pub(crate) fn nodes(nodes: &[Value]) -> HealthReport {
    report_with("nodes", known(nodes.to_vec()))
}

pub(crate) fn rules(report: &HealthReport) -> Vec<RuleId> {
    report.findings.iter().map(|finding| finding.rule).collect()
}

/// A pod with this connection state.
pub(crate) fn in_state(state: Value) -> Value {
    with(node("TST0000002", "Office"), "connectionState", state)
}

#[track_caller]
pub(crate) fn assert_verdict(report: &HealthReport, status: Status, online: Option<bool>) {
    assert_eq!((report.status, report.online), (status, online), "{}", report.headline);
}

/// What is unknown, and whether it is needed.
pub(crate) fn unknown_parts(report: &HealthReport) -> Vec<(ReportPart, bool)> {
    report.unknown.iter().map(|unknown| (unknown.part, unknown.needed)).collect()
}
