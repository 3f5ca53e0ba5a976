//! The differences between two reports on a home.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::report::finding::{Finding, UnknownPart};
use crate::report::health::LocationRef;
use crate::report::status::Status;

/// The differences between two reports on a location. Returned by [`diff_reports`](crate::change::diff_reports).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReportChanges {
    /// The location, as named by the second report.
    pub location: LocationRef,
    /// The time of the first snapshot.
    pub before: DateTime<Utc>,
    /// The time of the second snapshot.
    pub after: DateTime<Utc>,
    /// The status in the first report.
    pub status_before: Status,
    /// The status in the second report.
    pub status_after: Status,
    /// Whether the location was online in the first report; `None` if that is not known.
    pub online_before: Option<bool>,
    /// Whether the location was online in the second report; `None` if that is not known.
    pub online_after: Option<bool>,
    /// Whether both reports are about the same location and were made with the same policy. If not, that alone can
    /// explain findings that are new or gone.
    pub comparable: bool,
    /// New findings.
    pub entered: Vec<Finding>,
    /// Findings that are gone.
    pub left: Vec<Finding>,
    /// Findings that are worse: in status, severity or quality, or with more consequences.
    pub worsened: Vec<FindingChange>,
    /// Findings that are better.
    pub eased: Vec<FindingChange>,
    /// Findings that are now a consequence of another finding.
    pub absorbed: Vec<Finding>,
    /// Findings that were a consequence of another finding before.
    pub emerged: Vec<Finding>,
    /// Devices that are still disconnected but no longer expected: the policy no longer counts them as recent, or
    /// they are no longer favorites.
    pub no_longer_expected: Vec<Finding>,
    /// Devices that were disconnected before and are expected only now.
    pub newly_expected: Vec<Finding>,
    /// Findings that may or may not be gone: the second report does not know.
    pub no_longer_known: Vec<Finding>,
    /// Findings that may or may not have existed before: the first report does not know.
    pub newly_known: Vec<Finding>,
    /// Parts that became unknown.
    pub unknown_appeared: Vec<UnknownPart>,
    /// Parts that are no longer unknown.
    pub unknown_resolved: Vec<UnknownPart>,
}

/// A finding that is in both reports and changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FindingChange {
    /// The finding in the first report.
    pub before: Finding,
    /// The finding in the second report.
    pub after: Finding,
}

impl ReportChanges {
    /// Returns whether the verdict and everything that it is based on are unchanged.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.status_before == self.status_after
            && self.online_before == self.online_after
            && [&self.entered, &self.left, &self.absorbed, &self.emerged].iter().all(|list| list.is_empty())
            && [&self.no_longer_expected, &self.newly_expected].iter().all(|list| list.is_empty())
            && [&self.no_longer_known, &self.newly_known].iter().all(|list| list.is_empty())
            && [&self.worsened, &self.eased].iter().all(|list| list.is_empty())
            && [&self.unknown_appeared, &self.unknown_resolved].iter().all(|list| list.is_empty())
    }

    /// Returns whether the status changed only because the policy expects or the report knows something else:
    /// nothing got better or worse.
    pub(crate) fn is_by_judgement(&self) -> bool {
        let none = |lists: [&Vec<Finding>; 2]| lists.iter().all(|list| list.is_empty());
        if self.status_after > self.status_before {
            none([&self.left, &self.absorbed])
                && self.eased.is_empty()
                && !none([&self.no_longer_expected, &self.no_longer_known])
        } else {
            none([&self.entered, &self.emerged])
                && self.worsened.is_empty()
                && !none([&self.newly_expected, &self.newly_known])
        }
    }
}
