//! The reports service below `Customers/{id}/locations/{locationId}`: what was measured and what happened.
//!
//! Series honour `granularity`, `limit` and `start`, lists of events `startAt`, `endAt`, `order` and `limit`;
//! both are cut at 1000. A step is shown once it is over, and only where there was something to measure.

mod alarms;
mod changes;
mod place;
mod quality;
mod radio;
mod span;
mod steering;

use changes::Record;
use radio::Measure;
use steering::Kind;

pub(crate) use changes::{OptimizationCounts, last_optimization, optimization_counts};
pub(crate) use place::most_active;
pub(crate) use span::Window;

use crate::{
    router::RouteRow,
    routes::{get, post, report},
    time::SECOND,
};

pub(crate) const ROUTES: &[RouteRow] = &[
    // Radios and links
    get(report!("/nodes/{nodeId}/radio/{radio}/bandwidth"), |ask| radio::of_node(ask, Measure::Bandwidth)),
    get(report!("/nodes/{nodeId}/radio/{radio}/alarms"), |ask| radio::of_node(ask, Measure::Alarms)),
    get(report!("/nodes/{nodeId}/radio/{radio}/wifiCapacity"), |ask| radio::of_node(ask, Measure::Capacity)),
    get(report!("/nodes/{nodeId}/radio/{radio}/channelUtilization"), |ask| {
        radio::of_node(ask, Measure::Utilization)
    }),
    get(report!("/nodes/{nodeId}/utilizationMetrics"), radio::utilization).made_up(),
    get(report!("/nodes/{sourceId}/edges/{targetId}/edgePhy"), radio::edge_phy),
    get(report!("/edgesHistory"), radio::edges_history),
    // Devices
    get(report!("/devices/{mac}/rssi"), radio::rssi),
    get(report!("/devices/{mac}/bandwidth"), radio::device_bandwidth),
    get(report!("/devices/{mac}/chartData"), radio::chart_data).made_up(),
    get(report!("/devices/{mac}/deviceTypeDetails"), place::device_type).made_up(),
    get(report!("/devices/{mac}/stitchHistory"), place::stitches).made_up(),
    get(report!("/lanConnectivityHistory"), radio::lan_connectivity).made_up(),
    // Quality
    get(report!("/qoe"), quality::now).made_up(),
    get(report!("/nodes/{nodeId}/qoe"), quality::now_of).made_up(),
    get(report!("/nodes/v2/{nodeId}/qoe"), quality::now_of_v2).made_up(),
    get(report!("/devices/{mac}/qoe"), quality::now_of).made_up(),
    get(report!("/devices/v2/{mac}/qoe"), quality::now_of_v2).made_up(),
    get(report!("/nodes/{nodeId}/qoeMetrics"), quality::metrics),
    get(report!("/nodes/{nodeId}/qoeMetricsV2"), quality::metrics),
    get(report!("/devices/{mac}/qoeMetrics"), quality::metrics),
    get(report!("/devices/{mac}/qoeMetricsV2"), quality::metrics),
    post(report!("/qoeMetrics"), quality::metrics_of_many).made_up(),
    get(report!("/nodes/{nodeId}/qoe/liveModeStream"), |ask| quality::live(ask, 5 * SECOND)).made_up(),
    get(report!("/nodes/{nodeId}/qoe/liveModeStreamV2"), |ask| quality::live(ask, 5 * SECOND)).made_up(),
    get(report!("/nodes/{nodeId}/qoe/superLiveModeStream"), |ask| quality::live(ask, SECOND)).made_up(),
    get(report!("/nodes/{nodeId}/qoe/superLiveModeStreamV2"), |ask| quality::live(ask, SECOND)).made_up(),
    get(report!("/devices/{mac}/qoe/liveModeStream"), |ask| quality::live(ask, 5 * SECOND)).made_up(),
    get(report!("/devices/{mac}/qoe/liveModeStreamV2"), |ask| quality::live(ask, 5 * SECOND)).made_up(),
    get(report!("/devices/{mac}/qoe/superLiveModeStream"), |ask| quality::live(ask, SECOND)).made_up(),
    get(report!("/devices/{mac}/qoe/superLiveModeStreamV2"), |ask| quality::live(ask, SECOND)).made_up(),
    get(report!("/qoe/liveMode"), quality::live_mode).made_up(),
    // The location as a whole
    get(report!("/wanSaturation"), place::wan_saturation).made_up(),
    get(report!("/nodes/wanStatsLiveModeStream"), place::wan_live).made_up(),
    get(report!("/networkOutages/stats"), place::outages).made_up(),
    get(report!("/nodes/health"), place::node_health).made_up(),
    get(report!("/appResults"), place::app_results).made_up(),
    get(report!("/dashboard"), place::dashboard).made_up(),
    get(report!("/monthlyReport"), place::monthly).made_up(),
    get(report!("/neighborReport"), place::neighbors).made_up(),
    get(report!("/broadbandEfficiencyAlert"), place::broadband).made_up(),
    // Alarms
    get(report!("/alarm"), alarms::of_location),
    get(report!("/alarmSummary"), alarms::summary),
    get(report!("/node/{nodeId}/alarms"), alarms::of_one_node).made_up(),
    get(report!("/nodeDevice/alarms"), alarms::of_each).made_up(),
    get(report!("/devices/{mac}/alarms"), alarms::of_one_device).made_up(),
    // Steering
    get(report!("/bandSteeringStats"), |ask| steering::stats(ask, Kind::Band)).made_up(),
    get(report!("/clientSteeringStats"), |ask| steering::stats(ask, Kind::Client)).made_up(),
    get(report!("/devices/{mac}/bandSteeringStats"), |ask| steering::stats(ask, Kind::Band)).made_up(),
    get(report!("/devices/{mac}/clientSteeringStats"), |ask| steering::stats(ask, Kind::Client)).made_up(),
    get(report!("/devices/{mac}/bandSteeringSummary"), |ask| steering::summary(ask, Kind::Band)).made_up(),
    get(report!("/devices/{mac}/clientSteeringSummary"), |ask| steering::summary(ask, Kind::Client))
        .made_up(),
    get(report!("/devices/{mac}/clientSteeringTriggers"), steering::triggers).made_up(),
    // What the cloud did
    get(report!("/optimizationSummary"), changes::optimization_summary).made_up(),
    get(report!("/optimizeRequests"), |ask| changes::list(ask, Record::Request)).made_up(),
    get(report!("/optimizeRequests/{recordId}"), |ask| changes::one(ask, Record::Request)).made_up(),
    get(report!("/optimizeResponses"), |ask| changes::list(ask, Record::Response)).made_up(),
    get(report!("/optimizeResponses/{recordId}"), |ask| changes::one(ask, Record::Response)).made_up(),
    get(report!("/topologyChanges"), |ask| changes::list(ask, Record::TopologyChange)).made_up(),
    get(report!("/topologyChangeResults"), |ask| changes::list(ask, Record::TopologyResult)).made_up(),
    get(report!("/topologyChangeResults/{recordId}"), |ask| changes::one(ask, Record::TopologyResult))
        .made_up(),
    get(report!("/firmwareUpgrades"), changes::firmware_upgrades).made_up(),
    get(report!("/nodes/{nodeId}/firmwareUpgrades"), changes::firmware_upgrades).made_up(),
    get(report!("/placement-recommendations"), changes::placement).made_up(),
    get(report!("/hotspotSteeringEvents"), changes::hotspots).made_up(),
    get(report!("/hotspotDailyStats"), changes::hotspots).made_up(),
    get(report!("/devices/{mac}/hotspotDailyStats"), changes::hotspots).made_up(),
];
