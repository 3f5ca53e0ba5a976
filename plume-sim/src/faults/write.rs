//! From a fault plan to JSON.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::faults::plan::FaultPlan;
use crate::faults::rule::{Effect, FaultRule, RetryAfter, When};

pub(crate) fn plan(plan: &FaultPlan) -> String {
    let rules: Vec<Value> = plan.rules.iter().map(rule).collect();
    format!("{:#}", json!({ "seed": plan.seed, "rules": rules }))
}

fn rule(rule: &FaultRule) -> Value {
    let mut object = Map::new();
    if let Some(name) = &rule.name {
        object.insert("name".to_owned(), json!(name));
    }
    let when = when(&rule.when);
    if !when.is_empty() {
        object.insert("when".to_owned(), Value::Object(when));
    }
    object.insert("effect".to_owned(), effect(&rule.effect));
    Value::Object(object)
}

fn when(when: &When) -> Map<String, Value> {
    let mut object = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            object.insert(key.to_owned(), value);
        }
    };
    let some = |list: &[String]| (!list.is_empty()).then(|| json!(list));
    put("area", when.area.map(|area| json!(area.name())));
    put("method", when.method.as_ref().map(|method| json!(method.as_str())));
    put("route", when.route.as_ref().map(|route| json!(route)));
    put("customer", some(&when.customers));
    put("location", some(&when.locations));
    put("client", some(&when.clients));
    put("from", (!when.from.is_zero()).then(|| seconds(when.from)));
    put("until", when.until.map(seconds));
    put("first", (when.first != 1).then(|| json!(when.first)));
    put("last", when.last.map(|last| json!(last)));
    put("every", (when.every != 1).then(|| json!(when.every)));
    put("probability", (when.probability < 1.0).then(|| json!(when.probability)));
    object
}

/// Whole seconds stay whole numbers.
fn seconds(time: Duration) -> Value {
    if time.subsec_nanos() == 0 { json!(time.as_secs()) } else { json!(time.as_secs_f64()) }
}

fn milliseconds(time: Duration) -> Value {
    json!(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

fn effect(effect: &Effect) -> Value {
    let mut object = Map::from_iter([("kind".to_owned(), json!(effect.kind()))]);
    let mut put = |key: &str, value: Value| {
        object.insert(key.to_owned(), value);
    };
    match effect {
        Effect::Latency { least, most } => {
            put("least_ms", milliseconds(*least));
            put("most_ms", milliseconds(*most));
        }
        Effect::Status { status, retry_after } => {
            put("status", json!(status));
            match retry_after {
                None => {}
                Some(RetryAfter::Seconds(seconds)) => put("retry_after", json!(seconds)),
                Some(RetryAfter::DateIn(seconds)) => put("retry_after", json!({ "date_in": seconds })),
                Some(RetryAfter::Text(text)) => put("retry_after", json!(text)),
            }
        }
        Effect::Block { lasts } => put("lasts", seconds(*lasts)),
        Effect::Firewall { calls, window } => {
            put("calls", json!(calls));
            put("window", seconds(*window));
        }
        Effect::Mutate(mutation) => {
            put("change", json!(mutation.change.name()));
            put("share", json!(mutation.share));
            if !mutation.keys.is_empty() {
                put("keys", json!(mutation.keys));
            }
        }
        Effect::Drip { bytes_per_second } => put("bytes_per_second", json!(bytes_per_second)),
        Effect::Reset { at } => put("at", json!(at.name())),
        Effect::Bomb { bytes } => put("bytes", json!(bytes)),
        Effect::Deep { levels } => put("levels", json!(levels)),
        Effect::Redirect { status, location } => {
            put("status", json!(status));
            put("location", json!(location));
        }
        Effect::ClockSkew { seconds } => put("seconds", json!(seconds)),
        Effect::RotatedSecret { secret } => put("secret", json!(secret)),
        Effect::ExpiresIn(Some(value)) => put("value", value.clone()),
        Effect::Unauthorized
        | Effect::Forbidden
        | Effect::Html
        | Effect::Empty
        | Effect::Truncated
        | Effect::Hang
        | Effect::RevokedClient
        | Effect::ExpiresIn(None) => {}
    }
    Value::Object(object)
}
