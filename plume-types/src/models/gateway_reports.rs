//! Reports of the gateway group (`/reports/gateway/…`). Their shapes are published. (`plume-api` models §9)

use chrono::{DateTime, Utc};

use crate::field::Field;
use crate::list::List;
use crate::macros::model;
use crate::models::device::FreqBand;
use crate::models::reports::DateRange;
use crate::values::{MacAddress, NodeId};

model! {
    /// Quality of experience of a node or device over time.
    pub struct QoeHistory("a QoE history") fields {
        /// The points.
        items: Field<List<QoeHistoryItem>> = "items",
    }
}

model! {
    /// One point of a [`QoeHistory`].
    pub struct QoeHistoryItem("a QoE point") fields {
        /// The time of the point.
        timestamp: Option<DateTime<Utc>> = "timestamp",
        /// The connection's score.
        connection: Option<ConnectionScore> = "connection",
    }
}

model! {
    /// The score of a connection.
    pub struct ConnectionScore("a score") fields {
        /// The score from 1 to 5; 5 is excellent.
        weighted_qoe_score: Option<f64> = "weightedQoeScore",
    }
}

model! {
    /// Current quality of experience of all nodes and devices of a location.
    pub struct LocationQoe("a location's QoE") fields {
        /// The nodes.
        nodes: Field<List<NodeQoe>> = "nodes",
        /// The devices.
        devices: Field<List<DeviceQoe>> = "devices",
    }
}

model! {
    /// Quality of experience of a node.
    pub struct NodeQoe("a node's QoE") key {
        /// The node.
        id: NodeId = "id",
    } fields {
        /// The score from 1 to 5; 5 is excellent.
        score: Option<f64> = "score",
        /// Band of its link.
        freq_band: Option<FreqBand> = "freqBand",
        /// Channel width in MHz.
        channel_width_mhz: Option<u32> = "chWidthMhz",
        /// Signal in dBm.
        rssi_dbm: Option<f64> = "rssiDbm",
        /// Interference in percent.
        interference_percent: Option<f64> = "interferencePercent",
        /// Signal to noise in dB.
        snr_db: Option<f64> = "snrDb",
    }
}

model! {
    /// Quality of experience of a device.
    pub struct DeviceQoe("a device's QoE") key {
        /// The device.
        mac: MacAddress = "mac",
    } fields {
        /// The score from 1 to 5; 5 is excellent.
        score: Option<f64> = "score",
        /// Band of its link.
        freq_band: Option<FreqBand> = "freqBand",
        /// Channel width in MHz.
        channel_width_mhz: Option<u32> = "chWidthMhz",
        /// Signal in dBm.
        rssi_dbm: Option<f64> = "rssiDbm",
        /// Interference in percent.
        interference_percent: Option<f64> = "interferencePercent",
        /// Signal to noise in dB.
        snr_db: Option<f64> = "snrDb",
    }
}

model! {
    /// Traffic of a device today.
    pub struct DeviceBandwidth("a device's traffic") fields {
        /// Today.
        daily: Option<BandwidthTotal> = "daily",
    }
}

model! {
    /// Traffic in MB.
    pub struct BandwidthTotal("traffic") fields {
        /// Download in MB.
        download_mb: Option<f64> = "downloadMb",
        /// Upload in MB.
        upload_mb: Option<f64> = "uploadMb",
    }
}

model! {
    /// Traffic of a device over time.
    pub struct DeviceBandwidthHistory("a traffic history") fields {
        /// The points.
        items: Field<List<BandwidthItem>> = "items",
    }
}

model! {
    /// One point of a [`DeviceBandwidthHistory`].
    pub struct BandwidthItem("a traffic point") fields {
        /// The time of the point.
        timestamp: Option<DateTime<Utc>> = "timestamp",
        /// Download.
        download: Option<f64> = "download",
        /// Upload.
        upload: Option<f64> = "upload",
    }
}

model! {
    /// Traffic of all devices of a location today.
    pub struct LocationBandwidth("traffic by device") fields {
        /// The devices.
        items: Field<List<DeviceBandwidthItem>> = "items",
    }
}

model! {
    /// Traffic of one device of a location.
    pub struct DeviceBandwidthItem("a device's traffic") key {
        /// The device.
        mac: MacAddress = "mac",
    } fields {
        /// Download in MB.
        download_mb: Option<f64> = "downloadMb",
        /// Upload in MB.
        upload_mb: Option<f64> = "uploadMb",
    }
}

model! {
    /// The number of runs of the optimizer.
    pub struct OptimizationCounts("optimizer counts") fields {
        /// Runs started by the early alert analysis.
        eaa: Option<u64> = "eaa",
        /// Successful runs.
        succeeded: Option<u64> = "succeeded",
        /// Failed runs.
        failed: Option<u64> = "failed",
        /// All runs.
        total: Option<u64> = "total",
    }
}

model! {
    /// Restarts of the nodes of a location.
    pub struct RebootHistory("a reboot history") fields {
        /// The restarts.
        items: Field<List<Reboot>> = "items",
    }
}

model! {
    /// A restart of a node.
    pub struct Reboot("a reboot") fields {
        /// The time of the restart.
        occurred_at: Option<DateTime<Utc>> = "occurredAt",
        /// The node.
        node_id: Option<NodeId> = "nodeId",
        /// The reason, for example `power cycle`.
        reason: Option<String> = "reason",
        /// The firmware version.
        firmware_version: Option<String> = "firmwareVersion",
        /// The kind.
        reboot_type: Option<String> = "rebootType",
        /// The node's model.
        model: Option<String> = "model",
    }
}

model! {
    /// The history of a device's cable connection.
    pub struct LanConnectivityHistory("a cable history") fields {
        /// The time range.
        stats_date_range: Option<DateRange> = "statsDateRange",
        /// The points.
        items: Field<List<LanConnectivityItem>> = "items",
    }
}

model! {
    /// Whether a device was connected by cable at one moment.
    pub struct LanConnectivityItem("a point") fields {
        /// The time of the point.
        timestamp: Option<DateTime<Utc>> = "timestamp",
        /// Whether it was connected by cable.
        is_ethernet_connected: Option<bool> = "isEthernetConnected",
    }
}

model! {
    /// The peak utilization of the Internet line.
    pub struct WanSaturation("a saturation") fields {
        /// The time, in histories.
        timestamp: Option<DateTime<Utc>> = "timestamp",
        /// Download in percent of the line.
        rx_max_percentage: Option<f64> = "rxMaxPercentage",
        /// Upload in percent of the line.
        tx_max_percentage: Option<f64> = "txMaxPercentage",
    }
}

model! {
    /// The peak utilization of the Internet line over time.
    pub struct WanSaturationHistory("a saturation history") fields {
        /// The points.
        items: Field<List<WanSaturation>> = "items",
    }
}
