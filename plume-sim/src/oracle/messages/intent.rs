//! The intent of a request: the operation, the ids, and the arguments by meaning.
//!
//! Spelling does not change an intent: a trailing slash, case, order of keys, JSON or form, a number as text, a
//! parameter unknown to the API.

use http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::http::{Pairs, media_type};
use crate::oracle::arrival::Arrival;
use crate::world::{bare_mac, noise};

/// The documented query parameters. Any other one has no effect on the response and is not part of the intent:
/// `?_=1`, `?_=2`, …
const PARAMETERS: &str = include_str!("parameters.txt");

/// The intent of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Intent {
    /// Equal for equal intents of all clients.
    pub(crate) key: u64,
    pub(crate) page: Option<Page>,
}

/// A part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    /// Equal for all parts of one list.
    pub(crate) list: u64,
    pub(crate) skip: u64,
    pub(crate) limit: u64,
    /// The request names a first row, also if it is 0.
    pub(crate) explicit: bool,
}

pub(crate) fn intent(arrival: &Arrival<'_>) -> Intent {
    let operation = operation(arrival);
    let pairs = Pairs::parse(arrival.head.uri.query().unwrap_or_default());
    let mut filter = match pairs.object("filter") {
        Ok(filter) => filter,
        Err(_) => pairs.get("filter").map(|text| Map::from_iter([(String::new(), Value::from(text))])),
    };
    let mut arguments = of_query(&pairs);
    arguments.extend(of_body(&arrival.head.headers, arrival.body));
    let with = |filter: Option<&Map<String, Value>>, arguments: &[(String, String)]| {
        let mut all = arguments.to_vec();
        all.extend(filter.map(|filter| ("filter".to_owned(), meaning(&Value::Object(filter.clone())))));
        all.sort();
        let salts: Vec<u64> =
            all.iter().flat_map(|(name, value)| [noise::salt(name), noise::salt(value)]).collect();
        noise::hash(operation, &salts)
    };
    let key = with(filter.as_ref(), &arguments);
    let mut page = None;
    if arrival.head.method == Method::GET {
        let bare = [pairs.get("limit"), pairs.get("skip").or_else(|| pairs.get("offset"))];
        let bare = bare.map(|text| text.and_then(|text| text.trim().parse().ok()));
        let mut taken = [None, None];
        if let Some(filter) = &mut filter {
            let mut take = |name: &str| filter.remove(name).as_ref().and_then(number);
            taken = [take("limit"), take("skip").or(take("offset"))];
        }
        let [limit, skip] = if taken == [None, None] { bare } else { taken };
        arguments.retain(|(name, _)| !["limit", "skip", "offset"].contains(&name.as_str()));
        let list = with(filter.as_ref(), &arguments);
        page = limit.filter(|limit| *limit > 0).map(|limit| Page {
            list,
            skip: skip.unwrap_or_default(),
            limit,
            explicit: skip.is_some(),
        });
    }
    Intent { key, page }
}

fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// Hashes method, route and ids in the path.
fn operation(arrival: &Arrival<'_>) -> u64 {
    let method = noise::salt(arrival.head.method.as_str());
    let Some(template) = arrival.template() else {
        let path = percent_decode_str(arrival.head.uri.path().trim_end_matches('/')).decode_utf8_lossy();
        return noise::hash(method, &[noise::salt(&path.to_ascii_lowercase())]);
    };
    let ids = arrival.parameters().iter().map(|(name, value)| {
        noise::salt(&if *name == "mac" { bare_mac(value) } else { value.to_ascii_lowercase() })
    });
    noise::hash(method, &[noise::salt(template)].into_iter().chain(ids).collect::<Vec<_>>())
}

fn of_query(pairs: &Pairs) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = pairs
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .filter(|(name, _)| name != "filter" && PARAMETERS.lines().any(|known| known == name))
        .map(|(name, value)| (name, of_text(value)))
        .collect();
    if let Ok(Some(condition)) = pairs.object("where") {
        found.retain(|(name, _)| name != "where");
        found.push(("where".to_owned(), meaning(&Value::Object(condition))));
    }
    found
}

fn of_body(headers: &HeaderMap, body: &[u8]) -> Vec<(String, String)> {
    if body.is_empty() {
        return Vec::new();
    }
    if media_type(headers) == "application/x-www-form-urlencoded" {
        return Pairs::of_body(body).iter().map(|(name, value)| (name.to_owned(), of_text(value))).collect();
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => {
            members.iter().map(|(name, value)| (name.clone(), meaning(value))).collect()
        }
        Ok(value) => vec![(String::new(), meaning(&value))],
        Err(_) => vec![(String::new(), noise::salt_bytes(body).to_string())],
    }
}

