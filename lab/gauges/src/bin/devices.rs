//! Time and memory for reading one list of a hundred thousand devices.
//!
//! A separate program, because the counting allocator of other gauges copies where the system's would not.

use std::{fmt::Write as _, hint::black_box, time::Duration};

use plume_runtime::{Clock, Limits, SystemClock};
use plume_types::{Device, decode};
use serde_json::json;

use gauges::{Reading, Settings};

const DEVICES: u32 = 100_000;
const SECOND: Duration = Duration::from_secs(1);
const MEMORY: u64 = 200_000_000;
/// The number of runs. The fastest counts, because a busy machine slows the others.
const ROUNDS: usize = 5;

/// A list as the cloud sends it: `full` with all usual fields, else with the fields that a health check reads.
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

fn main() -> std::process::ExitCode {
    gauges::run(&[("devices", measure)])
}

/// The peak resident memory of this process since [`forget_peak`], as the system counts it.
fn peak() -> Result<u64, String> {
    let status = std::fs::read_to_string("/proc/self/status").map_err(|error| error.to_string())?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
    kibibytes.map(|number| number << 10).ok_or_else(|| "the system does not report memory".to_owned())
}

fn forget_peak() -> Result<(), String> {
    std::fs::write("/proc/self/clear_refs", "5").map_err(|error| error.to_string())
}

fn measure(settings: Settings) -> Result<Reading, String> {
    let clock = SystemClock::new();
    let mut value = serde_json::Map::new();
    let mut pass = true;
    for (name, full) in [("short", false), ("full", true)] {
        let body = body(full);
        let mut best = Duration::MAX;
        let mut most = 0;
        for _ in 0..ROUNDS {
            forget_peak()?;
            let started = clock.monotonic();
            // Planted: a parser that first builds a tree of everything.
            let tree: Option<serde_json::Value> =
                if settings.plant { serde_json::from_str(&body).ok() } else { None };
            let read =
                decode::list::<Device>(body.as_bytes(), &["devices"]).map_err(|error| error.to_string())?;
            best = best.min(clock.monotonic().saturating_sub(started));
            most = most.max(peak()?);
            black_box(tree);
            pass &= read.value.len() == DEVICES as usize;
        }
        // The client refuses a longer body unless its limit is raised.
        pass &= body.len() > Limits::default().max_body_bytes || (best < SECOND && most < MEMORY);
        value.insert(
            name.to_owned(),
            json!({"body_bytes": body.len(), "ms": best.as_millis() as u64, "peak_bytes": most}),
        );
    }
    value.insert("bytes_of_a_device".to_owned(), json!(size_of::<Device>()));
    Ok(Reading {
        value: value.into(),
        goal: "100,000 devices, in a body that the client accepts, in less than 1 s and 200 MB",
        pass,
        scanned: 2 * u64::from(DEVICES),
    })
}
