//! Nodes: gateways and pods. (`plume-api` models §4)
//!
//! **The gateway is the connected node without a node above it.** A disconnected pod has an empty `leafToRoot` too,
//! so `Node::is_gateway` returns `None` for it instead of guessing.

use chrono::{DateTime, Utc};

use crate::field::Field;
use crate::list::List;
use crate::macros::{model, open_enum};
use crate::models::device::Device;
use crate::models::state::{Alert, ConnectionState, Health, Hop, Medium, NetworkMode, distinct, first_text};
use crate::values::{
    CustomerId, FreeForm, GroupId, LocationId, MacAddress, NodeId, PartnerId, Secret, TextOrFlag,
};

model! {
    /// A gateway or pod of a location.
    ///
    /// ```
    /// use plume_types::Node;
    ///
    /// let gateway: Node = serde_json::from_str(
    ///     r#"{"id":"TST0000001","nickname":"Hall","connectionState":"connected","leafToRoot":[],
    ///         "speedTest":{"status":"succeeded","download":480.5}}"#,
    /// )?;
    /// assert_eq!(gateway.display_name(), "Hall");
    /// assert_eq!(gateway.is_gateway(), Some(true));
    /// assert_eq!(gateway.speed_test.and_then(|test| test.download), Some(480.5));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub struct Node("a node") key {
        /// The node's id, which is its serial number.
        id: NodeId = "id" or serial_number,
    } fields {
        /// The serial number.
        serial_number: Option<String> = "serialNumber",
        /// The name the customer chose.
        nickname: Option<String> = "nickname",
        /// The name shown when the customer chose none.
        default_name: Option<String> = "defaultName",
        /// The model, for example `PP403Z`.
        model: Option<String> = "model",
        /// Brand and manufacturer.
        vendor: Option<Vendor> = "vendor",
        /// Firmware version.
        firmware_version: Option<String> = "firmwareVersion",
        /// OpenSync version.
        open_sync_version: Option<String> = "openSyncVersion",
        /// Platform version.
        platform_version: Option<String> = "platformVersion",
        /// Whether it reaches the cloud.
        connection_state: Field<ConnectionState> = "connectionState",
        /// The time of the last change of `connection_state`.
        connection_state_changed_at: Field<DateTime<Utc>> = "connectionStateChangeAt",
        /// The time of the last start.
        boot_at: Option<DateTime<Utc>> = "bootAt",
        /// The time when it was claimed for the location.
        claimed_at: Option<DateTime<Utc>> = "claimedAt",
        /// Base hardware address.
        mac: Option<MacAddress> = "mac",
        /// First Ethernet port.
        ethernet_mac: Option<MacAddress> = "ethernetMac",
        /// Second Ethernet port.
        ethernet1_mac: Option<MacAddress> = "ethernet1Mac",
        /// Base address of the 2.4 GHz radio.
        radio_mac_24: Option<MacAddress> = "radioMac24",
        /// Base address of the 5 GHz radio.
        radio_mac_50: Option<MacAddress> = "radioMac50",
        /// Base address of the 6 GHz radio.
        radio_mac_60: Option<MacAddress> = "radioMac60",
        /// Bluetooth address.
        bluetooth_mac: Option<MacAddress> = "bluetoothMac",
        /// Address in the home or mesh network.
        ip: Option<String> = "ip",
        /// IPv6 addresses.
        ipv6: Option<List<String>> = "ipv6",
        /// Address on the Internet side; probably only on the gateway.
        wan_ip: Option<String> = "wanIp",
        /// Public address; probably only on the gateway.
        public_ip: Option<String> = "publicIp",
        /// Router or bridge.
        network_mode: Option<NetworkMode> = "networkMode",
        /// Medium of the link to its parent.
        backhaul_type: Option<Medium> = "backhaulType",
        /// Channel of the link to its parent; the older form of `leaf_to_root[0].channel`.
        backhaul_channel: Option<u32> = "backhaulChannel",
        /// 2.4 GHz channel.
        channel_2g: Option<u32> = "2gChannel",
        /// 5 GHz channel.
        channel_5g: Option<u32> = "5gChannel",
        /// Lower 5 GHz channel of a tri-band node.
        channel_5gl: Option<u32> = "5glChannel",
        /// Upper 5 GHz channel of a tri-band node.
        channel_5gu: Option<u32> = "5guChannel",
        /// 6 GHz channel.
        channel_6g: Option<u32> = "6gChannel",
        /// A channel; its meaning is not documented.
        channel: Option<u32> = "channel",
        /// The number of devices connected to it.
        connected_device_count: Option<u32> = "connectedDeviceCount",
        /// The path to the gateway, direct parent first; empty on the gateway itself.
        leaf_to_root: Field<List<Hop>> = "leafToRoot",
        /// The cloud's rating; absent while disconnected.
        health: Field<Health> = "health",
        /// Active alerts.
        alerts: Field<List<Alert>> = "alerts",
        /// The last speed test this node ran.
        speed_test: Option<SpeedTest> = "speedTest",
        /// Ethernet ports.
        link_states: Option<List<LinkState>> = "linkStates",
        /// Radios.
        radio_stats: Option<List<RadioStats>> = "radioStats",
        /// Ethernet settings; free form.
        ethernet_lan: Option<FreeForm> = "ethernetLan",
        /// Whether it is a gateway product made by the provider. Not "is the gateway": see
        /// [`Node::is_gateway`].
        residential_gateway: Option<bool> = "residentialGateway",
        /// Hybrid node.
        hybrid: Option<bool> = "hybrid",
        /// Whether it works only with a subscription.
        subscription_required: Option<bool> = "subscriptionRequired",
        /// Its capabilities; free form.
        capabilities: Option<FreeForm> = "capabilities",
        /// The pack it came in.
        pack_id: Option<String> = "packId",
        /// Part number.
        part_number: Option<String> = "partNumber",
        /// The date of shipment.
        ship_date: Option<String> = "shipDate",
        /// Punctured channels; free form.
        punctured_channels: Option<FreeForm> = "puncturedChannels",
        /// Access point settings; free form.
        wifi_config: Option<FreeForm> = "wifiConfig",
        /// The location, in responses that are not about one.
        location_id: Option<LocationId> = "locationId",
        /// The customer, in responses that are not about one.
        customer_id: Option<CustomerId> = "customerId",
        /// Devices connected to it, in the response about one node.
        devices: Field<List<Device>> = "devices" | "connectedDevices" | "clients",
        /// Hidden settings; their values may be secret.
        kv_configs: Option<List<KvConfig>> = "kvConfigs",
    }
}

