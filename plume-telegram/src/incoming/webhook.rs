//! Updates that Telegram sends to a URL of your own.
//!
//! Anyone can send a request to that URL. So a header contains the secret that was passed to `setWebhook`, and it is
//! compared in constant time. The server itself (`https` on port 443, 80, 88 or 8443) is part of the program; any server
//! with `http` types can be used.

use std::{fmt, hint::black_box};

use http::{HeaderMap, Method, Request, StatusCode};
use secrecy::{ExposeSecret, SecretString};

use crate::api::parse_json;
use crate::incoming::update::Update;

/// The header with the secret.
const HEADER: &str = "X-Telegram-Bot-Api-Secret-Token";
const MAX_SECRET: usize = 256;

/// Authenticates and parses the requests of a webhook.
///
/// ```
/// use http::{Request, StatusCode};
/// use plume_telegram::Webhook;
///
/// let webhook = Webhook::new("not-a-real-secret").map_err(|error| error.to_string())?;
/// let body = r#"{"update_id":7,"message":{"message_id":1,"from":{"id":11},"chat":{"id":11},"text":"/start"}}"#;
/// let request = Request::post("/telegram").header("X-Telegram-Bot-Api-Secret-Token", "not-a-real-secret").body(body);
/// let update = webhook.receive(&request.map_err(|error| error.to_string())?).map_err(|status| status.to_string())?;
/// assert_eq!(update.map(|update| update.id), Some(7));
///
/// let forged = Request::post("/telegram").body(body).map_err(|error| error.to_string())?;
/// assert_eq!(webhook.receive(&forged).unwrap_err(), StatusCode::UNAUTHORIZED);
/// # Ok::<(), String>(())
/// ```
#[derive(Clone)]
pub struct Webhook {
    secret: SecretString,
}

/// The error for a secret that Telegram does not accept. The text continues the name of a setting and never repeats it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("is not 1 to 256 letters, digits, underscores and hyphens")]
pub struct InvalidWebhookSecret;

impl fmt::Debug for InvalidWebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the secret of the webhook {self}")
    }
}

impl Webhook {
    /// Creates a webhook with this secret, which is also passed to [`Call::set_webhook`](crate::Call::set_webhook).
    ///
    /// # Errors
    ///
    /// [`InvalidWebhookSecret`] unless it is 1 to 256 letters, digits, `_` and `-` of ASCII.
    pub fn new(secret: &str) -> Result<Self, InvalidWebhookSecret> {
        let usable = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        let is_valid = (1..=MAX_SECRET).contains(&secret.len()) && secret.bytes().all(usable);
        is_valid.then(|| Self { secret: secret.to_owned().into() }).ok_or(InvalidWebhookSecret)
    }

    /// Returns the secret, for `setWebhook`.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.secret.expose_secret()
    }

    /// Returns whether a request has the secret. The time is the same for every wrong one of the same length.
    #[must_use]
    pub fn is_genuine(&self, headers: &HeaderMap) -> bool {
        let mut given = headers.get_all(HEADER).iter();
        match (given.next(), given.next()) {
            (Some(given), None) => is_same(given.as_bytes(), self.expose().as_bytes()),
            _ => false,
        }
    }

    /// Parses the update of a request. `None` is one that the crate does not use; respond with 200 to it too, or Telegram
    /// sends it again.
    ///
    /// # Errors
    ///
    /// The status of the response: 401 without the secret, 405 for another method than POST, 400 for invalid JSON.
    pub fn receive(&self, request: &Request<impl AsRef<[u8]>>) -> Result<Option<Update>, StatusCode> {
        if !self.is_genuine(request.headers()) {
            return Err(StatusCode::UNAUTHORIZED);
        }
        if request.method() != Method::POST {
            return Err(StatusCode::METHOD_NOT_ALLOWED);
        }
        let update = parse_json(request.body().as_ref()).ok_or(StatusCode::BAD_REQUEST)?;
        Ok(Update::parse(&update))
    }
}

/// Compares in constant time. Only the length can be measured.
fn is_same(given: &[u8], secret: &[u8]) -> bool {
    let differs =
        given.iter().zip(secret).fold(0, |differs, (given, secret)| black_box(differs | (given ^ secret)));
    given.len() == secret.len() && differs == 0
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Webhook([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "not-a-real-secret";

    fn request(method: Method, secrets: &[&str], body: &'static str) -> Request<&'static str> {
        let mut request = Request::builder().method(method).uri("/");
        for secret in secrets {
            request = request.header(HEADER.to_ascii_lowercase(), *secret);
        }
        request.body(body).unwrap()
    }

    #[test]
    fn a_request_without_the_secret_is_refused_before_it_is_read() {
        let webhook = Webhook::new(SECRET).unwrap();
        let longer = format!("{SECRET}x");
        for secrets in [
            &[][..],
            &[""],
            &["not-a-real-secreT"],
            &["Xot-a-real-secret"],
            &[&SECRET[..16]],
            &[&longer],
            &[SECRET, SECRET],
        ] {
            let answer = webhook.receive(&request(Method::POST, secrets, "no JSON")).unwrap_err();
            assert_eq!(answer, StatusCode::UNAUTHORIZED, "{secrets:?}");
        }
        let receive = |method, body| webhook.receive(&request(method, &[SECRET], body));
        assert_eq!(receive(Method::GET, "{}").unwrap_err(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(receive(Method::POST, "no JSON").unwrap_err(), StatusCode::BAD_REQUEST);
        assert!(receive(Method::POST, r#"{"update_id":1,"channel_post":{}}"#).unwrap().is_none());
        let text = r#"{"update_id":7,"message":{"message_id":3,"from":{"id":1},"chat":{"id":1},"text":"cut \ud83d"}}"#;
        assert_eq!(receive(Method::POST, text).unwrap().map(|update| update.id), Some(7));
        assert_eq!(format!("{webhook:?}"), "Webhook([redacted])");
    }

    #[test]
    fn a_secret_is_one_that_telegram_takes() {
        for secret in ["", "a b", "ä", "a\n", "a:b", &"x".repeat(257)] {
            assert_eq!(Webhook::new(secret).unwrap_err(), InvalidWebhookSecret, "{secret:?}");
        }
        assert!(Webhook::new(&"x_-9".repeat(64)).is_ok());
    }
}
