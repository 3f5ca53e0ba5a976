//! Wi-Fi, mesh and application QoE. (`plume-api` endpoints §6)

use crate::operations::descriptor::Parameter;
use crate::operations::macros::{operations, parameters};

/// The fields of a network.
const NETWORK: &[Parameter] = parameters![Body
    "ssid": required,
    "encryptionKey": required,
    "wpaMode",
    "wpaModes",
    "ssidBroadcast",
];

operations! { WIFI_TABLE, WiFi, Api, "/Customers/{id}/locations/{locationId}", "§6";
    WIFI_NETWORK = "location.wifiNetwork": GET "/wifiNetwork" A -> Model(WifiNetwork),
        "The home network with its passphrase";
    WIFI_NETWORK_CREATE = "location.wifiNetwork.create": POST (Neither) "/wifiNetwork" A {set NETWORK}
        -> Model(WifiNetwork), "Creates the home network";
    WIFI_NETWORK_REPLACE = "location.wifiNetwork.replace": PUT (Idempotent) "/wifiNetwork" A {set NETWORK}
        -> Model(WifiNetwork), "Sets name, passphrase and security of the home network";
    WIFI_NETWORK_UPDATE = "location.wifiNetwork.update": PATCH (Idempotent) "/wifiNetwork" A {body [
            "ssid", "enabled", "disableDefaultServiceNetwork", "wpaMode", "wpaModes", "uapsd", "groupRekey",
            "fastTransition", "minWifiMode24", "privateMode", "allowMlo", "ssidBroadcast"]} -> Json,
        "Changes settings of the home network except the passphrase";
    WIFI_SSID = "location.wifiSsid": GET "/wifiNetwork/ssid" A -> Model(WifiSsid), "The name of the home network";
    WIFI_NETWORKS = "location.wifiNetworks": GET "/wifiNetworks" A -> List(WifiNetworkListItem),
        "All networks, without passphrases";
    WIFI_NETWORKS_WPA = "location.wifiNetworksWithWpaMode": GET "/wifiNetworksWithWpaMode" A
        -> List(WifiNetworkListItem), "All networks with their security";
    WLANS = "location.wlans": GET "/wlans" A -> Json, "All networks in one form";
    WIFI_DASHBOARD = "location.wifiDashboard": GET "/appFacade/wifiDashboard" A -> Json,
        "The network's name and its zones";
    FRONTHAULS = "location.fronthauls": GET "/secondaryNetworks/fronthauls" B -> List(WifiNetworkListItem),
        "Further networks for devices";
    CAPTIVE_PORTALS = "location.captivePortals": GET "/secondaryNetworks/captivePortals" B -> List(WifiNetworkListItem),
        "Networks with a log-in page";
    CAPTIVE_PORTAL_GUESTS = "location.captivePortalGuests": GET
        "/secondaryNetworks/captivePortals/{networkId}/guests" B -> Json, "Guests of a network with a log-in page";
}

operations! { BACKHAUL_TABLE, Backhaul, Api, "/Customers/{id}/locations/{locationId}", "§6";
    BACKHAUL = "location.backhaul": GET "/backhaul" A -> Model(Backhaul),
        "Settings of the mesh, with its key; they do not describe health";
}

operations! { QOE_TABLE, Qoe, Api, "/Customers/{id}/locations/{locationId}", "§6";
    APP_QOE = "location.appQoe": POST (Safe) "/appqoe/AppQoeStatsByTrafficClass" A {body [
            "timePeriod" = "lastHour" | "last24Hours" | "last7Days" | "last30Days" : required, "includeApps",
            "trafficClassNames" = "av_streaming" | "gaming" | "video_conferencing"]} -> Model(AppQoe),
        "Application QoE by traffic class";
    APP_QOE_APPS = "location.appQoeApps": POST (Safe) "/appqoe/AppQoeStatsByTrafficClassApps" A {body [
            "timePeriod" = "lastHour" | "last24Hours" | "last7Days" | "last30Days" : required, "trafficClassNames",
        ]} -> Model(AppQoe), "Application QoE by application";
    APP_QOE_PROFILES = "location.appQoeProfiles": POST (Safe) "/appqoe/AppQoeStatsByProfile" A {body [
            "timePeriod" = "lastHour" | "last24Hours" | "last7Days" | "last30Days" : required, "trafficClassNames",
            "persons", "groups"]} -> Model(AppQoe), "Application QoE by person and group of devices";
    TRAFFIC_CLASS_STATS = "location.trafficClassStats": GET "/appqoe/traffic_class_stats" A {query [
            "granularity" = "total" | "1 minute" | "15 minutes" | "1 hour" | "1 day" : required,
            "startTime": required, "endTime": required, "macs", "trafficClasses", "limit",
        ]} pages LimitOnly -> Model(AppQoe), "Traffic by class over time";
    TRAFFIC_CLASS_STATS_POST = "location.trafficClassStats.post": POST (Safe) "/appqoe/traffic_class_stats" A {body [
            "granularity" = "total" | "1 minute" | "15 minutes" | "1 hour" | "1 day" : required,
            "startTime": required, "endTime": required, "macs", "trafficClasses", "limit",
        ]} pages LimitOnly -> Model(AppQoe), "The same for more devices than a URL holds";
    APP_PRIORITIZATION = "location.appPrioritization": POST (Safe) "/qos/appPrioritization/monitoring" A {body [
            "startTime": required, "endTime": required, "granularity", "macs", "trafficClasses",
            "sortOrder" = "TxBytes" | "RxBytes", "limit"]} pages LimitOnly -> Json,
        "Effect of prioritizing applications";
}
