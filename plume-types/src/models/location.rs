//! Locations: the homes and small businesses. (`plume-api` models §2, §3, §8)

use chrono::{DateTime, Utc};

use crate::field::Field;
use crate::list::List;
use crate::macros::{model, open_enum};
use crate::models::node::{Node, SpeedTest};
use crate::models::setting::{ControlModeSetting, Setting, Steering, Toggle};
use crate::models::state::{ConnectionState, NetworkMode, first_text};
use crate::models::wifi::Backhaul;
use crate::values::{
    AccountId, ByName, CustomerId, FreeForm, GroupId, LocationId, PartnerId, Secret, ServiceId, TextOrFlag,
};

model! {
    /// A home or small business: settings and state.
    ///
    /// ```
    /// use plume_types::Location;
    ///
    /// let home: Location = serde_json::from_str(
    ///     r#"{"id":"5f0000000000000000000002","name":"Home","networkStatus":{"status":"online"}}"#,
    /// )?;
    /// assert_eq!(home.display_name(), "Home");
    /// assert!(home.is_online());
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub struct Location("a location") key {
        /// The location's id.
        id: LocationId = "id",
    } fields {
        /// Its name; the first one of a customer is "Home".
        name: Option<String> = "name",
        /// The owner.
        customer_id: Option<CustomerId> = "customerId",
        /// The owner's key at the provider.
        account_id: Option<AccountId> = "accountId",
        /// The provider.
        partner_id: Option<PartnerId> = "partnerId",
        /// The provider's name.
        partner_name: Option<String> = "partnerName",
        /// The groups of the owner.
        group_ids: Option<List<GroupId>> = "groupIds",
        /// The provider's contract key.
        service_id: Option<ServiceId> = "serviceId",
        /// The product.
        profile: Option<Profile> = "profile",
        /// Router or bridge.
        network_mode: Option<NetworkMode> = "networkMode",
        /// IPv6 settings.
        ipv6: Option<Ipv6Settings> = "ipv6",
        /// The subscription tier.
        service_level: Field<ServiceLevel> = "serviceLevel",
        /// Whether the location reaches the cloud.
        network_status: Field<NetworkStatus> = "networkStatus",
        /// Settings of the scheduled speed tests.
        isp_speed_test_configuration: Option<SpeedTestConfiguration> = "ispSpeedTestConfiguration",
        /// The last speed test. Weakly evidenced; prefer the one of the gateway node.
        speed_test: Option<SpeedTest> = "speedTest",
        /// Numbers about the location, if requested with `include=summary`.
        summary: Option<LocationSummary> = "summary",
        /// Steering between bands.
        band_steering: Option<Steering> = "bandSteering",
        /// Steering between pods.
        client_steering: Option<Steering> = "clientSteering",
        /// The degree to which the cloud controls the location.
        control_mode: Option<ControlModeSetting> = "controlMode",
        /// Whether the cloud only monitors.
        monitor_mode: Option<Toggle> = "monitorMode",
        /// Settings of the mesh between the pods.
        backhaul: Option<Backhaul> = "backhaul",
        /// Deprecated Internet settings; see [`WanConfiguration`](crate::WanConfiguration).
        wan_settings: Option<WanSettings> = "wanSettings",
        /// Settings of the optimizer.
        optimizations: Option<Optimizations> = "optimizations",
        /// State of the optimizer.
        optimization: Option<OptimizationState> = "optimization",
        /// Wi-Fi motion detection.
        wifi_motion: Option<WifiMotion> = "wifiMotion",
        /// The place of the public address.
        geo_ip: Option<GeoIp> = "geoIp",
        /// The regulatory region.
        locale: Option<Locale> = "locale",
        /// The number of pods that may be claimed; free form.
        authorizations: Option<FreeForm> = "authorizations",
        /// The time when set-up was completed.
        onboarded_at: Option<DateTime<Utc>> = "onboardedAt",
        /// The time of creation.
        created_at: Option<DateTime<Utc>> = "createdAt",
        /// The time of the last change.
        updated_at: Option<DateTime<Utc>> = "updatedAt",
        /// Pods claimed under basic service.
        basic_service_node_claim_count: Option<u32> = "basicServiceNodeClaimCount",
        /// Feature sets by priority.
        feature_config_ids: Option<List<FeatureConfigRef>> = "featureConfigIds",
        /// The network's name; free form, because its shape differs between responses.
        ssid: Option<FreeForm> = "ssid",
        /// Home security priority, for example `disable`.
        home_security_priority: Option<String> = "homeSecurityPriority",
        /// Whether home/away detection is on.
        home_away_active: Option<bool> = "homeAwayActive",
        /// Whether the welcome e-mails were sent.
        day_one_emails_sent: Option<bool> = "dayOneEmailsSent",
        /// Application time tracking: a flag in lists, an object elsewhere.
        app_time: Option<Toggle> = "appTime",
        /// Application time tracking, settings.
        app_time_config: Option<Toggle> = "appTimeConfig",
        /// Traffic sniffing; free form.
        sniffing: Option<FreeForm> = "sniffing",
        /// Freeze schedules; an array or an object.
        freeze_templates: Option<FreeForm> = "freezeTemplates",
        /// Freeze templates of unassigned devices; free form.
        unassigned_freeze_templates: Option<FreeForm> = "groupOfUnassignedDevicesFreezeTemplates",
        /// Freeze schedules of unassigned devices; free form.
        unassigned_freeze_schedules: Option<FreeForm> = "groupOfUnassignedDevicesFreezeSchedules",
        /// Whether the devices share the freeze schedules of the location.
        uses_shared_freeze_schedules: Option<bool> = "isUtilizingSharedLocationFreezeSchedules",
        /// Timers; free form.
        step_function_timers: Option<FreeForm> = "stepFunctionTimers",
        /// Whether this is an apartment of a managed building.
        uprise: Option<bool> = "uprise",
        /// Whether flexible SSIDs are on.
        flex: Option<bool> = "flex",
        /// Whether the Wi-Fi settings were imported from a gateway.
        wifi_network_imported_from_gateway: Option<bool> = "wifiNetworkImportedFromGateway",
        /// Name used for multicast DNS.
        mdns_unique_identifier: Option<String> = "mDNSUniqueIdentifier",
        /// Region.
        region: Option<String> = "region",
        /// Network access rules; free form.
        network_access: Option<FreeForm> = "networkAccess",
        /// Device provisioning protocol; free form.
        dpp_configuration: Option<FreeForm> = "dppConfiguration",
        /// Hotspot as a service; free form.
        haahs_configuration: Option<FreeForm> = "haahsConfiguration",
        /// Secondary networks; free form.
        secondary_networks: Option<FreeForm> = "_secondaryNetworks",
        /// Version of the stored document; of no use to clients.
        document_version: Option<String> = "_version",
    }
}

