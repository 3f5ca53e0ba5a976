//! Routes of the LTE service.

use serde_json::json;

use crate::api::lte;
use crate::http::{RouteRow, get, of_location};

/// Returns the path of a location's resource in the LTE service.
macro_rules! lte {
    ($rest:literal) => {
        concat!("/lteservice/locations/{locationId}/", $rest)
    };
}

pub(crate) const ROUTES: &[RouteRow] = &[
    get("/lteservice/health", |_| Ok(json!({ "status": "UP" }))).made_up(),
    get("/lteservice/version", |_| Ok(json!({ "version": "1.110.0" }))).made_up(),
    get("/lteservice/metrics", |_| Ok(json!({ "uptimeSeconds": 86_400 }))).made_up(),
    get(lte!("currentState"), lte::current_state).made_up(),
    of_location(lte!("supported"), lte::supported).made_up(),
    get(lte!("signalStrength"), lte::signal_strength).made_up(),
    get(lte!("configuration"), lte::configuration).made_up(),
    get(lte!("networkConfiguration"), lte::network_configuration),
    get(lte!("hardwareInfo"), lte::hardware_info).made_up(),
    get(lte!("metrics"), lte::metrics).made_up(),
    get(lte!("liveMetrics"), lte::live_metrics).made_up(),
    get(lte!("dataUsage"), lte::data_usage).made_up(),
    get(lte!("ispOutageInfo"), lte::outages).made_up(),
    get(lte!("speedTests"), lte::speed_tests).made_up(),
    get(lte!("speedTests/{requestId}"), lte::speed_test).made_up(),
];
