//! Documented actions that the simulator does not carry out.
//!
//! The reference lists them, so a client that sends one is not at fault. They answer 501 and say why, after the checks
//! that every resource has: a token, and the provider that the path belongs to.

use crate::{
    router::{Handler, RouteRow, Verb},
    routes::{api, report},
};

const fn row(verb: Verb, template: &'static str) -> RouteRow {
    RouteRow { verb, template, handler: Handler::Unsimulated, published: false }
}

/// The path of a location in the LTE service.
macro_rules! lte {
    ($rest:literal) => {
        concat!("/lteservice/locations/{locationId}", $rest)
    };
}

pub(crate) const ROUTES: &[RouteRow] = &[
    // Customers
    row(Verb::Post, "/api/Customers/resendEmailVerification"),
    // Locations
    row(Verb::Put, api!("/firmware")),
    row(Verb::Put, api!("/wanConfiguration")),
    row(Verb::Post, api!("/onboardingCheckpoint")),
    row(Verb::Put, api!("/optimizations")),
    row(Verb::Patch, api!("/optimizations")),
    row(Verb::Delete, api!("/factoryReset")),
    row(Verb::Delete, api!("/configs")),
    row(Verb::Put, api!("/bleMode")),
    row(Verb::Post, api!("/ispSpeedTest")),
    row(Verb::Put, api!("/ispSpeedTestConfiguration")),
    row(Verb::Put, api!("/backhaul")),
    row(Verb::Patch, api!("/qoe/liveMode")),
    row(Verb::Patch, report!("/qoe/liveMode")),
    // Nodes
    row(Verb::Put, api!("/nodes/{nodeId}/bleMode")),
    row(Verb::Put, api!("/nodes/{nodeId}/alerts/{type}")),
    row(Verb::Post, api!("/nodes/{nodeId}/kvConfigs")),
    row(Verb::Patch, api!("/nodes/{nodeId}/kvConfigs")),
    // Devices
    row(Verb::Delete, api!("/devices/{mac}")),
    row(Verb::Put, api!("/devices/{mac}/alerts/{type}")),
    row(Verb::Put, api!("/devices/{mac}/forcedSteer")),
    row(Verb::Delete, api!("/devices/{mac}/forcedSteer")),
    row(Verb::Patch, api!("/devices/{mac}/customType")),
    // Gateway group
    row(Verb::Patch, "/api/gateway/nodes/{nodeId}"),
    row(Verb::Put, "/api/gateway/nodes/{nodeId}/claim"),
    row(Verb::Put, "/api/gateway/nodes/{nodeId}/unclaim"),
    row(Verb::Put, "/api/gateway/nodes/{nodeId}/reboot"),
    row(Verb::Patch, "/api/gateway/locations/{locationId}"),
    row(Verb::Delete, "/api/gateway/locations/{locationId}"),
    row(Verb::Put, "/api/gateway/locations/{locationId}/reboot"),
    row(Verb::Put, "/api/gateway/locations/{locationId}/onboarding/status"),
    row(Verb::Patch, "/api/gateway/devices/{mac}"),
    row(Verb::Delete, "/api/gateway/devices/{mac}"),
    row(Verb::Put, "/api/gateway/devices/{mac}/forced-steer"),
    row(Verb::Delete, "/api/gateway/devices/{mac}/forced-steer"),
    row(Verb::Post, "/api/gateway/wans/{wanId}/speed-tests"),
    row(Verb::Post, "/api/gateway/users"),
    row(Verb::Post, "/api/gateway/users/{userId}/verify-email"),
    row(Verb::Post, "/api/gateway/users/{userId}/reset-password"),
    // LTE service
    row(Verb::Delete, lte!("")),
    row(Verb::Post, lte!("/enable")),
    row(Verb::Post, lte!("/disable")),
    row(Verb::Post, lte!("/enableOnboarding")),
    row(Verb::Post, lte!("/disableOnboarding")),
    row(Verb::Post, lte!("/forceSwitchover")),
    row(Verb::Put, lte!("/speedTest")),
    row(Verb::Put, lte!("/configuration")),
    row(Verb::Put, lte!("/networkConfiguration")),
];
