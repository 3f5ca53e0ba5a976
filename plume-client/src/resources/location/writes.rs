//! Changes of a location, its nodes, its devices and its networks.

use std::time::Duration;

use plume_types::{
    Device, FreeForm, Location, MacAddress, NodeClaim, NodeId, PartnerNode, Secret, ServiceLevel,
    ServiceTier, WifiNetwork, WpaMode, decode,
};

use crate::call::Call;
use crate::operations::{self as op, Operation};
use crate::resources::change::Change;
use crate::resources::customers::LocationDetails;
use crate::resources::location::handle::LocationHandle;
use crate::resources::string_enum::string_enum;

/// The minimum length of a passphrase; the API responds 422 below.
const PASSPHRASE_LENGTH: usize = 8;
/// The maximum length of a nickname of a device.
const NICKNAME_LENGTH: usize = 32;
/// The maximum delay of a restart in seconds.
const MAX_DELAY: u64 = 100_000;

string_enum! {
    /// The mode of a node's LED.
    pub enum LedMode {
        /// Blinks, to locate the node.
        Locate = "locate",
        /// Shows the state of the node.
        Normal = "normal",
    }
}

/// The node that [`LocationHandle::claim_node`] claims. The required values depend on the kind of node; for a pod the
/// serial number is enough. `None` is not sent.
///
/// Build it with `..Default::default()`: a later version may add fields.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NodeToClaim {
    /// The serial number.
    pub serial_number: Option<String>,
    /// The new name.
    pub nickname: Option<String>,
    /// The room.
    pub room: Option<String>,
    /// The key that some nodes require.
    pub claim_key: Option<Secret>,
    /// The model.
    pub model: Option<String>,
    /// The MAC address of its Ethernet port.
    pub ethernet_mac: Option<MacAddress>,
    /// The MAC address of its second Ethernet port.
    pub ethernet1_mac: Option<MacAddress>,
    /// The base address of its 2.4 GHz radio.
    pub radio_mac_24: Option<MacAddress>,
    /// The base address of its 5 GHz radio.
    pub radio_mac_50: Option<MacAddress>,
    /// The base address of its 6 GHz radio.
    pub radio_mac_60: Option<MacAddress>,
}

/// The home network for [`LocationHandle::create_wifi_network`] and [`LocationHandle::replace_wifi_network`]. Name and
/// passphrase are required; any other `None` is not sent.
///
/// Build it with `..Default::default()`: a later version may add fields.
///
/// ```
/// use plume_client::WifiDetails;
///
/// let network = WifiDetails {
///     ssid: Some("Home".into()),
///     encryption_key: Some("not-a-real-key".into()),
///     ..WifiDetails::default()
/// };
/// assert!(!format!("{network:?}").contains("real"));
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WifiDetails {
    /// The network's name.
    pub ssid: Option<String>,
    /// The passphrase, at least eight characters.
    pub encryption_key: Option<Secret>,
    /// The security mode.
    pub wpa_mode: Option<WpaMode>,
    /// Whether the network broadcasts its name.
    pub ssid_broadcast: Option<bool>,
}

/// The changes of [`LocationHandle::update_wifi_network`], without the passphrase. `None` leaves a value unchanged.
///
/// Build it with `..Default::default()`: a later version may add fields.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WifiUpdate {
    /// The network's name.
    pub ssid: Option<String>,
    /// Whether the network is enabled.
    pub enabled: Option<bool>,
    /// The security mode.
    pub wpa_mode: Option<WpaMode>,
    /// Whether the network broadcasts its name.
    pub ssid_broadcast: Option<bool>,
    /// Whether devices are isolated from each other.
    pub private_mode: Option<bool>,
    /// Whether the default network of the provider is disabled.
    pub disable_default_service_network: Option<bool>,
    /// Multi-link operation.
    pub allow_mlo: Option<bool>,
}

/// The location itself.
impl LocationHandle {
    /// Returns a change by any operation of a location, with the ids of this one and its customer.
    pub fn change(&self, operation: &'static Operation) -> Change<FreeForm> {
        let mut change = self.client.change(operation);
        self.fill(&mut change.call);
        change
    }

