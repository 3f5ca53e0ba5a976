//! Actions of the cloud: optimizations, topology changes, firmware.

use serde_json::{Value, json};

use crate::http::{Answer, ApiError, Request, extend, required_moment, sample};
use crate::reports::span::Window;
use crate::world::{
    DAY, KEPT, Link, Location, MINUTE, Meter, Optimization, channel, is_poor, iso, optimizations,
};

/// `GET locations/{locationId}/optimization`: the sums of the records that `optimizeRequests` lists.
pub(crate) fn optimization(request: &Request<'_>, location: &Location) -> Answer {
    let OptimizationCounts { total, succeeded, .. } = optimization_counts(request, location)?;
    Ok(json!({ "eaa": 0, "succeeded": succeeded, "failed": total - succeeded, "total": total }))
}

/// The default range of event reports.
const LATELY: i64 = 30 * DAY;

/// A kind of optimization record with its own form.
#[derive(Debug, Clone, Copy)]
enum Record {
    Request,
    Response,
    TopologyChange,
    TopologyResult,
}

impl Record {
    fn of(request: &Request<'_>) -> Self {
        match request.route.trim_end_matches("/{recordId}").rsplit('/').next() {
            Some("optimizeRequests") => Self::Request,
            Some("optimizeResponses") => Self::Response,
            Some("topologyChanges") => Self::TopologyChange,
            _ => Self::TopologyResult,
        }
    }

    fn about(self, optimization: &Optimization) -> bool {
        match self {
            Self::Request | Self::Response => true,
            Self::TopologyChange | Self::TopologyResult => optimization.changed,
        }
    }

    fn id(self, location: &Location, at: i64) -> String {
        // A response has the id of its request.
        let kind = match self {
            Self::Request | Self::Response => "optimization",
            Self::TopologyChange | Self::TopologyResult => "topology",
        };
        Meter::new(location, "optimizations").document_id(kind, at)
    }

    fn body(self, location: &Location, of: &Optimization) -> Value {
        let at = of.at;
        let wireless = location.nodes.iter().filter(|node| node.link == Link::Wifi).count();
        let mut body = match self {
            Self::Request => {
                json!({ "timestamp": iso(at), "trigger": if of.manual { "manual" } else { "scheduled" } })
            }
            Self::Response => json!({
                "timestamp": iso(at + MINUTE),
                "status": if of.succeeded { "succeeded" } else { "failed" },
                "channels": { "2g": channel("2.4G"), "5g": channel("5G") },
            }),
            Self::TopologyChange => json!({
                "timestamp": iso(at + MINUTE),
                "optimizationId": Self::Request.id(location, at),
                "wirelessLinks": wireless,
            }),
            Self::TopologyResult => json!({ "timestamp": iso(at + 2 * MINUTE), "status": "succeeded" }),
        };
        extend(&mut body, json!({ "id": self.id(location, at), "locationId": location.id }));
        body
    }
}

/// `GET …/optimizeRequests` and similar: at most 1000 ids, or 10 whole records with `deep=true`.
pub(crate) fn list(request: &Request<'_>, location: &Location) -> Answer {
    let record = Record::of(request);
    let deep = request.query.flag("deep", false);
    let window = Window::of(request, LATELY)?;
    let window = if deep { window.of_records(request)? } else { window };
    let events = optimizations(location).filter(|event| record.about(event));
    let rows = window.pick(events, |event| event.at).into_iter();
    Ok(rows
        .map(|event| if deep { record.body(location, &event) } else { json!(record.id(location, event.at)) })
        .collect())
}

/// `GET …/optimizeRequests/{recordId}` and similar.
pub(crate) fn one(request: &Request<'_>, location: &Location) -> Answer {
    let record = Record::of(request);
    let id = request.parameter("recordId");
    optimizations(location)
        .filter(|event| record.about(event))
        .find(|event| record.id(location, event.at) == id)
        .map(|event| record.body(location, &event))
        .ok_or_else(|| ApiError::no_such("records", id))
}