impl Node {
    /// Returns the name for people: the customer's name, else the default name, else the id.
    ///
    /// ```
    /// use plume_types::Node;
    ///
    /// let mut node = Node::new("TST0000001");
    /// assert_eq!(node.display_name(), "TST0000001");
    /// node.nickname = Some("Living Room".into());
    /// assert_eq!(node.display_name(), "Living Room");
    /// ```
    #[must_use]
    pub fn display_name(&self) -> &str {
        first_text([&self.nickname, &self.default_name]).unwrap_or(self.id.as_str())
    }

    /// Returns everything that people call the node, without repetition: the name for people first, then the id, the
    /// default name and the MAC addresses.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let names = [Some(self.display_name()), Some(self.id.as_str()), self.default_name.as_deref()];
        let macs = [&self.mac, &self.ethernet_mac].map(|mac| Some(mac.as_ref()?.as_str()));
        distinct(names.into_iter().chain(macs).flatten())
    }

    /// Returns whether this node is the gateway; `None` if that is unknown.
    ///
    /// The gateway is the node without a node above it. A disconnected node has none above it either, so the result
    /// for it is `None`.
    #[must_use]
    pub fn is_gateway(&self) -> Option<bool> {
        let way = self.leaf_to_root.known()?;
        if !way.is_known_empty() {
            return Some(false);
        }
        self.is_connected().then_some(true)
    }

    /// Returns whether the node is known to be connected.
    ///
    /// ```
    /// use plume_types::Node;
    ///
    /// let node: Node = serde_json::from_str(r#"{"id":"TST0000001","connectionState":"connected"}"#)?;
    /// assert!(node.is_connected());
    ///
    /// let node = Node::new("TST0000001");
    /// assert!(!node.is_connected() && !node.is_disconnected());
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    ///
    /// Both this and [`is_disconnected`](Self::is_disconnected) are `false` while the state is absent, unreadable,
    /// `unavailable` or a word that this version does not know.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.connection_state == Field::Known(ConnectionState::Connected)
    }

    /// Returns whether the node is known to be disconnected. See [`is_connected`](Self::is_connected).
    #[must_use]
    pub fn is_disconnected(&self) -> bool {
        self.connection_state == Field::Known(ConnectionState::Disconnected)
    }
}

