//! The reports service. (`plume-api` endpoints §7)

use crate::operations::descriptor::Parameter;
use crate::operations::macros::{operations, parameters};
use crate::operations::parameters::{EVENTS, SERIES};

/// Parameters of the points of QoE.
const POINTS: &[Parameter] = parameters![Query
    "granularity" = "days" | "hours" | "minutes",
    "limit",
    "timestampISOFormat",
];

/// Parameters of the streams of live values.
const LIVE: &[Parameter] = parameters![Query "startTime", "timestampISOFormat"];

/// Parameters of lists of events with their details.
const DEEP: &[Parameter] = parameters![Query "order" = "asc" | "desc", "limit", "startAt", "endAt", "deep"];

operations! { REPORTS_TABLE, Reports, Reports, "/Customers/{id}/locations/{locationId}", "§7";
    WAN_STATS = "reports.wanStats": GET "/wanStats" A
        {query ["period" = "daily" | "weekly" | "monthly" : required]} -> Model(WanStats),
        "Traffic of the Internet line";
    ONLINE_STATS = "reports.onlineStats": GET "/onlineStats" A
        {query ["granularity" = "days" | "hours" | "minutes", "limit"]} -> Model(OnlineStats),
        "Times at which a location was online";
    WAN_SATURATION = "reports.wanSaturation": GET "/wanSaturation" A -> Json, "Saturation of the Internet line";
    WAN_STATS_LIVE = "reports.wanStatsLive": GET "/nodes/wanStatsLiveModeStream" A {query ["startTime": required]}
        -> Json, "Traffic on the Internet side, live";
    NETWORK_OUTAGES = "reports.networkOutages": GET "/networkOutages/stats" A {query [
            "startTimestamp": required, "endTimestamp": required, "type" = "yearly" | "monthly" : required, "countOnly",
        ]} -> Json, "Outages of the Internet line";
    NODES_HEALTH = "reports.nodesHealth": GET "/nodes/health" A {query [
            "startDate": required, "endDate": required, "granularity" = "15m" | "3h" : required, "timezoneOffset",
        ]} -> Json, "The health of the nodes over time";
    REBOOTS = "reports.reboots": GET "/reboots" A
        {query ["nodeId", "order" = "asc" | "desc", "limit", "startAt", "endAt"]} pages LimitOnly -> Json,
        "Restarts and their reasons, by default of 24 hours";
    LAN_CONNECTIVITY = "reports.lanConnectivity": GET "/lanConnectivityHistory" A
        {query ["macs": required, "granularity" = "15m" | "3h" | "1d" : required, "limit": required]}
        pages LimitOnly -> Json, "When devices were attached by cable";
    APP_RESULTS = "reports.appResults": GET "/appResults" A {query ["timezone", "recentSpeedTest"]} -> Json,
        "Speed tests as the mobile app shows them";
    QOE = "reports.qoe": GET "/qoe" A -> Json, "Quality of experience of everything, in the last minute";
    QOE_METRICS = "reports.qoeMetrics": POST (Safe) "/qoeMetrics" A
        {body ["deviceIds", "nodeIds", "granularity", "limit", "timestampISOFormat"]} pages LimitOnly -> Json,
        "Quality of experience of 1 to 30 devices and nodes; neither the names of its parameters are published nor \
        how the response distinguishes them";
    QOE_LIVE_MODE = "reports.qoeLiveMode": GET "/qoe/liveMode" A -> Json, "Whether live values are collected";
    EDGES_HISTORY = "reports.edgesHistory": GET "/edgesHistory" A {set SERIES} pages LimitOnly -> Json,
        "The links between nodes over time";
    DASHBOARD = "reports.dashboard": GET "/dashboard" A {query ["macs"]} -> Json,
        "Traffic of devices for the mobile app";
    MONTHLY_REPORT = "reports.monthly": GET "/monthlyReport" A -> Json, "The month in numbers";
    NEIGHBOR_REPORT = "reports.neighbors": GET "/neighborReport" A -> Json, "Networks of the neighbours";
    ALARM = "reports.alarm": GET "/alarm" A {set SERIES} pages LimitOnly -> Json, "Alarms of a location";
    ALARM_SUMMARY = "reports.alarmSummary": GET "/alarmSummary" A {set SERIES} pages LimitOnly -> Json,
        "Alarms of a location, summed up";
}

