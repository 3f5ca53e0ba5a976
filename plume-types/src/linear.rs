//! The work of every decoder is linear in the length of the body, for any body.
//!
//! Counted are allocated bytes, hashed bytes of paths, and visited values of an application QoE.
//!
//! **Work is counted, not timed.** `plume-types`, `plume-health` and `plume-monitor` each have a `src/linear.rs`,
//! which grows the input of every decoder, rule and analysis, and compares allocated bytes and the iterations of
//! loops over other elements. A loop that allocates nothing is counted only if it calls `step`, so a new nested loop
//! needs one. A new rule does not compile there without being listed, and fails without a home in which it grows.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    decode::Decode,
    every_model::{every_model, names},
    *,
};

/// Returns the cost of an operation: allocated bytes and steps.
fn work(operation: impl FnOnce()) -> u64 {
    testkit::linear::work(operation).iter().sum()
}

/// A value of about the given number of bytes.
type Shape = (&'static str, fn(usize) -> String);

/// Values that could cost more than their length.
const SHAPES: [Shape; 13] = [
    ("a long text", |size| format!("\"{}\"", "x".repeat(size))),
    ("a text of broken escapes", |size| format!("\"{}\"", "\\ud83d\t".repeat(size / 7))),
    ("a number of many digits", |size| "9".repeat(size + 400)),
    ("many nulls", |size| format!("[{}0]", "null,".repeat(size / 5))),
    ("many empty objects", |size| format!("[{}0]", "{},".repeat(size / 3))),
    ("nulls below a long name", |size| {
        format!("{{\"{}\":[{}0]}}", "k".repeat(size / 2), "null,".repeat(size / 10))
    }),
    ("unreadable values below a long name", |size| {
        let fields: Vec<String> = (0..size / 20).map(|field| format!("\"{field}\":[[]]")).collect();
        format!("{{\"{}\":{{{}}}}}", "k".repeat(size / 2), fields.join(","))
    }),
    ("one name many times", |size| format!("{{{}\"id\":1}}", "\"id\":\"A\",".repeat(size / 9))),
    ("many names", |size| {
        let fields: Vec<String> = (0..size / 8).map(|field| format!("\"f{field}\":1")).collect();
        format!("{{{}}}", fields.join(","))
    }),
    ("arrays in arrays", |size| format!("{}{}", "[".repeat(size / 2), "]".repeat(size / 2))),
    ("objects in objects", |size| format!("{}1{}", "{\"qoe\":".repeat(size / 8), "}".repeat(size / 8))),
    ("many chains of objects", |size| {
        let chain = format!("{}1{}", "{\"qoe\":".repeat(12), "}".repeat(12));
        format!("[{}0]", format!("{chain},").repeat((size / 98).max(1)))
    }),
    ("many chains of classes", |size| {
        let chain =
            format!("{}{{\"score\":1}}{}", "{\"trafficClasses\":{\"video\":".repeat(8), "}}".repeat(8));
        format!("[{}0]", format!("{chain},").repeat((size / 240).max(1)))
    }),
];

fn decode_one_way<T: Decode>(body: &str) {
    let _ = decode::body::<T>(body.as_bytes());
}

fn decode_all_ways<T: Decode>(body: &str) {
    let _ = decode::body::<T>(body.as_bytes());
    let _ = decode::list::<T>(body.as_bytes(), &["nodes", "items"]);
    let _ = decode::wrapped::<T>(body.as_bytes(), &["id", "wifiNetwork"]);
}

/// The name of a type, and its decoders: all ways to read it, and one.
type Decoder = (&'static str, fn(&str), fn(&str));

macro_rules! decoders {
    ($($type:ty),+) => {
        [$((stringify!($type), decode_all_ways::<$type> as fn(&str), decode_one_way::<$type> as fn(&str))),+]
    };
}

fn decoders() -> impl Iterator<Item = Decoder> {
    let models = every_model!(decoders);
    let refusal = |body: &str| drop(ErrorBody::parse(body.as_bytes()));
    let classes = |body: &str| {
        if let Ok(qoe) = decode::body::<AppQoe>(body.as_bytes()) {
            drop(qoe.value.traffic_classes());
        }
    };
    let others: [Decoder; 2] =
        [("ErrorBody", refusal, refusal), ("AppQoe::traffic_classes", classes, classes)];
    models.into_iter().chain(others)
}

/// Asserts that four times the length costs at most four times as much, with an allowance for buffers that double.
#[track_caller]
fn assert_linear(what: &str, small: &str, large: &str, operation: impl Fn(&str)) {
    let (before, after) = (work(|| operation(small)), work(|| operation(large)));
    let growth = large.len() as f64 / small.len() as f64;
    let allowed = before as f64 * growth * 2.0 + 65_536.0;
    assert!(
        after as f64 <= allowed,
        "{what}: {} bytes cost {before}, {} cost {after}",
        small.len(),
        large.len()
    );
}

#[test]
fn the_work_of_every_decoder_is_linear() {
    let everywhere = |shape: &str, names: &BTreeSet<String>| {
        let fields: Vec<String> = names.iter().map(|name| format!("\"{name}\":{shape}")).collect();
        format!("{{{}}}", fields.join(","))
    };
    let names = names();
    assert!(names.len() > 200, "{} names", names.len());
    let mut checked = 0;
    for (what, shape) in SHAPES {
        // Alone, and in every field.
        let alone = (shape(1_600), shape(6_400));
        let fields = (everywhere(&shape(40), &names), everywhere(&shape(160), &names));
        for (decoder, all_ways, one_way) in decoders() {
            let what = format!("{decoder}, {what}");
            assert_linear(&what, &alone.0, &alone.1, all_ways);
            assert_linear(&what, &fields.0, &fields.1, one_way);
            checked += 1;
        }
    }
    assert_eq!(checked, 13 * 51);
}

#[test]
fn the_measure_sees_hashing_visits_and_copies() {
    let hashed = work(|| drop(decode::body::<Node>(br#"{"id":"A","unknownFieldOfSomeLength":1}"#)));
    assert!(hashed > 24);
    let classes = AppQoe::from(serde_json::json!([[1], [2]]));
    assert_eq!(testkit::linear::work(|| drop(classes.traffic_classes()))[1], 5);
    assert!(work(|| drop(vec![0_u8; 1_000])) >= 1_000);
}
