//! State that several models have in common: connection, network mode, health, alerts. (`plume-api` models §2–§5)

use chrono::{DateTime, Utc};

use crate::field::Field;
use crate::macros::{model, open_enum};
use crate::values::{FreeForm, NodeId};

/// The first text with something to see in it.
pub(crate) fn first_text<'a>(texts: impl IntoIterator<Item = &'a Option<String>>) -> Option<&'a str> {
    texts.into_iter().filter_map(Option::as_deref).find(|text| !text.trim().is_empty())
}

open_enum! {
    /// Whether a node or device is connected.
    pub enum ConnectionState {
        /// Connected.
        Connected = "connected",
        /// Not connected.
        Disconnected = "disconnected",
        /// The cloud does not know.
        Unavailable = "unavailable",
    }
}

open_enum! {
    /// How a node or device is attached.
    pub enum Medium {
        /// By cable.
        Ethernet = "ethernet",
        /// By Wi-Fi.
        Wifi = "wifi",
        /// By coaxial cable.
        Moca = "moca",
        /// The API's own "unknown", as on disconnected nodes.
        NotKnown = "unknown",
    }
}

model! {
    /// One step on the way from a node or device to the gateway.
    pub struct Hop("a hop") key {
        /// The node at the end of this step.
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
    /// The cloud's own judgement of a node or device.
    pub struct Health("a health") fields {
        /// In a word.
        status: Field<HealthWord> = "status",
        /// From 1 to 5, 5 being excellent.
        score: Field<f64> = "score",
        /// Reasons; free form.
        details: Option<FreeForm> = "details",
    }
}

open_enum! {
    /// The words of the cloud's judgement; nodes and devices use different ones.
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
        /// Devices: not as it should be.
        Degraded = "degraded",
    }
}

model! {
    /// An active alert on a node or device.
    pub struct Alert("an alert") fields {
        /// The kind.
        kind: Option<AlertKind> = "type",
        /// Whether somebody put it aside.
        state: Option<AlertState> = "state",
        /// Since when.
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
    /// What a person did with an alert. With any other word it is active.
    pub enum AlertState {
        /// Put aside for a time.
        Snooze = "snooze",
        /// Put aside.
        Ignore = "ignore",
        /// Taken as good enough.
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
        /// Another box routes.
        Bridge = "bridge",
        /// Not known yet. (The API's own spelling.)
        NotKnown = "unknow",
    }
}
