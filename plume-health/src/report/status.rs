//! The words of a verdict: how bad, and how far to trust it.

use crate::named::named;

/// The verdict on a location, worst first: `Red < Orange < Yellow < Unknown < Green`, so that `min` is the
/// worse of two.
///
/// Written in JSON and configuration as `red`, `orange`, `yellow`, `unknown`, `green`.
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
    /// Service works, but not as it should.
    Yellow,
    /// Nothing bad is known, but something needed for the verdict is not known.
    Unknown,
    /// Everything needed is known, and nothing is wrong.
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
    /// The worse of the two.
    #[must_use]
    pub fn worse_of(self, other: Self) -> Self {
        self.min(other)
    }
}

/// How bad a finding is, worst first.
#[expect(clippy::exhaustive_enums, reason = "the three words are what users match on")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// People are without service.
    Critical,
    /// Something does not work as it should.
    Warning,
    /// Worth knowing, nothing is wrong.
    Info,
}

named!(Severity { Critical = "critical", Warning = "warning", Info = "info" });

/// How far to trust a statement, least first.
///
/// A finding is
///
/// * [`Certain`](Self::Certain) if the cloud says it in a word about this very thing: a connection state, a
///   network state, a subscription tier, an alert, a word for a quality;
/// * [`Likely`](Self::Likely) if it is inferred or contradicted: a score without a word, a location that one
///   of network state and nodes calls offline and the other online, a device of which only the policy
///   [`Recent`](crate::DevicePolicy::Recent) expects that it should be here, anything from answers that are
///   older than half of [`Policy::max_age`](crate::Policy::max_age), a subscription tier that this version does
///   not know, where only full service will do;
/// * [`Uncertain`](Self::Uncertain) if two records of the thing contradict each other.
///
/// A report has the best confidence of the findings that decide its status. It is `Uncertain` if the status
/// is unknown, and if it is not red and something needed is unknown, because it may be worse. It is at most
/// `Likely` if it is yellow or green and an optional part is unknown, or if the answers are that old.
#[expect(clippy::exhaustive_enums, reason = "the three words are what users match on")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// The evidence contradicts itself, or may not be all.
    Uncertain,
    /// Inferred, or from answers that are not fresh.
    Likely,
    /// Said in so many words.
    Certain,
}

named!(Confidence { Uncertain = "uncertain", Likely = "likely", Certain = "certain" });
