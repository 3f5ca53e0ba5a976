//! The words of a verdict: how bad, and how far to trust it.

use std::fmt;

use serde::{Deserialize, Serialize};

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

impl Status {
    /// The word used in JSON, for example `green`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Red => "red",
            Self::Orange => "orange",
            Self::Yellow => "yellow",
            Self::Unknown => "unknown",
            Self::Green => "green",
        }
    }

    /// The worse of the two.
    #[must_use]
    pub fn worse_of(self, other: Self) -> Self {
        self.min(other)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How bad a finding is, worst first.
#[expect(clippy::exhaustive_enums, reason = "the three words are what users match on")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// People are without service.
    Critical,
    /// Something does not work as it should.
    Warning,
    /// Worth knowing, nothing is wrong.
    Info,
}

impl Severity {
    /// The word used in JSON, for example `critical`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// The evidence contradicts itself, or may not be all.
    Uncertain,
    /// Inferred, or from answers that are not fresh.
    Likely,
    /// Said in so many words.
    Certain,
}

impl Confidence {
    /// The word used in JSON, for example `certain`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Uncertain => "uncertain",
            Self::Likely => "likely",
            Self::Certain => "certain",
        }
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
