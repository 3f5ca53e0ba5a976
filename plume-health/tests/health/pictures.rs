//! The pictures of series: well-formed for any input, and true about gaps.

use plume_health::picture;
use proptest::prelude::*;
use serde_json::{Value, json};

/// The elements of a picture.
const ELEMENTS: [&str; 10] =
    ["svg", "title", "desc", "style", "defs", "pattern", "rect", "path", "circle", "text"];

/// Panics unless the elements are closed in order, known, and without raw markup in their texts.
fn check(svg: &str) {
    let mut open = Vec::new();
    for part in svg.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap();
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap();
        assert!(ELEMENTS.contains(&name), "<{tag}>");
        assert!(!tag.contains("NaN") && !tag.contains("inf"), "<{tag}>");
        match (tag.starts_with('/'), tag.ends_with('/')) {
            (true, _) => assert_eq!(open.pop(), Some(name), "{tag}"),
            (false, false) => open.push(name),
            (false, true) => {}
        }
        for entity in text.split('&').skip(1) {
            assert!(["amp;", "lt;", "gt;", "quot;"].iter().any(|known| entity.starts_with(known)), "{text}");
        }
        assert!(!text.contains(|character: char| character.is_control() && character != '\n'), "{text:?}");
    }
    assert!(open.is_empty(), "{open:?}");
    assert!(svg.contains("role=\"img\"") && svg.contains("prefers-color-scheme"));
    for forbidden in ["<script", "href", "url(http", "@import", "@font-face"] {
        assert!(!svg.contains(forbidden), "{forbidden}");
    }
}

/// A start of a quarter of an hour.
fn at(quarter: i64) -> String {
    let seconds = 1_768_471_200 + 900 * quarter;
    chrono::DateTime::from_timestamp(seconds, 0).unwrap().to_rfc3339()
}

fn wan(points: &[Value]) -> String {
    picture::wan("Home", &serde_json::from_value(json!({ "fifteenMins": points })).unwrap())
}

fn hatched(svg: &str) -> usize {
    svg.matches("fill=\"url(#").count()
}

#[test]
fn a_gap_is_hatched_and_nothing_is_drawn_over_it() {
    let point = |quarter: i64, mbps: Value| json!({"timestamp": at(quarter), "rxMbytes": 100, "txMbytes": 10, "rxMaxMbps": mbps, "txMaxMbps": mbps});
    let unknown = |quarter: i64| json!({"timestamp": at(quarter), "rxMbytes": null});
    let lines = |svg: &str| svg.matches("class=\"line\"").count();
    let whole = wan(&[point(0, json!(5)), point(1, json!(6)), point(2, json!(7))]);
    check(&whole);
    assert_eq!((hatched(&whole), lines(&whole)), (0, 2 + 1), "one line per panel and one in the legend");
    assert!(whole.contains("No gaps.") && !whole.contains("no data"));
    for gap in [
        vec![point(0, json!(5)), unknown(1), point(2, json!(7))],
        vec![point(0, json!(5)), point(8, json!(7))],
    ] {
        let svg = wan(&gap);
        check(&svg);
        // One per panel, and one in the legend.
        assert_eq!((hatched(&svg), lines(&svg)), (3, 4 + 1), "{svg}");
        assert!(svg.contains("1 stretch without data.") && svg.contains(">no data</text>"));
    }
}

#[test]
fn a_zero_is_drawn_and_a_missing_value_is_not() {
    let zero = wan(&[json!({"timestamp": at(0), "rxMbytes": 0, "rxMaxMbps": 0, "txMbytes": null})]);
    check(&zero);
    assert!(zero.contains("at most 0.00 Mbps") && zero.contains("Upload: unknown."), "{zero}");
    assert_eq!(zero.matches(">No data</text>").count(), 1);
}

#[test]
fn every_state_has_a_shape_of_its_own() {
    let uptime = |values: &[&str]| {
        let rows: Vec<Value> = (0..)
            .zip(values)
            .map(|(hour, value)| json!({"timestamp": at(4 * hour), "value": value}))
            .collect();
        picture::uptime("<Ann & \"Bo\">", &serde_json::from_value(json!({ "locationState": rows })).unwrap())
    };
    let svg = uptime(&["online", "partly", "offline", "", "online"]);
    check(&svg);
    // Each has one in the legend.
    for (class, count) in [("good", 3), ("half", 2), ("bad-box", 2), ("bad", 4)] {
        assert_eq!(svg.matches(&format!("class=\"{class}\"")).count(), count, "{class}");
    }
    assert_eq!(hatched(&svg), 2);
    assert!(svg.contains("Uptime of &lt;Ann &amp; &quot;Bo&quot;&gt;"));
    assert!(svg.contains("1 hour with a time offline, 1 hour intermittent, 1 hour without data."), "{svg}");
    check(&uptime(&[]));
}

#[test]
fn tests_are_not_joined_over_a_failed_one() {
    let tests = json!({
        "downloadSpeeds": [
            {"timestamp": at(0), "value": 400}, {"timestamp": at(4), "value": 410}, {"timestamp": at(12), "value": 420}
        ],
        "failedSpeedTests": [{"timestamp": at(8), "status": "failed"}],
    });
    let svg = picture::speed("Home", &serde_json::from_value(tests).unwrap());
    check(&svg);
    assert_eq!(svg.matches("class=\"line\"").count(), 2);
    // Two lines per cross: one cross per panel and one in the legend.
    assert_eq!(svg.matches("class=\"bad\"").count(), 6);
    assert!(svg.contains("3 tests, 1 failed. Download: median 410.00 Mbps"), "{svg}");
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => (0_u32..1_000).prop_map(|value| json!(value)),
        1 => prop::sample::select(vec![
            json!(null), json!(-1), json!(0), json!(1e308), json!(5e-324), json!("x"), json!([]), json!("online"),
            json!("offline"), json!("partly"),
        ]),
    ]
}

fn time() -> impl Strategy<Value = Value> {
    prop_oneof![
        5 => (-50_i64..50).prop_map(|quarter| json!(at(quarter))),
        1 => prop::sample::select(vec![
            json!(null), json!("soon"), json!("1970-01-01T00:00:00Z"), json!("9999-12-31T23:59:59Z"),
            json!("-9999-01-01T00:00:00Z"), json!(0), json!(i64::MAX),
        ]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_series_gives_a_well_formed_picture(
        rows in prop::collection::vec((time(), value(), value(), value()), 0..40),
        name in ".{0,20}",
    ) {
        let samples = |index: usize| -> Value {
            rows.iter().map(|(at, a, b, c)| json!({"timestamp": at, "value": ([a, b, c][index])})).collect()
        };
        let points: Value = rows
            .iter()
            .map(|(at, a, b, c)| json!({"timestamp": at, "rxMbytes": a, "txMbytes": b, "rxMaxMbps": b, "txMaxMbps": c}))
            .collect();
        check(&picture::wan(&name, &serde_json::from_value(json!({ "fifteenMins": points })).unwrap()));
        check(&picture::uptime(&name, &serde_json::from_value(json!({ "locationState": samples(0) })).unwrap()));
        let tests = json!({
            "downloadSpeeds": samples(0), "uploadSpeeds": samples(1), "failedSpeedTests": samples(2),
        });
        check(&picture::speed(&name, &serde_json::from_value(tests).unwrap()));
    }
}
