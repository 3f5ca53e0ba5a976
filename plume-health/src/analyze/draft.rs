//! The findings and unknown parts collected so far.

use plume_types::MacAddress;

use crate::report::{Finding, ReportPart, Status, Subject, UnknownPart};

/// Whether the verdict depends on a part.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Weight {
    Needed,
    Optional,
}

/// The findings and unknown parts collected so far.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) findings: Vec<Finding>,
    pub(super) unknown: Vec<UnknownPart>,
    /// Devices that are disconnected and not expected.
    pub(super) away: Vec<MacAddress>,
}

impl Draft {
    /// Adds a part that is completely unknown.
    pub(super) fn unknown(&mut self, part: ReportPart, weight: Weight, reason: impl Into<String>) {
        self.unknown.push(UnknownPart {
            part,
            reason: reason.into(),
            needed: weight == Weight::Needed,
            partial: false,
            subject: None,
        });
    }

    /// Adds unknown elements of a part with known ones.
    pub(super) fn unknown_element(
        &mut self,
        part: ReportPart,
        weight: Weight,
        reason: String,
        subject: Option<Subject>,
    ) {
        self.unknown.push(UnknownPart {
            part,
            reason,
            needed: weight == Weight::Needed,
            partial: true,
            subject,
        });
    }

    /// Sorts everything by content.
    pub(super) fn sort(&mut self) {
        for finding in &mut self.findings {
            finding.consequences.sort();
        }
        self.findings.sort_by(|a, b| finding_order(a).cmp(&finding_order(b)));
        self.unknown.sort_by(|a, b| unknown_order(a).cmp(&unknown_order(b)));
    }
}

fn finding_order(finding: &Finding) -> impl Ord {
    (finding.severity, &finding.rule, &finding.subject)
}

/// Parts that the verdict depends on come first.
fn unknown_order(unknown: &UnknownPart) -> impl Ord {
    (!unknown.needed, &unknown.part, &unknown.subject, &unknown.reason)
}

/// Limits a status to yellow: an offline location is never green under any policy.
pub(super) fn at_best_yellow(status: Status) -> Status {
    status.worse_of(Status::Yellow)
}
