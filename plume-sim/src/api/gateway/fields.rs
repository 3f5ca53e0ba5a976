//! `fields=(*,interfaces,…)`: the selected members of a body.

use serde_json::Value;

use crate::http::{ApiError, Request, decode};
use crate::world::Location;

/// Reduces `body` to the members in `fields`. `*`, the default, selects all plain values; lists and objects have to
/// be named.
pub(crate) fn pick(request: &Request<'_>, body: Value) -> Value {
    let fields = request.query.get("fields").unwrap_or("*");
    let names: Vec<&str> = fields.trim_matches(['(', ')']).split(',').map(str::trim).collect();
    let all = names.contains(&"*");
    let shown =
        |key: &str, value: &Value| names.contains(&key) || (all && !value.is_object() && !value.is_array());
    match body {
        Value::Object(map) => map.into_iter().filter(|(key, value)| shown(key, value)).collect(),
        other => other,
    }
}

/// Returns the location and the name of the resource whose id is the path's `parameter`.
pub(crate) fn thing(
    request: &Request<'_>,
    kind: &str,
    parameter: &str,
) -> Result<(Location, String), ApiError> {
    let id = request.parameter(parameter);
    decode(kind, id)
        .and_then(|(location, name)| Some((request.world.location_by_id(&location)?, name)))
        .ok_or_else(|| ApiError::no_such(&format!("{kind}s"), id))
}
