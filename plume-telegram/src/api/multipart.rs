//! Calls with a file, as multipart forms.

use bytes::Bytes;
use serde_json::Value;

/// A file to be sent.
///
/// ```
/// use plume_telegram::{Call, Chat, ChatId, Document};
///
/// let chat = Chat::new(ChatId(11));
/// let document = Document::new("homes.csv", "name,status\n");
/// let call = Call::send_document(chat, document, "The homes of <b>today</b>");
/// # let _ = call;
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Document {
    /// The name of the file.
    pub name: String,
    /// The contents of the file.
    pub contents: Bytes,
}

impl Document {
    /// Creates a file.
    pub fn new(name: impl Into<String>, contents: impl Into<Bytes>) -> Self {
        Self { name: name.into(), contents: contents.into() }
    }
}

/// Returns the media type and the body of a call with a file.
pub(super) fn encode(fields: &Value, document: &Document) -> (String, Bytes) {
    let boundary = format!("plume-{:032x}", fastrand::u128(..));
    let mut body = Vec::with_capacity(document.contents.len() + 1024);
    for (name, value) in fields.as_object().into_iter().flatten() {
        // Objects are JSON in text; a text is sent as it is.
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let part =
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    let name = document.name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"document\"; filename=\"{name}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    );
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(&document.contents);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body.into())
}
