//! The load of a fleet on its lane.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::budget::lanes::{CheckCost, Lanes, checks_per_second, per_second, ratio};
use crate::budget::policy::BudgetPolicy;
use crate::schedule::{CheckClass, CheckDetail, HomeSchedule, SchedulePolicy};

/// The number of homes of each class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Census {
    /// Homes of [`CheckClass::Suspect`].
    pub suspect: u64,
    /// Homes of [`CheckClass::Incident`].
    pub incident: u64,
    /// Homes of [`CheckClass::Normal`].
    pub normal: u64,
    /// Homes of [`CheckClass::LongGreen`].
    pub long_green: u64,
    /// Homes of [`CheckClass::Maintenance`].
    pub maintenance: u64,
}

impl Census {
    /// Returns a census without homes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the number of homes of a class.
    #[must_use]
    pub fn with(mut self, class: CheckClass, homes: u64) -> Self {
        *self.of_mut(class) = homes;
        self
    }

    /// Returns the number of homes of a class.
    #[must_use]
    pub fn of(&self, class: CheckClass) -> u64 {
        let mut census = *self;
        *census.of_mut(class)
    }

    /// Returns the number of homes.
    #[must_use]
    pub fn homes(&self) -> u64 {
        CheckClass::ALL.into_iter().fold(0, |sum, class| sum.saturating_add(self.of(class)))
    }

    /// Returns the sum of several.
    pub(super) fn sum<'a>(all: impl Iterator<Item = &'a Self>) -> Self {
        all.fold(Self::default(), |mut sum, census| {
            for class in CheckClass::ALL {
                let of_class = sum.of_mut(class);
                *of_class = of_class.saturating_add(census.of(class));
            }
            sum
        })
    }

    pub(super) fn of_mut(&mut self, class: CheckClass) -> &mut u64 {
        match class {
            CheckClass::Suspect => &mut self.suspect,
            CheckClass::Incident => &mut self.incident,
            CheckClass::Normal => &mut self.normal,
            CheckClass::LongGreen => &mut self.long_green,
            CheckClass::Maintenance => &mut self.maintenance,
        }
    }

    /// Returns the regular checks per second of all classes but suspects, in parts.
    pub(super) fn regular_checks(&self, schedule: &SchedulePolicy) -> u128 {
        let classes = CheckClass::ALL.into_iter().filter(|class| *class != CheckClass::Suspect);
        classes.map(|class| checks_per_second(self.of(class), schedule.interval(class))).sum()
    }
}

/// The load of a fleet on the lane of checks, and the consequences: fewer full checks, and longer intervals.
///
/// Suspects take the calls that they need, at most their share of the lane while the other homes need the rest.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Load {
    /// The calls per second for checks.
    pub lane_per_second: f64,
    /// The calls per second that suspects need.
    pub suspects_per_second: f64,
    /// The factor by which the interval of suspects is stretched, at least 1: above 1, they need more than their share.
    pub suspects_stretch: f64,
    /// The calls per second that the other homes need without a stretch, with the reduced detail.
    pub regular_per_second: f64,
    /// One of this many checks of a home is a full one. Above the schedule's, detail is reduced.
    pub full_every: u32,
    /// The factor by which all intervals but those of suspects are stretched, at least 1.
    pub stretch: f64,
}

/// The share of its stretched interval after which a home is late: its check is a cheap one.
const LATE: f64 = 1.25;
/// The share of its stretched interval after which a home is checked before homes with an open incident.
const AGED: f64 = 1.5;

