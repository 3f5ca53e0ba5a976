//! Reports agree with the story, with each other, and with earlier reports.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends there and then, also in its helpers"
)]

mod common;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use plume_sim::{Cast, Home, Story, StoryEvent, StoryPlan, When};
use serde_json::Value;

use common::{Client, api, encode, reports};

/// Hours after the start at which all reports are requested; the series by the minute reach back one hour.
const INSTANTS: [f64; 4] = [0.0, 0.6, 1.1, 11.0];
/// The homes with several nodes and devices. Each story is checked in one of them.
const HOMES: [Home; 3] = [Home::PoorQoe, Home::DeviceGone, Home::OnePodDown];

/// Returns the series of a home, without parameters that name a time.
fn series(client: &Client, home: Home) -> Vec<String> {
    let (base, gateway) = (reports(home), format!("/reports/gateway/locations/{}", home.location_id()));
    let mut all = vec![
        format!("{gateway}/wan-stats/history?limit=96"),
        format!("{gateway}/wan-saturation/history?limit=96"),
    ];
    let hours = "granularity=hours&limit=24";
    all.extend(
        ["alarm", "nodeDevice/alarms", "edgesHistory", "bandSteeringStats"]
            .map(|report| format!("{base}/{report}?{hours}")),
    );
    for node in client.nodes(home) {
        let node = node["id"].as_str().unwrap();
        all.extend(
            ["radio/5G/bandwidth", "utilizationMetrics", "qoeMetrics"]
                .map(|report| format!("{base}/nodes/{node}/{report}?{hours}")),
        );
    }
    for device in client.devices(home) {
        let mac = encode(device["mac"].as_str().unwrap());
        all.extend(
            ["rssi", "chartData", "alarms", "qoeMetrics"]
                .map(|report| format!("{base}/devices/{mac}/{report}?{hours}")),
        );
        all.push(format!("{base}/devices/{mac}/bandwidth?granularity=minutes&limit=60"));
    }
    all
}

/// Collects every point of a response, by its place and its time.
fn points(place: &str, value: &Value, into: &mut BTreeMap<(String, String), Value>) {
    match value {
        Value::Object(map) => {
            if let Some(at) = map.get("timestamp") {
                let before = into.insert((place.to_owned(), at.to_string()), value.clone());
                assert_eq!(before, None, "{place} has two points at {at}");
            }
            for (key, value) in map.iter().filter(|(key, _)| *key != "statsDateRange") {
                points(&format!("{place}/{key}"), value, into);
            }
        }
        Value::Array(items) => {
            for item in items {
                let own = ["id", "mac"].iter().find_map(|key| item.get(*key)).map(Value::to_string);
                points(&format!("{place}/{}", own.unwrap_or_default()), item, into);
            }
        }
        _ => {}
    }
}

fn millis(timestamp: &Value) -> i64 {
    let text = timestamp.as_str().unwrap();
    chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis()
}

/// Returns start and end of each outage so far.
fn outages(client: &Client, home: Home) -> Vec<(i64, i64)> {
    let path = format!(
        "{}/networkOutages/stats?startTimestamp=0&endTimestamp=4000000000000&type=yearly",
        reports(home)
    );
    let row = |row: &Value| {
        let start = millis(&row["timestamp"]);
        (start, start + row["durationSeconds"].as_i64().unwrap() * 1_000)
    };
    client.ok(&path)["outages"].as_array().unwrap().iter().map(row).collect()
}

fn sum(rows: &Value, key: &str) -> f64 {
    rows.as_array().unwrap().iter().filter_map(|row| row[key].as_f64()).sum()
}

fn check(client: &Client, home: Home, what: &str) {
    let dark = outages(client, home);
    let in_the_dark =
        |start: i64, length: i64| dark.iter().any(|(from, to)| *from <= start && start + length <= *to);
    for device in client.devices(home) {
        let mac = encode(device["mac"].as_str().unwrap());
        for (granularity, limit, step) in [("minutes", 60, 60_000), ("hours", 24, 3_600_000)] {
            let of = |report: &str, list: &str| {
                let path = format!(
                    "{}/devices/{mac}/{report}?granularity={granularity}&limit={limit}",
                    reports(home)
                );
                client.ok(&path)[list].as_array().unwrap().clone()
            };
            for point in of("bandwidth", "received").iter().chain(&of("alarms", "deviceAlarm")) {
                let at = millis(&point["timestamp"]);
                assert!(!in_the_dark(at, step), "{what}: {mac} has {point} while the home was offline");
            }
        }
    }
    for node in client.nodes(home) {
        let alerts = node["alerts"].as_array().unwrap();
        assert!(alerts.is_empty() || node["health"]["status"].is_string(), "{what}: {node}");
    }
    assert_eq!(client.status(&api(home)), 200);
}

/// Returns the traffic of the last day by the line and by the devices.
fn day(client: &Client, home: Home) -> (f64, f64) {
    let wan = client.ok(&format!("{}/wanStats?period=daily", reports(home)));
    let devices = client.ok(&format!("/reports/gateway/locations/{}/devices/bandwidth", home.location_id()));
    (sum(&wan["fifteenMins"], "rxMbytes"), sum(&devices["items"], "downloadMb"))
}

fn told(story: StoryPlan) -> (Client, plume_runtime::ManualClock) {
    let clock = common::clock();
    let builder = common::builder().customers(0).story(story).clock(Arc::new(clock.clone()));
    (Client::new(builder.token_lifetime(Duration::from_secs(86_400))), clock)
}

#[test]
fn reports_agree_with_the_story_and_with_earlier_reports() {
    // No named story has an hour that is offline completely.
    let outage = StoryEvent::WanOutage { lasts: Some(Duration::from_secs(3 * 3_600)) };
    let long =
        StoryPlan::new("long-outage").event(When::After(Duration::from_secs(600)), Cast::Everyone, outage);
    let named = Story::ALL.into_iter().map(Story::plan);
    for (story, home) in named.chain([long]).zip(HOMES.into_iter().cycle()) {
        let name = story.name().to_owned();
        let (client, clock) = told(story);
        let mut known: BTreeMap<(String, String), Value> = BTreeMap::new();
        let mut elapsed = 0.0;
        for instant in INSTANTS {
            clock.advance(Duration::from_secs_f64((instant - elapsed) * 3_600.0));
            elapsed = instant;
            let what = format!("{name}, {home}, {instant} h");
            check(&client, home, &what);
            let mut seen = BTreeMap::new();
            for path in series(&client, home) {
                points(&path, &client.ok(&path), &mut seen);
            }
            for (place, value) in seen {
                if let Some(before) = known.get(&place) {
                    assert_eq!(*before, value, "{what}: {place:?} was another one before");
                }
                known.insert(place, value);
            }
            let (line, devices) = day(&client, home);
            let near = (line - devices).abs() <= 0.15 * line.max(devices) + 20.0;
            assert!(near, "{what}: {line} MB by the line, {devices} MB by the devices");
        }
        assert!(known.len() > 1_000, "{name}: {}", known.len());
    }
}
