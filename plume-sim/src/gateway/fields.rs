//! `fields=(*,interfaces,…)`: which members of a body are shown.

use serde_json::{Value, json};

use crate::router::Ask;

/// Leaves in `body` what `fields` names. `*`, which is also what holds without the parameter, stands for all
/// plain values; lists and objects have to be named.
pub(super) fn pick(ask: &Ask<'_>, body: Value) -> Value {
    let fields = ask.query.get("fields").unwrap_or("*");
    let names: Vec<&str> = fields.trim_matches(['(', ')']).split(',').map(str::trim).collect();
    let all = names.contains(&"*");
    let shown =
        |key: &str, value: &Value| names.contains(&key) || (all && !value.is_object() && !value.is_array());
    match body {
        Value::Object(map) => map.into_iter().filter(|(key, value)| shown(key, value)).collect(),
        other => other,
    }
}

pub(super) fn items(rows: impl IntoIterator<Item = Value>) -> Value {
    json!({ "items": rows.into_iter().collect::<Vec<_>>() })
}
