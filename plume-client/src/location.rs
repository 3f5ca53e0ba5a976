//! One location: state, settings, devices, QoE.

use chrono::{DateTime, SecondsFormat, Utc};
use plume_types::{
    AppQoe, Backhaul, Capabilities, CustomerId, Device, List, Location, LocationAlerts, LocationId,
    MacAddress, Node, NodeId, ServiceLevel, UplinkStatus, WifiNetwork, WifiNetworkListItem, decode::Decode,
};
use serde_json::json;

use crate::{Client, Error, Reports, call::Call, customers::words, operation as op, operation::Operation};

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

    pub(crate) fn call<'a>(&self, operation: &'a Operation, more: &[&str]) -> Result<Call<'a>, Error> {
        let mut values = vec![self.customer.as_str(), self.id.as_str()];
        values.extend_from_slice(more);
        Call::new(operation, &values)
    }

    async fn part<T: Decode>(&self, operation: &Operation) -> Result<T, Error> {
        self.client.one(self.call(operation, &[])?).await
    }

    /// Settings and state (`GET …/locations/{locationId}`).
    ///
    /// # Errors
    ///
    /// [`Error`]; see [`ErrorKind`](crate::ErrorKind).
    pub async fn get(&self) -> Result<Location, Error> {
        self.part(&op::LOCATION_GET).await
    }

    /// The subscription tier (`GET …/serviceLevel`). It says nothing about health.
    ///
    /// # Errors
    ///
    /// [`Error`]; see [`ErrorKind`](crate::ErrorKind).
    pub async fn service_level(&self) -> Result<ServiceLevel, Error> {
        self.part(&op::SERVICE_LEVEL).await
    }

    /// Gateway and pods (`GET …/nodes`), however the list is wrapped.
    ///
    /// # Errors
    ///
    /// [`Error`]; another shape than a list of nodes is
    /// [`ErrorKind::Unreadable`](crate::ErrorKind::Unreadable), never an empty list.
    pub async fn nodes(&self) -> Result<List<Node>, Error> {
        self.client.list(self.call(&op::NODES, &[])?, &["nodes"]).await
    }

    /// One node with the devices on it (`GET …/nodes/{nodeId}`).
    ///
    /// # Errors
    ///
    /// [`Error`]; see [`ErrorKind`](crate::ErrorKind).
    pub async fn node(&self, id: impl Into<NodeId>) -> Result<Node, Error> {
        let id = id.into();
        self.client.wrapped(self.call(&op::NODE, &[id.as_str()])?, &["node"]).await
    }

    /// Devices, connected or lately seen (`GET …/devices`), however the list is wrapped.
    ///
    /// # Errors
    ///
    /// [`Error`]; another shape than a list of devices is
    /// [`ErrorKind::Unreadable`](crate::ErrorKind::Unreadable), never an empty list.
    pub async fn devices(&self) -> Result<List<Device>, Error> {
        self.client.list(self.call(&op::DEVICES, &[])?, &["devices"]).await
    }

    /// One device (`GET …/devices/{mac}`).
    ///
    /// # Errors
    ///
    /// [`Error`]; see [`ErrorKind`](crate::ErrorKind).
    pub async fn device(&self, mac: impl Into<MacAddress>) -> Result<Device, Error> {
        let mac = mac.into().canonical();
        self.client.wrapped(self.call(&op::DEVICE, &[&mac])?, &["device"]).await
    }

    /// The home network with its passphrase (`GET …/wifiNetwork`). The passphrase shows only where it is
    /// [exposed](plume_types::Secret::expose).
    ///
    /// # Errors
    ///
    /// [`Error`]; see [`ErrorKind`](crate::ErrorKind).
    pub async fn wifi_network(&self) -> Result<WifiNetwork, Error> {
        self.client.wrapped(self.call(&op::WIFI_NETWORK, &[])?, &["wifiNetwork"]).await
    }

    /// All networks, without passphrases (`GET …/wifiNetworks`).
    ///
    /// # Errors
    ///
    /// [`Error`]; see [`ErrorKind`](crate::ErrorKind).
    pub async fn wifi_networks(&self) -> Result<List<WifiNetworkListItem>, Error> {
        self.client.list(self.call(&op::WIFI_NETWORKS, &[])?, &["wifiNetworks", "networks"]).await
    }

    /// Settings of the mesh (`GET …/backhaul`). They say nothing about health.
    ///
    /// # Errors
    ///
    /// [`Error`]; see [`ErrorKind`](crate::ErrorKind).
    pub async fn backhaul(&self) -> Result<Backhaul, Error> {
        self.client.wrapped(self.call(&op::BACKHAUL, &[])?, &["backhaul"]).await
    }

    /// What the location is able to do (`GET …/capabilities`).
    ///
    /// # Errors
    ///
    /// [`Error`]; see [`ErrorKind`](crate::ErrorKind).
    pub async fn capabilities(&self) -> Result<Capabilities, Error> {
        self.part(&op::CAPABILITIES).await
    }

    /// Active alerts by node and device (`GET …/alerts`).
    ///
    /// # Errors
    ///
    /// [`Error`]; see [`ErrorKind`](crate::ErrorKind).
    pub async fn alerts(&self) -> Result<LocationAlerts, Error> {
        self.part(&op::ALERTS).await
    }

    /// The last speed test and the gateway's connection (`GET …/uplink-status`).
    ///
    /// # Errors
    ///
    /// [`Error`]; see [`ErrorKind`](crate::ErrorKind).
    pub async fn uplink_status(&self) -> Result<UplinkStatus, Error> {
        self.part(&op::UPLINK_STATUS).await
    }

    /// Application QoE by traffic class (`POST …/appqoe/AppQoeStatsByTrafficClass`). A `POST` that only
    /// reads; the schema of its answer is not published.
    ///
    /// # Errors
    ///
    /// [`Error`]; see [`ErrorKind`](crate::ErrorKind).
    pub async fn app_qoe(&self, period: QoePeriod) -> Result<AppQoe, Error> {
        let call = self.call(&op::APP_QOE, &[])?.json(json!({"timePeriod": period.as_str()}));
        self.client.one(call).await
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
        let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Millis, true);
        let call = self
            .call(&op::TRAFFIC_CLASS_STATS, &[])?
            .query("granularity", granularity.as_str())
            .query("startTime", time(start))
            .query("endTime", time(end));
        self.client.one(call).await
    }

    /// Series over time.
    #[must_use]
    pub fn reports(&self) -> Reports {
        Reports { location: self.clone() }
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
