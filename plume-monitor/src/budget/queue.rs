//! The due homes of a fleet in memory.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::budget::load::{Census, Heads, Load};
use crate::budget::policy::BudgetPolicy;
use crate::budget::shares::{Ready, Shares};
use crate::ids::{HomeId, TenantId};
use crate::schedule::{CheckClass, CheckDetail, CheckDone, HomeSchedule, SchedulePolicy};

/// A check to be made now.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Check {
    /// The tenant of the home.
    pub tenant: TenantId,
    /// The home.
    pub home: HomeId,
    /// The class of the home.
    pub class: CheckClass,
    /// The detail, which decides the number of calls.
    pub detail: CheckDetail,
    /// The time of the last check, or of the addition of the home.
    pub since: DateTime<Utc>,
    /// The time at which this check was due.
    pub due: DateTime<Utc>,
}

/// The schedules of a fleet, in memory.
///
/// The state is that of the homes: to restart, [`insert`](Self::insert) the stored schedules again.
///
/// ```
/// use plume_monitor::budget::{BudgetPolicy, DueQueue};
/// use plume_monitor::ids::{HomeId, TenantId};
/// use plume_monitor::schedule::{CheckClass, CheckDone, HomeSchedule, SchedulePolicy};
///
/// let schedule = SchedulePolicy::standard();
/// let mut queue = DueQueue::new(BudgetPolicy::standard(), schedule);
/// let (tenant, home, now) = (TenantId::new("isp"), HomeId::new("home-1"), "2026-01-15T10:00:00Z".parse()?);
/// queue.insert(tenant, home.clone(), HomeSchedule::new(&home, &schedule, now), now);
///
/// let now = queue.next_due().unwrap();
/// let checks = queue.pick(4, now);
/// assert_eq!(checks[0].home, home);
/// // … make the check, judge it …
/// let done = CheckDone::new(now, checks[0].detail, CheckClass::Normal);
/// let to_store = queue.complete(&home, done).unwrap();
/// assert_eq!((to_store.due - now).num_seconds(), 300);
/// # Ok::<(), chrono::ParseError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct DueQueue {
    homes: BTreeMap<HomeId, Home>,
    /// The homes that become ready at a time: at their next check, or at the end of the lease of a running one.
    later: BTreeSet<(DateTime<Utc>, HomeId)>,
    ready: Backlog,
    shares: Shares,
    census: Census,
    /// The calls of the last pick beyond its permits.
    debt: u64,
}

#[derive(Debug, Clone)]
struct Home {
    tenant: TenantId,
    schedule: HomeSchedule,
    /// The time in `later`; `None` if the home is ready.
    wakes: Option<DateTime<Utc>>,
    is_running: bool,
}

/// The ready homes by tenant and class, oldest first.
#[derive(Debug, Clone, Default)]
struct Backlog(BTreeMap<TenantId, Tenant>);

#[derive(Debug, Clone, Default)]
struct Tenant {
    census: Census,
    ready: [BTreeSet<(DateTime<Utc>, HomeId)>; CheckClass::ALL.len()],
}

impl Tenant {
    fn heads(&self) -> Heads {
        self.ready.each_ref().map(|homes| homes.first().map(|(since, _)| *since))
    }

    fn of_mut(&mut self, class: CheckClass) -> Option<&mut BTreeSet<(DateTime<Utc>, HomeId)>> {
        self.ready.get_mut(class as usize)
    }
}

impl Ready for Backlog {
    fn heads(&self, tenant: &TenantId) -> Heads {
        self.0.get(tenant).map(Tenant::heads).unwrap_or_default()
    }

    fn census(&self, tenant: &TenantId) -> Census {
        self.0.get(tenant).map(|tenant| tenant.census).unwrap_or_default()
    }
}

impl DueQueue {
    /// Returns a queue without homes.
    #[must_use]
    pub fn new(budget: BudgetPolicy, schedule: SchedulePolicy) -> Self {
        Self { shares: Shares::new(budget, schedule), ..Self::default() }
    }

