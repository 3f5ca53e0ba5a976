//! Random homes: few ids, so that they collide, and fields that are present, missing or invalid.

use plume_types::LocationSnapshot;
use proptest::{prelude::*, sample::select};
use serde_json::{Map, Value, json};

fn one_of(values: &[Value]) -> impl Strategy<Value = Value> + use<> {
    select(values.to_vec())
}

/// An object of these fields, each of which may be missing.
fn object(fields: Vec<(&'static str, BoxedStrategy<Value>)>) -> impl Strategy<Value = Value> {
    let fields: Vec<_> = fields
        .into_iter()
        .map(|(key, value)| prop::option::weighted(0.8, value).prop_map(move |value| (key, value)))
        .collect();
    fields.prop_map(|fields| {
        let fields = fields.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
        Value::Object(fields.collect::<Map<_, _>>())
    })
}

fn with_key(
    key: &'static str,
    ids: Vec<Value>,
    item: impl Strategy<Value = Value>,
) -> impl Strategy<Value = Value> {
    let item = (select(ids), item).prop_map(move |(id, mut item)| {
        item[key] = id;
        item
    });
    prop_oneof![15 => item, 1 => Just(json!(17))]
}

fn ids() -> Vec<Value> {
    ["A", "B", "C", "D", "E"].map(Value::from).to_vec()
}

fn state() -> BoxedStrategy<Value> {
    one_of(&[
        json!("connected"),
        json!("connected"),
        json!("disconnected"),
        json!("unavailable"),
        json!("dozing"),
    ])
    .boxed()
}

fn way() -> BoxedStrategy<Value> {
    let hop = (select(ids()), one_of(&[json!("5G"), json!("2.4G"), Value::Null]))
        .prop_map(|(id, band)| json!({"id": id, "freqBand": band}));
    let hop = prop_oneof![20 => hop, 1 => Just(json!(17))];
    prop::collection::vec(hop, 0..4).prop_map(Value::from).boxed()
}

fn time() -> BoxedStrategy<Value> {
    one_of(&[json!("2026-01-15T09:00:00Z"), json!("2026-01-15T09:30:00Z"), json!("2099-01-01T00:00:00Z")])
        .boxed()
}

fn health() -> BoxedStrategy<Value> {
    object(vec![
        ("status", one_of(&[json!("good"), json!("fair"), json!("poor"), json!("odd")]).boxed()),
        ("score", one_of(&[json!(1.0), json!(4.5), json!(-3), json!(1e300)]).boxed()),
    ])
    .boxed()
}

fn speed_test() -> BoxedStrategy<Value> {
    object(vec![
        ("status", one_of(&[json!("succeeded"), json!("succeeded"), json!("failed")]).boxed()),
        ("download", one_of(&[json!(100), json!(80), json!(20), json!(-1)]).boxed()),
        ("upload", one_of(&[json!(10), json!(4)]).boxed()),
        ("endedAt", time()),
        ("isp", one_of(&[json!("One"), json!("Two")]).boxed()),
    ])
    .boxed()
}

fn node() -> impl Strategy<Value = Value> {
    let fields = object(vec![
        ("nickname", one_of(&[json!("Office"), json!("Attic"), json!(" ")]).boxed()),
        ("connectionState", state()),
        ("connectionStateChangeAt", time()),
        ("leafToRoot", way()),
        ("health", health()),
        ("alerts", one_of(&[json!([]), json!([{"type": "poorHealth"}]), json!([17])]).boxed()),
        ("backhaulType", one_of(&[json!("wifi"), json!("ethernet"), json!("unknown")]).boxed()),
        ("firmwareVersion", one_of(&[json!("1"), json!("2")]).boxed()),
        ("model", one_of(&[json!("M"), json!("N")]).boxed()),
        ("speedTest", speed_test()),
    ]);
    with_key("id", ids(), fields)
}

fn device() -> impl Strategy<Value = Value> {
    let macs = ["02:00:00:00:00:01", "02-00-00-00-00-01", "02:00:00:00:00:02", "02:00:00:00:00:03", "x"];
    let fields = object(vec![
        ("nickname", one_of(&[json!("Phone"), json!("Printer")]).boxed()),
        ("connectionState", state()),
        ("connectionStateChangeAt", time()),
        ("leafToRoot", way()),
        ("freqBand", one_of(&[json!("5G"), json!("2.4G")]).boxed()),
        ("favorite", one_of(&[json!(true)]).boxed()),
    ]);
    with_key("mac", macs.map(Value::from).to_vec(), fields)
}

fn location() -> impl Strategy<Value = Value> {
    let fields = object(vec![
        ("name", one_of(&[json!("Home"), json!("Office")]).boxed()),
        (
            "networkStatus",
            one_of(&[json!({"status": "online"}), json!({"status": "offline"}), json!({"status": "odd"})])
                .boxed(),
        ),
        ("networkMode", one_of(&[json!("router"), json!("bridge")]).boxed()),
        (
            "ssid",
            one_of(&[
                json!("a"),
                json!({"ssid": "b", "wpaMode": "sae"}),
                json!(["a", "b"]),
                json!({"odd": 1}),
            ])
            .boxed(),
        ),
        ("geoIp", one_of(&[json!({"ISP": "One", "city": "Here"}), json!({"ISP": "Two"})]).boxed()),
        ("speedTest", speed_test()),
        ("serviceLevel", one_of(&[json!({"status": "noService"}), json!({"status": "fullService"})]).boxed()),
    ]);
    fields.prop_map(|mut location| {
        location["id"] = json!("l");
        location
    })
}

fn part(value: impl Strategy<Value = Value> + 'static) -> impl Strategy<Value = Value> {
    prop_oneof![
        8 => value.prop_map(|value| json!({"known": value})),
        1 => Just(json!({"notRequested": true})),
        1 => Just(json!({"failed": {"kind": "refused", "message": "no"}})),
    ]
}

fn list(item: impl Strategy<Value = Value> + 'static) -> impl Strategy<Value = Value> {
    prop::collection::vec(item, 0..6).prop_map(Value::from)
}

/// A snapshot as JSON.
pub fn homes() -> impl Strategy<Value = Value> {
    let class = (select(vec!["video", "web"]), select(vec!["good", "poor", "odd"]))
        .prop_map(|(name, quality)| json!({"name": name, "quality": quality}));
    let tiers = ["fullService", "basicService", "odd"];
    let tier = select(tiers.map(|tier| json!({"status": tier})).to_vec());
    (part(location()), part(list(node())), part(list(device())), part(tier), part(list(class))).prop_map(
        |(location, nodes, devices, level, qoe)| {
            json!({
                "customerId": "c", "locationId": "l", "takenAt": "2026-01-15T10:00:00Z",
                "location": location, "nodes": nodes, "devices": devices, "serviceLevel": level, "qoe": qoe,
            })
        },
    )
}

/// Returns the same home with its nodes and devices in another order, and with readable ones doubled.
pub fn twisted(home: &Value) -> Value {
    let mut home = home.clone();
    for part in ["nodes", "devices"] {
        if let Some(list) = home[part].get_mut("known").and_then(Value::as_array_mut) {
            let readable: Vec<Value> = list.iter().filter(|item| item.is_object()).cloned().collect();
            list.reverse();
            list.extend(readable);
        }
    }
    home
}

pub fn read(home: &Value) -> LocationSnapshot {
    serde_json::from_value(home.clone()).unwrap()
}
