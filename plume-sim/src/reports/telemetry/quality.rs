//! Quality of experience: current, over time, and live.

use serde_json::{Value, json};

use crate::http::{Answer, ApiError, Request, extend, invalid, moment, texts};
use crate::reports::gateway::{self, base_of_health, qoe_item};
use crate::reports::span::Span;
use crate::world::{
    Device, Location, MINUTE, Meter, Node, QUARTER, SECOND, device_score, device_there, floor, health_at,
    iso, node_there, tenths,
};

/// Maximum number of nodes and devices in one request.
const MOST_IDS: usize = 30;

/// A node or a device.
#[derive(Debug, Clone, Copy)]
enum Thing<'l> {
    Node(&'l Node),
    Device(&'l Device),
}

impl Thing<'_> {
    fn id(&self) -> &str {
        match self {
            Self::Node(node) => &node.serial,
            Self::Device(device) => &device.mac,
        }
    }

    fn there(&self, location: &Location, start: i64, end: i64) -> bool {
        match self {
            Self::Node(node) => node_there(location, node, start, end),
            Self::Device(device) => device_there(location, device, start, end),
        }
    }

    /// Returns the score of a quarter hour, equal to that of the gateway reports.
    fn score(&self, location: &Location, start: i64) -> Value {
        let item = match self {
            Self::Node(node) => qoe_item(
                location,
                node.index.wrapping_add(128),
                start,
                base_of_health(health_at(location, node, start)),
            ),
            Self::Device(device) => qoe_item(location, device.index, start, device_score(location, device)),
        };
        item.pointer("/connection/weightedQoeScore").cloned().unwrap_or_default()
    }
}

/// Returns the node or the device in the path.
fn thing<'l>(request: &Request<'_>, location: &'l Location) -> Result<Thing<'l>, ApiError> {
    if request.parameter("mac").is_empty() {
        Ok(Thing::Node(request.node(location)?))
    } else {
        Ok(Thing::Device(request.device(location)?))
    }
}

/// `GET …/nodes/{nodeId}/qoe` and `…/devices/{mac}/qoe`: the row of [`gateway::location_qoe`]; without a score while
/// disconnected.
pub(crate) fn now_of(request: &Request<'_>, location: &Location) -> Answer {
    let thing = thing(request, location)?;
    let (list, key) = match thing {
        Thing::Node(_) => ("/nodes", "id"),
        Thing::Device(_) => ("/devices", "mac"),
    };
    let all = gateway::location_qoe(request, location)?;
    let rows = all.pointer(list).and_then(Value::as_array);
    let row = rows.and_then(|rows| rows.iter().find(|row| row.get(key) == Some(&json!(thing.id()))));
    Ok(row.cloned().unwrap_or_else(|| json!({ key: thing.id(), "score": null })))
}

/// Returns the `v2` form, in which a Wi-Fi 7 link can have several radios. Simulated links have one.
pub(crate) fn now_of_v2(request: &Request<'_>, location: &Location) -> Answer {
    let mut row = now_of(request, location)?;
    let band = row.get("freqBand").cloned();
    let rssi = row.get("rssiDbm").cloned();
    let links: Vec<Value> =
        band.map(|band| json!({ "freqBand": band, "rssiDbm": rssi })).into_iter().collect();
    extend(&mut row, json!({ "isMlo": false, "links": links }));
    Ok(row)
}

/// `GET …/qoeMetrics` and `…/qoeMetricsV2` of a node or a device.
pub(crate) fn metrics(request: &Request<'_>, location: &Location) -> Answer {
    let thing = thing(request, location)?;
    Ok(json!({ "data": points(request, location, thing, Span::quarters(request)?) }))
}

