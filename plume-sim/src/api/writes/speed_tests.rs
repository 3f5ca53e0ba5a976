//! Speed tests that somebody asks for.

use serde_json::{Value, json};

use crate::api::writes::fields::Fields;
use crate::http::{Order, Outcome, Problem, Reply};
use crate::world::measures::speed_test::request_id;
use crate::world::{Change, Location, Node};

/// `POST …/nodes/{nodeId}/speedTest`. The result is there under the id when the test is over.
pub(crate) fn start(order: &mut Order<'_>, location: &Location, node: &Node) -> Outcome {
    let fields = Fields::of(&order.ask())?;
    fields.number("SpeedTest", "serverId", i64::from(u32::MAX))?;
    if fields.get("uplinkType").is_some_and(|uplink| !matches!(uplink, Value::String(_))) {
        return Err(Problem::bad_request("uplinkType has to be a string"));
    }
    if !node.connected {
        return Err(Problem::bad_request(format!("The node \"{}\" is not connected", node.serial)));
    }
    let request = order.world.written.speed_tests;
    order.world.written.speed_tests = request.saturating_add(1);
    let id = request_id(request);
    let details = json!({ "nodeId": node.serial, "speedTest": { "requestId": id } });
    order.configure(location.key, &details, Change::SpeedTest { node: node.place(), request });
    Ok(Reply::ok(json!({ "requestId": id, "nodeId": node.serial })))
}
