//! Random bodies: healthy homes with some of the defects of real responses.

use serde_json::{Value, json};

use crate::homes::bodies::Bodies;

/// A source of choices: random numbers, or the bytes of a fuzzer.
pub trait Choices {
    /// Returns a number below `end`, which is not 0.
    fn below(&mut self, end: usize) -> usize;

    /// Returns true in one of `number` cases.
    fn once_in(&mut self, cases: usize) -> bool {
        self.below(cases) == cases - 1
    }

    /// Returns one of these.
    fn of<T: Clone>(&mut self, values: &[T]) -> T {
        values[self.below(values.len())].clone()
    }
}

/// After the last byte every choice is the first.
impl Choices for &[u8] {
    fn below(&mut self, end: usize) -> usize {
        let Some((byte, rest)) = self.split_first() else { return 0 };
        *self = rest;
        usize::from(*byte) % end
    }
}

/// `SplitMix64`.
#[derive(Debug)]
pub struct Random(pub u64);

impl Choices for Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        // The upper bits, so that the bias of the remainder is negligible.
        usize::try_from(bits >> 16).unwrap_or(usize::MAX) % end
    }
}

/// Marks for text that a tree of values cannot contain; `text_of` inserts it.
pub const HALF: &str = "@half@";
pub const TAB: &str = "@tab@";
pub const HUGE: &str = "@huge@";
pub const DEEP: &str = "@deep@";
/// Before a key: the key again.
pub const AGAIN: &str = "@again@";

const STATES: [&str; 9] = [
    "connected",
    "disconnected",
    "Connected",
    "DISCONNECTED",
    "unavailable",
    "dozing",
    "",
    " connected ",
    HALF,
];
/// Times within the last 24 h in readable forms, and one in the future.
pub const TIMES_OF_LAST_DAY: [&str; 5] = [
    "2026-01-15T09:00:00Z",
    "2026-01-15T09:00:00.123Z",
    "2026-01-15T09:00:00+0000",
    "2026-01-15T10:00:00+01:00",
    "2036-01-15T09:00:00Z",
];
/// Times before that.
pub const TIMES_THAT_ARE_OLD: [&str; 2] = ["2026-01-01T09:00:00Z", "2026-01-01T09:00:00+0000"];
/// Values that are not a time.
const NO_TIMES: [&str; 6] =
    ["0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "20260115", "yesterday", "2026-13-45T99:00:00Z", ""];
const WORDS: [&str; 12] =
    ["good", "excellent", "fair", "poor", "Poor", "POOR ", "healthy", "degraded", "odd", "", "4.5", "1.2"];
const NAMES: [&str; 8] = [
    "Living Room",
    "",
    "\u{200b}",
    "\u{2800}",
    "<b>&\"*_",
    "\u{202e}evil",
    "Z\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
    "Hall\u{1b}[31m",
];

fn time(choices: &mut impl Choices) -> &'static str {
    match choices.below(3) {
        0 => choices.of(&TIMES_OF_LAST_DAY),
        1 => choices.of(&TIMES_THAT_ARE_OLD),
        _ => choices.of(&NO_TIMES),
    }
}

fn junk(choices: &mut impl Choices) -> Value {
    match choices.below(18) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(0),
        3 => json!(2),
        4 => json!(-1.5),
        5 => json!(""),
        6 => json!("x"),
        7 => json!([]),
        8 => json!({}),
        9 => json!([17]),
        10 => json!({"0": {"type": "hot"}}),
        11 => json!(choices.of(&STATES)),
        12 => json!(choices.of(&WORDS)),
        13 => json!(time(choices)),
        14 => json!(TAB),
        15 => json!(HUGE),
        16 => json!(DEEP),
        _ => json!({"value": choices.of(&WORDS), "status": choices.of(&WORDS)}),
    }
}

fn node(choices: &mut impl Choices, number: usize) -> Value {
    let way = if number == 0 { json!([]) } else { json!([{"id": "TST0"}]) };
    let mut node = json!({
        "id": format!("TST{number}"),
        "nickname": choices.of(&NAMES),
        "model": "P301X",
        "connectionState": "connected",
        "leafToRoot": way,
        "health": {"status": "good", "score": 4.5},
        "alerts": [],
    });
    if choices.once_in(8) {
        node["connectionState"] = json!(choices.of(&STATES));
    }
    if choices.once_in(8) {
        let score = [json!(1.5), json!("1.5"), json!(4), json!(9), json!("x"), json!(HUGE)];
        node["health"] = json!({"status": choices.of(&WORDS), "score": choices.of(&score)});
    }
    if choices.once_in(8) {
        let alerts = [
            json!([{"type": "poorHealth"}]),
            json!([{"type": "hot", "state": "snooze"}]),
            json!([{"type": "hot"}, 3]),
            json!({"0": {"type": "hot"}}),
            json!(2),
            json!("x"),
            Value::Null,
        ];
        node["alerts"] = choices.of(&alerts);
    }
    node
}

fn device(choices: &mut impl Choices, number: usize) -> Value {
    let mut device = json!({
        "mac": format!("02:00:00:00:00:0{number}"),
        "nickname": choices.of(&NAMES),
        "connectionState": "connected",
        "connectionStateChangeAt": "2026-01-15T09:00:00Z",
        "leafToRoot": [{"id": "TST0"}],
    });
    if choices.once_in(6) {
        device["connectionState"] = json!(choices.of(&STATES));
        device["connectionStateChangeAt"] = json!(time(choices));
        if choices.once_in(6) {
            device["connectionStateChangeAt"] = junk(choices);
        }
    }
    device
}

