//! Alarms: nodes that are lost or of poor health, devices that hear too little.

use serde_json::{Value, json};

use crate::http::{Answer, ApiError, Request, invalid};
use crate::reports::span::Span;
use crate::reports::telemetry::radio::signal;
use crate::world::{Device, Location, Node, health_at, node_there};

/// Below this signal, in dBm, a device counts as badly covered.
const COVERAGE: f64 = -70.0;

/// Whether the node raised an alarm: it was not there although it had been claimed, or it was poor.
fn of_node(location: &Location, node: &Node, at: i64, step: i64) -> Option<u32> {
    let known = at >= node.claimed;
    known.then(|| {
        u32::from(!node_there(location, node, at, at + step) || health_at(location, node, at) == "poor")
    })
}

fn of_device(location: &Location, device: &Device, at: i64, step: i64, threshold: f64) -> Option<u32> {
    signal(location, device, at, step).map(|signal| u32::from(signal < threshold))
}

/// The alarms of all nodes or devices, added up; none before anything was known.
fn sum(alarms: impl Iterator<Item = Option<u32>>) -> Option<u32> {
    alarms.flatten().reduce(|a, b| a + b)
}

fn node_alarms(location: &Location, span: Span) -> Vec<Value> {
    span.points(|at| sum(location.nodes.iter().map(|node| of_node(location, node, at, span.step))))
}

fn device_alarms(location: &Location, span: Span) -> Vec<Value> {
    let of = |device, at| of_device(location, device, at, span.step, COVERAGE);
    span.points(|at| sum(location.devices.iter().map(|device| of(device, at))))
}

/// `GET …/alarm`: how many alarms there were in each step.
pub(crate) fn of_location(request: &Request<'_>, location: &Location) -> Answer {
    let span = Span::of(request)?;
    Ok(json!({
        "statsDateRange": span.ranges(),
        "deviceAlarm": device_alarms(location, span),
        "podAlarm": node_alarms(location, span),
        "id": 0,
    }))
}

/// `GET …/alarmSummary`: who raised alarms.
pub(crate) fn summary(request: &Request<'_>, location: &Location) -> Answer {
    let span = Span::of(request)?;
    let raised =
        |alarms: &dyn Fn(i64) -> Option<u32>| sum(span.steps().map(alarms)).filter(|count| *count > 0);
    let pods: Vec<Value> = location
        .nodes
        .iter()
        .filter_map(|node| {
            let count = raised(&|at| of_node(location, node, at, span.step))?;
            Some(json!({ "id": node.serial, "count": count }))
        })
        .collect();
    let devices: Vec<Value> = location
        .devices
        .iter()
        .filter_map(|device| {
            let count = raised(&|at| of_device(location, device, at, span.step, COVERAGE))?;
            Some(json!({ "id": device.mac, "count": count }))
        })
        .collect();
    let ids: Vec<&Value> = pods.iter().chain(&devices).filter_map(|row| row.get("id")).collect();
    Ok(
        json!({ "statsDateRange": span.ranges(), "alarmDevices": devices, "alarmPods": pods, "alarmIds": ids }),
    )
}

/// `GET …/node/{nodeId}/alarms`.
pub(crate) fn of_one_node(request: &Request<'_>, location: &Location, node: &Node) -> Answer {
    let span = Span::of(request)?;
    let alarms = span.points(|at| of_node(location, node, at, span.step));
    Ok(json!({ "statsDateRange": span.ranges(), "podAlarm": alarms, "id": node.serial }))
}

/// `GET …/nodeDevice/alarms`: both kinds, one by one.
pub(crate) fn of_each(request: &Request<'_>, location: &Location) -> Answer {
    let span = Span::of(request)?;
    let nodes = location.nodes.iter().map(|node| {
        json!({ "id": node.serial, "alarms": span.points(|at| of_node(location, node, at, span.step)) })
    });
    let devices = location.devices.iter().map(|device| {
        let alarms = span.points(|at| of_device(location, device, at, span.step, COVERAGE));
        json!({ "id": device.mac, "alarms": alarms })
    });
    Ok(json!({
        "statsDateRange": span.ranges(),
        "podAlarm": nodes.collect::<Vec<_>>(),
        "deviceAlarm": devices.collect::<Vec<_>>(),
    }))
}

/// `GET …/devices/{mac}/alarms`. `coverageAlarmThreshold` is the signal below which one is raised, in dBm.
pub(crate) fn of_one_device(request: &Request<'_>, location: &Location, device: &Device) -> Answer {
    let threshold: Result<f64, ApiError> =
        request.query.get("coverageAlarmThreshold").map_or(Ok(COVERAGE), |text| {
            text.parse().map_err(|_| invalid("coverageAlarmThreshold", "a signal in dBm"))
        });
    let (threshold, span) = (threshold?, Span::of(request)?);
    let alarms = span.points(|at| of_device(location, device, at, span.step, threshold));
    Ok(json!({ "statsDateRange": span.ranges(), "deviceAlarm": alarms, "id": device.mac }))
}
