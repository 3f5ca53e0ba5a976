//! Status, severity and confidence.

use crate::named::named;

/// The verdict on a location, worst first: `Red < Orange < Yellow < Unknown < Green`, so `min` returns the worse of
/// two.
///
/// In JSON and configuration: `red`, `orange`, `yellow`, `unknown`, `green`.
///
/// ```
/// use plume_health::Status;
///
/// assert_eq!(Status::Unknown.worse_of(Status::Green), Status::Unknown);
/// assert_eq!(Status::Unknown.worse_of(Status::Yellow), Status::Yellow);
/// ```
#[expect(clippy::exhaustive_enums, reason = "the five words are what users match on")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// The location is offline.
    Red,
    /// Service is disrupted.
    Orange,
    /// Service works, but is degraded.
    Yellow,
    /// No problem is known, but data that the verdict depends on is missing.
    Unknown,
    /// Everything that the verdict depends on is known, and there is no problem.
    Green,
}

named!(Status {
    Red = "red",
    Orange = "orange",
    Yellow = "yellow",
    Unknown = "unknown",
    Green = "green",
});

impl Status {
    /// Returns the worse of the two.
    #[must_use]
    pub fn worse_of(self, other: Self) -> Self {
        self.min(other)
    }
}

/// The severity of a finding, worst first.
#[expect(clippy::exhaustive_enums, reason = "the three words are what users match on")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// People have no service.
    Critical,
    /// Something is degraded.
    Warning,
    /// Worth knowing. Nothing is wrong.
    Info,
}

named!(Severity { Critical = "critical", Warning = "warning", Info = "info" });

/// The confidence in a finding or a status, lowest first.
///
/// A finding is
///
/// * [`Certain`](Self::Certain) if the cloud states exactly this fact in a word: a connection state, a network
///   state, a subscription tier, an alert, a word for a quality;
/// * [`Likely`](Self::Likely) if it is inferred or contradicted: a score without a word; a location that is offline
///   by its network state and online by its nodes, or the reverse; a device that is expected only by the policy
///   [`Recent`](crate::DevicePolicy::Recent); data that is older than half of
///   [`Policy::max_age`](crate::Policy::max_age); a subscription tier that this version does not know, if the
///   policy requires full service;
/// * [`Uncertain`](Self::Uncertain) if two records of the thing contradict each other.
///
/// A report has the highest confidence of the findings that decide its status. It is `Uncertain` if the status is
/// unknown, and also if the status is not red and needed data is unknown, because the real status can be worse. It
/// is at most `Likely` if the status is yellow or green and an optional part is unknown, or if the data is that
/// old.
#[expect(clippy::exhaustive_enums, reason = "the three words are what users match on")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// The evidence contradicts itself or can be incomplete.
    Uncertain,
    /// Inferred, or from data that is not fresh.
    Likely,
    /// Stated by the cloud.
    Certain,
}

named!(Confidence { Uncertain = "uncertain", Likely = "likely", Certain = "certain" });
