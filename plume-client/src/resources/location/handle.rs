//! The handle of a location: state, settings, devices, QoE.

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
use crate::resources::string_enum::string_enum;
use crate::resources::times::time;

/// A handle of a location. Made by [`CustomerHandle::location`](crate::CustomerHandle::location), which sends no request.
///
/// ```no_run
/// # async fn run(client: plume_client::Client) -> Result<(), plume_client::Error> {
/// let home = client.customer("5f0000000000000000000001").location("5f0000000000000000000002");
/// for device in &home.devices().await? {
///     println!("{}", device.display_name());
/// }
/// # Ok(()) }
/// ```
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
    /// Returns a handle of a location of the customer. Sends no request.
    pub fn location(&self, id: impl Into<LocationId>) -> LocationHandle {
        LocationHandle { client: self.client.clone(), customer: self.id.clone(), id: id.into() }
    }
}

impl LocationHandle {
    /// Returns the location's id.
    #[must_use]
    pub fn id(&self) -> &LocationId {
        &self.id
    }

    /// Returns the customer's id.
    #[must_use]
    pub fn customer_id(&self) -> &CustomerId {
        &self.customer
    }

    /// Creates a call of one of the location's operations.
    pub(crate) fn call(&self, operation: &'static Operation) -> Call<'static> {
        // The LTE service and the gateway group need no customer id.
        let call = Call::new(operation).with_id("id", self.customer.as_str());
        call.with("locationId", self.id.as_str())
    }

    /// Returns settings and state (`GET …/locations/{locationId}`).
    pub async fn get(&self) -> Result<Location, Error> {
        self.client.one(self.call(&op::LOCATION_GET)).await
    }

    /// Returns the changes to the location, with their authors (`GET …/auditTrail`).
    pub async fn audit_trail(&self) -> Result<List<AuditTrail>, Error> {
        self.client.list(self.call(&op::LOCATION_AUDIT_TRAIL), ROWS).await
    }

    /// Returns the subscription tier (`GET …/serviceLevel`), which does not describe health.
    pub async fn service_level(&self) -> Result<ServiceLevel, Error> {
        self.client.one(self.call(&op::SERVICE_LEVEL)).await
    }

    /// Returns gateway and pods (`GET …/nodes`), in any known wrapper.
    pub async fn nodes(&self) -> Result<List<Node>, Error> {
        self.client.list(self.call(&op::NODES), &["nodes"]).await
    }

    /// Returns connected and recently seen devices (`GET …/devices`), in any known wrapper.
    pub async fn devices(&self) -> Result<List<Device>, Error> {
        self.client.list(self.call(&op::DEVICES), &["devices"]).await
    }

    /// Returns the home network with its passphrase (`GET …/wifiNetwork`), which is redacted until it is
    /// [exposed](plume_types::Secret::expose).
    pub async fn wifi_network(&self) -> Result<WifiNetwork, Error> {
        self.client.wrapped(self.call(&op::WIFI_NETWORK), &["wifiNetwork"]).await
    }

    /// Returns the name of the home network (`GET …/wifiNetwork/ssid`).
    pub async fn wifi_ssid(&self) -> Result<WifiSsid, Error> {
        self.client.one(self.call(&op::WIFI_SSID)).await
    }

    /// Returns all networks, without passphrases (`GET …/wifiNetworks`).
    pub async fn wifi_networks(&self) -> Result<List<WifiNetworkListItem>, Error> {
        self.client.list(self.call(&op::WIFI_NETWORKS), &["wifiNetworks", "networks"]).await
    }

    /// Returns the settings of the mesh (`GET …/backhaul`), which do not describe health.
    pub async fn backhaul(&self) -> Result<Backhaul, Error> {
        self.client.wrapped(self.call(&op::BACKHAUL), &["backhaul"]).await
    }

    /// Returns the capabilities of the location (`GET …/capabilities`).
    pub async fn capabilities(&self) -> Result<Capabilities, Error> {
        self.client.one(self.call(&op::CAPABILITIES)).await
    }

    /// Returns the active alerts by node and device (`GET …/alerts`).
    pub async fn alerts(&self) -> Result<LocationAlerts, Error> {
        self.client.one(self.call(&op::ALERTS)).await
    }

    /// Returns the last speed test and the gateway's connection (`GET …/uplink-status`).
    pub async fn uplink_status(&self) -> Result<UplinkStatus, Error> {
        self.client.one(self.call(&op::UPLINK_STATUS)).await
    }

    /// Returns customer, nodes, devices and summary in one response (`GET …/appFacade/home`): one call in place of the four
    /// of a snapshot, but without QoE, and meant for a user interface rather than for monitoring.
    pub async fn app_facade_home(&self) -> Result<AppFacadeHome, Error> {
        self.client.one(self.call(&op::APP_FACADE_HOME)).await
    }

    /// Returns a summary of the state (`GET …/summary`, deprecated); [`LocationHandle::get_with_summary`] includes it.
    pub async fn summary(&self) -> Result<LocationSummary, Error> {
        self.client.one(self.call(&op::LOCATION_SUMMARY)).await
    }

    /// Returns the network mode: router, bridge, or chosen by the cloud (`GET …/networkMode`).
    pub async fn network_mode(&self) -> Result<NetworkModeSetting, Error> {
        self.client.one(self.call(&op::NETWORK_MODE)).await
    }

    /// Returns how far the cloud controls the location (`GET …/controlMode`).
    pub async fn control_mode(&self) -> Result<ControlModeSetting, Error> {
        self.client.one(self.call(&op::CONTROL_MODE)).await
    }

    /// Returns how the gateway gets its address (`GET …/wanConfiguration`).
    pub async fn wan_configuration(&self) -> Result<WanConfiguration, Error> {
        self.client.one(self.call(&op::WAN_CONFIGURATION)).await
    }

    /// Returns the IPv6 settings (`GET …/ipv6`).
    pub async fn ipv6(&self) -> Result<Ipv6Settings, Error> {
        self.client.one(self.call(&op::IPV6)).await
    }

    /// Returns the customer's name servers (`GET …/networkConfiguration/dnsServers`).
    pub async fn dns_servers(&self) -> Result<DnsServers, Error> {
        self.client.one(self.call(&op::DNS_SERVERS)).await
    }

    /// Returns whether devices may open ports with `UPnP` (`GET …/networkConfiguration/upnp`).
    pub async fn upnp(&self) -> Result<Upnp, Error> {
        self.client.one(self.call(&op::UPNP)).await
    }

    /// Returns the fixed addresses of devices (`GET …/networkConfiguration/dhcpReservations`). The API rejects the call with
    /// 412 until the cloud knows the home's addresses.
    pub async fn dhcp_reservations(&self) -> Result<List<DhcpReservation>, Error> {
        self.client.list(self.call(&op::DHCP_RESERVATIONS), &["dhcpReservations", "data"]).await
    }

    /// Returns the networks that may use the LTE uplink (`GET /locations/{locationId}/networkConfiguration` of the LTE
    /// service).
    pub async fn lte_networks(&self) -> Result<LteNetworkConfiguration, Error> {
        self.client.one(self.call(&op::LTE_NETWORKS)).await
    }

    /// Returns settings and state with the summary (`GET …/locations/{locationId}?include=summary`).
    pub async fn get_with_summary(&self) -> Result<Location, Error> {
        self.client.one(self.call(&op::LOCATION_GET).with("include", "summary")).await
    }

    /// Returns whether the location exists (`HEAD …/locations/{locationId}`). An unknown customer is an error.
    pub async fn exists(&self) -> Result<bool, Error> {
        match self.client.send(self.call(&op::LOCATION_EXISTS)).await {
            Ok(_) => Ok(true),
            // The response to a HEAD has no body that says what is missing.
            Err(error) if error.status() == Some(404) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Returns a node with its devices (`GET …/nodes/{nodeId}`).
    pub async fn node(&self, id: impl Into<NodeId>) -> Result<Node, Error> {
        self.client.wrapped(self.call(&op::NODE).with("nodeId", id.into().as_str()), &["node"]).await
    }

    /// Returns the result of a speed test that was [started](LocationHandle::start_speed_test)
    /// (`GET …/nodes/{nodeId}/speedTestResults/{requestId}`).
    pub async fn speed_test_result(
        &self,
        node: impl Into<NodeId>,
        request: &str,
    ) -> Result<SpeedTest, Error> {
        let call = self.call(&op::NODE_SPEED_TEST_RESULT).with("nodeId", node.into().as_str());
        self.client.one(call.with("requestId", request)).await
    }

    /// Returns a device (`GET …/devices/{mac}`).
    pub async fn device(&self, mac: impl Into<MacAddress>) -> Result<Device, Error> {
        self.client.wrapped(self.call(&op::DEVICE).with("mac", mac.into().canonical()), &["device"]).await
    }

    /// Returns the fixed address of a device (`GET …/networkConfiguration/dhcpReservations/{mac}`).
    pub async fn dhcp_reservation(&self, mac: impl Into<MacAddress>) -> Result<DhcpReservation, Error> {
        self.client.one(self.call(&op::DHCP_RESERVATION).with("mac", mac.into().canonical())).await
    }

    /// Returns application QoE by traffic class (`POST …/appqoe/AppQoeStatsByTrafficClass`). The `POST` only reads; the
    /// schema of its response is not published.
    pub async fn app_qoe(&self, period: QoePeriod) -> Result<AppQoe, Error> {
        self.client.one(self.call(&op::APP_QOE).with("timePeriod", period)).await
    }

    /// Returns traffic by class over time (`GET …/appqoe/traffic_class_stats`). The schema of its response is not
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

string_enum! {
    /// The period of [`LocationHandle::app_qoe`].
    pub enum QoePeriod {
        /// One hour. Not every cloud supports it.
        LastHour = "lastHour",
        /// One day.
        Last24Hours = "last24Hours",
        /// One week.
        Last7Days = "last7Days",
        /// One month.
        Last30Days = "last30Days",
    }
}

string_enum! {
    /// The step of [`LocationHandle::traffic_class_stats`].
    pub enum QoeGranularity {
        /// One value for the whole period.
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