model! {
    /// The brand and manufacturer of a node.
    pub struct Vendor("a vendor") fields {
        /// Brand.
        name: Option<String> = "name",
        /// Part number.
        part_number: Option<String> = "partNumber",
        /// Manufacturer.
        manufacturer: Option<String> = "manufacturer",
        /// Factory.
        factory: Option<String> = "factory",
        /// The date of manufacture.
        mfg_date: Option<String> = "mfgDate",
    }
}

model! {
    /// A speed test of the Internet connection.
    pub struct SpeedTest("a speed test") fields {
        /// Whether it succeeded; the numbers may be absent otherwise.
        status: Option<SpeedTestStatus> = "status",
        /// The start time.
        started_at: Option<DateTime<Utc>> = "startedAt",
        /// The end time.
        ended_at: Option<DateTime<Utc>> = "endedAt" | "timestamp",
        /// Download in Mbps.
        download: Option<f64> = "download",
        /// Upload in Mbps.
        upload: Option<f64> = "upload",
        /// Round trip in milliseconds.
        rtt: Option<f64> = "rtt" | "latency",
        /// Jitter in milliseconds.
        jitter: Option<f64> = "jitter",
        /// The trigger.
        trigger: Option<SpeedTestTrigger> = "trigger",
        /// The method, for example `OOKLA`.
        test_type: Option<String> = "testType",
        /// Whether the node that ran it was the gateway.
        gateway: Option<TextOrFlag> = "gateway",
        /// The server's id.
        server_id: Option<String> = "serverId",
        /// The server's name and port.
        server_host: Option<String> = "serverHost",
        /// The server's address.
        server_ip: Option<String> = "serverIp",
        /// The server's title.
        server_name: Option<String> = "serverName",
        /// The internet provider as the server saw it.
        isp: Option<String> = "isp",
    }
}

impl SpeedTest {
    /// Returns whether the test is neither waiting nor running, in any words of the API.
    ///
    /// ```
    /// use plume_types::SpeedTest;
    ///
    /// let test: SpeedTest = serde_json::from_str(r#"{"status":"queued"}"#)?;
    /// assert!(!test.is_over());
    /// let test: SpeedTest = serde_json::from_str(r#"{"status":"failed"}"#)?;
    /// assert!(test.is_over());
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn is_over(&self) -> bool {
        let status = self.status.as_ref();
        let is_known = matches!(status, Some(SpeedTestStatus::Succeeded | SpeedTestStatus::Failed));
        is_known || self.ended_at.is_some() || status.is_some() && self.download.is_some()
    }
}

open_enum! {
    /// The outcome of a speed test.
    pub enum SpeedTestStatus {
        /// The test has numbers.
        Succeeded = "succeeded",
        /// The test has no numbers.
        Failed = "failed",
    }
}

open_enum! {
    /// The trigger of a speed test.
    pub enum SpeedTestTrigger {
        /// The schedule.
        Scheduled = "scheduled",
        /// A person.
        Manual = "manual",
    }
}

model! {
    /// An Ethernet port of a node.
    pub struct LinkState("a port") fields {
        /// The port's name, for example `eth0`.
        if_name: Option<String> = "ifName",
        /// `full` or `half`.
        duplex: Option<String> = "duplex",
        /// Speed in Mbps as the API gives it; 65535 means that nothing is plugged in. See
        /// [`LinkState::speed_mbps`].
        link_speed: Option<u32> = "linkSpeed",
        /// Whether it is the uplink to the Internet.
        is_uplink: Option<bool> = "isUplink",
        /// Whether a device is plugged in.
        has_eth_client: Option<bool> = "hasEthClient",
    }
}

