//! Devices of the customer. (`plume-api` models §5)

use chrono::{DateTime, Utc};

use crate::field::Field;
use crate::list::List;
use crate::macros::{model, open_enum};
use crate::models::setting::{Steering, Toggle};
use crate::models::state::{Alert, ConnectionState, Health, Hop, Medium, distinct, first_text};
use crate::values::{FreeForm, MacAddress, NodeId};

model! {
    /// A phone, computer, camera, … of a location.
    ///
    /// Signal strength and rates are in the reports.
    ///
    /// ```
    /// use plume_types::Device;
    ///
    /// let laptop: Device = serde_json::from_str(
    ///     r#"{"mac":"02:00:00:00:10:01","nickname":"Laptop","connectionState":"connected",
    ///         "leafToRoot":[{"id":"TST0000001"}]}"#,
    /// )?;
    /// assert_eq!(laptop.display_name(), "Laptop");
    /// assert!(laptop.is_connected());
    /// assert_eq!(laptop.node().map(|node| node.as_str()), Some("TST0000001"));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub struct Device("a device") key {
        /// Hardware address, which is the device's key in paths.
        mac: MacAddress = "mac" or id,
    } fields {
        /// The same address as the API's id.
        id: Option<String> = "id",
        /// Host name, else the address.
        name: Option<String> = "name",
        /// The name the customer chose.
        nickname: Option<String> = "nickname",
        /// Host name as stored.
        host_name: Option<String> = "hostName",
        /// Icon, for example `smartPhone`.
        icon: Option<String> = "icon",
        /// Address in the home network.
        ip: Option<String> = "ip",
        /// Medium of the connection.
        medium: Option<Medium> = "medium",
        /// Band; absent on cables.
        freq_band: Option<FreqBand> = "freqBand",
        /// Channel; absent on cables.
        channel: Option<u32> = "channel",
        /// Whether it is connected.
        connection_state: Field<ConnectionState> = "connectionState",
        /// The time of the last change of `connection_state`.
        connection_state_changed_at: Field<DateTime<Utc>> = "connectionStateChangeAt",
        /// The time of the first connection.
        first_connected_at: Option<DateTime<Utc>> = "firstConnectedAt",
        /// The time since which it is online.
        online_since: Option<DateTime<Utc>> = "onlineSince",
        /// The time since which it is offline.
        offline_since: Option<DateTime<Utc>> = "offlineSince",
        /// The creation time of the record.
        created_at: Option<DateTime<Utc>> = "createdAt",
        /// The time of the record's last change.
        updated_at: Option<DateTime<Utc>> = "updatedAt",
        /// The time when the customer hid it.
        hidden_at: Option<DateTime<Utc>> = "hiddenAt",
        /// The cloud's judgement.
        health: Field<Health> = "health",
        /// Active alerts.
        alerts: Field<List<Alert>> = "alerts",
        /// The path to the gateway, beginning with the node it is connected to.
        leaf_to_root: Field<List<Hop>> = "leafToRoot",
        /// The zone that it can reach.
        access_zone: Option<AccessZone> = "accessZone",
        /// The number of the Wi-Fi password it used.
        key_id: Option<i64> = "keyId",
        /// The network it is in.
        network_id: Option<String> = "networkId",
        /// The kind of access point it is connected to, for example `home`.
        vap_type: Option<String> = "vapType",
        /// Whether the customer marked it as a favorite.
        favorite: Field<bool> = "favorite",
        /// Steering between bands.
        band_steering: Option<Steering> = "bandSteering",
        /// Steering between pods.
        client_steering: Option<Steering> = "clientSteering",
        /// The bands it supports.
        capabilities: Option<DeviceRadios> = "capabilities",
        /// The kind of device.
        kind: Option<DeviceKind> = "kind",
        /// Traffic, if requested; free form.
        bandwidth: Option<FreeForm> = "bandwidth" | "bandwidthData",
        /// Charts, if requested; free form.
        charts_data: Option<FreeForm> = "chartsData",
        /// Id of its mobile app.
        mobile_app_device_uuid: Option<String> = "mobileAppDeviceUuid",
        /// Application time tracking.
        app_time: Option<Toggle> = "appTime",
        /// Priorities; free form.
        qos: Option<FreeForm> = "qos",
    }
}

