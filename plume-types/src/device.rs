//! Devices: what the customer connects. (`plume-api` models §5)

use chrono::{DateTime, Utc};

use crate::{
    Alert, ConnectionState, FreeForm, Health, Hop, List, MacAddress, Medium, NodeId, Steering, Toggle,
    macros::{model, open_enum},
    node::first_text,
};

model! {
    /// A phone, computer, camera, … of a location.
    ///
    /// Signal strength and rates are not here; see the reports.
    pub struct Device("a device") key {
        /// Hardware address, the device's key in paths.
        mac: MacAddress = "mac" or id,
    } fields {
        /// The same address as the API's id.
        id: String = "id",
        /// Host name, else the address.
        name: String = "name",
        /// The name the customer chose.
        nickname: String = "nickname",
        /// Host name as stored.
        host_name: String = "hostName",
        /// Picture, for example `smartPhone`.
        icon: String = "icon",
        /// Address in the home network.
        ip: String = "ip",
        /// How it is attached.
        medium: Medium = "medium",
        /// Band; missing on cables.
        freq_band: FreqBand = "freqBand",
        /// Channel; missing on cables.
        channel: u32 = "channel",
        /// Whether it is connected.
        connection_state: ConnectionState = "connectionState",
        /// Since when.
        connection_state_changed_at: DateTime<Utc> = "connectionStateChangeAt",
        /// When it was first seen.
        first_connected_at: DateTime<Utc> = "firstConnectedAt",
        /// Online since.
        online_since: DateTime<Utc> = "onlineSince",
        /// Offline since.
        offline_since: DateTime<Utc> = "offlineSince",
        /// When the record was created.
        created_at: DateTime<Utc> = "createdAt",
        /// When the record was last changed.
        updated_at: DateTime<Utc> = "updatedAt",
        /// When the customer hid it.
        hidden_at: DateTime<Utc> = "hiddenAt",
        /// The cloud's judgement.
        health: Health = "health",
        /// Active alerts.
        alerts: List<Alert> = "alerts",
        /// The way to the gateway; the first is the node it hangs on.
        leaf_to_root: List<Hop> = "leafToRoot",
        /// What it may reach.
        access_zone: AccessZone = "accessZone",
        /// Which Wi-Fi password it used.
        key_id: i64 = "keyId",
        /// The network it is in.
        network_id: String = "networkId",
        /// The kind of access point it is on, for example `home`.
        vap_type: String = "vapType",
        /// Whether the customer marked it.
        favorite: bool = "favorite",
        /// Steering between bands.
        band_steering: Steering = "bandSteering",
        /// Steering between pods.
        client_steering: Steering = "clientSteering",
        /// Bands it can use.
        capabilities: DeviceRadios = "capabilities",
        /// What kind of device it is.
        kind: DeviceKind = "kind",
        /// Traffic, only when asked for; free form.
        bandwidth: FreeForm = "bandwidth" | "bandwidthData",
        /// Charts, only when asked for; free form.
        charts_data: FreeForm = "chartsData",
        /// Id of the mobile app on it.
        mobile_app_device_uuid: String = "mobileAppDeviceUuid",
        /// Application time tracking.
        app_time: Toggle = "appTime",
        /// Priorities; free form.
        qos: FreeForm = "qos",
    }
}

impl Device {
    /// The name for people: the customer's, else the host name, else the address.
    #[must_use]
    pub fn display_name(&self) -> &str {
        first_text([&self.nickname, &self.name, &self.host_name]).unwrap_or(self.mac.as_str())
    }

    /// The node it hangs on, or last hung on.
    #[must_use]
    pub fn node(&self) -> Option<&NodeId> {
        self.leaf_to_root.as_ref()?.first().map(|hop| &hop.id)
    }
}

open_enum! {
    /// A Wi-Fi band.
    pub enum FreqBand {
        /// 2.4 GHz.
        Band2_4 = "2.4G",
        /// 5 GHz.
        Band5 = "5G",
        /// Lower 5 GHz, on tri-band nodes.
        Band5Lower = "5GL",
        /// Upper 5 GHz, on tri-band nodes.
        Band5Upper = "5GU",
        /// 6 GHz.
        Band6 = "6G",
    }
}

open_enum! {
    /// What a device may reach.
    pub enum AccessZone {
        /// Everything at home.
        Home = "home",
        /// The Internet and shared devices.
        Guests = "guests",
        /// The Internet only.
        InternetAccessOnly = "internetAccessOnly",
    }
}

model! {
    /// Bands a device can use.
    pub struct DeviceRadios("radio capabilities") fields {
        /// 2.4 GHz.
        radio_24: bool = "radio24",
        /// 5 GHz.
        radio_50: bool = "radio50",
        /// 6 GHz, older name.
        radio_6: bool = "radio6",
        /// 6 GHz.
        radio_60: bool = "radio60",
    }
}

model! {
    /// What kind of device the cloud takes it for.
    pub struct DeviceKind("a device kind") fields {
        /// For example `Phone`.
        category: String = "category",
        /// Brand.
        brand: String = "brand",
        /// Manufacturer.
        manufacturer: String = "manufacturer",
        /// Model.
        model: String = "model",
        /// Finer recognition; free form.
        details: FreeForm = "type",
        /// Operating system.
        os: OperatingSystem = "os",
        /// What the customer set; free form.
        custom: FreeForm = "custom",
    }
}

model! {
    /// An operating system.
    pub struct OperatingSystem("an operating system") fields {
        /// Name.
        name: String = "name",
        /// Version.
        version: String = "version",
    }
}

model! {
    /// Active alerts of a location, by node and device.
    pub struct LocationAlerts("alerts") fields {
        /// Alerts on nodes.
        nodes: List<NodeAlerts> = "nodes",
        /// Alerts on devices.
        devices: List<DeviceAlerts> = "devices",
    }
}

model! {
    /// Alerts of one node.
    pub struct NodeAlerts("a node's alerts") key {
        /// The node.
        id: NodeId = "id",
    } fields {
        /// Its alerts.
        alerts: List<Alert> = "alerts",
    }
}

model! {
    /// Alerts of one device.
    pub struct DeviceAlerts("a device's alerts") key {
        /// The device.
        mac: MacAddress = "mac" or id,
    } fields {
        /// The same address as the API's id.
        id: String = "id",
        /// Its alerts.
        alerts: List<Alert> = "alerts",
    }
}
