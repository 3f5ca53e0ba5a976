//! Logs and audit events for support.

use serde_json::{Value, json};

use crate::http::{Answer, Request, at_most, choice, required_list, required_moment};
use crate::world::{Location, MINUTE, Meter, SECOND, iso, millis};

/// `GET …/nodeLogs`: log packages pulled by support; there are none.
pub(crate) fn node_logs(_: &Request<'_>, location: &Location) -> Answer {
    let rows = location.nodes.iter().map(|node| json!({ "nodeId": node.serial, "logs": [] }));
    Ok(json!({ "nodes": rows.collect::<Vec<_>>() }))
}

/// `GET …/configAudit/events`: the setup of the location. `includes` lists the kinds of events, or contains `all`;
/// `direction` is the order.
pub(crate) fn config_audit(request: &Request<'_>, location: &Location) -> Answer {
    let includes = required_list(request, "includes")?;
    let start = required_moment(request, "startTime")?;
    let limit = at_most(request, "limit", 100, 1_000)?;
    let newest_first = choice(request, "direction", &["asc", "desc"])? == Some("desc");
    let done = location.onboarded();
    let mut events: Vec<(i64, &str, Value)> = vec![
        (location.created, "location", json!({ "name": location.name })),
        (done - 5 * MINUTE, "wifiNetwork", json!({ "wpaMode": "psk2" })),
    ];
    let claims = location.nodes.iter().map(|node| {
        (done - 10 * MINUTE + i64::from(node.index) * SECOND, "nodes", json!({ "claimed": node.serial }))
    });
    events.extend(claims);
    let written =
        request.world.written.audit.iter().filter(|row| row.location_id.as_ref() == Some(&location.id));
    events.extend(written.map(|row| (millis(row.at), kind_of(row.event), row.change())));
    let wanted = |kind: &str| includes.iter().any(|name| ["all", kind].contains(&name.as_str()));
    events.retain(|(at, kind, _)| *at >= start && wanted(kind));
    events.sort_by_key(|(at, ..)| *at);
    if newest_first {
        events.reverse();
    }
    let meter = Meter::new(location, "configAudit");
    let rows = events.into_iter().take(limit).map(|(at, kind, change)| {
        json!({ "id": meter.document_id(kind, at), "timestamp": iso(at), "type": kind, "change": change })
    });
    Ok(rows.collect())
}

/// Returns the part of the location that an audit event concerns.
fn kind_of(event: &str) -> &'static str {
    if event.contains("Wifi") {
        "wifiNetwork"
    } else if event.contains("Node") {
        "nodes"
    } else {
        "location"
    }
}
