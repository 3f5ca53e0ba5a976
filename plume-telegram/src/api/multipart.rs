//! A call with a file: a form in several parts, as browsers send files.

use bytes::Bytes;
use serde_json::Value;

/// A file that is to be sent.
///
/// ```
/// use plume_telegram::{Call, Chat, ChatId, Document};
///
/// let chat = Chat { id: ChatId(11), private: true, topic: None };
/// let document = Document { name: "homes.csv".to_owned(), contents: "name,status\n".into() };
/// let call = Call::send_document(chat, document, "The homes of <b>today</b>");
/// # let _ = call;
/// ```
#[derive(Debug, Clone)]
pub struct Document {
    /// What it is called.
    pub name: String,
    /// What is in it.
    pub contents: Bytes,
}

/// The media type and the body of a call with a file.
pub(super) fn encode(fields: &Value, document: &Document) -> (String, Bytes) {
    let boundary = format!("plume-{:032x}", fastrand::u128(..));
    let mut body = Vec::with_capacity(document.contents.len() + 1024);
    for (name, value) in fields.as_object().into_iter().flatten() {
        // Objects are JSON in text, a text is itself.
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