impl Location {
    /// Returns the name for people: the location's name, else its id.
    ///
    /// ```
    /// use plume_types::Location;
    ///
    /// let mut home = Location::new("5f0000000000000000000002");
    /// assert_eq!(home.display_name(), "5f0000000000000000000002");
    /// home.name = Some("Home".into());
    /// assert_eq!(home.display_name(), "Home");
    /// ```
    #[must_use]
    pub fn display_name(&self) -> &str {
        first_text([&self.name]).unwrap_or(self.id.as_str())
    }

    /// Returns whether the location is known to reach the cloud.
    ///
    /// Both this and [`is_offline`](Self::is_offline) are `false` while the status is absent, unreadable or a word
    /// that this version does not know.
    #[must_use]
    pub fn is_online(&self) -> bool {
        self.online_state() == Field::Known(&OnlineState::Online)
    }

    /// Returns whether the location is known not to reach the cloud. See [`is_online`](Self::is_online).
    #[must_use]
    pub fn is_offline(&self) -> bool {
        self.online_state() == Field::Known(&OnlineState::Offline)
    }

    fn online_state(&self) -> Field<&OnlineState> {
        self.network_status.as_ref().and_then(|network| network.status.as_ref())
    }
}

open_enum! {
    /// The product of a location.
    pub enum Profile {
        /// HomePass.
        Auto = "auto",
        /// WorkPass.
        SmallBusiness = "smallbusiness",
        /// A managed building.
        Property = "property",
    }
}

model! {
    /// IPv6 settings.
    pub struct Ipv6Settings("IPv6 settings") fields {
        /// The mode, for example `auto`.
        mode: Option<String> = "mode",
        /// The addressing, for example `auto`.
        addressing_config: Option<String> = "addressingConfig",
        /// DNS servers; free form.
        dns: Option<FreeForm> = "dns",
        /// Unique local addresses; free form.
        ula: Option<FreeForm> = "ula",
        /// Delegated prefix; free form.
        prefix: Option<FreeForm> = "prefix",
        /// Inbound connections; free form.
        inbound_connections: Option<FreeForm> = "inboundConnections",
    }
}

model! {
    /// The subscription tier of a location. Not related to health.
    pub struct ServiceLevel("a service level") fields {
        /// The tier.
        status: Field<ServiceTier> = "status",
        /// Whether the tier is set by the cloud.
        auto: Option<bool> = "auto",
        /// The time of creation.
        created_at: Option<DateTime<Utc>> = "createdAt",
        /// The time of the last change.
        updated_at: Option<DateTime<Utc>> = "updatedAt",
    }
}

