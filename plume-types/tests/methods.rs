//! Methods and texts of the models.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use plume_types::decode::{self, DecodeErrorKind};
use plume_types::{
    ByName, Customer, CustomerId, Device, Drift, DriftKind, DriftPlace, Field, GroupId, InvalidPartnerId,
    List, Location, MacAddress, Node, NodeId, OneOrMany, Part, PartFailure, PartFailureKind, PartnerId,
    PartnerNode, QoeRating, TextOrFlag,
};
use serde_json::json;

fn node(value: serde_json::Value) -> Node {
    serde_json::from_value(value).unwrap()
}

#[test]
fn a_node_is_shown_by_the_first_name_that_is_not_blank() {
    let id = "TST0000001";
    for (fields, expected) in [
        (json!({"id": id}), id),
        (json!({"id": id, "nickname": " ", "defaultName": ""}), id),
        (json!({"id": id, "nickname": "\t", "defaultName": "Pod"}), "Pod"),
        (json!({"id": id, "nickname": "Living Room", "defaultName": "Pod"}), "Living Room"),
    ] {
        assert_eq!(node(fields.clone()).display_name(), expected, "{fields}");
    }
}

#[test]
fn a_device_is_shown_by_the_first_name_that_is_not_blank() {
    let mac = "00:00:5e:00:53:01";
    let device = |fields: serde_json::Value| -> Device { serde_json::from_value(fields).unwrap() };
    assert_eq!(device(json!({"mac": mac})).display_name(), mac);
    assert_eq!(device(json!({"mac": mac, "nickname": " ", "name": "laptop"})).display_name(), "laptop");
    assert_eq!(device(json!({"mac": mac, "nickname": "Work", "name": "laptop"})).display_name(), "Work");
}

#[test]
fn a_customer_is_shown_by_name_or_id() {
    let customer = |fields: serde_json::Value| -> Customer { serde_json::from_value(fields).unwrap() };
    let id = "0123456789abcdef01234567";
    assert_eq!(customer(json!({"id": id})).display_name(), id);
    assert_eq!(customer(json!({"id": id, "name": "Example Person"})).display_name(), "Example Person");
    let parts = json!({"id": id, "name": " ", "firstName": "Example", "lastName": "Person", "email": "a@example.com"});
    assert_eq!(customer(parts).display_name(), "Example Person");
    assert_eq!(customer(json!({"id": id, "email": "a@example.com"})).display_name(), "a@example.com");
}

#[test]
fn the_gateway_is_the_connected_node_without_a_node_above_it() {
    let place = |state: &str, way: serde_json::Value| {
        node(json!({"id": "TST0000001", "connectionState": state, "leafToRoot": way})).is_gateway()
    };
    assert_eq!(place("connected", json!([])), Some(true));
    assert_eq!(place("disconnected", json!([])), None);
    assert_eq!(place("connected", json!([{"id": "TST0000002"}])), Some(false));
    assert_eq!(place("connected", json!("unreadable")), None);
}

#[test]
fn unknown_state_is_neither_connected_nor_disconnected() {
    for (state, connected, disconnected) in [
        (json!("connected"), true, false),
        (json!("Disconnected"), false, true),
        (json!("unavailable"), false, false),
        (json!("dozing"), false, false),
        (json!(["connected"]), false, false),
        (json!(null), false, false),
    ] {
        let fields = json!({"id": "TST0000001", "mac": "00:00:5e:00:53:01", "connectionState": state});
        let node = node(fields.clone());
        assert_eq!((node.is_connected(), node.is_disconnected()), (connected, disconnected), "{state}");
        let device: Device = serde_json::from_value(fields.clone()).unwrap();
        assert_eq!((device.is_connected(), device.is_disconnected()), (connected, disconnected), "{state}");
        let node: PartnerNode = serde_json::from_value(fields).unwrap();
        assert_eq!((node.is_connected(), node.is_disconnected()), (connected, disconnected), "{state}");
    }
}

