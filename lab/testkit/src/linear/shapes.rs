//! Growing homes and series.

use chrono::{DateTime, TimeDelta, Utc};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub fn now() -> DateTime<Utc> {
    "2026-01-15T10:00:00Z".parse().unwrap()
}

pub fn each(size: usize, one: impl FnMut(usize) -> Value) -> Value {
    (0..size).map(one).collect()
}

pub fn node(number: usize, state: &str, way: Value) -> Value {
    json!({
        "id": format!("TST{number:07}"), "nickname": format!("Pod {number}"), "connectionState": state,
        "leafToRoot": way, "model": format!("M{number}"), "firmwareVersion": format!("1.{number}"),
    })
}

pub fn hop(number: usize) -> Value {
    json!({"id": format!("TST{number:07}")})
}

pub fn device(number: usize, state: &str, way: Value) -> Value {
    let mac = format!("02:00:00:{:02x}:{:02x}:{:02x}", number >> 16 & 255, number >> 8 & 255, number & 255);
    json!({"mac": mac, "nickname": format!("Device {number}"), "connectionState": state, "leafToRoot": way})
}

pub fn home(part: &str, value: Value) -> Value {
    let mut home = json!({
        "customerId": "c", "locationId": "l", "takenAt": "2026-01-15T10:00:00Z",
        "location": {"known": {"id": "l", "name": "Home", "networkStatus": {"status": "online"}}},
        "nodes": {"known": [node(9_999_999, "connected", json!([]))]},
        "serviceLevel": {"known": {"status": "fullService"}},
    });
    home[part] = json!({"known": value});
    home
}

/// A home without devices.
pub fn bare<T: DeserializeOwned>() -> T {
    read(home("devices", json!([])))
}

pub fn nodes(size: usize, one: impl FnMut(usize) -> Value) -> Value {
    home("nodes", each(size, one))
}

/// With one gateway above all of them.
pub fn pods(size: usize, mut one: impl FnMut(usize) -> Value) -> Value {
    nodes(size, |number| if number == 0 { node(0, "connected", json!([])) } else { one(number) })
}

pub fn with(mut object: Value, key: &str, value: Value) -> Value {
    object[key] = value;
    object
}