open_enum! {
    /// The tier of a subscription.
    pub enum ServiceTier {
        /// No service.
        NoService = "noService",
        /// Internet without the extra features.
        BasicService = "basicService",
        /// Internet with all features.
        FullService = "fullService",
    }
}

model! {
    /// Whether a location reaches the cloud, and since when.
    pub struct NetworkStatus("a network status") fields {
        /// Online or offline.
        status: Field<OnlineState> = "status",
        /// The time of the last change of `status`.
        status_changed_at: Option<DateTime<Utc>> = "statusChangedAt",
        /// The duration of the previous status in seconds.
        duration_of_previous_status: Option<f64> = "durationOfPreviousStatus",
        /// The time of the last change.
        updated_at: Option<DateTime<Utc>> = "updatedAt",
        /// Version of the stored document; of no use to clients.
        document_version: Option<String> = "_version",
    }
}

open_enum! {
    /// Whether a location reaches the cloud.
    pub enum OnlineState {
        /// Reaches the cloud.
        Online = "online",
        /// Does not reach the cloud.
        Offline = "offline",
    }
}

model! {
    /// Settings of the scheduled speed tests: every three hours on the gateway, twice a day on other nodes.
    pub struct SpeedTestConfiguration("speed test settings") fields {
        /// Whether tests run.
        enable: Option<bool> = "enable",
        /// Whether the hardware supports them.
        speed_capable: Option<bool> = "speedCapable",
        /// Whether nodes other than the gateway run tests too.
        enable_all_nodes: Option<bool> = "enableAllNodes",
        /// The time of creation.
        created_at: Option<DateTime<Utc>> = "createdAt",
        /// The time of the last change.
        updated_at: Option<DateTime<Utc>> = "updatedAt",
        /// Version of the stored document; of no use to clients.
        document_version: Option<String> = "_version",
    }
}

model! {
    /// Deprecated Internet settings of a location.
    pub struct WanSettings("WAN settings") fields {
        /// `static`, `pppoe` or `dynamic`.
        connection_type: Option<String> = "connectionType",
        /// The time of the last change.
        updated_at: Option<DateTime<Utc>> = "updatedAt",
        /// A static address.
        static_address: Option<WanStaticAddress> = "static",
        /// A PPPoE account.
        pppoe: Option<PppoeAccount> = "pppoe",
    }
}

model! {
    /// A static public address.
    pub struct WanStaticAddress("an address") fields {
        /// The address.
        ip_address: Option<String> = "ipAddress",
        /// The subnet mask.
        subnet_mask: Option<String> = "subnetMask",
        /// The default gateway.
        default_gateway: Option<String> = "defaultGateway",
    }
}

model! {
    /// A PPPoE account.
    pub struct PppoeAccount("a PPPoE account") fields {
        /// Whether it is used.
        enabled: Option<bool> = "enabled",
        /// The user name.
        username: Option<String> = "username" | "name",
        /// The password.
        password: Option<Secret> = "password",
    }
}

model! {
    /// Settings of the optimizer.
    pub struct Optimizations("optimizer settings") fields {
        /// Whether it runs automatically.
        auto: Option<bool> = "auto",
        /// Whether it is on.
        enable: Option<bool> = "enable",
        /// Use of channels shared with radar: `auto`, `enable`, `disable`, `deviceAware`, ….
        dfs_mode: Option<String> = "dfsMode",
        /// Preference for 160 MHz channels.
        prefer_160_mhz_mode: Option<Setting> = "prefer160MhzMode",
        /// Use of radar channels without a wait.
        zero_wait_dfs_mode: Option<Setting> = "zeroWaitDfsMode",
        /// Schedule of channel checks in advance.
        pre_cac_scheduler: Option<Setting> = "preCACScheduler",
        /// Penalty for each hop: `auto`, `low`, `medium`, `high`.
        hop_penalty: Option<String> = "hopPenalty",
        /// Maximum channel widths; free form.
        max_bandwidth: Option<FreeForm> = "maxBandwidth",
        /// The time of the last change.
        updated_at: Option<DateTime<Utc>> = "updatedAt",
        /// Version of the stored document; of no use to clients.
        document_version: Option<String> = "_version",
    }
}

model! {
    /// The state of the optimizer.
    pub struct OptimizationState("an optimizer state") fields {
        /// The state, for example `optimized`.
        state: Option<String> = "state",
        /// The time of the last change of `state`.
        state_changed_at: Option<DateTime<Utc>> = "stateChangedAt",
        /// The trigger.
        trigger: Option<String> = "trigger",
    }
}

model! {
    /// Wi-Fi motion detection.
    pub struct WifiMotion("a motion setting") fields {
        /// Id of the setting.
        id: Option<String> = "id",
        /// Whether it runs automatically.
        auto: Option<bool> = "auto",
        /// The time of creation.
        created_at: Option<DateTime<Utc>> = "createdAt",
        /// The time of the last change.
        updated_at: Option<DateTime<Utc>> = "updatedAt",
    }
}

