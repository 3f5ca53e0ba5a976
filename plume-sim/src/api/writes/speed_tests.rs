//! Speed tests that somebody asks for.

use serde_json::{Value, json};

use crate::api::writes::fields::Fields;
use crate::http::{Order, Outcome, Problem, Reply};
use crate::world::Change;
use crate::world::measures::speed_test::request_id;

/// `POST …/nodes/{nodeId}/speedTest`. The result is there under the id when the test is over.
pub(crate) fn start(order: &mut Order<'_>) -> Outcome {
    let ask = order.ask();
    let location = ask.location()?;
    let node = ask.node(&location)?;
    let fields = Fields::of(&ask)?;
    fields.number("SpeedTest", "serverId", i64::from(u32::MAX))?;
    if fields.get("uplinkType").is_some_and(|uplink| !matches!(uplink, Value::String(_))) {
        return Err(Problem::bad_request("uplinkType has to be a string"));
    }
    if !node.connected {
        return Err(Problem::bad_request(format!("The node \"{}\" is not connected", node.serial)));
    }
    let request = order.world.written.speed_tests;
    order.world.written.speed_tests = request.saturating_add(1);
    order.world.record(location.key, Change::SpeedTest { node: node.place(), request });
    let id = request_id(request);
    let details = json!({ "nodeId": node.serial, "speedTest": { "requestId": id } });
    order.audit_location("LocationConfigChanged", location.key, &details);
    Ok(Reply::ok(json!({ "requestId": id, "nodeId": node.serial })))
}
