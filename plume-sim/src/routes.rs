//! The route table: everything the simulator serves.
//!
//! Rows stand beside the functions that answer them where a group has a module of its own; they are put
//! together and sorted here, so their order in the sources does not matter.

use std::sync::LazyLock;

use crate::{
    accounts, app_qoe, customers, devices, gateway, gateway_reports, location, lte, nodes, overview,
    partners, reports,
    router::{Answer, Ask, Handler, Order, Outcome, RouteRow, Verb},
    settings, speed_test, telemetry, unsimulated, wifi, writes,
};

/// Every row, with a fixed segment before a placeholder in the same place: the order in which a request is
/// compared with them. A brace sorts behind all letters and digits, so the order of the texts is that one.
pub(crate) static ROUTES: LazyLock<Vec<RouteRow>> = LazyLock::new(|| {
    let tables = [
        BASE,
        accounts::ROUTES,
        overview::ROUTES,
        settings::ROUTES,
        telemetry::ROUTES,
        gateway::ROUTES,
        lte::ROUTES,
        unsimulated::ROUTES,
    ];
    let mut rows = tables.concat();
    rows.sort_by_key(|row| (row.template, row.verb));
    rows
});

pub(crate) const fn get(template: &'static str, handler: fn(&Ask<'_>) -> Answer) -> RouteRow {
    RouteRow { verb: Verb::Get, template, handler: Handler::Resource(handler), published: true }
}

pub(crate) const fn post(template: &'static str, handler: fn(&Ask<'_>) -> Answer) -> RouteRow {
    RouteRow { verb: Verb::Post, template, handler: Handler::Resource(handler), published: true }
}

const fn write(verb: Verb, template: &'static str, handler: fn(&mut Order<'_>) -> Outcome) -> RouteRow {
    RouteRow { verb, template, handler: Handler::Write(handler), published: true }
}

/// The path of a part of a location in the API.
macro_rules! api {
    ($rest:literal) => {
        concat!("/api/Customers/{id}/locations/{locationId}", $rest)
    };
}
/// The path of a report about a location.
macro_rules! report {
    ($rest:literal) => {
        concat!("/reports/Customers/{id}/locations/{locationId}", $rest)
    };
}
pub(crate) use {api, report};

