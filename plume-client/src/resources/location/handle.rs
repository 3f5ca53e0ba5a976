//! One location: state, settings, devices, QoE.

use chrono::{DateTime, Utc};
use plume_types::{
    AppFacadeHome, AppQoe, AuditTrail, Backhaul, Capabilities, ControlModeSetting, CustomerId, Device,
    DhcpReservation, DnsServers, Ipv6Settings, List, Location, LocationAlerts, LocationId, LocationSummary,
    LteNetworkConfiguration, MacAddress, NetworkModeSetting, Node, NodeId, ServiceLevel, SpeedTest,
    UplinkStatus, Upnp, WanConfiguration, WifiNetwork, WifiNetworkListItem, WifiSsid,
};

use crate::call::Call;
use crate::client::Client;
use crate::error::Error;
use crate::operations as op;
use crate::operations::Operation;
use crate::resources::customers::CustomerHandle;
use crate::resources::times::time;
use crate::resources::words::words;

/// One location. Made by [`CustomerHandle::location`](crate::CustomerHandle::location); nothing is sent
/// before a method is called.
///
/// An unknown location is [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) with
/// [`Resource::Location`](crate::Resource::Location), an unknown customer the same with
/// [`Resource::Customer`](crate::Resource::Customer).
#[derive(Debug, Clone)]
pub struct LocationHandle {
    pub(crate) client: Client,
    pub(crate) customer: CustomerId,
    pub(crate) id: LocationId,
}

impl CustomerHandle {
    /// One location of the customer. Nothing is sent yet.
    pub fn location(&self, id: impl Into<LocationId>) -> LocationHandle {
        LocationHandle { client: self.client.clone(), customer: self.id.clone(), id: id.into() }
    }
}

