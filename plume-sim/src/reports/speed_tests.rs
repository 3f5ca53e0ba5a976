//! Reports of speed tests.

use serde_json::{Value, json};

use crate::http::{Answer, ApiError, Request, date_ranges, limit};
use crate::world::measures::speed_test::{self, EVERY, SpeedTest, request_id};
use crate::world::{DAY, Link, Location, Node, floor, iso};

/// `GET …/nodes/{nodeId}/speedTestResults/{requestId}`, and the same in the reports service. 404 until the test is
/// complete.
pub(crate) fn one(request: &Request<'_>, location: &Location, node: &Node) -> Answer {
    let id = request.parameter("requestId");
    let test = speed_test::asked(location, node)
        .find(|test| test.request.map(request_id).as_deref() == Some(id) && test.ended() <= location.now);
    let test = test.ok_or_else(|| ApiError::no_such("speedTestResults", id))?;
    Ok(test.node_body())
}

/// `GET …/nodes/{nodeId}/results` of the reports service. Only the gateway runs scheduled tests.
pub(crate) fn series(request: &Request<'_>, location: &Location, node: &Node) -> Answer {
    let granularity = request.query.get("granularity").ok_or_else(|| ApiError::missing("granularity"))?;
    let step = match granularity {
        "days" => DAY,
        "hours" | "minutes" => EVERY,
        _ => {
            return Err(ApiError::invalid("SpeedTest", "granularity", "days, hours, minutes"));
        }
    };
    if request.query.get("limit").is_none() {
        return Err(ApiError::missing("limit"));
    }
    let count = limit(request, 1)?;
    let with_failed = request.query.flag("showFailedSpeedTests", false);
    let start = floor(location.now, step) - (count - 1) * step;
    let mut tests: Vec<SpeedTest> = (0..count)
        .filter(|_| node.link == Link::Root)
        .filter_map(|index| speed_test::at(location, start + index * step))
        .chain(speed_test::asked(location, node).filter(|test| test.started >= start))
        .filter(|test| test.ended() <= location.now)
        .collect();
    tests.sort_by_key(|test| test.started);
    let points = |value: fn(&SpeedTest) -> f64| -> Vec<Value> {
        tests
            .iter()
            .filter(|test| test.succeeded)
            .map(|test| json!({ "timestamp": iso(test.ended()), "value": value(test) }))
            .collect()
    };
    let failed: Vec<Value> = tests
        .iter()
        .filter(|test| !test.succeeded && with_failed)
        .map(|test| json!({ "timestamp": iso(test.started), "status": "failed" }))
        .collect();
    Ok(json!({
        "statsDateRange": date_ranges(start, location.now),
        "downloadSpeeds": points(|test| test.download),
        "uploadSpeeds": points(|test| test.upload),
        "failedSpeedTests": failed,
    }))
}
