//! JSON whose form is not known.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::decode::{self, Context, Decode};

/// A part of an answer whose form is not documented, kept as it came.
///
/// Passphrases hide in such parts too, so `Debug` and serialization show `[redacted]` in place of every value
/// whose name looks like a secret's (`encryptionKey`, `psk`, `password`, `token`, …) and of the value of a
/// hidden setting. The whole leaves only through [`FreeForm::expose`].
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
    /// The JSON as it came, secrets included. Every use of this name is a place to look at in a review.
    #[must_use]
    pub fn expose(&self) -> &Value {
        &self.0
    }
}

impl From<Value> for FreeForm {
    fn from(value: Value) -> Self {
        Self(value)
    }
}

/// Endings of names under which secrets stand.
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

/// The value with every secret replaced, at any depth.
fn redacted(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(redacted).collect(),
        Value::Object(object) => object
            .iter()
            .map(|(name, value)| {
                let hidden = is_secret(name, object) && (value.is_string() || value.is_number());
                (name.clone(), if hidden { Value::from("[redacted]") } else { redacted(value) })
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
    fn decode<'de, D: Deserializer<'de>>(
        deserializer: D,
        cx: &mut Context,
    ) -> Result<Option<Self>, D::Error> {
        Ok(Value::decode(deserializer, cx)?.map(Self))
    }
}

impl<'de> Deserialize<'de> for FreeForm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        decode::deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_hidden_at_any_depth_and_nothing_else_is() {
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
