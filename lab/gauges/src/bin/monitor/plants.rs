//! Planted faults. Each breaks a law, and each law is broken by one.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use clap::ValueEnum;
use plume_health::{RuleId, Status};
use plume_monitor::home::{Sample, Verdict};
use plume_monitor::incident::{Cause, CauseKind, Incident};
use plume_monitor::monitor::{Monitor, Policies};
use plume_monitor::schedule::CheckDetail;
use serde_json::{Value, json};

use crate::oracle::Law;

const HOUR: Duration = Duration::from_secs(3_600);

/// A fault in the decisions, or in what carries them out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Plant {
    /// The program takes twice the call limit.
    WrongLimit,
    /// The checks take all permits of the call limit.
    NoLane,
    /// A third of the permits is lost.
    LostPermits,
    /// Suspects may use the whole lane.
    NoCapOfSuspects,
    /// The checks of some homes are dropped.
    StarvedHomes,
    /// A change is confirmed after an hour.
    SlowConfirmation,
    /// The result of a check counts for another home.
    MixedUpHomes,
    /// A home that is down stays so.
    NoRecovery,
    /// A failed check counts as a home that is down.
    UnknownIsDown,
    /// Failures of many checks open no incident of the source.
    NoSource,
    /// Messages are decided every ten minutes.
    SlowLeader,
    /// No message about a home is held, and no checks of its groups are pulled forward.
    NoHold,
    /// No homes of a group become a fleet incident.
    NoGroups,
    /// The incidents forget what was announced.
    Forgetful,
    /// The incidents forget at their end what was announced.
    NoEnd,
    /// A restart loses what was announced.
    RestartRepeats,
    /// A message whose first attempt fails is dropped.
    LostMessage,
    /// The grid of a home begins at the start of the process.
    PhaseByStart,
}

impl Plant {
    /// The laws of which at least one must be broken.
    pub(crate) fn breaks(self) -> &'static [Law] {
        match self {
            Self::WrongLimit => &[Law::Firewall],
            Self::NoLane => &[Law::LaneKept],
            Self::LostPermits => &[Law::LaneUsed],
            Self::NoCapOfSuspects => &[Law::Stretch],
            Self::StarvedHomes => &[Law::Waiting],
            Self::SlowConfirmation => &[Law::Detection],
            Self::MixedUpHomes => &[Law::FalseAlarm],
            Self::NoRecovery => &[Law::Final],
            Self::UnknownIsDown => &[Law::Unknown],
            Self::NoSource => &[Law::Source],
            Self::SlowLeader => &[Law::MessageInTime],
            Self::NoHold => &[Law::Held],
            Self::NoGroups => &[Law::Storm],
            Self::Forgetful => &[Law::MessageCount],
            Self::NoEnd => &[Law::Ended],
            Self::RestartRepeats => &[Law::MessageTwice],
            Self::LostMessage => &[Law::MessageLost],
            Self::PhaseByStart => &[Law::Restart],
        }
    }

    /// Returns the story and the hours that are enough to find it.
    pub(crate) fn run(self) -> (&'static str, u64) {
        match self {
            Self::NoGroups | Self::NoCapOfSuspects => ("storm", 4),
            Self::NoRecovery => ("storm", 8),
            Self::UnknownIsDown | Self::NoSource => ("cloud-away", 3),
            Self::PhaseByStart | Self::StarvedHomes => ("quiet", 3),
            Self::WrongLimit | Self::NoLane | Self::LostPermits => ("quiet", 1),
            // These need single outages, many messages or restarts.
            Self::SlowConfirmation
            | Self::MixedUpHomes
            | Self::SlowLeader
            | Self::NoHold
            | Self::Forgetful
            | Self::NoEnd => ("mixed", 6),
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
            (policies.groups.hold, policies.groups.pull_from) = (Duration::ZERO, u32::MAX);
        }
        Some(Plant::NoGroups) => policies.groups.homes = u32::MAX,
        Some(Plant::NoSource) => {
            (policies.source.many_checks, policies.source.few_checks) = (u32::MAX, u32::MAX);
        }
        Some(Plant::SlowConfirmation) => policies.home.tracker.default.enter_after = HOUR,
        Some(Plant::NoRecovery) => policies.home.tracker.default.leave_after = 24 * HOUR,
        // The queue would not ask for more than its own lane.
        Some(Plant::NoLane | Plant::WrongLimit) => policies.budget.checks_share = 1.0,
        Some(Plant::NoCapOfSuspects) => policies.budget.suspects_share = 0.999,
        _ => {}
    }
}

/// Plants the faults of incidents, before messages are decided.
pub(crate) fn change_incidents(plant: Option<Plant>, monitor: &mut Monitor) {
    let change: fn(&mut Incident) = match plant {
        Some(Plant::NoHold) => |incident| incident.hold_until = None,
        Some(Plant::Forgetful) => |incident| incident.announced = None,
        Some(Plant::NoEnd) => {
            |incident| incident.announced = incident.announced.filter(|_| incident.is_open())
        }
        _ => return,
    };
    let ids: Vec<_> = monitor.incidents().map(|incident| incident.id.clone()).collect();
    for id in ids {
        if let Some(incident) = monitor.incident_mut(&id) {
            change(incident);
        }
    }
}

/// Returns the home that the result of a check counts for.
pub(crate) fn home(plant: Option<Plant>, home: usize) -> usize {
    if plant == Some(Plant::MixedUpHomes) { home ^ 1 } else { home }
}

/// Returns whether a check is dropped.
pub(crate) fn drops(plant: Option<Plant>, home: usize) -> bool {
    plant == Some(Plant::StarvedHomes) && home.is_multiple_of(50)
}

/// Returns the factor of the call limit, and of the permits that are granted of it.
pub(crate) fn limit_and_grant(plant: Option<Plant>, checks_share: f64) -> (f64, f64) {
    match plant {
        Some(Plant::WrongLimit) => (2.0, 1.0),
        Some(Plant::NoLane) => (1.0, 1.0),
        Some(Plant::LostPermits) => (1.0, checks_share * 2.0 / 3.0),
        _ => (1.0, checks_share),
    }
}

/// The time in seconds between two turns of the leader.
pub(crate) fn leader(plant: Option<Plant>) -> u64 {
    if plant == Some(Plant::SlowLeader) { 600 } else { 5 }
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
