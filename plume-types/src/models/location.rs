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
    /// A home or small business with its gateway, pods and devices: settings and state.
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
        /// Groups the owner belongs to.
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
        /// The last speed test; weakly evidenced, the one on the gateway node is surer.
        speed_test: Option<SpeedTest> = "speedTest",
        /// Only when asked for with `include=summary`.
        summary: Option<LocationSummary> = "summary",
        /// Steering between bands.
        band_steering: Option<Steering> = "bandSteering",
        /// Steering between pods.
        client_steering: Option<Steering> = "clientSteering",
        /// How much the cloud controls the location.
        control_mode: Option<ControlModeSetting> = "controlMode",
        /// Whether the cloud only watches.
        monitor_mode: Option<Toggle> = "monitorMode",
        /// Settings of the mesh between the pods.
        backhaul: Option<Backhaul> = "backhaul",
        /// Deprecated Internet settings; see [`WanConfiguration`](crate::WanConfiguration).
        wan_settings: Option<WanSettings> = "wanSettings",
        /// Settings of the optimizer.
        optimizations: Option<Optimizations> = "optimizations",
        /// What the optimizer is doing.
        optimization: Option<OptimizationState> = "optimization",
        /// Wi-Fi motion detection.
        wifi_motion: Option<WifiMotion> = "wifiMotion",
        /// Where the public address is.
        geo_ip: Option<GeoIp> = "geoIp",
        /// The regulatory region.
        locale: Option<Locale> = "locale",
        /// How many pods may be claimed; free form.
        authorizations: Option<FreeForm> = "authorizations",
        /// When set-up was finished.
        onboarded_at: Option<DateTime<Utc>> = "onboardedAt",
        /// When it was created.
        created_at: Option<DateTime<Utc>> = "createdAt",
        /// When it was last changed.
        updated_at: Option<DateTime<Utc>> = "updatedAt",
        /// Pods claimed under basic service.
        basic_service_node_claim_count: Option<u32> = "basicServiceNodeClaimCount",
        /// Feature sets by priority.
        feature_config_ids: Option<List<FeatureConfigRef>> = "featureConfigIds",
        /// The network's name; its shape differs between answers.
        ssid: Option<FreeForm> = "ssid",
        /// Home security priority, for example `disable`.
        home_security_priority: Option<String> = "homeSecurityPriority",
        /// Whether home/away detection is on.
        home_away_active: Option<bool> = "homeAwayActive",
        /// Whether the welcome messages were sent.
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
        /// Whether freeze schedules are shared by the location.
        uses_shared_freeze_schedules: Option<bool> = "isUtilizingSharedLocationFreezeSchedules",
        /// Timers; free form.
        step_function_timers: Option<FreeForm> = "stepFunctionTimers",
        /// Whether this is an apartment of a managed building.
        uprise: Option<bool> = "uprise",
        /// Whether flexible SSIDs are on.
        flex: Option<bool> = "flex",
        /// Whether the Wi-Fi settings were taken over from a gateway.
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
    /// Both this and [`is_offline`](Self::is_offline) are `false` while the status is absent, unreadable or a word that
    /// this version does not know.
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
    /// The product a location has.
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
        /// For example `auto`.
        mode: Option<String> = "mode",
        /// For example `auto`.
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
    /// The subscription tier of a location. It says nothing about health.
    pub struct ServiceLevel("a service level") fields {
        /// The tier.
        status: Field<ServiceTier> = "status",
        /// Whether the tier is set by the cloud.
        auto: Option<bool> = "auto",
        /// When it was created.
        created_at: Option<DateTime<Utc>> = "createdAt",
        /// When it was last changed.
        updated_at: Option<DateTime<Utc>> = "updatedAt",
    }
}

open_enum! {
    /// What the provider sold.
    pub enum ServiceTier {
        /// Cut off.
        NoService = "noService",
        /// Internet without the extras.
        BasicService = "basicService",
        /// Everything.
        FullService = "fullService",
    }
}

model! {
    /// Whether a location reaches the cloud, and since when.
    pub struct NetworkStatus("a network status") fields {
        /// Online or offline.
        status: Field<OnlineState> = "status",
        /// Since when.
        status_changed_at: Option<DateTime<Utc>> = "statusChangedAt",
        /// How long the status before lasted, in seconds.
        duration_of_previous_status: Option<f64> = "durationOfPreviousStatus",
        /// When it was last changed.
        updated_at: Option<DateTime<Utc>> = "updatedAt",
        /// Version of the stored document; of no use to clients.
        document_version: Option<String> = "_version",
    }
}

open_enum! {
    /// Online or offline.
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
        /// Whether the hardware is able to.
        speed_capable: Option<bool> = "speedCapable",
        /// Whether nodes other than the gateway test too.
        enable_all_nodes: Option<bool> = "enableAllNodes",
        /// When it was created.
        created_at: Option<DateTime<Utc>> = "createdAt",
        /// When it was last changed.
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
        /// When it was last changed.
        updated_at: Option<DateTime<Utc>> = "updatedAt",
        /// A fixed address.
        static_address: Option<WanStaticAddress> = "static",
        /// A dial-in account.
        pppoe: Option<PppoeAccount> = "pppoe",
    }
}

