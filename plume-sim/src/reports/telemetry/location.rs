//! Reports about a whole location.

use serde_json::json;

use crate::http::{
    Answer, ApiError, Request, choice, extend, insert, invalid, required, required_days, required_moment,
    sample,
};
use crate::reports::gateway;
use crate::reports::span::{LENGTHS, Span, Window};
use crate::reports::telemetry::quality::live_steps;
use crate::reports::telemetry::radio::signal;
use crate::world::last_day;
use crate::world::measures::speed_test;
use crate::world::{
    DAY, Device, HOUR, Location, MINUTE, Meter, SECOND, channel, floor, health_at, hundredths, iso,
    most_active, node_there, tenths,
};

/// `GET …/wanSaturation`: the peaks with their series.
pub(crate) fn wan_saturation(request: &Request<'_>, location: &Location) -> Answer {
    let mut body = gateway::wan_saturation(request, location)?;
    let series = gateway::wan_saturation_history(request, location)?;
    extend(&mut body, json!({ "chart": series.get("items") }));
    Ok(body)
}

/// `GET …/nodes/wanStatsLiveModeStream`: the traffic of the last minute, second by second.
pub(crate) fn wan_live(request: &Request<'_>, location: &Location) -> Answer {
    required_moment(request, "startTime")?;
    let gateway = location.gateway();
    let meter = Meter::new(location, "wan");
    let rows = live_steps(request, SECOND)?
        .filter(|at| gateway.is_some_and(|node| node_there(location, node, *at, at + SECOND)))
        .map(|at| {
            json!({
                "timestamp": at,
                "rxMbps": meter.read("rx", at, 0.2, 180.0),
                "txMbps": meter.read("tx", at, 0.1, 22.0),
            })
        });
    Ok(json!({ "nodeId": gateway.map(|node| &node.serial), "data": rows.collect::<Vec<_>>() }))
}

/// `GET …/networkOutages/stats`: the outages of the location.
pub(crate) fn outages(request: &Request<'_>, location: &Location) -> Answer {
    let (start, end) =
        (required_moment(request, "startTimestamp")?, required_moment(request, "endTimestamp")?);
    required(request, "type")?;
    let kind = choice(request, "type", &["yearly", "monthly"])?.unwrap_or_default();
    if end < start {
        return Err(invalid("endTimestamp", "a time that is not before startTimestamp"));
    }
    let from = start.max(location.created).max(location.now - 366 * DAY);
    let outages = location.history.outages(from, end.min(location.now));
    let mut body = json!({
        "type": kind,
        "count": outages.len(),
        "totalSeconds": outages.iter().map(|(start, end)| (end - start) / SECOND).sum::<i64>(),
    });
    if !request.query.flag("countOnly", false) {
        let row = |(start, end): &(i64, i64)| json!({ "timestamp": iso(*start), "durationSeconds": (end - start) / SECOND });
        extend(&mut body, json!({ "outages": outages.iter().map(row).collect::<Vec<_>>() }));
    }
    Ok(body)
}

/// `GET …/nodes/health`: by day, shifted by the offset of the caller's time zone.
pub(crate) fn node_health(request: &Request<'_>, location: &Location) -> Answer {
    let (start, end) = required_days(request)?;
    required(request, "granularity")?;
    let given = choice(request, "granularity", &["15m", "3h"])?;
    let step = LENGTHS.iter().find(|(name, _)| Some(*name) == given).map_or(HOUR, |(_, step)| *step);
    let offset = match request.query.get("timezoneOffset").map(str::parse::<i64>) {
        None => 0,
        Some(Ok(minutes)) if minutes.abs() <= 24 * 60 => minutes * MINUTE,
        Some(_) => return Err(invalid("timezoneOffset", "minutes")),
    };
    let span = Span::between(request, start + offset, end + offset, step);
    let rows = location.nodes.iter().map(|node| {
        let there = |at: &i64| node_there(location, node, *at, at + step);
        let points = span
            .steps()
            .filter(there)
            .map(|at| json!({ "timestamp": iso(at), "status": health_at(location, node, at) }));
        json!({ "id": node.serial, "health": points.collect::<Vec<_>>() })
    });
    Ok(json!({ "statsDateRange": span.range(), "nodes": rows.collect::<Vec<_>>() }))
}

/// `GET …/appResults`: the combined speed tests of the last month.
pub(crate) fn app_results(request: &Request<'_>, location: &Location) -> Answer {
    let latest = speed_test::latest(location);
    let mut body = speed_test::averages(location);
    let recent = request.query.flag("recentSpeedTest", false);
    insert(&mut body, "recentSpeedTest", recent.then(|| latest.map(|test| test.uplink_body())));
    Ok(body)
}