    /// Renames the location (`PUT …/locations/{locationId}`).
    pub fn rename(&self, name: &str) -> Change<FreeForm> {
        self.prepare(self.call(&op::LOCATION_RENAME).with("name", name))
    }

    /// Changes name, profile or contract key (`PATCH …/locations/{locationId}`). At least one is required.
    pub fn update(&self, details: &LocationDetails) -> Change<Location> {
        let call = details.fill(self.call(&op::LOCATION_UPDATE));
        self.prepare(call.fail_if(*details == LocationDetails::default(), "update", "it changes nothing"))
    }

    /// Archives the location (`DELETE …/locations/{locationId}`). The response has no body.
    pub fn archive(&self) -> Change<FreeForm> {
        self.prepare(self.call(&op::LOCATION_ARCHIVE))
    }

    /// Sets the subscription tier (`PATCH …/serviceLevel`).
    pub fn set_service_level(&self, tier: &ServiceTier) -> Change<ServiceLevel> {
        self.prepare(self.call(&op::SERVICE_LEVEL_SET).with("status", tier.as_str()))
    }

    /// Restarts all nodes after a delay of up to 100,000 s (`PUT …/reboot`). Sent once. The response has
    /// no body.
    pub fn reboot(&self, delay: Duration) -> Change<FreeForm> {
        self.prepare(delayed(self.call(&op::LOCATION_REBOOT), delay))
    }

    /// Starts the optimizer (`POST …/optimize`). Sent once.
    pub fn optimize(&self) -> Change<FreeForm> {
        self.prepare(self.call(&op::OPTIMIZE))
    }
}

/// Its nodes.
impl LocationHandle {
    /// Claims a node (`POST …/nodes`). Sent once.
    ///
    /// A response without a body (204) means that the location has the node already. The API rejects a node of another
    /// customer with 409.
    pub fn claim_node(&self, node: &NodeToClaim) -> Change<NodeClaim> {
        let mac = |mac: &Option<MacAddress>| mac.as_ref().map(MacAddress::canonical);
        let call = self
            .call(&op::NODE_CLAIM)
            .with("serialNumber", node.serial_number.as_deref())
            .with("nickname", node.nickname.as_deref())
            .with("room", node.room.as_deref())
            .with("claimKey", node.claim_key.as_ref().map(Secret::expose))
            .with("model", node.model.as_deref())
            .with("ethernetMac", mac(&node.ethernet_mac))
            .with("ethernet1Mac", mac(&node.ethernet1_mac))
            .with("radioMac24", mac(&node.radio_mac_24))
            .with("radioMac50", mac(&node.radio_mac_50))
            .with("radioMac60", mac(&node.radio_mac_60));
        self.prepare(call.fail_if(*node == NodeToClaim::default(), "node", "it is not named"))
    }

    /// Renames a node (`PUT …/nodes/{nodeId}`).
    pub fn rename_node(&self, node: impl Into<NodeId>, nickname: &str) -> Change<PartnerNode> {
        self.prepare(self.node_call(&op::NODE_RENAME, node.into()).with("nickname", nickname))
    }

    /// Removes a node from the location (`DELETE …/nodes/{nodeId}`). The response has no body. The API refuses with 403
    /// while the node is online. The parameters are in the URL, because the body of a `DELETE` has no meaning (RFC 9110
    /// §9.3.5).
    pub fn unclaim_node(&self, node: impl Into<NodeId>) -> Change<FreeForm> {
        self.prepare(self.node_call(&op::NODE_UNCLAIM, node.into()))
    }

    /// Restarts a node after a delay of up to 100,000 s (`PUT …/nodes/{nodeId}/reboot`). Sent once. The
    /// response has no body.
    pub fn reboot_node(&self, node: impl Into<NodeId>, delay: Duration) -> Change<FreeForm> {
        self.prepare(delayed(self.node_call(&op::NODE_REBOOT, node.into()), delay))
    }

    /// Starts or stops the blinking of a node (`PUT …/nodes/{nodeId}/ledMode`). The API rejects a node of another location
    /// with 425.
    pub fn set_node_led(&self, node: impl Into<NodeId>, mode: LedMode) -> Change<FreeForm> {
        self.prepare(self.node_call(&op::NODE_LED, node.into()).with("mode", mode))
    }