model! {
    /// A fixed public address.
    pub struct WanStaticAddress("an address") fields {
        /// The address.
        ip_address: Option<String> = "ipAddress",
        /// Its mask.
        subnet_mask: Option<String> = "subnetMask",
        /// The next hop.
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
        /// Whether it runs by itself.
        auto: Option<bool> = "auto",
        /// Whether it is on.
        enable: Option<bool> = "enable",
        /// Use of channels shared with radar: `auto`, `enable`, `disable`, `deviceAware`, ….
        dfs_mode: Option<String> = "dfsMode",
        /// Preference for 160 MHz channels.
        prefer_160_mhz_mode: Option<Setting> = "prefer160MhzMode",
        /// Radar channels without waiting.
        zero_wait_dfs_mode: Option<Setting> = "zeroWaitDfsMode",
        /// When channels are checked in advance.
        pre_cac_scheduler: Option<Setting> = "preCACScheduler",
        /// Penalty of a further hop: `auto`, `low`, `medium`, `high`.
        hop_penalty: Option<String> = "hopPenalty",
        /// The widest channels; free form.
        max_bandwidth: Option<FreeForm> = "maxBandwidth",
        /// When it was last changed.
        updated_at: Option<DateTime<Utc>> = "updatedAt",
        /// Version of the stored document; of no use to clients.
        document_version: Option<String> = "_version",
    }
}

model! {
    /// What the optimizer is doing.
    pub struct OptimizationState("an optimizer state") fields {
        /// For example `optimized`.
        state: Option<String> = "state",
        /// Since when.
        state_changed_at: Option<DateTime<Utc>> = "stateChangedAt",
        /// What started it.
        trigger: Option<String> = "trigger",
    }
}

model! {
    /// Wi-Fi motion detection.
    pub struct WifiMotion("a motion setting") fields {
        /// Id of the setting.
        id: Option<String> = "id",
        /// Whether it runs by itself.
        auto: Option<bool> = "auto",
        /// When it was created.
        created_at: Option<DateTime<Utc>> = "createdAt",
        /// When it was last changed.
        updated_at: Option<DateTime<Utc>> = "updatedAt",
    }
}

model! {
    /// Where the public address of a location is.
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
        /// Name of the internet provider; a flag in some answers.
        isp: Option<TextOrFlag> = "ISP",
        /// When it was last changed.
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
        /// When it was last changed.
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
        /// How far set-up came, for example `OnboardingComplete`.
        onboarding_status: Option<String> = "onboardingStatus",
        /// The mode that was asked for.
        network_mode_provisioned: Option<NetworkMode> = "networkModeProvisioned",
        /// The mode that is in force.
        network_mode_realized: Option<NetworkMode> = "networkModeRealized",
        /// What the optimizer is doing.
        optimization: Option<OptimizationState> = "optimization",
        /// Whether the cloud only watches.
        monitor_mode: Option<bool> = "monitorMode",
        /// When the numbers were taken.
        timestamp: Option<DateTime<Utc>> = "timestamp",
        /// The nodes.
        topology: Field<List<Node>> = "topology",
        /// Whether the gateway is connected.
        gateway_connection_state: Field<ConnectionState> = "gatewayConnectionState",
        /// How many nodes are connected.
        node_connected_count: Option<u32> = "nodeConnectedCount",
        /// How many nodes are claimed.
        node_claimed_count: Option<u32> = "nodeClaimedCount",
        /// How many devices are connected.
        connected_device_count: Option<u32> = "connectedDeviceCount",
        /// Version of the stored document; of no use to clients.
        document_version: Option<String> = "_version",
    }
}

model! {
    /// What a location is able to do.
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
        /// When they last changed.
        capabilities_changed_at: Option<DateTime<Utc>> = "capabilitiesChangedAt",
        /// When they were recorded.
        created_at: Option<DateTime<Utc>> = "createdAt",
        /// Version of the stored document; of no use to clients.
        document_version: Option<String> = "_version",
    }
}

model! {
    /// Whether one thing is possible.
    pub struct Capability("a capability") fields {
        /// Whether it is switched off.
        disabled: Field<bool> = "disabled",
        /// Why.
        reason: Option<String> = "reason",
    }
}

model! {
    /// How far the set-up of a location came.
    pub struct OnboardingCheckpoint("an onboarding checkpoint") fields {
        /// The checkpoint.
        checkpoint: Option<Checkpoint> = "checkpoint",
    }
}

model! {
    /// One step of the set-up.
    pub struct Checkpoint("a checkpoint") fields {
        /// `PodsAdded` or `OnboardingComplete`.
        value: Option<String> = "value",
        /// When it was reached.
        timestamp: Option<DateTime<Utc>> = "timestamp",
    }
}