/// `GET …/dashboard`: the requested devices, or all, with signal and traffic.
pub(crate) fn dashboard(request: &Request<'_>, location: &Location) -> Answer {
    let asked = request.query.list("macs");
    if let Some(unknown) = asked.iter().flatten().find(|mac| location.device(mac).is_none()) {
        return Err(ApiError::no_such("devices", unknown));
    }
    let wanted = |device: &&Device| {
        asked.as_ref().is_none_or(|macs| {
            macs.iter().filter_map(|mac| location.device(mac)).any(|other| other.mac == device.mac)
        })
    };
    let hour = floor(location.now, HOUR) - HOUR;
    let row = |device: &Device| {
        let moved = last_day(location, device);
        json!({
            "mac": device.mac,
            "rssi": signal(location, device, hour, HOUR),
            "downloadMb": moved.map(|moved| hundredths(moved.0)),
            "uploadMb": moved.map(|moved| hundredths(moved.1)),
        })
    };
    Ok(json!({ "devices": location.devices.iter().filter(wanted).map(row).collect::<Vec<_>>() }))
}

/// `GET …/monthlyReport`: key figures of the last 30 days.
pub(crate) fn monthly(_: &Request<'_>, location: &Location) -> Answer {
    let start = floor(location.now, DAY) - 30 * DAY;
    let offline = location.offline_within(start, location.now) / SECOND;
    Ok(json!({
        "startAt": iso(start),
        "endAt": iso(location.now),
        "offlineSeconds": offline,
        "nodes": location.nodes.len(),
        "devices": location.devices.len(),
        "mostActiveDevices": most_active(location, 3),
    }))
}

/// `GET …/neighborReport`: the foreign networks in range of each node.
pub(crate) fn neighbors(_: &Request<'_>, location: &Location) -> Answer {
    let nodes = location.nodes.iter().filter(|node| node.connected).map(|node| {
        let meter = Meter::new(location, &node.serial);
        let heard = (0..=i64::try_from(meter.count("neighbors", 0, 4)).unwrap_or(0)).map(|n| {
            let band = if n % 2 == 0 { "2.4G" } else { "5G" };
            json!({
                "ssid": format!("NeighborNet-{n}"),
                "bssid": format!("02:00:5E:00:53:{n:02X}"),
                "freqBand": band,
                "channel": channel(band),
                "rssiDbm": meter.read("neighbor", n, -88.0, -62.0).round(),
            })
        });
        json!({ "id": node.serial, "neighbors": heard.collect::<Vec<_>>() })
    });
    Ok(json!({ "nodes": nodes.collect::<Vec<_>>() }))
}

/// `GET …/broadbandEfficiencyAlert`: raised if speed tests are far below the subscribed bandwidth.
pub(crate) fn broadband(request: &Request<'_>, location: &Location) -> Answer {
    Window::of(request, 30 * DAY)?;
    let measured = speed_test::latest(location).map(|test| test.download);
    let efficiency = measured.map(|mbps| tenths(mbps / speed_test::DOWNLOAD_MBPS * 100.0));
    Ok(json!({
        "alert": efficiency.is_some_and(|percent| percent < 80.0),
        "efficiencyPercentage": efficiency,
        "measuredMbps": measured,
        "subscribedMbps": speed_test::DOWNLOAD_MBPS,
    }))
}

/// `GET …/devices/{mac}/deviceTypeDetails`: the recognized type, and its sources.
pub(crate) fn device_type(_: &Request<'_>, _: &Location, device: &Device) -> Answer {
    let kind = device.kind;
    let mut body = sample!(
        "telemetry/location-device-type",
        mac: device.mac, category: kind.category, brand: kind.brand, model: kind.model, icon: kind.icon,
        confidence: if kind.sparse { "low" } else { "high" },
        sources: if kind.sparse { json!(["mac"]) } else { json!(["dhcp", "mdns"]) },
    );
    insert(&mut body, "os", kind.os.map(|(name, version)| json!({ "name": name, "version": version })));
    Ok(body)
}

/// `GET …/devices/{mac}/stitchHistory`: the former addresses of the device. Simulated devices keep theirs.
pub(crate) fn stitches(_: &Request<'_>, _: &Location, device: &Device) -> Answer {
    Ok(json!([{ "mac": device.mac, "timestamp": iso(device.first_seen), "reason": "firstSeen" }]))
}