static BASE: &[RouteRow] = &[
    // Authorization server
    RouteRow {
        verb: Verb::Post,
        template: "/oauth2/{authServerId}/v1/token",
        handler: Handler::Token,
        published: true,
    },
    RouteRow {
        verb: Verb::Post,
        template: "/oauth2/{authServerId}/v1/introspect",
        handler: Handler::Introspect,
        published: true,
    },
    // Servers of the cloud's kind have these two; no page about the cloud mentions them.
    RouteRow {
        verb: Verb::Get,
        template: "/oauth2/{authServerId}/.well-known/oauth-authorization-server",
        handler: Handler::Metadata,
        published: false,
    },
    RouteRow {
        verb: Verb::Post,
        template: "/oauth2/{authServerId}/v1/revoke",
        handler: Handler::Revoke,
        published: false,
    },
    // Customers
    get("/api/Customers", customers::list),
    get("/api/Customers/count", customers::count),
    get("/api/Customers/v2/search", customers::search_v2),
    get("/api/Customers/search/{keyword}", customers::search),
    get("/api/Customers/{id}", customers::one),
    get("/api/Customers/{id}/nodes/{nodeId}", nodes::of_customer),
    // Partners and groups
    get("/api/partners/customers/search/{keyword}", partners::search_customers),
    get("/api/partners/locations/{keyword}", partners::location),
    get("/api/partners/nodes/{nodeId}", partners::node),
    get("/api/Groups/{id}/customers", partners::group_customers),
    // Locations
    get("/api/Customers/{id}/locations", location::list),
    get("/api/Customers/{id}/locations/{locationId}", location::one),
    get("/api/Customers/{id}/locations/{locationId}/serviceLevel", location::service_level),
    get("/api/Customers/{id}/locations/{locationId}/capabilities", location::capabilities),
    get("/api/Customers/{id}/locations/{locationId}/alerts", location::alerts).made_up(),
    get("/api/Customers/{id}/locations/{locationId}/uplink-status", location::uplink_status).made_up(),
    // Nodes and devices
    get("/api/Customers/{id}/locations/{locationId}/nodes", nodes::list),
    get("/api/Customers/{id}/locations/{locationId}/nodes/{nodeId}", nodes::one),
    get("/api/Customers/{id}/locations/{locationId}/devices", devices::list),
    get("/api/Customers/{id}/locations/{locationId}/devices/{mac}", devices::one),
    // Wi-Fi and backhaul
    get("/api/Customers/{id}/locations/{locationId}/wifiNetwork", wifi::network),
    get("/api/Customers/{id}/locations/{locationId}/wifiNetwork/ssid", wifi::ssid_only),
    get("/api/Customers/{id}/locations/{locationId}/wifiNetworks", wifi::networks),
    get("/api/Customers/{id}/locations/{locationId}/backhaul", wifi::backhaul),
    // Quality of applications
    post(
        "/api/Customers/{id}/locations/{locationId}/appqoe/AppQoeStatsByTrafficClass",
        app_qoe::by_traffic_class,
    )
    .made_up(),
    get("/api/Customers/{id}/locations/{locationId}/appqoe/traffic_class_stats", app_qoe::class_stats)
        .made_up(),
    post("/api/Customers/{id}/locations/{locationId}/appqoe/traffic_class_stats", app_qoe::class_stats)
        .made_up(),
    // Reports
    get("/reports/Customers/{id}/locations/{locationId}/wanStats", reports::wan_stats),
    get("/reports/Customers/{id}/locations/{locationId}/onlineStats", reports::online_stats),
    get("/reports/Customers/{id}/locations/{locationId}/reboots", reports::reboots).made_up(),
    get("/reports/Customers/{id}/locations/{locationId}/nodes/{nodeId}/results", speed_test::series),
    // Reports without a customer in the path
    get("/reports/gateway/devices/{mac}/qoe/history", gateway_reports::device_qoe),
    get("/reports/gateway/devices/{mac}/bandwidth", gateway_reports::device_bandwidth),
    get("/reports/gateway/devices/{mac}/bandwidth/history", gateway_reports::device_bandwidth_history),
    get("/reports/gateway/devices/{mac}/lan-connectivity/history", gateway_reports::lan_connectivity),
    get("/reports/gateway/nodes/{nodeId}/qoe/history", gateway_reports::node_qoe),
    get("/reports/gateway/locations/{locationId}/qoe", gateway_reports::location_qoe),
    get("/reports/gateway/locations/{locationId}/devices/bandwidth", gateway_reports::devices_bandwidth),
    get("/reports/gateway/locations/{locationId}/optimization", gateway_reports::optimization),
    get("/reports/gateway/locations/{locationId}/reboot/history", gateway_reports::reboot_history),
    get("/reports/gateway/locations/{locationId}/wan-stats/history", gateway_reports::wan_history),
    get("/reports/gateway/locations/{locationId}/wan-saturation", gateway_reports::wan_saturation),
    get(
        "/reports/gateway/locations/{locationId}/wan-saturation/history",
        gateway_reports::wan_saturation_history,
    ),
    // What changes something
    write(Verb::Post, "/api/Customers/register", writes::customers::register),
    write(Verb::Post, "/api/Customers/registerWithGroups", writes::customers::register_with_groups),
    write(Verb::Put, "/api/Customers/{id}", writes::customers::update),
    write(Verb::Patch, "/api/Customers/{id}", writes::customers::update),
    write(Verb::Delete, "/api/Customers/{id}", writes::customers::delete),
    write(Verb::Patch, "/api/partners/nodes/{nodeId}", writes::nodes::update_stored),
    write(Verb::Delete, "/api/partners/nodes/{nodeId}", writes::nodes::delete_stored),
    write(Verb::Post, "/api/Customers/{id}/locations", writes::locations::create),
    write(Verb::Put, "/api/Customers/{id}/locations/{locationId}", writes::locations::rename),
    write(Verb::Patch, "/api/Customers/{id}/locations/{locationId}", writes::locations::update),
    write(Verb::Delete, "/api/Customers/{id}/locations/{locationId}", writes::locations::delete),
    write(
        Verb::Patch,
        "/api/Customers/{id}/locations/{locationId}/serviceLevel",
        writes::locations::service_level,
    ),
    write(Verb::Put, "/api/Customers/{id}/locations/{locationId}/reboot", writes::locations::reboot),
    write(Verb::Post, "/api/Customers/{id}/locations/{locationId}/optimize", writes::locations::optimize),
    write(Verb::Post, "/api/Customers/{id}/locations/{locationId}/nodes", writes::nodes::claim),
    write(Verb::Delete, "/api/Customers/{id}/locations/{locationId}/nodes", writes::nodes::unclaim_all),
    write(Verb::Put, "/api/Customers/{id}/locations/{locationId}/nodes/{nodeId}", writes::nodes::rename),
    write(Verb::Delete, "/api/Customers/{id}/locations/{locationId}/nodes/{nodeId}", writes::nodes::unclaim),
    write(
        Verb::Put,
        "/api/Customers/{id}/locations/{locationId}/nodes/{nodeId}/reboot",
        writes::nodes::reboot,
    ),
    write(
        Verb::Put,
        "/api/Customers/{id}/locations/{locationId}/nodes/{nodeId}/ledMode",
        writes::nodes::led_mode,
    ),
    write(
        Verb::Post,
        "/api/Customers/{id}/locations/{locationId}/nodes/{nodeId}/speedTest",
        writes::speed_tests::start,
    )
    .made_up(),
    write(Verb::Patch, "/api/Customers/{id}/locations/{locationId}/devices/{mac}", writes::devices::update),
    write(Verb::Put, "/api/Customers/{id}/devices/{mac}", writes::devices::rename),
    write(Verb::Post, "/api/Customers/{id}/locations/{locationId}/wifiNetwork", writes::wifi::create),
    write(Verb::Put, "/api/Customers/{id}/locations/{locationId}/wifiNetwork", writes::wifi::replace),
    write(Verb::Patch, "/api/Customers/{id}/locations/{locationId}/wifiNetwork", writes::wifi::update),
    get("/api/Customers/{id}/auditTrail", writes::customer_trail),
    get("/api/Customers/{id}/locations/{locationId}/auditTrail", writes::location_trail),
    get(
        "/api/Customers/{id}/locations/{locationId}/nodes/{nodeId}/speedTestResults/{requestId}",
        speed_test::one,
    )
    .made_up(),
    get("/reports/Customers/{id}/locations/{locationId}/nodes/{nodeId}/results/{requestId}", speed_test::one)
        .made_up(),
];