impl LinkState {
    /// Returns the speed in Mbps; `None` if nothing is plugged in.
    #[must_use]
    pub fn speed_mbps(&self) -> Option<u32> {
        const NO_LINK: u32 = 65_535;
        self.link_speed.filter(|speed| *speed != NO_LINK)
    }
}

model! {
    /// A radio of a node.
    pub struct RadioStats("a radio") fields {
        /// The band, for example `5GU`.
        freq_band: Option<String> = "freqBand",
        /// Channel width in MHz.
        channel_width: Option<u32> = "channelWidth",
        /// Punctured channels; free form.
        punctured_channels: Option<FreeForm> = "puncturedChannels",
    }
}

model! {
    /// A hidden setting of a node. Its value may be secret.
    pub struct KvConfig("a setting") fields {
        /// Its id.
        id: Option<String> = "id",
        /// The module it belongs to.
        module: Option<String> = "module",
        /// Its name.
        key: Option<String> = "key",
        /// Its value.
        value: Option<Secret> = "value",
        /// Whether it survives a restart.
        persist: Option<bool> = "persist",
        /// The time of creation.
        created_at: Option<DateTime<Utc>> = "createdAt",
        /// The time of the last change.
        updated_at: Option<DateTime<Utc>> = "updatedAt",
    }
}

model! {
    /// A node in the provider's inventory (`partners/nodes`), claimed by a location or not.
    ///
    /// For live state, request the nodes of the location.
    pub struct PartnerNode("an inventory node") key {
        /// The node's id, which is its serial number.
        id: NodeId = "id" or serial_number,
    } fields {
        /// The serial number.
        serial_number: Option<String> = "serialNumber",
        /// The customer, if claimed.
        customer_id: Option<CustomerId> = "customerId",
        /// The location, if claimed.
        location_id: Option<LocationId> = "locationId",
        /// The provider.
        partner_id: Option<PartnerId> = "partnerId",
        /// Groups.
        group_ids: Option<List<GroupId>> = "groupIds",
        /// The name the customer chose.
        nickname: Option<String> = "nickname",
        /// The default name.
        default_name: Option<String> = "defaultName",
        /// The model.
        model: Option<String> = "model",
        /// Part number.
        part_number: Option<String> = "partNumber",
        /// The pack it came in.
        pack_id: Option<String> = "packId",
        /// The box it came in.
        box_serial_number: Option<String> = "boxSerialNumber",
        /// The carton it came in.
        carton_id: Option<String> = "cartonId",
        /// The order it was bought with.
        purchase_order_number: Option<String> = "purchaseOrderNumber",
        /// The date of shipment.
        ship_date: Option<String> = "shipDate",
        /// Firmware version.
        firmware_version: Option<String> = "firmwareVersion",
        /// Firmware version at manufacture.
        manufacturer_firmware: Option<String> = "manufacturerFirmware",
        /// Brand and manufacturer.
        vendor: Option<Vendor> = "vendor",
        /// Base hardware address.
        mac: Option<MacAddress> = "mac",
        /// Other hardware addresses.
        macs: Option<List<MacAddress>> = "macs",
        /// First Ethernet port.
        ethernet_mac: Option<MacAddress> = "ethernetMac",
        /// Second Ethernet port.
        ethernet1_mac: Option<MacAddress> = "ethernet1Mac",
        /// Base address of the 2.4 GHz radio.
        radio_mac_24: Option<MacAddress> = "radioMac24",
        /// Base address of the 5 GHz radio.
        radio_mac_50: Option<MacAddress> = "radioMac50",
        /// Base address of the 6 GHz radio.
        radio_mac_60: Option<MacAddress> = "radioMac60",
        /// Bluetooth address.
        bluetooth_mac: Option<MacAddress> = "bluetoothMac",
        /// Whether it is a gateway product made by the provider.
        residential_gateway: Option<bool> = "residentialGateway",
        /// Whether claiming is not allowed.
        unclaimable: Option<bool> = "unclaimable",
        /// Whether claiming needs a key.
        claim_key_required: Option<bool> = "claimKeyRequired",
        /// Whether it works only with a subscription.
        subscription_required: Option<bool> = "subscriptionRequired",
        /// Term of that subscription.
        subscription_required_term: Option<String> = "subscriptionRequiredTerm",
        /// Address pool of the mesh.
        backhaul_dhcp_pool_idx: Option<u32> = "backhaulDhcpPoolIdx",
        /// Deployment.
        deployment: Option<String> = "deployment",
        /// Shard.
        shard_number: Option<String> = "shardNumber",
        /// Hidden settings; their values may be secret.
        kv_configs: Option<List<KvConfig>> = "kvConfigs",
        /// Ethernet settings; free form.
        ethernet_lan: Option<FreeForm> = "ethernetLan",
        /// Whether it has a certificate of its own.
        has_unique_certificate: Option<bool> = "hasUniqueCertificate",
        /// Validity of the certificates; free form.
        certificates: Option<FreeForm> = "certificates",
        /// The manufacturer's serial number.
        manufacturer_serial_number: Option<String> = "manufacturerSerialNumber",
        /// Product family.
        product_family: Option<String> = "productFamily",
        /// Product descriptor.
        product_descriptor: Option<String> = "productDescriptor",
        /// The place of manufacture.
        manufacture_location: Option<String> = "manufactureLocation",
        /// The year of manufacture.
        manufacture_year: Option<String> = "manufactureYear",
        /// The week of manufacture.
        manufacture_week: Option<String> = "manufactureWeek",
        /// Country.
        country_code: Option<String> = "countryCode",
        /// Status of the claim.
        status: Option<String> = "status",
        /// The time of the claim.
        claimed_at: Option<DateTime<Utc>> = "timestamp",
        /// The creation time of the record.
        created_at: Option<DateTime<Utc>> = "createdAt",
        /// The time of the record's last change.
        updated_at: Option<DateTime<Utc>> = "updatedAt",
        /// Whether it reaches the cloud, if given.
        connection_state: Field<ConnectionState> = "connectionState",
        /// The time of the last change of `connection_state`.
        connection_state_changed_at: Field<DateTime<Utc>> = "connectionStateChangeAt",
        /// Router or bridge.
        network_mode: Option<NetworkMode> = "networkMode",
        /// Thread radio; free form.
        thread: Option<FreeForm> = "thread",
        /// The deny lists that contain it; free form.
        blacklists: Option<FreeForm> = "blacklists",
        /// Key of the synchronization.
        synchronized_key: Option<String> = "synchronizedKey",
        /// Version of the stored document; of no use to clients.
        document_version: Option<String> = "_version",
    }
}