pub type Shape = (&'static str, fn(usize) -> Value);

/// Homes that grow in one dimension each.
pub const HOMES: [Shape; 27] = [
    ("connected nodes", |size| pods(size, |number| node(number, "connected", json!([hop(0)])))),
    ("one node many times", |size| nodes(size, |_| node(1, "disconnected", json!([hop(2)])))),
    ("every node is disconnected", |size| nodes(size, |number| node(number, "disconnected", json!([])))),
    ("disconnected nodes side by side", |size| {
        pods(size, |number| node(number, "disconnected", json!([hop(0)])))
    }),
    ("disconnected nodes in a chain", |size| {
        pods(size, |number| node(number, "disconnected", json!([hop(number - 1)])))
    }),
    ("the same the other way round", |size| {
        nodes(size, |number| match number + 1 {
            last if last == size => node(number, "connected", json!([])),
            next => node(number, "disconnected", json!([hop(next)])),
        })
    }),
    ("nodes in one circle", |size| {
        nodes(size, |number| node(number, "disconnected", json!([hop((number + 1) % size)])))
    }),
    ("a chain into a circle", |size| {
        nodes(size, |number| node(number, "disconnected", json!([hop((number + 1).min(size - 1))])))
    }),
    ("many circles", |size| nodes(size, |number| node(number, "disconnected", json!([hop(number ^ 1)])))),
    ("one long way", |size| pods(2, |number| node(number, "disconnected", each(size, hop)))),
    ("silent nodes on a long way", |size| {
        nodes(size, |number| match number {
            0 => node(0, "connected", each(size, |at| hop(size - at))),
            _ => node(number, "disconnected", json!([])),
        })
    }),
    ("nodes of an unknown state", |size| pods(size, |number| node(number, "dozing", json!([hop(0)])))),
    ("unreadable nodes", |size| {
        nodes(size, |number| if number == 0 { node(0, "connected", json!([])) } else { json!(1) })
    }),
    ("sick nodes", |size| {
        pods(size, |number| with(node(number, "connected", json!([hop(0)])), "health", json!({"score": 1.2})))
    }),
    ("alerts of one node", |size| {
        pods(2, |number| {
            let alerts = each(size, |kind| json!({"type": format!("kind{kind}")}));
            with(node(number, "connected", json!([hop(0)])), "alerts", alerts)
        })
    }),
    ("alerts of many nodes", |size| {
        pods(size, |number| {
            let alerts = json!([{"type": "poorHealth"}, {"type": format!("kind{number}")}]);
            with(node(number, "connected", json!([hop(0)])), "alerts", alerts)
        })
    }),
    ("a long name", |size| {
        let name = "Z\u{301}<&*".repeat(size);
        pods(2, |number| with(node(number, "disconnected", json!([hop(0)])), "nickname", json!(name)))
    }),
    ("long ids", |size| {
        let id = "x".repeat(size);
        nodes(3, |number| with(node(number, "disconnected", json!([])), "id", json!(format!("{id}{number}"))))
    }),
    ("devices that are away", |size| {
        home("devices", each(size, |number| device(number, "disconnected", json!([]))))
    }),
    ("one device many times", |size| home("devices", each(size, |_| device(1, "disconnected", json!([]))))),
    ("devices of an unknown state", |size| {
        home("devices", each(size, |number| device(number, "odd", json!([]))))
    }),
    ("devices behind disconnected nodes", |size| {
        let mut home = pods(size, |number| node(number, "disconnected", json!([hop(0)])));
        let devices = each(size, |number| device(number, "disconnected", json!([hop(number), hop(0)])));
        home["devices"] = json!({"known": devices});
        home
    }),
    ("devices of an offline home", |size| {
        let mut home = nodes(2, |number| node(number, "disconnected", json!([])));
        home["devices"] =
            json!({"known": each(size, |number| device(number, "disconnected", json!([hop(1)])))});
        home
    }),
    ("poor classes", |size| {
        home("qoe", each(size, |number| json!({"trafficClass": format!("c{number}"), "quality": "poor"})))
    }),
    ("one class many times", |size| {
        home("qoe", each(size, |_| json!({"trafficClass": "c", "quality": "odd"})))
    }),
    ("classes in classes", |size| {
        home(
            "qoe",
            each(size / 10, |number| {
                let class = json!({"trafficClass": format!("c{number}"), "score": 1});
                (0..10).fold(class, |inner, _| json!({"stats": {"items": [inner]}}))
            }),
        )
    }),
    ("a long name of a service", |size| home("serviceLevel", json!({"status": "x".repeat(size)}))),
];

pub fn read<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

/// Returns the time of a sample in seconds by its number.
pub type Time = fn(i64) -> i64;

/// Times of a series.
pub const TIMES: [(&str, Time); 4] = [
    ("even steps", |at| at * 900),
    ("uneven steps", |at| at * 900 + at * at % 811),
    ("growing steps", |at| at * at),
    ("one time", |_| 0),
];

pub fn at(seconds: i64) -> DateTime<Utc> {
    now() - TimeDelta::days(400) + TimeDelta::seconds(seconds)
}

pub fn samples(size: usize, time: Time, value: impl Fn(i64) -> Value) -> Value {
    (0..size as i64).map(|number| json!({"timestamp": at(time(number)), "value": value(number)})).collect()
}

pub fn number(number: i64) -> Value {
    if number % 7 == 0 { Value::Null } else { json!(number % 100) }
}

/// The online report of a location.
pub fn online<T: DeserializeOwned>(size: usize, time: Time) -> T {
    let words = ["online", "offline", "n/a", "odd"];
    read(json!({"locationState": samples(size, time, |number| json!(words[number as usize % 4]))}))
}