/// Reads that take nothing.
macro_rules! reads {
    ($( $(#[$meta:meta])* $name:ident -> $answer:ty = $how:ident $(($($wrapper:literal),+))? $operation:ident; )+) => {
        impl LocationHandle {
            $(
                $(#[$meta])*
                ///
                /// # Errors
                ///
                /// [`Error`]; see [`ErrorKind`](crate::ErrorKind). An answer of another shape is
                /// [`ErrorKind::Unreadable`](crate::ErrorKind::Unreadable), never an empty list.
                pub async fn $name(&self) -> Result<$answer, Error> {
                    self.client.$how(self.call(&op::$operation) $(, &[$($wrapper),+])?).await
                }
            )+
        }
    };
}

reads! {
    /// Settings and state (`GET …/locations/{locationId}`).
    get -> Location = one LOCATION_GET;
    /// Who changed what (`GET …/auditTrail`).
    audit_trail -> List<AuditTrail> = list("data", "items", "results") LOCATION_AUDIT_TRAIL;
    /// The subscription tier (`GET …/serviceLevel`). It says nothing about health.
    service_level -> ServiceLevel = one SERVICE_LEVEL;
    /// Gateway and pods (`GET …/nodes`), however the list is wrapped.
    nodes -> List<Node> = list("nodes") NODES;
    /// Devices, connected or lately seen (`GET …/devices`), however the list is wrapped.
    devices -> List<Device> = list("devices") DEVICES;
    /// The home network with its passphrase (`GET …/wifiNetwork`). The passphrase shows only where it is
    /// [exposed](plume_types::Secret::expose).
    wifi_network -> WifiNetwork = wrapped("wifiNetwork") WIFI_NETWORK;
    /// The name of the home network (`GET …/wifiNetwork/ssid`).
    wifi_ssid -> WifiSsid = one WIFI_SSID;
    /// All networks, without passphrases (`GET …/wifiNetworks`).
    wifi_networks -> List<WifiNetworkListItem> = list("wifiNetworks", "networks") WIFI_NETWORKS;
    /// Settings of the mesh (`GET …/backhaul`). They say nothing about health.
    backhaul -> Backhaul = wrapped("backhaul") BACKHAUL;
    /// What the location is able to do (`GET …/capabilities`).
    capabilities -> Capabilities = one CAPABILITIES;
    /// Active alerts by node and device (`GET …/alerts`).
    alerts -> LocationAlerts = one ALERTS;
    /// The last speed test and the gateway's connection (`GET …/uplink-status`).
    uplink_status -> UplinkStatus = one UPLINK_STATUS;
    /// Customer, nodes, devices and summary in one answer (`GET …/appFacade/home`): one call where a snapshot
    /// costs four, but without QoE, and for people who look at a home rather than for monitoring.
    app_facade_home -> AppFacadeHome = one APP_FACADE_HOME;
    /// The state in brief (`GET …/summary`, deprecated); [`LocationHandle::get_with_summary`] has it too.
    summary -> LocationSummary = one LOCATION_SUMMARY;
    /// Router, bridge, or chosen by the cloud (`GET …/networkMode`).
    network_mode -> NetworkModeSetting = one NETWORK_MODE;
    /// How far the cloud steers the location (`GET …/controlMode`).
    control_mode -> ControlModeSetting = one CONTROL_MODE;
    /// How the gateway gets its address (`GET …/wanConfiguration`).
    wan_configuration -> WanConfiguration = one WAN_CONFIGURATION;
    /// IPv6 settings (`GET …/ipv6`).
    ipv6 -> Ipv6Settings = one IPV6;
    /// Name servers of the customer's choice (`GET …/networkConfiguration/dnsServers`).
    dns_servers -> DnsServers = one DNS_SERVERS;
    /// Whether devices may open ports by themselves (`GET …/networkConfiguration/upnp`).
    upnp -> Upnp = one UPNP;
    /// Fixed addresses of devices (`GET …/networkConfiguration/dhcpReservations`). Refused with 412 while the cloud
    /// does not know the home's addresses yet.
    dhcp_reservations -> List<DhcpReservation> = list("dhcpReservations", "data") DHCP_RESERVATIONS;
    /// Which networks may use the LTE uplink (`GET /locations/{locationId}/networkConfiguration` of the LTE
    /// service).
    lte_networks -> LteNetworkConfiguration = one LTE_NETWORKS;
}

impl LocationHandle {
    /// The location's id.
    #[must_use]
    pub fn id(&self) -> &LocationId {
        &self.id
    }

    /// The owner's id.
    #[must_use]
    pub fn customer_id(&self) -> &CustomerId {
        &self.customer
    }

    /// A call of one of the location's operations.
    pub(crate) fn call(&self, operation: &'static Operation) -> Call<'static> {
        // The LTE service and the gateway group ask for no customer.
        let call = Call::new(operation).with_id("id", self.customer.as_str());
        call.with("locationId", self.id.as_str())
    }

    /// Settings and state with the summary (`GET …/locations/{locationId}?include=summary`).
    ///
    /// # Errors
    ///
    /// [`Error`]; see [`ErrorKind`](crate::ErrorKind).
    pub async fn get_with_summary(&self) -> Result<Location, Error> {
        self.client.one(self.call(&op::LOCATION_GET).with("include", "summary")).await
    }

    /// Whether there is such a location (`HEAD …/locations/{locationId}`).
    ///
    /// # Errors
    ///
    /// [`Error`], also for a customer that does not exist.
    pub async fn exists(&self) -> Result<bool, Error> {
        match self.client.send(self.call(&op::LOCATION_EXISTS)).await {
            Ok(_) => Ok(true),
            // A HEAD has no body that could say what is missing.
            Err(error) if error.status() == Some(404) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// One node with the devices on it (`GET …/nodes/{nodeId}`).
    ///
    /// # Errors
    ///
    /// [`Error`]; see [`ErrorKind`](crate::ErrorKind).
    pub async fn node(&self, id: impl Into<NodeId>) -> Result<Node, Error> {
        self.client.wrapped(self.call(&op::NODE).with("nodeId", id.into().as_str()), &["node"]).await
    }

    /// The result of a speed test that was [started](LocationHandle::start_speed_test)
    /// (`GET …/nodes/{nodeId}/speedTestResults/{requestId}`).
    ///
    /// # Errors
    ///
    /// [`Error`]; see [`ErrorKind`](crate::ErrorKind).
    pub async fn speed_test_result(
        &self,
        node: impl Into<NodeId>,
        request: &str,
    ) -> Result<SpeedTest, Error> {
        let call = self.call(&op::NODE_SPEED_TEST_RESULT).with("nodeId", node.into().as_str());
        self.client.one(call.with("requestId", request)).await
    }

    /// One device (`GET …/devices/{mac}`).
    ///
    /// # Errors
    ///
    /// [`Error`]; see [`ErrorKind`](crate::ErrorKind).
    pub async fn device(&self, mac: impl Into<MacAddress>) -> Result<Device, Error> {
        self.client.wrapped(self.call(&op::DEVICE).with("mac", mac.into().canonical()), &["device"]).await
    }

    /// The fixed address of a device (`GET …/networkConfiguration/dhcpReservations/{mac}`).
    ///
    /// # Errors
    ///
    /// [`Error`]; see [`ErrorKind`](crate::ErrorKind).
    pub async fn dhcp_reservation(&self, mac: impl Into<MacAddress>) -> Result<DhcpReservation, Error> {
        self.client.one(self.call(&op::DHCP_RESERVATION).with("mac", mac.into().canonical())).await
    }

    /// Application QoE by traffic class (`POST …/appqoe/AppQoeStatsByTrafficClass`). A `POST` that only
    /// reads; the schema of its answer is not published.
    ///
    /// # Errors
    ///
    /// [`Error`]; see [`ErrorKind`](crate::ErrorKind).
    pub async fn app_qoe(&self, period: QoePeriod) -> Result<AppQoe, Error> {
        self.client.one(self.call(&op::APP_QOE).with("timePeriod", period)).await
    }

    /// Traffic by class over time (`GET …/appqoe/traffic_class_stats`). The schema of its answer is not
    /// published.
    ///
    /// # Errors
    ///
    /// [`Error`]; see [`ErrorKind`](crate::ErrorKind).
    pub async fn traffic_class_stats(
        &self,
        granularity: QoeGranularity,
        start: DateTime<Utc>,
        end: DateTime<Utc>,
    ) -> Result<AppQoe, Error> {
        let call = self
            .call(&op::TRAFFIC_CLASS_STATS)
            .with("granularity", granularity)
            .with("startTime", time(start))
            .with("endTime", time(end));
        self.client.one(call).await
    }
}

words! {
    /// The time that [`LocationHandle::app_qoe`] covers.
    pub enum QoePeriod {
        /// One hour. Not every cloud has it.
        LastHour = "lastHour",
        /// One day.
        Last24Hours = "last24Hours",
        /// One week.
        Last7Days = "last7Days",
        /// One month.
        Last30Days = "last30Days",
    }
}

words! {
    /// The step of [`LocationHandle::traffic_class_stats`].
    pub enum QoeGranularity {
        /// One value for the whole time.
        Total = "total",
        /// One minute.
        Minute = "1 minute",
        /// A quarter of an hour.
        QuarterHour = "15 minutes",
        /// One hour.
        Hour = "1 hour",
        /// One day.
        Day = "1 day",
    }
}
