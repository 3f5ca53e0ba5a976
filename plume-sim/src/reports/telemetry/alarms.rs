//! Alarms: lost or poor nodes, and devices with a weak signal.

use serde_json::{Value, json};

use crate::http::{Answer, ApiError, Request, invalid};
use crate::reports::span::Span;
use crate::reports::telemetry::radio::signal;
use crate::world::{Device, Location, Node, health_at, node_there};

/// The signal in dBm below which a device has poor coverage.
const COVERAGE: f64 = -70.0;

/// A node or a device, with its number of alarms in the step that starts at a moment.
struct Source<'l> {
    id: &'l str,
    alarms: Box<dyn Fn(i64) -> Option<u32> + 'l>,
}

impl<'l> Source<'l> {
    /// Returns a node. It has an alarm while it is claimed and disconnected, and while its health is poor.
    fn node(location: &'l Location, node: &'l Node, step: i64) -> Self {
        let lost = move |at| !node_there(location, node, at, at + step);
        let alarm = move |at| u32::from(lost(at) || health_at(location, node, at) == "poor");
        Self { id: &node.serial, alarms: Box::new(move |at| (at >= node.claimed).then(|| alarm(at))) }
    }

    fn device(location: &'l Location, device: &'l Device, step: i64, threshold: f64) -> Self {
        let alarm = move |at| signal(location, device, at, step).map(|signal| u32::from(signal < threshold));
        Self { id: &device.mac, alarms: Box::new(alarm) }
    }

    /// Returns all nodes and all devices.
    fn all(location: &'l Location, step: i64) -> [Vec<Self>; 2] {
        [
            location.nodes.iter().map(|node| Self::node(location, node, step)).collect(),
            location.devices.iter().map(|device| Self::device(location, device, step, COVERAGE)).collect(),
        ]
    }
}

/// Returns the sum of the alarms. `None` before the first measurement.
fn sum(alarms: impl Iterator<Item = Option<u32>>) -> Option<u32> {
    alarms.flatten().reduce(|a, b| a + b)
}

/// `GET …/alarm`: the number of alarms in each step.
pub(crate) fn of_location(request: &Request<'_>, location: &Location) -> Answer {
    let span = Span::of(request)?;
    let [nodes, devices] = Source::all(location, span.step)
        .map(|sources| span.points(|at| sum(sources.iter().map(|source| (source.alarms)(at)))));
    Ok(json!({ "statsDateRange": span.ranges(), "deviceAlarm": devices, "podAlarm": nodes, "id": 0 }))
}

/// `GET …/alarmSummary`: the sources of alarms.
pub(crate) fn summary(request: &Request<'_>, location: &Location) -> Answer {
    let span = Span::of(request)?;
    let row = |source: Source<'_>| {
        let count = sum(span.steps().map(source.alarms)).filter(|count| *count > 0)?;
        Some(json!({ "id": source.id, "count": count }))
    };
    let [pods, devices] = Source::all(location, span.step)
        .map(|sources| sources.into_iter().filter_map(row).collect::<Vec<Value>>());
    let ids: Vec<&Value> = pods.iter().chain(&devices).filter_map(|row| row.get("id")).collect();
    Ok(
        json!({ "statsDateRange": span.ranges(), "alarmDevices": devices, "alarmPods": pods, "alarmIds": ids }),
    )
}

/// `GET …/node/{nodeId}/alarms`.
pub(crate) fn of_one_node(request: &Request<'_>, location: &Location, node: &Node) -> Answer {
    let span = Span::of(request)?;
    let alarms = span.points(Source::node(location, node, span.step).alarms);
    Ok(json!({ "statsDateRange": span.ranges(), "podAlarm": alarms, "id": node.serial }))
}

/// `GET …/nodeDevice/alarms`: every node and device separately.
pub(crate) fn of_each(request: &Request<'_>, location: &Location) -> Answer {
    let span = Span::of(request)?;
    let row = |source: Source<'_>| json!({ "id": source.id, "alarms": span.points(source.alarms) });
    let [nodes, devices] =
        Source::all(location, span.step).map(|sources| sources.into_iter().map(row).collect::<Vec<Value>>());
    Ok(json!({ "statsDateRange": span.ranges(), "podAlarm": nodes, "deviceAlarm": devices }))
}

/// `GET …/devices/{mac}/alarms`. `coverageAlarmThreshold` is the signal in dBm below which an alarm is raised.
pub(crate) fn of_one_device(request: &Request<'_>, location: &Location, device: &Device) -> Answer {
    let threshold: Result<f64, ApiError> =
        request.query.get("coverageAlarmThreshold").map_or(Ok(COVERAGE), |text| {
            text.parse().map_err(|_| invalid("coverageAlarmThreshold", "a signal in dBm"))
        });
    let (threshold, span) = (threshold?, Span::of(request)?);
    let alarms = span.points(Source::device(location, device, span.step, threshold).alarms);
    Ok(json!({ "statsDateRange": span.ranges(), "deviceAlarm": alarms, "id": device.mac }))
}
