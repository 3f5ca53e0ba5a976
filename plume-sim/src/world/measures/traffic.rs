//! Traffic by location and by device.

use serde_json::{Value, json};

use crate::world::measures::speed_test::{DOWNLOAD_MBPS, UPLOAD_MBPS};
use crate::world::noise;
use crate::world::noise::hundredths;
use crate::world::state::{Device, Location};
use crate::world::time::{DAY, HOUR, QUARTER, floor};

/// One of this number of quarter hours is missing, although the location was online.
const GAP: u64 = 37;

/// The traffic of a location in a quarter of an hour. rx is towards the location.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Wan {
    pub(crate) rx_mbytes: f64,
    pub(crate) tx_mbytes: f64,
    pub(crate) rx_max_mbps: f64,
    pub(crate) tx_max_mbps: f64,
}

/// The mesh's own traffic: a share of the devices' traffic, and a small constant.
const OVERHEAD: f64 = 1.02;
const ALWAYS_MBYTES: f64 = 0.1;

/// Returns the traffic in the quarter hour that starts at `start`, or `None` without a measurement. It is the sum
/// over the devices.
pub(crate) fn wan(location: &Location, start: i64) -> Option<Wan> {
    let slot = slot(start, QUARTER);
    let gap = slot % GAP == noise::below(location.seed, &[location.salt(), 0x6a9], GAP);
    let offline = location.offline_within(start, start + QUARTER) > QUARTER / 2;
    if gap || offline || location.network.is_none() || start < location.created {
        return None;
    }
    let between = |what, low, high| noise::between(location.seed, &[location.salt(), slot, what], low, high);
    let busy = share_of_busy_hour(start);
    let speed = share(*location.history.speed.at(start));
    let load = share(*location.history.load.at(start));
    let moved = location.devices.iter().filter_map(|device| of_quarter(location, device, start));
    let (down, up) = moved.fold((0.0, 0.0), |(down, up), one| (down + one.0, up + one.1));
    let (rx_mbytes, tx_mbytes) = (down * OVERHEAD + ALWAYS_MBYTES, up * OVERHEAD + ALWAYS_MBYTES);
    // 900 seconds and 8 bits make a mean of megabytes; the maximum is at least the mean.
    let peak = |capacity: f64, wanted: f64, mbytes: f64| {
        hundredths((capacity * speed * load.max(busy * wanted)).max(mbytes * 8.0 / 900.0))
    };
    Some(Wan {
        rx_mbytes: hundredths(rx_mbytes),
        tx_mbytes: hundredths(tx_mbytes),
        rx_max_mbps: peak(DOWNLOAD_MBPS, between(1, 0.25, 0.7), rx_mbytes),
        tx_max_mbps: peak(UPLOAD_MBPS, between(2, 0.2, 0.6), tx_mbytes),
    })
}

/// Evenings are busy, nights are not. All simulated homes are in UTC.
fn share_of_busy_hour(moment: i64) -> f64 {
    match moment.rem_euclid(DAY) / HOUR {
        19..=22 => 1.0,
        7..=18 => 0.45,
        _ => 0.15,
    }
}

fn slot(moment: i64, step: i64) -> u64 {
    u64::try_from(moment / step).unwrap_or(0)
}

fn share(percent: u8) -> f64 {
    f64::from(percent) / 100.0
}

/// Returns a part of a whole. Both are at most some hours in milliseconds.
fn part(of: i64, whole: i64) -> f64 {
    f64::from(i32::try_from(of).unwrap_or(0)) / f64::from(i32::try_from(whole).unwrap_or(1))
}

/// Returns the traffic of a device in the quarter hour that starts at `start`, in megabytes down and up. `None` if it
/// was not connected to the Internet.
fn of_quarter(location: &Location, device: &Device, start: i64) -> Option<(f64, f64)> {
    let online = |device: &Device| location.device_online_within(device, start, start + QUARTER);
    let there = part(Some(online(device)).filter(|time| *time > 0)?, QUARTER);
    let salts = |what| [location.salt(), u64::from(device.index), slot(start, HOUR), what];
    let speed = share(*location.history.speed.at(start));
    let down = noise::between(location.seed, &salts(0xd0), 5.0, 150.0) * share_of_busy_hour(start) * speed;
    let up = down * noise::between(location.seed, &salts(0x09), 0.05, 0.3);
    let load = share(*location.history.load.at(start));
    if load == 0.0 {
        return Some((down * there, up * there));
    }
    // A saturated line is used by all connected devices, at a fifth of the peak on average.
    let others = location.devices.iter().filter(|device| online(device) > 0).count();
    let all = f64::from(u32::try_from(others).unwrap_or(1).max(1));
    let extra = |capacity: f64| capacity * speed * load * 0.2 * 900.0 / 8.0 / all;
    Some(((down + extra(DOWNLOAD_MBPS)) * there, (up + extra(UPLOAD_MBPS)) * there))
}

/// Returns the traffic of a device between two moments, in megabytes down and up. `None` if it was not connected to
/// the Internet.
pub(crate) fn of_device(location: &Location, device: &Device, start: i64, end: i64) -> Option<(f64, f64)> {
    let first = floor(start, QUARTER);
    let quarters = (0..).map(|index| first + index * QUARTER).take_while(|quarter| *quarter < end);
    let moved = quarters.filter_map(|quarter| {
        let within = (start.max(quarter), end.min(quarter + QUARTER));
        let there = location.device_online_within(device, within.0, within.1);
        if there == 0 {
            return None;
        }
        let (down, up) = of_quarter(location, device, quarter)?;
        let all = location.device_online_within(device, quarter, quarter + QUARTER);
        Some((down * part(there, all), up * part(there, all)))
    });
    let (down, up) = moved.reduce(|a, b| (a.0 + b.0, a.1 + b.1))?;
    Some((hundredths(down), hundredths(up)))
}

/// Returns [`of_device`] for the hour that starts at `start`.
pub(crate) fn device_hour(location: &Location, device: &Device, start: i64) -> Option<(f64, f64)> {
    of_device(location, device, start, start + HOUR)
}

/// Returns the traffic of a device in the last 24 whole hours.
pub(crate) fn day_of_device(location: &Location, device: &Device) -> Value {
    let (down, up) = last_day(location, device).unwrap_or_default();
    json!({ "downloadMb": hundredths(down), "uploadMb": hundredths(up) })
}

/// Returns the devices with the most traffic in the last 24 whole hours, in MB.
pub(crate) fn most_active(location: &Location, most: usize) -> Vec<Value> {
    let moved = |device| Some((device, last_day(location, device)?));
    let mut rows: Vec<(&Device, (f64, f64))> = location.devices.iter().filter_map(moved).collect();
    rows.sort_by(|a, b| (b.1.0 + b.1.1).total_cmp(&(a.1.0 + a.1.1)));
    rows.truncate(most);
    let row = |(device, (down, up)): (&Device, (f64, f64))| json!({ "mac": device.mac, "downloadMb": hundredths(down), "uploadMb": hundredths(up) });
    rows.into_iter().map(row).collect()
}

/// Returns the traffic of a device in the last 24 whole hours. `None` if it was not connected to the Internet in any.
pub(crate) fn last_day(location: &Location, device: &Device) -> Option<(f64, f64)> {
    let end = floor(location.now, HOUR);
    (1..=24)
        .rev()
        .filter_map(|back| device_hour(location, device, end - back * HOUR))
        .reduce(|a, b| (a.0 + b.0, a.1 + b.1))
}
