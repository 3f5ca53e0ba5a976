//! One field of one element in a list is not as it should be: the element and its neighbours stay.

use plume_types::{DriftKind, List, Node};
use serde_json::{Value, json};

use crate::cloud::Cloud;
use testkit::replies::reply;

const NODES: &str = include_str!("../../../plume-types/tests/bodies/nodes.json");
const DEVICES: &str = include_str!("../../../plume-types/tests/bodies/devices.json");

/// A list with the element that is changed in the middle.
struct Sample {
    what: &'static str,
    element: Value,
}

fn samples() -> [Sample; 2] {
    let first = |body: &str, name: &str| {
        let mut body: Value = serde_json::from_str(body).unwrap();
        while let Some(inner) = body.get_mut(name) {
            body = inner.take();
        }
        body[0].take()
    };
    [
        // Both have two fields that name them, so that each field alone can be missed.
        Sample { what: "nodes", element: first(NODES, "nodes") },
        Sample { what: "devices", element: first(DEVICES, "devices") },
    ]
}

/// Writes a decoded value as JSON again.
struct Read {
    elements: Vec<Value>,
    unreadable: usize,
    diagnosed: bool,
}

async fn read(what: &str, body: &Value) -> Read {
    let cloud = Cloud::scripted([reply(200, body.to_string())]);
    let home = cloud.client.customer("c1").location("l1");
    let (elements, unreadable) = match what {
        "nodes" => written(&home.nodes().await.unwrap()),
        _ => written(&home.devices().await.unwrap()),
    };
    cloud.ends_with(1, 1);
    Read { elements, unreadable, diagnosed: !cloud.client.drift().is_empty() }
}

fn written<T: serde::Serialize>(list: &List<T>) -> (Vec<Value>, usize) {
    (list.iter().map(|element| serde_json::to_value(element).unwrap()).collect(), list.unreadable())
}

/// The position of a member in a value, at any depth.
fn paths(value: &Value) -> Vec<String> {
    fn walk(value: &Value, at: &str, found: &mut Vec<String>) {
        let children: Vec<(String, &Value)> = match value {
            Value::Object(object) => object.iter().map(|(key, child)| (key.clone(), child)).collect(),
            Value::Array(items) => {
                items.iter().enumerate().map(|(index, child)| (index.to_string(), child)).collect()
            }
            _ => return,
        };
        for (key, child) in children {
            let path = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
            found.push(path.clone());
            walk(child, &path, found);
        }
    }
    let mut found = Vec::new();
    walk(value, "", &mut found);
    found
}

fn remove(value: &mut Value, path: &str) {
    let (parent, last) = path.rsplit_once('/').unwrap();
    match value.pointer_mut(parent).unwrap() {
        Value::Object(object) => drop(object.remove(&last.replace("~1", "/").replace("~0", "~"))),
        Value::Array(items) => drop(items.remove(last.parse().unwrap())),
        _ => unreachable!("only these have children"),
    }
}

/// Changes every place of the middle element in turn, and reads the list.
async fn change_each(change: impl Fn(&mut Value, &str), check: impl Fn(&str, &Read)) -> usize {
    let mut changes = 0;
    for sample in samples() {
        let whole = json!([sample.element, sample.element, sample.element]);
        let before = read(sample.what, &whole).await;
        assert_eq!((before.elements.len(), before.unreadable), (3, 0));
        for path in paths(&sample.element) {
            let mut body = whole.clone();
            change(&mut body[1], &path);
            let read = read(sample.what, &body).await;
            assert_eq!(
                read.elements.len() + read.unreadable,
                3,
                "{path}: an element is gone without a trace"
            );
            assert_eq!(read.elements.first(), before.elements.first(), "{path}: a neighbour changed");
            assert_eq!(read.elements.last(), before.elements.last(), "{path}: a neighbour changed");
            check(&path, &read);
            changes += 1;
        }
    }
    changes
}

/// One missing piece of knowledge: nothing at this place, everything else as before.
fn assert_only_this_is_gone(path: &str, read: &Read) {
    assert_eq!((read.elements.len(), read.unreadable), (3, 0), "{path}");
    let (whole, changed) = (&read.elements[0], &read.elements[1]);
    for (field, value) in whole.as_object().unwrap() {
        if !path.starts_with(&format!("/{field}")) {
            assert_eq!(changed.get(field), Some(value), "{path}: `{field}` changed");
        }
    }
}