impl PartnerNode {
    /// Returns whether the node belongs to a location.
    #[must_use]
    pub fn is_claimed(&self) -> bool {
        self.location_id.is_some()
    }

    /// Returns whether the node is known to be connected.
    ///
    /// Both this and [`is_disconnected`](Self::is_disconnected) are `false` while the state is absent, unreadable,
    /// `unavailable` or a word that this version does not know.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.connection_state == Field::Known(ConnectionState::Connected)
    }

    /// Returns whether the node is known to be disconnected. See [`is_connected`](Self::is_connected).
    #[must_use]
    pub fn is_disconnected(&self) -> bool {
        self.connection_state == Field::Known(ConnectionState::Disconnected)
    }
}

model! {
    /// The response of a claim.
    pub struct NodeClaim("a claim") fields {
        /// The claimed nodes.
        claimed: Field<List<PartnerNode>> = "claimed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disconnected_node_is_not_the_gateway() {
        let mut node = Node::new("TST1");
        assert_eq!(node.is_gateway(), None);
        node.leaf_to_root = List::default().into();
        assert_eq!(node.is_gateway(), None);
        node.connection_state = ConnectionState::Disconnected.into();
        assert_eq!(node.is_gateway(), None);
        node.connection_state = ConnectionState::Connected.into();
        assert_eq!(node.is_gateway(), Some(true));
        node.leaf_to_root = Field::Known(vec![Hop::new("TST0")].into());
        assert_eq!(node.is_gateway(), Some(false));
    }

    #[test]
    fn an_empty_port_has_no_speed() {
        let mut port = LinkState { link_speed: Some(65_535), ..LinkState::default() };
        assert_eq!(port.speed_mbps(), None);
        port.link_speed = Some(1000);
        assert_eq!(port.speed_mbps(), Some(1000));
    }
}
