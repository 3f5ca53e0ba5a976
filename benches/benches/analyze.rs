//! Analysis of a home of 5 nodes and 40 devices, and the roll-up of 100,000 such homes.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark may panic")]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use plume_health::{Policy, analyze};
use plume_monitor::fleet::FleetRollUp;
use plume_types::LocationSnapshot;
use serde_json::{Value, json};

/// The faults of a home.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// One device left an hour ago.
    Device,
    /// Two pods in a row are disconnected with everything behind them, one has poor health, a traffic class is poor.
    Everything,
}

fn home(number: usize, fault: Fault) -> LocationSnapshot {
    let bad = fault == Fault::Everything;
    let down = |node: usize| bad && (node == 3 || node == 4);
    let nodes: Vec<Value> = (0..5)
        .map(|number| {
            let way = if number == 0 || down(number) {
                json!([])
            } else {
                json!([{"id": "TST0000000", "freqBand": "5GU"}])
            };
            json!({
                "id": format!("TST000000{number}"), "nickname": format!("Pod {number}"), "model": "P301X",
                "firmwareVersion": if bad { "9.0.0" } else { "8.5.2" },
                "connectionState": if down(number) { "disconnected" } else { "connected" }, "leafToRoot": way,
                "health": if bad && number == 1 { json!({"status": "poor", "score": 1.8}) }
                    else { json!({"status": "excellent", "score": 5}) },
                "alerts": [],
            })
        })
        .collect();
    let devices: Vec<Value> = (0..40)
        .map(|number| {
            let node = number % 5;
            let way = if node == 4 {
                json!([{"id": "TST0000004"}, {"id": "TST0000003"}, {"id": "TST0000000"}])
            } else {
                json!([{"id": format!("TST000000{node}")}])
            };
            let gone = down(node) || (fault != Fault::None && number == 0);
            json!({
                "mac": format!("02:00:00:00:00:{number:02x}"), "nickname": format!("Device {number}"),
                "connectionState": if gone { "disconnected" } else { "connected" }, "leafToRoot": way,
                "health": {"status": "healthy", "score": 4.4},
            })
        })
        .collect();
    serde_json::from_value(json!({
        "customerId": "c", "locationId": format!("l{number}"), "takenAt": "2026-01-15T10:00:00Z",
        "location": {"known": {
            "id": format!("l{number}"), "name": "Home", "networkStatus": {"status": "online"},
            "geoIp": {"ISP": format!("Provider {}", number % 7), "city": format!("City {number}")},
        }},
        "nodes": {"known": nodes}, "devices": {"known": devices},
        "serviceLevel": {"known": {"status": "fullService"}},
        "qoe": {"known": {"items": [{"trafficClass": "video", "quality": if bad { "poor" } else { "good" }}]}},
    }))
    .unwrap()
}

fn one_home(criterion: &mut Criterion) {
    let policy = Policy::standard();
    for (name, fault) in [("", Fault::None), (", 1 gone", Fault::Device), (", all faults", Fault::Everything)]
    {
        let home = home(0, fault);
        criterion.bench_function(&format!("analyze 5 nodes, 40 devices{name}"), |bencher| {
            bencher.iter(|| analyze(&home, &policy, home.taken_at));
        });
    }
}

/// Analyzes and adds every home; 1 of 100 is bad and 4 of 100 miss a device. The snapshots are made before, so that
/// parsing is not measured. A hundred of them stay in the processor's caches, like a home that has just been
/// read; a thousand (100 MB) do not, which measures the memory of the machine as well.
fn fleet(criterion: &mut Criterion) {
    const HOMES: usize = 100_000;
    let policy = Policy::standard();
    let mut group = criterion.benchmark_group("fleet");
    group.sample_size(10).throughput(Throughput::Elements(HOMES.try_into().unwrap()));
    for (name, different) in [("just read", 100), ("from memory", 1000)] {
        let homes: Vec<LocationSnapshot> = (0..different)
            .map(|number| {
                home(
                    number,
                    match number % 100 {
                        0 => Fault::Everything,
                        1..5 => Fault::Device,
                        _ => Fault::None,
                    },
                )
            })
            .collect();
        group.bench_function(format!("fleet of 100,000 homes in one stream, {name}"), |bencher| {
            bencher.iter_batched(
                FleetRollUp::default,
                |mut fleet| {
                    for home in homes.iter().cycle().take(HOMES) {
                        fleet.add(&analyze(home, &policy, home.taken_at));
                    }
                    fleet
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, one_home, fleet);
criterion_main!(benches);
