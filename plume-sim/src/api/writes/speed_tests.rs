//! Starts speed tests.

use serde_json::{Value, json};

use crate::api::writes::fields::Fields;
use crate::http::{ApiError, Outcome, Reply, Write};
use crate::world::measures::speed_test::request_id;
use crate::world::{Change, Location, Node};

/// `POST …/nodes/{nodeId}/speedTest`. The result is available by the id when the test is complete.
pub(crate) fn start(write: &mut Write<'_>, location: &Location, node: &Node) -> Outcome {
    let fields = Fields::of(&write.request())?;
    fields.number("SpeedTest", "serverId", i64::from(u32::MAX))?;
    if fields.get("uplinkType").is_some_and(|uplink| !matches!(uplink, Value::String(_))) {
        return Err(ApiError::bad_request("uplinkType has to be a string"));
    }
    if !node.connected {
        return Err(ApiError::bad_request(format!("The node \"{}\" is not connected", node.serial)));
    }
    let request = write.world.written.speed_tests;
    write.world.written.speed_tests = request.saturating_add(1);
    let id = request_id(request);
    let details = json!({ "nodeId": node.serial, "speedTest": { "requestId": id } });
    write.configure(location.key, &details, Change::SpeedTest { node: node.place(), request });
    Ok(Reply::ok(json!({ "requestId": id, "nodeId": node.serial })))
}