#[test]
fn unknown_status_is_neither_online_nor_offline() {
    for (status, online, offline) in [
        (json!({"status": "online"}), true, false),
        (json!({"status": "OFFLINE"}), false, true),
        (json!({"status": "dozing"}), false, false),
        (json!({"status": ["online"]}), false, false),
        (json!({}), false, false),
        (json!("online"), false, false),
        (json!(null), false, false),
    ] {
        let home: Location = serde_json::from_value(json!({"id": "5f02", "networkStatus": status})).unwrap();
        assert_eq!((home.is_online(), home.is_offline()), (online, offline), "{status}");
    }
}

#[test]
fn a_location_is_shown_by_name_or_id() {
    let home = |name: serde_json::Value| -> Location {
        serde_json::from_value(json!({"id": "5f02", "name": name})).unwrap()
    };
    assert_eq!(home(json!("Cabin")).display_name(), "Cabin");
    assert_eq!(home(json!(" ")).display_name(), "5f02");
    assert_eq!(home(json!(null)).display_name(), "5f02");
}

#[test]
fn open_enums_are_shown_by_their_words() {
    assert_eq!(QoeRating::from("EXCELLENT").to_string(), "good");
    assert_eq!(QoeRating::from("wobbly").to_string(), "wobbly");
    assert_eq!(TextOrFlag::from("on").to_string(), "on");
    assert_eq!(TextOrFlag::from(true).to_string(), "true");
}

#[test]
fn a_value_of_any_kind_is_a_list_of_one() {
    let one = |text: &str| serde_json::from_str::<OneOrMany<i64>>(text).ok().map(|all| all.to_vec());
    assert_eq!(one("-5"), Some(vec![-5]));
    assert_eq!(one("5"), Some(vec![5]));
    assert_eq!(one("5.0"), Some(vec![5]));
    assert_eq!(one("\"5\""), Some(vec![5]));
    assert_eq!(one("[5, 6]"), Some(vec![5, 6]));
    assert_eq!(one("[]"), Some(vec![]));
    assert_eq!(one("null"), None);
    assert_eq!(one("{}"), None);
    assert_eq!(serde_json::from_str::<OneOrMany<bool>>("true").unwrap().first(), Some(&true));
    assert_eq!(serde_json::from_str::<OneOrMany<bool>>("[]").unwrap().first(), None);
}

#[test]
fn a_list_shows_its_unreadable_elements_only_when_it_has_some() {
    let shown = |text: &str| format!("{:?}", serde_json::from_str::<List<i64>>(text).unwrap());
    assert_eq!(shown("[1, 2]"), "[1, 2]");
    assert_eq!(shown("[1, {}, 2]"), "[1, 2] (+1 unreadable)");
}

#[test]
fn a_list_is_known_to_be_empty_only_without_unreadable_elements() {
    let list = |text: &str| serde_json::from_str::<List<i64>>(text).unwrap();
    assert!(list("[]").is_known_empty());
    assert!(!list("[1]").is_known_empty());
    assert!(!list("[{}]").is_known_empty());
    assert_eq!(list("[{}, 1]").into_vec(), [1]);
}

#[test]
fn a_list_is_a_collection() {
    let mut list: List<i64> = [1, 2].into_iter().collect();
    list.extend([3]);
    list[0] = 5;
    for value in &mut list {
        *value *= 10;
    }
    assert_eq!(list, List::from([50, 20, 30]));
    assert_eq!((list.as_ref(), list.contains(&20)), (&[50, 20, 30][..], true));
    assert_eq!((&list).into_iter().sum::<i64>(), 100);
    assert_eq!(list.clone().into_iter().collect::<Vec<_>>(), list.into_vec());
    // Lists with different numbers of unreadable elements differ.
    let lost = serde_json::from_str::<List<i64>>("[1, {}]").unwrap();
    assert_eq!(lost, List::from([1]).with_unreadable(1));
    assert_ne!(lost, List::from([1]));
}

