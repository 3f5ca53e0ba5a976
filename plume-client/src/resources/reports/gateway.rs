//! Reports of the gateway group.

use plume_types::{
    DeviceBandwidth, DeviceBandwidthHistory, DeviceId, LanConnectivityHistory, LocationBandwidth, LocationId,
    LocationQoe, NodeId, OptimizationCounts, QoeHistory, RebootHistory, WanSaturation, WanSaturationHistory,
    WanStats,
};

use crate::call::Call;
use crate::client::Client;
use crate::error::Error;
use crate::operations as op;

impl Client {
    /// Reports of the gateway group, which need no customer id.
    #[must_use]
    pub fn gateway_reports(&self) -> GatewayReports {
        GatewayReports { client: self.clone() }
    }
}

/// Reports of the gateway group (`/reports/gateway/…`), which need no customer id. Made by
/// [`Client::gateway_reports`].
#[derive(Debug, Clone)]
pub struct GatewayReports {
    pub(crate) client: Client,
}

macro_rules! gateway_reports {
    ($( $(#[$meta:meta])* $name:ident($id:ident: $id_type:ty = $placeholder:literal) -> $answer:ty = $operation:ident; )+) => {
        impl GatewayReports {
            $(
                $(#[$meta])*
                ///
                /// # Errors
                ///
                /// [`Error`]; see [`ErrorKind`](crate::ErrorKind).
                pub async fn $name(&self, $id: impl Into<$id_type>) -> Result<$answer, Error> {
                    let call = Call::new(&op::$operation).with($placeholder, $id.into().as_str());
                    self.client.one(call).await
                }
            )+
        }
    };
}

gateway_reports! {
    /// Quality of experience of a device over time (`GET devices/{id}/qoe/history`).
    device_qoe_history(device: DeviceId = "deviceId") -> QoeHistory = GATEWAY_DEVICE_QOE_HISTORY;
    /// Quality of experience of a node over time (`GET nodes/{serial}/qoe/history`).
    node_qoe_history(node: NodeId = "nodeId") -> QoeHistory = GATEWAY_NODE_QOE_HISTORY;
    /// Quality of experience of everything in a location, now (`GET locations/{id}/qoe`).
    location_qoe(location: LocationId = "locationId") -> LocationQoe = GATEWAY_LOCATION_QOE;
    /// Traffic of a device today (`GET devices/{id}/bandwidth`).
    device_bandwidth(device: DeviceId = "deviceId") -> DeviceBandwidth = GATEWAY_DEVICE_BANDWIDTH;
    /// Traffic of a device over time (`GET devices/{id}/bandwidth/history`).
    device_bandwidth_history(device: DeviceId = "deviceId") -> DeviceBandwidthHistory
        = GATEWAY_DEVICE_BANDWIDTH_HISTORY;
    /// Traffic of all devices of a location today (`GET locations/{id}/devices/bandwidth`).
    location_bandwidth(location: LocationId = "locationId") -> LocationBandwidth = GATEWAY_LOCATION_BANDWIDTH;
    /// How often the optimizer ran (`GET locations/{id}/optimization`).
    optimization(location: LocationId = "locationId") -> OptimizationCounts = GATEWAY_OPTIMIZATION;
    /// Restarts of the nodes of a location (`GET locations/{id}/reboot/history`).
    reboot_history(location: LocationId = "locationId") -> RebootHistory = GATEWAY_REBOOT_HISTORY;
    /// When a device was attached by cable (`GET devices/{id}/lan-connectivity/history`).
    lan_connectivity_history(device: DeviceId = "deviceId") -> LanConnectivityHistory = GATEWAY_LAN_HISTORY;
    /// Traffic on the Internet side over time (`GET locations/{id}/wan-stats/history`).
    wan_stats_history(location: LocationId = "locationId") -> WanStats = GATEWAY_WAN_STATS_HISTORY;
    /// How full the Internet line is (`GET locations/{id}/wan-saturation`).
    wan_saturation(location: LocationId = "locationId") -> WanSaturation = GATEWAY_WAN_SATURATION;
    /// How full the Internet line was (`GET locations/{id}/wan-saturation/history`).
    wan_saturation_history(location: LocationId = "locationId") -> WanSaturationHistory
        = GATEWAY_WAN_SATURATION_HISTORY;
}