operations! { NODE_REPORTS_TABLE, Reports, Reports, "/Customers/{id}/locations/{locationId}", "§7";
    SPEED_TEST_RESULTS = "reports.speedTestResults": GET "/nodes/{nodeId}/results" A {query [
            "granularity" = "days" | "hours" | "minutes" : required, "limit": required, "showFailedSpeedTests",
        ]} pages LimitOnly -> Model(SpeedTestSeries), "Speed tests of a node";
    SPEED_TEST_RESULT = "reports.speedTestResult": GET "/nodes/{nodeId}/results/{requestId}" A -> Model(SpeedTest),
        "The result of one speed test";
    NODE_QOE = "reports.node.qoe": GET "/nodes/{nodeId}/qoe" A -> Json, "Quality of experience of a node";
    NODE_QOE_V2 = "reports.node.qoe.v2": GET "/nodes/v2/{nodeId}/qoe" A -> Json,
        "The same, aware of multi-link operation";
    NODE_QOE_METRICS = "reports.node.qoeMetrics": GET "/nodes/{nodeId}/qoeMetrics" A {set POINTS} pages LimitOnly
        -> Model(QoeMetrics), "Quality of experience of a node in points of 15 minutes";
    NODE_QOE_METRICS_V2 = "reports.node.qoeMetrics.v2": GET "/nodes/{nodeId}/qoeMetricsV2" A {set POINTS}
        pages LimitOnly -> Model(QoeMetrics), "The same, aware of multi-link operation";
    NODE_QOE_LIVE = "reports.node.qoeLive": GET "/nodes/{nodeId}/qoe/liveModeStream" A {set LIVE} -> Json,
        "Quality of experience of a node, live";
    NODE_QOE_LIVE_V2 = "reports.node.qoeLive.v2": GET "/nodes/{nodeId}/qoe/liveModeStreamV2" A {set LIVE} -> Json,
        "The same, aware of multi-link operation";
    NODE_QOE_SUPER_LIVE = "reports.node.qoeSuperLive": GET "/nodes/{nodeId}/qoe/superLiveModeStream" A {set LIVE}
        -> Json, "Quality of experience of a node, live in smaller steps";
    NODE_QOE_SUPER_LIVE_V2 = "reports.node.qoeSuperLive.v2": GET "/nodes/{nodeId}/qoe/superLiveModeStreamV2" A
        {set LIVE} -> Json, "The same, aware of multi-link operation";
    NODE_UTILIZATION = "reports.node.utilization": GET "/nodes/{nodeId}/utilizationMetrics" A
        {query ["granularity" = "days" | "hours" | "minutes", "limit"]} pages LimitOnly -> Json,
        "Use of the channels of a node by band";
    RADIO_BANDWIDTH = "reports.radio.bandwidth": GET "/nodes/{nodeId}/radio/{radio}/bandwidth" A {set SERIES}
        pages LimitOnly -> Model(BandSeries), "Traffic of a radio; `2.4G`, `5G` or `6G`";
    RADIO_ALARMS = "reports.radio.alarms": GET "/nodes/{nodeId}/radio/{radio}/alarms" A {set SERIES}
        pages LimitOnly -> Model(BandSeries), "Alarms of a radio";
    RADIO_CAPACITY = "reports.radio.wifiCapacity": GET "/nodes/{nodeId}/radio/{radio}/wifiCapacity" A {set SERIES}
        pages LimitOnly -> Model(BandSeries), "Capacity of a radio";
    RADIO_UTILIZATION = "reports.radio.channelUtilization": GET
        "/nodes/{nodeId}/radio/{radio}/channelUtilization" A {set SERIES} pages LimitOnly -> Model(BandSeries),
        "Use of a radio's channel";
    EDGE_PHY = "reports.edgePhy": GET "/nodes/{sourceId}/edges/{targetId}/edgePhy" A {set SERIES} pages LimitOnly
        -> Model(BandSeries), "The rate of the link between two nodes";
    NODE_ALARMS = "reports.node.alarms": GET "/node/{nodeId}/alarms" A {set SERIES} pages LimitOnly -> Json,
        "Alarms of a node";
    NODE_DEVICE_ALARMS = "reports.nodeDevice.alarms": GET "/nodeDevice/alarms" A {set SERIES} pages LimitOnly -> Json,
        "Alarms by node and device";
    NODE_FIRMWARE_UPGRADES = "reports.node.firmwareUpgrades": GET "/nodes/{nodeId}/firmwareUpgrades" A {set EVENTS}
        pages LimitOnly -> Json, "Upgrades of a node";
}