#[tokio::test]
pub(crate) async fn each_field_null_costs_that_field() {
    let changes = change_each(
        |element, path| *element.pointer_mut(path).unwrap() = Value::Null,
        assert_only_this_is_gone,
    )
    .await;
    assert!(changes > 60, "only {changes} places");
}

#[tokio::test]
pub(crate) async fn each_field_missing_costs_that_field() {
    let changes = change_each(remove, assert_only_this_is_gone).await;
    assert!(changes > 60, "only {changes} places");
}

#[tokio::test]
pub(crate) async fn each_field_of_each_wrong_type_is_diagnosed_and_the_list_kept() {
    for wrong in [json!(true), json!(-1.5), json!(1e300), json!("?"), json!([[]]), json!({"?": {"?": 1}})] {
        change_each(
            |element, path| *element.pointer_mut(path).unwrap() = wrong.clone(),
            |path, read| {
                assert_only_this_is_gone(path, read);
                // The model reported the parts that it could not keep.
                let kept = read.elements[1].pointer(path).is_some();
                assert!(kept || read.diagnosed, "{path} = {wrong}: lost without a word");
            },
        )
        .await;
    }
}

async fn node(body: Value) -> (Node, plume_types::Drift) {
    let cloud = Cloud::scripted([reply(200, json!([body]).to_string())]);
    let nodes = cloud.client.customer("c1").location("l1").nodes().await.unwrap();
    cloud.ends_with(1, 1);
    (nodes[0].clone(), cloud.client.drift())
}

#[tokio::test]
pub(crate) async fn a_word_nobody_knows_is_kept_as_it_is() {
    for word in ["dozing", "connecte", " Dozing ", "conn\u{e9}ct\u{e9}", "\u{202e}x"] {
        let (node, drift) = node(json!({"id": "A", "connectionState": word, "backhaulType": word})).await;
        let written = serde_json::to_value(&node).unwrap();
        assert_eq!((&written["connectionState"], &written["backhaulType"]), (&json!(word), &json!(word)));
        assert_ne!(
            node.connection_state,
            plume_types::Field::Known(plume_types::ConnectionState::Connected),
            "{word:?}"
        );
        assert_eq!(drift.count(DriftKind::UnknownValue), 2, "{word:?}");
    }
    // A known word counts in any case, and with blanks around it.
    for word in ["CONNECTED", "Connected", " connected"] {
        let (node, drift) = node(json!({"id": "A", "connectionState": word})).await;
        assert_eq!(node.connection_state, plume_types::ConnectionState::Connected, "{word:?}");
        assert!(drift.is_empty(), "{word:?}");
    }
    let (blank, drift) = node(json!({"id": "A", "connectionState": " "})).await;
    assert_eq!(blank.connection_state, plume_types::Field::Unreadable);
    assert_eq!(drift.count(DriftKind::WrongType), 1);
    // A number in place of a word is no word that we know, and costs nothing else.
    let (node, drift) = node(json!({"id": "A", "connectionState": 17, "nickname": "n"})).await;
    assert_ne!(node.connection_state, plume_types::Field::Known(plume_types::ConnectionState::Connected));
    assert_eq!(node.nickname.as_deref(), Some("n"));
    assert!(!drift.is_empty());
}

#[tokio::test]
pub(crate) async fn fields_nobody_knows_are_ignored_and_counted() {
    let (plain, _) = node(json!({"id": "A", "connectionState": "connected"})).await;
    let (more, drift) = node(json!({
        "id": "A",
        "fanSpeed": 3,
        "connectionState": "connected",
        "deep": {"deeper": [{"deepest": [1, 2, {"x": null}]}]},
        "": "",
        "connectionstate": "disconnected",
    }))
    .await;
    assert_eq!(plain, more);
    assert_eq!(drift.count(DriftKind::UnknownField), 4);
}

