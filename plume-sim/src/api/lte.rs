//! The LTE service: a backup Internet connection of some gateways.
//!
//! Only the form of `networkConfiguration` is published; the other bodies are made up.

use serde_json::{Value, json};

use crate::http::{Answer, ApiError, Request, at_most, choice, invalid, required, required_days, sample};
use crate::world::{DAY, HOUR, Location, MINUTE, Meter, SECOND, floor, hundredths, iso};

/// Returns whether the household's gateway has a modem, as every third one has.
pub(crate) fn is_supported(location: &Location) -> bool {
    location.gateway().is_some() && location.key.customer % 3 == 1
}

/// Returns the location in the path, which must have a modem.
fn equipped(request: &Request<'_>) -> Result<Location, ApiError> {
    let location = request.location()?;
    if is_supported(&location) {
        Ok(location)
    } else {
        Err(ApiError::no_such("LTE configurations", &location.id))
    }
}

fn meter(location: &Location) -> Meter {
    Meter::new(location, "lte")
}

pub(crate) fn supported(_: &Request<'_>, location: &Location) -> Answer {
    Ok(json!({ "supported": is_supported(location) }))
}

/// Returns the state of the modem, which is active while the line is down.
pub(crate) fn current_state(request: &Request<'_>) -> Answer {
    let location = equipped(request)?;
    let online = location.network.is_some_and(|network| network.online);
    let powered = location.gateway().is_some_and(|gateway| gateway.connected);
    Ok(sample!(
        "lte/current-state",
        location_id: location.id,
        state: match (powered, online) { (false, _) => "disconnected", (true, true) => "standby", (true, false) => "active", },
        state_changed_at: location.network.map(|network| iso(network.since)),
    ))
}

pub(crate) fn signal_strength(request: &Request<'_>) -> Answer {
    let location = equipped(request)?;
    let (meter, at) = (meter(&location), floor(location.now, MINUTE));
    Ok(json!({
        "timestamp": iso(at),
        "rssi": meter.read("rssi", at, -80.0, -60.0).round(),
        "rsrp": meter.read("rsrp", at, -105.0, -85.0).round(),
        "rsrq": meter.read("rsrq", at, -14.0, -8.0).round(),
        "sinr": meter.read("sinr", at, 5.0, 20.0).round(),
    }))
}

pub(crate) fn configuration(request: &Request<'_>) -> Answer {
    let location = equipped(request)?;
    Ok(sample!(
        "lte/configuration",
        location_id: location.id, updated_at: iso(location.onboarded()),
    ))
}

pub(crate) fn network_configuration(request: &Request<'_>) -> Answer {
    equipped(request)?;
    Ok(json!({ "secondaryNetworks": [{ "networkId": "fronthaul-1", "enable": true, "wan": true }] }))
}

/// Returns the hardware. The numbers of modem and card are invalid.
pub(crate) fn hardware_info(request: &Request<'_>) -> Answer {
    let location = equipped(request)?;
    let gateway = location.gateway();
    Ok(json!({
        "nodeId": gateway.map(|gateway| &gateway.serial),
        "model": "Example Modem",
        "imei": format!("00000000{:07}", location.key.customer),
        "iccid": format!("8900000000{:09}", location.key.customer),
        "carrier": "Example Mobile",
    }))
}

/// Returns the modem's traffic of a day: small, except on days with an outage of the line.
fn day_mbytes(location: &Location, day: i64) -> (f64, f64) {
    let meter = meter(location);
    let hours_down = location.offline_within(day, (day + DAY).min(location.now)) / HOUR;
    let share = f64::from(i32::try_from(hours_down).unwrap_or(0)) * 120.0 + 0.4;
    (meter.read("down", day, 0.6, 1.4) * share, meter.read("up", day, 0.1, 0.3) * share)
}

fn usage_row(location: &Location, start: i64, end: i64) -> Value {
    let days = (0..(end - start) / DAY).map(|index| start + index * DAY);
    let sum = days.map(|day| day_mbytes(location, day)).fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
    let round = hundredths;
    json!({ "timestamp": iso(start), "rxMbytes": round(sum.0), "txMbytes": round(sum.1) })
}

/// Returns the whole days of the location's life, at most a year.
fn days(location: &Location, start: i64, end: i64) -> impl Iterator<Item = i64> + use<> {
    let end = end.min(floor(location.now, DAY) + DAY);
    let first = start.max(floor(location.created, DAY)).max(end - 366 * DAY);
    (0..).map(move |index| first + index * DAY).take_while(move |day| *day < end)
}

