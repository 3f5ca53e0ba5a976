//! Radios: series by band, links between nodes, signal of devices.

use serde_json::{Map, Value, json};

use crate::http::{Answer, ApiError, Request, invalid, required_list};
use crate::reports::span::{LENGTHS, Span};
use crate::world::measures::traffic;
use crate::world::{
    Device, Link, Location, Meter, Node, QUARTER, device_there, floor, health_at, iso, node_there, online,
    tenths,
};

/// The bands and their names in series.
const BANDS: [(&str, &str); 3] = [("2.4G", "2g"), ("5G", "5g"), ("6G", "6g")];
/// The value for "no sample".
const NO_SIGNAL: f64 = -95.0;

/// Returns a body with one member for each band.
fn by_band(span: Span, series: impl Fn(&str) -> Value) -> Value {
    let mut body = Map::new();
    body.insert("statsDateRange".to_owned(), span.ranges());
    body.extend(BANDS.map(|(band, member)| (member.to_owned(), series(band))));
    body.insert("id".to_owned(), json!(0));
    Value::Object(body)
}

/// `GET …/nodes/{nodeId}/radio/{radio}/…`. No simulated node has a 6 GHz radio.
pub(crate) fn of_node(request: &Request<'_>, location: &Location, node: &Node) -> Answer {
    let radio = request.parameter("radio");
    if !BANDS.iter().any(|(band, _)| *band == radio) {
        return Err(invalid("radio", "2.4G, 5G, 6G"));
    }
    let span = Span::of(request)?;
    let measure = request.last_segment();
    let value = |at| radio_value(location, node, radio, measure, at, span.step);
    Ok(by_band(
        span,
        |band| {
            if band == radio && band != "6G" { json!(span.points(value)) } else { json!([]) }
        },
    ))
}

fn radio_value(
    location: &Location,
    node: &Node,
    radio: &str,
    measure: &str,
    at: i64,
    step: i64,
) -> Option<f64> {
    if !node_there(location, node, at, at + step) {
        return None;
    }
    let meter = Meter::new(location, &node.serial);
    let low_band = radio == "2.4G";
    let poor = health_at(location, node, at) == "poor";
    match measure {
        "bandwidth" => {
            let wan = traffic::wan(location, floor(at, QUARTER))?;
            let share = meter.read("share", at, 0.2, 0.9) * if low_band { 0.1 } else { 0.9 };
            Some(tenths(wan.rx_max_mbps * share))
        }
        "alarms" => Some(f64::from(u8::from(poor || meter.count(radio, at, 40) == 0))),
        "wifiCapacity" if low_band => Some(meter.read("capacity 2.4G", at, 40.0, 90.0)),
        "wifiCapacity" => Some(meter.read("capacity 5G", at, 280.0, 620.0)),
        _ => {
            let busy = if poor { 55.0 } else { 8.0 };
            Some(meter.read(radio, at, busy, busy + 30.0))
        }
    }
}

/// `GET …/nodes/{nodeId}/utilizationMetrics`: a series for each radio of the node.
pub(crate) fn utilization(request: &Request<'_>, location: &Location, node: &Node) -> Answer {
    let span = Span::of(request)?;
    let row = |band: &str, at: i64| {
        let radio = if band == "2.4G" { band } else { "5G" };
        let busy = radio_value(location, node, radio, "channelUtilization", at, span.step)?;
        let own = tenths(busy * Meter::new(location, &node.serial).read(band, at, 0.3, 0.7));
        Some(json!({
            "timestamp": iso(at),
            "channelUtilization": busy,
            "ownUtilization": own,
            "interference": tenths(busy - own),
        }))
    };
    let bands: Map<String, Value> = ["2.4G", "5GL", "5GU"]
        .into_iter()
        .map(|band| (band.to_owned(), span.steps().filter_map(|at| row(band, at)).collect()))
        .collect();
    Ok(json!({ "statsDateRange": span.ranges(), "data": bands }))
}

/// `GET …/nodes/{sourceId}/edges/{targetId}/edgePhy`: the rate of the link between a node and its child. Ethernet has
/// none.
pub(crate) fn edge_phy(request: &Request<'_>, location: &Location) -> Answer {
    let (source, target) = (request.parameter("sourceId"), request.parameter("targetId"));
    let node = location.node(source).ok_or_else(|| ApiError::no_such("nodes", source))?;
    let span = Span::of(request)?;
    let band = match (location.node(target), location.device(target)) {
        (Some(other), _) => (node.link == Link::Wifi || other.link == Link::Wifi).then_some("5G"),
        (None, Some(device)) => device.kind.band,
        (None, None) => return Err(ApiError::no_such("nodes", target)),
    };
    let meter = Meter::new(location, target);
    let rate = |at: i64| {
        let high = if band == Some("2.4G") { 230.0 } else { 1_200.0 };
        node_there(location, node, at, at + span.step)
            .then(|| meter.read("phy", at, 0.6 * high, high).round())
    };
    Ok(by_band(span, |of| if Some(of) == band { json!(span.points(rate)) } else { json!([]) }))
}

