//! Published bodies have the documented members and types.
//!
//! `documented_shapes.json` holds them as facts. A shape is the name of a JSON type (`time` is a text with a moment),
//! `a|b` for one of two, `@Name` for a named shape, `[shape]` for a list (`["+", shape]` for one that is not empty in
//! a healthy home), or an object whose members are shapes: `?` after a name marks an optional member, and `*` stands
//! for all others. A member without a shape is an error.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends there and then, also in its helpers"
)]

mod common;

use bytes::Bytes;
use http::{Request, StatusCode};
use plume_sim::Home;
use serde_json::{Value, json};

use common::{Client, api, encode, reports};

struct Shapes {
    types: Value,
    /// Whether lists with a `+` may be empty.
    bare: bool,
}

impl Shapes {
    fn check(&self, shape: &Value, value: &Value, place: &str) -> Result<(), String> {
        match shape {
            Value::String(words) => {
                let fits = |word: &str| match word.strip_prefix('@') {
                    Some(name) => self.check(&self.types[name], value, &format!("{place}<{name}>")),
                    None if is(word, value) => Ok(()),
                    None => Err(format!("{place} is not {word}: {value}")),
                };
                words.split('|').map(fits).reduce(|a, b| if a.is_ok() { a } else { b }).unwrap()
            }
            Value::Array(parts) => {
                let Some(rows) = value.as_array() else {
                    return Err(format!("{place} is no list: {value}"));
                };
                if parts.len() > 1 && rows.is_empty() && !self.bare {
                    return Err(format!("{place} is empty"));
                }
                let shape = parts.last().unwrap();
                rows.iter()
                    .enumerate()
                    .try_for_each(|(n, row)| self.check(shape, row, &format!("{place}[{n}]")))
            }
            Value::Object(members) => {
                let Some(given) = value.as_object() else {
                    return Err(format!("{place} is no object: {value}"));
                };
                for (name, shape) in members {
                    match (name.strip_suffix('?'), given.get(name.trim_end_matches('?'))) {
                        (_, Some(value)) => self.check(shape, value, &format!("{place}.{name}"))?,
                        (None, None) if name != "*" => return Err(format!("{place}.{name} is missing")),
                        _ => {}
                    }
                }
                for (name, value) in given {
                    if !members.contains_key(name) && !members.contains_key(&format!("{name}?")) {
                        let rest = members
                            .get("*")
                            .ok_or_else(|| format!("{place}.{name} is documented nowhere"))?;
                        self.check(rest, value, &format!("{place}.{name}"))?;
                    }
                }
                Ok(())
            }
            _ => panic!("no shape: {shape}"),
        }
    }
}

fn is(word: &str, value: &Value) -> bool {
    match word {
        "any" => true,
        "text" => value.is_string(),
        "time" => value
            .as_str()
            .is_some_and(|text| text.len() == 24 && text.as_bytes()[10] == b'T' && text.ends_with('Z')),
        "number" => value.is_number(),
        "bool" => value.is_boolean(),
        "null" => value.is_null(),
        "list" => value.is_array(),
        "object" => value.is_object(),
        _ => panic!("{word} is no type"),
    }
}

fn documented() -> Value {
    serde_json::from_str(include_str!("documented_shapes.json")).unwrap()
}

fn ask(client: &Client, path: &str) -> (StatusCode, Value) {
    let request = Request::get(path)
        .header("authorization", format!("Bearer {}", client.token))
        .header("accept", "application/json");
    common::parsed(&client.simulator.handle(request.body(Bytes::new()).unwrap()))
}

/// Returns all requests about one home with documented responses.
fn paths(client: &Client, home: Home, answers: &Value) -> Vec<(String, Value)> {
    let id = |row: Option<&Value>, key: &str| {
        row.map_or_else(|| "none".to_owned(), |row| encode(row[key].as_str().unwrap()))
    };
    let (nodes, devices) = (client.nodes(home), client.devices(home));
    let fill = |path: &str| {
        let path = match path.split_at(1) {
            ("A", rest) => format!("/api{rest}"),
            ("L", rest) => format!("{}{rest}", api(home)),
            ("R", rest) => format!("{}{rest}", reports(home)),
            ("G", rest) => format!("/reports/gateway{rest}"),
            ("T", rest) => format!("/lteservice/locations/{}{rest}", home.location_id()),
            _ => panic!("{path}"),
        };
        path.replace("{id}", home.customer_id())
            .replace("{locationId}", home.location_id())
            .replace("{partner}", &client.simulator.endpoints().partner_id())
            .replace("{nodeId}", &id(nodes.first(), "id"))
            .replace("{mac}", &id(devices.first(), "mac"))
    };
    answers.as_object().unwrap().iter().map(|(path, shape)| (fill(path), shape.clone())).collect()
}