/// `POST …/qoeMetrics`: up to 30 nodes and devices at once, in the form for a single one. How the cloud marks the
/// owner of a point is not published.
pub(crate) fn metrics_of_many(request: &Request<'_>, location: &Location) -> Answer {
    let body = request.arguments()?;
    let ids = |names: [&str; 2]| names.into_iter().flat_map(|name| texts(body.get(name))).collect::<Vec<_>>();
    let (nodes, macs) = (ids(["nodeIds", "nodes"]), ids(["deviceIds", "macs"]));
    if !(1..=MOST_IDS).contains(&(nodes.len() + macs.len())) {
        return Err(invalid("ids", "1 to 30 nodes and devices"));
    }
    let span = Span::quarters(request)?;
    let mut data = Vec::new();
    let mut add = |thing: Thing<'_>, key: &str| {
        data.extend(points(request, location, thing, span).into_iter().map(|mut point| {
            extend(&mut point, json!({ key: thing.id() }));
            point
        }));
    };
    for id in &nodes {
        add(Thing::Node(location.node(id).ok_or_else(|| ApiError::no_such("nodes", id))?), "nodeId");
    }
    for mac in &macs {
        add(Thing::Device(location.device(mac).ok_or_else(|| ApiError::no_such("devices", mac))?), "mac");
    }
    Ok(json!({ "data": data }))
}

fn points(request: &Request<'_>, location: &Location, thing: Thing<'_>, span: Span) -> Vec<Value> {
    let meter = Meter::new(location, thing.id());
    let there = |start: &i64| thing.there(location, *start, start + QUARTER);
    let point = |start: i64| {
        let mean = meter.read("predicted", start, 180.0, 420.0);
        json!({
            "timestamp": stamp(request, start),
            "weightedQoeScore": thing.score(location, start),
            "averagePredictedWifiSpeed": mean,
            "minPredictedWifiSpeed": tenths(mean * 0.4),
            "channelUtilization": 12 + meter.count("utilization", start, 24),
            "interference": 4 + meter.count("interference", start, 16),
        })
    };
    span.steps().filter(there).map(point).collect()
}

/// Returns milliseconds, or ISO 8601 if requested.
fn stamp(request: &Request<'_>, at: i64) -> Value {
    if request.query.flag("timestampISOFormat", false) { json!(iso(at)) } else { json!(at) }
}

/// `GET …/liveModeStream[V2]` and `…/superLiveModeStream[V2]`: the rows of the last minute.
pub(crate) fn live(request: &Request<'_>, location: &Location) -> Answer {
    let step = if request.last_segment().starts_with("super") { SECOND } else { 5 * SECOND };
    let thing = thing(request, location)?;
    let meter = Meter::new(location, thing.id());
    let rows: Vec<Value> = live_steps(request, step)?
        .filter(|at| thing.there(location, *at, at + step))
        .map(|at| {
            json!({
                "timestamp": stamp(request, at),
                "weightedQoeScore": thing.score(location, floor(at, QUARTER)),
                "rssiDbm": meter.read("live rssi", at, -66.0, -52.0).round(),
                "txRateMbps": meter.read("live tx", at, 200.0, 860.0),
                "rxRateMbps": meter.read("live rx", at, 200.0, 860.0),
            })
        })
        .collect();
    Ok(json!({ "data": rows }))
}

/// Returns the steps since `startTime`, at most those of the last minute.
pub(crate) fn live_steps(
    request: &Request<'_>,
    step: i64,
) -> Result<impl Iterator<Item = i64> + use<>, ApiError> {
    let start = moment(request, "startTime")?.unwrap_or(0).max(request.now - MINUTE);
    let (first, now) = (floor(start, step), request.now);
    Ok((0..MINUTE / SECOND).map(move |index| first + index * step).take_while(move |at| at + step <= now))
}

/// `GET …/qoe/liveMode`: live mode is always off.
pub(crate) fn live_mode(_: &Request<'_>, _: &Location) -> Answer {
    Ok(json!({ "enable": false, "expiresAt": null, "reportingInterval": 5 }))
}
