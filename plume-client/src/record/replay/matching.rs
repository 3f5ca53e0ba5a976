//! Finds the recording of a request.

use std::collections::HashMap;

use serde_json::Value;

use crate::record::session::{Body, Request, Service};

/// Longest text that is compared in full, and that an error shows.
const LONGEST: usize = 200;

/// The parts of a request that decide which recording answers it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) method: String,
    pub(super) service: Service,
    pub(super) path: String,
    query: Vec<(String, String)>,
    body: Option<String>,
}

impl Key {
    pub(super) fn new(request: &Request) -> Self {
        let mut query: Vec<_> =
            request.query.iter().map(|(name, value)| (name.clone(), parameter(value))).collect();
        query.sort_unstable();
        let body = request.body.as_ref().map(|body| match body {
            Body::Json(json) => sorted(json),
            Body::Dropped { bytes, .. } => format!("{bytes} bytes"),
        });
        Self {
            method: request.method.clone(),
            service: request.service,
            path: request.path.clone(),
            query,
            body,
        }
    }

    pub(super) fn below(&self, service: Service, path: &str) -> Self {
        Self { service, path: path.to_owned(), ..self.clone() }
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.path)?;
        for (index, (name, value)) in self.query.iter().enumerate() {
            write!(f, "{}{name}={value}", if index == 0 { '?' } else { '&' })?;
        }
        match &self.body {
            Some(body) => write!(f, " {body}"),
            None => Ok(()),
        }
    }
}

/// Returns a parameter with the fields of its JSON sorted.
fn parameter(value: &str) -> String {
    match serde_json::from_str::<Value>(value) {
        Ok(json @ (Value::Object(_) | Value::Array(_))) => sorted(&json),
        _ => value.to_owned(),
    }
}

/// Returns JSON as a text that does not depend on the order of fields.
fn sorted(json: &Value) -> String {
    match json {
        Value::Object(object) => {
            let mut fields: Vec<_> = object.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| name.as_str());
            let fields = fields
                .into_iter()
                .map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), sorted(value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(sorted).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}

/// The recordings by request, each with the place of the next one.
#[derive(Debug, Default)]
pub(super) struct Recordings {
    places: HashMap<Key, (Vec<usize>, usize)>,
}

impl Recordings {
    pub(super) fn add(&mut self, key: Key, place: usize) {
        self.places.entry(key).or_default().0.push(place);
    }

    /// Returns the next recording of a request. The last one repeats.
    pub(super) fn next(&mut self, key: &Key) -> Option<usize> {
        let (places, next) = self.places.get_mut(key)?;
        let place = places.get(*next).or_else(|| places.last()).copied();
        *next = next.saturating_add(1).min(places.len());
        place
    }

    /// Returns the recorded request that is most like `key`, as a text.
    pub(super) fn nearest(&self, key: &Key) -> Option<String> {
        let wanted = key.to_string();
        let known = self.places.keys().map(|known| {
            let text = known.to_string();
            let other = known.method != key.method;
            (other, plume_text::distance(short(&text), short(&wanted)), text)
        });
        known.min().map(|(_, _, text)| plume_text::shorten(&text, LONGEST))
    }
}

/// Returns the start of a text: the distance takes quadratic time.
fn short(text: &str) -> &str {
    text.char_indices().nth(LONGEST).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request(path: &str, query: &[(&str, &str)], body: Option<Value>) -> Key {
        let query = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let (method, service, path) = ("GET".to_owned(), Service::Api, path.to_owned());
        Key::new(&Request { method, service, path, query, body: body.map(Body::Json) })
    }

    #[test]
    fn order_is_irrelevant_in_queries_and_bodies() {
        let one =
            request("/a", &[("x", "1"), ("filter", r#"{"a":1,"b":2}"#)], Some(json!({"c": 1, "d": [1, 2]})));
        let two =
            request("/a", &[("filter", r#"{"b":2, "a":1}"#), ("x", "1")], Some(json!({"d": [1, 2], "c": 1})));
        assert_eq!(one, two);
        assert_ne!(one, request("/a", &[("x", "1")], None));
        let list = |body| request("/a", &[], Some(body));
        assert_ne!(list(json!([1, 2])), list(json!([2, 1])));
    }

    #[test]
    fn recordings_come_in_order_and_the_last_repeats() {
        let mut recordings = Recordings::default();
        let key = request("/a", &[], None);
        recordings.add(key.clone(), 4);
        recordings.add(key.clone(), 7);
        let places: Vec<_> = (0..4).map(|_| recordings.next(&key)).collect();
        assert_eq!(places, [Some(4), Some(7), Some(7), Some(7)]);
        assert_eq!(recordings.next(&request("/b", &[], None)), None);
    }

    #[test]
    fn the_nearest_recording_is_named() {
        let mut recordings = Recordings::default();
        for (place, path) in
            ["/Customers/5f/locations", "/Customers/5f", "/Groups", "/x"].into_iter().enumerate()
        {
            recordings.add(request(path, &[], None), place);
        }
        let nearest = recordings.nearest(&request("/Customers/6f", &[("limit", "1")], None));
        assert_eq!(nearest.as_deref(), Some("GET /Customers/5f"));
        let mut recordings = Recordings::default();
        recordings.add(request(&"/x".repeat(1_000), &[], None), 0);
        assert!(recordings.nearest(&request("/x", &[], None)).unwrap().chars().count() <= LONGEST + 1);
    }
}
