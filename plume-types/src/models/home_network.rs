//! Settings of the home network, and everything about a home in one response. (`plume-api` models §8)

use crate::field::Field;
use crate::list::List;
use crate::macros::model;
use crate::models::customer::Customer;
use crate::models::device::{Device, LocationAlerts};
use crate::models::location::{Capabilities, GeoIp, LocationSummary, NetworkStatus};
use crate::models::node::Node;
use crate::models::state::NetworkMode;
use crate::models::wifi::WifiNetwork;
use crate::values::{FreeForm, LocationId, MacAddress};

model! {
    /// Router, bridge, or chosen by the cloud (`networkMode`).
    pub struct NetworkModeSetting("a network mode") fields {
        /// The mode.
        network_mode: Option<NetworkMode> = "networkMode",
    }
}

model! {
    /// Custom name servers of the customer.
    pub struct DnsServers("name servers") fields {
        /// Whether they are used instead of the provider's.
        enabled: Option<bool> = "enabled",
        /// The primary server.
        primary_dns: Option<String> = "primaryDns",
        /// The secondary server.
        secondary_dns: Option<String> = "secondaryDns",
    }
}

model! {
    /// Whether devices may open ports by themselves.
    pub struct Upnp("a UPnP setting") fields {
        /// Whether they may.
        enabled: Option<bool> = "enabled",
        /// The setting.
        mode: Option<String> = "mode",
        /// Whether the setting is in force.
        mode_realized: Option<bool> = "modeRealized",
    }
}

model! {
    /// A reserved address of a device.
    pub struct DhcpReservation("an address reservation") key {
        /// The device.
        mac: MacAddress = "mac",
    } fields {
        /// The address.
        ip: Option<String> = "ip",
        /// The name.
        hostname: Option<String> = "hostname" | "hostName",
    }
}

model! {
    /// Everything about a home in one response (`appFacade/home`).
    pub struct AppFacadeHome("a home") fields {
        /// The location's id.
        id: Option<LocationId> = "id",
        /// The owner.
        customer: Option<Customer> = "customer",
        /// The location's capabilities.
        capabilities: Option<Capabilities> = "capabilities",
        /// The place of the public address.
        geo_ip: Option<GeoIp> = "geoIp",
        /// Whether it is online.
        network_status: Field<NetworkStatus> = "networkStatus",
        /// The optimizer; free form, because both its settings and its state have this name.
        optimization: Option<FreeForm> = "optimization",
        /// The home network, with its passphrase.
        wifi_network: Option<WifiNetwork> = "wifiNetwork",
        /// Devices.
        devices: Field<List<Device>> = "devices",
        /// Gateway and pods.
        nodes: Field<List<Node>> = "nodes",
        /// A summary of the state.
        summary: Option<LocationSummary> = "summary",
        /// Active alerts.
        alerts: Field<LocationAlerts> = "alerts",
        /// Further settings and state; free form.
        config_and_state: Option<FreeForm> = "configAndState",
        /// Version of the stored document; of no use to clients.
        document_version: Option<String> = "_version",
    }
}
