//! Routes of a location.

use serde_json::json;

use crate::api::applications::usage::{By, Measure};
use crate::api::applications::{classes, quality, usage};
use crate::api::locations::{devices, location, nodes, wifi};
use crate::api::overview::{facade, graph};
use crate::api::settings::{events, network, node_parts, parts, wlans};
use crate::api::writes;
use crate::http::{RouteRow, Verb, api, get, page, post, write};
use crate::reports::speed_tests;

pub(crate) const ROUTES: &[RouteRow] = &[
    // Locations
    get("/api/Customers/{id}/locations", location::list),
    get(api!(""), location::one),
    get(api!("/serviceLevel"), location::service_level),
    get(api!("/capabilities"), location::capabilities),
    get(api!("/alerts"), location::alerts).made_up(),
    get(api!("/uplink-status"), location::uplink_status).made_up(),
    get(api!("/appFacade/home"), facade::home),
    get(api!("/appFacade/dashboard"), facade::dashboard).made_up(),
    get(api!("/appFacade/wifiDashboard"), facade::wifi_dashboard),
    get(api!("/summary"), facade::summary),
    get(api!("/topology"), facade::topology),
    get(api!("/marketingExport"), facade::marketing).made_up(),
    page(api!("/forceGraph"), graph::force_graph),
    // Nodes and devices
    get(api!("/nodes"), nodes::list),
    get(api!("/nodes/{nodeId}"), nodes::one),
    get(api!("/devices"), devices::list),
    get(api!("/devices/{mac}"), devices::one),
    // Wi-Fi and backhaul
    get(api!("/wifiNetwork"), wifi::network),
    get(api!("/wifiNetwork/ssid"), wifi::ssid_only),
    get(api!("/wifiNetworks"), wifi::networks),
    get(api!("/backhaul"), wifi::backhaul),
    // Parts of the location
    get(api!("/networkMode"), |ask| Ok(json!({ "networkMode": parts::part(ask, "networkMode")? }))),
    get(api!("/controlMode"), |ask| parts::part(ask, "controlMode")),
    get(api!("/ipv6"), |ask| parts::part(ask, "ipv6")),
    get(api!("/firmware"), parts::firmware).made_up(),
    get(api!("/subscription"), parts::subscription).made_up(),
    get(api!("/authorizations"), parts::authorizations),
    get(api!("/nodePlacement/state"), parts::placement_state).made_up(),
    get(api!("/proximity"), parts::proximity).made_up(),
    get(api!("/nodeLogs"), events::node_logs).made_up(),
    get(api!("/configAudit/events"), events::config_audit).made_up(),
    // The home network
    get(api!("/wanConfiguration"), network::wan_configuration),
    get(api!("/wanSettings"), network::wan_settings),
    get(api!("/networkConfiguration/home"), network::home),
    get(api!("/networkConfiguration/dnsServers"), network::dns_servers),
    get(api!("/networkConfiguration/upnp"), network::upnp),
    get(api!("/networkConfiguration/dhcp"), network::dhcp).made_up(),
    get(api!("/networkConfiguration/dhcpReservations"), network::dhcp_reservations),
    get(api!("/networkConfiguration/dhcpReservations/{mac}"), network::dhcp_reservation),
    // Nodes
    get(api!("/nodes/{nodeId}/kvConfigs"), node_parts::kv_configs),
    get(api!("/nodes/{nodeId}/kvStates"), node_parts::kv_states).made_up(),
    get(api!("/vapStates"), node_parts::vap_states).made_up(),
    get(api!("/backhauls"), node_parts::backhauls).made_up(),
    get(api!("/nodes/{nodeId}/speedTestResults"), speed_tests::series),
    // Wi-Fi
    get(api!("/wifiNetworksWithWpaMode"), wlans::with_wpa_mode).made_up(),
    get(api!("/wlans"), wlans::all).made_up(),
    get(api!("/secondaryNetworks/fronthauls"), wlans::fronthauls),
    get(api!("/secondaryNetworks/captivePortals"), wlans::captive_portals),
    get(api!("/secondaryNetworks/captivePortals/{networkId}/guests"), wlans::guests).made_up(),
    // Applications
    get(api!("/devices/{mac}/appTime/categories/dataUsage"), |ask| {
        usage::of(ask, By::Category, Measure::Data)
    })
    .made_up(),
    get(api!("/devices/{mac}/appTime/categories/onlineTime"), |ask| {
        usage::of(ask, By::Category, Measure::Time)
    })
    .made_up(),
    get(api!("/devices/{mac}/appTime/apps/dataUsage"), |ask| usage::of(ask, By::App, Measure::Data))
        .made_up(),
    get(api!("/devices/{mac}/appTime/apps/onlineTime"), |ask| usage::of(ask, By::App, Measure::Time))
        .made_up(),
    post(api!("/appqoe/AppQoeStatsByTrafficClassApps"), quality::by_app).made_up(),
    post(api!("/appqoe/AppQoeStatsByProfile"), quality::by_profile).made_up(),
    post(api!("/qos/appPrioritization/monitoring"), quality::monitoring).made_up(),
    post(api!("/appqoe/AppQoeStatsByTrafficClass"), classes::by_traffic_class).made_up(),
    get(api!("/appqoe/traffic_class_stats"), classes::class_stats).made_up(),
    post(api!("/appqoe/traffic_class_stats"), classes::class_stats).made_up(),
    // What changes something
    write(Verb::Put, api!(""), writes::locations::rename),
    write(Verb::Patch, api!(""), writes::locations::update),
    write(Verb::Delete, api!(""), writes::locations::delete),
    write(Verb::Patch, api!("/serviceLevel"), writes::locations::service_level),
    write(Verb::Put, api!("/reboot"), writes::locations::reboot),
    write(Verb::Post, api!("/optimize"), writes::locations::optimize),
    write(Verb::Post, api!("/nodes"), writes::nodes::claim),
    write(Verb::Delete, api!("/nodes"), writes::nodes::unclaim_all),
    write(Verb::Put, api!("/nodes/{nodeId}"), writes::nodes::rename),
    write(Verb::Delete, api!("/nodes/{nodeId}"), writes::nodes::unclaim),
    write(Verb::Put, api!("/nodes/{nodeId}/reboot"), writes::nodes::reboot),
    write(Verb::Put, api!("/nodes/{nodeId}/ledMode"), writes::nodes::led_mode),
    write(Verb::Post, api!("/nodes/{nodeId}/speedTest"), writes::speed_tests::start).made_up(),
    write(Verb::Patch, api!("/devices/{mac}"), writes::devices::update),
    write(Verb::Post, api!("/wifiNetwork"), writes::wifi::create),
    write(Verb::Put, api!("/wifiNetwork"), writes::wifi::replace),
    write(Verb::Patch, api!("/wifiNetwork"), writes::wifi::update),
    get(api!("/auditTrail"), writes::trail::location_trail),
    get(api!("/nodes/{nodeId}/speedTestResults/{requestId}"), speed_tests::one).made_up(),
];
