//! Routes of the reports service.

use crate::http::{RouteRow, get, post, report};
use crate::reports::telemetry::changes::Record;
use crate::reports::telemetry::radio::Measure;
use crate::reports::telemetry::steering::Kind;
use crate::reports::telemetry::{alarms, changes, location, quality, radio, steering};
use crate::reports::{gateway, speed_tests, statistics};
use crate::world::SECOND;

pub(crate) const ROUTES: &[RouteRow] = &[
    get(report!("/wanStats"), statistics::wan_stats),
    get(report!("/onlineStats"), statistics::online_stats),
    get(report!("/reboots"), statistics::reboots).made_up(),
    get(report!("/nodes/{nodeId}/results"), speed_tests::series),
    get(report!("/nodes/{nodeId}/results/{requestId}"), speed_tests::one).made_up(),
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
    get(report!("/devices/{mac}/deviceTypeDetails"), location::device_type).made_up(),
    get(report!("/devices/{mac}/stitchHistory"), location::stitches).made_up(),
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
    get(report!("/wanSaturation"), location::wan_saturation).made_up(),
    get(report!("/nodes/wanStatsLiveModeStream"), location::wan_live).made_up(),
    get(report!("/networkOutages/stats"), location::outages).made_up(),
    get(report!("/nodes/health"), location::node_health).made_up(),
    get(report!("/appResults"), location::app_results).made_up(),
    get(report!("/dashboard"), location::dashboard).made_up(),
    get(report!("/monthlyReport"), location::monthly).made_up(),
    get(report!("/neighborReport"), location::neighbors).made_up(),
    get(report!("/broadbandEfficiencyAlert"), location::broadband).made_up(),
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
    // Without a customer in the path
    get("/reports/gateway/devices/{mac}/qoe/history", gateway::device_qoe),
    get("/reports/gateway/devices/{mac}/bandwidth", gateway::device_bandwidth),
    get("/reports/gateway/devices/{mac}/bandwidth/history", gateway::device_bandwidth_history),
    get("/reports/gateway/devices/{mac}/lan-connectivity/history", gateway::lan_connectivity),
    get("/reports/gateway/nodes/{nodeId}/qoe/history", gateway::node_qoe),
    get("/reports/gateway/locations/{locationId}/qoe", gateway::location_qoe),
    get("/reports/gateway/locations/{locationId}/devices/bandwidth", gateway::devices_bandwidth),
    get("/reports/gateway/locations/{locationId}/optimization", changes::optimization),
    get("/reports/gateway/locations/{locationId}/reboot/history", gateway::reboot_history),
    get("/reports/gateway/locations/{locationId}/wan-stats/history", gateway::wan_history),
    get("/reports/gateway/locations/{locationId}/wan-saturation", gateway::wan_saturation),
    get("/reports/gateway/locations/{locationId}/wan-saturation/history", gateway::wan_saturation_history),
];
