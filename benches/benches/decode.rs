//! A device list of about 200 KB, decoded with all tolerance on, beside plain derived serde.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark may panic")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use plume_types::{Device, decode};
use serde::Deserialize;

/// A model as written by hand: the same fields as text, without any tolerance.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "only the decoding of the fields is measured")]
struct PlainDevice {
    id: Option<String>,
    mac: String,
    name: Option<String>,
    nickname: Option<String>,
    icon: Option<String>,
    ip: Option<String>,
    medium: Option<String>,
    freq_band: Option<String>,
    channel: Option<u32>,
    connection_state: Option<String>,
    connection_state_change_at: Option<String>,
    first_connected_at: Option<String>,
    health: Option<PlainHealth>,
    leaf_to_root: Option<Vec<PlainHop>>,
    access_zone: Option<String>,
    key_id: Option<i64>,
    network_id: Option<String>,
    vap_type: Option<String>,
    favorite: Option<bool>,
    kind: Option<PlainKind>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only the decoding of the fields is measured")]
struct PlainHealth {
    status: Option<String>,
    score: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "only the decoding of the fields is measured")]
struct PlainHop {
    id: String,
    freq_band: Option<String>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only the decoding of the fields is measured")]
struct PlainKind {
    category: Option<String>,
    brand: Option<String>,
    model: Option<String>,
    os: Option<PlainSystem>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "only the decoding of the fields is measured")]
struct PlainSystem {
    name: Option<String>,
    version: Option<String>,
}

fn body() -> String {
    let devices: Vec<_> = (0..299)
        .map(|number| {
            serde_json::json!({
                "id": format!("02:00:00:00:{:02x}:{:02x}", number / 256, number % 256),
                "mac": format!("02:00:00:00:{:02x}:{:02x}", number / 256, number % 256),
                "name": format!("sample-phone-{number}"), "nickname": format!("Sample Phone {number}"),
                "icon": "smartPhone", "medium": "wifi", "freqBand": "5G", "channel": 149,
                "ip": format!("192.168.40.{}", number % 250), "accessZone": "home", "keyId": 0,
                "connectionState": "connected", "connectionStateChangeAt": "2026-01-15T08:30:00.000Z",
                "firstConnectedAt": "2024-10-01T12:00:00.000Z",
                "health": {"status": "healthy", "score": 4.4},
                "leafToRoot": [{"id": "TST0000002", "freqBand": "5G"}, {"id": "TST0000001", "freqBand": "5GU"}],
                "networkId": "home", "vapType": "home", "favorite": false,
                "kind": {"category": "Phone", "brand": "Example", "model": "X1",
                         "os": {"name": "Android", "version": "15"}},
            })
        })
        .collect();
    serde_json::to_string(&devices).unwrap()
}

fn benchmark(criterion: &mut Criterion) {
    let body = body();
    let mut group = criterion.benchmark_group("decode 299 devices");
    group.throughput(Throughput::Bytes(body.len() as u64));
    group.bench_function("plain derived serde_json", |bencher| {
        bencher.iter(|| serde_json::from_slice::<Vec<PlainDevice>>(body.as_bytes()).unwrap());
    });
    group.bench_function("plume-types, tolerant", |bencher| {
        bencher.iter(|| decode::list::<Device>(body.as_bytes(), &["devices"]).unwrap());
    });
    group.finish();
}

criterion_group!(benches, benchmark);
criterion_main!(benches);
