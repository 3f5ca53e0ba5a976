//! Samples of a home.

use chrono::{DateTime, Utc};
use plume_health::{HealthReport, ReportPart, Status};
use serde::{Deserialize, Serialize};

use crate::incident::{Cause, MAX_STEPS};
use crate::schedule::CheckDetail;

/// The maximum number of causes in a [`Verdict`].
pub const MAX_CAUSES: usize = 16;

/// The result of one check of a home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Sample {
    /// The time of the data, or of the failure.
    pub at: DateTime<Utc>,
    /// The detail of the check.
    pub detail: CheckDetail,
    /// The outcome.
    pub outcome: SampleOutcome,
}

/// The outcome of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SampleOutcome {
    /// The home was checked.
    Checked(Verdict),
    /// The check failed, so the status is not known. That says nothing about the home.
    Failed(CheckFailure),
}

/// The reason why a check failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum CheckFailure {
    /// No response: no connection, or a timeout.
    Transport,
    /// A response with a status of 500 or more.
    Server,
    /// The address is blocked.
    Blocked,
    /// Too many calls.
    RateLimited,
    /// The credential is refused.
    Credential,
    /// The home is not known to the cloud.
    NotFound,
    /// Any other failure, for example an unreadable response.
    Other,
}

plume_health::__named!(CheckFailure {
    Transport = "transport",
    Server = "server",
    Blocked = "blocked",
    RateLimited = "rate_limited",
    Credential = "credential",
    NotFound = "not_found",
    Other = "other",
});

/// The part of a [`HealthReport`] that decisions need, in bounded memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Verdict {
    /// Whether no data that the status depends on is missing.
    pub complete: bool,
    /// Whether the nodes of the home are known.
    pub nodes_known: bool,
    /// The causes of trouble, worst first; at most [`MAX_CAUSES`].
    pub causes: Vec<Cause>,
    /// The status and its reason in one line.
    pub headline: Box<str>,
    /// The steps that would make the home green; at most [`MAX_STEPS`].
    pub steps: Vec<Box<str>>,
}

impl Verdict {
    /// Returns a verdict with complete data.
    #[must_use]
    pub fn new(causes: Vec<Cause>, headline: impl Into<Box<str>>) -> Self {
        Self { complete: true, nodes_known: true, causes, headline: headline.into(), steps: Vec::new() }
    }

    /// Returns the status of the home.
    #[must_use]
    pub fn status(&self) -> Status {
        let without_cause = if self.complete { Status::Green } else { Status::Unknown };
        self.causes.iter().fold(without_cause, |worst, cause| worst.worse_of(cause.status))
    }
}

impl From<&HealthReport> for Verdict {
    fn from(report: &HealthReport) -> Self {
        let missing = || report.unknown.iter().filter(|unknown| unknown.needed);
        let causes = report.findings.iter().filter(|finding| finding.status != Status::Green);
        let mut causes: Vec<Cause> = causes.map(Cause::from).collect();
        causes.sort_by_key(|cause| cause.status);
        causes.truncate(MAX_CAUSES);
        let steps = report.what_would_make_it_green.iter().take(MAX_STEPS);
        Self {
            complete: missing().next().is_none(),
            nodes_known: !missing()
                .any(|unknown| matches!(unknown.part, ReportPart::Nodes | ReportPart::Snapshot)),
            causes,
            headline: report.headline.as_str().into(),
            steps: steps.map(|step| step.as_str().into()).collect(),
        }
    }
}

impl Sample {
    /// Returns a sample with a verdict.
    #[must_use]
    pub fn checked(at: DateTime<Utc>, detail: CheckDetail, verdict: Verdict) -> Self {
        Self { at, detail, outcome: SampleOutcome::Checked(verdict) }
    }

    /// Returns the sample of a report, at the time of its snapshot.
    #[must_use]
    pub fn of_report(report: &HealthReport, detail: CheckDetail) -> Self {
        Self::checked(report.taken_at, detail, Verdict::from(report))
    }

    /// Returns the sample of a failed check.
    #[must_use]
    pub fn failed(at: DateTime<Utc>, detail: CheckDetail, failure: CheckFailure) -> Self {
        Self { at, detail, outcome: SampleOutcome::Failed(failure) }
    }
}
