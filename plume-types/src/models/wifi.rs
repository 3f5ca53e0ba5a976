//! Wi-Fi networks, and the mesh between the pods. (`plume-api` models §6, §7)

use chrono::{DateTime, Utc};

use crate::list::List;
use crate::macros::{model, open_enum};
use crate::models::device::AccessZone;
use crate::models::setting::Setting;
use crate::values::{FreeForm, LocationId, Secret};

model! {
    /// The home network of a location, with its passphrase.
    pub struct WifiNetwork("a Wi-Fi network") fields {
        /// Its id.
        id: Option<String> = "id",
        /// The location.
        location_id: Option<LocationId> = "locationId",
        /// The network's name.
        ssid: Option<String> = "ssid",
        /// The passphrase.
        encryption_key: Option<Secret> = "encryptionKey",
        /// The security mode.
        wpa_mode: Option<WpaMode> = "wpaMode",
        /// The security modes by band; free form.
        wpa_modes: Option<FreeForm> = "wpaModes",
        /// `OPEN`, `WEP`, `WPA-EAP` or `WPA-PSK`.
        encryption: Option<String> = "encryption",
        /// A finer form of `encryption`.
        encryption_mode: Option<String> = "encryptionMode",
        /// Whether the name is broadcast.
        ssid_broadcast: Option<bool> = "ssidBroadcast",
        /// Whether the network is on.
        enabled: Option<bool> = "enabled" | "enable",
        /// Whether the default network of the provider is off.
        disable_default_service_network: Option<bool> = "disableDefaultServiceNetwork",
        /// Group rekeying.
        group_rekey: Option<String> = "groupRekey",
        /// Fast transition between pods.
        fast_transition: Option<Setting> = "fastTransition",
        /// The oldest Wi-Fi standard allowed at 2.4 GHz, for example `11n`.
        min_wifi_mode_24: Option<String> = "minWifiMode24",
        /// Multi-link operation.
        allow_mlo: Option<bool> = "allowMlo",
        /// Power saving.
        uapsd: Option<bool> = "uapsd",
        /// Whether devices are isolated from each other.
        private_mode: Option<bool> = "privateMode",
        /// The time of the last change of `private_mode`.
        private_mode_updated_at: Option<DateTime<Utc>> = "privateModeUpdatedAt",
        /// The index of the main key.
        master_key_index: Option<i64> = "masterKeyIndex",
        /// RADIUS server.
        radius_server_ip: Option<String> = "radiusServerIp",
        /// RADIUS port.
        radius_server_port: Option<u16> = "radiusServerPort",
        /// Devices visible to guests; free form.
        devices_visible_to_guests: Option<FreeForm> = "devicesVisibleToGuests",
        /// Further passwords.
        keys: Option<List<WifiKey>> = "keys",
        /// Zones; free form.
        access_zones: Option<FreeForm> = "accessZones",
        /// People; free form.
        persons: Option<FreeForm> = "persons",
        /// Per-device settings; free form.
        devices: Option<FreeForm> = "devices",
        /// Content rules; free form.
        content: Option<FreeForm> = "content",
        /// Default security policy; free form.
        default_security_policy: Option<FreeForm> = "defaultSecurityPolicy",
        /// Security policy for all devices; free form.
        common_security_policy: Option<FreeForm> = "appliesToAllDevicesSecurityPolicy",
        /// Whether the cloud stores the passphrase encrypted.
        encrypted: Option<bool> = "encrypted",
        /// The time since which it does.
        encrypted_at: Option<DateTime<Utc>> = "encryptedAt",
        /// The time until which a change of the security mode is deferred.
        wpa_mode_deferred_expires_at: Option<DateTime<Utc>> = "wpaModeDeferredExpiresAt",
        /// The time of creation.
        created_at: Option<DateTime<Utc>> = "createdAt",
        /// The time of the last change.
        updated_at: Option<DateTime<Utc>> = "updatedAt",
        /// Version of the stored document; of no use to clients.
        document_version: Option<String> = "_version",
    }
}