operations! { DEVICE_REPORTS_TABLE, Reports, Reports, "/Customers/{id}/locations/{locationId}/devices/{mac}", "§7";
    DEVICE_QOE = "reports.device.qoe": GET "/qoe" A -> Json, "Quality of experience of a device";
    DEVICE_QOE_METRICS = "reports.device.qoeMetrics": GET "/qoeMetrics" A {set POINTS} pages LimitOnly
        -> Model(QoeMetrics), "Quality of experience of a device in points of 15 minutes";
    DEVICE_QOE_METRICS_V2 = "reports.device.qoeMetrics.v2": GET "/qoeMetricsV2" A {set POINTS} pages LimitOnly
        -> Model(QoeMetrics), "The same, aware of multi-link operation";
    DEVICE_QOE_LIVE = "reports.device.qoeLive": GET "/qoe/liveModeStream" A {set LIVE} -> Json,
        "Quality of experience of a device, live";
    DEVICE_QOE_LIVE_V2 = "reports.device.qoeLive.v2": GET "/qoe/liveModeStreamV2" A {set LIVE} -> Json,
        "The same, aware of multi-link operation";
    DEVICE_QOE_SUPER_LIVE = "reports.device.qoeSuperLive": GET "/qoe/superLiveModeStream" A {set LIVE} -> Json,
        "Quality of experience of a device, live in smaller steps";
    DEVICE_QOE_SUPER_LIVE_V2 = "reports.device.qoeSuperLive.v2": GET "/qoe/superLiveModeStreamV2" A {set LIVE} -> Json,
        "The same, aware of multi-link operation";
    DEVICE_RSSI = "reports.device.rssi": GET "/rssi" A {set SERIES} pages LimitOnly -> Model(RssiSeries),
        "Signal strength of a device in dBm";
    DEVICE_BANDWIDTH = "reports.device.bandwidth": GET "/bandwidth" A {set SERIES} pages LimitOnly
        -> Model(DeviceBandwidthSeries), "Traffic of a device";
    DEVICE_CHART = "reports.device.chart": GET "/chartData" A -> Json, "Traffic of a device for a chart";
    DEVICE_TYPE = "reports.device.type": GET "/deviceTypeDetails" A -> Json, "Kind of a device, with reasons";
    DEVICE_STITCHES = "reports.device.stitches": GET "/stitchHistory" A -> Json,
        "Addresses of the same device";
    DEVICE_ALARMS = "reports.device.alarms": GET "/alarms" A
        {query ["granularity" = "days" | "hours" | "minutes", "limit", "start", "coverageAlarmThreshold"]}
        pages LimitOnly -> Json, "Alarms of a device";
    DEVICE_BAND_STEERING = "reports.device.bandSteering": GET "/bandSteeringStats" A {set SERIES} pages LimitOnly
        -> Json, "How a device was moved between bands";
    DEVICE_BAND_STEERING_SUMMARY = "reports.device.bandSteeringSummary": GET "/bandSteeringSummary" A {set SERIES}
        pages LimitOnly -> Json, "How often a device was moved between bands";
    DEVICE_CLIENT_STEERING = "reports.device.clientSteering": GET "/clientSteeringStats" A {set SERIES}
        pages LimitOnly -> Json, "How a device was moved between nodes";
    DEVICE_CLIENT_STEERING_SUMMARY = "reports.device.clientSteeringSummary": GET "/clientSteeringSummary" A
        {set SERIES} pages LimitOnly -> Json, "How often a device was moved between nodes";
    DEVICE_CLIENT_STEERING_TRIGGERS = "reports.device.clientSteeringTriggers": GET "/clientSteeringTriggers" A
        {set EVENTS} pages LimitOnly -> Json, "Why a device was moved between nodes";
    DEVICE_HOTSPOT = "reports.device.hotspot": GET "/hotspotDailyStats" A {set EVENTS} pages LimitOnly -> Json,
        "Use of the hotspot by a device, by day";
}

