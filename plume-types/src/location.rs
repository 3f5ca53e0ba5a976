//! Locations: the homes and small businesses. (`plume-api` models §2, §3, §8)

use chrono::{DateTime, Utc};

use crate::{
    AccountId, Backhaul, ByName, CustomerId, FreeForm, GroupId, List, LocationId, Node, PartnerId, Secret,
    ServiceId, SpeedTest, TextOrFlag,
    decode::Scalar,
    macros::{model, open_enum},
};

model! {
    /// A home or small business with its gateway, pods and devices: settings and state.
    pub struct Location("a location") key {
        /// The location's id.
        id: LocationId = "id",
    } fields {
        /// Its name; the first one of a customer is "Home".
        name: String = "name",
        /// The owner.
        customer_id: CustomerId = "customerId",
        /// The owner's key at the provider.
        account_id: AccountId = "accountId",
        /// The provider.
        partner_id: PartnerId = "partnerId",
        /// The provider's name.
        partner_name: String = "partnerName",
        /// Groups the owner belongs to.
        group_ids: List<GroupId> = "groupIds",
        /// The provider's contract key.
        service_id: ServiceId = "serviceId",
        /// The product.
        profile: Profile = "profile",
        /// Router or bridge.
        network_mode: NetworkMode = "networkMode",
        /// IPv6 settings.
        ipv6: Ipv6Settings = "ipv6",
        /// The subscription tier.
        service_level: ServiceLevel = "serviceLevel",
        /// Whether the location reaches the cloud.
        network_status: NetworkStatus = "networkStatus",
        /// Settings of the scheduled speed tests.
        isp_speed_test_configuration: SpeedTestConfiguration = "ispSpeedTestConfiguration",
        /// The last speed test; weakly evidenced, the one on the gateway node is surer.
        speed_test: SpeedTest = "speedTest",
        /// Only when asked for with `include=summary`.
        summary: LocationSummary = "summary",
        /// Steering between bands.
        band_steering: Steering = "bandSteering",
        /// Steering between pods.
        client_steering: Steering = "clientSteering",
        /// How much the cloud controls the location.
        control_mode: ControlModeSetting = "controlMode",
        /// Whether the cloud only watches.
        monitor_mode: Toggle = "monitorMode",
        /// Settings of the mesh between the pods.
        backhaul: Backhaul = "backhaul",
        /// Deprecated Internet settings; see [`WanConfiguration`](crate::WanConfiguration).
        wan_settings: WanSettings = "wanSettings",
        /// Settings of the optimizer.
        optimizations: Optimizations = "optimizations",
        /// What the optimizer is doing.
        optimization: OptimizationState = "optimization",
        /// Wi-Fi motion detection.
        wifi_motion: WifiMotion = "wifiMotion",
        /// Where the public address is.
        geo_ip: GeoIp = "geoIp",
        /// The regulatory region.
        locale: Locale = "locale",
        /// How many pods may be claimed; free form.
        authorizations: FreeForm = "authorizations",
        /// When set-up was finished.
        onboarded_at: DateTime<Utc> = "onboardedAt",
        /// When it was created.
        created_at: DateTime<Utc> = "createdAt",
        /// When it was last changed.
        updated_at: DateTime<Utc> = "updatedAt",
        /// Pods claimed under basic service.
        basic_service_node_claim_count: u32 = "basicServiceNodeClaimCount",
        /// Feature sets by priority.
        feature_config_ids: List<FeatureConfigRef> = "featureConfigIds",
        /// The network's name; its shape differs between answers.
        ssid: FreeForm = "ssid",
        /// Home security priority, for example `disable`.
        home_security_priority: String = "homeSecurityPriority",
        /// Whether home/away detection is on.
        home_away_active: bool = "homeAwayActive",
        /// Whether the welcome messages were sent.
        day_one_emails_sent: bool = "dayOneEmailsSent",
        /// Application time tracking: a flag in lists, an object elsewhere.
        app_time: Toggle = "appTime",
        /// Application time tracking, settings.
        app_time_config: Toggle = "appTimeConfig",
        /// Traffic sniffing; free form.
        sniffing: FreeForm = "sniffing",
        /// Freeze schedules; an array or an object.
        freeze_templates: FreeForm = "freezeTemplates",
        /// Freeze templates of unassigned devices; free form.
        unassigned_freeze_templates: FreeForm = "groupOfUnassignedDevicesFreezeTemplates",
        /// Freeze schedules of unassigned devices; free form.
        unassigned_freeze_schedules: FreeForm = "groupOfUnassignedDevicesFreezeSchedules",
        /// Whether freeze schedules are shared by the location.
        uses_shared_freeze_schedules: bool = "isUtilizingSharedLocationFreezeSchedules",
        /// Timers; free form.
        step_function_timers: FreeForm = "stepFunctionTimers",
        /// Whether this is an apartment of a managed building.
        uprise: bool = "uprise",
        /// Whether flexible SSIDs are on.
        flex: bool = "flex",
        /// Whether the Wi-Fi settings were taken over from a gateway.
        wifi_network_imported_from_gateway: bool = "wifiNetworkImportedFromGateway",
        /// Name used for multicast DNS.
        mdns_unique_identifier: String = "mDNSUniqueIdentifier",
        /// Region.
        region: String = "region",
        /// Network access rules; free form.
        network_access: FreeForm = "networkAccess",
        /// Device provisioning protocol; free form.
        dpp_configuration: FreeForm = "dppConfiguration",
        /// Hotspot as a service; free form.
        haahs_configuration: FreeForm = "haahsConfiguration",
        /// Secondary networks; free form.
        secondary_networks: FreeForm = "_secondaryNetworks",
        /// Version of the stored document; of no use to clients.
        document_version: String = "_version",
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

open_enum! {
    /// Whether the gateway routes or only bridges.
    pub enum NetworkMode {
        /// Chosen by the cloud.
        Auto = "auto",
        /// The gateway routes.
        Router = "router",
        /// Another box routes.
        Bridge = "bridge",
        /// Not known yet. (The API's own spelling.)
        NotKnown = "unknow",
    }
}

model! {
    /// IPv6 settings.
    pub struct Ipv6Settings("IPv6 settings") fields {
        /// For example `auto`.
        mode: String = "mode",
        /// For example `auto`.
        addressing_config: String = "addressingConfig",
        /// DNS servers; free form.
        dns: FreeForm = "dns",
        /// Unique local addresses; free form.
        ula: FreeForm = "ula",
        /// Delegated prefix; free form.
        prefix: FreeForm = "prefix",
        /// Inbound connections; free form.
        inbound_connections: FreeForm = "inboundConnections",
    }
}

model! {
    /// The subscription tier of a location. It says nothing about health.
    pub struct ServiceLevel("a service level") fields {
        /// The tier.
        status: ServiceTier = "status",
        /// Whether the tier is set by the cloud.
        auto: bool = "auto",
        /// When it was created.
        created_at: DateTime<Utc> = "createdAt",
        /// When it was last changed.
        updated_at: DateTime<Utc> = "updatedAt",
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
        status: OnlineState = "status",
        /// Since when.
        status_changed_at: DateTime<Utc> = "statusChangedAt",
        /// How long the status before lasted, in seconds.
        duration_of_previous_status: f64 = "durationOfPreviousStatus",
        /// When it was last changed.
        updated_at: DateTime<Utc> = "updatedAt",
        /// Version of the stored document; of no use to clients.
        document_version: String = "_version",
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
        enable: bool = "enable",
        /// Whether the hardware is able to.
        speed_capable: bool = "speedCapable",
        /// Whether nodes other than the gateway test too.
        enable_all_nodes: bool = "enableAllNodes",
        /// When it was created.
        created_at: DateTime<Utc> = "createdAt",
        /// When it was last changed.
        updated_at: DateTime<Utc> = "updatedAt",
        /// Version of the stored document; of no use to clients.
        document_version: String = "_version",
    }
}

model! {
    /// Steering of clients between bands or pods.
    pub struct Steering("steering settings") fields {
        /// Deprecated form of `mode`.
        auto: bool = "auto",
        /// On, off or automatic.
        mode: Setting = "mode",
        /// Whether steering is on, on devices.
        enable: bool = "enable",
        /// Class of steering.
        steering_class: String = "steeringClass",
        /// When it was last changed.
        updated_at: DateTime<Utc> = "updatedAt",
        /// Version of the stored document; of no use to clients.
        document_version: String = "_version",
    }
}

open_enum! {
    /// A switch with a position of its own for "let the cloud choose".
    pub enum Setting {
        /// Chosen by the cloud.
        Auto = "auto",
        /// On.
        Enable = "enable",
        /// Off.
        Disable = "disable",
    }
}

model! {
    /// How much the cloud controls a location.
    pub struct ControlModeSetting("a control mode") fields {
        /// The mode.
        mode: ControlMode = "mode",
        /// When it was last changed.
        updated_at: DateTime<Utc> = "updatedAt",
    }
}

open_enum! {
    /// How much the cloud controls a location.
    pub enum ControlMode {
        /// Everything. The default.
        Full = "full",
        /// Only watches.
        Monitor = "monitor",
        /// Less than everything.
        Reduced = "reduced",
        /// Runs on battery.
        Battery = "battery",
    }
}

model! {
    /// Something that is on or off. Some answers give the bare flag instead of the object.
    pub struct Toggle("a switch", bare = Toggle::from_flag) fields {
        /// Whether it is on.
        enable: bool = "enable",
        /// When it was created.
        created_at: DateTime<Utc> = "createdAt",
        /// When it was last changed.
        updated_at: DateTime<Utc> = "updatedAt",
        /// Version of the stored document; of no use to clients.
        document_version: String = "_version",
    }
}

impl Toggle {
    fn from_flag(scalar: Scalar<'_>) -> Option<Self> {
        match scalar {
            Scalar::Bool(enable) => Some(Self { enable: Some(enable), ..Self::default() }),
            _ => None,
        }
    }
}

model! {
    /// Deprecated Internet settings of a location.
    pub struct WanSettings("WAN settings") fields {
        /// `static`, `pppoe` or `dynamic`.
        connection_type: String = "connectionType",
        /// When it was last changed.
        updated_at: DateTime<Utc> = "updatedAt",
        /// A fixed address.
        static_address: WanStaticAddress = "static",
        /// A dial-in account.
        pppoe: PppoeAccount = "pppoe",
    }
}

model! {
    /// A fixed public address.
    pub struct WanStaticAddress("an address") fields {
        /// The address.
        ip_address: String = "ipAddress",
        /// Its mask.
        subnet_mask: String = "subnetMask",
        /// The next hop.
        default_gateway: String = "defaultGateway",
    }
}

model! {
    /// A PPPoE account.
    pub struct PppoeAccount("a PPPoE account") fields {
        /// Whether it is used.
        enabled: bool = "enabled",
        /// The user name.
        username: String = "username" | "name",
        /// The password.
        password: Secret = "password",
    }
}

model! {
    /// Settings of the optimizer.
    pub struct Optimizations("optimizer settings") fields {
        /// Whether it runs by itself.
        auto: bool = "auto",
        /// Whether it is on.
        enable: bool = "enable",
        /// Use of channels shared with radar: `auto`, `enable`, `disable`, `deviceAware`, ….
        dfs_mode: String = "dfsMode",
        /// Preference for 160 MHz channels.
        prefer_160_mhz_mode: Setting = "prefer160MhzMode",
        /// Radar channels without waiting.
        zero_wait_dfs_mode: Setting = "zeroWaitDfsMode",
        /// When channels are checked in advance.
        pre_cac_scheduler: Setting = "preCACScheduler",
        /// Penalty of a further hop: `auto`, `low`, `medium`, `high`.
        hop_penalty: String = "hopPenalty",
        /// The widest channels; free form.
        max_bandwidth: FreeForm = "maxBandwidth",
        /// When it was last changed.
        updated_at: DateTime<Utc> = "updatedAt",
        /// Version of the stored document; of no use to clients.
        document_version: String = "_version",
    }
}

model! {
    /// What the optimizer is doing.
    pub struct OptimizationState("an optimizer state") fields {
        /// For example `optimized`.
        state: String = "state",
        /// Since when.
        state_changed_at: DateTime<Utc> = "stateChangedAt",
        /// What started it.
        trigger: String = "trigger",
    }
}

model! {
    /// Wi-Fi motion detection.
    pub struct WifiMotion("a motion setting") fields {
        /// Id of the setting.
        id: String = "id",
        /// Whether it runs by itself.
        auto: bool = "auto",
        /// When it was created.
        created_at: DateTime<Utc> = "createdAt",
        /// When it was last changed.
        updated_at: DateTime<Utc> = "updatedAt",
    }
}

model! {
    /// Where the public address of a location is.
    pub struct GeoIp("a place") fields {
        /// The public address.
        ip: String = "ip",
        /// Country.
        country: String = "country",
        /// City.
        city: String = "city",
        /// State.
        state: String = "state",
        /// Province.
        province: String = "province",
        /// Degrees north.
        latitude: f64 = "latitude",
        /// Degrees east.
        longitude: f64 = "longitude",
        /// Time zone name.
        timezone: String = "timezone",
        /// Name of the internet provider; a flag in some answers.
        isp: TextOrFlag = "ISP",
        /// When it was last changed.
        updated_at: DateTime<Utc> = "updatedAt",
        /// Version of the stored document; of no use to clients.
        document_version: String = "_version",
    }
}

model! {
    /// The regulatory region.
    pub struct Locale("a locale") fields {
        /// `US`, `UK`, `EU`, `CANADA`, `JP`, `SINGAPORE`, ….
        region: String = "region",
        /// Use of radar channels.
        dfs_mode: String = "dfsMode",
        /// When it was last changed.
        updated_at: DateTime<Utc> = "updatedAt",
    }
}

model! {
    /// A feature set and its priority.
    pub struct FeatureConfigRef("a feature set") fields {
        /// Its id.
        id: String = "id",
        /// Its priority.
        priority: i64 = "priority",
    }
}

model! {
    /// Numbers about a location, with `include=summary`.
    pub struct LocationSummary("a summary") fields {
        /// Whether a Wi-Fi network is set up.
        wifi_network_provisioned: bool = "wifiNetworkProvisioned",
        /// How far set-up came, for example `OnboardingComplete`.
        onboarding_status: String = "onboardingStatus",
        /// The mode that was asked for.
        network_mode_provisioned: NetworkMode = "networkModeProvisioned",
        /// The mode that is in force.
        network_mode_realized: NetworkMode = "networkModeRealized",
        /// What the optimizer is doing.
        optimization: OptimizationState = "optimization",
        /// Whether the cloud only watches.
        monitor_mode: bool = "monitorMode",
        /// When the numbers were taken.
        timestamp: DateTime<Utc> = "timestamp",
        /// The nodes.
        topology: List<Node> = "topology",
        /// Whether the gateway is connected.
        gateway_connection_state: crate::ConnectionState = "gatewayConnectionState",
        /// How many nodes are connected.
        node_connected_count: u32 = "nodeConnectedCount",
        /// How many nodes are claimed.
        node_claimed_count: u32 = "nodeClaimedCount",
        /// How many devices are connected.
        connected_device_count: u32 = "connectedDeviceCount",
        /// Version of the stored document; of no use to clients.
        document_version: String = "_version",
    }
}

model! {
    /// What a location is able to do.
    pub struct Capabilities("capabilities") fields {
        /// Network settings, by name.
        network_configuration: ByName<Capability> = "networkConfiguration",
        /// Security features, by name.
        security: ByName<Capability> = "security",
        /// Speed tests.
        isp_speed_test: Capability = "ispSpeedTest",
        /// Freezing devices.
        device_freeze: Capability = "deviceFreeze",
        /// Several passwords for one network.
        multi_password_ssid: Capability = "multiPasswordSSID",
        /// Motion detection.
        wifi_motion: Capability = "wifiMotion",
        /// When they last changed.
        capabilities_changed_at: DateTime<Utc> = "capabilitiesChangedAt",
        /// When they were recorded.
        created_at: DateTime<Utc> = "createdAt",
        /// Version of the stored document; of no use to clients.
        document_version: String = "_version",
    }
}

model! {
    /// Whether one thing is possible.
    pub struct Capability("a capability") fields {
        /// Whether it is switched off.
        disabled: bool = "disabled",
        /// Why.
        reason: String = "reason",
    }
}

model! {
    /// How far the set-up of a location came.
    pub struct OnboardingCheckpoint("an onboarding checkpoint") fields {
        /// The checkpoint.
        checkpoint: Checkpoint = "checkpoint",
    }
}

model! {
    /// One step of the set-up.
    pub struct Checkpoint("a checkpoint") fields {
        /// `PodsAdded` or `OnboardingComplete`.
        value: String = "value",
        /// When it was reached.
        timestamp: DateTime<Utc> = "timestamp",
    }
}
