//! The reports service below `Customers/{id}/locations/{locationId}`.

use serde_json::{Value, json};

use crate::http::{Answer, ApiError, Request, limit};
use crate::reports::span::Window;
use crate::world::measures::traffic;
use crate::world::{DAY, HOUR, Location, MINUTE, Node, QUARTER, Wan, floor, hundredths, iso};

/// `GET …/wanStats`. Only the member of `period=daily` is known; those of the other periods are made up.
pub(crate) fn wan_stats(request: &Request<'_>, location: &Location) -> Answer {
    let (member, count, step) = match request.query.get("period") {
        Some("daily") => ("fifteenMins", 96, QUARTER),
        Some("weekly") => ("hours", 7 * 24, HOUR),
        Some("monthly") => ("days", 30, DAY),
        _ => return Err(ApiError::invalid("WanStats", "period", "daily, weekly, monthly")),
    };
    if location.network.is_none() {
        return Ok(json!({ member: [] }));
    }
    let end = floor(location.now, step);
    let points: Vec<Value> =
        (0..count).map(|index| wan_point(location, end - (count - index) * step, step)).collect();
    Ok(json!({ member: points }))
}

fn wan_point(location: &Location, start: i64, step: i64) -> Value {
    let quarters: Vec<Wan> =
        (0..step / QUARTER).filter_map(|quarter| traffic::wan(location, start + quarter * QUARTER)).collect();
    let sum =
        |value: fn(&Wan) -> f64| (!quarters.is_empty()).then(|| hundredths(quarters.iter().map(value).sum()));
    let max = |value: fn(&Wan) -> f64| quarters.iter().map(value).reduce(f64::max);
    json!({
        "timestamp": iso(start),
        "rxMbytes": sum(|wan| wan.rx_mbytes),
        "txMbytes": sum(|wan| wan.tx_mbytes),
        "rxMaxMbps": max(|wan| wan.rx_max_mbps),
        "txMaxMbps": max(|wan| wan.tx_max_mbps),
    })
}

/// `GET …/onlineStats`: by default the hours of the last seven days.
///
/// A sample is `offline` if the location was offline for five minutes of it (half of it, if it is shorter than ten
/// minutes or longer than an hour).
pub(crate) fn online_stats(request: &Request<'_>, location: &Location) -> Answer {
    let (step, enough, default) = match request.query.get("granularity").unwrap_or("hours") {
        "minutes" => (MINUTE, MINUTE / 2, 60),
        "hours" => (HOUR, 5 * MINUTE, 7 * 24),
        "days" => (DAY, DAY / 2, 30),
        _ => {
            return Err(ApiError::invalid("OnlineStats", "granularity", "days, hours, minutes"));
        }
    };
    let count = limit(request, default)?;
    let end = floor(location.now, step);
    let start = end - count * step;
    let samples: Vec<Value> = (0..count)
        .map(|index| start + index * step)
        .filter(|sample| location.network.is_some() && *sample >= floor(location.created, step))
        .map(|sample| {
            let offline = location.offline_within(sample, sample + step) >= enough;
            json!({ "timestamp": iso(sample), "value": if offline { "offline" } else { "online" } })
        })
        .collect();
    Ok(json!({ "statsDateRange": { "start": iso(start), "end": iso(end) }, "locationState": samples }))
}

/// One restart of a node, as in both reboot reports.
#[derive(Debug)]
pub(crate) struct Reboot<'l> {
    pub(crate) at: i64,
    pub(crate) node: &'l Node,
    pub(crate) reason: &'l str,
    pub(crate) firmware: &'l str,
}

/// Returns the restarts between two moments that the cloud knows of. A node reports a restart when it reconnects.
pub(crate) fn restarts(location: &Location, from: i64, to: i64) -> Vec<Reboot<'_>> {
    let of_node = |node| {
        let boots = location.history_of(node).map(|history| history.boots.as_slice()).unwrap_or_default();
        boots
            .iter()
            .filter(move |boot| location.node_online_within(node, boot.at, i64::MAX) > 0)
            .map(move |boot| Reboot { at: boot.at, node, reason: &boot.reason, firmware: &boot.firmware })
    };
    let all = location.nodes.iter().flat_map(of_node);
    all.filter(|reboot| (from..=to).contains(&reboot.at)).collect()
}

/// `GET …/reboots`: by default of the last 24 hours, newest first. Its body is not published; the member names are
/// made up from the gateway form of the same report.
pub(crate) fn reboots(request: &Request<'_>, location: &Location) -> Answer {
    let window = Window::of(request, DAY)?;
    let node = request.query.get("nodeId");
    let restarts = restarts(location, window.from, window.to);
    let wanted = restarts.into_iter().filter(|reboot| node.is_none_or(|id| reboot.node.serial == id));
    let events: Vec<Value> = window
        .pick(wanted, |reboot| reboot.at)
        .iter()
        .map(|reboot| json!({ "timestamp": iso(reboot.at), "nodeId": reboot.node.serial, "reason": reboot.reason }))
        .collect();
    Ok(json!({ "count": events.len(), "reboots": events }))
}