open_enum! {
    /// A Wi-Fi security mode.
    pub enum WpaMode {
        /// None.
        Open = "open",
        /// WPA2.
        Psk2 = "psk2",
        /// WPA and WPA2.
        PskMixed = "psk-mixed",
        /// WPA3.
        Sae = "sae",
        /// WPA2 and WPA3.
        SaeMixed = "sae-mixed",
        /// WPA3 with compatibility.
        SaeCompat = "sae-compat",
        /// WPA3 with relaxed compatibility.
        SaeCompatRelaxed = "sae-compat-relaxed",
        /// Chosen by the cloud.
        Auto = "auto",
    }
}

model! {
    /// One of the passwords of a network.
    pub struct WifiKey("a Wi-Fi key") fields {
        /// Its number.
        id: Option<i64> = "id",
        /// The password.
        encryption_key: Option<Secret> = "encryptionKey",
        /// The zone that its devices can reach.
        access_zone: Option<AccessZone> = "accessZone",
        /// The zone's number: home 0, Internet only 1, guests 2 to 4.
        access_zone_id: Option<i64> = "accessZoneId",
        /// `encryptionKey` or `phoneNumber`.
        format: Option<String> = "format",
        /// Whether it is enabled.
        enable: Option<bool> = "enable",
        /// Content rules; free form.
        content: Option<FreeForm> = "content",
        /// The time of creation.
        created_at: Option<DateTime<Utc>> = "createdAt",
        /// The time of the last change.
        updated_at: Option<DateTime<Utc>> = "updatedAt",
        /// The time when it expires.
        expires_at: Option<DateTime<Utc>> = "expiresAt",
        /// Version of the stored document; of no use to clients.
        document_version: Option<String> = "_version",
    }
}

model! {
    /// An entry of the list of a location's networks, without passphrases.
    pub struct WifiNetworkListItem("a Wi-Fi network") fields {
        /// Its id, for example `home`.
        network_id: Option<String> = "networkId",
        /// The network's name.
        ssid: Option<String> = "ssid",
        /// Whether it is on.
        enabled: Option<bool> = "enable" | "enabled",
        /// The security mode.
        wpa_mode: Option<WpaMode> = "wpaMode",
        /// The kind of access point, for example `fronthaul`.
        vap_type: Option<String> = "vapType",
        /// The zone that its devices can reach.
        access_zone: Option<AccessZone> = "accessZone",
    }
}

model! {
    /// The network's name alone (`wifiNetwork/ssid`).
    pub struct WifiSsid("a network name") fields {
        /// The network's name.
        ssid: Option<String> = "ssid",
    }
}

model! {
    /// Settings of the mesh between the pods, with its key. Not related to health.
    pub struct Backhaul("mesh settings") fields {
        /// Mode.
        mode: Option<Setting> = "mode",
        /// Dynamic beacons.
        dynamic_beacon: Option<Setting> = "dynamicBeacon",
        /// Wireless distribution.
        wds: Option<Setting> = "wds",
        /// Changes of topology without interruption.
        hitless_topology: Option<Setting> = "hitlessTopology",
        /// Radios used while pods join.
        limit_onboarding_radios_mode: Option<Setting> = "limitOnboardingRadiosMode",
        /// Snapshot of the topology.
        topology_snapshot: Option<Setting> = "topologySnapshot",
        /// The requested security mode.
        wpa_mode: Option<WpaMode> = "wpaMode",
        /// The security mode in force.
        wpa_mode_realized: Option<WpaMode> = "wpaModeRealized",
        /// The mesh's key.
        wpa_key: Option<Secret> = "wpaKey",
        /// The time of creation.
        created_at: Option<DateTime<Utc>> = "createdAt",
        /// The time of the last change.
        updated_at: Option<DateTime<Utc>> = "updatedAt",
        /// Version of the stored document; of no use to clients.
        document_version: Option<String> = "_version",
    }
}