operations! { EVENT_REPORTS_TABLE, Reports, Reports, "/Customers/{id}/locations/{locationId}", "§7";
    DEVICE_QOE_V2 = "reports.device.qoe.v2": GET "/devices/v2/{mac}/qoe" A -> Json,
        "Quality of experience of a device, aware of multi-link operation";
    BAND_STEERING = "reports.bandSteering": GET "/bandSteeringStats" A {set SERIES} pages LimitOnly -> Json,
        "Moves of devices between bands";
    CLIENT_STEERING = "reports.clientSteering": GET "/clientSteeringStats" A {set SERIES} pages LimitOnly -> Json,
        "Moves of devices between nodes";
    OPTIMIZATION_SUMMARY = "reports.optimizationSummary": GET "/optimizationSummary" A {set DEEP} pages LimitOnly
        -> Json, "Actions of the optimizer";
    BROADBAND_EFFICIENCY = "reports.broadbandEfficiency": GET "/broadbandEfficiencyAlert" A {set DEEP}
        pages LimitOnly -> Json, "When the home could not use what the Internet line gives";
    OPTIMIZE_REQUESTS = "reports.optimizeRequests": GET "/optimizeRequests" A {set DEEP} pages LimitOnly -> Json,
        "Requests to the optimizer";
    OPTIMIZE_REQUEST = "reports.optimizeRequest": GET "/optimizeRequests/{requestId}" A -> Json,
        "A request to the optimizer";
    OPTIMIZE_RESPONSES = "reports.optimizeResponses": GET "/optimizeResponses" A {set DEEP} pages LimitOnly -> Json,
        "Responses of the optimizer";
    OPTIMIZE_RESPONSE = "reports.optimizeResponse": GET "/optimizeResponses/{responseId}" A -> Json,
        "A response of the optimizer";
    TOPOLOGY_CHANGES = "reports.topologyChanges": GET "/topologyChanges" A {set DEEP} pages LimitOnly -> Json,
        "Changes of the mesh";
    TOPOLOGY_CHANGE_RESULTS = "reports.topologyChangeResults": GET "/topologyChangeResults" A {set DEEP}
        pages LimitOnly -> Json, "How changes of the mesh ended";
    TOPOLOGY_CHANGE_RESULT = "reports.topologyChangeResult": GET "/topologyChangeResults/{resultId}" A -> Json,
        "Result of a change of the mesh";
    FIRMWARE_UPGRADES = "reports.firmwareUpgrades": GET "/firmwareUpgrades" A {set EVENTS} pages LimitOnly -> Json,
        "Upgrades of the nodes";
    HOTSPOT_STEERING = "reports.hotspotSteering": GET "/hotspotSteeringEvents" A {set EVENTS} pages LimitOnly -> Json,
        "Moves of devices to the hotspot";
    HOTSPOT = "reports.hotspot": GET "/hotspotDailyStats" A {set EVENTS} pages LimitOnly -> Json,
        "Use of the hotspot by day";
    PLACEMENT = "reports.placement": GET "/placement-recommendations" A
        {query ["order" = "asc" | "desc", "limit", "startAt": required, "endAt"]} pages LimitOnly -> Json,
        "Recommended places of pods";
}
