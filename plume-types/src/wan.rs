//! The Internet side of a location: uplink, WAN settings, LTE. (`plume-api` models §2, §8, §10)

use chrono::{DateTime, Utc};

use crate::{ConnectionState, List, LocationId, PppoeAccount, SpeedTest, macros::model};

model! {
    /// The last speed test and the gateway's connection. The names inside are inferred from prose.
    pub struct UplinkStatus("an uplink status") fields {
        /// The last speed test; missing when none ever ran.
        speed_test: SpeedTest = "speedTest",
        /// Whether the gateway is connected.
        gateway_connection_state: ConnectionState = "gatewayConnectionState",
        /// Since when.
        connection_state_changed_at: DateTime<Utc> = "connectionStateChangeAt",
    }
}

model! {
    /// How the gateway gets its address.
    pub struct WanConfiguration("WAN settings") fields {
        /// Its id.
        id: String = "id",
        /// The location.
        location_id: LocationId = "locationId",
        /// Dial-in.
        pppoe: PppoeAccount = "pppoe",
        /// Tagged uplink.
        uplink: WanUplink = "uplink",
        /// A fixed address.
        static_ipv4: StaticIpv4 = "staticIPv4",
        /// When it was last changed.
        updated_at: DateTime<Utc> = "updatedAt",
    }
}

model! {
    /// A tagged uplink.
    pub struct WanUplink("an uplink setting") fields {
        /// Whether it is used.
        enabled: bool = "enabled",
        /// Bridge.
        bridge_name: String = "bridgeName",
        /// Port.
        hardware_port: String = "hardwarePort",
        /// VLAN id.
        vlan: u32 = "vlan",
        /// Priority.
        qos: String = "qos",
    }
}

model! {
    /// A fixed IPv4 address.
    pub struct StaticIpv4("a static address") fields {
        /// Whether it is used.
        enabled: bool = "enabled",
        /// The address.
        ip: String = "ip",
        /// Its mask.
        subnet: String = "subnet",
        /// The next hop.
        gateway: String = "gateway",
        /// First name server.
        primary_dns: String = "primaryDns",
        /// Second name server.
        secondary_dns: String = "secondaryDns",
    }
}

model! {
    /// Which networks may use the LTE uplink.
    pub struct LteNetworkConfiguration("LTE network settings") fields {
        /// The networks.
        secondary_networks: List<LteNetwork> = "secondaryNetworks",
    }
}

model! {
    /// One network and whether it may use the LTE uplink.
    pub struct LteNetwork("an LTE network") fields {
        /// The network.
        network_id: String = "networkId",
        /// Whether it is on while LTE is in use.
        enable: bool = "enable",
        /// Whether it reaches the Internet then.
        wan: bool = "wan",
    }
}
