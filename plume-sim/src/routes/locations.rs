//! Routes of a location.

use crate::api::applications::{classes, quality, usage};
use crate::api::locations::{devices, location, nodes, wifi};
use crate::api::overview::{facade, graph};
use crate::api::settings::{events, network, node_parts, parts, wlans};
use crate::api::writes;
use crate::http::{Handler, RouteRow, Verb, api, get, of_device, of_location, of_node, page, row};
use crate::reports::speed_tests;

pub(crate) const ROUTES: &[RouteRow] = &[
    // Locations
    get("/api/Customers/{id}/locations", location::list),
    of_location(api!(""), location::one),
    of_location(api!("/serviceLevel"), location::service_level),
    of_location(api!("/capabilities"), location::capabilities),
    of_location(api!("/alerts"), location::alerts).made_up(),
    of_location(api!("/uplink-status"), location::uplink_status).made_up(),
    of_location(api!("/appFacade/home"), facade::home),
    of_location(api!("/appFacade/dashboard"), facade::dashboard).made_up(),
    of_location(api!("/appFacade/wifiDashboard"), facade::wifi_dashboard),
    of_location(api!("/summary"), facade::summary),
    of_location(api!("/topology"), facade::topology),
    of_location(api!("/marketingExport"), facade::marketing).made_up(),
    page(api!("/forceGraph"), graph::force_graph),
    // Nodes and devices
    of_location(api!("/nodes"), nodes::list),
    of_node(api!("/nodes/{nodeId}"), nodes::one),
    of_location(api!("/devices"), devices::list),
    of_device(api!("/devices/{mac}"), devices::one),
    // Wi-Fi and backhaul
    of_location(api!("/wifiNetwork"), wifi::network),
    of_location(api!("/wifiNetwork/ssid"), wifi::ssid_only),
    of_location(api!("/wifiNetworks"), wifi::networks),
    of_location(api!("/backhaul"), wifi::backhaul),
    // Parts of the location
    of_location(api!("/networkMode"), parts::network_mode),
    of_location(api!("/controlMode"), parts::part),
    of_location(api!("/ipv6"), parts::part),
    of_location(api!("/firmware"), parts::firmware).made_up(),
    of_location(api!("/subscription"), parts::subscription).made_up(),
    of_location(api!("/authorizations"), parts::authorizations),
    of_location(api!("/nodePlacement/state"), parts::placement_state).made_up(),
    of_location(api!("/proximity"), parts::proximity).made_up(),
    of_location(api!("/nodeLogs"), events::node_logs).made_up(),
    of_location(api!("/configAudit/events"), events::config_audit).made_up(),
    // The home network
    of_location(api!("/wanConfiguration"), network::wan_configuration),
    of_location(api!("/wanSettings"), network::wan_settings),
    of_location(api!("/networkConfiguration/home"), network::home),
    of_location(api!("/networkConfiguration/dnsServers"), network::dns_servers),
    of_location(api!("/networkConfiguration/upnp"), network::upnp),
    of_location(api!("/networkConfiguration/dhcp"), network::dhcp).made_up(),
    of_location(api!("/networkConfiguration/dhcpReservations"), network::dhcp_reservations),
    of_location(api!("/networkConfiguration/dhcpReservations/{mac}"), network::dhcp_reservation),
    // Nodes
    of_location(api!("/nodes/{nodeId}/kvConfigs"), node_parts::kv_configs),
    of_location(api!("/nodes/{nodeId}/kvStates"), node_parts::kv_states).made_up(),
    of_location(api!("/vapStates"), node_parts::vap_states).made_up(),
    of_location(api!("/backhauls"), node_parts::backhauls).made_up(),
    of_node(api!("/nodes/{nodeId}/speedTestResults"), speed_tests::series),
    // Wi-Fi
    of_location(api!("/wifiNetworksWithWpaMode"), wlans::with_wpa_mode).made_up(),
    of_location(api!("/wlans"), wlans::all).made_up(),
    of_location(api!("/secondaryNetworks/fronthauls"), wlans::of_kind),
    of_location(api!("/secondaryNetworks/captivePortals"), wlans::of_kind),
    of_location(api!("/secondaryNetworks/captivePortals/{networkId}/guests"), wlans::guests).made_up(),
    // Applications
    of_device(api!("/devices/{mac}/appTime/categories/dataUsage"), usage::of).made_up(),
    of_device(api!("/devices/{mac}/appTime/categories/onlineTime"), usage::of).made_up(),
    of_device(api!("/devices/{mac}/appTime/apps/dataUsage"), usage::of).made_up(),
    of_device(api!("/devices/{mac}/appTime/apps/onlineTime"), usage::of).made_up(),
    of_location(api!("/appqoe/AppQoeStatsByTrafficClassApps"), quality::by_app).by_post().made_up(),
    of_location(api!("/appqoe/AppQoeStatsByProfile"), quality::by_profile).by_post().made_up(),
    of_location(api!("/qos/appPrioritization/monitoring"), quality::monitoring).by_post().made_up(),
    of_location(api!("/appqoe/AppQoeStatsByTrafficClass"), classes::by_traffic_class).by_post().made_up(),
    of_location(api!("/appqoe/traffic_class_stats"), classes::class_stats).made_up(),
    of_location(api!("/appqoe/traffic_class_stats"), classes::class_stats).by_post().made_up(),
    // Writes
    row(Verb::Put, api!(""), Handler::WriteLocation(writes::locations::rename)),
    row(Verb::Patch, api!(""), Handler::WriteLocation(writes::locations::update)),
    row(Verb::Delete, api!(""), Handler::Write(writes::locations::delete)),
    row(Verb::Patch, api!("/serviceLevel"), Handler::WriteLocation(writes::locations::service_level)),
    row(Verb::Put, api!("/reboot"), Handler::WriteLocation(writes::locations::reboot)),
    row(Verb::Post, api!("/optimize"), Handler::WriteLocation(writes::locations::optimize)),
    row(Verb::Post, api!("/nodes"), Handler::WriteLocation(writes::nodes::claim)),
    row(Verb::Delete, api!("/nodes"), Handler::WriteLocation(writes::nodes::unclaim_all)),
    row(Verb::Put, api!("/nodes/{nodeId}"), Handler::WriteNode(writes::nodes::rename)),
    row(Verb::Delete, api!("/nodes/{nodeId}"), Handler::WriteLocation(writes::nodes::unclaim)),
    row(Verb::Put, api!("/nodes/{nodeId}/reboot"), Handler::WriteNode(writes::nodes::reboot)),
    row(Verb::Put, api!("/nodes/{nodeId}/ledMode"), Handler::WriteLocation(writes::nodes::led_mode)),
    row(Verb::Post, api!("/nodes/{nodeId}/speedTest"), Handler::WriteNode(writes::speed_tests::start))
        .made_up(),
    row(Verb::Patch, api!("/devices/{mac}"), Handler::WriteDevice(writes::devices::update)),
    row(Verb::Post, api!("/wifiNetwork"), Handler::WriteLocation(writes::wifi::create)),
    row(Verb::Put, api!("/wifiNetwork"), Handler::WriteLocation(writes::wifi::replace)),
    row(Verb::Patch, api!("/wifiNetwork"), Handler::WriteLocation(writes::wifi::update)),
    of_location(api!("/auditTrail"), writes::trail::location_trail),
    of_node(api!("/nodes/{nodeId}/speedTestResults/{requestId}"), speed_tests::one).made_up(),
];
