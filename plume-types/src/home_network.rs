//! Settings of the home network, and everything about a home in one answer. (`plume-api` models §8)

use crate::{
    Capabilities, Customer, Device, FreeForm, GeoIp, List, LocationAlerts, LocationId, LocationSummary,
    MacAddress, NetworkMode, NetworkStatus, Node, WifiNetwork, macros::model,
};

model! {
    /// Router, bridge, or chosen by the cloud (`networkMode`).
    pub struct NetworkModeSetting("a network mode") fields {
        /// The mode.
        network_mode: NetworkMode = "networkMode",
    }
}

model! {
    /// Name servers of the customer's choice.
    pub struct DnsServers("name servers") fields {
        /// Whether they are used instead of the provider's.
        enabled: bool = "enabled",
        /// The first.
        primary_dns: String = "primaryDns",
        /// The second.
        secondary_dns: String = "secondaryDns",
    }
}

model! {
    /// Whether devices may open ports by themselves.
    pub struct Upnp("a UPnP setting") fields {
        /// Whether they may.
        enabled: bool = "enabled",
        /// The setting.
        mode: String = "mode",
        /// Whether it is in force.
        mode_realized: bool = "modeRealized",
    }
}

model! {
    /// An address that a device always gets.
    pub struct DhcpReservation("an address reservation") key {
        /// The device.
        mac: MacAddress = "mac",
    } fields {
        /// The address.
        ip: String = "ip",
        /// The name.
        hostname: String = "hostname" | "hostName",
    }
}

model! {
    /// Everything about a home in one answer (`appFacade/home`).
    pub struct AppFacadeHome("a home") fields {
        /// The location's id.
        id: LocationId = "id",
        /// The owner.
        customer: Customer = "customer",
        /// What the location is able to do.
        capabilities: Capabilities = "capabilities",
        /// Where it is.
        geo_ip: GeoIp = "geoIp",
        /// Whether it is online.
        network_status: NetworkStatus = "networkStatus",
        /// The optimizer; free form, as its settings and its state go by this name.
        optimization: FreeForm = "optimization",
        /// The home network, with its passphrase.
        wifi_network: WifiNetwork = "wifiNetwork",
        /// Devices.
        devices: List<Device> = "devices",
        /// Gateway and pods.
        nodes: List<Node> = "nodes",
        /// The state in brief.
        summary: LocationSummary = "summary",
        /// Active alerts.
        alerts: LocationAlerts = "alerts",
        /// Settings and state of further parts; free form.
        config_and_state: FreeForm = "configAndState",
        /// Version of the stored document; of no use to clients.
        document_version: String = "_version",
    }
}
