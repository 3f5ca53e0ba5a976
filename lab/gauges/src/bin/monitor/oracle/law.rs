//! The laws, their violations, and the times that they exempt.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};

use crate::fleet::TENANTS;
use crate::scenario::{Scenario, Span};

/// The laws, by the names under which a violation is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Law {
    /// The firewall blocks no address because of our calls, and the simulator's other rules hold.
    Firewall,
    /// With demand, at least 95 % of the checks' lane is used.
    LaneUsed,
    /// The lane is never exceeded.
    LaneKept,
    /// The stretch factor is not above what the homes need of half of the lane.
    Stretch,
    /// No home waits more than twice its stretched interval.
    Waiting,
    /// An outage is a transition in time.
    Detection,
    /// A transition to down has an outage as its cause.
    FalseAlarm,
    /// A failed check changes no status, and a source outage makes no home red.
    Unknown,
    /// A transition to down is a message in time.
    MessageInTime,
    /// The first message about a home waits for others of its group.
    Held,
    /// The end of trouble that was a message about its home is one in time.
    Ended,
    /// There are at most as many messages as transitions, reminders and digests.
    MessageCount,
    /// Every message is accepted.
    MessageLost,
    /// No message is sent twice.
    MessageTwice,
    /// The outage of a region is one to three messages.
    Storm,
    /// An outage of the cloud is one source incident.
    Source,
    /// At the end every home has its true status.
    Final,
    /// A restart changes nothing.
    Restart,
}

impl Law {
    pub(crate) const ALL: [Self; 18] = [
        Self::Firewall,
        Self::LaneUsed,
        Self::LaneKept,
        Self::Stretch,
        Self::Waiting,
        Self::Detection,
        Self::FalseAlarm,
        Self::Unknown,
        Self::MessageInTime,
        Self::Held,
        Self::Ended,
        Self::MessageCount,
        Self::MessageLost,
        Self::MessageTwice,
        Self::Storm,
        Self::Source,
        Self::Final,
        Self::Restart,
    ];
}

/// The violations of a law that are described.
const EXAMPLES: usize = 8;

/// The violations of a run.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    found: BTreeMap<Law, (u64, Vec<String>)>,
}

impl Verdict {
    pub(crate) fn break_law(&mut self, law: Law, example: impl FnOnce() -> String) {
        let (count, examples) = self.found.entry(law).or_default();
        *count += 1;
        if examples.len() < EXAMPLES {
            examples.push(example());
        }
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.found.is_empty()
    }

    pub(crate) fn breaks(&self, law: Law) -> bool {
        self.found.contains_key(&law)
    }

    pub(crate) fn broken(&self) -> impl Iterator<Item = Law> {
        self.found.keys().copied()
    }

    pub(crate) fn to_json(&self) -> Value {
        let laws = self.found.iter();
        laws.map(|(law, (count, examples))| (format!("{law:?}"), json!({"count": count, "first": examples})))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }
}

/// The times at which homes cannot be read, so detection may be late.
pub(crate) fn unreadable(scenario: &Scenario, tenant: usize) -> Vec<Span> {
    let mut spans: Vec<Span> = scenario.cloud_outages.iter().chain(&scenario.blocks).copied().collect();
    if tenant + 1 == TENANTS.len() {
        spans.extend(&scenario.revoked);
    }
    spans
}

/// The times with an outage of many homes.
pub(crate) fn storms(scenario: &Scenario) -> Vec<Span> {
    scenario.storms.iter().map(|storm| storm.span).chain(scenario.waves.iter().copied()).collect()
}

/// Returns whether a span, extended by `grace`, overlaps with the time between.
pub(crate) fn touched(spans: &[Span], from: Duration, until: Duration, grace: Duration) -> bool {
    spans.iter().any(|span| span.touches(from, until, grace))
}