#[test]
fn one_or_many_is_a_collection() {
    let mut all = OneOrMany::from(1);
    all.extend([2]);
    all[0] = 5;
    for value in &mut all {
        *value *= 10;
    }
    assert_eq!(all, [50, 20].into_iter().collect());
    assert_eq!((&all).into_iter().sum::<i64>(), 70);
    assert_eq!(all.into_iter().collect::<Vec<_>>(), [50, 20]);
    assert_eq!(OneOrMany::<i64>::default().len(), 0);
    assert_eq!(serde_json::from_str::<OneOrMany<i64>>("[{}, 1]").unwrap().unreadable(), 1);
}

#[test]
fn named_entry_is_either_known_or_unreadable() {
    let mut all = ByName::from_iter([("a", 1), ("b", 2)]).with_unreadable(["b", "c"]);
    assert_eq!((all.len(), all.field("b"), all.field("c")), (1, Field::Unreadable, Field::Unreadable));
    assert_eq!(serde_json::from_str::<ByName<i64>>(&serde_json::to_string(&all).unwrap()).unwrap(), all);
    all.extend([("c", 3)]);
    for (_, value) in &mut all {
        *value *= 10;
    }
    if let Some(value) = all.get_mut("a") {
        *value += 1;
    }
    assert_eq!((&all).into_iter().collect::<Vec<_>>(), [("a", &11), ("c", &30)]);
    assert_eq!(all.unreadable().collect::<Vec<_>>(), ["b"]);
    assert_eq!(all.into_iter().collect::<Vec<_>>(), [("a".to_owned(), 11), ("c".to_owned(), 30)]);
}

