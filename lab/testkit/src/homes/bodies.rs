//! The bodies of a home, and faults planted in them.

/// The responses of a snapshot from [`generate`](crate::homes::generate); `None` where no call was made.
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
    /// Returns the total number of bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let bodies = [&self.location, &self.nodes, &self.devices, &self.service_level, &self.qoe];
        bodies.into_iter().flatten().map(String::len).sum()
    }
}

/// A planted fault between the bodies and the law.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plant {
    /// Elements that are not objects are left out of the list of nodes.
    UnreadableIsAbsent,
    /// A node without a readable connection state is connected.
    ConnectedByDefault,
    /// Alerts that are not a list count as none.
    NoAlerts,
    /// The traffic classes are ignored.
    NoQoe,
    /// A device with an unreadable time counts as gone for long.
    OldByDefault,
    /// A report is always green.
    Green,
    /// Unknown parts are not listed.
    Unsaid,
    /// Rendered text is not escaped.
    Raw,
}

impl Plant {
    /// All planted faults.
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
