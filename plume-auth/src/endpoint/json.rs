//! Decoding of the JSON of a response.

use std::fmt;

use http::HeaderMap;
use plume_runtime::compression;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

/// The decisive members of a response. A response with one of them twice is refused, because two parsers could read it
/// differently.
const DECISIVE: &[&str] =
    &["access_token", "token_type", "expires_in", "scope", "error", "errorCode", "active", "exp"];

/// Whether the object has a decisive member twice.
struct Duplicated(bool);

impl<'de> Deserialize<'de> for Duplicated {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Duplicated;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Duplicated, A::Error> {
                let mut seen: Vec<String> = Vec::new();
                let mut twice = false;
                while let Some((key, IgnoredAny)) = map.next_entry::<String, _>()? {
                    if DECISIVE.contains(&key.as_str()) {
                        twice |= seen.contains(&key);
                        seen.push(key);
                    }
                }
                Ok(Duplicated(twice))
            }
        }
        deserializer.deserialize_map(Keys)
    }
}

/// Decodes the JSON of a response, or says why it cannot be decoded.
pub(super) fn parse(body: &[u8]) -> Result<Value, &'static str> {
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    let Some(first) = body.trim_ascii_start().first() else {
        return Err("the body is empty");
    };
    if *first == b'<' {
        return Err("the body is HTML, not JSON");
    }
    match serde_json::from_slice(body) {
        Ok(value) => once(value, body),
        Err(error) => {
            // One bad character or number must not cost the whole response.
            let repaired = std::str::from_utf8(body).ok().and_then(plume_text::repair_json);
            if let Some(json) = repaired.map(|repaired| repaired.json)
                && let Ok(value) = serde_json::from_str(&json)
            {
                return once(value, json.as_bytes());
            }
            Err(match error.classify() {
                serde_json::error::Category::Eof => "the JSON is cut off",
                _ => "the body is not JSON",
            })
        }
    }
}

/// Returns the value if its body has each decisive member at most once.
fn once(value: Value, body: &[u8]) -> Result<Value, &'static str> {
    if value.is_object() && serde_json::from_slice(body).is_ok_and(|Duplicated(twice)| twice) {
        return Err("a member of the JSON is repeated");
    }
    Ok(value)
}

/// Explains why a body cannot be read: it is compressed, else `what`.
pub(super) fn unreadable(headers: &HeaderMap, body: &[u8], what: &str) -> String {
    match compression(headers) {
        Some(compression) if !body.is_empty() => {
            format!("the body is compressed ({compression}), which was not requested")
        }
        _ => what.to_owned(),
    }
}
