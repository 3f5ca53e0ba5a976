//! The reports service below `gateway`: reports without a customer in the path.
//!
//! Device ids are opaque there, see `gateway`. The simulator also accepts the MAC address of the device.

use serde_json::{Value, json};

use crate::http::{Answer, ApiError, Request, insert, items, limit, sample};
use crate::reports::statistics::restarts;
use crate::world::measures::traffic;
use crate::world::noise;
use crate::world::{
    DAY, DOWNLOAD_MBPS, Device, HOUR, Location, Node, QUARTER, UPLOAD_MBPS, device_score, floor, health_at,
    hundredths, iso,
};

/// Returns the starts of the last `default` (or `limit`) whole steps, oldest first.
fn steps(
    request: &Request<'_>,
    step: i64,
    default: usize,
) -> Result<impl Iterator<Item = i64> + use<>, ApiError> {
    let count = limit(request, default)?;
    let end = floor(request.now, step);
    Ok((0..count).map(move |index| end - (count - index) * step))
}

pub(crate) fn qoe_item(location: &Location, index: u8, start: i64, base: f64) -> Value {
    let slot = u64::try_from(start / QUARTER).unwrap_or(0);
    let swing = noise::between(location.seed, &[location.salt(), u64::from(index), slot, 0x90e], -0.2, 0.1);
    let score = hundredths((base + swing).clamp(1.0, 5.0));
    json!({ "timestamp": iso(start), "connection": { "weightedQoeScore": score } })
}

/// `GET devices/{mac}/qoe/history`.
pub(crate) fn device_qoe(request: &Request<'_>, location: &Location, device: &Device) -> Answer {
    let base = device_score(location, device);
    Ok(items(
        steps(request, QUARTER, 96)?
            .filter(|start| location.device_online_within(device, *start, start + QUARTER) > 0)
            .map(|start| qoe_item(location, device.index, start, base)),
    ))
}

/// `GET nodes/{nodeId}/qoe/history`.
pub(crate) fn node_qoe(request: &Request<'_>, location: &Location, node: &Node) -> Answer {
    Ok(items(
        steps(request, QUARTER, 96)?
            .filter(|start| location.node_online_within(node, *start, start + QUARTER) > 0)
            .map(|start| {
                let base = base_of_health(health_at(location, node, start));
                qoe_item(location, node.index.wrapping_add(128), start, base)
            }),
    ))
}

pub(crate) fn base_of_health(health: &str) -> f64 {
    match health {
        "excellent" => 4.9,
        "good" => 4.3,
        "fair" => 3.0,
        _ => 1.7,
    }
}

/// `GET locations/{locationId}/qoe`: of the nodes and devices currently connected by Wi-Fi.
pub(crate) fn location_qoe(_: &Request<'_>, location: &Location) -> Answer {
    let radio = |index: u8, score: f64, band: &str| {
        let salts = |what| [location.salt(), u64::from(index), what];
        let rssi = hundredths(-noise::between(location.seed, &salts(0x51), 40.0, 62.0)).round();
        json!({
            "score": score,
            "freqBand": band,
            "chWidthMhz": if band == "2.4G" { 20 } else { 80 },
            "rssiDbm": rssi,
            "interferencePercent": noise::below(location.seed, &salts(0x17), 25),
            "snrDb": 95.0 + rssi - 15.0,
        })
    };
    let with = |key: &str, value: &str, mut body: Value| {
        insert(&mut body, key, Some(value));
        body
    };
    let nodes: Vec<Value> = location
        .nodes
        .iter()
        .filter(|node| node.connected)
        .map(|node| {
            with("id", &node.serial, radio(node.index.wrapping_add(128), base_of_health(node.health), "5G"))
        })
        .collect();
    let devices: Vec<Value> = location
        .devices
        .iter()
        .filter(|device| device.connected)
        .filter_map(|device| {
            let score = device_score(location, device);
            Some(with("mac", &device.mac, radio(device.index, score, device.kind.band?)))
        })
        .collect();
    Ok(json!({ "nodes": nodes, "devices": devices }))
}

/// `GET devices/{mac}/bandwidth`.
pub(crate) fn device_bandwidth(_: &Request<'_>, location: &Location, device: &Device) -> Answer {
    let daily = traffic::day_of_device(location, device);
    Ok(json!({ "daily": daily }))
}

