//! The Bot API over a [`Transport`].

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response, Uri, header::CONTENT_TYPE};
use plume_runtime::{Limits, Transport, TransportErrorKind, is_loopback_host};
use serde_json::{Value, json};

use crate::api::call::{Call, KINDS};
use crate::api::error::ApiError;
use crate::api::multipart::encode;
use crate::api::token::BotToken;

/// The base of Telegram's Bot API.
const TELEGRAM: &str = "https://api.telegram.org";
/// Maximum number of updates in a response.
const BATCH: usize = 50;
/// Maximum length of a description. Telegram's have one line.
const MAX_DESCRIPTION: usize = 200;

/// Maximum duration of a file transfer.
const FILE_PATIENCE: Duration = Duration::from_secs(5 * 60);

/// A client of the Bot API. Cheap to clone. It neither limits the rate of calls nor retries them; the
/// [`Outbox`](crate::Outbox) does.
///
/// ```
/// use std::sync::Arc;
///
/// use plume_runtime::InProcess;
/// use plume_telegram::{Api, BotToken, Call, Chat, ChatId, Keyboard};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let telegram = InProcess::new(|request: http::Request<bytes::Bytes>| async move {
///     assert_eq!(request.uri().path(), "/bot1:not-a-real-token/sendMessage");
///     Ok(http::Response::new(r#"{"ok":true,"result":{"message_id":7}}"#.into()))
/// });
/// let api = Api::new(Arc::new(telegram), BotToken::parse("1:not-a-real-token")?);
/// let chat = Chat::new(ChatId(11));
/// let sent = api.call(&Call::send(chat, "<b>hello</b>", &Keyboard::new())).await?;
/// assert_eq!(sent["message_id"], 7);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Api {
    transport: Arc<dyn Transport>,
    base: String,
    token: BotToken,
}

/// The error for a base that must not receive a token. The text continues the name of a setting and never repeats the base.
#[derive(Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("is neither an https URL nor an http URL of this machine")]
pub struct InvalidBase;

impl fmt::Debug for InvalidBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the base of the Bot API {self}")
    }
}

impl Api {
    /// Creates a client of the bot with this token, at `https://api.telegram.org`.
    #[must_use]
    pub fn new(transport: Arc<dyn Transport>, token: BotToken) -> Self {
        Self { transport, base: TELEGRAM.to_owned(), token }
    }

    /// Uses another Bot API, such as a server of your own or a stand-in.
    ///
    /// # Errors
    ///
    /// [`InvalidBase`] for a text that is not a URL, and for plain `http` to another machine: every URL contains the token.
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

    /// Returns the base of the Bot API.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Calls a method once.
    ///
    /// # Errors
    ///
    /// [`ApiError`] if Telegram refused the call or did not respond as expected.
    pub async fn call(&self, call: &Call) -> Result<Value, ApiError> {
        let Some(document) = &call.document else {
            return self.post(call.method, &call.body, &Limits::default()).await;
        };
        let (kind, body) = encode(&call.body, document);
        let request = Request::post(self.uri("", call.method)).header(CONTENT_TYPE, kind).body(body);
        let answer = self.send(request, &file_limits()).await?;
        self.read(&answer)
    }

    /// Returns the updates from `offset` on, after a wait of up to `wait` for the first one. It confirms all updates before
    /// the offset.
    ///
    /// # Errors
    ///
    /// [`ApiError`] if Telegram refused the call or did not respond as expected.
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
        let request = Request::post(self.uri("", method)).header(CONTENT_TYPE, "application/json");
        let answer = self.send(request.body(body.to_string().into()), limits).await?;
        self.read(&answer)
    }

    /// Returns the URL of a method, or of a file in the folder `file/`.
    pub(super) fn uri(&self, folder: &str, name: &str) -> String {
        format!("{}/{folder}bot{}/{name}", self.base, self.token.expose())
    }

    pub(super) async fn send(
        &self,
        request: http::Result<Request<Bytes>>,
        limits: &Limits,
    ) -> Result<Response<Bytes>, ApiError> {
        // The error itself would show the URL, which contains the token.
        let request = request
            .map_err(|_| ApiError::not_sent("the address or the bot token cannot be part of a URL"))?;
        self.transport.send(request, limits).await.map_err(|error| ApiError::Unreachable {
            never_sent: error.never_sent(),
            reason: self.without_token(match error.kind() {
                TransportErrorKind::Timeout => "no response in time".to_owned(),
                _ => error.to_string(),
            }),
        })
    }

    pub(super) fn read(&self, answer: &Response<Bytes>) -> Result<Value, ApiError> {
        let status = answer.status().as_u16();
        let mut body = parse_json(answer.body()).ok_or(ApiError::Unreadable { status })?;
        match body.get("ok").and_then(Value::as_bool) {
            Some(true) => Ok(body.get_mut("result").map(Value::take).unwrap_or_default()),
            Some(false) => {
                let code = body.get("error_code").and_then(Value::as_u64);
                let description = body.get("description").and_then(Value::as_str).unwrap_or_default();
                // Redacted before it is cut, or half a token would remain at the end.
                let description = self.without_token(description.to_owned());
                Err(ApiError::Refused {
                    code: code.and_then(|code| u16::try_from(code).ok()).unwrap_or(status),
                    description: description.chars().take(MAX_DESCRIPTION).collect(),
                    retry_after: body.pointer("/parameters/retry_after").and_then(Value::as_u64),
                    migrate_to: body.pointer("/parameters/migrate_to_chat_id").and_then(Value::as_i64),
                })
            }
            None => Err(ApiError::Unreadable { status }),
        }
    }

    /// Removes the token, because the source of the text may have seen the URL.
    fn without_token(&self, text: String) -> String {
        text.replace(self.token.expose(), "[bot token]")
    }
}

/// Returns the limits of a file transfer.
pub(super) fn file_limits() -> Limits {
    Limits::default().total_timeout(FILE_PATIENCE).first_byte_timeout(FILE_PATIENCE)
}

/// Parses a body. An invalid value, such as half an emoji in a name that was cut, costs only that value.
pub(crate) fn parse_json(body: &[u8]) -> Option<Value> {
    serde_json::from_slice(body).ok().or_else(|| {
        let text = String::from_utf8_lossy(body);
        let repaired = plume_text::repair_json(&text).map(|repaired| repaired.json);
        serde_json::from_str(repaired.as_deref().unwrap_or(&text)).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_invalid_value_does_not_affect_others() {
        let body = r#"{"ok":true,"result":[{"update_id":1,"n":"cut \ud83d"},{"update_id":2,"n":1e999},{"update_id":3,"n":"a	b"}]}"#;
        let updates = parse_json(body.as_bytes()).unwrap();
        let ids = [0, 1, 2].map(|at| updates["result"][at]["update_id"].as_i64());
        assert_eq!(ids, [Some(1), Some(2), Some(3)]);
        assert_eq!(updates["result"][0]["n"], "cut \u{fffd}");
        assert_eq!(parse_json(b"{\"n\":\"\xff\"}").unwrap()["n"], "\u{fffd}");
        for other in ["", "<html>", "{\"ok\":true", "{\"n\":\"\\ud83d\""] {
            assert!(parse_json(other.as_bytes()).is_none(), "{other}");
        }
    }
}
