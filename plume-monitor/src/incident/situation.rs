//! The facts of an incident at one moment.

use chrono::{DateTime, Utc};
use plume_health::Status;
use serde::{Deserialize, Serialize};

use crate::incident::cause::Cause;

/// The maximum number of further causes that a situation lists.
pub const MAX_FURTHER: usize = 8;
/// The maximum number of steps to green that a situation lists.
pub const MAX_STEPS: usize = 8;

/// The facts of an incident, from the newest sample that confirms them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Situation {
    /// The confirmed status.
    pub status: Status,
    /// Whether the status keeps changing.
    #[serde(default)]
    pub flapping: bool,
    /// The start of the trouble.
    pub since: DateTime<Utc>,
    /// The worst cause.
    pub root: Cause,
    /// Further causes that are no consequences of the root, without their consequences; at most [`MAX_FURTHER`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub further: Vec<Cause>,
    /// The status and its reason in one line.
    pub headline: Box<str>,
    /// The steps that would end the incident, in sentences for people; at most [`MAX_STEPS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Box<str>>,
    /// The number of affected homes: 1 for the incident of a home.
    pub homes: u64,
    /// The part of them whose trouble is not confirmed yet.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unconfirmed: u64,
    /// Whether it is a fleet incident of homes in maintenance windows, which is not announced.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub planned: bool,
    /// The homes that were still in trouble at the end of a fleet incident.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left: u64,
    /// Whether the trouble was there at the first check of the home, so that it began at an unknown time before `since`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub from_before: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Situation {
    /// Returns the situation of one home with one cause.
    #[must_use]
    pub fn new(root: Cause, since: DateTime<Utc>, headline: impl Into<Box<str>>) -> Self {
        Self {
            status: root.status,
            flapping: false,
            since,
            root,
            further: Vec::new(),
            headline: headline.into(),
            steps: Vec::new(),
            homes: 1,
            unconfirmed: 0,
            planned: false,
            left: 0,
            from_before: false,
        }
    }
}