impl Device {
    /// Returns the name for people: the customer's name, else the host name, else the address.
    #[must_use]
    pub fn display_name(&self) -> &str {
        first_text([&self.nickname, &self.name, &self.host_name]).unwrap_or(self.mac.as_str())
    }

    /// Returns everything that people call the device, without repetition: the name for people first, then the address and
    /// its other names.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let others = [&self.name, &self.host_name, &self.id].map(Option::as_deref);
        let names = [Some(self.display_name()), Some(self.mac.as_str())];
        distinct(names.into_iter().chain(others).flatten())
    }

    /// Returns the node that the device is or was last connected to.
    #[must_use]
    pub fn node(&self) -> Option<&NodeId> {
        self.leaf_to_root.known()?.first().map(|hop| &hop.id)
    }

    /// Returns whether the device is known to be connected.
    ///
    /// Both this and [`is_disconnected`](Self::is_disconnected) are `false` while the state is absent, unreadable,
    /// `unavailable` or a word that this version does not know.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.connection_state == Field::Known(ConnectionState::Connected)
    }

    /// Returns whether the device is known to be disconnected. See [`is_connected`](Self::is_connected).
    #[must_use]
    pub fn is_disconnected(&self) -> bool {
        self.connection_state == Field::Known(ConnectionState::Disconnected)
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
    /// The zone of the network that a device can reach.
    pub enum AccessZone {
        /// The whole home network.
        Home = "home",
        /// The Internet and shared devices.
        Guests = "guests",
        /// The Internet only.
        InternetAccessOnly = "internetAccessOnly",
    }
}

model! {
    /// The bands that a device supports.
    pub struct DeviceRadios("radio capabilities") fields {
        /// 2.4 GHz.
        radio_24: Option<bool> = "radio24",
        /// 5 GHz.
        radio_50: Option<bool> = "radio50",
        /// 6 GHz, older name.
        radio_6: Option<bool> = "radio6",
        /// 6 GHz.
        radio_60: Option<bool> = "radio60",
    }
}

model! {
    /// The kind of a device, as recognized by the cloud.
    pub struct DeviceKind("a device kind") fields {
        /// The category, for example `Phone`.
        category: Option<String> = "category",
        /// Brand.
        brand: Option<String> = "brand",
        /// Manufacturer.
        manufacturer: Option<String> = "manufacturer",
        /// Model.
        model: Option<String> = "model",
        /// A finer classification; free form.
        details: Option<FreeForm> = "type",
        /// Operating system.
        os: Option<OperatingSystem> = "os",
        /// Settings of the customer; free form.
        custom: Option<FreeForm> = "custom",
    }
}

model! {
    /// An operating system.
    pub struct OperatingSystem("an operating system") fields {
        /// Name.
        name: Option<String> = "name",
        /// Version.
        version: Option<String> = "version",
    }
}

model! {
    /// Active alerts of a location, by node and device.
    pub struct LocationAlerts("alerts") fields {
        /// Alerts on nodes.
        nodes: Field<List<NodeAlerts>> = "nodes",
        /// Alerts on devices.
        devices: Field<List<DeviceAlerts>> = "devices",
    }
}

model! {
    /// Alerts of one node.
    pub struct NodeAlerts("a node's alerts") key {
        /// The node.
        id: NodeId = "id",
    } fields {
        /// Its alerts.
        alerts: Field<List<Alert>> = "alerts",
    }
}

model! {
    /// Alerts of one device.
    pub struct DeviceAlerts("a device's alerts") key {
        /// The device.
        mac: MacAddress = "mac" or id,
    } fields {
        /// The same address as the API's id.
        id: Option<String> = "id",
        /// Its alerts.
        alerts: Field<List<Alert>> = "alerts",
    }
}