#[test]
fn values_by_name_keep_unreadable_names() {
    let all: ByName<i64> = serde_json::from_str(r#"{"a": 1, "b": {}}"#).unwrap();
    assert_eq!(all.get("a"), Some(&1));
    assert_eq!(all.get("b"), None);
    assert_eq!(all.unreadable().collect::<Vec<_>>(), ["b"]);
    assert_eq!(all.field("a"), Field::Known(&1));
    assert_eq!(all.field("b"), Field::Unreadable);
    assert_eq!(all.field("c"), Field::Absent);
    assert_eq!(all.iter().collect::<Vec<_>>(), [("a", &1)]);
}

#[test]
fn text_that_is_a_flag_counts_as_one() {
    let text = |word: &str| TextOrFlag::Text(word.to_owned());
    assert_eq!((text("on").text(), text("on").flag()), (Some("on"), None));
    assert_eq!((text("true").flag(), text("false").flag()), (Some(true), Some(false)));
    assert_eq!((TextOrFlag::Flag(true).text(), TextOrFlag::Flag(true).flag()), (None, Some(true)));
}

#[test]
fn a_field_keeps_its_case_through_its_methods() {
    assert_eq!(Field::Known(2).map(|value| value + 1), Field::Known(3));
    assert_eq!(Field::<i32>::Unreadable.map(|value| value + 1), Field::Unreadable);
    assert_eq!(Field::<i32>::Absent.map(|value| value + 1), Field::Absent);
    assert_eq!(Field::Known(2).and_then(|_| Field::<i32>::Unreadable), Field::Unreadable);
    assert_eq!(Field::<i32>::Absent.and_then(Field::Known), Field::Absent);
    assert_eq!(Field::Known(2).into_known(), Some(2));
    assert!(Field::<i32>::Absent.is_absent() && !Field::<i32>::Unreadable.is_absent());
    assert!(Field::<i32>::Unreadable.is_unreadable() && !Field::Known(2).is_unreadable());
    let readable: Field<List<i64>> = Field::Known(vec![1].into());
    assert_eq!(readable.elements(), (&[1_i64][..], 0));
    assert_eq!(Field::<List<i64>>::Absent.elements(), (&[][..], 0));
}

#[test]
fn a_part_is_known_or_failed() {
    let failure = PartFailure::new(PartFailureKind::Refused, "refused: status 403");
    assert_eq!(failure.to_string(), "refused: status 403");
    let part: Part<i64> = Part::Failed(failure.clone());
    assert_eq!((part.known(), part.failure()), (None, Some(&failure)));
    assert_eq!((Part::Known(1).known(), Part::Known(1).failure()), (Some(&1), None));
    assert_eq!(Part::from(1).map(|value| value + 1).into_known(), Some(2));
    assert_eq!(part.clone().map(|value| value + 1), part);
    assert_eq!(Part::<i64>::default().map(|value| value + 1), Part::NotRequested);
}

#[test]
fn a_claimed_node_has_a_location() {
    let node =
        |fields: serde_json::Value| serde_json::from_value::<PartnerNode>(fields).unwrap().is_claimed();
    assert!(!node(json!({"id": "TST0000001"})));
    assert!(node(json!({"id": "TST0000001", "locationId": "5f0000000000000000000002"})));
}

#[test]
fn an_id_converts_from_and_into_text() {
    let text = "TST0000001".to_owned();
    let id = NodeId::from(&text);
    for same in [NodeId::from("TST0000001"), NodeId::from(text.clone()), text.parse().unwrap(), (&id).into()]
    {
        assert_eq!(same, id);
    }
    assert_eq!(String::from(id), text);
}

#[test]
fn an_id_equals_and_hashes_like_its_text() {
    let id = CustomerId::from("5f01");
    let text = "5f01".to_owned();
    assert_eq!(id, "5f01");
    assert_eq!("5f01", id);
    assert_eq!(id, *text);
    assert_eq!(text, id);
    assert_ne!(id, "5F01");
    let by_tree: std::collections::BTreeMap<CustomerId, i32> = [(id.clone(), 1)].into();
    let by_hash: std::collections::HashMap<CustomerId, i32> = [(id, 1)].into();
    assert_eq!((by_tree.get("5f01"), by_hash.get("5f01"), by_hash.get("5F01")), (Some(&1), Some(&1), None));
}

#[test]
fn an_address_is_equal_to_its_text_in_any_form() {
    let mac = MacAddress::from("00:00:5E:00:53:01");
    assert_eq!(mac, "00:00:5e:00:53:01");
    assert_eq!("00005e005301", mac);
    assert_ne!(mac, "00:00:5e:00:53:02");
}

#[test]
fn a_partner_works_as_a_group() {
    let partner = PartnerId::slug("example-isp").unwrap();
    assert_eq!(GroupId::from(&partner), "example-isp");
    assert_eq!(GroupId::from(partner), "example-isp");
    assert_eq!("short".parse::<PartnerId>(), Err(InvalidPartnerId::TooShort { length: 5 }));
}

#[test]
fn each_error_of_a_partner_id_names_the_cause() {
    assert_eq!(PartnerId::parse(""), Err(InvalidPartnerId::Empty));
    for (error, expected) in [
        (InvalidPartnerId::Empty, "the partner id is empty"),
        (
            InvalidPartnerId::TooShort { length: 3 },
            "the partner id is too short: 3 characters, at least 20 expected",
        ),
        (InvalidPartnerId::TooLong { length: 99 }, "the partner id is too long: 99 characters, at most"),
        (
            InvalidPartnerId::Character,
            "the partner id has a character other than letters, digits, `-`, `_` and `.`",
        ),
    ] {
        assert!(error.to_string().starts_with(expected), "{error}");
        assert!(error.help().starts_with("copy the "), "{error:?}");
    }
}

#[test]
fn each_kind_of_drift_has_a_name() {
    for (kind, expected) in [
        (DriftKind::UnknownField, "unknown field"),
        (DriftKind::UnknownValue, "unknown value"),
        (DriftKind::WrongType, "wrong type"),
        (DriftKind::Placeholder, "placeholder"),
        (DriftKind::Malformed, "malformed value"),
        (DriftKind::DuplicateField, "duplicate field"),
        (DriftKind::Unreadable, "unreadable element"),
    ] {
        assert_eq!(kind.to_string(), expected);
    }
}

#[test]
fn drift_adds_up() {
    let drift = |body: &str| decode::body::<Node>(body.as_bytes()).unwrap().drift;
    let (mut one, other) =
        (drift(r#"{"id":"TST1","new":1}"#), drift(r#"{"id":"TST1","new":1,"nickname":{}}"#));
    assert!(Drift::default().is_empty() && !one.is_empty());
    one.merge(other);
    assert_eq!((one.count(DriftKind::UnknownField), one.count(DriftKind::WrongType)), (2, 1));
    assert_eq!((one.len(), one.overflow()), (2, 0));
}

#[test]
fn drift_is_built_of_places_as_the_decoder_notes_them() {
    let body = br#"{"id":"TST1","fan":{},"alerts":[{"noise":1},{"noise":2}],"vendor":{"x":1}}"#;
    let mut seen = decode::body::<Node>(body).unwrap().drift;
    let mut noise = DriftPlace::new(DriftKind::UnknownField, "alerts[].noise");
    noise.count = 2;
    let place = |path| DriftPlace::new(DriftKind::UnknownField, path);
    let built: Drift = [place("fan"), noise.clone(), place("vendor.x")].into_iter().collect();
    assert!(seen.iter().any(|place| *place == noise), "{seen:?}");
    seen.merge(built.clone());
    // The drift also has the places of the alerts and the vendor, which have no known field.
    for place in &built {
        let both = seen.iter().find(|other| other.path == place.path && other.kind == place.kind).unwrap();
        assert_eq!(both.count, 2 * place.count, "{}", place.path);
    }
    let mut again: Drift = built.clone().into_iter().collect();
    assert_eq!(again, built);
    again.extend([place("fan")]);
    assert_eq!((again.len(), again.count(DriftKind::UnknownField)), (3, 5));
}

#[test]
fn an_address_is_shown_as_received_and_compared_by_its_digits() {
    let address = MacAddress::from("00-00-5E-00-53-01");
    assert_eq!(address.to_string(), "00-00-5E-00-53-01");
    assert_eq!(format!("{address:?}"), "MacAddress(\"00-00-5E-00-53-01\")");
    assert_eq!(address, MacAddress::from("00:00:5e:00:53:01"));
    assert_eq!(address.canonical(), "00:00:5e:00:53:01");
}

#[test]
fn a_decode_error_has_a_kind_and_a_place() {
    let kind = |body: &str| decode::list::<Node>(body.as_bytes(), &["nodes"]).unwrap_err().kind();
    assert_eq!(kind("<html>"), DecodeErrorKind::NotJson);
    assert_eq!(kind(""), DecodeErrorKind::Empty);
    assert_eq!(kind("["), DecodeErrorKind::CutOff);
    assert_eq!(kind("[{"), DecodeErrorKind::CutOff);
    assert_eq!(kind("[}"), DecodeErrorKind::Malformed);
    assert_eq!(kind("{}"), DecodeErrorKind::UnexpectedShape);
    let text = |body: &str| decode::list::<Node>(body.as_bytes(), &["nodes"]).unwrap_err().to_string();
    assert_eq!(kind("access denied"), DecodeErrorKind::NotJson);
    assert_eq!(text("access denied"), "the body is not JSON");
    assert!(text(r#"[{"id":"TST1","health":{"score":!}}]"#).ends_with("(at [0].health.score)"));
}

#[test]
fn a_wrapped_value_is_read_bare_only_if_the_wrapper_is_missing() {
    let read = |body: &str| decode::wrapped::<Node>(body.as_bytes(), &["node"]).map(|found| found.value.id);
    assert_eq!(read(r#"{"node":{"id":"TST1"}}"#).unwrap().as_str(), "TST1");
    assert_eq!(read(r#"{"id":"TST1"}"#).unwrap().as_str(), "TST1");
    assert_eq!(read("{").unwrap_err().kind(), DecodeErrorKind::CutOff);
    assert_eq!(read("<html>").unwrap_err().kind(), DecodeErrorKind::NotJson);
    assert_eq!(read("[]").unwrap_err().kind(), DecodeErrorKind::UnexpectedShape);
}
