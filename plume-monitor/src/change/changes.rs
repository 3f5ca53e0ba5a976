//! The differences between two snapshots, and the parts that could not be compared.

use chrono::{DateTime, Utc};
use plume_health::Subject;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The smallest change of a speed that counts, as a share of the higher of the two speeds. It must also reach
/// [`SPEED_CHANGE_FROM_MBPS`].
pub const SPEED_CHANGE_FROM_SHARE: f64 = 0.25;
/// The smallest change of a speed that counts, in Mbps. It must also reach [`SPEED_CHANGE_FROM_SHARE`].
pub const SPEED_CHANGE_FROM_MBPS: f64 = 5.0;

/// The differences between two snapshots of a location. Returned by [`diff`](crate::change::diff).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Changes {
    /// The location.
    pub location: Subject,
    /// The time of the first snapshot.
    pub before: DateTime<Utc>,
    /// The time of the second snapshot.
    pub after: DateTime<Utc>,
    /// The differences, by kind and subject.
    pub changes: Vec<Change>,
    /// The parts that could not be compared, with the reasons. A field that is in neither snapshot is not listed.
    pub not_compared: Vec<NotCompared>,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Change {
    /// The kind.
    pub kind: ChangeKind,
    /// The changed thing. If its name changed, this is the alphabetically first name, so that the direction of the
    /// comparison does not matter.
    pub subject: Subject,
    /// The value before: a word or number of the API, or for a move the id of the node above. `null` for something
    /// that joined, and for the position of the gateway.
    pub before: Value,
    /// The value after; `null` for something that left, and for the position of the gateway.
    pub after: Value,
    /// One sentence for people; see [`Finding::message`](plume_health::Finding::message).
    pub message: String,
}

/// The kind of a difference, most important first.
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
    /// `node-moved`: a pod is attached to another node.
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
    /// `device-moved`: a device is attached to another node.
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

/// A part that could not be compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NotCompared {
    /// The part.
    pub part: ComparedPart,
    /// The affected element, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    /// The kind of difference that cannot be detected, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<ChangeKind>,
    /// The snapshot that lacks the data; `None` for both.
    pub moment: Option<Moment>,
    /// The reason, in a few words for people.
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
    /// Returns the part that the kind belongs to.
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
