//! The verdict on a home of 5 nodes and 40 devices.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark may panic")]

use criterion::{Criterion, criterion_group, criterion_main};
use plume_health::{Policy, analyze};
use plume_types::LocationSnapshot;
use serde_json::json;

fn home() -> LocationSnapshot {
    let nodes: Vec<_> = (0..5)
        .map(|number| {
            let way = if number == 0 { json!([]) } else { json!([{"id": "TST0000000", "freqBand": "5GU"}]) };
            json!({
                "id": format!("TST000000{number}"), "nickname": format!("Pod {number}"), "model": "P301X",
                "firmwareVersion": "8.5.2", "connectionState": "connected", "leafToRoot": way,
                "health": {"status": "excellent", "score": 5}, "alerts": [],
            })
        })
        .collect();
    let devices: Vec<_> = (0..40)
        .map(|number| {
            json!({
                "mac": format!("02:00:00:00:00:{number:02x}"), "nickname": format!("Device {number}"),
                "connectionState": "connected", "leafToRoot": [{"id": format!("TST000000{}", number % 5)}],
                "health": {"status": "healthy", "score": 4.4},
            })
        })
        .collect();
    serde_json::from_value(json!({
        "customerId": "c", "locationId": "l", "takenAt": "2026-01-15T10:00:00Z",
        "location": {"known": {"id": "l", "name": "Home", "networkStatus": {"status": "online"}}},
        "nodes": {"known": nodes}, "devices": {"known": devices},
        "serviceLevel": {"known": {"status": "fullService"}},
        "qoe": {"known": {"items": [{"trafficClass": "video", "quality": "good"}]}},
    }))
    .unwrap()
}

fn benchmark(criterion: &mut Criterion) {
    let home = home();
    let policy = Policy::standard();
    criterion.bench_function("analyze 5 nodes, 40 devices", |bencher| {
        bencher.iter(|| analyze(&home, &policy, home.taken_at));
    });
}

criterion_group!(benches, benchmark);
criterion_main!(benches);
