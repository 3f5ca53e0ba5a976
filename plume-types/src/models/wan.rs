//! The Internet side of a location: uplink, WAN settings, LTE. (`plume-api` models §2, §8, §10)

use chrono::{DateTime, Utc};

use crate::field::Field;
use crate::list::List;
use crate::macros::model;
use crate::models::location::PppoeAccount;
use crate::models::node::SpeedTest;
use crate::models::state::ConnectionState;
use crate::values::LocationId;

model! {
    /// The last speed test and the gateway's connection. The names of its fields are inferred from prose.
    pub struct UplinkStatus("an uplink status") fields {
        /// The last speed test; absent if none ever ran.
        speed_test: Option<SpeedTest> = "speedTest",
        /// Whether the gateway is connected.
        gateway_connection_state: Field<ConnectionState> = "gatewayConnectionState",
        /// The time of the last change of the gateway's connection.
        connection_state_changed_at: Field<DateTime<Utc>> = "connectionStateChangeAt",
    }
}

model! {
    /// The settings of the gateway's Internet address.
    pub struct WanConfiguration("WAN settings") fields {
        /// Its id.
        id: Option<String> = "id",
        /// The location.
        location_id: Option<LocationId> = "locationId",
        /// PPPoE account.
        pppoe: Option<PppoeAccount> = "pppoe",
        /// Tagged uplink.
        uplink: Option<WanUplink> = "uplink",
        /// A static address.
        static_ipv4: Option<StaticIpv4> = "staticIPv4",
        /// The time of the last change.
        updated_at: Option<DateTime<Utc>> = "updatedAt",
    }
}

model! {
    /// A tagged uplink.
    pub struct WanUplink("an uplink setting") fields {
        /// Whether it is used.
        enabled: Option<bool> = "enabled",
        /// Name of the bridge.
        bridge_name: Option<String> = "bridgeName",
        /// Hardware port.
        hardware_port: Option<String> = "hardwarePort",
        /// VLAN id.
        vlan: Option<u32> = "vlan",
        /// Priority.
        qos: Option<String> = "qos",
    }
}

model! {
    /// A static IPv4 address.
    pub struct StaticIpv4("a static address") fields {
        /// Whether it is used.
        enabled: Option<bool> = "enabled",
        /// The address.
        ip: Option<String> = "ip",
        /// The subnet mask.
        subnet: Option<String> = "subnet",
        /// The default gateway.
        gateway: Option<String> = "gateway",
        /// The primary name server.
        primary_dns: Option<String> = "primaryDns",
        /// The secondary name server.
        secondary_dns: Option<String> = "secondaryDns",
    }
}

model! {
    /// The networks that may use the LTE uplink.
    pub struct LteNetworkConfiguration("LTE network settings") fields {
        /// The networks.
        secondary_networks: Field<List<LteNetwork>> = "secondaryNetworks",
    }
}

model! {
    /// A network and whether it may use the LTE uplink.
    pub struct LteNetwork("an LTE network") fields {
        /// The network.
        network_id: Option<String> = "networkId",
        /// Whether it is on while LTE is in use.
        enable: Option<bool> = "enable",
        /// Whether it reaches the Internet while LTE is in use.
        wan: Option<bool> = "wan",
    }
}