fn class(choices: &mut impl Choices) -> Value {
    let mut class = json!({"trafficClass": choices.of(&["video", "gaming", "web_browsing"]), "score": 4.5});
    if choices.once_in(4) {
        let score = [json!(1.2), json!("1.2"), json!(4.8), json!(85), Value::Null];
        class["score"] = choices.of(&score);
    }
    if choices.once_in(4) {
        class["quality"] = json!(choices.of(&WORDS));
    }
    class
}

fn qoe(choices: &mut impl Choices) -> Value {
    let classes: Vec<Value> = (0..choices.below(4)).map(|_| class(choices)).collect();
    let classes = Value::from(classes);
    match choices.below(12) {
        0 => json!({"items": classes}),
        1 => json!({"data": {"trafficClasses": classes}}),
        2 => json!({"locationQoe": {"score": 4.6, "trafficClasses": classes}}),
        3 => json!({"result": {"status": "ok", "classes": classes}}),
        4 => json!({"location": {"health": {"status": "good"}, "classes": classes}}),
        5 => json!({"video": {"score": 4.0}, "gaming": {"quality": choices.of(&WORDS)}}),
        6 => json!({"video": choices.of(&WORDS)}),
        7 => json!({"name": "home", "status": "good", "stats": classes}),
        _ => classes,
    }
}

fn location(choices: &mut impl Choices) -> Value {
    let mut location = json!({
        "id": "l",
        "name": choices.of(&NAMES),
        "networkStatus": {"status": "online"},
        "serviceLevel": {"status": "fullService"},
    });
    if choices.once_in(8) {
        location["networkStatus"]["status"] =
            json!(choices.of(&["online", "offline", "Offline", "ONLINE", "odd", "", HALF]));
    }
    location
}

/// A defect of a list.
fn wrong_list(choices: &mut impl Choices, key: &str, mut list: Value) -> Value {
    match choices.below(40) {
        0 => json!({key: list}),
        1 => json!({key: {key: list}}),
        2 => {
            if let Some(items) = list.as_array_mut() {
                let at = choices.below(items.len() + 1);
                items.insert(at, junk(choices));
            }
            list
        }
        3 => json!([]),
        4 => junk(choices),
        5 => {
            let first = list[0].clone();
            json!({"0": first})
        }
        6 => {
            let again = list[0].clone();
            if let Some(items) = list.as_array_mut() {
                items.push(again);
            }
            list
        }
        7 => json!({"error": {"code": 500}, key: Value::Null}),
        _ => list,
    }
}

/// Changes one random value.
fn mutate(choices: &mut impl Choices, value: &mut Value) {
    let go_in = !choices.once_in(3);
    match value {
        Value::Object(object) if go_in && !object.is_empty() => {
            let at = choices.below(object.len());
            let Some(key) = object.keys().nth(at).cloned() else { return };
            match choices.below(10) {
                0 => {
                    object.remove(&key);
                }
                1 => {
                    let value = junk(choices);
                    object.insert(format!("{AGAIN}{key}"), value);
                }
                2 => {
                    let value = object.remove(&key).unwrap_or_default();
                    object.insert(key.to_ascii_uppercase(), value);
                }
                3 => {
                    let inner = object.remove(&key).unwrap_or_default();
                    let wrapped = if choices.once_in(2) { json!([inner]) } else { json!({"value": inner}) };
                    object.insert(key, wrapped);
                }
                _ => {
                    if let Some(inner) = object.get_mut(&key) {
                        mutate(choices, inner);
                    }
                }
            }
        }
        Value::Array(items) if go_in && !items.is_empty() => {
            let at = choices.below(items.len());
            if let Some(inner) = items.get_mut(at) {
                mutate(choices, inner);
            }
        }
        other => *other = junk(choices),
    }
}

/// A home.
pub fn home(choices: &mut impl Choices) -> Bodies {
    let list = |count: usize, one: &mut dyn FnMut(usize) -> Value| {
        Value::from((0..count).map(one).collect::<Vec<_>>())
    };
    let count = 1 + choices.below(3);
    let mut nodes = list(count, &mut |number| node(choices, number));
    let count = choices.below(4);
    let mut devices = list(count, &mut |number| device(choices, number));
    nodes = wrong_list(choices, "nodes", nodes);
    devices = wrong_list(choices, "devices", devices);
    let mut location = location(choices);
    let tiers = ["fullService", "FULLSERVICE", "basicService", "noService", "odd", ""];
    let mut service_level = json!({"status": "fullService"});
    if choices.once_in(8) {
        service_level["status"] = json!(choices.of(&tiers));
    }
    let mut qoe = qoe(choices);
    // Half of the homes have one defect, few have many.
    for _ in 0..[0, 0, 0, 1, 1, 1, 2, 5][choices.below(8)] {
        let parts = [&mut nodes, &mut devices, &mut location, &mut service_level, &mut qoe];
        let at = choices.below(parts.len() + 2).saturating_sub(2);
        if let Some(part) = parts.into_iter().nth(at) {
            mutate(choices, part);
        }
    }
    let mut body = |value: &Value| (!choices.once_in(40)).then(|| text_of(value));
    Bodies {
        nodes: body(&nodes),
        devices: body(&devices),
        location: body(&location),
        service_level: body(&service_level),
        qoe: body(&qoe),
    }
}

/// Returns the tree as JSON, with the marks still in it.
fn text_of(value: &Value) -> String {
    value.to_string()
}

/// Returns the body as it is sent.
#[must_use]
pub fn sent(text: &str) -> String {
    if !text.contains('@') {
        return text.to_owned();
    }
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    text.replace("\"@half@\"", "\"Hall \\ud83d\"")
        .replace("\"@tab@\"", "\"a\tb\"")
        .replace("\"@huge@\"", "1e999")
        .replace("\"@deep@\"", &deep)
        .replace(AGAIN, "")
}
