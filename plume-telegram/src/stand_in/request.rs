//! The parameters of a call, in all encodings of clients.
//!
//! The Bot API takes them from the URL's query, from a form, from a multipart body and from JSON; numbers and flags may be
//! text, and in a form objects are JSON in text.

use std::collections::HashMap;

use bytes::Bytes;
use http::{Request, header::CONTENT_TYPE};
use serde_json::{Map, Value};

use crate::stand_in::refusal::Refusal;

/// The parameters of a call, and its files.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    fields: Map<String, Value>,
    files: HashMap<String, File>,
}

/// A file as it was sent.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) contents: Bytes,
}

impl Parameters {
    /// Parses query and body.
    pub(super) fn of(request: &Request<Bytes>) -> Result<Self, Refusal> {
        let mut parameters = Self::default();
        parameters.form(request.uri().query().unwrap_or_default().as_bytes());
        let kind =
            request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let body = request.body();
        let (media, options) = kind.split_once(';').unwrap_or((kind, ""));
        match media.trim().to_ascii_lowercase().as_str() {
            _ if body.is_empty() => {}
            "application/json" => match serde_json::from_slice(body) {
                Ok(Value::Object(fields)) => parameters.fields.extend(fields),
                _ => return Err(Refusal::bad("object expected as the JSON body")),
            },
            "application/x-www-form-urlencoded" => parameters.form(body),
            "multipart/form-data" => parameters.multipart(body, options)?,
            // Telegram ignores unknown parameters.
            _ => {}
        }
        Ok(parameters)
    }

    fn form(&mut self, text: &[u8]) {
        for (name, value) in url::form_urlencoded::parse(text) {
            self.fields.insert(name.into_owned(), value.into_owned().into());
        }
    }

    fn multipart(&mut self, body: &Bytes, options: &str) -> Result<(), Refusal> {
        let boundary = options.split(';').find_map(|option| option.trim().strip_prefix("boundary="));
        let boundary =
            boundary.map(|boundary| boundary.trim_matches('"')).filter(|boundary| !boundary.is_empty());
        let boundary = boundary.ok_or_else(|| Refusal::bad("boundary of the multipart body expected"))?;
        let boundary = format!("--{boundary}");
        let mut rest = find(body, boundary.as_bytes()).map_or(&[][..], |(_, rest)| rest);
        while let Some((part, after)) = find(rest, boundary.as_bytes()) {
            rest = after;
            let Some((head, content)) = find(part, b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(head);
            let disposition =
                head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"));
            let option = |name: &str| {
                let value = disposition?.split(';').find_map(|option| option.trim().strip_prefix(name))?;
                Some(value.trim_matches('"').to_owned())
            };
            let Some(name) = option("name=") else { continue };
            let content = content.strip_suffix(b"\r\n").unwrap_or(content);
            match option("filename=") {
                Some(file) => {
                    self.files.insert(name, File { name: file, contents: body.slice_ref(content) });
                }
                None => {
                    self.fields.insert(name, String::from_utf8_lossy(content).into());
                }
            }
        }
        Ok(())
    }

    /// Returns a file of the call.
    pub(super) fn file(&self, name: &str) -> Option<&File> {
        self.files.get(name)
    }

    /// Returns a whole number, which may be written as text.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        match self.fields.get(name)? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// Returns a text, which may be written as a number.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        match self.fields.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// Returns whether a flag is set.
    pub(super) fn flag(&self, name: &str) -> bool {
        match self.fields.get(name) {
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(text)) => {
                matches!(text.to_ascii_lowercase().as_str(), "true" | "1" | "yes" | "t" | "y")
            }
            Some(Value::Number(number)) => number.as_i64() == Some(1),
            _ => false,
        }
    }

    /// Returns an object or a list, which may be JSON in text. `None` if it is missing or an empty text.
    pub(super) fn json(&self, name: &str) -> Result<Option<Value>, Refusal> {
        match self.fields.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
            Some(Value::String(text)) => serde_json::from_str(text)
                .map(Some)
                .map_err(|_| Refusal::bad(format!("can't parse {name} JSON object"))),
            Some(value) => Ok(Some(value.clone())),
        }
    }
}

/// Returns the texts before and after a mark.
fn find<'a>(text: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = text.windows(mark.len()).position(|window| window == mark)?;
    Some((text.get(..at)?, text.get(at + mark.len()..)?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(uri: &str, kind: &str, body: &'static str) -> Result<Parameters, Refusal> {
        let request = Request::builder().uri(uri).header(CONTENT_TYPE, kind).body(Bytes::from(body)).unwrap();
        Parameters::of(&request)
    }

    #[test]
    fn the_four_ways_to_write_a_call_mean_the_same() {
        const MULTIPART: &str = "--xyz\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n-5\r\n--xyz\r\n\
            content-disposition: form-data; name=\"text\"\r\n\r\na & b\r\nc\r\n--xyz\r\nContent-Disposition: form-data; \
            name=\"silent\"\r\n\r\ntrue\r\n--xyz\r\nContent-Disposition: form-data; name=\"markup\"\r\n\r\n{\"x\":[1]}\r\n\
            --xyz--\r\n";
        let form = "chat_id=-5&text=a+%26+b%0D%0Ac&silent=1&markup=%7B%22x%22%3A%5B1%5D%7D";
        let json = r#"{"chat_id":-5,"text":"a & b\r\nc","silent":true,"markup":{"x":[1]}}"#;
        let calls = [
            read("/x", "application/x-www-form-urlencoded", form).unwrap(),
            read("/x", "multipart/form-data; boundary=xyz", MULTIPART).unwrap(),
            read("/x", "multipart/form-data; charset=utf-8; boundary=\"xyz\"", MULTIPART).unwrap(),
            read("/x", "application/json; charset=utf-8", json).unwrap(),
            read(&format!("/x?{form}"), "text/plain", "").unwrap(),
        ];
        let meant = calls.map(|call| {
            let markup = call.json("markup").unwrap();
            (call.number("chat_id"), call.text("text"), call.flag("silent"), markup, call.flag("other"))
        });
        let expected = (Some(-5), Some("a & b\r\nc".to_owned()), true, Some(json!({"x": [1]})), false);
        assert_eq!(meant, [(); 5].map(|()| expected.clone()));
    }

    #[test]
    fn unreadable_requests_are_refused() {
        for (kind, body) in
            [("application/json", "[1]"), ("application/json", "{"), ("multipart/form-data", "x")]
        {
            assert_eq!(read("/x", kind, body).map(|_| ()).unwrap_err().code, 400, "{kind} {body}");
        }
        let call = read("/x?markup=%7B&number=x", "", "").unwrap();
        assert_eq!(
            call.json("markup").unwrap_err().description,
            "Bad Request: can't parse markup JSON object"
        );
        assert_eq!((call.number("number"), call.number("none")), (None, None));
    }
}
