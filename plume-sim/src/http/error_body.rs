//! The error bodies of the API and of the authorization server.

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

/// An error of the API or the reports service, in the envelope of LoopBack 3.
#[derive(Debug)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    name: &'static str,
    message: String,
    code: Option<&'static str>,
    details: Option<Value>,
}

impl ApiError {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, name: "Error", message: message.into(), code: None, details: None }
    }

    /// Returns the error of a missing or invalid token, or an unknown customer id: the API's response is the same for
    /// all.
    pub(crate) fn unauthorized() -> Self {
        Self {
            code: Some("AUTHORIZATION_REQUIRED"),
            ..Self::new(StatusCode::UNAUTHORIZED, "Authorization Required")
        }
    }

    /// Returns the error of a resource of another partner.
    pub(crate) fn forbidden() -> Self {
        Self { code: Some("ACCESS_DENIED"), ..Self::new(StatusCode::FORBIDDEN, "Access Denied") }
    }

    /// Returns an error without details, as the API does for its own failures.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        Self::new(status, status.canonical_reason().unwrap_or("Error"))
    }

    /// Returns the error of an unknown id. `things` is a plural: `locations`, `nodes`.
    pub(crate) fn no_such(things: &str, id: &str) -> Self {
        Self {
            code: Some("MODEL_NOT_FOUND"),
            ..Self::new(StatusCode::NOT_FOUND, format!("There are no {things} with the ID \"{id}\""))
        }
    }

    pub(crate) fn no_method(method: &str, path: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("There is no method to handle {method} {path}"))
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// Returns the error of an unmet precondition; a later attempt can succeed.
    pub(crate) fn not_yet(message: impl Into<String>) -> Self {
        Self { name: "PreconditionFailed", ..Self::new(StatusCode::PRECONDITION_FAILED, message) }
    }

    /// Returns the error of a feature that is disabled for the location.
    pub(crate) fn not_implemented(feature: &str) -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED, format!("{feature} is not implemented for this location"))
    }

    /// Returns the error of a documented action that the simulator does not implement. It breaks no rule.
    pub(crate) fn unsimulated(method: &Method, template: &str) -> Self {
        let message = format!("{method} {template} is documented, but not simulated");
        Self { code: Some("NOT_SIMULATED"), ..Self::new(StatusCode::NOT_IMPLEMENTED, message) }
    }

    /// Returns the error of a resource with another owner, or in a state that does not allow the action.
    pub(crate) fn not_allowed(message: impl Into<String>) -> Self {
        Self { code: Some("ACCESS_DENIED"), ..Self::new(StatusCode::FORBIDDEN, message) }
    }

    /// Returns the error of a resource that exists already, or belongs to another customer.
    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, message)
    }

    /// Returns the error of removing a claimed resource.
    pub(crate) fn locked(message: impl Into<String>) -> Self {
        Self::new(StatusCode::LOCKED, message)
    }

    /// Returns the error of a node in another location. The cloud uses status 425 for this.
    pub(crate) fn elsewhere(node: &str, location: &str) -> Self {
        let message = format!("The node \"{node}\" does not belong to the location \"{location}\"");
        Self::new(StatusCode::TOO_EARLY, message)
    }

    /// Returns the error of a missing required parameter.
    pub(crate) fn missing(argument: &str) -> Self {
        Self::bad_request(format!("{argument} is a required argument"))
    }

    /// Returns the error of a value that fails validation.
    pub(crate) fn invalid(context: &str, field: &str, allowed: &str) -> Self {
        let message = format!("Invalid '{field}' value, allowed: {allowed}.");
        Self {
            name: "ValidationError",
            details: Some(json!({
                "context": context,
                "codes": { field: ["invalid"] },
                "messages": { field: [message] },
            })),
            ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, message)
        }
    }

    pub(crate) fn body(&self) -> Value {
        let mut error = Map::new();
        error.insert("statusCode".to_owned(), json!(self.status.as_u16()));
        error.insert("name".to_owned(), json!(self.name));
        error.insert("message".to_owned(), json!(self.message));
        if let Some(code) = self.code {
            error.insert("code".to_owned(), json!(code));
        }
        if let Some(details) = &self.details {
            error.insert("details".to_owned(), details.clone());
        }
        json!({ "error": error })
    }
}

/// An error of the token and introspection endpoints (RFC 6749, section 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OAuthError {
    pub(crate) code: &'static str,
    pub(crate) description: &'static str,
}

impl OAuthError {
    pub(crate) fn new(code: &'static str, description: &'static str) -> Self {
        Self { code, description }
    }

    pub(crate) fn status(self) -> StatusCode {
        if self.code == "invalid_client" { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST }
    }

    pub(crate) fn body(self) -> Value {
        json!({ "error": self.code, "error_description": self.description })
    }
}

/// Returns the envelope of the authorization server's management errors.
pub(crate) fn okta_envelope(code: &str, summary: &str) -> Value {
    json!({
        "errorCode": code,
        "errorSummary": summary,
        "errorLink": code,
        "errorId": "oaeSIMULATOR0000000000000",
        "errorCauses": [],
    })
}
