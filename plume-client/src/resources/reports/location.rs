//! The reports of a location.

use plume_types::{
    BandSeries, DeviceBandwidthSeries, FreeForm, MacAddress, NodeId, OnlineStats, QoeMetrics, RssiSeries,
    SpeedTest, SpeedTestSeries, WanStats, decode::Decode,
};

use crate::call::Call;
use crate::error::Error;
use crate::operations as op;
use crate::operations::Operation;
use crate::resources::location::LocationHandle;
use crate::resources::reports::options::{
    Events, Granularity, QoeOptions, Radio, RadioSeries, Series, WanPeriod,
};

/// A handle of the reports of a location: series over time. Made by [`LocationHandle::reports`].
///
/// ```no_run
/// # async fn run(home: plume_client::LocationHandle) -> Result<(), plume_client::Error> {
/// use plume_client::WanPeriod;
///
/// let stats = home.reports().wan_stats(WanPeriod::Daily).await?;
/// println!("{stats:?}");
/// # Ok(()) }
/// ```
///
/// For reports without a method, use [`LocationHandle::read`] with an operation of the area
/// [`Reports`](crate::Area::Reports).
#[derive(Debug, Clone)]
pub struct LocationReports {
    pub(crate) location: LocationHandle,
}

impl LocationHandle {
    /// Returns a handle of the reports of the location.
    #[must_use]
    pub fn reports(&self) -> LocationReports {
        LocationReports { location: self.clone() }
    }
}

impl LocationReports {
    fn call(&self, operation: &'static Operation) -> Call<'static> {
        self.location.call(operation)
    }

    fn of_node(&self, operation: &'static Operation, node: NodeId) -> Call<'static> {
        self.call(operation).with("nodeId", node.as_str())
    }

    fn of_device(&self, operation: &'static Operation, mac: MacAddress) -> Call<'static> {
        self.call(operation).with("mac", mac.canonical())
    }

    async fn one<T: Decode>(&self, call: Call<'static>) -> Result<T, Error> {
        self.location.client.one(call).await
    }

    /// Returns the traffic of the Internet line (`GET …/wanStats`).
    pub async fn wan_stats(&self, period: WanPeriod) -> Result<WanStats, Error> {
        self.one(self.call(&op::WAN_STATS).with("period", period)).await
    }

    /// Returns the times at which the location was online (`GET …/onlineStats`): at most `limit` samples of the given step.
    /// Without a limit the server chooses.
    pub async fn online_stats(
        &self,
        granularity: Granularity,
        limit: Option<u32>,
    ) -> Result<OnlineStats, Error> {
        let call = self.call(&op::ONLINE_STATS).with("granularity", granularity).with("limit", limit);
        self.one(call).await
    }

    /// Returns restarts and their reasons (`GET …/reboots`), by default of the last 24 hours. The schema of the response is
    /// not published; [`GatewayReports::reboot_history`](crate::GatewayReports::reboot_history) is typed.
    pub async fn reboots(&self, events: &Events) -> Result<FreeForm, Error> {
        self.one(events.fill(self.call(&op::REBOOTS))).await
    }

    /// Returns the upgrades of the nodes (`GET …/firmwareUpgrades`). The schema of the response is not published.
    pub async fn firmware_upgrades(&self, events: &Events) -> Result<FreeForm, Error> {
        self.one(events.fill(self.call(&op::FIRMWARE_UPGRADES))).await
    }

    /// Returns the speed tests of a node (`GET …/nodes/{nodeId}/results`): at most `limit` of the given step, including
    /// failed ones.
    pub async fn speed_test_results(
        &self,
        node: impl Into<NodeId>,
        granularity: Granularity,
        limit: u32,
    ) -> Result<SpeedTestSeries, Error> {
        let call = self
            .of_node(&op::SPEED_TEST_RESULTS, node.into())
            .with("granularity", granularity)
            .with("limit", limit)
            .with("showFailedSpeedTests", true);
        self.one(call).await
    }

    /// Returns the result of a speed test (`GET …/nodes/{nodeId}/results/{requestId}`).
    pub async fn speed_test_result(
        &self,
        node: impl Into<NodeId>,
        request: &str,
    ) -> Result<SpeedTest, Error> {
        self.one(self.of_node(&op::SPEED_TEST_RESULT, node.into()).with("requestId", request)).await
    }

    /// Returns the quality of experience of a node in points of 15 minutes (`GET …/nodes/{nodeId}/qoeMetricsV2`), aware of
    /// multi-link operation.
    pub async fn node_qoe(&self, node: impl Into<NodeId>, options: &QoeOptions) -> Result<QoeMetrics, Error> {
        self.one(options.fill(self.of_node(&op::NODE_QOE_METRICS_V2, node.into()))).await
    }

    /// Returns the quality of experience of a device in points of 15 minutes (`GET …/devices/{mac}/qoeMetricsV2`), aware of
    /// multi-link operation.
    pub async fn device_qoe(
        &self,
        mac: impl Into<MacAddress>,
        options: &QoeOptions,
    ) -> Result<QoeMetrics, Error> {
        self.one(options.fill(self.of_device(&op::DEVICE_QOE_METRICS_V2, mac.into()))).await
    }

    /// Returns the signal strength of a device (`GET …/devices/{mac}/rssi`) in dBm; −95 means "no sample".
    pub async fn device_rssi(
        &self,
        mac: impl Into<MacAddress>,
        series: &Series,
    ) -> Result<RssiSeries, Error> {
        self.one(series.fill(self.of_device(&op::DEVICE_RSSI, mac.into()))).await
    }

    /// Returns the traffic of a device (`GET …/devices/{mac}/bandwidth`).
    pub async fn device_bandwidth(
        &self,
        mac: impl Into<MacAddress>,
        series: &Series,
    ) -> Result<DeviceBandwidthSeries, Error> {
        self.one(series.fill(self.of_device(&op::DEVICE_BANDWIDTH, mac.into()))).await
    }

    /// Returns a series of a radio (`GET …/nodes/{nodeId}/radio/{radio}/…`).
    pub async fn radio(
        &self,
        node: impl Into<NodeId>,
        radio: Radio,
        what: RadioSeries,
        series: &Series,
    ) -> Result<BandSeries, Error> {
        self.one(series.fill(self.of_node(what.operation(), node.into()).with("radio", radio))).await
    }

    /// Returns the rate of the link between two nodes (`GET …/nodes/{sourceId}/edges/{targetId}/edgePhy`).
    pub async fn link_rate(
        &self,
        from: impl Into<NodeId>,
        to: impl Into<NodeId>,
        series: &Series,
    ) -> Result<BandSeries, Error> {
        let call = self
            .call(&op::EDGE_PHY)
            .with("sourceId", from.into().as_str())
            .with("targetId", to.into().as_str());
        self.one(series.fill(call)).await
    }
}
