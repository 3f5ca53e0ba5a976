//! Locations. (`plume-api` endpoints §3)

use crate::operations::macros::operations;

operations! { CUSTOMER_LOCATIONS_TABLE, Locations, Api, "/Customers/{id}/locations", "§3";
    LOCATIONS_LIST = "locations.list": GET "" A {query ["include" = "summary"]} -> List(Location),
        "All locations of a customer";
    LOCATION_CREATE = "location.create": POST (Neither) "" A
        {body ["name": required, "profile" = "auto" | "smallbusiness" | "property", "serviceId"]} -> Model(Location),
        "Adds a location to a customer";
}

operations! { LOCATIONS_TABLE, Locations, Api, "/Customers/{id}/locations/{locationId}", "§3";
    LOCATION_GET = "location.get": GET "" A {query ["include" = "summary"]} -> Model(Location),
        "Settings and state of a location";
    LOCATION_EXISTS = "location.exists": HEAD "" A -> Nothing, "Whether there is such a location";
    LOCATION_RENAME = "location.rename": PUT (Idempotent) "" A {body ["name": required]} -> Json,
        "Renames a location";
    LOCATION_UPDATE = "location.update": PATCH (Idempotent) "" A
        {body ["name", "profile" = "auto" | "smallbusiness" | "property", "serviceId"]} -> Model(Location),
        "Changes name, profile or contract key of a location; at least one of them";
    LOCATION_ARCHIVE = "location.archive": DELETE (Idempotent) "" A -> Nothing, "Archives a location";
    LOCATION_AUDIT_TRAIL = "location.auditTrail": GET "/auditTrail" B -> List(AuditTrail),
        "Changes to a location, with their authors";
    SERVICE_LEVEL = "location.serviceLevel": GET "/serviceLevel" A -> Model(ServiceLevel), "The subscription tier";
    SERVICE_LEVEL_SET = "location.serviceLevel.set": PATCH (Idempotent) "/serviceLevel" A
        {body ["status" = "noService" | "basicService" | "fullService" : required]} -> Model(ServiceLevel),
        "Sets the subscription tier";
    UPLINK_STATUS = "location.uplinkStatus": GET "/uplink-status" A -> Model(UplinkStatus),
        "The last speed test and the gateway's connection";
    CAPABILITIES = "location.capabilities": GET "/capabilities" A -> Model(Capabilities),
        "Capabilities of a location";
    ALERTS = "location.alerts": GET "/alerts" A -> Model(LocationAlerts), "Active alerts by node and device";
    APP_FACADE_HOME = "location.appFacade.home": GET "/appFacade/home" A
        {query ["filters", "daysOffline", "showOnlyIot", "showAlsoIot"]} -> Model(AppFacadeHome),
        "Customer, nodes, devices and summary in one response";
    APP_FACADE_DASHBOARD = "location.appFacade.dashboard": GET "/appFacade/dashboard" A {query ["excludeDevices"]}
        -> Json, "Speed tests and the most active devices";
    LOCATION_SUMMARY = "location.summary": GET "/summary" A [deprecated] -> Model(LocationSummary),
        "A summary of the state of a location";
    TOPOLOGY = "location.topology": GET "/topology" A [deprecated] -> Model(LocationSummary),
        "The nodes and their links";
    FORCE_GRAPH = "location.forceGraph": GET "/forceGraph" A
        {query ["mac", "allSSIDs", "showPartnerComponent", "showOnlyIot", "showAlsoIot"]} -> Json,
        "Nodes and devices as a graph of vertices and edges";
    FIRMWARE = "location.firmware": GET "/firmware" A -> Json, "The state of each node's upgrade";
    NETWORK_MODE = "location.networkMode": GET "/networkMode" A -> Model(NetworkModeSetting),
        "Router, bridge, or chosen by the cloud";
    CONTROL_MODE = "location.controlMode": GET "/controlMode" B -> Model(ControlModeSetting),
        "Control of the location by the cloud";
    WAN_CONFIGURATION = "location.wanConfiguration": GET "/wanConfiguration" A -> Model(WanConfiguration),
        "Address configuration of the gateway";
    WAN_SETTINGS = "location.wanSettings": GET "/wanSettings" B [deprecated] -> Model(WanSettings),
        "Address configuration of the gateway, in the older form";
    IPV6 = "location.ipv6": GET "/ipv6" A -> Model(Ipv6Settings), "IPv6 settings";
    NETWORK_CONFIGURATION = "location.networkConfiguration": GET "/networkConfiguration/home" A -> Json,
        "Settings of the home network";
    DNS_SERVERS = "location.dnsServers": GET "/networkConfiguration/dnsServers" A -> Model(DnsServers),
        "Name servers of the customer's choice";
    UPNP = "location.upnp": GET "/networkConfiguration/upnp" A -> Model(Upnp),
        "Whether devices may open ports automatically";
    DHCP = "location.dhcp": GET "/networkConfiguration/dhcp" A -> Json, "The range of addresses for devices";
    DHCP_RESERVATIONS = "location.dhcpReservations": GET "/networkConfiguration/dhcpReservations" A
        -> List(DhcpReservation), "Fixed addresses of devices";
    DHCP_RESERVATION = "location.dhcpReservation": GET "/networkConfiguration/dhcpReservations/{mac}" A
        -> Model(DhcpReservation), "The fixed address of a device";
    SUBSCRIPTION = "location.subscription": GET "/subscription" A -> Json, "The subscription";
    AUTHORIZATIONS = "location.authorizations": GET "/authorizations" A -> Json, "Number of nodes that may be claimed";
    NODE_PLACEMENT = "location.nodePlacement": GET "/nodePlacement/state" A -> Json, "How well the pods are placed";
    NODE_LOGS = "location.nodeLogs": GET "/nodeLogs" A -> Json, "Logs that nodes have uploaded";
    PROXIMITY = "location.proximity": GET "/proximity" A -> Json, "Which devices are near";
    CONFIG_AUDIT = "location.configAudit": GET "/configAudit/events" A
        {query ["includes": required, "startTime": required, "limit", "direction"]} pages LimitOnly -> Json,
        "Changes of the configuration";
    MARKETING_EXPORT = "location.marketingExport": GET "/marketingExport" A
        {query ["lastThirtyDaysSpeedTestAverages", "devicesOnlineThirtyDays"]} -> Json,
        "Parts of the location's data for marketing";
    LOCATION_REBOOT = "location.reboot": PUT (Neither) "/reboot" A {body ["delay"]} -> Nothing, "Restarts all nodes";
    OPTIMIZE = "location.optimize": POST (Neither) "/optimize" A {body ["forcePcs"]} -> Json, "Starts the optimizer";
}