/// The number of optimizations in a time range.
#[derive(Debug)]
pub(crate) struct OptimizationCounts {
    window: Window,
    pub(crate) total: usize,
    pub(crate) succeeded: usize,
    changed: usize,
    last: Option<i64>,
}

/// Counts the optimizations in the requested range, or in the last 30 days.
pub(crate) fn optimization_counts(
    request: &Request<'_>,
    location: &Location,
) -> Result<OptimizationCounts, ApiError> {
    let window = Window::of(request, LATELY)?;
    let events = window.pick(optimizations(location), |event| event.at);
    Ok(OptimizationCounts {
        total: events.len(),
        succeeded: events.iter().filter(|event| event.succeeded).count(),
        changed: events.iter().filter(|event| event.changed).count(),
        last: events.iter().map(|event| event.at).max(),
        window,
    })
}

/// `GET …/optimizationSummary`: the sums of the same records.
pub(crate) fn optimization_summary(request: &Request<'_>, location: &Location) -> Answer {
    let counts = optimization_counts(request, location)?;
    Ok(sample!(
        "telemetry/changes-optimization-summary",
        start_at: iso(counts.window.from), end_at: iso(counts.window.to), total: counts.total,
        succeeded: counts.succeeded, failed: counts.total - counts.succeeded,
        topology_changes: counts.changed, last_at: counts.last.map(iso),
    ))
}

/// `GET …/firmwareUpgrades`, of the location or of one node. The first upgrade leads from the factory version to the
/// one at the start of service.
pub(crate) fn firmware_upgrades(request: &Request<'_>, location: &Location) -> Answer {
    let only = if request.parameter("nodeId").is_empty() { None } else { Some(request.node(location)?) };
    let window = Window::of(request, KEPT)?;
    let nodes = location.nodes.iter().filter(|node| only.is_none_or(|only| only.serial == node.serial));
    let upgrades =
        nodes.filter_map(|node| Some((node, location.history_of(node)?))).flat_map(|(node, past)| {
            let first = (node.claimed + 7 * MINUTE, past.firmware.at(location.created).to_string());
            let later = past.firmware.changes().iter().filter(|(at, _)| *at > location.created);
            let all: Vec<(i64, String)> =
                std::iter::once(first).chain(later.map(|(at, version)| (*at, version.to_string()))).collect();
            let before: Vec<String> =
                std::iter::once("8.0.0".to_owned()).chain(all.iter().map(|(_, to)| to.clone())).collect();
            all.into_iter().zip(before).map(move |((at, to), from)| (at, node, from, to)).collect::<Vec<_>>()
        });
    let rows = window.pick(upgrades, |(at, ..)| *at).into_iter().map(|(at, node, from, to)| {
        sample!(
            "telemetry/changes-firmware-upgrades",
            id: Meter::new(location, &node.serial).document_id("firmware", at),
            node_id: node.serial, model: node.model, from: from, to: to, started_at: iso(at),
            completed_at: iso(at + 6 * MINUTE),
        )
    });
    Ok(rows.collect())
}

/// `GET …/placement-recommendations`: nodes with poor health should be closer.
pub(crate) fn placement(request: &Request<'_>, location: &Location) -> Answer {
    let start = required_moment(request, "startAt")?;
    let window = Window::of(request, LATELY)?;
    let poor = location.nodes.iter().filter(|node| node.link == Link::Wifi && is_poor(node));
    let advice = poor.map(|node| (node.since.max(start), node));
    let rows = window.pick(advice, |(at, _)| *at).into_iter().map(|(at, node)| {
        json!({ "timestamp": iso(at), "nodeId": node.serial, "recommendation": "moveCloserToGateway" })
    });
    Ok(rows.collect())
}

/// `GET …/hotspotSteeringEvents` and `…/hotspotDailyStats`: no simulated home is a hotspot.
pub(crate) fn hotspots(request: &Request<'_>, location: &Location) -> Answer {
    if !request.parameter("mac").is_empty() {
        request.device(location)?;
    }
    Window::of(request, LATELY)?;
    Ok(json!([]))
}