    /// Starts a speed test (`POST …/nodes/{nodeId}/speedTest`). Sent once. The schema of the response is not
    /// published; [`LocationHandle::wait_for_speed_test`] waits for the result by the request's id in it.
    pub fn start_speed_test(&self, node: impl Into<NodeId>) -> Change<FreeForm> {
        self.prepare(self.node_call(&op::NODE_SPEED_TEST, node.into()))
    }

    fn node_call(&self, operation: &'static Operation, node: NodeId) -> Call<'static> {
        self.call(operation).with("nodeId", node.as_str())
    }
}

/// Its devices and networks.
impl LocationHandle {
    /// Sets the nickname of a device, at most 32 characters (`PATCH …/devices/{mac}`).
    pub fn rename_device(&self, mac: impl Into<MacAddress>, nickname: &str) -> Change<Device> {
        let long = nickname.chars().count() > NICKNAME_LENGTH;
        let call = self.device_call(mac.into()).with("nickname", nickname);
        self.device_change(call.fail_if(long, "nickname", "it has more than 32 characters"))
    }

    /// Marks a device as a favourite, or removes the mark (`PATCH …/devices/{mac}`).
    pub fn set_device_favorite(&self, mac: impl Into<MacAddress>, favorite: bool) -> Change<Device> {
        self.device_change(self.device_call(mac.into()).with("favorite", favorite))
    }

    /// Creates the home network (`POST …/wifiNetwork`). Sent once. The API rejects it with 409 if there is one.
    pub fn create_wifi_network(&self, network: &WifiDetails) -> Change<WifiNetwork> {
        self.wifi_change(network, self.call(&op::WIFI_NETWORK_CREATE))
    }

    /// Sets name, passphrase and security of the home network (`PUT …/wifiNetwork`). Devices with the old
    /// ones lose their connection.
    pub fn replace_wifi_network(&self, network: &WifiDetails) -> Change<WifiNetwork> {
        self.wifi_change(network, self.call(&op::WIFI_NETWORK_REPLACE))
    }

    /// Changes settings of the home network except the passphrase (`PATCH …/wifiNetwork`).
    pub fn update_wifi_network(&self, update: &WifiUpdate) -> Change<FreeForm> {
        let call = self
            .call(&op::WIFI_NETWORK_UPDATE)
            .with("ssid", update.ssid.as_deref())
            .with("enabled", update.enabled)
            .with("wpaMode", update.wpa_mode.as_ref().map(WpaMode::as_str))
            .with("ssidBroadcast", update.ssid_broadcast)
            .with("privateMode", update.private_mode)
            .with("disableDefaultServiceNetwork", update.disable_default_service_network)
            .with("allowMlo", update.allow_mlo);
        self.prepare(call.fail_if(*update == WifiUpdate::default(), "update", "it changes nothing"))
    }

    fn device_call(&self, mac: MacAddress) -> Call<'static> {
        self.call(&op::DEVICE_UPDATE).with("mac", mac.canonical())
    }

    fn device_change(&self, call: Call<'static>) -> Change<Device> {
        self.prepare(call).read_by(|body| decode::wrapped(body, &["device"]))
    }

    fn wifi_change(&self, network: &WifiDetails, call: Call<'static>) -> Change<WifiNetwork> {
        let key = network.encryption_key.as_ref().map(Secret::expose);
        let short = key.is_some_and(|key| key.chars().count() < PASSPHRASE_LENGTH);
        let call = call
            .with("ssid", network.ssid.as_deref())
            .with("encryptionKey", key)
            .with("wpaMode", network.wpa_mode.as_ref().map(WpaMode::as_str))
            .with("ssidBroadcast", network.ssid_broadcast)
            .fail_if(short, "encryptionKey", "it has fewer than 8 characters");
        self.prepare(call).read_by(|body| decode::wrapped(body, &["wifiNetwork"]))
    }

    fn prepare<T: decode::Decode>(&self, call: Call<'static>) -> Change<T> {
        Change::new(&self.client, call)
    }
}

/// Checks the documented maximum. Fractions of a second are cut.
fn delayed(call: Call<'static>, delay: Duration) -> Call<'static> {
    call.with("delay", delay.as_secs()).fail_if(
        delay.as_secs() > MAX_DELAY,
        "delay",
        "it is more than 100000 seconds",
    )
}
