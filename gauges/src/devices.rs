//! A hundred thousand devices in one list: how long reading it takes, and how much memory.

use std::{fmt::Write as _, hint::black_box, time::Duration};

use plume_runtime::{Clock, SystemClock};
use plume_types::{Device, decode};
use serde_json::json;

use crate::{Reading, Settings};

const DEVICES: u32 = 100_000;
const SECOND: Duration = Duration::from_secs(1);
const MEMORY: u64 = 200_000_000;
/// The best of these counts: a busy machine interrupts the others.
const ROUNDS: usize = 5;

/// A list as the cloud sends it: `full` with all that it usually says, else with what a health check looks at.
fn body(full: bool) -> String {
    let mut body = String::from("[");
    for number in 0..DEVICES {
        let [_, a, b, c] = number.to_be_bytes();
        let comma = if number == 0 { "" } else { "," };
        let mac = format!("02:00:00:{a:02x}:{b:02x}:{c:02x}");
        // Writing to a String cannot fail.
        let _ = if full {
            write!(
                body,
                r#"{comma}{{"id":"{mac}","mac":"{mac}","name":"sample-phone-{number}","nickname":"Sample Phone {number}","icon":"smartPhone","medium":"wifi","freqBand":"5G","channel":149,"ip":"192.168.40.7","accessZone":"home","keyId":0,"connectionState":"connected","connectionStateChangeAt":"2026-01-15T08:30:00.000Z","firstConnectedAt":"2024-10-01T12:00:00.000Z","health":{{"status":"healthy","score":4.4}},"leafToRoot":[{{"id":"TST0000002","freqBand":"5G"}},{{"id":"TST0000001","freqBand":"5GU"}}],"networkId":"home","vapType":"home","favorite":false,"kind":{{"category":"Phone","brand":"Example","model":"X1","os":{{"name":"Android","version":"15"}}}}}}"#
            )
        } else {
            write!(
                body,
                r#"{comma}{{"mac":"{mac}","connectionState":"connected","leafToRoot":[{{"id":"TST0000002"}}],"health":{{"status":"good"}}}}"#
            )
        };
    }
    body.push(']');
    body
}

pub(crate) fn measure(settings: Settings) -> Result<Reading, String> {
    let clock = SystemClock::new();
    let mut value = serde_json::Map::new();
    let mut pass = true;
    for (name, full) in [("short", false), ("full", true)] {
        let body = body(full);
        let mut best = Duration::MAX;
        let mut peak = 0;
        for _ in 0..ROUNDS {
            let mut read = None;
            let started = clock.monotonic();
            let memory = allocation_counter::measure(|| {
                // Planted: the way of a parser that first makes a tree of everything.
                let tree: Option<serde_json::Value> =
                    if settings.plant { serde_json::from_str(&body).ok() } else { None };
                read = decode::list::<Device>(body.as_bytes(), &["devices"]).ok();
                black_box(tree);
            });
            best = best.min(clock.monotonic().saturating_sub(started));
            // The body itself is in memory as well.
            peak = memory.bytes_max + body.len() as u64;
            let count = read.map(|read| read.value.len()).unwrap_or_default();
            pass &= count == DEVICES as usize;
        }
        pass &= best < SECOND && peak < MEMORY;
        value.insert(
            name.to_owned(),
            json!({"body_bytes": body.len(), "ms": best.as_millis() as u64, "peak_bytes": peak}),
        );
    }
    value.insert("bytes_of_a_device".to_owned(), json!(size_of::<Device>()));
    Ok(Reading {
        value: value.into(),
        goal: "100,000 devices in less than 1 s and 200 MB",
        pass,
        scanned: 2 * u64::from(DEVICES),
    })
}
