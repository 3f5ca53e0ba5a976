//! JSON without a documented schema.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::decode::{Context, Decode};
use crate::field::Field;
use crate::macros::deserialize_by_decode;
use crate::values::scalar::flag_of;

/// A part of a response without a documented schema, kept as received. A value nested deeper than 64 levels is
/// replaced by `{"$unreadable": true}`, and a whole number beyond 64 bits by a text of its digits.
///
/// Such a part may hold passphrases, so `Debug` and serialization show `[redacted]` in place of every value
/// whose name looks like a secret's (`encryptionKey`, `psk`, `password`, `token`, …) and of the value of a
/// hidden setting. Only [`FreeForm::expose`] and [`FreeForm::expose_secrets`] return secrets.
///
/// ```
/// use plume_types::FreeForm;
///
/// let part = FreeForm::from(serde_json::json!({"ssid": "Home", "psk": "not-a-real-key"}));
/// assert_eq!(serde_json::to_string(&part)?, r#"{"psk":"[redacted]","ssid":"Home"}"#);
/// assert_eq!(part.expose()["psk"], "not-a-real-key");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct FreeForm(Value);

impl FreeForm {
    /// Returns the JSON as received, secrets included. Check every call of this method in a review.
    #[must_use]
    pub fn expose(&self) -> &Value {
        &self.0
    }

    /// Returns the value at a path, for example `get("nodes.0.health")`: names of fields and indexes of elements,
    /// separated by dots; `""` is the whole. A secret is returned as `[redacted]`.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<Self> {
        self.find(path).map(|found| match found {
            Found::Value(value) => Self(value.clone()),
            Found::Secret => Self(Value::from(REDACTED)),
        })
    }

    /// Returns the text at a path; `None` if there is no value, or one of another kind.
    ///
    /// ```
    /// use plume_types::FreeForm;
    ///
    /// let part = FreeForm::from(serde_json::json!({"checks": [{"state": "good", "apiToken": "not-a-real-token"}]}));
    /// assert_eq!(part.text("checks.0.state").as_deref(), Some("good"));
    /// assert_eq!(part.text("checks.0.apiToken").as_deref(), Some("[redacted]"));
    /// assert_eq!(part.text("checks.1.state"), None);
    /// ```
    #[must_use]
    pub fn text(&self, path: &str) -> Option<String> {
        match self.find(path)? {
            Found::Value(value) => value.as_str().map(str::to_owned),
            Found::Secret => Some(REDACTED.to_owned()),
        }
    }

    /// Returns the number at a path, written as a number or as text.
    #[must_use]
    pub fn number(&self, path: &str) -> Option<f64> {
        match self.find(path)? {
            Found::Value(Value::String(text)) => {
                text.trim().parse().ok().filter(|number: &f64| number.is_finite())
            }
            Found::Value(value) => value.as_f64(),
            Found::Secret => None,
        }
    }

    /// Returns the flag at a path, written as `true` or as `"true"`.
    #[must_use]
    pub fn flag(&self, path: &str) -> Option<bool> {
        match self.find(path)? {
            Found::Value(Value::Bool(flag)) => Some(*flag),
            Found::Value(Value::String(text)) => flag_of(text),
            _ => None,
        }
    }

    /// Returns the time at a path: ISO 8601, or seconds or milliseconds since 1970.
    #[must_use]
    pub fn time(&self, path: &str) -> Option<DateTime<Utc>> {
        match self.find(path)? {
            Found::Value(value) => DateTime::decode(value, &mut Context::default()).ok()?.into_known(),
            Found::Secret => None,
        }
    }

    /// Returns the elements of the list at a path; empty if there is no list. [`FreeForm::get`] distinguishes "no
    /// list" from "an empty list".
    #[must_use]
    pub fn items(&self, path: &str) -> Vec<Self> {
        match self.find(path) {
            Some(Found::Value(Value::Array(items))) => items.iter().cloned().map(Self).collect(),
            _ => Vec::new(),
        }
    }

    /// Returns the values that are redacted everywhere else, so that they can be removed from other texts. Check
    /// every call of this method in a review.
    ///
    /// ```
    /// use plume_types::FreeForm;
    ///
    /// let part = FreeForm::from(serde_json::json!({"ssid": "Home", "keys": [{"psk": "not-a-real-key"}]}));
    /// assert_eq!(part.expose_secrets(), ["not-a-real-key"]);
    /// ```
    #[must_use]
    pub fn expose_secrets(&self) -> Vec<String> {
        fn walk(value: &Value, secrets: &mut Vec<String>) {
            match value {
                Value::Object(object) => {
                    for (name, inner) in object {
                        match inner {
                            Value::String(text) if hides(name, inner, object) => secrets.push(text.clone()),
                            number if hides(name, inner, object) => secrets.push(number.to_string()),
                            inner => walk(inner, secrets),
                        }
                    }
                }
                Value::Array(items) => items.iter().for_each(|item| walk(item, secrets)),
                _ => {}
            }
        }
        let mut secrets = Vec::new();
        walk(&self.0, &mut secrets);
        secrets
    }

    fn find(&self, path: &str) -> Option<Found<'_>> {
        let mut place = &self.0;
        if path.is_empty() {
            return Some(Found::Value(place));
        }
        let mut names = path.split('.');
        while let Some(name) = names.next() {
            match place {
                Value::Object(object) => {
                    let inner = object.get(name)?;
                    if hides(name, inner, object) {
                        return names.next().is_none().then_some(Found::Secret);
                    }
                    place = inner;
                }
                Value::Array(items) => place = items.get(name.parse::<usize>().ok()?)?,
                _ => return None,
            }
        }
        Some(Found::Value(place))
    }
}