/// `GET devices/{mac}/bandwidth/history`: hourly, with times as numbers, unlike similar reports.
pub(crate) fn device_bandwidth_history(
    request: &Request<'_>,
    location: &Location,
    device: &Device,
) -> Answer {
    Ok(items(steps(request, HOUR, 24)?.filter_map(|start| {
        let (down, up) = traffic::device_hour(location, device, start)?;
        Some(json!({ "timestamp": start, "upload": up, "download": down }))
    })))
}

/// `GET locations/{locationId}/devices/bandwidth`.
pub(crate) fn devices_bandwidth(_: &Request<'_>, location: &Location) -> Answer {
    let row = |device: &Device| {
        let mut row = traffic::day_of_device(location, device);
        insert(&mut row, "mac", Some(&device.mac));
        row
    };
    Ok(items(location.devices.iter().map(row)))
}

/// `GET locations/{locationId}/reboot/history`, newest first.
pub(crate) fn reboot_history(request: &Request<'_>, location: &Location) -> Answer {
    let count = request.query.count("limit")?.unwrap_or(100);
    if !(1..=500).contains(&count) {
        return Err(ApiError::invalid("RebootHistory", "limit", "1 to 500"));
    }
    let mut reboots = restarts(location, location.created, location.now);
    reboots.sort_by_key(|reboot| std::cmp::Reverse(reboot.at));
    Ok(items(reboots.into_iter().take(count).map(|reboot| {
        sample!(
            "reports/gateway-reboot-history",
            occurred_at: iso(reboot.at), node_id: reboot.node.serial, reason: reboot.reason,
            firmware_version: reboot.firmware, model: reboot.node.model,
        )
    })))
}

/// `GET devices/{mac}/lan-connectivity/history`.
pub(crate) fn lan_connectivity(request: &Request<'_>, location: &Location, device: &Device) -> Answer {
    let rows: Vec<Value> = steps(request, QUARTER, 96)?
        .map(|start| {
            let there = location.device_online_within(device, start, start + QUARTER) > 0;
            let cable = device.kind.band.is_none() && there;
            json!({ "timestamp": iso(start), "isEthernetConnected": cable })
        })
        .collect();
    let end = floor(location.now, QUARTER);
    let start = end - i64::try_from(rows.len()).unwrap_or(0) * QUARTER;
    Ok(json!({ "statsDateRange": { "startAt": iso(start), "endAt": iso(end) }, "items": rows }))
}

/// `GET locations/{locationId}/wan-stats/history`. Quarter hours without data are omitted here, not null.
pub(crate) fn wan_history(request: &Request<'_>, location: &Location) -> Answer {
    Ok(items(steps(request, QUARTER, 96)?.filter_map(|start| {
        let wan = traffic::wan(location, start)?;
        Some(json!({
            "timestamp": iso(start),
            "rxMb": wan.rx_mbytes,
            "txMb": wan.tx_mbytes,
            "rxMaxMbps": wan.rx_max_mbps,
            "txMaxMbps": wan.tx_max_mbps,
        }))
    })))
}

/// Returns the used share of the bandwidth, in percent down and up.
fn saturation(location: &Location, start: i64) -> Option<(f64, f64)> {
    let wan = traffic::wan(location, start)?;
    let speed = f64::from(*location.history.speed.at(start)) / 100.0;
    Some((
        hundredths(wan.rx_max_mbps / (DOWNLOAD_MBPS * speed) * 100.0).min(100.0),
        hundredths(wan.tx_max_mbps / (UPLOAD_MBPS * speed) * 100.0).min(100.0),
    ))
}

/// `GET locations/{locationId}/wan-saturation`: the peaks of the last day; null without measurements.
pub(crate) fn wan_saturation(_: &Request<'_>, location: &Location) -> Answer {
    let peaks = (1..=DAY / QUARTER)
        .filter_map(|back| saturation(location, floor(location.now, QUARTER) - back * QUARTER))
        .reduce(|a, b| (a.0.max(b.0), a.1.max(b.1)));
    Ok(json!({ "rxMaxPercentage": peaks.map(|peak| peak.0), "txMaxPercentage": peaks.map(|peak| peak.1) }))
}

/// `GET locations/{locationId}/wan-saturation/history`.
pub(crate) fn wan_saturation_history(request: &Request<'_>, location: &Location) -> Answer {
    Ok(items(steps(request, QUARTER, 96)?.filter_map(|start| {
        let (rx, tx) = saturation(location, start)?;
        Some(json!({ "timestamp": iso(start), "rxMaxPercentage": rx, "txMaxPercentage": tx }))
    })))
}
