//! Planted faults. Each breaks one law.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use clap::ValueEnum;
use plume_health::{RuleId, Status};
use plume_monitor::home::{Sample, Verdict};
use plume_monitor::incident::{Cause, CauseKind};
use plume_monitor::monitor::Policies;
use plume_monitor::schedule::CheckDetail;
use serde_json::{Value, json};

use crate::oracle::Law;

/// A fault in the decisions, or in what carries them out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Plant {
    /// The first message of a red home is not held.
    NoHold,
    /// A failed check counts as a home that is down.
    UnknownIsDown,
    /// A restart loses what was announced.
    RestartRepeats,
    /// Suspects may use the whole lane.
    NoCapOfSuspects,
    /// A message whose first attempt fails is dropped.
    LostMessage,
    /// The grid of a home begins at the start of the process.
    PhaseByStart,
    /// The checks take all permits of the call limit.
    NoLane,
}

impl Plant {
    /// The laws of which at least one must be broken.
    pub(crate) fn breaks(self) -> &'static [Law] {
        match self {
            Self::NoHold => &[Law::Storm],
            Self::UnknownIsDown => &[Law::Unknown],
            Self::RestartRepeats => &[Law::MessageTwice],
            Self::NoCapOfSuspects => &[Law::Stretch],
            Self::LostMessage => &[Law::MessageLost],
            Self::PhaseByStart => &[Law::Restart],
            Self::NoLane => &[Law::LaneKept],
        }
    }
}

impl Plant {
    /// Returns the story and the hours that are enough to find it.
    pub(crate) fn run(self) -> (&'static str, u64) {
        match self {
            Self::NoHold | Self::NoCapOfSuspects => ("storm", 4),
            Self::UnknownIsDown => ("cloud-away", 3),
            Self::PhaseByStart => ("quiet", 3),
            Self::NoLane => ("quiet", 1),
            // These need many messages and restarts.
            Self::RestartRepeats => ("mixed", 11),
            Self::LostMessage => ("mixed", 14),
        }
    }
}

/// Plants the faults of policies.
pub(crate) fn change_policies(plant: Option<Plant>, policies: &mut Policies) {
    match plant {
        Some(Plant::NoHold) => {
            policies.home.incident.hold = Duration::ZERO;
            policies.groups.hold = Duration::ZERO;
        }
        // The queue would not ask for more than its own lane.
        Some(Plant::NoLane) => policies.budget.checks_share = 1.0,
        Some(Plant::NoCapOfSuspects) => policies.budget.suspects_share = 0.999,
        _ => {}
    }
}

/// Plants the faults of a restart in the stored state.
pub(crate) fn change_state(plant: Option<Plant>, state: &mut Value, now: DateTime<Utc>) {
    let list = |state: &mut Value, key: &str| -> Vec<Value> {
        state.get_mut(key).and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default()
    };
    if plant == Some(Plant::RestartRepeats) {
        let mut incidents = list(state, "incidents");
        for incident in incidents.iter_mut().filter_map(Value::as_object_mut) {
            incident.remove("announced");
        }
        set(state, "incidents", incidents);
    }
    if plant == Some(Plant::PhaseByStart) {
        let mut homes = list(state, "homes");
        for (number, home) in homes.iter_mut().enumerate() {
            let due = now + TimeDelta::milliseconds(i64::try_from(number).unwrap_or(0));
            if let Some(schedule) = home.get_mut("schedule").and_then(Value::as_object_mut) {
                schedule.insert("due".to_owned(), json!(due));
            }
        }
        set(state, "homes", homes);
    }
}

fn set(state: &mut Value, key: &str, list: Vec<Value>) {
    if let Some(state) = state.as_object_mut() {
        state.insert(key.to_owned(), Value::Array(list));
    }
}

/// Returns a sample of a home that is offline.
pub(crate) fn down(at: DateTime<Utc>, detail: CheckDetail) -> Sample {
    let cause = CauseKind::Rule(RuleId::LocationOffline);
    let cause = Cause::new(cause, "location", Status::Red, "no response");
    Sample::checked(at, detail, Verdict::new(vec![cause], "no response"))
}
