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
use crate::resources::rows::ROWS;
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

    /// Settings and state (`GET …/locations/{locationId}`).
    pub async fn get(&self) -> Result<Location, Error> {
        self.client.one(self.call(&op::LOCATION_GET)).await
    }

    /// Who changed what (`GET …/auditTrail`).
    pub async fn audit_trail(&self) -> Result<List<AuditTrail>, Error> {
        self.client.list(self.call(&op::LOCATION_AUDIT_TRAIL), ROWS).await
    }

    /// The subscription tier (`GET …/serviceLevel`). It says nothing about health.
    pub async fn service_level(&self) -> Result<ServiceLevel, Error> {
        self.client.one(self.call(&op::SERVICE_LEVEL)).await
    }

    /// Gateway and pods (`GET …/nodes`), however the list is wrapped.
    pub async fn nodes(&self) -> Result<List<Node>, Error> {
        self.client.list(self.call(&op::NODES), &["nodes"]).await
    }

    /// Devices, connected or lately seen (`GET …/devices`), however the list is wrapped.
    pub async fn devices(&self) -> Result<List<Device>, Error> {
        self.client.list(self.call(&op::DEVICES), &["devices"]).await
    }

    /// The home network with its passphrase (`GET …/wifiNetwork`). The passphrase shows only where it is
    /// [exposed](plume_types::Secret::expose).
    pub async fn wifi_network(&self) -> Result<WifiNetwork, Error> {
        self.client.wrapped(self.call(&op::WIFI_NETWORK), &["wifiNetwork"]).await
    }

    /// The name of the home network (`GET …/wifiNetwork/ssid`).
    pub async fn wifi_ssid(&self) -> Result<WifiSsid, Error> {
        self.client.one(self.call(&op::WIFI_SSID)).await
    }

    /// All networks, without passphrases (`GET …/wifiNetworks`).
    pub async fn wifi_networks(&self) -> Result<List<WifiNetworkListItem>, Error> {
        self.client.list(self.call(&op::WIFI_NETWORKS), &["wifiNetworks", "networks"]).await
    }

    /// Settings of the mesh (`GET …/backhaul`). They say nothing about health.
    pub async fn backhaul(&self) -> Result<Backhaul, Error> {
        self.client.wrapped(self.call(&op::BACKHAUL), &["backhaul"]).await
    }

    /// What the location is able to do (`GET …/capabilities`).
    pub async fn capabilities(&self) -> Result<Capabilities, Error> {
        self.client.one(self.call(&op::CAPABILITIES)).await
    }

    /// Active alerts by node and device (`GET …/alerts`).
    pub async fn alerts(&self) -> Result<LocationAlerts, Error> {
        self.client.one(self.call(&op::ALERTS)).await
    }

    /// The last speed test and the gateway's connection (`GET …/uplink-status`).
    pub async fn uplink_status(&self) -> Result<UplinkStatus, Error> {
        self.client.one(self.call(&op::UPLINK_STATUS)).await
    }

    /// Customer, nodes, devices and summary in one answer (`GET …/appFacade/home`): one call where a snapshot
    /// costs four, but without QoE, and for people who look at a home rather than for monitoring.
    pub async fn app_facade_home(&self) -> Result<AppFacadeHome, Error> {
        self.client.one(self.call(&op::APP_FACADE_HOME)).await
    }

    /// The state in brief (`GET …/summary`, deprecated); [`LocationHandle::get_with_summary`] has it too.
    pub async fn summary(&self) -> Result<LocationSummary, Error> {
        self.client.one(self.call(&op::LOCATION_SUMMARY)).await
    }

    /// Router, bridge, or chosen by the cloud (`GET …/networkMode`).
    pub async fn network_mode(&self) -> Result<NetworkModeSetting, Error> {
        self.client.one(self.call(&op::NETWORK_MODE)).await
    }

    /// How far the cloud steers the location (`GET …/controlMode`).
    pub async fn control_mode(&self) -> Result<ControlModeSetting, Error> {
        self.client.one(self.call(&op::CONTROL_MODE)).await
    }

    /// How the gateway gets its address (`GET …/wanConfiguration`).
    pub async fn wan_configuration(&self) -> Result<WanConfiguration, Error> {
        self.client.one(self.call(&op::WAN_CONFIGURATION)).await
    }

    /// IPv6 settings (`GET …/ipv6`).
    pub async fn ipv6(&self) -> Result<Ipv6Settings, Error> {
        self.client.one(self.call(&op::IPV6)).await
    }

    /// Name servers of the customer's choice (`GET …/networkConfiguration/dnsServers`).
    pub async fn dns_servers(&self) -> Result<DnsServers, Error> {
        self.client.one(self.call(&op::DNS_SERVERS)).await
    }

    /// Whether devices may open ports by themselves (`GET …/networkConfiguration/upnp`).
    pub async fn upnp(&self) -> Result<Upnp, Error> {
        self.client.one(self.call(&op::UPNP)).await
    }

    /// Fixed addresses of devices (`GET …/networkConfiguration/dhcpReservations`). Refused with 412 while the cloud
    /// does not know the home's addresses yet.
    pub async fn dhcp_reservations(&self) -> Result<List<DhcpReservation>, Error> {
        self.client.list(self.call(&op::DHCP_RESERVATIONS), &["dhcpReservations", "data"]).await
    }

    /// Which networks may use the LTE uplink (`GET /locations/{locationId}/networkConfiguration` of the LTE
    /// service).
    pub async fn lte_networks(&self) -> Result<LteNetworkConfiguration, Error> {
        self.client.one(self.call(&op::LTE_NETWORKS)).await
    }

    /// Settings and state with the summary (`GET …/locations/{locationId}?include=summary`).
    pub async fn get_with_summary(&self) -> Result<Location, Error> {
        self.client.one(self.call(&op::LOCATION_GET).with("include", "summary")).await
    }

    /// Whether there is such a location (`HEAD …/locations/{locationId}`).
    /// A customer that does not exist is an error.
    pub async fn exists(&self) -> Result<bool, Error> {
        match self.client.send(self.call(&op::LOCATION_EXISTS)).await {
            Ok(_) => Ok(true),
            // A HEAD has no body that could say what is missing.
            Err(error) if error.status() == Some(404) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// One node with the devices on it (`GET …/nodes/{nodeId}`).
    pub async fn node(&self, id: impl Into<NodeId>) -> Result<Node, Error> {
        self.client.wrapped(self.call(&op::NODE).with("nodeId", id.into().as_str()), &["node"]).await
    }

    /// The result of a speed test that was [started](LocationHandle::start_speed_test)
    /// (`GET …/nodes/{nodeId}/speedTestResults/{requestId}`).
    pub async fn speed_test_result(
        &self,
        node: impl Into<NodeId>,
        request: &str,
    ) -> Result<SpeedTest, Error> {
        let call = self.call(&op::NODE_SPEED_TEST_RESULT).with("nodeId", node.into().as_str());
        self.client.one(call.with("requestId", request)).await
    }

    /// One device (`GET …/devices/{mac}`).
    pub async fn device(&self, mac: impl Into<MacAddress>) -> Result<Device, Error> {
        self.client.wrapped(self.call(&op::DEVICE).with("mac", mac.into().canonical()), &["device"]).await
    }

    /// The fixed address of a device (`GET …/networkConfiguration/dhcpReservations/{mac}`).
    pub async fn dhcp_reservation(&self, mac: impl Into<MacAddress>) -> Result<DhcpReservation, Error> {
        self.client.one(self.call(&op::DHCP_RESERVATION).with("mac", mac.into().canonical())).await
    }

    /// Application QoE by traffic class (`POST …/appqoe/AppQoeStatsByTrafficClass`). A `POST` that only
    /// reads; the schema of its answer is not published.
    pub async fn app_qoe(&self, period: QoePeriod) -> Result<AppQoe, Error> {
        self.client.one(self.call(&op::APP_QOE).with("timePeriod", period)).await
    }

    /// Traffic by class over time (`GET …/appqoe/traffic_class_stats`). The schema of its answer is not
    /// published.
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