/// The value at a path.
enum Found<'a> {
    Value(&'a Value),
    /// A redacted value.
    Secret,
}

/// The text that is shown instead of a secret.
const REDACTED: &str = "[redacted]";

impl From<Value> for FreeForm {
    fn from(value: Value) -> Self {
        Self(value)
    }
}

/// Endings of the names of secrets.
const SECRET_ENDINGS: [&str; 8] =
    ["key", "psk", "password", "passphrase", "secret", "token", "pin", "credential"];

fn is_secret(name: &str, object: &Map<String, Value>) -> bool {
    let lower = name.to_ascii_lowercase();
    // `{"key": "…", "value": "…"}` is a hidden setting: there `key` is its name and `value` the secret.
    let setting = object.contains_key("key") && object.contains_key("value");
    match lower.as_str() {
        "key" | "value" if setting => lower == "value",
        _ => SECRET_ENDINGS.iter().any(|ending| lower.ends_with(ending)),
    }
}

/// Returns whether the field `name` of `object`, with this value, is redacted.
fn hides(name: &str, value: &Value, object: &Map<String, Value>) -> bool {
    (value.is_string() || value.is_number()) && is_secret(name, object)
}

/// Returns the value with every secret replaced, at any depth.
fn redacted(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(redacted).collect(),
        Value::Object(object) => object
            .iter()
            .map(|(name, value)| {
                let shown = if hides(name, value, object) { REDACTED.into() } else { redacted(value) };
                (name.clone(), shown)
            })
            .collect(),
        other => other.clone(),
    }
}

impl fmt::Debug for FreeForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        redacted(&self.0).fmt(f)
    }
}

impl Serialize for FreeForm {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        redacted(&self.0).serialize(serializer)
    }
}

impl Decode for FreeForm {
    fn decode<'de, D: Deserializer<'de>>(deserializer: D, cx: &mut Context) -> Result<Field<Self>, D::Error> {
        Ok(Value::decode(deserializer, cx)?.map(Self))
    }
}

deserialize_by_decode!(FreeForm);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_read_by_path_without_secrets() {
        let part = FreeForm::from(json!({
            "wifi": {"psk": "canary", "keys": [{"id": 1}], "ssid": "Home", "pin": 1234},
            "setting": {"key": "mode", "value": "canary"},
            "score": "4.5", "worst": 1, "odd": "NaN", "on": "True", "off": false,
            "at": "2026-01-15T10:00:00.000Z", "ms": 1_768_471_200_000_u64,
        }));
        assert_eq!(part.text("wifi.ssid").as_deref(), Some("Home"));
        assert_eq!(
            (part.number("score"), part.number("worst"), part.number("odd")),
            (Some(4.5), Some(1.0), None)
        );
        assert_eq!((part.flag("on"), part.flag("off"), part.flag("score")), (Some(true), Some(false), None));
        assert_eq!(part.time("at"), part.time("ms"));
        assert!(part.time("at").is_some());
        assert_eq!(part.items("wifi.keys")[0].number("id"), Some(1.0));
        assert_eq!(part.get("").as_ref(), Some(&part));
        for (path, seen) in [
            ("wifi.psk", "[redacted]"),
            ("wifi.pin", "[redacted]"),
            ("setting.value", "[redacted]"),
            ("setting.key", "mode"),
        ] {
            assert_eq!(part.text(path).as_deref(), Some(seen), "{path}");
            assert_eq!(part.get(path).unwrap().expose(), seen, "{path}");
        }
        for path in ["wifi.psk.x", "wifi.keys.1", "wifi.keys.x", "nothing", "wifi.ssid.x", ".", "wifi."] {
            assert_eq!(part.get(path), None, "{path}");
        }
    }

    #[test]
    fn only_secrets_are_redacted_at_any_depth() {
        let part = FreeForm::from(json!([
            {"encryptionKey": "canary", "wpaKey": "canary", "psk": 12345678, "keyId": 3, "masterKeyIndex": 0},
            {"deep": [{"Password": "canary", "passwords": [{"accessToken": "canary"}]}]},
            {"key": "wifi.mode", "value": "canary"},
            {"value": 5, "timestamp": "2026-01-15"},
        ]));
        let shown = format!("{part:?} {}", serde_json::to_string(&part).unwrap());
        assert!(!shown.contains("canary") && !shown.contains("12345678"), "{shown}");
        for kept in ["keyId", "3", "wifi.mode", "2026-01-15"] {
            assert!(shown.contains(kept), "{kept}: {shown}");
        }
    }
}
