//! The gateway group, which needs no customer id. (`plume-api` endpoints §8)

use crate::operations::macros::operations;

operations! { GATEWAY_TABLE, Gateway, Api, "/gateway", "§8";
    GATEWAY_NODE = "gateway.node": GET "/nodes/{nodeId}" A {query ["fields"]} -> Json, "A node";
    GATEWAY_LOCATION = "gateway.location": GET "/locations/{locationId}" A {query ["fields"]} -> Json, "A location";
    GATEWAY_LOCATION_NODES = "gateway.location.nodes": GET "/locations/{locationId}/nodes" A {query ["fields"]} -> Json,
        "The nodes of a location";
    GATEWAY_LOCATION_DEVICES = "gateway.location.devices": GET "/locations/{locationId}/devices" A
        {query ["fields", "filter", "embed" = "bandwidth"]} -> Json, "The devices of a location";
    GATEWAY_LOCATION_WANS = "gateway.location.wans": GET "/locations/{locationId}/wans" A {query ["fields"]} -> Json,
        "The Internet lines of a location";
    GATEWAY_LOCATION_WLANS = "gateway.location.wlans": GET "/locations/{locationId}/wlans" A {query ["fields"]} -> Json,
        "The Wi-Fi networks of a location";
    GATEWAY_LOCATION_NETWORKS = "gateway.location.networks": GET "/locations/{locationId}/networks" A
        {query ["fields"]} -> Json, "The networks of a location";
    GATEWAY_LOCATION_FEATURES = "gateway.location.features": GET "/locations/{locationId}/features" A
        {query ["fields"]} -> Json, "The features of a location";
    GATEWAY_LOCATION_CAPABILITIES = "gateway.location.capabilities": GET "/locations/{locationId}/capabilities" A
        {query ["fields"]} -> Json, "Capabilities of a location";
    GATEWAY_LOCATION_NAT = "gateway.location.nat": GET "/locations/{locationId}/nat-config" A {query ["fields"]}
        -> Json, "Address translation of a location";
    GATEWAY_DEVICE = "gateway.device": GET "/devices/{deviceId}" A {query ["fields", "embed" = "bandwidth"]} -> Json,
        "A device";
    GATEWAY_WAN = "gateway.wan": GET "/wans/{wanId}" A {query ["fields"]} -> Json, "An Internet line";
    GATEWAY_WAN_SPEED_TEST = "gateway.wan.speedTest": GET "/wans/{wanId}/speed-tests/latest" A -> Json,
        "The last speed test of an Internet line";
    GATEWAY_NETWORK = "gateway.network": GET "/networks/{networkId}" A {query ["fields"]} -> Json, "A network";
    GATEWAY_NETWORK_RESERVATIONS = "gateway.network.reservations": GET
        "/networks/{networkId}/ipv4/dhcp-reservations" A -> Json, "Fixed addresses in a network";
    GATEWAY_NETWORK_LEASES = "gateway.network.leases": GET "/networks/{networkId}/ipv4/dhcp-leases" A -> Json,
        "Assigned addresses of a network";
    GATEWAY_NETWORK_CLIENTS = "gateway.network.clients": GET "/networks/{networkId}/authorized-clients" A -> Json,
        "Devices that may use a network";
    GATEWAY_WLAN = "gateway.wlan": GET "/wlans/{wlanId}" A {query ["fields"]} -> Json, "A Wi-Fi network";
    GATEWAY_USERS_SEARCH = "gateway.users.search": GET "/users/search" A
        {query ["email", "accountId", "name", "fields"]} -> Json,
        "Users by their keys; the names of its parameters are not published";
    GATEWAY_USER_LOCATIONS = "gateway.user.locations": GET "/users/{userId}/locations" A {query ["fields"]} -> Json,
        "The locations of a user";
}

operations! { GATEWAY_REPORTS_TABLE, Gateway, Reports, "/gateway", "§8";
    GATEWAY_DEVICE_QOE_HISTORY = "gateway.device.qoeHistory": GET "/devices/{deviceId}/qoe/history" A
        -> Model(QoeHistory), "Quality of experience of a device over time";
    GATEWAY_NODE_QOE_HISTORY = "gateway.node.qoeHistory": GET "/nodes/{nodeId}/qoe/history" A -> Model(QoeHistory),
        "Quality of experience of a node over time";
    GATEWAY_LOCATION_QOE = "gateway.location.qoe": GET "/locations/{locationId}/qoe" A -> Model(LocationQoe),
        "Current quality of experience of a location, its nodes and devices";
    GATEWAY_DEVICE_BANDWIDTH = "gateway.device.bandwidth": GET "/devices/{deviceId}/bandwidth" A
        -> Model(DeviceBandwidth), "Traffic of a device today";
    GATEWAY_DEVICE_BANDWIDTH_HISTORY = "gateway.device.bandwidthHistory": GET
        "/devices/{deviceId}/bandwidth/history" A -> Model(DeviceBandwidthHistory), "Traffic of a device over time";
    GATEWAY_LOCATION_BANDWIDTH = "gateway.location.deviceBandwidth": GET
        "/locations/{locationId}/devices/bandwidth" A -> Model(LocationBandwidth),
        "Traffic of all devices of a location today";
    GATEWAY_OPTIMIZATION = "gateway.location.optimization": GET "/locations/{locationId}/optimization" A
        -> Model(OptimizationCounts), "How often the optimizer ran";
    GATEWAY_REBOOT_HISTORY = "gateway.location.rebootHistory": GET "/locations/{locationId}/reboot/history" A
        {query ["limit"]} pages LimitOnly -> Model(RebootHistory),
        "Restarts of the nodes of a location, 100 by default, at most 500";
    GATEWAY_LAN_HISTORY = "gateway.device.lanConnectivityHistory": GET
        "/devices/{deviceId}/lan-connectivity/history" A -> Model(LanConnectivityHistory),
        "Times at which a device was connected by cable";
    GATEWAY_WAN_STATS_HISTORY = "gateway.location.wanStatsHistory": GET
        "/locations/{locationId}/wan-stats/history" A -> Model(WanStats), "Traffic on the Internet side over time";
    GATEWAY_WAN_SATURATION = "gateway.location.wanSaturation": GET "/locations/{locationId}/wan-saturation" A
        -> Model(WanSaturation), "How full the Internet line is";
    GATEWAY_WAN_SATURATION_HISTORY = "gateway.location.wanSaturationHistory": GET
        "/locations/{locationId}/wan-saturation/history" A -> Model(WanSaturationHistory),
        "Saturation of the Internet line";
}
