//! Reads paths and messages.

use bytes::Bytes;
use http::{HeaderMap, Method, Request, header::CONTENT_TYPE};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::Value;

use crate::operations::Operation;

/// Everything but RFC 3986's unreserved characters is encoded, as in the calls of the client.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// Segments of paths that belong to no operation.
const BASES: [&str; 7] = ["api", "lteservice", "oauth2", "reports", "token", "introspect", "revoke"];

/// The meaning of a segment of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Fixed,
    Placeholder(&'static str),
    Unknown,
}

/// Returns the decoded segments of a path.
pub(super) fn segments(path: &str) -> Vec<String> {
    path.split('/').map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned()).collect()
}

/// Returns a segment as it is written in a path.
pub(super) fn encoded(segment: &str) -> String {
    utf8_percent_encode(segment, SEGMENT).to_string()
}

/// Returns the operation of a request, whose path is the end of this one.
pub(super) fn operation(segments: &[String], method: &Method) -> Option<&'static Operation> {
    longest(segments, |operation| operation.method == *method)
}

/// Returns the operation with the most fixed segments whose path is the end of this one.
fn longest(segments: &[String], is_meant: impl Fn(&Operation) -> bool) -> Option<&'static Operation> {
    let fixed = |operation: &&&Operation| {
        let names = operation.path.split('/').filter(|segment| !segment.is_empty());
        let fixed = names.clone().filter(|segment| !segment.starts_with('{')).count();
        (fixed, names.count())
    };
    let meant = Operation::ALL.iter().filter(|operation| is_meant(operation) && fits(operation, segments));
    meant.max_by_key(fixed).copied()
}

fn fits(operation: &Operation, segments: &[String]) -> bool {
    let names = operation.path.rsplit('/').filter(|segment| !segment.is_empty());
    let count = names.clone().count();
    let tail = segments.iter().rev();
    count <= segments.len()
        && names.zip(tail).all(|(name, segment)| match name.starts_with('{') {
            true => !segment.is_empty(),
            false => name.eq_ignore_ascii_case(segment),
        })
}

/// Returns the meaning of each segment.
pub(super) fn placeholders(segments: &[String]) -> Vec<Part> {
    let names: Vec<&'static str> = longest(segments, |_| true)
        .map(|operation| operation.path.split('/').filter(|segment| !segment.is_empty()).collect())
        .unwrap_or_default();
    let before = segments.len().saturating_sub(names.len());
    let head = segments
        .iter()
        .take(before)
        .map(|segment| if is_fixed(segment) { Part::Fixed } else { Part::Unknown });
    let tail =
        names.iter().map(|name| match name.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => Part::Placeholder(name),
            None => Part::Fixed,
        });
    head.chain(tail).collect()
}

/// Returns whether a segment outside of a known path is a part of the API.
fn is_fixed(segment: &str) -> bool {
    let version =
        segment.strip_prefix('v').is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
    let known = || {
        let names = Operation::ALL.iter().flat_map(|operation| operation.path.split('/'));
        names.into_iter().any(|name| !name.starts_with('{') && name.eq_ignore_ascii_case(segment))
    };
    segment.is_empty() || version || BASES.contains(&segment) || known()
}

/// Returns whether a request goes to the token endpoint: only those have a form.
pub(super) fn is_token_exchange(request: &Request<Bytes>) -> bool {
    media_type(request.headers()).is_some_and(|kind| kind == "application/x-www-form-urlencoded")
}

/// Returns the type of a body without its parameters.
pub(super) fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// Reads a body as JSON, repaired as the models read it.
pub(super) fn json(body: &[u8]) -> Option<Value> {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{feff}');
    match serde_json::from_str(text) {
        Ok(value) => Some(value),
        Err(_) => serde_json::from_str(&plume_text::repair_json(text)?.json).ok(),
    }
}

/// Returns whether a body that is no JSON was probably meant to be.
pub(super) fn begins_as_json(body: &[u8]) -> bool {
    matches!(body.trim_ascii_start().first(), Some(b'{' | b'[' | b'"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operation_of_a_path_is_found_below_any_base() {
        for (path, name) in [
            ("/api/Customers/5f/locations/6f/nodes", Some("location.nodes")),
            ("/Customers/count", Some("customers.count")),
            ("/a/b/Customers/5f", Some("customers.get")),
            ("/nothing/of/this", None),
        ] {
            let found = operation(&segments(path), &Method::GET).map(|operation| operation.name);
            assert_eq!(found, name, "{path}");
        }
    }

    #[test]
    fn placeholders_are_told_from_words() {
        let parts = placeholders(&segments("/api/Customers/5f%2F/secrets/x"));
        assert_eq!(
            parts,
            [Part::Fixed, Part::Fixed, Part::Fixed, Part::Unknown, Part::Unknown, Part::Unknown]
        );
        let parts = placeholders(&segments("/api/Customers/5f"));
        assert_eq!(parts, [Part::Fixed, Part::Fixed, Part::Fixed, Part::Placeholder("id")]);
        assert_eq!(segments("/a%3Ab"), ["", "a:b"]);
        assert_eq!(encoded("a:b"), "a%3Ab");
    }
}