impl Load {
    /// Returns the load of a fleet.
    #[must_use]
    pub fn of(budget: &BudgetPolicy, schedule: &SchedulePolicy, census: &Census) -> Self {
        let Lanes { checks: lane, beside_suspects, .. } = budget.lanes();
        let checks = census.regular_checks(schedule);
        let cost = budget.cost(schedule);
        let least =
            CheckCost { full_every: budget.full_every_limit.max(cost.full_every), ..cost }.demand(checks);
        let suspects = checks_per_second(census.suspect, schedule.suspect)
            .saturating_mul(CheckDetail::Nodes.calls().into());
        // Suspects may also take the calls that regular checks leave.
        let served = suspects.min(lane.saturating_sub(beside_suspects.min(least)));
        let regular_lane = lane.saturating_sub(served);
        let cost = cost.reduced(checks, regular_lane, budget.full_every_limit);
        let regular = cost.demand(checks);
        Self {
            lane_per_second: per_second(lane),
            suspects_per_second: per_second(suspects),
            suspects_stretch: ratio(suspects, served.max(1)).max(1.0),
            regular_per_second: per_second(regular),
            full_every: cost.full_every,
            stretch: ratio(regular, regular_lane.max(1)).max(1.0),
        }
    }

    /// Returns the interval of a class, stretched.
    #[must_use]
    pub fn interval(&self, schedule: &SchedulePolicy, class: CheckClass) -> Duration {
        let stretch = if class == CheckClass::Suspect { self.suspects_stretch } else { self.stretch };
        let seconds = schedule.interval(class).as_secs_f64() * stretch;
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }

    /// Returns the longest time between two checks of a home that has this class: a suspect may have been checked at long intervals
    /// before its check was pulled forward.
    #[must_use]
    pub fn longest_interval(&self, schedule: &SchedulePolicy, class: CheckClass) -> Duration {
        let before = if class == CheckClass::Suspect { CheckClass::LongGreen } else { class };
        self.interval(schedule, before)
    }

    /// Returns the detail of the next check of a home: full if it is wanted, or if it is the home's turn. A suspect has no
    /// turns. Detail is given up before availability: a home that is late, and a suspect while the suspects need more than
    /// their share, get a cheap check.
    #[must_use]
    pub fn detail(&self, policy: &SchedulePolicy, home: &HomeSchedule, now: DateTime<Utc>) -> CheckDetail {
        let is_turn = home.runs_since_full.saturating_add(1) >= self.full_every;
        let is_full = match home.class {
            CheckClass::Suspect => home.wants_full && self.suspects_stretch <= 1.0,
            class => (home.wants_full || is_turn) && self.age(policy, class, home.since, now) <= LATE,
        };
        if is_full { CheckDetail::Full } else { CheckDetail::Nodes }
    }

    /// Returns the age of a home's data as a share of its stretched interval.
    fn age(
        &self,
        policy: &SchedulePolicy,
        class: CheckClass,
        since: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> f64 {
        let age = now.signed_duration_since(since).to_std().unwrap_or_default();
        age.as_secs_f64() / self.interval(policy, class).as_secs_f64().max(f64::MIN_POSITIVE)
    }

    /// Chooses between the classes of one tenant by their oldest homes: aged, then with an incident, then most overdue.
    /// Suspects are left out.
    pub(super) fn choose(
        &self,
        policy: &SchedulePolicy,
        heads: &Heads,
        now: DateTime<Utc>,
    ) -> Option<CheckClass> {
        let ages = CheckClass::ALL
            .into_iter()
            .zip(heads)
            .filter(|(class, _)| *class != CheckClass::Suspect)
            .filter_map(|(class, since)| Some((class, self.age(policy, class, (*since)?, now))));
        // `max_by` returns the last of equals, and the first class is the most urgent.
        let (oldest, age) = ages.clone().rev().max_by(|a, b| a.1.total_cmp(&b.1))?;
        let has_incident = ages.clone().any(|(class, _)| class == CheckClass::Incident);
        Some(if age < AGED && has_incident { CheckClass::Incident } else { oldest })
    }
}

/// The oldest time since which a home of each class waits, in the order of [`CheckClass`].
pub(super) type Heads = [Option<DateTime<Utc>>; CheckClass::ALL.len()];
