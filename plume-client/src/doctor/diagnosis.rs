//! The result of a doctor.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::error::Cause;

/// The result of [`Doctor::run`](crate::doctor::Doctor::run).
///
/// `Display` is a table for people, plain text without colours. The serialized form is the same for scripts:
///
/// ```
/// use plume_client::doctor::{Diagnosis, Outcome};
///
/// let text = r#"{
///     "outcome": "failed",
///     "checked_at": "2026-01-15T10:00:00Z",
///     "calls": 1,
///     "checks": [
///         {"name": "dns", "subject": "cloud.example.net", "status": "failed",
///          "seen": "the name could not be resolved", "help": "Correct the host in PLUME_API_BASE."},
///         {"name": "token", "status": "skipped", "reason": "the token endpoint was not reached"}
///     ]
/// }"#;
/// let diagnosis: Diagnosis = serde_json::from_str(text)?;
/// assert_eq!(diagnosis.outcome, Outcome::Failed);
/// assert_eq!(diagnosis.check("dns").and_then(|check| check.help()), Some("Correct the host in PLUME_API_BASE."));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Stored")]
#[non_exhaustive]
pub struct Diagnosis {
    /// The outcome of all checks. It is computed from them when a diagnosis is read.
    pub outcome: Outcome,
    /// The time of the first check, by this machine's clock.
    pub checked_at: DateTime<Utc>,
    /// The number of requests that were sent, token requests included.
    pub calls: u32,
    /// The checks, in the order of the table at the [module](crate::doctor).
    pub checks: Vec<Check>,
}

#[derive(Deserialize)]
struct Stored {
    checked_at: DateTime<Utc>,
    calls: u32,
    checks: Vec<Check>,
}

impl From<Stored> for Diagnosis {
    fn from(stored: Stored) -> Self {
        Self::new(stored.checked_at, stored.calls, stored.checks)
    }
}

/// The outcome of a [`Diagnosis`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// No check failed.
    Passed,
    /// No check failed, but at least one has a warning.
    Warned,
    /// At least one check failed.
    Failed,
}

/// One check of a [`Diagnosis`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Check {
    /// The stable name, in kebab case.
    pub name: String,
    /// The host or file, for checks that are repeated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The result.
    #[serde(flatten)]
    pub finding: Finding,
}

/// The result of a [`Check`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Finding {
    /// The check passed.
    #[non_exhaustive]
    Passed {
        /// The observation.
        seen: String,
        /// Likely mistakes that are no failures.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        warnings: Vec<String>,
    },
    /// The check failed.
    #[non_exhaustive]
    Failed {
        /// The observation. May have several lines.
        seen: String,
        /// The fix.
        help: String,
        /// The class of the cause.
        #[serde(default)]
        cause: Cause,
    },
    /// The check was not made, or its result is not known.
    #[non_exhaustive]
    Skipped {
        /// The reason.
        reason: String,
    },
}

fn plain(text: impl Into<String>) -> String {
    let text: String = text.into();
    let lines: Vec<_> = text.lines().map(plume_text::on_screen).collect();
    lines.join("\n")
}

impl Finding {
    /// Creates the result of a check that passed.
    #[must_use]
    pub fn passed(seen: impl Into<String>) -> Self {
        Self::warned(seen, Vec::new())
    }

    pub(super) fn warned(seen: impl Into<String>, warnings: Vec<String>) -> Self {
        Self::Passed { seen: plain(seen), warnings: warnings.into_iter().map(plain).collect() }
    }

    /// Creates the result of a check that failed.
    #[must_use]
    pub fn failed(cause: Cause, seen: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Failed { seen: plain(seen), help: plain(help), cause }
    }

    /// Creates the result of a check that was not made.
    #[must_use]
    pub fn skipped(reason: impl Into<String>) -> Self {
        Self::Skipped { reason: plain(reason) }
    }
}

impl Check {
    /// Creates a check of a program, for [`Doctor::check`](crate::doctor::Doctor::check).
    #[must_use]
    pub fn new(name: &str, finding: Finding) -> Self {
        Self { name: name.to_owned(), subject: None, finding }
    }

    /// Creates a check of one host or file.
    #[must_use]
    pub fn of(name: &str, subject: &str, finding: Finding) -> Self {
        Self { subject: Some(plain(subject)), ..Self::new(name, finding) }
    }

    /// Returns whether the check passed, with or without warnings.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        matches!(self.finding, Finding::Passed { .. })
    }

    /// Returns whether the check failed.
    #[must_use]
    pub fn is_failed(&self) -> bool {
        matches!(self.finding, Finding::Failed { .. })
    }

    /// Returns whether the check was skipped.
    #[must_use]
    pub fn is_skipped(&self) -> bool {
        matches!(self.finding, Finding::Skipped { .. })
    }

    /// Returns the observation of a check that passed or failed.
    #[must_use]
    pub fn seen(&self) -> Option<&str> {
        match &self.finding {
            Finding::Passed { seen, .. } | Finding::Failed { seen, .. } => Some(seen),
            Finding::Skipped { .. } => None,
        }
    }

    /// Returns the fix of a failure.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        match &self.finding {
            Finding::Failed { help, .. } => Some(help),
            _ => None,
        }
    }

    /// Returns the cause of a failure.
    #[must_use]
    pub fn cause(&self) -> Option<Cause> {
        match self.finding {
            Finding::Failed { cause, .. } => Some(cause),
            _ => None,
        }
    }

    /// Returns the reason of a skipped check.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match &self.finding {
            Finding::Skipped { reason } => Some(reason),
            _ => None,
        }
    }

    /// Returns the warnings of a check that passed.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        match &self.finding {
            Finding::Passed { warnings, .. } => warnings,
            _ => &[],
        }
    }
}

impl Diagnosis {
    pub(super) fn new(checked_at: DateTime<Utc>, calls: u32, checks: Vec<Check>) -> Self {
        let outcome = if checks.iter().any(Check::is_failed) {
            Outcome::Failed
        } else if checks.iter().any(|check| !check.warnings().is_empty()) {
            Outcome::Warned
        } else {
            Outcome::Passed
        };
        Self { outcome, checked_at, calls, checks }
    }

    /// Returns the first check of this name.
    #[must_use]
    pub fn check(&self, name: &str) -> Option<&Check> {
        self.checks.iter().find(|check| check.name == name)
    }

    /// Returns the first of these causes that a failed check has: without settings there is no request, without a network no
    /// token, without a token no call. `None` if no check failed.
    #[must_use]
    pub fn cause(&self) -> Option<Cause> {
        const ORDER: [Cause; 4] = [Cause::Settings, Cause::Network, Cause::Credential, Cause::Limited];
        let has = |cause: &Cause| self.failed().any(|check| check.cause() == Some(*cause));
        ORDER.into_iter().find(has).or_else(|| self.failed().find_map(Check::cause))
    }

    /// Returns the checks that failed.
    pub fn failed(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| check.is_failed())
    }
}
