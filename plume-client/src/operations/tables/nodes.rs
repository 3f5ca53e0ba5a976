//! Gateways and pods. (`plume-api` endpoints §4)

use crate::operations::descriptor::{Parameter, Place};
use crate::operations::macros::operations;

const fn body(name: &'static str) -> Parameter {
    Parameter { name, place: Place::Body, required: false, values: &[] }
}

const fn query(name: &'static str) -> Parameter {
    Parameter { name, place: Place::Query, required: false, values: &[] }
}

/// Parameters of a claim. The kind of a node decides which of them it needs.
const CLAIM: &[Parameter] = &[
    body("serialNumber"),
    body("nickname"),
    body("room"),
    body("claimKey"),
    body("radioMac24"),
    body("radioMac50"),
    body("radioMac60"),
    body("ethernetMac"),
    body("ethernet1Mac"),
    body("model"),
    body("hybridCheck"),
    body("backhaulDhcpPoolIdx"),
    query("skipSubscription"),
];

operations! { NODES_TABLE, Nodes, Api, "/Customers/{id}/locations/{locationId}", "§4";
    NODES = "location.nodes": GET "/nodes" A -> List(Node), "Gateway and pods of a location";
    NODE = "location.node": GET "/nodes/{nodeId}" A -> Model(Node), "One node with the devices on it";
    NODE_CLAIM = "location.node.claim": POST (Neither) "/nodes" A {set CLAIM} -> Model(NodeClaim),
        "Claims a node for a location";
    NODE_RENAME = "location.node.rename": PUT (Idempotent) "/nodes/{nodeId}" A
        {body ["nickname": required, "emitMessage" = "on" | "off"]} -> Model(PartnerNode), "Renames a node";
    NODE_UNCLAIM = "location.node.unclaim": DELETE (Idempotent) "/nodes/{nodeId}" A
        {query ["preservePackId", "removeAccountId"]} -> Nothing, "Takes a node out of a location";
    NODE_REBOOT = "location.node.reboot": PUT (Neither) "/nodes/{nodeId}/reboot" A {body ["delay"]} -> Nothing,
        "Restarts a node";
    NODE_LED = "location.node.led": PUT (Idempotent) "/nodes/{nodeId}/ledMode" A
        {body ["mode" = "locate" | "normal" : required]} -> Json, "Lets a node blink, to find it";
    NODE_SPEED_TEST = "location.node.speedTest": POST (Neither) "/nodes/{nodeId}/speedTest" A
        {body ["serverId", "uplinkType"]} -> Json, "Starts a speed test on a node";
    NODE_SPEED_TESTS = "location.node.speedTests": GET "/nodes/{nodeId}/speedTestResults" A
        {query ["granularity" = "days" | "hours" | "minutes", "limit", "showFailedSpeedTests"]} pages LimitOnly
        -> Model(SpeedTestSeries), "Speed tests of a node over time";
    NODE_SPEED_TEST_RESULT = "location.node.speedTestResult": GET "/nodes/{nodeId}/speedTestResults/{requestId}" A
        -> Model(SpeedTest), "The result of one speed test";
    NODE_KV_CONFIGS = "location.node.kvConfigs": GET "/nodes/{nodeId}/kvConfigs" A -> List(KvConfig),
        "Hidden settings of a node";
    NODE_KV_STATES = "location.node.kvStates": GET "/nodes/{nodeId}/kvStates" A -> Json, "Hidden states of a node";
    VAP_STATES = "location.vapStates": GET "/vapStates" A -> Json, "The states of the access points";
    BACKHAULS = "location.backhauls": GET "/backhauls" A -> Json, "The states of the links between pods";
}

operations! { INVENTORY_TABLE, Nodes, Api, "", "§4";
    CUSTOMER_NODE = "customer.node": GET "/Customers/{id}/nodes/{nodeId}" A -> Model(Node),
        "A node of a customer, with its location's id";
    INVENTORY_NODE = "inventory.node": GET "/Nodes/{nodeId}" A -> Model(PartnerNode),
        "A node of the inventory, for internal roles";
    INVENTORY_LIST = "inventory.list": GET "/Nodes" A {query ["filter"]} pages Filter -> List(PartnerNode),
        "The inventory by a filter, for internal roles";
    INVENTORY_COUNT = "inventory.count": GET "/Nodes/count" A {query ["where"]} -> Model(Count),
        "Number of nodes, for internal roles";
    INVENTORY_OF_LOCATION = "inventory.ofLocation": GET "/Locations/{locationId}/nodes" A -> List(PartnerNode),
        "The nodes of a location, for internal roles";
}