/// `GET …/edgesHistory`: the number of links of each band.
pub(crate) fn edges_history(request: &Request<'_>, location: &Location) -> Answer {
    let span = Span::of(request)?;
    let links = |band: &str, at: i64| {
        let end = at + span.step;
        let devices = location.devices.iter().filter(|device| device.kind.band == Some(band));
        let nodes = location.nodes.iter().filter(|node| node.link == Link::Wifi && band == "5G");
        online(location, at, end).then(|| {
            devices.filter(|device| device_there(location, device, at, end)).count()
                + nodes.filter(|node| node_there(location, node, at, end)).count()
        })
    };
    Ok(by_band(span, |band| match band {
        "6G" => json!([]),
        band => json!(span.points(|at| links(band, at))),
    }))
}

/// Returns the signal of a device in dBm. `None` while it was disconnected or on Ethernet.
pub(crate) fn signal(location: &Location, device: &Device, at: i64, step: i64) -> Option<f64> {
    device.kind.band.filter(|_| device_there(location, device, at, at + step)).map(|band| {
        let middle = if band == "2.4G" { -58.0 } else { -64.0 };
        Meter::new(location, &device.mac).read("rssi", at, middle - 9.0, middle + 9.0).round()
    })
}

/// `GET …/devices/{mac}/rssi`: by band and by the node that received the signal.
pub(crate) fn rssi(request: &Request<'_>, location: &Location, device: &Device) -> Answer {
    let span = Span::of(request)?;
    let past = location.history.devices.get(device.place()).map(|past| &past.node);
    let hung_on = |at: i64| past.and_then(|past| *past.at(at));
    let steps: Vec<i64> = span.steps().collect();
    let of = |node: &Node| {
        let value = |at| {
            let heard = hung_on(at) == Some(node.place());
            Some(signal(location, device, at, span.step).filter(|_| heard).unwrap_or(NO_SIGNAL))
        };
        json!(span.points(value))
    };
    let hearing =
        location.nodes.iter().filter(|node| steps.iter().any(|at| hung_on(*at) == Some(node.place())));
    let series: Map<String, Value> = hearing.map(|node| (node.serial.clone(), of(node))).collect();
    Ok(by_band(span, |band| if device.kind.band == Some(band) { json!(series) } else { json!({}) }))
}

/// `GET …/devices/{mac}/bandwidth`: megabytes down and up.
pub(crate) fn device_bandwidth(request: &Request<'_>, location: &Location, device: &Device) -> Answer {
    let span = Span::of(request)?;
    let moved = |way: fn((f64, f64)) -> f64| {
        span.points(|at| traffic::of_device(location, device, at, at + span.step).map(way))
    };
    Ok(json!({
        "statsDateRange": span.ranges(),
        "transmitted": moved(|(_, up)| up),
        "received": moved(|(down, _)| down),
        "id": 0,
    }))
}

/// `GET …/lanConnectivityHistory`: whether the requested devices were on Ethernet.
pub(crate) fn lan_connectivity(request: &Request<'_>, location: &Location) -> Answer {
    let macs = required_list(request, "macs")?;
    let span = Span::required(request, LENGTHS)?;
    let of_device = |mac: &str| {
        let device = location.device(mac).ok_or_else(|| ApiError::no_such("devices", mac))?;
        let cable = |at| device.kind.band.is_none() && device_there(location, device, at, at + span.step);
        let row = |at| json!({ "timestamp": iso(at), "isEthernetConnected": cable(at) });
        Ok(json!({ "mac": device.mac, "items": span.steps().map(row).collect::<Vec<_>>() }))
    };
    let devices: Result<Vec<Value>, ApiError> = macs.iter().map(|mac| of_device(mac)).collect();
    Ok(json!({ "statsDateRange": span.range(), "devices": devices? }))
}

/// `GET …/devices/{mac}/chartData`: signal and traffic together.
pub(crate) fn chart_data(request: &Request<'_>, location: &Location, device: &Device) -> Answer {
    let span = Span::of(request)?;
    let row = |at: i64| {
        let moved = traffic::of_device(location, device, at, at + span.step)?;
        Some(json!({
            "timestamp": iso(at),
            "rssi": signal(location, device, at, span.step),
            "downloadMb": moved.0,
            "uploadMb": moved.1,
        }))
    };
    Ok(json!({
        "mac": device.mac,
        "statsDateRange": span.range(),
        "chartsData": span.steps().filter_map(row).collect::<Vec<_>>(),
    }))
}
