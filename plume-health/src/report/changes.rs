//! What is different between two reports on a home.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::report::finding::{Finding, UnknownPart};
use crate::report::health::LocationRef;
use crate::report::status::Status;

/// What is different between two reports on a location. Made by
/// [`diff_reports`](crate::change::diff_reports).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ReportChanges {
    /// The location, as the second report names it.
    pub location: LocationRef,
    /// When the first snapshot was taken.
    pub before: DateTime<Utc>,
    /// When the second one was taken.
    pub after: DateTime<Utc>,
    /// The verdict before.
    pub status_before: Status,
    /// The verdict after.
    pub status_after: Status,
    /// Whether it was online before.
    pub online_before: Option<bool>,
    /// Whether it was online after.
    pub online_after: Option<bool>,
    /// Whether the two can be compared: of the same location and by the same policy. If not, findings that
    /// are new or gone may be so for that reason.
    pub comparable: bool,
    /// Findings that are new.
    pub entered: Vec<Finding>,
    /// Findings that are gone.
    pub left: Vec<Finding>,
    /// Findings that are worse: in status, severity or the word for the quality, or with more consequences.
    pub worsened: Vec<FindingChange>,
    /// Findings that are better.
    pub eased: Vec<FindingChange>,
    /// Findings that are still true and now follow from another one.
    pub absorbed: Vec<Finding>,
    /// Findings that were true before, as something that followed from another one.
    pub emerged: Vec<Finding>,
    /// Devices that are still disconnected and no longer a finding: they left longer ago than the policy takes for
    /// recent, or are no favorites any more.
    pub no_longer_expected: Vec<Finding>,
    /// Devices that were disconnected before and are a finding only now.
    pub newly_expected: Vec<Finding>,
    /// Findings of which nobody can tell now whether they are gone.
    pub no_longer_known: Vec<Finding>,
    /// Findings of which nobody could tell before whether they were there.
    pub newly_known: Vec<Finding>,
    /// What has become unknown.
    pub unknown_appeared: Vec<UnknownPart>,
    /// What is no longer unknown.
    pub unknown_resolved: Vec<UnknownPart>,
}

/// A finding in both reports.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FindingChange {
    /// As it was.
    pub before: Finding,
    /// As it is.
    pub after: Finding,
}

impl ReportChanges {
    /// Whether the verdict and everything it rests on are as before.
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

    /// Whether the status is another one only because of what is judged or known: nothing got better or worse.
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