#[test]
fn bodies_have_the_documented_members_and_types() {
    let client = Client::new(common::builder().customers(5));
    let documented = documented();
    for home in [Home::Healthy, Home::DeviceGone] {
        let shapes = Shapes { types: documented["types"].clone(), bare: false };
        for (path, shape) in paths(&client, home, &documented["answers"]) {
            let (status, body) = ask(&client, &path);
            if home != Home::Healthy && path.starts_with("/lteservice") {
                assert_eq!(status, StatusCode::NOT_FOUND, "a home without a modem");
                continue;
            }
            assert_eq!(status, StatusCode::OK, "{home}: {path}: {body}");
            // With one pod there are no links to other nodes.
            shapes.check(&shape, &body, "").unwrap_or_else(|error| panic!("{home}: {path}: {error}"));
        }
    }
}

#[test]
fn homes_in_trouble_keep_the_documented_types() {
    let client = Client::new(common::builder().customers(5));
    let documented = documented();
    for home in Home::ALL {
        let mut types = documented["types"].clone();
        if home == Home::Empty {
            // Never tested, never connected.
            types["Summary"]["topology"] = json!("list");
        }
        let shapes = Shapes { types, bare: true };
        for (path, mut shape) in paths(&client, home, &documented["answers"]) {
            if home == Home::Empty && path.ends_with("/uplink-status") {
                shape = json!({ "speedTest": "null", "gatewayConnectionState": "text", "connectionStateChangeAt": "null" });
            }
            let (status, body) = ask(&client, &path);
            if status.is_success() {
                shapes.check(&shape, &body, "").unwrap_or_else(|error| panic!("{home}: {path}: {error}"));
            } else {
                let fine = [StatusCode::NOT_FOUND, StatusCode::PRECONDITION_FAILED].contains(&status);
                assert!(fine, "{home}: {path}: {status} {body}");
            }
        }
    }
}

#[test]
fn errors_have_the_documented_envelope() {
    let client = Client::default();
    let shapes = Shapes { types: json!({ "Texts": { "*": ["+", "text"] } }), bare: false };
    let shape = json!({ "error": {
        "statusCode": "number", "name": "text", "message": "text", "code?": "text", "status?": "number",
        "details?": { "context": "text", "codes": "@Texts", "messages": "@Texts" },
    } });
    for (path, status) in [
        ("/api/Customers/unknown/roles".to_owned(), 401),
        (format!("{}/wanStats", reports(Home::Healthy)), 422),
        (format!("{}/lanConnectivityHistory", reports(Home::Healthy)), 400),
        (format!("{}/networkConfiguration/dhcpReservations", api(Home::Empty)), 412),
        (format!("{}/wlans", api(Home::ReducedService)), 501),
        ("/api/gateway/wans/none".to_owned(), 404),
        ("/lteservice/locations/none/supported".to_owned(), 404),
    ] {
        let (given, body) = ask(&client, &path);
        assert_eq!(given.as_u16(), status, "{path}");
        assert_eq!(body["error"]["statusCode"], status, "{path}");
        assert_eq!(body["error"].get("details").is_some(), status == 422, "{path}");
        shapes.check(&shape, &body, "").unwrap_or_else(|error| panic!("{path}: {error}"));
    }
}

#[test]
fn a_wrong_shape_is_reported() {
    let shapes = Shapes { types: json!({ "Count": { "count": "number" } }), bare: false };
    for (shape, value, told) in [
        (json!("@Count"), json!({ "count": "1" }), "<Count>.count is not number: \"1\""),
        (json!("@Count"), json!({}), "<Count>.count is missing"),
        (json!("@Count"), json!({ "count": 1, "x": 2 }), "<Count>.x is documented nowhere"),
        (json!(["+", "text"]), json!([]), " is empty"),
        (json!(["text"]), json!(["a", 1]), "[1] is not text: 1"),
        (json!("time"), json!("2026-01-15"), " is not time: \"2026-01-15\""),
        (json!("text|null"), json!(1), " is not null: 1"),
    ] {
        assert_eq!(shapes.check(&shape, &value, "").unwrap_err(), told);
    }
    assert!(
        shapes.check(&json!({ "a?": "text|null", "*": "any" }), &json!({ "a": null, "b": 1 }), "").is_ok()
    );
}