/// Normalizes text. A form may contain lists and objects as text.
fn of_text(text: &str) -> String {
    match serde_json::from_str(text) {
        Ok(value) => meaning(&value),
        Err(_) => text.to_owned(),
    }
}

/// Returns a text that is equal for values of equal meaning.
fn meaning(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        // `1`, `1.0` and `"1"` are the same number.
        Value::Number(number) => {
            number.as_f64().map_or_else(|| number.to_string(), |value| value.to_string())
        }
        Value::String(text) => match serde_json::from_str(text) {
            Ok(value @ (Value::Number(_) | Value::Bool(_))) => meaning(&value),
            _ => text.clone(),
        },
        Value::Array(items) => format!("{:?}", items.iter().map(meaning).collect::<Vec<_>>()),
        Value::Object(members) => {
            let mut members: Vec<(&String, String)> =
                members.iter().map(|(name, value)| (name, meaning(value))).collect();
            members.sort();
            format!("{members:?}")
        }
    }
}

#[cfg(test)]
mod tests {
    use http::header::CONTENT_TYPE;

    use super::*;
    use crate::http::Area;
    use crate::oauth::TokenStatus;
    use crate::routes::{Incoming, find};

    fn of(method: Method, path: &str, query: &str, kind: &str, body: &str) -> Intent {
        let uri = format!("{path}?{query}");
        let request = http::Request::builder().method(method).uri(uri).header(CONTENT_TYPE, kind);
        let (head, ()) = request.body(()).unwrap().into_parts();
        let incoming = Incoming {
            at: std::time::Duration::ZERO,
            now: 0,
            area: Area::Api,
            found: find(&head.method, head.uri.path()),
            head: &head,
            body: body.as_bytes(),
        };
        intent(&Arrival {
            incoming: &incoming,
            number: 1,
            address: "here",
            connection: None,
            change: false,
            token_status: TokenStatus::Missing,
            foreign: false,
            tenant: None,
            leak: None,
            arrives: true,
        })
    }

    #[test]
    fn spelling_does_not_change_the_intent() {
        let json = "application/json";
        let post = |path: &str, kind: &str, body: &str| of(Method::POST, path, "", kind, body).key;
        let path = "/api/Customers/c/locations/l/optimize";
        let wanted = post(path, json, r#"{"a":1,"b":{"x":true,"y":[1,2]}}"#);
        assert_eq!(
            wanted,
            post("/API/customers/C/locations/l/optimize/", json, r#"{"b":{"y":[1.0,2],"x":true},"a":1}"#)
        );
        assert_eq!(
            wanted,
            post(path, "application/x-www-form-urlencoded", "b=%7B%22x%22:true,%22y%22:[1,2]%7D&a=1")
        );
        assert_eq!(wanted, post(path, json, r#"{ "a": "1", "b": {"x":"true","y":["1","2"]} }"#));
        assert_ne!(wanted, post(path, json, r#"{"a":2,"b":{"x":true,"y":[1,2]}}"#));
        assert_ne!(
            wanted,
            post("/api/Customers/c/locations/k/optimize", json, r#"{"a":1,"b":{"x":true,"y":[1,2]}}"#)
        );

        let get = |query: &str| of(Method::GET, "/api/Customers", query, json, "").key;
        assert_eq!(get(""), get("_=17&nocache=9"));
        let filter = get("filter=%7B%22limit%22:5,%22skip%22:10%7D");
        assert_eq!(filter, get("filter[skip]=10&filter[limit]=5&_=3"));
        assert_ne!(filter, get("filter=%7B%22limit%22:5,%22skip%22:15%7D"));
        let mac = |mac: &str| of(Method::PUT, &format!("/api/Customers/c/devices/{mac}"), "", json, "").key;
        assert_eq!(mac("00%3A00%3A5E%3A00%3A53%3A01"), mac("00005e005301"));
    }

    #[test]
    fn a_page_is_a_part_of_its_list() {
        let page = |query: &str| of(Method::GET, "/api/Customers", query, "", "").page;
        let first = page("filter=%7B%22limit%22:5%7D").unwrap();
        assert_eq!((first.skip, first.limit, first.explicit), (0, 5, false));
        let second = page("filter[limit]=5&filter[offset]=5").unwrap();
        assert_eq!((second.skip, second.explicit, second.list), (5, true, first.list));
        let bare = page("limit=5&skip=5").unwrap();
        assert_eq!((bare.skip, bare.limit), (5, 5));
        assert_ne!(page("filter[limit]=5&filter[where][a]=1").unwrap().list, first.list);
        assert_eq!(page("filter[where][a]=1"), None);
    }
}
