//! Reports of the gateway group.

use plume_types::{
    DeviceBandwidth, DeviceBandwidthHistory, DeviceId, LanConnectivityHistory, LocationBandwidth, LocationId,
    LocationQoe, NodeId, OptimizationCounts, QoeHistory, RebootHistory, WanSaturation, WanSaturationHistory,
    WanStats, decode::Decode,
};

use crate::call::Call;
use crate::client::Client;
use crate::error::Error;
use crate::operations::{self as op, Operation};

impl Client {
    /// Returns a handle of the reports of the gateway group, which need no customer id.
    #[must_use]
    pub fn gateway_reports(&self) -> GatewayReports {
        GatewayReports { client: self.clone() }
    }
}

/// A handle of the reports of the gateway group (`/reports/gateway/…`), which need no customer id. Made by
/// [`Client::gateway_reports`].
#[derive(Debug, Clone)]
pub struct GatewayReports {
    pub(crate) client: Client,
}

impl GatewayReports {
    async fn one<T: Decode>(&self, operation: &'static Operation, name: &str, id: &str) -> Result<T, Error> {
        self.client.one(Call::new(operation).with(name, id)).await
    }

    /// Returns the quality of experience of a device over time (`GET devices/{id}/qoe/history`).
    pub async fn device_qoe_history(&self, device: impl Into<DeviceId>) -> Result<QoeHistory, Error> {
        self.one(&op::GATEWAY_DEVICE_QOE_HISTORY, "deviceId", device.into().as_str()).await
    }

    /// Returns the quality of experience of a node over time (`GET nodes/{serial}/qoe/history`).
    pub async fn node_qoe_history(&self, node: impl Into<NodeId>) -> Result<QoeHistory, Error> {
        self.one(&op::GATEWAY_NODE_QOE_HISTORY, "nodeId", node.into().as_str()).await
    }

    /// Returns the current quality of experience of a location, its nodes and devices (`GET locations/{id}/qoe`).
    pub async fn location_qoe(&self, location: impl Into<LocationId>) -> Result<LocationQoe, Error> {
        self.one(&op::GATEWAY_LOCATION_QOE, "locationId", location.into().as_str()).await
    }

    /// Returns the traffic of a device today (`GET devices/{id}/bandwidth`).
    pub async fn device_bandwidth(&self, device: impl Into<DeviceId>) -> Result<DeviceBandwidth, Error> {
        self.one(&op::GATEWAY_DEVICE_BANDWIDTH, "deviceId", device.into().as_str()).await
    }

    /// Returns the traffic of a device over time (`GET devices/{id}/bandwidth/history`).
    pub async fn device_bandwidth_history(
        &self,
        device: impl Into<DeviceId>,
    ) -> Result<DeviceBandwidthHistory, Error> {
        self.one(&op::GATEWAY_DEVICE_BANDWIDTH_HISTORY, "deviceId", device.into().as_str()).await
    }

    /// Returns the traffic of all devices of a location today (`GET locations/{id}/devices/bandwidth`).
    pub async fn location_bandwidth(
        &self,
        location: impl Into<LocationId>,
    ) -> Result<LocationBandwidth, Error> {
        self.one(&op::GATEWAY_LOCATION_BANDWIDTH, "locationId", location.into().as_str()).await
    }

    /// Returns the runs of the optimizer (`GET locations/{id}/optimization`).
    pub async fn optimization(&self, location: impl Into<LocationId>) -> Result<OptimizationCounts, Error> {
        self.one(&op::GATEWAY_OPTIMIZATION, "locationId", location.into().as_str()).await
    }

    /// Returns the restarts of the nodes of a location (`GET locations/{id}/reboot/history`).
    pub async fn reboot_history(&self, location: impl Into<LocationId>) -> Result<RebootHistory, Error> {
        self.one(&op::GATEWAY_REBOOT_HISTORY, "locationId", location.into().as_str()).await
    }

    /// Returns the times at which a device was connected by cable (`GET devices/{id}/lan-connectivity/history`).
    pub async fn lan_connectivity_history(
        &self,
        device: impl Into<DeviceId>,
    ) -> Result<LanConnectivityHistory, Error> {
        self.one(&op::GATEWAY_LAN_HISTORY, "deviceId", device.into().as_str()).await
    }

    /// Returns the traffic on the Internet side over time (`GET locations/{id}/wan-stats/history`).
    pub async fn wan_stats_history(&self, location: impl Into<LocationId>) -> Result<WanStats, Error> {
        self.one(&op::GATEWAY_WAN_STATS_HISTORY, "locationId", location.into().as_str()).await
    }

    /// Returns the saturation of the Internet line (`GET locations/{id}/wan-saturation`).
    pub async fn wan_saturation(&self, location: impl Into<LocationId>) -> Result<WanSaturation, Error> {
        self.one(&op::GATEWAY_WAN_SATURATION, "locationId", location.into().as_str()).await
    }

    /// Returns the past saturation of the Internet line (`GET locations/{id}/wan-saturation/history`).
    pub async fn wan_saturation_history(
        &self,
        location: impl Into<LocationId>,
    ) -> Result<WanSaturationHistory, Error> {
        self.one(&op::GATEWAY_WAN_SATURATION_HISTORY, "locationId", location.into().as_str()).await
    }
}
