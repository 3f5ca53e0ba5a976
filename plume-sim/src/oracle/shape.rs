//! What a single request looks like.

use super::{Arrival, chains::Breach, verdict::ViolationKind};
use crate::{faults::Area, oauth::Sight, query::Pairs};

/// What programs write where a value is missing, or a placeholder that nobody filled in.
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

/// Whether the parameter of this name holds an id. People can be called Null.
fn is_id(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    ["id", "ids", "mac", "macs"].iter().any(|end| lower.ends_with(end)) && !lower.ends_with("ssid")
}

/// What is wrong with the request, whoever sends it.
pub(super) fn breaches(arrival: &Arrival<'_>) -> Vec<Breach> {
    let Arrival { method, path, .. } = *arrival;
    let mut found = Vec::new();
    let mut malformed = |what: &str| {
        found.push((ViolationKind::Malformed, format!("{method} request {what}")));
    };
    if path.contains("//") {
        malformed("with an empty path segment");
    }
    if arrival.area != Area::Oauth && arrival.sight == Sight::Nothing {
        malformed("without a bearer token");
    }
    let in_path = arrival.parameters.iter().filter(|(name, _)| is_id(name)).map(|(_, value)| value.clone());
    let pairs = Pairs::parse(arrival.query.unwrap_or_default());
    let in_query = pairs.iter().filter(|(name, _)| is_id(name)).map(|(_, value)| value.to_owned());
    if let Some(value) = in_path.chain(in_query).find(|value| is_placeholder(value)) {
        let message = format!("{method} request with \"{value}\" in the place of an id");
        found.push((ViolationKind::PlaceholderId, message));
    }
    if arrival.template.is_none() {
        let path = if arrival.leak.is_some() { "with this path" } else { path };
        found.push((ViolationKind::UnknownRoute, format!("there is no route {method} {path}")));
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
        assert!(is_id("locationId") && is_id("id") && is_id("mac") && !is_id("keyword") && !is_id("ssid"));
    }
}
