//! Properties of every body: no panic, and a value that was read round-trips.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use plume_types::{
    AppQoe, ConnectionState, Customer, Device, ErrorBody, List, Location, LocationSnapshot, MacAddress, Node,
    OnlineStats, SpeedTestSeries, WanStats, WifiNetwork, decode,
};
use proptest::prelude::*;
use serde_json::Value;

/// Field names of the models, so that generated bodies are read deeply.
const NAMES: [&str; 22] = [
    "id",
    "mac",
    "nodes",
    "devices",
    "name",
    "nickname",
    "connectionState",
    "connectionStateChangeAt",
    "leafToRoot",
    "health",
    "status",
    "score",
    "alerts",
    "type",
    "speedTest",
    "download",
    "networkStatus",
    "serviceLevel",
    "fifteenMins",
    "timestamp",
    "value",
    "locationState",
];

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[ -~]{0,12}".prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(Value::from("2026-01-15T10:00:00.000Z")),
        Just(Value::from("connected")),
    ];
    leaf.prop_recursive(5, 64, 6, |inner| {
        let name =
            prop_oneof![9 => prop::sample::select(&NAMES[..]).prop_map(str::to_owned), 1 => any::<String>()];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Decodes a body, and asserts that the value round-trips. Returns whether it was decoded.
fn stable<T>(body: &str) -> bool
where
    T: decode::Decode + serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let Ok(decoded) = decode::body::<T>(body.as_bytes()) else { return false };
    let written = serde_json::to_string(&decoded.value).unwrap();
    if !written.contains("[redacted]") {
        assert_eq!(serde_json::from_str::<T>(&written).unwrap(), decoded.value, "{written}");
    }
    true
}

proptest! {
    #[test]
    fn any_json_is_read_or_an_error(value in json()) {
        let body = value.to_string();
        stable::<Node>(&body);
        stable::<Device>(&body);
        stable::<Location>(&body);
        stable::<Customer>(&body);
        stable::<WifiNetwork>(&body);
        stable::<WanStats>(&body);
        stable::<OnlineStats>(&body);
        stable::<SpeedTestSeries>(&body);
        stable::<AppQoe>(&body);
        stable::<List<Node>>(&body);
        let _ = decode::list::<Node>(body.as_bytes(), &["nodes"]);
        let _ = decode::wrapped::<WifiNetwork>(body.as_bytes(), &["health"]);
        let _ = serde_json::from_str::<LocationSnapshot>(&body);
        let _ = ErrorBody::parse(body.as_bytes());
        let _ = AppQoe::from(value).traffic_classes();
    }

    #[test]
    fn a_record_with_any_fields_is_read_and_round_trips(
        fields in prop::collection::btree_map(prop::sample::select(&NAMES[..]), json(), 0..6),
    ) {
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value));
        let ids = [("id", "TST1"), ("mac", "00:00:5E:00:53:01")];
        let ids = ids.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value)));
        let body = Value::Object(fields.chain(ids).collect()).to_string();
        prop_assert!(stable::<Node>(&body));
        prop_assert!(stable::<Device>(&body));
        prop_assert!(stable::<Location>(&body));
        prop_assert!(stable::<Customer>(&body));
    }

    #[test]
    fn any_bytes_are_read_or_an_error(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode::body::<Location>(&body);
        let _ = decode::list::<Device>(&body, &["devices"]);
        let _ = ErrorBody::parse(&body);
    }

    #[test]
    fn a_cut_body_is_an_error(value in json(), at in any::<prop::sample::Index>()) {
        let body = format!(r#"{{"nodes":[{{"id":"TST1","x":{value}}}]}}"#);
        let cut = at.index(body.len());
        prop_assert!(decode::list::<Node>(&body.as_bytes()[..cut], &["nodes"]).is_err());
    }

    #[test]
    fn every_word_of_an_enum_round_trips(word in any::<String>()) {
        // A blank text is not a word.
        prop_assume!(!word.trim().is_empty());
        let read: ConnectionState = serde_json::from_value(Value::from(word.clone())).unwrap();
        prop_assert_eq!(serde_json::to_value(&read).unwrap(), Value::from(word));
    }

    #[test]
    fn list_elements_are_read_or_counted(elements in prop::collection::vec(json(), 0..12)) {
        let body = Value::from(elements.clone()).to_string();
        if let Ok(list) = decode::list::<Node>(body.as_bytes(), &["nodes"]) {
            prop_assert_eq!(list.value.len() + list.value.unreadable(), elements.len());
        }
        // With one readable element it is a list, and no other element is lost.
        let mut elements = elements;
        elements.push(serde_json::json!({"id": "TST1"}));
        let body = Value::from(elements.clone()).to_string();
        let list = decode::list::<Node>(body.as_bytes(), &["nodes"]).unwrap().value;
        prop_assert!(!list.is_empty());
        prop_assert_eq!(list.len() + list.unreadable(), elements.len());
    }

    #[test]
    fn equal_addresses_have_one_canonical_form(octets in any::<[u8; 6]>()) {
        let join = |separator: &str| octets.map(|octet| format!("{octet:02X}")).join(separator);
        let forms = [join(":"), join("-"), join("").to_lowercase()].map(|form| MacAddress::from(form.as_str()));
        prop_assert_eq!(forms[0].canonical(), forms[1].canonical());
        prop_assert_eq!(forms[0].canonical(), forms[2].canonical());
        prop_assert!(forms[0] == forms[1] && forms[1] == forms[2]);
    }
}
