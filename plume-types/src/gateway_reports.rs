//! Reports of the gateway group (`/reports/gateway/…`). Their shapes are published. (`plume-api` models §9)

use chrono::{DateTime, Utc};

use crate::{DateRange, FreqBand, List, MacAddress, NodeId, macros::model};

model! {
    /// Quality of experience of a node or device over time.
    pub struct QoeHistory("a QoE history") fields {
        /// The points.
        items: List<QoeHistoryItem> = "items",
    }
}

model! {
    /// One point of a [`QoeHistory`].
    pub struct QoeHistoryItem("a QoE point") fields {
        /// When.
        timestamp: DateTime<Utc> = "timestamp",
        /// The connection's score.
        connection: ConnectionScore = "connection",
    }
}

model! {
    /// The score of a connection.
    pub struct ConnectionScore("a score") fields {
        /// From 1 to 5, 5 being excellent.
        weighted_qoe_score: f64 = "weightedQoeScore",
    }
}

model! {
    /// Quality of experience of everything in a location, now.
    pub struct LocationQoe("a location's QoE") fields {
        /// The nodes.
        nodes: List<NodeQoe> = "nodes",
        /// The devices.
        devices: List<DeviceQoe> = "devices",
    }
}

model! {
    /// Quality of experience of a node.
    pub struct NodeQoe("a node's QoE") key {
        /// The node.
        id: NodeId = "id",
    } fields {
        /// From 1 to 5, 5 being excellent.
        score: f64 = "score",
        /// Band of its link.
        freq_band: FreqBand = "freqBand",
        /// Channel width in MHz.
        channel_width_mhz: u32 = "chWidthMhz",
        /// Signal in dBm.
        rssi_dbm: f64 = "rssiDbm",
        /// Interference in percent.
        interference_percent: f64 = "interferencePercent",
        /// Signal to noise in dB.
        snr_db: f64 = "snrDb",
    }
}

model! {
    /// Quality of experience of a device.
    pub struct DeviceQoe("a device's QoE") key {
        /// The device.
        mac: MacAddress = "mac",
    } fields {
        /// From 1 to 5, 5 being excellent.
        score: f64 = "score",
        /// Band of its link.
        freq_band: FreqBand = "freqBand",
        /// Channel width in MHz.
        channel_width_mhz: u32 = "chWidthMhz",
        /// Signal in dBm.
        rssi_dbm: f64 = "rssiDbm",
        /// Interference in percent.
        interference_percent: f64 = "interferencePercent",
        /// Signal to noise in dB.
        snr_db: f64 = "snrDb",
    }
}

model! {
    /// Traffic of a device today.
    pub struct DeviceBandwidth("a device's traffic") fields {
        /// Today.
        daily: BandwidthTotal = "daily",
    }
}

model! {
    /// Traffic in MB.
    pub struct BandwidthTotal("traffic") fields {
        /// Download in MB.
        download_mb: f64 = "downloadMb",
        /// Upload in MB.
        upload_mb: f64 = "uploadMb",
    }
}

model! {
    /// Traffic of a device over time.
    pub struct DeviceBandwidthHistory("a traffic history") fields {
        /// The points.
        items: List<BandwidthItem> = "items",
    }
}

model! {
    /// One point of a [`DeviceBandwidthHistory`].
    pub struct BandwidthItem("a traffic point") fields {
        /// When.
        timestamp: DateTime<Utc> = "timestamp",
        /// Download.
        download: f64 = "download",
        /// Upload.
        upload: f64 = "upload",
    }
}

model! {
    /// Traffic of all devices of a location today.
    pub struct LocationBandwidth("traffic by device") fields {
        /// The devices.
        items: List<DeviceBandwidthItem> = "items",
    }
}

model! {
    /// Traffic of one device of a location.
    pub struct DeviceBandwidthItem("a device's traffic") key {
        /// The device.
        mac: MacAddress = "mac",
    } fields {
        /// Download in MB.
        download_mb: f64 = "downloadMb",
        /// Upload in MB.
        upload_mb: f64 = "uploadMb",
    }
}

model! {
    /// How often the optimizer ran.
    pub struct OptimizationCounts("optimizer counts") fields {
        /// Runs started by the early alert analysis.
        eaa: u64 = "eaa",
        /// Runs that worked.
        succeeded: u64 = "succeeded",
        /// Runs that did not.
        failed: u64 = "failed",
        /// All runs.
        total: u64 = "total",
    }
}

model! {
    /// Restarts of the nodes of a location.
    pub struct RebootHistory("a reboot history") fields {
        /// The restarts.
        items: List<Reboot> = "items",
    }
}

model! {
    /// A restart of a node.
    pub struct Reboot("a reboot") fields {
        /// When.
        occurred_at: DateTime<Utc> = "occurredAt",
        /// The node.
        node_id: NodeId = "nodeId",
        /// Why, for example `power cycle`.
        reason: String = "reason",
        /// The firmware it ran.
        firmware_version: String = "firmwareVersion",
        /// The kind.
        reboot_type: String = "rebootType",
        /// The node's model.
        model: String = "model",
    }
}

model! {
    /// When a device was attached by cable.
    pub struct LanConnectivityHistory("a cable history") fields {
        /// The time covered.
        stats_date_range: DateRange = "statsDateRange",
        /// The points.
        items: List<LanConnectivityItem> = "items",
    }
}

model! {
    /// Whether a device was attached by cable at one moment.
    pub struct LanConnectivityItem("a point") fields {
        /// When.
        timestamp: DateTime<Utc> = "timestamp",
        /// Whether it was.
        is_ethernet_connected: bool = "isEthernetConnected",
    }
}

model! {
    /// How full the Internet line is at its busiest.
    pub struct WanSaturation("a saturation") fields {
        /// When, in histories.
        timestamp: DateTime<Utc> = "timestamp",
        /// Download in percent of the line.
        rx_max_percentage: f64 = "rxMaxPercentage",
        /// Upload in percent of the line.
        tx_max_percentage: f64 = "txMaxPercentage",
    }
}

model! {
    /// How full the Internet line was.
    pub struct WanSaturationHistory("a saturation history") fields {
        /// The points.
        items: List<WanSaturation> = "items",
    }
}