model! {
    /// The place of a location's public address.
    pub struct GeoIp("a place") fields {
        /// The public address.
        ip: Option<String> = "ip",
        /// Country.
        country: Option<String> = "country",
        /// City.
        city: Option<String> = "city",
        /// State.
        state: Option<String> = "state",
        /// Province.
        province: Option<String> = "province",
        /// Degrees north.
        latitude: Option<f64> = "latitude",
        /// Degrees east.
        longitude: Option<f64> = "longitude",
        /// Time zone name.
        timezone: Option<String> = "timezone",
        /// Name of the internet provider; a flag in some responses.
        isp: Option<TextOrFlag> = "ISP",
        /// The time of the last change.
        updated_at: Option<DateTime<Utc>> = "updatedAt",
        /// Version of the stored document; of no use to clients.
        document_version: Option<String> = "_version",
    }
}

model! {
    /// The regulatory region.
    pub struct Locale("a locale") fields {
        /// `US`, `UK`, `EU`, `CANADA`, `JP`, `SINGAPORE`, ….
        region: Option<String> = "region",
        /// Use of radar channels.
        dfs_mode: Option<String> = "dfsMode",
        /// The time of the last change.
        updated_at: Option<DateTime<Utc>> = "updatedAt",
    }
}

model! {
    /// A feature set and its priority.
    pub struct FeatureConfigRef("a feature set") fields {
        /// Its id.
        id: Option<String> = "id",
        /// Its priority.
        priority: Option<i64> = "priority",
    }
}

model! {
    /// Numbers about a location, with `include=summary`.
    pub struct LocationSummary("a summary") fields {
        /// Whether a Wi-Fi network is set up.
        wifi_network_provisioned: Option<bool> = "wifiNetworkProvisioned",
        /// The progress of set-up, for example `OnboardingComplete`.
        onboarding_status: Option<String> = "onboardingStatus",
        /// The requested mode.
        network_mode_provisioned: Option<NetworkMode> = "networkModeProvisioned",
        /// The mode in force.
        network_mode_realized: Option<NetworkMode> = "networkModeRealized",
        /// State of the optimizer.
        optimization: Option<OptimizationState> = "optimization",
        /// Whether the cloud only monitors.
        monitor_mode: Option<bool> = "monitorMode",
        /// The time of the numbers.
        timestamp: Option<DateTime<Utc>> = "timestamp",
        /// The nodes.
        topology: Field<List<Node>> = "topology",
        /// Whether the gateway is connected.
        gateway_connection_state: Field<ConnectionState> = "gatewayConnectionState",
        /// The number of connected nodes.
        node_connected_count: Option<u32> = "nodeConnectedCount",
        /// The number of claimed nodes.
        node_claimed_count: Option<u32> = "nodeClaimedCount",
        /// The number of connected devices.
        connected_device_count: Option<u32> = "connectedDeviceCount",
        /// Version of the stored document; of no use to clients.
        document_version: Option<String> = "_version",
    }
}

model! {
    /// The capabilities of a location.
    pub struct Capabilities("capabilities") fields {
        /// Network settings, by name.
        network_configuration: Option<ByName<Capability>> = "networkConfiguration",
        /// Security features, by name.
        security: Option<ByName<Capability>> = "security",
        /// Speed tests.
        isp_speed_test: Option<Capability> = "ispSpeedTest",
        /// Freezing devices.
        device_freeze: Option<Capability> = "deviceFreeze",
        /// Several passwords for one network.
        multi_password_ssid: Option<Capability> = "multiPasswordSSID",
        /// Motion detection.
        wifi_motion: Option<Capability> = "wifiMotion",
        /// The time of their last change.
        capabilities_changed_at: Option<DateTime<Utc>> = "capabilitiesChangedAt",
        /// The time when they were recorded.
        created_at: Option<DateTime<Utc>> = "createdAt",
        /// Version of the stored document; of no use to clients.
        document_version: Option<String> = "_version",
    }
}

model! {
    /// One capability of a location.
    pub struct Capability("a capability") fields {
        /// Whether it is disabled.
        disabled: Field<bool> = "disabled",
        /// The reason.
        reason: Option<String> = "reason",
    }
}

model! {
    /// The progress of a location's set-up.
    pub struct OnboardingCheckpoint("an onboarding checkpoint") fields {
        /// The checkpoint.
        checkpoint: Option<Checkpoint> = "checkpoint",
    }
}

model! {
    /// A step of the set-up.
    pub struct Checkpoint("a checkpoint") fields {
        /// `PodsAdded` or `OnboardingComplete`.
        value: Option<String> = "value",
        /// The time when it was reached.
        timestamp: Option<DateTime<Utc>> = "timestamp",
    }
}
