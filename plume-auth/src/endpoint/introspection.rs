//! Token introspection. (RFC 7662)

use serde_json::Value;

use crate::endpoint::json::parse;

/// The state of a token according to the endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Introspection {
    /// Whether the token is valid now.
    pub active: bool,
    /// The scope of the token.
    pub scope: Option<String>,
    /// The expiry, in seconds since 1970.
    pub expires_at: Option<u64>,
    /// The client that the token was issued to.
    pub client_id: Option<String>,
}

impl Introspection {
    /// Parses a response. `active` must be a JSON boolean; a missing or other value is an error (RFC 7662 §2.2).
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        let value = parse(body).ok()?;
        let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            active: value.get("active")?.as_bool()?,
            scope: text("scope"),
            expires_at: value.get("exp").and_then(Value::as_u64),
            client_id: text("client_id"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn introspection_needs_a_clear_word() {
        let active =
            Introspection::parse(include_bytes!("../../tests/bodies/introspect-active.json")).unwrap();
        assert!(active.active);
        assert_eq!(active.expires_at, Some(1_768_472_400));
        let inactive =
            Introspection::parse(include_bytes!("../../tests/bodies/introspect-inactive.json")).unwrap();
        assert!(!inactive.active);
        for body in ["{}", r#"{"active":"true"}"#, r#"{"active":1}"#, r#"{"active":null}"#, "", "<html>"] {
            assert_eq!(Introspection::parse(body.as_bytes()), None, "{body}");
        }
    }
}
