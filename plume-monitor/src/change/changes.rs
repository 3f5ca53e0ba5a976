//! What is different between two snapshots, and what could not be compared.

use chrono::{DateTime, Utc};
use plume_health::Subject;
use serde::Serialize;
use serde_json::Value;

/// A speed counts as changed from this share of the higher of the two on …
pub const SPEED_CHANGE_FROM_SHARE: f64 = 0.25;
/// … if it is also at least so many Mbps.
pub const SPEED_CHANGE_FROM_MBPS: f64 = 5.0;

/// What is different between two snapshots of a location. Made by [`diff`](crate::change::diff).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Changes {
    /// The location.
    pub location: Subject,
    /// When the first snapshot was taken.
    pub before: DateTime<Utc>,
    /// When the second one was taken.
    pub after: DateTime<Utc>,
    /// What is different, by kind and subject.
    pub changes: Vec<Change>,
    /// What could not be compared, and why. A field that neither snapshot tells is not listed.
    pub not_compared: Vec<NotCompared>,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Change {
    /// What kind of thing is different.
    pub kind: ChangeKind,
    /// Of what. If its name changed, the one that comes first in the alphabet, so that the direction of the
    /// comparison does not matter.
    pub subject: Subject,
    /// The value before: a word or number of the API, for a move the id of the node above. `null` where there
    /// was none: what joined, and the place of the gateway.
    pub before: Value,
    /// The value after; `null` for what left, and for the place of the gateway.
    pub after: Value,
    /// One sentence for people; see [`Finding::message`](plume_health::Finding::message).
    pub message: String,
}

/// Kinds of differences, those that matter most first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ChangeKind {
    /// `network-state`: the location went online or offline.
    NetworkState,
    /// `service-level`: the subscription tier.
    ServiceLevel,
    /// `network-mode`: router or bridge.
    NetworkMode,
    /// `isp`: the internet provider.
    Isp,
    /// `ssid`: the names of the Wi-Fi networks.
    Ssid,
    /// `security`: the security of the Wi-Fi networks.
    Security,
    /// `speed-download`: the last speed test, by a quarter and 5 Mbps or more.
    SpeedDownload,
    /// `speed-upload`: the same for upload.
    SpeedUpload,
    /// `location-name`: the location's name.
    LocationName,
    /// `node-left`: a pod is no longer there.
    NodeLeft,
    /// `node-joined`: a pod is new.
    NodeJoined,
    /// `node-connection`: a pod was connected or disconnected.
    NodeConnection,
    /// `node-moved`: a pod hangs on another node.
    NodeMoved,
    /// `node-backhaul`: a pod's link to its parent is of another kind.
    NodeBackhaul,
    /// `node-band`: a pod's Wi-Fi link to its parent is on another band.
    NodeBand,
    /// `node-firmware`: a pod has other firmware.
    NodeFirmware,
    /// `node-model`: a pod is of another model.
    NodeModel,
    /// `node-name`: a pod has another name.
    NodeName,
    /// `device-left`: a device is no longer in the list. One that is only disconnected still is.
    DeviceLeft,
    /// `device-joined`: a device is new.
    DeviceJoined,
    /// `device-connection`: a device was connected or disconnected.
    DeviceConnection,
    /// `device-moved`: a device hangs on another node.
    DeviceMoved,
    /// `device-band`: a device is on another band.
    DeviceBand,
    /// `device-name`: a device has another name.
    DeviceName,
}

plume_health::__named!(ChangeKind {
    NetworkState = "network-state",
    ServiceLevel = "service-level",
    NetworkMode = "network-mode",
    Isp = "isp",
    Ssid = "ssid",
    Security = "security",
    SpeedDownload = "speed-download",
    SpeedUpload = "speed-upload",
    LocationName = "location-name",
    NodeLeft = "node-left",
    NodeJoined = "node-joined",
    NodeConnection = "node-connection",
    NodeMoved = "node-moved",
    NodeBackhaul = "node-backhaul",
    NodeBand = "node-band",
    NodeFirmware = "node-firmware",
    NodeModel = "node-model",
    NodeName = "node-name",
    DeviceLeft = "device-left",
    DeviceJoined = "device-joined",
    DeviceConnection = "device-connection",
    DeviceMoved = "device-moved",
    DeviceBand = "device-band",
    DeviceName = "device-name",
});

/// Something that could not be compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct NotCompared {
    /// What it is about.
    pub part: ComparedPart,
    /// The element, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    /// The kind of difference that cannot be seen, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<ChangeKind>,
    /// The snapshot that does not tell; `None` if it is about both.
    pub moment: Option<Moment>,
    /// Why, in a few words for people.
    pub reason: String,
}

/// A part of a snapshot that is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ComparedPart {
    /// Settings and network state.
    Location,
    /// The subscription tier.
    ServiceLevel,
    /// Gateway and pods.
    Nodes,
    /// Devices.
    Devices,
}

plume_health::__named!(ComparedPart {
    Location = "location",
    ServiceLevel = "service_level",
    Nodes = "nodes",
    Devices = "devices",
});

/// One of two snapshots.
#[expect(clippy::exhaustive_enums, reason = "there is no third")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Moment {
    /// The first.
    Before,
    /// The second.
    After,
}

plume_health::__named!(Moment { Before = "before", After = "after" });

impl ChangeKind {
    /// The part that it belongs to.
    pub(super) fn part(self) -> ComparedPart {
        match self {
            Self::NodeLeft
            | Self::NodeJoined
            | Self::NodeConnection
            | Self::NodeMoved
            | Self::NodeBackhaul
            | Self::NodeBand
            | Self::NodeFirmware
            | Self::NodeModel
            | Self::NodeName => ComparedPart::Nodes,
            Self::DeviceLeft
            | Self::DeviceJoined
            | Self::DeviceConnection
            | Self::DeviceMoved
            | Self::DeviceBand
            | Self::DeviceName => ComparedPart::Devices,
            _ => ComparedPart::Location,
        }
    }
}
