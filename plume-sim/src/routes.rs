//! The route table: everything the simulator serves.
//!
//! Within a verb, a fixed segment comes before a placeholder in the same place.

use crate::{
    app_qoe, customers, devices, gateway_reports, location, nodes, partners, reports,
    router::{Answer, Ask, Handler, Order, Outcome, RouteRow, Verb},
    speed_test, wifi, writes,
};

const fn get(template: &'static str, handler: fn(&Ask<'_>) -> Answer) -> RouteRow {
    RouteRow { verb: Verb::Get, template, handler: Handler::Resource(handler) }
}

const fn post(template: &'static str, handler: fn(&Ask<'_>) -> Answer) -> RouteRow {
    RouteRow { verb: Verb::Post, template, handler: Handler::Resource(handler) }
}

const fn write(verb: Verb, template: &'static str, handler: fn(&mut Order<'_>) -> Outcome) -> RouteRow {
    RouteRow { verb, template, handler: Handler::Write(handler) }
}

pub(crate) static ROUTES: &[RouteRow] = &[
    // Authorization server
    RouteRow { verb: Verb::Post, template: "/oauth2/{authServerId}/v1/token", handler: Handler::Token },
    RouteRow {
        verb: Verb::Post,
        template: "/oauth2/{authServerId}/v1/introspect",
        handler: Handler::Introspect,
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
    get("/api/Customers/{id}/locations/{locationId}/alerts", location::alerts),
    get("/api/Customers/{id}/locations/{locationId}/uplink-status", location::uplink_status),
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
    ),
    get("/api/Customers/{id}/locations/{locationId}/appqoe/traffic_class_stats", app_qoe::class_stats),
    post("/api/Customers/{id}/locations/{locationId}/appqoe/traffic_class_stats", app_qoe::class_stats),
    // Reports
    get("/reports/Customers/{id}/locations/{locationId}/wanStats", reports::wan_stats),
    get("/reports/Customers/{id}/locations/{locationId}/onlineStats", reports::online_stats),
    get("/reports/Customers/{id}/locations/{locationId}/reboots", reports::reboots),
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
    ),
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
    ),
    get("/reports/Customers/{id}/locations/{locationId}/nodes/{nodeId}/results/{requestId}", speed_test::one),
];
