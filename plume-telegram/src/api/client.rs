//! The Bot API over a [`Transport`].

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Method, Request, Uri, header::CONTENT_TYPE};
use plume_runtime::{Limits, Transport, TransportErrorKind, is_loopback_host};
use serde_json::{Value, json};

use crate::api::call::Call;
use crate::api::error::ApiError;
use crate::api::token::BotToken;

/// Where Telegram is.
const TELEGRAM: &str = "https://api.telegram.org";
/// The updates this bot has a use for. Others are not even sent.
const KINDS: [&str; 4] = ["message", "edited_message", "callback_query", "my_chat_member"];
/// Updates of one answer at the most.
const BATCH: usize = 50;
/// Longer descriptions are cut; Telegram's have one line.
const MAX_DESCRIPTION: usize = 200;

/// A client of the Bot API: one method, [`Api::call`].
#[derive(Clone)]
pub struct Api {
    transport: Arc<dyn Transport>,
    base: String,
    token: BotToken,
}

/// A base that no token may be sent to. Reads on after the setting's name and never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidBase;

impl fmt::Display for InvalidBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("is not an https URL, nor an http URL of this machine")
    }
}

impl std::error::Error for InvalidBase {}

impl Api {
    /// A client for the bot with this token, at `https://api.telegram.org`.
    #[must_use]
    pub fn new(transport: Arc<dyn Transport>, token: BotToken) -> Self {
        Self { transport, base: TELEGRAM.to_owned(), token }
    }

    /// The same at another Bot API, such as one of your own or a stand-in.
    ///
    /// # Errors
    ///
    /// [`InvalidBase`] for what is no URL, and for plain `http` to another machine: the token is a part of every URL.
    pub fn with_base(mut self, base: &str) -> Result<Self, InvalidBase> {
        let uri: Uri = base.trim().parse().map_err(|_| InvalidBase)?;
        let is_safe = match (uri.scheme_str(), uri.host()) {
            (Some("https"), Some(_)) => true,
            (Some("http"), Some(host)) => is_loopback_host(host),
            _ => false,
        };
        let is_plain =
            uri.query().is_none() && uri.authority().is_some_and(|host| !host.as_str().contains('@'));
        if !is_safe || !is_plain {
            return Err(InvalidBase);
        }
        self.base = uri.to_string().trim_end_matches('/').to_owned();
        Ok(self)
    }

    /// The base of the Bot API.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Calls a method once.
    ///
    /// # Errors
    ///
    /// [`ApiError`].
    pub async fn call(&self, call: &Call) -> Result<Value, ApiError> {
        self.post(call.method, &call.body, &Limits::default()).await
    }

    /// The updates from `offset` on. Waits up to `wait` for the first one; asking for an offset confirms everything
    /// before it.
    ///
    /// # Errors
    ///
    /// [`ApiError`].
    pub async fn updates(&self, offset: Option<i64>, wait: Duration) -> Result<Vec<Value>, ApiError> {
        let mut body = json!({ "timeout": wait.as_secs(), "limit": BATCH, "allowed_updates": KINDS });
        if let (Some(offset), Some(body)) = (offset, body.as_object_mut()) {
            body.insert("offset".to_owned(), offset.into());
        }
        let patience = wait.saturating_add(Duration::from_secs(15));
        let limits = Limits::default().total_timeout(patience).first_byte_timeout(patience);
        match self.post("getUpdates", &body, &limits).await? {
            Value::Array(updates) => Ok(updates),
            _ => Err(ApiError::Unreadable { status: 200 }),
        }
    }

    async fn post(&self, method: &str, body: &Value, limits: &Limits) -> Result<Value, ApiError> {
        let uri = format!("{}/bot{}/{method}", self.base, self.token.expose());
        let request = Request::builder()
            .method(Method::POST)
            .uri(uri)
            .header(CONTENT_TYPE, "application/json")
            .body(Bytes::from(body.to_string()));
        // Its error would show the address, and the address holds the token.
        let Ok(request) = request else {
            let reason = "the Bot API's address or the bot token cannot be part of a URL".to_owned();
            return Err(ApiError::Unreachable { never_sent: true, reason });
        };
        let answer = self.transport.send(request, limits).await.map_err(|error| ApiError::Unreachable {
            never_sent: error.never_sent(),
            reason: self.without_token(match error.kind() {
                TransportErrorKind::Timeout => "no answer in time".to_owned(),
                _ => error.to_string(),
            }),
        })?;
        self.read(answer.status().as_u16(), answer.body())
    }

    fn read(&self, status: u16, body: &[u8]) -> Result<Value, ApiError> {
        let mut body = json_of(body).ok_or(ApiError::Unreadable { status })?;
        match body.get("ok").and_then(Value::as_bool) {
            Some(true) => Ok(body.get_mut("result").map(Value::take).unwrap_or_default()),
            Some(false) => {
                let code = body.get("error_code").and_then(Value::as_u64);
                let description = body.get("description").and_then(Value::as_str).unwrap_or_default();
                Err(ApiError::Refused {
                    code: code.and_then(|code| u16::try_from(code).ok()).unwrap_or(status),
                    // Redacted before it is cut, or half a token would be left at the end.
                    description: self
                        .without_token(description.to_owned())
                        .chars()
                        .take(MAX_DESCRIPTION)
                        .collect(),
                    retry_after: body.pointer("/parameters/retry_after").and_then(Value::as_u64),
                    migrate_to: body.pointer("/parameters/migrate_to_chat_id").and_then(Value::as_i64),
                })
            }
            None => Err(ApiError::Unreadable { status }),
        }
    }

    /// Whoever wrote this text may have seen the address.
    fn without_token(&self, text: String) -> String {
        text.replace(self.token.expose(), "[bot token]")
    }
}

/// A body as JSON. One value that is none, such as half an emoji in a name that was cut, costs that value and not the answer.
fn json_of(body: &[u8]) -> Option<Value> {
    serde_json::from_slice(body).ok().or_else(|| {
        let text = String::from_utf8_lossy(body);
        let repaired = plume_text::repair_json(&text).map(|repaired| repaired.json);
        serde_json::from_str(repaired.as_deref().unwrap_or(&text)).ok()
    })
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("base", &self.base).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_that_is_no_json_costs_no_other_one() {
        let body = r#"{"ok":true,"result":[{"update_id":1,"n":"cut \ud83d"},{"update_id":2,"n":1e999},{"update_id":3,"n":"a	b"}]}"#;
        let updates = json_of(body.as_bytes()).unwrap();
        let ids = [0, 1, 2].map(|at| updates["result"][at]["update_id"].as_i64());
        assert_eq!(ids, [Some(1), Some(2), Some(3)]);
        assert_eq!(updates["result"][0]["n"], "cut \u{fffd}");
        assert_eq!(json_of(b"{\"n\":\"\xff\"}").unwrap()["n"], "\u{fffd}");
        for other in ["", "<html>", "{\"ok\":true", "{\"n\":\"\\ud83d\""] {
            assert!(json_of(other.as_bytes()).is_none(), "{other}");
        }
    }
}
