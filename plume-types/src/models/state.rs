//! State that several models share: connection, network mode, health, alerts. (`plume-api` models §2–§5)

use chrono::{DateTime, Utc};

use crate::field::Field;
use crate::macros::{model, open_enum};
use crate::values::{FreeForm, NodeId};

/// Returns the first text that is not blank.
pub(crate) fn first_text<'a>(texts: impl IntoIterator<Item = &'a Option<String>>) -> Option<&'a str> {
    texts.into_iter().filter_map(Option::as_deref).find(|text| !text.trim().is_empty())
}

/// Returns the texts that are not empty, each once, in their order.
pub(crate) fn distinct<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for text in texts.filter(|text| !text.is_empty()) {
        if all.iter().all(|other| other != text) {
            all.push(text.to_owned());
        }
    }
    all
}

open_enum! {
    /// Whether a node or device is connected.
    pub enum ConnectionState {
        /// Connected.
        Connected = "connected",
        /// Not connected.
        Disconnected = "disconnected",
        /// Not known to the cloud.
        Unavailable = "unavailable",
    }
}

open_enum! {
    /// The medium by which a node or device is connected.
    pub enum Medium {
        /// Ethernet cable.
        Ethernet = "ethernet",
        /// Wi-Fi.
        Wifi = "wifi",
        /// Coaxial cable.
        Moca = "moca",
        /// The API's own "unknown", as on disconnected nodes.
        NotKnown = "unknown",
    }
}

model! {
    /// One hop of the path from a node or device to the gateway.
    pub struct Hop("a hop") key {
        /// The node at the end of this hop.
        id: NodeId = "id",
    } fields {
        /// Band of the link, for example `5GU`.
        freq_band: Option<String> = "freqBand",
        /// Channel of the link.
        channel: Option<u32> = "channel",
        /// Radio of the link, for example `5GU`.
        radio: Option<String> = "radio",
    }
}

model! {
    /// The cloud's own rating of a node or device.
    pub struct Health("a health") fields {
        /// The rating in a word.
        status: Field<HealthWord> = "status",
        /// The rating from 1 to 5; 5 is excellent.
        score: Field<f64> = "score",
        /// Reasons; free form.
        details: Option<FreeForm> = "details",
    }
}

open_enum! {
    /// The words of the cloud's rating; nodes and devices use different ones.
    pub enum HealthWord {
        /// Nodes: the best.
        Excellent = "excellent",
        /// Nodes: good.
        Good = "good",
        /// Nodes: fair.
        Fair = "fair",
        /// Nodes and devices: poor.
        Poor = "poor",
        /// Devices: good.
        Healthy = "healthy",
        /// Devices: degraded.
        Degraded = "degraded",
    }
}

model! {
    /// An active alert on a node or device.
    pub struct Alert("an alert") fields {
        /// The kind.
        kind: Option<AlertKind> = "type",
        /// The reaction of a person, if any.
        state: Option<AlertState> = "state",
        /// The time since which it is active.
        created_at: Option<DateTime<Utc>> = "createdAt" | "timestamp",
    }
}

open_enum! {
    /// Kinds of alerts.
    pub enum AlertKind {
        /// The connection is poor.
        PoorHealth = "poorHealth",
    }
}

open_enum! {
    /// The reaction of a person to an alert. With any other word the alert is active.
    pub enum AlertState {
        /// Snoozed for a time.
        Snooze = "snooze",
        /// Ignored.
        Ignore = "ignore",
        /// Accepted as good enough.
        PerformanceAcceptable = "performanceAcceptable",
    }
}

open_enum! {
    /// Whether the gateway routes or only bridges.
    pub enum NetworkMode {
        /// Chosen by the cloud.
        Auto = "auto",
        /// The gateway routes.
        Router = "router",
        /// Another device routes.
        Bridge = "bridge",
        /// Not known yet, in the API's own spelling.
        NotKnown = "unknow",
    }
}
