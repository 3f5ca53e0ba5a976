//! Rules about a single request.

use serde_json::Value;

use crate::http::{Area, Pairs, arguments};
use crate::oauth::TokenStatus;
use crate::oracle::arrival::Arrival;
use crate::oracle::verdict::{Breach, ViolationKind};

/// Returns whether a value is a placeholder: unfilled, or written by a program for a missing value.
fn is_placeholder(value: &str) -> bool {
    const WORDS: [&str; 8] =
        ["undefined", "null", "none", "nan", "nil", "<nil>", "[object object]", "(null)"];
    let lower = value.trim().to_ascii_lowercase();
    let unfilled = |open: &str, close: &str| lower.starts_with(open) && lower.ends_with(close);
    WORDS.contains(&lower.as_str())
        || unfilled("{", "}")
        || unfilled("<", ">")
        || unfilled("${", "}")
        || lower.strip_prefix(':').is_some_and(|name| name.ends_with("id"))
}

/// Returns whether the parameter with this name holds an id. People can be called Null.
fn is_id(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let ends = ["id", "ids", "mac", "macs", "serialnumber"];
    ends.iter().any(|end| lower.ends_with(end)) && !lower.ends_with("ssid")
}

/// Returns a placeholder in the place of an id, in a body or a filter. `is_id_here`: an outer name says that ids
/// follow, as in `{"customerId": {"inq": […]}}`.
fn placeholder(value: &Value, is_id_here: bool) -> Option<&str> {
    match value {
        Value::String(text) => Some(text.as_str()).filter(|text| is_id_here && is_placeholder(text)),
        Value::Array(items) => items.iter().find_map(|item| placeholder(item, is_id_here)),
        Value::Object(members) => {
            members.iter().find_map(|(name, value)| placeholder(value, is_id_here || is_id(name)))
        }
        _ => None,
    }
}

/// Returns whether the request searches for an id by keyword.
fn seeks_id(template: Option<&str>, field: Option<&str>) -> bool {
    template.is_some_and(|template| template.contains("/locations/{")) || field.is_some_and(is_id)
}

/// Returns a placeholder in the place of an id in path, query, filter or body.
fn unfilled_id(arrival: &Arrival<'_>) -> Option<String> {
    let pairs = Pairs::parse(arrival.head.uri.query().unwrap_or_default());
    let seeks_id = seeks_id(arrival.template(), pairs.get("field"));
    let is_id = |name: &str| is_id(name) || (seeks_id && name == "keyword");
    let in_path = arrival.parameters().iter().map(|(name, value)| (*name, value.as_str()));
    let plain = in_path.chain(pairs.iter()).find(|(name, value)| is_id(name) && is_placeholder(value));
    if let Some((_, value)) = plain {
        return Some(value.to_owned());
    }
    let filters = ["filter", "where"].map(|name| pairs.object(name).ok().flatten());
    let body = arguments(&arrival.head.headers, arrival.body).ok();
    filters
        .into_iter()
        .chain([body])
        .flatten()
        .find_map(|members| placeholder(&Value::Object(members), false).map(str::to_owned))
}

/// Returns the broken rules that do not depend on the client.
pub(crate) fn breaches(arrival: &Arrival<'_>) -> Vec<Breach> {
    let (method, path) = (&arrival.head.method, arrival.head.uri.path());
    let mut found = Vec::new();
    let mut malformed = |what: &str| {
        found.push((ViolationKind::Malformed, format!("{method} request {what}")));
    };
    if path.contains("//") {
        malformed("with an empty path segment");
    }
    if arrival.area != Area::Oauth && arrival.token_status == TokenStatus::Missing {
        malformed("without a bearer token");
    }
    if let Some(value) = unfilled_id(arrival) {
        let message = format!("{method} request with \"{value}\" in place of an id");
        found.push((ViolationKind::PlaceholderId, message));
    }
    if arrival.template().is_none() {
        let path = if arrival.leak.is_some() { "with this path" } else { path };
        found.push((ViolationKind::UnknownRoute, format!("no such route: {method} {path}")));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_values_are_recognized_and_names_are_not() {
        for value in
            ["undefined", "NULL", "None", "NaN", "[object Object]", "{customerId}", ":id", "${id}", "<id>"]
        {
            assert!(is_placeholder(value), "{value}");
        }
        for value in ["", "5ca1ab1e", "nullable", "SIM0000011", "00:00:5e:00:53:01", ":443"] {
            assert!(!is_placeholder(value), "{value}");
        }
        assert!(is_id("serialNumber") && !is_id("nickname"));
        assert!(is_id("locationId") && is_id("id") && is_id("mac") && !is_id("keyword") && !is_id("ssid"));
    }

    #[test]
    fn placeholders_are_found_below_the_name_of_an_id() {
        let of = |text: &str| placeholder(&serde_json::from_str(text).unwrap(), false).map(str::to_owned);
        assert_eq!(
            of(r#"{"where":{"and":[{"customerId":{"inq":["5ca1","undefined"]}}]}}"#).unwrap(),
            "undefined"
        );
        assert_eq!(of(r#"{"serialNumber":"None"}"#).unwrap(), "None");
        assert_eq!(of(r#"{"name":"Null","nickname":"None","partnerId":null,"id":7}"#), None);
    }
}
