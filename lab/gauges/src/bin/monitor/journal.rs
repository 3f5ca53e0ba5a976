//! The record of a run, in the harness's own words. The oracle reads nothing else of the decisions.

use std::{collections::BTreeMap, time::Duration};

/// The status of a home as committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Up,
    /// Yellow or orange: the gateway is online.
    Degraded,
    Down,
    Unknown,
}

/// A committed change of a home's status. Times count from the start of the run.
#[derive(Debug, Clone)]
pub(crate) struct Transition {
    pub(crate) home: usize,
    pub(crate) at: Duration,
    pub(crate) from: Status,
    pub(crate) to: Status,
    /// The change starts or ends flapping.
    pub(crate) flapping: bool,
    /// The home flaps after it. The message about its start covers all changes until the end.
    pub(crate) flaps: bool,
    /// The check that made the change had no report.
    pub(crate) by_failure: bool,
}

/// The reason of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reason {
    /// A change of an incident of one home.
    Home,
    /// A change of a fleet incident.
    Fleet,
    /// A change of a source incident.
    Source,
    Reminder,
    Digest,
}

/// A message from the outbox.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    /// The key by which a receiver recognizes a repetition.
    pub(crate) key: String,
    /// Its kind and scope, for the report of a broken law.
    pub(crate) about: String,
    pub(crate) reason: Reason,
    /// The homes that it is about.
    pub(crate) homes: Vec<usize>,
    /// It reports that the trouble of one home is over.
    pub(crate) is_end_of_home: bool,
    /// It reports that a home flaps no longer, whatever its status is then.
    pub(crate) is_end_of_flapping: bool,
    /// It is the summary of what was there at the first checks, or of what a fleet incident left.
    pub(crate) is_summary: bool,
    /// It reports a home that is down, or a group of them.
    pub(crate) down: bool,
    pub(crate) created: Duration,
    /// The times at which the receiver accepted it. A repetition after a lost response counts.
    pub(crate) accepted: Vec<Duration>,
}

/// The record of a run.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    pub(crate) transitions: Vec<Transition>,
    pub(crate) messages: Vec<Message>,
    /// The source incidents by their start: their end, and whether they concern all homes.
    pub(crate) sources: BTreeMap<(Duration, bool), Option<Duration>>,
    /// The status of each home at the end.
    pub(crate) last: Vec<Status>,
}
