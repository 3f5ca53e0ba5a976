//! Random points of series.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::{prelude::*, sample::select};
use serde_json::{Value, json};

pub fn at(second: i64) -> DateTime<Utc> {
    "2026-01-15T00:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::seconds(second)
}

/// A number, or a value that is not one.
fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => (-100.0..200.0).prop_map(|value| json!(value)),
        2 => (1..=5).prop_map(|value| json!(value)),
        1 => select(vec![Value::Null, json!("x"), json!(1e308), json!(-1e308), json!(-95), json!([])]),
    ]
}

fn any_time() -> impl Strategy<Value = Value> {
    prop_oneof![
        12 => (-50..200i64).prop_map(|step| json!(at(step * 450).to_rfc3339())),
        1 => select(vec![
            Value::Null,
            json!("never"),
            json!("0001-01-01T00:00:00Z"),
            json!("9999-12-31T23:59:59Z"),
        ]),
    ]
}

/// Points with fields of every report.
pub fn points() -> impl Strategy<Value = Vec<Value>> {
    let word = select(vec!["online", "offline", "flapping", "succeeded", "failed", ""]);
    let point = (any_time(), any_value(), any_value(), word).prop_map(|(time, a, b, word)| {
        json!({
            "timestamp": time, "endedAt": time, "value": a, "status": word, "weightedQoeScore": a,
            "connection": {"weightedQoeScore": b}, "rxMaxPercentage": a, "txMaxPercentage": b,
            "download": a, "upload": b,
        })
    });
    prop::collection::vec(prop_oneof![20 => point, 1 => any_value()], 0..40)
}

pub fn turned<T: Clone>(items: &[T], middle: prop::sample::Index) -> Vec<T> {
    let mut turned = items.to_vec();
    if !turned.is_empty() {
        let middle = middle.index(turned.len());
        turned.rotate_left(middle);
        turned[..middle].reverse();
    }
    turned
}