#[tokio::test]
pub(crate) async fn a_key_that_stands_twice_is_diagnosed() {
    for (body, state) in [
        // Nested: the last one that can be read counts.
        (r#"[{"id":"A","connectionState":"disconnected","connectionState":"connected"}]"#, Some("connected")),
        (r#"[{"id":"A","connectionState":"connected","connectionState":null}]"#, Some("connected")),
        (r#"[{"id":"A","connectionState":"connected","connectionState":[]}]"#, Some("connected")),
        (r#"[{"id":"B","id":"A","connectionState":"connected"}]"#, Some("connected")),
        // Around the list too.
        (r#"{"nodes":[],"nodes":[{"id":"A","connectionState":"connected"}]}"#, Some("connected")),
        (r#"{"nodes":[{"id":"A","connectionState":"connected"}],"nodes":2}"#, Some("connected")),
    ] {
        let cloud = Cloud::scripted([reply(200, body)]);
        let nodes = cloud.client.customer("c1").location("l1").nodes().await.unwrap();
        assert_eq!((nodes.len(), nodes[0].id.as_str()), (1, "A"), "{body}");
        assert_eq!(nodes[0].connection_state.known().map(ToString::to_string).as_deref(), state, "{body}");
        assert!(!cloud.client.drift().is_empty(), "{body}: no drift was reported");
        cloud.ends_with(1, 1);
    }
}

#[tokio::test]
pub(crate) async fn numbers_have_one_rule_per_field() {
    let score = async |number: &str| {
        let body = format!(r#"[{{"id":"A","nickname":"n","health":{{"score":{number}}}}}]"#);
        let cloud = Cloud::scripted([reply(200, body)]);
        let result = cloud.client.customer("c1").location("l1").nodes().await;
        cloud.ends_with(1, 1);
        result.map(|nodes| {
            assert_eq!(nodes[0].nickname.as_deref(), Some("n"));
            nodes[0].health.as_ref().and_then(|health| health.score).into_known()
        })
    };
    for (number, expected) in [
        ("4.5", Some(4.5)),
        ("5", Some(5.0)),
        ("-0", Some(0.0)),
        ("-0.0", Some(0.0)),
        ("18446744073709551616", Some(18_446_744_073_709_551_616.0)),
        ("\"12\"", Some(12.0)),
        ("\" 4.5 \"", Some(4.5)),
        ("5e-324", Some(5e-324)),
        ("\"NaN\"", None),
        ("\"Infinity\"", None),
        ("\"1e999\"", None),
        ("\"\"", None),
        ("\"four\"", None),
        ("true", None),
    ] {
        assert_eq!(score(number).await.unwrap(), expected, "{number}");
    }
    // What no number of JSON can be, or what no double can hold, is no number here.
    for number in ["1e999", "-1e999", "NaN", "Infinity", "-", "01", "1.", ".5", "+1", "0x10", "1_000"] {
        match score(number).await {
            Ok(value) => assert_eq!(value, None, "{number}"),
            Err(error) => assert_eq!(error.kind(), plume_client::ErrorKind::Unreadable, "{number}"),
        }
    }
}

#[tokio::test]
pub(crate) async fn times_have_one_rule_per_field() {
    let since = async |time: Value| {
        let cloud = Cloud::scripted([reply(
            200,
            json!([{"mac": "02:00:00:00:00:01", "offlineSince": time}]).to_string(),
        )]);
        let devices = cloud.client.customer("c1").location("l1").devices().await.unwrap();
        cloud.ends_with(1, 1);
        assert_eq!((devices.len(), devices.unreadable()), (1, 0));
        (devices[0].offline_since.map(|time| time.timestamp_millis()), !cloud.client.drift().is_empty())
    };
    let expected = 1_726_952_552_777;
    for time in [
        json!("2024-09-21T21:02:32.777Z"),
        json!("2024-09-21T23:02:32.777+02:00"),
        json!("2024-09-21T21:02:32.777"),
        json!(1_726_952_552_777_i64),
        json!("1726952552777"),
        json!(1_726_952_552.777),
    ] {
        assert_eq!(since(time.clone()).await, (Some(expected), false), "{time}");
    }
    for time in ["2024-09-21T21:02:32+0000", "9999-12-31T23:59:59Z", "2016-12-31T23:59:60Z"] {
        assert!(since(json!(time)).await.0.is_some(), "{time}");
    }
    for time in [
        // Written where there is no time.
        json!(0),
        json!("0001-01-01T00:00:00Z"),
        json!("0000-01-01T00:00:00Z"),
        json!("1969-12-31T23:59:59Z"),
        json!("20260115"),
        json!(""),
        json!("yesterday"),
        json!("2024-13-01T00:00:00Z"),
        json!("2024-02-30T00:00:00Z"),
        json!("21/09/2024"),
        json!(1e300),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(true),
        json!([]),
    ] {
        assert_eq!(since(time.clone()).await, (None, true), "{time}: no value, and reported");
    }
    // Values that may or may not be a time: no panic, and the device is kept.
    for time in [json!(1e15), json!(-1), json!(0), json!(1e11), json!(99_999_999_999_i64), json!("-1")] {
        since(time).await;
    }
}
