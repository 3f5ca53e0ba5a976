//! Bodies of error responses. (`plume-api` limits-and-errors §2, auth §5)

use serde_json::Value;

use crate::decode;

/// The body of an error response, in any of the known forms.
///
/// * LoopBack: `{"error": {"statusCode", "name", "message", "code", "details"}}`
/// * OAuth: `{"error": "invalid_client", "error_description": "…"}`
/// * Okta: `{"errorCode": "…", "errorSummary": "…", "errorId": "…"}`
/// * `{"message": "…"}`
///
/// ```
/// use plume_types::ErrorBody;
///
/// let body = br#"{"error":{"statusCode":"404","message":"There is no such location","code":"MODEL_NOT_FOUND"}}"#;
/// let error = ErrorBody::parse(body).ok_or("no error body")?;
/// assert!(error.is_application_error());
/// assert_eq!(error.code.as_deref(), Some("MODEL_NOT_FOUND"));
/// # Ok::<(), &str>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct ErrorBody {
    /// The HTTP status, repeated in the body.
    pub status_code: Option<u16>,
    /// The class, for example `ValidationError`.
    pub name: Option<String>,
    /// The message for people. May contain ids and e-mail addresses.
    pub message: Option<String>,
    /// The code for programs, for example `MODEL_NOT_FOUND` or `invalid_client`.
    pub code: Option<String>,
    /// The invalid values; free form.
    pub details: Option<Value>,
    application: bool,
}

impl ErrorBody {
    /// Reads the body of an error response. Returns `None` if it has none of the known forms, for example an HTML
    /// page.
    #[must_use]
    pub fn parse(body: &[u8]) -> Option<Self> {
        Self::read(&decode::body::<Value>(body).ok()?.value)
    }

    /// Reads a body that is already decoded; like [`ErrorBody::parse`].
    #[must_use]
    pub fn read(value: &Value) -> Option<Self> {
        let text = |value: &Value, key: &str| value.get(key)?.as_str().map(str::to_owned);
        let number = |value: &Value, key: &str| match value.get(key)? {
            Value::Number(number) => u16::try_from(number.as_u64()?).ok(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        match value.get("error") {
            Some(error @ Value::Object(_)) => Some(Self {
                status_code: number(error, "statusCode").or_else(|| number(error, "status")),
                name: text(error, "name"),
                message: text(error, "message"),
                code: text(error, "code"),
                details: error.get("details").cloned(),
                application: true,
            }),
            Some(Value::String(code)) => Some(Self {
                code: Some(code.clone()),
                message: text(value, "error_description").or_else(|| text(value, "message")),
                status_code: number(value, "statusCode"),
                ..Self::default()
            }),
            _ => {
                let body = Self {
                    code: text(value, "errorCode"),
                    message: text(value, "errorSummary").or_else(|| text(value, "message")),
                    ..Self::default()
                };
                (body.code.is_some() || body.message.is_some()).then_some(body)
            }
        }
    }

    /// Returns whether the API's application wrote the body, which is the LoopBack form with an `error` object. Only
    /// such a 403 means "forbidden"; any other is from the firewall in front of the API.
    #[must_use]
    pub fn is_application_error(&self) -> bool {
        self.application
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_form_is_read() {
        let parse = |json: &str| ErrorBody::parse(json.as_bytes());
        let oauth = parse(r#"{"error":"invalid_scope","error_description":"not granted"}"#).unwrap();
        assert_eq!(
            (oauth.code.as_deref(), oauth.message.as_deref()),
            (Some("invalid_scope"), Some("not granted"))
        );
        assert!(!oauth.is_application_error());
        let okta = parse(r#"{"errorCode":"E0000047","errorSummary":"too many"}"#).unwrap();
        assert_eq!(okta.code.as_deref(), Some("E0000047"));
        let plain = parse(r#"{"message":"Forbidden"}"#).unwrap();
        assert!(!plain.is_application_error());
        for (json, status) in [
            (r#"{"error":{"statusCode":404}}"#, Some(404)),
            (r#"{"error":{"statusCode":"404"}}"#, Some(404)),
            (r#"{"error":{"status":404}}"#, Some(404)),
            (r#"{"error":{"statusCode":70000}}"#, None),
        ] {
            assert_eq!(parse(json).unwrap().status_code, status, "{json}");
        }
    }

    #[test]
    fn other_bodies_are_not_error_bodies() {
        for body in ["", "null", "{}", "[]", "\"no\"", "<html></html>", "{\"error\":5}", "{\"id\":\"x\"}"] {
            assert_eq!(ErrorBody::parse(body.as_bytes()), None, "{body}");
        }
    }
}
