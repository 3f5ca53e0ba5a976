//! Reports: series over time. They have a base URL of their own.

use plume_types::{
    DeviceBandwidth, DeviceBandwidthHistory, DeviceId, LanConnectivityHistory, LocationBandwidth, LocationId,
    LocationQoe, NodeId, OnlineStats, OptimizationCounts, QoeHistory, RebootHistory, SpeedTestSeries,
    WanSaturation, WanSaturationHistory, WanStats, decode::Decode,
};
use serde_json::Value;

use crate::{
    Client, Error, LocationHandle, call::Call, customers::words, operation as op, operation::Operation,
};

/// Series of one location. Made by [`LocationHandle::reports`].
#[derive(Debug, Clone)]
pub struct Reports {
    pub(crate) location: LocationHandle,
}

impl Reports {
    /// Traffic on the Internet side (`GET …/wanStats`).
    ///
    /// # Errors
    ///
    /// [`Error`]; see [`ErrorKind`](crate::ErrorKind).
    pub async fn wan_stats(&self, period: WanPeriod) -> Result<WanStats, Error> {
        let call = self.location.call(&op::WAN_STATS, &[])?.query("period", period.as_str());
        self.location.client.one(call).await
    }

    /// When the location was online (`GET …/onlineStats`): at most `limit` samples of the given step, the
    /// server's choice without one.
    ///
    /// # Errors
    ///
    /// [`Error`]; see [`ErrorKind`](crate::ErrorKind).
    pub async fn online_stats(
        &self,
        granularity: Granularity,
        limit: Option<u32>,
    ) -> Result<OnlineStats, Error> {
        let call = self
            .location
            .call(&op::ONLINE_STATS, &[])?
            .query("granularity", granularity.as_str())
            .query_opt("limit", limit);
        self.location.client.one(call).await
    }

    /// Restarts and their reasons in the last 24 hours (`GET …/reboots`). The schema of the answer is not
    /// published, so it stays JSON; [`GatewayReports::reboot_history`] is typed.
    ///
    /// # Errors
    ///
    /// [`Error`]; see [`ErrorKind`](crate::ErrorKind).
    pub async fn reboots(&self) -> Result<Value, Error> {
        self.location.client.one(self.location.call(&op::REBOOTS, &[])?).await
    }

    /// Speed tests of one node (`GET …/nodes/{nodeId}/results`): at most `limit` of the given step.
    ///
    /// # Errors
    ///
    /// [`Error`]; see [`ErrorKind`](crate::ErrorKind).
    pub async fn speed_test_results(
        &self,
        node: impl Into<NodeId>,
        granularity: Granularity,
        limit: u32,
    ) -> Result<SpeedTestSeries, Error> {
        let node = node.into();
        let call = self
            .location
            .call(&op::SPEED_TEST_RESULTS, &[node.as_str()])?
            .query("granularity", granularity.as_str())
            .query("limit", limit.to_string())
            .query("showFailedSpeedTests", "true");
        self.location.client.one(call).await
    }
}

words! {
    /// The time that [`Reports::wan_stats`] covers.
    pub enum WanPeriod {
        /// One day in steps of 15 minutes.
        Daily = "daily",
        /// One week.
        Weekly = "weekly",
        /// One month.
        Monthly = "monthly",
    }
}

words! {
    /// The step of a series.
    pub enum Granularity {
        /// Minutes.
        Minutes = "minutes",
        /// Hours.
        Hours = "hours",
        /// Days.
        Days = "days",
    }
}

/// Reports of the gateway group (`/reports/gateway/…`), which need no customer id. Made by
/// [`Client::gateway_reports`].
#[derive(Debug, Clone)]
pub struct GatewayReports {
    pub(crate) client: Client,
}

macro_rules! gateway_reports {
    ($( $(#[$meta:meta])* $name:ident($id:ident: $id_type:ty) -> $answer:ty = $operation:ident; )+) => {
        impl GatewayReports {
            $(
                $(#[$meta])*
                ///
                /// # Errors
                ///
                /// [`Error`]; see [`ErrorKind`](crate::ErrorKind).
                pub async fn $name(&self, $id: impl Into<$id_type>) -> Result<$answer, Error> {
                    let $id = $id.into();
                    self.report(&op::$operation, $id.as_str()).await
                }
            )+

            async fn report<T: Decode>(&self, operation: &Operation, id: &str) -> Result<T, Error> {
                self.client.one(Call::new(operation, &[id])?).await
            }
        }
    };
}

gateway_reports! {
    /// Quality of experience of a device over time (`GET devices/{id}/qoe/history`).
    device_qoe_history(device: DeviceId) -> QoeHistory = GATEWAY_DEVICE_QOE_HISTORY;
    /// Quality of experience of a node over time (`GET nodes/{serial}/qoe/history`).
    node_qoe_history(node: NodeId) -> QoeHistory = GATEWAY_NODE_QOE_HISTORY;
    /// Quality of experience of everything in a location, now (`GET locations/{id}/qoe`).
    location_qoe(location: LocationId) -> LocationQoe = GATEWAY_LOCATION_QOE;
    /// Traffic of a device today (`GET devices/{id}/bandwidth`).
    device_bandwidth(device: DeviceId) -> DeviceBandwidth = GATEWAY_DEVICE_BANDWIDTH;
    /// Traffic of a device over time (`GET devices/{id}/bandwidth/history`).
    device_bandwidth_history(device: DeviceId) -> DeviceBandwidthHistory = GATEWAY_DEVICE_BANDWIDTH_HISTORY;
    /// Traffic of all devices of a location today (`GET locations/{id}/devices/bandwidth`).
    location_bandwidth(location: LocationId) -> LocationBandwidth = GATEWAY_LOCATION_BANDWIDTH;
    /// How often the optimizer ran (`GET locations/{id}/optimization`).
    optimization(location: LocationId) -> OptimizationCounts = GATEWAY_OPTIMIZATION;
    /// Restarts of the nodes of a location (`GET locations/{id}/reboot/history`).
    reboot_history(location: LocationId) -> RebootHistory = GATEWAY_REBOOT_HISTORY;
    /// When a device was attached by cable (`GET devices/{id}/lan-connectivity/history`).
    lan_connectivity_history(device: DeviceId) -> LanConnectivityHistory = GATEWAY_LAN_HISTORY;
    /// Traffic on the Internet side over time (`GET locations/{id}/wan-stats/history`).
    wan_stats_history(location: LocationId) -> WanStats = GATEWAY_WAN_STATS_HISTORY;
    /// How full the Internet line is (`GET locations/{id}/wan-saturation`).
    wan_saturation(location: LocationId) -> WanSaturation = GATEWAY_WAN_SATURATION;
    /// How full the Internet line was (`GET locations/{id}/wan-saturation/history`).
    wan_saturation_history(location: LocationId) -> WanSaturationHistory = GATEWAY_WAN_SATURATION_HISTORY;
}