    /// Returns the number of homes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.homes.len()
    }

    /// Returns whether there is no home.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.homes.is_empty()
    }

    /// Returns the current load.
    #[must_use]
    pub fn load(&self) -> Load {
        Load::of(&self.shares.budget, &self.shares.schedule, &self.census)
    }

    /// Returns the schedule of a home.
    #[must_use]
    pub fn get(&self, home: &HomeId) -> Option<&HomeSchedule> {
        self.homes.get(home).map(|home| &home.schedule)
    }

    /// Returns the time at which the next home becomes due, or its lease ends; in the past while a home waits for a
    /// permit. `None` without homes.
    #[must_use]
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        let ready = self.ready.0.values().flat_map(|tenant| tenant.heads()).flatten().min();
        ready.or_else(|| self.later.first().map(|(at, _)| *at))
    }

    /// Adds a home, or replaces it. A stored schedule is [restored](HomeSchedule::restored).
    pub fn insert(&mut self, tenant: TenantId, home: HomeId, schedule: HomeSchedule, now: DateTime<Utc>) {
        self.remove(&home);
        let schedule = schedule.restored(&home, &self.shares.schedule, now);
        self.count(&tenant, schedule.class, 1);
        self.put_later(&home, Home { tenant, schedule, wakes: Some(schedule.due), is_running: false });
    }

    /// Removes a home. The result of a running check of it is ignored.
    pub fn remove(&mut self, home: &HomeId) -> Option<HomeSchedule> {
        let Home { tenant, schedule, .. } = self.take(home)?;
        self.count(&tenant, schedule.class, -1);
        Some(schedule)
    }

    /// Records a completed check, and returns the schedule to store. `None` for an unknown home.
    pub fn complete(&mut self, home: &HomeId, done: CheckDone) -> Option<HomeSchedule> {
        if let Some(home) = self.homes.get_mut(home) {
            home.is_running = false;
        }
        self.change(home, |schedule, policy| schedule.complete(home, policy, done))
    }

    /// Changes the class of a home between two checks, and returns the schedule to store. `None` for an unknown home.
    pub fn set_class(&mut self, home: &HomeId, class: CheckClass) -> Option<HomeSchedule> {
        self.change(home, |schedule, policy| schedule.set_class(home, policy, class))
    }

    /// Makes a home due now, as a suspect, and returns the schedule to store. `None` for an unknown home.
    pub fn pull_forward(&mut self, home: &HomeId, now: DateTime<Utc>) -> Option<HomeSchedule> {
        self.change(home, |schedule, _| schedule.pull_forward(now))
    }

    /// Picks checks for `permits` calls, the most urgent first.
    ///
    /// A full check may need more calls than are left: the excess is taken from the next picks. A home is not picked
    /// again until [`complete`](Self::complete), or until its lease ends.
    pub fn pick(&mut self, permits: u32, now: DateTime<Utc>) -> Vec<Check> {
        self.pick_at_most(CheckDetail::Full, permits, now)
    }

    /// Picks cheap checks only, as [`pick`](Self::pick) does: probes while the address is blocked.
    pub fn pick_cheap(&mut self, permits: u32, now: DateTime<Utc>) -> Vec<Check> {
        self.pick_at_most(CheckDetail::Nodes, permits, now)
    }

    fn pick_at_most(&mut self, most: CheckDetail, permits: u32, now: DateTime<Utc>) -> Vec<Check> {
        self.wake(now);
        let permits = u64::from(permits);
        let paid = self.debt.min(permits);
        self.debt -= paid;
        let mut left = permits - paid;
        let load = self.load();
        let mut checks = Vec::new();
        while left > 0 {
            let Some((tenant, class)) = self.shares.choose(&self.ready, &load, now) else {
                break;
            };
            let Some(check) = self.start(&load, &tenant, class, most, now) else { break };
            let calls = u64::from(check.detail.calls());
            self.debt = calls.saturating_sub(left);
            left = left.saturating_sub(calls);
            checks.push(check);
        }
        checks
    }

    /// Takes the oldest ready home of a tenant and class.
    fn start(
        &mut self,
        load: &Load,
        tenant: &TenantId,
        class: CheckClass,
        most: CheckDetail,
        now: DateTime<Utc>,
    ) -> Option<Check> {
        let ready = self.ready.0.get_mut(tenant)?.of_mut(class)?;
        let id = ready.first()?.1.clone();
        let home = self.homes.get(&id)?;
        let detail = match most {
            CheckDetail::Nodes => CheckDetail::Nodes,
            CheckDetail::Full => load.detail(&self.shares.schedule, &home.schedule, now),
        };
        let check = Check {
            tenant: tenant.clone(),
            home: id.clone(),
            class,
            detail,
            since: home.schedule.since,
            due: home.schedule.due,
        };
        self.shares.charge(&self.ready, (tenant, class), detail);
        let mut home = self.take(&id)?;
        let lease = TimeDelta::from_std(self.shares.budget.lease).unwrap_or(TimeDelta::MAX);
        home.is_running = true;
        home.wakes = Some(now.checked_add_signed(lease).unwrap_or(DateTime::<Utc>::MAX_UTC));
        self.put_later(&id, home);
        Some(check)
    }

    /// Moves homes that are due, and those whose lease has ended, to the ready ones.
    fn wake(&mut self, now: DateTime<Utc>) {
        while self.later.first().is_some_and(|(at, _)| *at <= now) {
            let Some((_, id)) = self.later.pop_first() else { break };
            let Some(home) = self.homes.get_mut(&id) else { continue };
            home.wakes = None;
            home.is_running = false;
            let Home { tenant, schedule, .. } = home;
            let (tenant, class, since) = (tenant.clone(), schedule.class, schedule.since);
            if let Some(ready) = self.ready.0.entry(tenant.clone()).or_default().of_mut(class) {
                ready.insert((since, id));
            }
            self.update(&tenant);
        }
    }

    fn update(&mut self, tenant: &TenantId) {
        self.shares.update(tenant, &self.ready.heads(tenant), &self.ready.census(tenant));
    }

    /// Removes a home from all but the census.
    fn take(&mut self, id: &HomeId) -> Option<Home> {
        let home = self.homes.remove(id)?;
        if let Some(wakes) = home.wakes {
            self.later.remove(&(wakes, id.clone()));
        } else {
            let HomeSchedule { class, since, .. } = home.schedule;
            if let Some(ready) = self.ready.0.get_mut(&home.tenant).and_then(|tenant| tenant.of_mut(class)) {
                ready.remove(&(since, id.clone()));
            }
            self.update(&home.tenant);
        }
        Some(home)
    }

    fn put_later(&mut self, id: &HomeId, home: Home) {
        if let Some(wakes) = home.wakes {
            self.later.insert((wakes, id.clone()));
        }
        self.homes.insert(id.clone(), home);
    }

    fn change(
        &mut self,
        id: &HomeId,
        change: impl FnOnce(&mut HomeSchedule, &SchedulePolicy),
    ) -> Option<HomeSchedule> {
        let mut home = self.take(id)?;
        let before = home.schedule.class;
        change(&mut home.schedule, &self.shares.schedule);
        let schedule = home.schedule;
        // The new class first: a tenant without homes would be forgotten.
        self.count(&home.tenant, schedule.class, 1);
        self.count(&home.tenant, before, -1);
        if !home.is_running {
            home.wakes = Some(schedule.due);
        }
        self.put_later(id, home);
        Some(schedule)
    }

    /// Adds to the census of the fleet and of the tenant. A tenant without homes is forgotten.
    fn count(&mut self, tenant: &TenantId, class: CheckClass, homes: i64) {
        let known = self.ready.0.entry(tenant.clone()).or_default();
        for census in [&mut self.census, &mut known.census] {
            let of_class = census.of_mut(class);
            *of_class = of_class.saturating_add_signed(homes);
        }
        if known.census.homes() == 0 {
            self.ready.0.remove(tenant);
            self.shares.forget(tenant);
        } else {
            self.update(tenant);
        }
    }
}
