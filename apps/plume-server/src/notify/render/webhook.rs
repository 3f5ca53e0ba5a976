//! Webhooks, signed by Standard Webhooks 1.0.0.

use base64::Engine;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;

use crate::notify::channel::{Hidden, parse_key};
use crate::notify::content::Body;
use crate::notify::render::envelope::{Envelope, Request, post_json};
use crate::worker::Letter;

pub(super) fn render(url: &Hidden, key: &Hidden, envelope: &Envelope<'_>) -> Result<Request, String> {
    let key = parse_key(key.expose()).map_err(|reason| format!("the key of the channel {reason}"))?;
    let text = envelope.text();
    let (kind, data) = match envelope.body {
        Body::Letter(Letter::Message(message)) => (format!("incident.{}", message.kind), json!(message)),
        Body::Letter(Letter::Digest { digest }) => ("digest".to_owned(), json!(digest)),
        Body::Summary { summary } => ("summary".to_owned(), json!(summary)),
        Body::Notice { notice } => ("notice".to_owned(), json!(notice)),
    };
    let body = json!({
        "type": kind,
        "timestamp": envelope.sending.stored,
        "text": text.joined(),
        "replaced": envelope.sending.replaced,
        "data": data,
    });
    let body = serde_json::to_vec(&body).map_err(|error| error.to_string())?;
    let (id, timestamp) = (envelope.id(), envelope.now.timestamp().to_string());
    let signature = sign(&key, &id, &timestamp, &body)?;
    let headers = [("webhook-id", id), ("webhook-timestamp", timestamp), ("webhook-signature", signature)];
    post_json(url.expose(), body, &headers)
}

fn sign(key: &[u8], id: &str, timestamp: &str, body: &[u8]) -> Result<String, String> {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(key).map_err(|_| "the key of the channel is invalid".to_owned())?;
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    let mac = mac.finalize().into_bytes();
    Ok(format!("v1,{}", base64::engine::general_purpose::STANDARD.encode(mac)))
}
