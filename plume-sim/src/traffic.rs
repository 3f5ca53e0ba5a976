//! How much data flows, by location and by device.

use serde_json::{Value, json};

use crate::{
    noise::{self, hundredths},
    speed_test::{DOWNLOAD_MBPS, UPLOAD_MBPS},
    time::{DAY, HOUR, QUARTER, floor},
    world::{Device, Location, World},
};

/// One quarter of an hour is missing out of so many, although the location was online.
const GAP: u64 = 37;

/// The traffic of a location in one quarter of an hour: rx is towards the location.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Wan {
    pub(crate) rx_mbytes: f64,
    pub(crate) tx_mbytes: f64,
    pub(crate) rx_max_mbps: f64,
    pub(crate) tx_max_mbps: f64,
}

/// The traffic in the quarter that starts at `start`; none if nothing was measured.
pub(crate) fn wan(world: &World, location: &Location, start: i64) -> Option<Wan> {
    let slot = u64::try_from(start / QUARTER).unwrap_or(0);
    let gap = slot % GAP == noise::below(world.seed, &[location.salt(), 0x6a9], GAP);
    let offline = location.offline_within(start, start + QUARTER) > QUARTER / 2;
    if gap || offline || location.network.is_none() || start < location.created {
        return None;
    }
    let between = |what, low, high| noise::between(world.seed, &[location.salt(), slot, what], low, high);
    let busy = share_of_busy_hour(start);
    let speed = f64::from(*location.history.speed.at(start)) / 100.0;
    let load = f64::from(*location.history.load.at(start)) / 100.0;
    let rx_max_mbps = DOWNLOAD_MBPS * speed * load.max(busy * between(1, 0.25, 0.7));
    let tx_max_mbps = UPLOAD_MBPS * speed * load.max(busy * between(2, 0.2, 0.6));
    // The mean is well below the maximum; 900 seconds and 8 bits make megabytes of it.
    let rx_mbytes = rx_max_mbps * between(3, 0.08, 0.3) * 900.0 / 8.0;
    let tx_mbytes = tx_max_mbps * between(4, 0.08, 0.3) * 900.0 / 8.0;
    Some(Wan {
        rx_mbytes: hundredths(rx_mbytes),
        tx_mbytes: hundredths(tx_mbytes),
        rx_max_mbps: hundredths(rx_max_mbps),
        tx_max_mbps: hundredths(tx_max_mbps),
    })
}

/// Evenings are busy, nights are not (by UTC: simulated people all live there).
fn share_of_busy_hour(moment: i64) -> f64 {
    match moment.rem_euclid(DAY) / HOUR {
        19..=22 => 1.0,
        7..=18 => 0.45,
        _ => 0.15,
    }
}

/// What a device moved in the hour that starts at `start`: megabytes down and up. None while it was away.
pub(crate) fn device_hour(
    world: &World,
    location: &Location,
    device: &Device,
    start: i64,
) -> Option<(f64, f64)> {
    let there = location.device_online_within(device, start, start + HOUR);
    if there == 0 {
        return None;
    }
    // At most an hour of milliseconds.
    let share = f64::from(i32::try_from(there).unwrap_or(0)) / f64::from(3_600_000);
    let slot = u64::try_from(start / HOUR).unwrap_or(0);
    let salts = |what| [location.salt(), u64::from(device.index), slot, what];
    let down = noise::between(world.seed, &salts(0xd0), 20.0, 600.0) * share_of_busy_hour(start) * share;
    let up = down * noise::between(world.seed, &salts(0x09), 0.05, 0.3);
    Some((hundredths(down), hundredths(up)))
}

/// What a device moved in the last 24 whole hours.
pub(crate) fn day_of_device(world: &World, location: &Location, device: &Device, now: i64) -> Value {
    let end = floor(now, HOUR);
    let (down, up) = (1..=24)
        .filter_map(|back| device_hour(world, location, device, end - back * HOUR))
        .fold((0.0, 0.0), |(down, up), hour| (down + hour.0, up + hour.1));
    json!({ "downloadMb": hundredths(down), "uploadMb": hundredths(up) })
}
