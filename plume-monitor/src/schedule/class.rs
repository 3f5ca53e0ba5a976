//! The kinds of checks.

/// The state of a home that decides its interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum CheckClass {
    /// The last sample differs from the reported status, and the difference is not confirmed.
    Suspect,
    /// An incident is open.
    Incident,
    /// No incident is open.
    Normal,
    /// Green for a long time.
    LongGreen,
    /// In a maintenance window.
    Maintenance,
}

plume_health::__named!(CheckClass {
    Suspect = "suspect",
    Incident = "incident",
    Normal = "normal",
    LongGreen = "long_green",
    Maintenance = "maintenance",
});

/// The detail of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum CheckDetail {
    /// The nodes of the location: 1 call.
    Nodes,
    /// The location, its nodes, its devices, and the quality of its traffic: 4 calls.
    Full,
}

plume_health::__named!(CheckDetail { Nodes = "nodes", Full = "full" });

impl CheckDetail {
    /// Returns the number of calls.
    #[must_use]
    pub const fn calls(self) -> u32 {
        match self {
            Self::Nodes => 1,
            Self::Full => 4,
        }
    }
}
