//! The bodies of a home, and faults planted in them.

/// The answers of a snapshot as [`generate`](crate::homes::generate) makes them; `None` where no call was made.
#[derive(Debug, Clone, Default)]
pub struct Bodies {
    /// The location.
    pub location: Option<String>,
    /// The nodes.
    pub nodes: Option<String>,
    /// The devices.
    pub devices: Option<String>,
    /// The service level.
    pub service_level: Option<String>,
    /// The application QoE.
    pub qoe: Option<String>,
}

impl Bodies {
    /// All bytes together.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let bodies = [&self.location, &self.nodes, &self.devices, &self.service_level, &self.qoe];
        bodies.into_iter().flatten().map(String::len).sum()
    }
}

/// A fault to be planted between the bodies and the law.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plant {
    /// Elements that are no objects are left out of the list of nodes.
    UnreadableIsAbsent,
    /// A node without a readable connection state is connected.
    ConnectedByDefault,
    /// Alerts that are no list are none.
    NoAlerts,
    /// The traffic classes are not looked at.
    NoQoe,
    /// A device with a time that cannot be read left long ago.
    OldByDefault,
    /// A report is always green.
    Green,
    /// What is unknown is not said.
    Unsaid,
    /// Rendered text is not escaped.
    Raw,
}

impl Plant {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::UnreadableIsAbsent,
        Self::ConnectedByDefault,
        Self::NoAlerts,
        Self::NoQoe,
        Self::OldByDefault,
        Self::Green,
        Self::Unsaid,
        Self::Raw,
    ];
}