/// `limitDays` is required.
pub(crate) fn metrics(request: &Request<'_>) -> Answer {
    let location = equipped(request)?;
    required(request, "limitDays")?;
    let count = i64::try_from(at_most(request, "limitDays", 1, 366)?).unwrap_or(1);
    let end = floor(location.now, DAY);
    let rows = days(&location, end - count * DAY, end).map(|day| usage_row(&location, day, day + DAY));
    Ok(json!({ "metrics": rows.collect::<Vec<_>>() }))
}

pub(crate) fn live_metrics(request: &Request<'_>) -> Answer {
    let location = equipped(request)?;
    let (meter, at) = (meter(&location), floor(location.now, SECOND));
    Ok(json!({
        "timestamp": iso(at),
        "rxMbps": meter.read("live down", at, 0.0, 0.2),
        "txMbps": meter.read("live up", at, 0.0, 0.1),
        "latencyMs": meter.read("latency", at, 35.0, 70.0),
    }))
}

/// Returns the requested days, and whether a row is a month or a year.
fn period<'a>(request: &'a Request<'_>) -> Result<(i64, i64, &'a str), ApiError> {
    let (start, end) = required_days(request)?;
    required(request, "type")?;
    let kind = choice(request, "type", &["monthly", "yearly"])?.unwrap_or_default();
    Ok((start, end, kind))
}

pub(crate) fn data_usage(request: &Request<'_>) -> Answer {
    let location = equipped(request)?;
    let (start, end, kind) = period(request)?;
    let days: Vec<i64> = days(&location, start, end).collect();
    // In `2026-01-15T…`, the first seven characters identify the month and the first four the year.
    let length = if kind == "yearly" { 4 } else { 7 };
    let same = |a: &i64, b: &i64| iso(*a).get(..length) == iso(*b).get(..length);
    let rows = days.chunk_by(same).filter_map(|run| {
        let (first, last) = (run.first()?, run.last()?);
        Some(usage_row(&location, *first, last + DAY))
    });
    Ok(json!({ "type": kind, "dataUsage": rows.collect::<Vec<_>>() }))
}

pub(crate) fn outages(request: &Request<'_>) -> Answer {
    let location = equipped(request)?;
    let (start, end, kind) = period(request)?;
    let rows = days(&location, start, end).filter_map(|day| {
        let seconds = location.offline_within(day, (day + DAY).min(location.now)) / SECOND;
        (seconds > 0).then(|| json!({ "timestamp": iso(day), "durationSeconds": seconds }))
    });
    Ok(json!({ "type": kind, "outages": rows.collect::<Vec<_>>() }))
}

/// Returns the modem's test of this day.
fn test_body(location: &Location, day: i64) -> Value {
    let meter = meter(location);
    json!({
        "requestId": meter.document_id("speed test", day),
        "timestamp": iso(day + 4 * HOUR),
        "status": "succeeded",
        "download": meter.read("download", day, 20.0, 80.0),
        "upload": meter.read("upload", day, 5.0, 20.0),
        "rtt": meter.read("rtt", day, 35.0, 70.0),
    })
}

/// Returns the days of the last two months with a complete test.
fn tests(location: &Location) -> Vec<i64> {
    let end = floor(location.now - 4 * HOUR, DAY) + DAY;
    days(location, end - 60 * DAY, end).filter(|day| day + 5 * HOUR <= location.now).collect()
}

pub(crate) fn speed_tests(request: &Request<'_>) -> Answer {
    let location = equipped(request)?;
    required(request, "limit")?;
    required(request, "granularity")?;
    let step = match choice(request, "granularity", &["days", "months"])? {
        Some("days") => DAY,
        Some(_) => 30 * DAY,
        None => return Err(invalid("granularity", "days, months")),
    };
    let limit = i64::try_from(at_most(request, "limit", 1, 1_000)?).unwrap_or(1);
    let tests = tests(&location).into_iter().filter(|day| *day >= location.now - limit * step);
    Ok(json!({ "speedTests": tests.map(|day| test_body(&location, day)).collect::<Vec<_>>() }))
}

pub(crate) fn speed_test(request: &Request<'_>) -> Answer {
    let location = equipped(request)?;
    let id = request.parameter("requestId");
    let mut bodies = tests(&location).into_iter().map(|day| test_body(&location, day));
    let found = bodies.find(|body| body.get("requestId") == Some(&json!(id)));
    found.ok_or_else(|| ApiError::no_such("speed tests", id))
}
